// The role risk-engine as a process of its own, on real PostgreSQL, with its neighbours behind gRPC in another one.
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import { CallError, Reason, RISK_SERVICE, type ServiceCalls } from '@switchyard/contracts';
import { Limits, type RiskServiceDefinition, type SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { signToken } from '@switchyard/platform/auth';
import { type Role, type RunningProcess, runRoles } from '@switchyard/platform/run-roles';
import { anInstrument, aQuote } from '@switchyard/risk-core/testing';
import { eventually, freePort } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { riskRole } from '../index.js';
import { Neighbours } from './neighbours.js';
import { Owner, OwnerLink } from './owner.js';

/** Of every call of the specs. */
export const options = { timeoutMs: 10_000 };

export class World {
  neighbours = new Neighbours();
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'switchyard-risk-'));
  #database: TestDatabase | undefined;
  #admin: pg.Pool | undefined;
  #around: RunningProcess | undefined;
  #riskPort = 0;
  readonly #running: RunningProcess[] = [];
  readonly #links: OwnerLink[] = [];
  #accounts = 0;

  /** To be called once in a spec: every test has empty tables, new neighbours, and no risk process. */
  static forSpec(): World {
    // Two processes over real gRPC and PostgreSQL a test, on a machine that may be busy.
    jest.setTimeout(60_000);
    const world = new World();
    beforeAll(() => world.#open(), 120_000);
    beforeEach(() => world.#begin());
    afterEach(() => world.#end());
    afterAll(() => world.#close());
    return world;
  }

  get admin(): pg.Pool {
    return had(this.#admin);
  }

  /** The process of the neighbours. */
  get around(): RunningProcess {
    return had(this.#around);
  }

  async startRisk(env: Record<string, string> = {}, peersToo: readonly string[] = []): Promise<RunningProcess> {
    const peers = ['order-gateway', 'broker-connector', 'instrument-loader', 'market-data'].map((role) => `${role}=${this.around.address}`);
    const process = await this.#run([riskRole], {
      SWITCHYARD_PROCESS_NAME: 'risk-0',
      SWITCHYARD_GRPC_LISTEN: `127.0.0.1:${this.#riskPort}`,
      SWITCHYARD_POSTGRES_URL: had(this.#database).url,
      SWITCHYARD_PEERS: [...peers, ...peersToo].join(';'),
      RISK_HALT_RETRY_MS: '50',
      RISK_HALT_CALL_MS: '1000',
      RISK_RULES_POLL_MS: '50',
      ...env,
    });
    await process.whenReady();
    return process;
  }

  /** Risk in the process of the neighbours, so that all calls are local. */
  async moveTogether(): Promise<void> {
    await this.stop(this.around);
    const env = { SWITCHYARD_PROCESS_NAME: 'all', SWITCHYARD_POSTGRES_URL: had(this.#database).url };
    this.#around = await this.#run([riskRole, ...this.neighbours.roles()], env);
    await this.around.whenReady();
  }

  async stop(process: RunningProcess): Promise<void> {
    this.#running.splice(this.#running.indexOf(process), 1);
    await process.stop();
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
    const key = JSON.parse(readFileSync(path.join(this.#folder, 'dev-key.json'), 'utf8')) as never;
    return signToken(key, { sub: 'olga', environment: 'sim', roles }, Date.now(), 60_000);
  }

  /** Calls as a risk officer. */
  officer() {
    return { ...options, token: this.tokenOf('risk-officer') };
  }

  async #open(): Promise<void> {
    this.#database = await testDatabase(migratedTemplate());
    this.#admin = new pg.Pool({ connectionString: this.#database.url, max: 2 });
  }

  async #begin(): Promise<void> {
    await this.admin.query('TRUNCATE risk.snapshots, risk.journal, risk.watermarks, risk.ownership, risk.holders, risk.heartbeats');
    this.neighbours = new Neighbours();
    this.neighbours.instruments = [anInstrument(), anInstrument({ instrumentId: 'TCS', symbol: 'TCS' })];
    this.neighbours.streamed = [aQuote({ atMs: Date.now() })];
    this.#riskPort = await freePort();
    this.#around = await this.#run(this.neighbours.roles(), {
      SWITCHYARD_PROCESS_NAME: 'around',
      SWITCHYARD_PEERS: `risk-engine=127.0.0.1:${this.#riskPort}`,
    });
  }

  async #end(): Promise<void> {
    for (const link of this.#links.splice(0)) link.close();
    for (const process of this.#running.splice(0).reverse()) await process.stop();
  }

  async #close(): Promise<void> {
    await this.#admin?.end();
    await this.#database?.drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(roles: readonly Role[], env: Record<string, string>): Promise<RunningProcess> {
    const listen = { SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0', SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0' };
    const process = await runRoles(roles, {
      nounPool,
      env: { ...listen, SWITCHYARD_KEYS_FOLDER: this.#folder, SWITCHYARD_LOG_LEVEL: 'silent', ...env },
    });
    this.#running.push(process);
    return process;
  }
}

/** Limits of an account, to be set. */
export function limitsOf(owner: Owner, limits: Partial<Limits>): SetLimitsRequest {
  return { accountId: owner.accountId, riskGroupId: '', text: 'test', limits: Limits.fromPartial(limits) };
}

/** The reason of a refusal, and the field it names. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof CallError ? `${Reason[error.reason]} ${error.violations[0]?.field ?? ''}`.trim() : `no refusal: ${String(error)}`;
}

function had<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world is opened by forSpec()');
  return value;
}
