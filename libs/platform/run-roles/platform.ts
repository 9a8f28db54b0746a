/** Opens what all roles of a process share, and registers how each part is stopped. */
import { type Calls, type ServiceContract } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { type Pool } from 'pg';
import { type Auth, ensureDevKeys, openAuth } from '../auth/index.js';
import { type EventBus } from '../bus/index.js';
import { createCalls, type Proxied } from '../calls/index.js';
import { type Handler } from '../calls/serve.js';
import { armFailpoints } from '../failpoint/index.js';
import { GrpcClients, GrpcTransport, serveHealth, serveReflection } from '../grpc/index.js';
import { ProcessHealth } from '../health/index.js';
import { type Logger, openLog } from '../log/index.js';
import { startTelemetry, type Telemetry } from '../telemetry/index.js';
import { openTick } from '../tick/index.js';
import { openBus } from './open-bus.js';
import { type ProcessConfig } from './process.config.js';
import { type ProcessInfo, type Role } from './role.js';
import { type Settings } from './settings.js';
import { Shutdown } from './shutdown.js';
import { AUTH, BUS, CALLS, CLOCK, HEALTH, LOG, METRICS, POOL, PROCESS, TICK } from './tokens.js';

/** Opens the pool that is logged in as a noun's role; persistence gives it. */
export type OpenPool = (url: string, noun: never, options: { max: number; onError: (error: Error) => void }) => Pool;
export type PlatformValue = unknown;

export interface Platform {
  readonly address: string;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly health: ProcessHealth;
  readonly shutdown: Shutdown;
  readonly calls: Calls;
  readonly bus: EventBus;
  readonly transport: GrpcTransport;
  /** A pool of the database; undefined where no role keeps data. All are of one database. */
  readonly pool: Pool | undefined;
  /** What modules inject. */
  readonly values: ReadonlyMap<symbol, PlatformValue>;
  /** Ends "being opened" as a reason not to be ready. */
  opened(): void;
}

const reflectionDelayMs = 3_000;

interface Wiring {
  /** Something of ours is broken for good: only a new process helps. */
  onFatal(error: Error): void;
  readonly nounPool: OpenPool | undefined;
  handlersOf(contract: ServiceContract): Readonly<Record<string, Handler>> | undefined;
}

export async function openPlatform(roles: readonly Role[], settings: Settings, wiring: Wiring): Promise<Platform> {
  const { config, name } = settings;
  const clock = systemClock;
  const pretty = config.logFormat === 'pretty' || (config.logFormat === 'auto' && process.stdout.isTTY);
  const log = openLog({ process: name, level: config.logLevel, format: pretty ? 'pretty' : 'json' });
  const shutdown = new Shutdown(log);
  try {
    const failpoints = roles.flatMap((role) => role.failpoints ?? []);
    armFailpoints(config.failpoints ?? '', failpoints, config.failpointLog);
    const telemetry = await startTelemetry({
      process: name,
      environment: config.environment,
      otlpUrl: config.otlpUrl,
      traceFile: config.traceFile,
      sampledFraction: config.traceSampledFraction,
    });
    shutdown.add('telemetry', () => telemetry.stop());
    const health = new ProcessHealth(clock, telemetry.meter);
    // Health is served from now on, and nothing is ready: whoever starts the roles takes this away when their own reasons are there.
    const opened = health.readiness('platform', () => 'the process is being opened');
    shutdown.add('health', () => health.stop());
    const pools = openPools(roles, config, wiring.nounPool, log);
    shutdown.add('database pools', async () => void (await Promise.all([...pools.values()].map((pool) => pool.end()))));
    const auth = await openAuthOf(name, config);
    const clients = new GrpcClients({ auth, clock, log, tls: settings.tls });
    shutdown.add('connections to other processes', () => clients.close());

    const serves = roles.flatMap((role) => role.serves);
    const transport = new GrpcTransport([...serves, ...proxiesOf(roles).map(({ contract }) => contract)], {
      listen: config.grpcListen,
      auth,
      clock,
      log,
      tls: settings.tls,
      handlersOf: wiring.handlersOf,
    });
    // Bound before the roles are built, since they write their address into the database; until then calls are answered NOT_READY.
    await transport.bind();
    shutdown.add('gRPC port', () => transport.close());
    const address = config.advertisedAddress ?? `${config.grpcListen.split(':')[0]}:${transport.port}`;
    const calls = createCalls({
      serves,
      peers: settings.peers,
      ownAddress: () => address,
      remote: clients,
      auth,
      clock,
      log,
      freeze: config.freezeMessages,
      handlersOf: wiring.handlersOf,
    });
    await serveExtras(transport, serves, config, health, shutdown, log);

    const tick = openTick({ redisUrl: config.redisUrl?.reveal(), environment: config.environment, log });
    shutdown.add('ticks', () => tick.stop());
    const bus = await openBus({
      processName: name,
      environment: config.environment,
      kafkaBrokers: config.kafkaBrokers,
      kafkaSessionTimeoutMs: config.kafkaSessionTimeoutMs,
      calls,
      clock,
      log,
      onFatal: wiring.onFatal,
    });
    shutdown.add('bus', () => bus.stop());
    health.readiness('bus', () => bus.ready());
    health.watchdog('bus', () => bus.healthy());

    const info: ProcessInfo = { name, address, environment: config.environment };
    const values = new Map<symbol, PlatformValue>([
      [CALLS, calls],
      [CLOCK, clock],
      [LOG, log],
      [PROCESS, info],
      [BUS, bus],
      [TICK, tick],
      [METRICS, telemetry.meter],
      [AUTH, auth],
      [HEALTH, health],
      ...[...pools].map(([noun, pool]) => [POOL(noun), pool] as const),
    ]);
    return { address, log, telemetry, health, shutdown, calls, bus, transport, pool: [...pools.values()][0], values, opened };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

/** What the roles offer of other roles that don't run here. */
export function proxiesOf(roles: readonly Role[]): readonly Proxied[] {
  const served = new Set(roles.flatMap((role) => role.serves));
  return roles.flatMap((role) => role.proxies ?? []).filter(({ contract }) => !served.has(contract));
}

function openPools(roles: readonly Role[], config: ProcessConfig, open: OpenPool | undefined, log: Logger): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const { noun } of roles) {
    if (noun === undefined || config.postgresUrl === undefined) continue;
    if (open === undefined) throw new Error('roles that keep data need runRoles(roles, { nounPool })');
    const onError = (error: Error) => log.warn({ err: error, noun }, 'an idle database connection broke');
    pools.set(noun, open(config.postgresUrl.reveal(), noun as never, { max: config.postgresConnections, onError }));
  }
  return pools;
}

async function openAuthOf(processName: string, config: ProcessConfig): Promise<Auth> {
  const { environment, serviceKeyFile } = config;
  if (config.jwksUrl !== undefined)
    return openAuth({ environment, processName, clock: systemClock, jwks: { url: config.jwksUrl }, serviceKeyFile });
  if (config.jwksFile !== undefined)
    return openAuth({ environment, processName, clock: systemClock, jwks: { file: config.jwksFile }, serviceKeyFile });
  const keys = await ensureDevKeys(config.keysFolder);
  return openAuth({
    environment,
    processName,
    clock: systemClock,
    jwks: { file: keys.jwksFile },
    serviceKeyFile: serviceKeyFile ?? keys.keyFile,
  });
}

/** Health is served from the start; reflection, which reads .proto files, comes when the start is over: it would delay it by half a second. */
async function serveExtras(
  transport: GrpcTransport,
  serves: readonly ServiceContract[],
  config: ProcessConfig,
  health: ProcessHealth,
  shutdown: Shutdown,
  log: Logger,
): Promise<void> {
  shutdown.add('gRPC health', await serveHealth(transport.server, serves, () => health.ready().ok));
  if (!config.grpcReflection || config.environment !== 'sim') return;
  const timer = setTimeout(() => {
    serveReflection(transport.server, serves).catch((error: unknown) => log.error({ err: error }, 'gRPC reflection could not be served'));
  }, reflectionDelayMs);
  shutdown.add('gRPC reflection', () => clearTimeout(timer));
}
