// The role broker-connector as a process, on real PostgreSQL, with brokers that obey the test and its neighbours behind gRPC in another process.
import { afterAll, beforeAll, jest } from '@jest/globals';
import {
  BROKER_SERVICE,
  CallError,
  type CallOptions,
  type Halt,
  MATCHING_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
  type ServiceContract,
} from '@switchyard/contracts';
import { type PutSessionRequest, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type ConnectorContext } from '@switchyard/connectors-port';
import { ScriptedConnector } from '@switchyard/brokers-core/testing';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { signToken } from '@switchyard/platform/auth';
import { type Role, type RunningProcess, runRoles } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { brokersRoleOf } from '../brokers.role.js';
import { knownBrokers } from '../connectors.js';
import { Owner } from './owner.js';

/** Of every call of the specs. */
export const options = { timeoutMs: 10_000 };

export class World {
  /** The halts as risk has them; undefined: risk does not answer. */
  halts: { readonly version: number; readonly halts: readonly Halt[] } | undefined = { version: 0, halts: [] };
  readonly #connectors: {
    readonly process: string;
    readonly sessionId: string;
    readonly brokerAccountIds: readonly string[];
    readonly connector: ScriptedConnector;
  }[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'switchyard-brokers-'));
  readonly #running: RunningProcess[] = [];
  readonly #owners: Owner[] = [];
  #database: TestDatabase | undefined;
  #admin: pg.Pool | undefined;
  #around: RunningProcess | undefined;
  #sessions = 0;

  /** @param venue the handlers of the paper venue, for specs with a real paper connector. */
  private constructor(private readonly venue: object) {}

  /** To be called once in a spec: one database and one process of neighbours for all its tests. */
  static forSpec(venue: object = {}): World {
    // Processes over real gRPC and PostgreSQL, on a machine that may be busy.
    jest.setTimeout(60_000);
    const world = new World(venue);
    beforeAll(() => world.#open(), 120_000);
    afterAll(() => world.#close(), 60_000);
    return world;
  }

  get admin(): pg.Pool {
    return had(this.#admin);
  }

  /** A broker-connector; without peers where the test says so. Resolves when it is ready. */
  async start(name = 'connector-0', env: Record<string, string> = {}): Promise<RunningProcess> {
    const scripted = {
      capabilities: new ScriptedConnector().capabilities,
      connector: ({ sessionId, brokerAccountIds }: Pick<ConnectorContext, 'sessionId' | 'brokerAccountIds'>) => {
        const connector = new ScriptedConnector();
        this.#connectors.push({ process: name, sessionId, brokerAccountIds, connector });
        return connector;
      },
    };
    const process = await this.#run([brokersRoleOf({ ...knownBrokers, scripted })], {
      ...this.environmentOf(name),
      BROKERS_HEARTBEAT_MS: '50',
      // A machine that is busy for seconds must not end a process.
      BROKERS_HOLDER_TIMEOUT_MS: '20000',
      BROKERS_QUARANTINE_MS: '100',
      BROKERS_LOOK_UP_INTERVAL_MS: '50',
      BROKERS_ABSENT_LOOK_UPS_MIN: '2',
      ...env,
    });
    await process.whenReady();
    return process;
  }

  /** What a broker-connector of this world needs, wherever it runs. */
  environmentOf(name: string): Record<string, string> {
    return {
      SWITCHYARD_PROCESS_NAME: name,
      SWITCHYARD_POSTGRES_URL: had(this.#database).url,
      SWITCHYARD_KEYS_FOLDER: this.#folder,
      SWITCHYARD_PEERS: ['risk-engine', 'matching-engine'].map((role) => `${role}=${had(this.#around).address}`).join(';'),
    };
  }

  /** Stops a process. Its brokers answer what they were sent: it would wait for that. */
  async stop(process: RunningProcess): Promise<void> {
    for (const { connector } of this.#connectors)
      for (const { outcome } of connector.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'at the end' });
    this.#running.splice(this.#running.indexOf(process), 1);
    await process.stop();
  }

  /** Calls to one broker-connector, from another process. */
  brokers(process: Pick<RunningProcess, 'address'>) {
    return had(this.#around).calls.at(BROKER_SERVICE, process.address);
  }

  as(...roles: string[]): CallOptions {
    const key = JSON.parse(readFileSync(path.join(this.#folder, 'dev-key.json'), 'utf8')) as never;
    return { ...options, token: signToken(key, { sub: 'olga', environment: 'sim', roles }, Date.now(), 60_000) };
  }

  /** Stores a session of the scripted broker, with a broker account of its own. */
  async putSession(process: Pick<RunningProcess, 'address'>, differs: Partial<PutSessionRequest> = {}): Promise<string> {
    const sessionId = `s-${++this.#sessions}`;
    const request = { sessionId, broker: 'scripted', brokerAccountIds: [`BA-${this.#sessions}`], commandsPerSecondMax: 1000, ...differs };
    await this.brokers(process).putSession(request, this.as('admin'));
    return request.sessionId;
  }

  /** A session that the process holds, whose broker is logged in. */
  async aSession(
    process: RunningProcess,
    differs: Partial<PutSessionRequest> = {},
  ): Promise<{ sessionId: string; broker: ScriptedConnector }> {
    const sessionId = await this.putSession(process, differs);
    const broker = await this.connectorOf(process, sessionId);
    await this.logIn(process, sessionId, broker);
    return { sessionId, broker };
  }

  /** The connector that the process made last for a session, other than those that are known. */
  connectorOf(process: RunningProcess, sessionId: string, ...known: readonly ScriptedConnector[]): Promise<ScriptedConnector> {
    const made = () => this.#connectors.findLast((each) => each.process === process.name && each.sessionId === sessionId)?.connector;
    return eventually(
      () => {
        const newest = made();
        return newest !== undefined && !known.includes(newest) && newest;
      },
      { what: `session ${sessionId} to be held by ${process.name}` },
    );
  }

  /** The broker accounts that a connector was made for. */
  accountsOf(connector: ScriptedConnector): readonly string[] | undefined {
    return this.#connectors.find((each) => each.connector === connector)?.brokerAccountIds;
  }

  async logIn(process: RunningProcess, sessionId: string, broker: ScriptedConnector): Promise<void> {
    await eventually(
      async () => {
        broker.ready();
        return (await this.sessionOf(process, sessionId))?.state === SessionState.READY;
      },
      { what: `session ${sessionId} to be ready` },
    );
  }

  async sessionOf(process: Pick<RunningProcess, 'address'>, sessionId: string) {
    const { sessions } = await this.brokers(process).listSessions({}, options);
    return sessions.find((session) => session.sessionId === sessionId);
  }

  /** An owner's stream to a process. */
  anOwner(process: Pick<RunningProcess, 'address'>, sessionId: string, shard = 7, call: CallOptions = {}): Owner {
    const owner = new Owner(this.brokers(process).dispatch(call), sessionId, shard);
    this.#owners.push(owner);
    return owner;
  }

  /** States of the stored requests of a session, by id. */
  async stored(sessionId: string): Promise<Record<string, number>> {
    const { rows } = await this.admin.query<{ id: string; state: number }>(
      'SELECT broker_request_id AS id, state FROM brokers.requests WHERE session_id = $1 ORDER BY 1',
      [sessionId],
    );
    return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
  }

  async #open(): Promise<void> {
    this.#database = await testDatabase(migratedTemplate());
    this.#admin = new pg.Pool({ connectionString: this.#database.url, max: 2 });
    const neighbours = [
      role(RISK_SERVICE, {
        listHalts: async () => {
          if (this.halts === undefined) throw new CallError('risk is away', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
          return { haltVersion: this.halts.version, halts: [...this.halts.halts] };
        },
      }),
      role(MATCHING_SERVICE, this.venue),
    ];
    this.#around = await this.#run(neighbours, { SWITCHYARD_PROCESS_NAME: 'around' });
  }

  async #close(): Promise<void> {
    for (const owner of this.#owners) owner.close();
    for (const process of this.#running.splice(0).reverse()) await process.stop();
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

function role(contract: ServiceContract, handlers: object): Role {
  class FakeModule {}
  return {
    name: contract.role,
    serves: [contract],
    calls: [],
    reads: [],
    publishes: [],
    lifecycle: [],
    module: () => ({ module: FakeModule, providers: [{ provide: contract.token, useValue: handlers }], exports: [contract.token] }),
  };
}

/** The reason of a refusal, and the field it names. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof CallError ? `${Reason[error.reason]} ${error.violations[0]?.field ?? ''}`.trim() : `no refusal: ${String(error)}`;
}

/** The error of a call that is refused. */
export async function errorOf(promise: Promise<unknown>): Promise<CallError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CallError) return error;
  throw new Error(`no refusal: ${String(error)}`);
}

function had<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world is opened by forSpec()');
  return value;
}
