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
} from '@switchyard/contracts';
import { type PutSessionRequest, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type ConnectorContext } from '@switchyard/connectors-port';
import { ScriptedConnector } from '@switchyard/brokers-core/testing';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { fakeRole, had, SpecProcesses } from '@switchyard/platform/testing';
import { eventually } from '@switchyard/testkit';
import { type Pool } from 'pg';
import { brokersRoleOf } from '../brokers.role.js';
import { knownBrokers } from '../connectors.js';
import { Owner } from './owner.js';

/** Of every call of the specs. */
export const options = { timeoutMs: 20_000 };

export class World {
  /** The halts as risk has them; undefined: risk does not answer. */
  halts: { readonly version: number; readonly halts: readonly Halt[] } | undefined = { version: 0, halts: [] };
  readonly #connectors: {
    readonly process: string;
    readonly sessionId: string;
    readonly brokerAccountIds: readonly string[];
    readonly connector: ScriptedConnector;
  }[] = [];
  readonly #processes = new SpecProcesses('brokers', { template: migratedTemplate(), nounPool });
  readonly #owners: Owner[] = [];
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

  get admin(): Pool {
    return this.#processes.admin;
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
    const process = await this.#processes.run([brokersRoleOf({ ...knownBrokers, scripted })], {
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
      SWITCHYARD_POSTGRES_URL: this.#processes.databaseUrl,
      SWITCHYARD_KEYS_FOLDER: this.#processes.folder,
      SWITCHYARD_PEERS: ['risk-engine', 'matching-engine'].map((role) => `${role}=${had(this.#around).address}`).join(';'),
    };
  }

  /** Stops a process. Its brokers answer what they were sent: it would wait for that. */
  async stop(process: RunningProcess): Promise<void> {
    for (const { connector } of this.#connectors)
      for (const { outcome } of connector.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'at the end' });
    await this.#processes.stop(process);
  }

  /** Calls to one broker-connector, from another process. */
  brokers(process: Pick<RunningProcess, 'address'>) {
    return had(this.#around).calls.at(BROKER_SERVICE, process.address);
  }

  as(...roles: string[]): CallOptions {
    return { ...options, token: this.#processes.token(roles) };
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
    await this.#processes.open();
    const neighbours = [
      fakeRole({
        contract: RISK_SERVICE,
        handlers: {
          listHalts: async () => {
            if (this.halts === undefined) throw new CallError('risk is away', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
            return { haltVersion: this.halts.version, halts: [...this.halts.halts] };
          },
        },
      }),
      fakeRole({ contract: MATCHING_SERVICE, handlers: this.venue }),
    ];
    this.#around = await this.#processes.run(neighbours, { SWITCHYARD_PROCESS_NAME: 'around' });
  }

  async #close(): Promise<void> {
    for (const owner of this.#owners) owner.close();
    await this.#processes.close();
  }
}

export { failure as errorOf, refusal } from '@switchyard/platform/testing';
