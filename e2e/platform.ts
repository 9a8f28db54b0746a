/** The platform in any mode, on real infrastructure, for one spec file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type SwitchyardClient } from '@switchyard/client';
import { type DevClaims, devToken, everything } from '@switchyard/client/development';
import { type RoleName } from '@switchyard/contracts';
import { type RunningService, startKafka } from '@switchyard/infra';
import { migratedTemplate } from '@switchyard/persistence';
import { testDatabase, testRedis } from '@switchyard/testkit/services';
import { type Env, type ProcessPlan, RunningProcess } from './running-process.js';

const tokenMs = 60 * 60_000;

export interface PlatformOptions {
  readonly processes: readonly ProcessPlan[];
  /** Spans of every process go to a file each: those of traces that the caller has sampled. */
  readonly traced?: boolean;
}

/**
 * What is set apart from the defaults. An order in doubt is decided in seconds. A machine that is busy with other work takes long for a decision of risk now
 * and then, which by default means that the caller has to come again.
 */
const roleEnv: Partial<Record<RoleName, Env>> = {
  'broker-connector': { BROKERS_QUARANTINE_MS: '1000', BROKERS_LOOK_UP_INTERVAL_MS: '250' },
  'order-gateway': { ORDERS_RISK_DEADLINE_MS: '2000' },
};
const allEnv: Env = { SWITCHYARD_LOG_LEVEL: 'info', SWITCHYARD_LOG_FORMAT: 'json' };

export class Platform {
  readonly #clients: SwitchyardClient[] = [];

  private constructor(
    readonly processes: readonly RunningProcess[],
    readonly kafka: RunningService | undefined,
    readonly keysFolder: string,
    private readonly folder: string,
    private readonly closing: readonly (() => Promise<void>)[],
  ) {}

  /** Every role in one process, with a database of its own: what `npm start` runs. `env` may name another database. */
  static standalone({ env = {}, ...options }: { readonly traced?: boolean; readonly env?: Env } = {}): Promise<Platform> {
    return Platform.#start({ ...options, processes: [{ name: 'standalone', roles: [], env }] }, (folder) =>
      Promise.resolve({ env: { SWITCHYARD_DATA_FOLDER: path.join(folder, 'data') }, kafka: undefined, closing: [] }),
    );
  }

  /** Several processes with PostgreSQL, a Kafka of their own, which may be stopped, and Redis. */
  static distributed(options: PlatformOptions): Promise<Platform> {
    return Platform.#start(options, async (folder) => {
      const [database, kafka, redis] = await Promise.all([
        testDatabase(migratedTemplate()),
        startKafka({ dataDir: path.join(folder, 'kafka') }),
        testRedis(),
      ]);
      const env = { SWITCHYARD_POSTGRES_URL: database.url, SWITCHYARD_KAFKA_BROKERS: kafka.address, SWITCHYARD_REDIS_URL: redis.url };
      return { env, kafka, closing: [() => kafka.stop(), () => database.drop()] };
    });
  }

  static async #start(
    { processes: plans, traced = false }: PlatformOptions,
    provide: (folder: string) => Promise<{ env: Env; kafka: RunningService | undefined; closing: (() => Promise<void>)[] }>,
  ): Promise<Platform> {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-e2e-'));
    const { env, kafka, closing } = await provide(folder);
    const keysFolder = path.join(folder, 'keys');
    const processes: RunningProcess[] = [];
    for (const plan of plans) {
      const settings = plan.roles.length === 0 ? Object.values(roleEnv) : plan.roles.map((role) => roleEnv[role] ?? {});
      const ofRoles = Object.assign({}, ...settings) as Env;
      const own = {
        ...allEnv,
        ...env,
        ...ofRoles,
        ...(traced && { SWITCHYARD_TRACE_FILE: path.join(folder, `${plan.name}.spans`), SWITCHYARD_TRACE_SAMPLED_FRACTION: '0' }),
      };
      processes.push(await RunningProcess.plan(plan, folder, { ...own, SWITCHYARD_KEYS_FOLDER: keysFolder }));
    }
    const platform = new Platform(processes, kafka, keysFolder, folder, closing);
    try {
      for (const process of processes) platform.start(process);
      await Promise.all(processes.map((process) => process.whenReady()));
    } catch (error) {
      await platform.stop();
      throw error;
    }
    return platform;
  }

  /** Starts a process that does not run. */
  start(process: RunningProcess): void {
    const peers = new Map<RoleName, string[]>();
    for (const other of this.processes) {
      if (other === process) continue;
      for (const role of other.roles) peers.set(role, [...(peers.get(role) ?? []), other.address]);
    }
    const text = [...peers].map(([role, addresses]) => `${role}=${addresses.join('|')}`).join(';');
    process.start(text === '' ? {} : { SWITCHYARD_PEERS: text });
  }

  /** The processes that run a role. */
  running(role: RoleName): readonly RunningProcess[] {
    return this.processes.filter(({ roles }) => roles.length === 0 || roles.includes(role));
  }

  process(name: string): RunningProcess {
    const found = this.processes.find((process) => process.name === name);
    if (found === undefined) throw new Error(`there is no process ${name}`);
    return found;
  }

  token(claims: DevClaims = { subject: 'e2e', ...everything }, validMs = tokenMs): string {
    return devToken(this.keysFolder, claims, validMs);
  }

  /** A client of all gateways, or of those named. It is closed with the platform. */
  client(gateways: readonly RunningProcess[] = this.running('order-gateway'), token = this.token()): SwitchyardClient {
    const client = connect({ address: gateways.map(({ address }) => address), token, timeoutMs: 15_000 });
    this.#clients.push(client);
    return client;
  }

  /** A file that a process wrote its spans to. */
  spans(process: RunningProcess): string {
    try {
      return readFileSync(path.join(this.folder, `${process.name}.spans`), 'utf8');
    } catch {
      return '';
    }
  }

  /** Ends everything and removes it. Logs stay where E2E_KEEP is set. */
  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    for (const process of this.processes) process.signal('SIGCONT');
    await Promise.all(this.processes.map((process) => process.end()));
    for (const close of this.closing) await close();
    if (!process.env['E2E_KEEP']) rmSync(this.folder, { recursive: true, force: true });
    else process.stderr.write(`kept ${this.folder}\n`);
  }
}
