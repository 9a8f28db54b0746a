/** Runs roles in this process: reads their configuration, checks that nothing is missing, builds, starts and stops them in order. */
import { type Calls, type ServiceContract } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { proxyHandlers } from '../calls/index.js';
import { type Handler } from '../calls/serve.js';
import { printConfigs, processEnvironment } from '../config/index.js';
import { ListenError } from '../grpc/index.js';
import { type Logger } from '../log/index.js';
import { type EventBus } from '../bus/index.js';
import { usage, wishOf } from './arguments.js';
import { checkDatabaseStamp } from './database-stamp.js';
import { CONFIG } from './tokens.js';
import { closeNestApp, createNestApp } from './http-server.js';
import { openPlatform, type OpenPool, type Platform, type PlatformValue, proxiesOf } from './platform.js';
import { processModule } from './process-module.js';
import { type Lifecycle, type Role } from './role.js';
import { type Settings, readSettings } from './settings.js';
import { endWithStarter } from './starter.js';
import { checkTopology, topologyLines } from './topology.js';

/** Errors that are a sentence for a person; anything else is a defect and shows its stack. */
const sentences = new Set(['ConfigError', 'TopologyError', 'ListenError', 'DatabaseStampError', 'UnknownOptionError']);

export interface RunOptions {
  /** Opens the pool of a noun: `nounPool` of @switchyard/persistence. Needed where a role has a noun. */
  readonly nounPool?: OpenPool;
  /** Variables instead of those of the process; then there are no signal handlers either, and nothing exits: for tests, which run several in one process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The command line, without the program; the process' own by default. */
  readonly args?: readonly string[];
}

export interface RunningProcess {
  readonly name: string;
  /** host:port of gRPC. */
  readonly address: string;
  /** host:port of HTTP. */
  readonly httpAddress: string;
  readonly calls: Calls;
  readonly bus: EventBus;
  readonly log: Logger;
  /** A line a role: what it serves, calls, reads and publishes, and where. */
  readonly topology: readonly string[];
  /** True when all roles are ready; false where the process is shutting down instead. */
  whenReady(): Promise<boolean>;
  /** Stops everything in order. */
  stop(): Promise<void>;
}

/**
 * Runs the roles until SIGTERM or SIGINT. `main.ts` of every app is this one call. A wrong configuration or a missing producer or address ends the
 * process before anything has started, with a sentence that names the fix.
 */
export async function runRoles(roles: readonly Role[], options: RunOptions = {}): Promise<RunningProcess> {
  if (options.env !== undefined) return start(roles, readSettings(roles, options.env), options);
  try {
    const wish = wishOf(options.args ?? process.argv.slice(2));
    if (wish === 'help') {
      process.stdout.write(usage);
      process.exit(0);
    }
    const settings = readSettings(roles, processEnvironment());
    if (wish === 'print-config') {
      process.stdout.write(`${printConfigs(settings.all)}\n`);
      process.exit(0);
    }
    const running = await start(roles, settings, options);
    void running.whenReady();
    return running;
  } catch (error) {
    // Before a log exists, and for a person: the sentence. The stack only where the error is not one of ours.
    const known = error instanceof Error && sentences.has(error.name);
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}

async function start(roles: readonly Role[], settings: Settings, options: RunOptions): Promise<RunningProcess> {
  const { config, peers } = settings;
  checkTopology(roles, peers, { kafka: config.kafkaBrokers !== undefined, postgres: config.postgresUrl !== undefined });
  let handlers: ReadonlyMap<ServiceContract, Readonly<Record<string, Handler>>> = new Map();
  const platform = await openPlatform(roles, settings, {
    nounPool: options.nounPool,
    handlersOf: (contract) => handlers.get(contract),
    // As an unhandled error: crash only.
    onFatal: (error) =>
      setImmediate(() => {
        throw error;
      }),
  });
  const { log, shutdown } = platform;
  if (options.env === undefined) installHandlers(platform, config.shutdownMs);
  try {
    const topology = topologyLines(roles, peers, config.kafkaBrokers !== undefined);
    for (const line of topology) log.info(line);
    const values = new Map<symbol, PlatformValue>(platform.values);
    for (const role of roles) values.set(CONFIG(role.name), role.config && settings.all.get(role.config));
    const app = await createNestApp(processModule(roles, values), platform.health, platform.telemetry, log);
    const find = <T>(token: symbol): T => app.get<T>(token, { strict: false });
    let waitsFor = 'the roles are being started';
    const starting = platform.health.readiness('start', () => waitsFor);
    platform.opened();
    app.connectMicroservice({ strategy: platform.transport });
    await app.startAllMicroservices();
    const [host = '', port = ''] = config.httpListen.split(':');
    await app.listen(Number(port), host).catch((error: unknown) => {
      throw new ListenError('HTTP', config.httpListen, 'SWITCHYARD_HTTP_LISTEN', error);
    });
    shutdown.add('HTTP', () => closeNestApp(app));
    shutdown.add('gRPC', () => platform.transport.close());
    if (platform.pool !== undefined) {
      // Until the database is known to be ours, no role works: calls are answered NOT_READY.
      const { environment } = config;
      const stopped = (): boolean => shutdown.isRunning;
      await checkDatabaseStamp({ pool: platform.pool, environment, log, waiting: (why) => void (waitsFor = why), stopped });
      if (stopped()) throw new Error('stopped before it started');
    }
    waitsFor = 'the roles are being started';
    handlers = new Map([
      ...roles.flatMap((role) => role.serves).map((contract) => [contract, find<Record<string, Handler>>(contract.token)] as const),
      ...proxiesOf(roles).map((proxied) => [proxied.contract, proxyHandlers(proxied, platform.calls)] as const),
    ]);
    await platform.bus.start();
    await startLifecycles(roles, find, platform);
    starting();
    // First of all in a shutdown: nobody sends work any more.
    shutdown.add('readiness', () => void platform.health.readiness('shutdown', () => 'the process is shutting down'));
    const httpAddress = `${host}:${(app.getHttpServer().address() as { port: number }).port}`;
    log.info(`gRPC on ${platform.address}, HTTP on http://${httpAddress}`);
    return {
      name: settings.name,
      address: platform.address,
      httpAddress,
      calls: platform.calls,
      bus: platform.bus,
      log,
      topology,
      whenReady: () => whenReady(platform),
      stop: () => shutdown.run(),
    };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function startLifecycles(roles: readonly Role[], find: <T>(token: symbol) => T, { health, shutdown, log }: Platform): Promise<void> {
  for (const role of roles) {
    for (const token of role.lifecycle) {
      const part = find<Lifecycle>(token);
      const name = `${role.name} ${token.description ?? ''}`;
      shutdown.add(name, () => part.stop());
      health.readiness(name, () => part.ready());
      await part.start();
      log.debug(`started ${name}`);
    }
  }
}

async function whenReady({ health, shutdown, log }: Platform): Promise<boolean> {
  while (!health.ready().ok) {
    if (shutdown.isRunning) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  log.info(`ready after ${Math.round(systemClock.monotonicMs())} ms`);
  return true;
}

/** Ends the process in order on a signal; at once, and loudly, on a defect: its memory can't be trusted then, and start and recovery are one path. */
function installHandlers({ log, shutdown }: Platform, shutdownMs: number): void {
  // Who read what we print may go first; that is no reason to end without order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info(`${signal}: shutting down`);
      setTimeout(() => {
        log.fatal(`the shutdown hangs at: ${shutdown.step}`);
        process.exit(1);
      }, shutdownMs).unref();
      void shutdown.run().then(() => {
        log.info('stopped');
        process.exit(0);
      });
    });
  }
  endWithStarter();
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
}
