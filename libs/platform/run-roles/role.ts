import { type DynamicModule } from '@nestjs/common';
import { type RoleName, type ServiceContract, type Topic } from '@switchyard/contracts';
import { type Proxied } from '../calls/index.js';
import { type ConfigSchema } from '../config/index.js';

/** What a noun's nest library exports: one part of the platform that any process can run. */
export interface Role {
  readonly name: RoleName;
  /** The noun: its Postgres schema and role. Absent where the noun keeps nothing in Postgres. */
  readonly noun?: string;
  /** Contracts whose handlers the module provides, each under `contract.token`. */
  readonly serves: readonly ServiceContract[];
  /** Contracts that it calls: each must be served by this process or have an address in SWITCHYARD_PEERS. */
  readonly calls: readonly ServiceContract[];
  /** Methods of other roles that this role offers at its own address too, as the caller. Where such a role runs in the same process, it serves its contract itself. */
  readonly proxies?: readonly Proxied[];
  readonly reads: readonly Topic[];
  readonly publishes: readonly Topic[];
  /** Variables of the noun; the module gets them by `CONFIG(role)`. */
  readonly config?: ConfigSchema;
  /** Named places at which a test ends the process (`failpoint`), `<noun>.<place>`. */
  readonly failpoints?: readonly string[];
  module(): DynamicModule;
  /** Tokens of providers that are a Lifecycle, in start order; they are stopped in reverse. */
  readonly lifecycle: readonly symbol[];
}

/** A part of a process that must be started and stopped in order. */
export interface Lifecycle {
  /** Resolves when it works. It may not wait for another process to be up: that is `ready`. */
  start(): Promise<void>;
  /** Finishes what is in flight and takes no more. */
  stop(): Promise<void>;
  /** True, or a sentence that says what it waits for. */
  ready(): true | string;
}

/** The process that runs the roles. */
export interface ProcessInfo {
  readonly name: string;
  /** host:port under which others reach its gRPC server. Known from the first Lifecycle.start on. */
  readonly address: string;
  readonly environment: 'sim' | 'live';
}
