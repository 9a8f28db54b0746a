// The role risk-engine as a process of its own, on real PostgreSQL, with its neighbours behind gRPC in another one.
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { RISK_SERVICE, type ServiceCalls } from '@switchyard/contracts';
import { Limits, type RiskServiceDefinition, type SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { had, SpecProcesses } from '@switchyard/platform/testing';
import { anInstrument, aQuote } from '@switchyard/risk-core/testing';
import { eventually, freePort } from '@switchyard/testkit';
import { type Pool } from 'pg';
import { riskRole } from '../index.js';
import { Neighbours } from './neighbours.js';
import { Owner, OwnerLink } from './owner.js';

/** Of every call of the specs. */
export const options = { timeoutMs: 20_000 };

export class World {
  neighbours = new Neighbours();
  readonly #processes = new SpecProcesses('risk', { template: migratedTemplate(), nounPool });
  #around: RunningProcess | undefined;
  #riskPort = 0;
  readonly #links: OwnerLink[] = [];
  #accounts = 0;

  /** To be called once in a spec: every test has empty tables, new neighbours, and no risk process. */
  static forSpec(): World {
    // Two processes over real gRPC and PostgreSQL a test, on a machine that may be busy.
    jest.setTimeout(60_000);
    const world = new World();
    beforeAll(() => world.#processes.open(), 120_000);
    beforeEach(() => world.#begin());
    afterEach(() => world.#end());
    afterAll(() => world.#processes.close());
    return world;
  }

  get admin(): Pool {
    return this.#processes.admin;
  }

  get databaseUrl(): string {
    return this.#processes.databaseUrl;
  }

  /** The process of the neighbours. */
  get around(): RunningProcess {
    return had(this.#around);
  }

  async startRisk(env: Record<string, string> = {}, peersToo: readonly string[] = []): Promise<RunningProcess> {
    const process = await this.runRisk(env, peersToo);
    await process.whenReady();
    return process;
  }

  /** Risk as it starts: it may not be ready yet. */
  runRisk(env: Record<string, string> = {}, peersToo: readonly string[] = []): Promise<RunningProcess> {
    const peers = ['order-gateway', 'broker-connector', 'instrument-loader', 'market-data'].map((role) => `${role}=${this.around.address}`);
    return this.#processes.run([riskRole], {
      SWITCHYARD_PROCESS_NAME: 'risk-0',
      SWITCHYARD_GRPC_LISTEN: `127.0.0.1:${this.#riskPort}`,
      SWITCHYARD_POSTGRES_URL: this.#processes.databaseUrl,
      SWITCHYARD_PEERS: [...peers, ...peersToo].join(';'),
      RISK_HALT_RETRY_MS: '50',
      RISK_HALT_CALL_MS: '1000',
      RISK_RULES_POLL_MS: '50',
      ...env,
    });
  }

  /** Risk in the process of the neighbours, so that all calls are local. */
  async moveTogether(): Promise<void> {
    await this.stop(this.around);
    const env = { SWITCHYARD_PROCESS_NAME: 'all', SWITCHYARD_POSTGRES_URL: this.#processes.databaseUrl };
    this.#around = await this.#processes.run([riskRole, ...this.neighbours.roles()], env);
    await this.around.whenReady();
  }

  async stop(process: RunningProcess): Promise<void> {
    await this.#processes.stop(process);
  }

  anOwner(): Owner {
    return new Owner(`ACC-${++this.#accounts}`);
  }

  link(owner: Owner, token?: string): OwnerLink {
    const made = new OwnerLink(this.around.calls, owner, token === undefined ? {} : { token });
    this.#links.push(made);
    return made;
  }

  /** A stream to risk once risk can be reached (a channel that was refused waits a little before it dials again), and the first sequence that it wanted. */
  async attached(owner: Owner): Promise<{ to: OwnerLink; fromSeq: number }> {
    const to = await eventually(
      async () => {
        const tried = this.link(owner);
        await eventually(() => tried.halts() !== undefined || tried.closed !== undefined, { what: 'an open stream' });
        return tried.closed === undefined && tried;
      },
      { what: 'a stream to risk' },
    );
    return { to, fromSeq: await to.attach() };
  }

  risk(address?: string): ServiceCalls<typeof RiskServiceDefinition> {
    return address === undefined ? this.around.calls.any(RISK_SERVICE) : this.around.calls.at(RISK_SERVICE, address);
  }

  stateOf(owner: Owner) {
    return this.risk().getRiskState({ accountId: owner.accountId, riskGroupId: owner.accountId }, options);
  }

  tokenOf(...roles: string[]): string {
    return this.#processes.token(roles);
  }

  /** Calls as a risk officer. */
  officer() {
    return { ...options, token: this.tokenOf('risk-officer') };
  }

  async #begin(): Promise<void> {
    await this.admin.query('TRUNCATE risk.snapshots, risk.journal, risk.watermarks, risk.ownership, risk.holders, risk.heartbeats');
    this.neighbours = new Neighbours();
    this.neighbours.instruments = [anInstrument(), anInstrument({ instrumentId: 'TCS', symbol: 'TCS' })];
    this.neighbours.streamed = [aQuote({ atMs: Date.now() })];
    this.#riskPort = await freePort();
    this.#around = await this.#processes.run(this.neighbours.roles(), {
      SWITCHYARD_PROCESS_NAME: 'around',
      SWITCHYARD_PEERS: `risk-engine=127.0.0.1:${this.#riskPort}`,
    });
  }

  async #end(): Promise<void> {
    for (const link of this.#links.splice(0)) link.close();
    await this.#processes.stopAll();
  }
}

/** Limits of an account, to be set. */
export function limitsOf(owner: Owner, limits: Partial<Limits>): SetLimitsRequest {
  return { accountId: owner.accountId, riskGroupId: '', text: 'test', limits: Limits.fromPartial(limits) };
}

export { refusal } from '@switchyard/platform/testing';
