/** The Nest module that holds the roles of a process and gives all of them the platform. */
import { type DynamicModule, type LoggerService, type Provider } from '@nestjs/common';
import { type Logger } from '../log/index.js';
import { type Role } from './role.js';

class PlatformModule {}
class ProcessModule {}

/** What every module may inject, by token. */
export type PlatformValues = ReadonlyMap<symbol, unknown>;

export function processModule(roles: readonly Role[], values: PlatformValues): DynamicModule {
  const providers: Provider[] = [...values].map(([token, value]) => ({ provide: token, useValue: value }));
  const platform: DynamicModule = { module: PlatformModule, global: true, providers, exports: [...values.keys()] };
  return { module: ProcessModule, imports: [platform, ...roles.map((role) => role.module())] };
}

/** Nest's own words go to our log; what it does at start is told by the topology. */
export function nestLogger(log: Logger): LoggerService {
  const text = (message: unknown) => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown) => log.trace(text(message)),
    debug: (message: unknown) => log.trace(text(message)),
    verbose: (message: unknown) => log.trace(text(message)),
    warn: (message: unknown) => log.warn(text(message)),
    error: (message: unknown) => log.error(text(message)),
  };
}
