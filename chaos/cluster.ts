// The platform under test: every role a process of its own, two order-gateways and two broker-connectors, on real PostgreSQL, Kafka and Redis, with the witness before the venue.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type RunningService, startInfra } from '@switchyard/infra';
import { freePort, TcpProxy } from '@switchyard/testkit';
import { PlatformProcess, root, type StartWith } from './processes.js';
import { until } from './time.js';
import { VenueProxy } from './venue-proxy.js';
import { connect, type Message, signToken } from './wire.js';

/** Every process of the cluster: its name and its folder in apps/. */
export const processRoles = {
  'instrument-loader': 'instrument-loader',
  'market-data': 'market-data',
  'matching-engine': 'matching-engine',
  'broker-connector': 'broker-connector',
  'broker-connector-2': 'broker-connector',
  'risk-engine': 'risk-engine',
  'order-gateway-1': 'order-gateway',
  'order-gateway-2': 'order-gateway',
  'position-tracker': 'position-tracker',
} as const;
export type ProcessName = keyof typeof processRoles;
export const processNames = Object.keys(processRoles) as ProcessName[];

/** An account of the run. */
export interface TestAccount {
  readonly accountId: string;
  readonly riskGroupId: string;
  readonly sessionId: string;
  readonly brokerAccountId: string;
}

/** Accounts in several shards, over two sessions. */
export const accounts: readonly TestAccount[] = [1, 2, 3, 4].map((n) => ({
  accountId: `CHAOS${n}`,
  riskGroupId: `CHAOS-GROUP-${n}`,
  sessionId: `paper-${1 + (n % 2)}`,
  brokerAccountId: `PAPER-${n}`,
}));

export const instruments = ['NSE:INFY', 'NSE:RELIANCE', 'NSE:TCS'] as const;

/** Short, so that takeovers and doubts happen within a test. */
export const holderTimeoutMs = 2500;
const timings: Record<string, string> = Object.fromEntries(
  ['ORDERS', 'BROKERS', 'MATCHING', 'RISK'].flatMap((noun) => [
    [`${noun}_HEARTBEAT_MS`, '400'],
    [`${noun}_HOLDER_TIMEOUT_MS`, String(holderTimeoutMs)],
  ]),
);
const settings: Readonly<Record<string, Record<string, string>>> = {
  'broker-connector': {
    BROKERS_QUARANTINE_MS: '2000',
    BROKERS_LOOK_UP_INTERVAL_MS: '250',
    BROKERS_ANSWER_TIMEOUT_MS: '1500',
  },
  'risk-engine': { RISK_COMMANDS_PER_SECOND_MAX: '10000', RISK_SNAPSHOT_INTERVAL_MS: '3000' },
  'order-gateway': { ORDERS_RISK_DEADLINE_MS: '500' },
  'market-data': { MARKETDATA_QUOTE_INTERVAL_MS: '2000', MARKETDATA_TICK_MS: '250' },
};

export interface ClusterOptions {
  /** Where data, logs and evidence of this run are. */
  readonly folder: string;
  /** Processes that are left out. */
  readonly without?: readonly ProcessName[];
  /** A mutant, and the processes that run it. */
  readonly mutant?: { readonly processes: readonly ProcessName[]; readonly name: string };
  /** Variables of one process over the ones above. */
  readonly env?: Partial<Record<ProcessName, Readonly<Record<string, string>>>>;
}

export class Cluster {
  private constructor(
    readonly folder: string,
    readonly postgres: RunningService,
    readonly kafka: RunningService,
    readonly redis: RunningService,
    readonly proxy: VenueProxy,
    readonly processes: ReadonlyMap<ProcessName, PlatformProcess>,
    readonly token: string,
    /** The wires that can be reset: to PostgreSQL, and to processes that others hold streams with. */
    readonly wires: ReadonlyMap<string, TcpProxy>,
  ) {}

  static async start({ folder, mutant, without = [], env = {} }: ClusterOptions): Promise<Cluster> {
    const names = processNames.filter((name) => !without.includes(name));
    mkdirSync(folder, { recursive: true });
    // Always our own: services at addresses of the environment can't be killed.
    const infra = await startInfra({ dir: folder, postgres: 'switchyard', kafka: true, redis: true, env: {} });
    const { postgres, kafka, redis } = infra;
    if (postgres === undefined || kafka === undefined || redis === undefined) throw new Error('all three services were asked for');
    try {
      const keys = prepare(postgres.address, path.join(folder, 'keys'));
      const addresses = new Map<ProcessName, { grpc: string; http: string }>();
      for (const name of names) addresses.set(name, { grpc: `127.0.0.1:${await freePort()}`, http: `127.0.0.1:${await freePort()}` });
      const wires = await makeWires(postgres.address, addresses);
      const database = new URL(postgres.address);
      database.port = String(wires.get('postgres')?.port);
      const proxy = await VenueProxy.start((addresses.get('matching-engine') as { grpc: string }).grpc, path.join(folder, 'witness.log'));
      const processes = new Map<ProcessName, PlatformProcess>();
      for (const name of names) {
        const { grpc, http } = addresses.get(name) as { grpc: string; http: string };
        const role = processRoles[name];
        const advertised = (of: ProcessName): string =>
          wires.has(of) ? `127.0.0.1:${wires.get(of)?.port}` : (addresses.get(of) as { grpc: string }).grpc;
        const peers = peersOf(names, advertised, processRoles[name] === 'broker-connector' ? proxy.address : undefined);
        const spec = {
          SWITCHYARD_PROCESS_NAME: name,
          SWITCHYARD_POSTGRES_URL: database.href,
          SWITCHYARD_KAFKA_BROKERS: kafka.address,
          SWITCHYARD_KAFKA_SESSION_TIMEOUT_MS: '6000',
          SWITCHYARD_REDIS_URL: redis.address,
          SWITCHYARD_GRPC_LISTEN: grpc,
          SWITCHYARD_HTTP_LISTEN: http,
          SWITCHYARD_ADVERTISED_ADDRESS: advertised(name),
          NODE_COMPILE_CACHE: path.join(os.tmpdir(), `switchyard-compiled-${os.userInfo().uid}`),
          SWITCHYARD_PEERS: peers,
          SWITCHYARD_JWKS_FILE: keys.jwksFile,
          SWITCHYARD_SERVICE_KEY_FILE: keys.keyFile,
          SWITCHYARD_LOG_FORMAT: 'json',
          ...(role === 'matching-engine' && { MATCHING_FOLDER: path.join(folder, 'venue') }),
          ...timingsOf(role),
          ...settings[role],
          ...env[name],
        };
        processes.set(name, new PlatformProcess({ name, role, grpcAddress: grpc, httpAddress: http, env: spec, folder }));
      }
      const token = signToken(keys.keyFile, 'chaos', ['admin', 'ops', 'risk-officer', 'service']);
      const cluster = new Cluster(folder, postgres, kafka, redis, proxy, processes, token, wires);
      for (const name of names) cluster.process(name).start(mutant?.processes.includes(name) === true ? { mutant: mutant.name } : {});
      return cluster;
    } catch (error) {
      await infra.stop();
      throw error;
    }
  }

  process(name: ProcessName): PlatformProcess {
    const found = this.processes.get(name);
    if (found === undefined) throw new Error(`there is no process ${name}`);
    return found;
  }

  get gateways(): string[] {
    return (['order-gateway-1', 'order-gateway-2'] as const).map((name) => this.process(name).spec.grpcAddress);
  }

  /** Waits until every process says that it is ready. */
  async ready(withinMs: number): Promise<void> {
    await until(withinMs, async () => {
      const answers = await Promise.all([...this.processes.values()].map((one) => one.ready()));
      return answers.find((answer) => answer !== true) ?? true;
    });
  }

  restart(name: ProcessName, how: StartWith = {}): void {
    this.process(name).start(how);
  }

  /** Calls a unary method once. */
  async call(service: string, method: string, at: ProcessName, request: Message, timeoutMs = 5000): Promise<Message> {
    const client = connect(service, this.process(at).spec.grpcAddress, this.token);
    try {
      return await client.call(method)(request, timeoutMs);
    } finally {
      client.close();
    }
  }

  /** Sessions, accounts, cash and limits: open value so low that a reservation that leaks is felt soon. */
  async seed(openValueMax: string): Promise<void> {
    for (const { sessionId } of new Map(accounts.map((account) => [account.sessionId, account])).values()) {
      const brokerAccountIds = accounts.filter((account) => account.sessionId === sessionId).map(({ brokerAccountId }) => brokerAccountId);
      await this.#again(() =>
        this.call('brokers.v1.BrokerService', 'putSession', 'broker-connector', {
          sessionId,
          broker: 'paper',
          brokerAccountIds,
          commandsPerSecondMax: 1000,
        }),
      );
    }
    for (const { accountId, riskGroupId, brokerAccountId, sessionId } of accounts) {
      const routes = [{ brokerAccountId, sessionId }];
      const orders = (method: string, request: Message) =>
        this.#again(() => this.call('orders.v1.AccountService', method, 'order-gateway-1', request));
      await orders('putAccount', { accountId, name: accountId, baseCurrency: 'INR', riskGroupId, routes });
      await orders('adjustCash', { accountId, adjustmentId: 'opening', currency: 'INR', amount: '10000000', text: 'opening cash' });
      const limits = { openValueMax, priceCollarPercent: '20' };
      await this.#again(() => this.call('risk.v1.RiskService', 'setLimits', 'risk-engine', { accountId, limits, text: 'chaos' }));
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].map((one) => one.end()));
    this.proxy.stop();
    await Promise.all([
      ...[...this.wires.values()].map((wire) => wire.close()),
      this.postgres.stop(),
      this.kafka.stop(),
      this.redis.stop(),
    ]);
  }

  async #again<T>(work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}

function timingsOf(role: string): Record<string, string> {
  const noun = { 'order-gateway': 'ORDERS', 'broker-connector': 'BROKERS', 'matching-engine': 'MATCHING', 'risk-engine': 'RISK' }[role];
  return noun === undefined ? {} : Object.fromEntries(Object.entries(timings).filter(([name]) => name.startsWith(noun)));
}

async function makeWires(postgresUrl: string, addresses: ReadonlyMap<ProcessName, { grpc: string }>): Promise<Map<string, TcpProxy>> {
  const targets = new Map([['postgres', Number(new URL(postgresUrl).port)]]);
  for (const name of ['broker-connector', 'risk-engine'] as const) targets.set(name, Number(addresses.get(name)?.grpc.split(':')[1]));
  const wires = new Map<string, TcpProxy>();
  for (const [name, port] of targets) {
    const wire = new TcpProxy({ port }, 1);
    await wire.acceptConnections();
    wires.set(name, wire);
  }
  return wires;
}

/** All roles; the venue is the witness for the connectors. */
function peersOf(names: readonly ProcessName[], advertised: (name: ProcessName) => string, venue: string | undefined): string {
  const byRole = new Map<string, string[]>();
  for (const name of names) {
    const role = processRoles[name];
    const address = role === 'matching-engine' && venue !== undefined ? venue : advertised(name);
    byRole.set(role, [...(byRole.get(role) ?? []), address]);
  }
  return [...byRole].map(([role, list]) => `${role}=${list.join('|')}`).join(';');
}

/** The tables, and a development key of this run's own. */
function prepare(postgresUrl: string, folder: string): { keyFile: string; jwksFile: string } {
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, SWITCHYARD_POSTGRES_URL: postgresUrl, SWITCHYARD_KEYS_FOLDER: folder };
  execFileSync(process.execPath, [path.join(root, 'tools/cluster/dist/prepare.js')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return { keyFile: path.join(folder, 'dev-key.json'), jwksFile: path.join(folder, 'jwks.json') };
}
