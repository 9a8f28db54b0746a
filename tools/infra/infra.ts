import path from 'node:path';
import { startContainer, stopSharedContainer } from './containers.js';
import { keepRunning } from './keep-running.js';
import { startKafka, stopKafka } from './kafka.js';
import { ADDRESS_VARIABLES, originOf } from './origin.js';
import { startPostgres, stopPostgres } from './postgres.js';
import { startRedis, stopRedis } from './redis.js';
import { externalService, type RunningService, type ServiceName } from './service.js';

export interface InfraOptions {
  /** Each service has its folder below. */
  readonly dir: string;
  /** The database's name, or false for no PostgreSQL. */
  readonly postgres: string | false;
  readonly kafka: boolean;
  readonly redis: boolean;
  readonly shared?: boolean;
  /** Start an embedded service again that ends by itself; `onProgress` is told. Default false. */
  readonly keepRunning?: boolean;
  readonly onProgress?: (line: string) => void;
  /** `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The services asked for, each running. `stop()` ends them in the reverse of the order in which work depends on them. */
export interface Infra {
  readonly postgres: RunningService | undefined;
  readonly kafka: RunningService | undefined;
  readonly redis: RunningService | undefined;
  stop(): Promise<void>;
}

/** Starts what is asked for, at the same time. If one fails, the others are stopped and the first error is thrown. */
export async function startInfra(options: InfraOptions): Promise<Infra> {
  const wanted: Promise<RunningService | undefined>[] = [
    options.postgres === false ? Promise.resolve(undefined) : startService('postgres', options),
    options.kafka ? startService('kafka', options) : Promise.resolve(undefined),
    options.redis ? startService('redis', options) : Promise.resolve(undefined),
  ];
  const results = await Promise.allSettled(wanted);
  const services = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const watches: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(watches.map((endWatch) => endWatch()));
    await Promise.all(services.map((service) => service?.stop()));
  };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  if (options.keepRunning === true)
    for (const service of services) if (service !== undefined) watches.push(keepRunning(service, options.onProgress ?? (() => undefined)));
  const [postgres, kafka, redis] = services;
  return { postgres, kafka, redis, stop };
}

/** One service, from where `originOf` says. */
export async function startService(name: ServiceName, options: InfraOptions): Promise<RunningService> {
  const env = options.env ?? process.env;
  const shared = options.shared === true;
  const { origin, isAskedFor } = await originOf(name, { env, shared });
  if (origin === 'external') return externalService(name, env[ADDRESS_VARIABLES[name]] ?? '', ADDRESS_VARIABLES[name]);
  const database = options.postgres === false ? 'switchyard' : options.postgres;
  if (origin === 'container') {
    try {
      return await startContainer(name, database, shared ? options.dir : undefined);
    } catch (error) {
      if (isAskedFor) throw error;
      options.onProgress?.(`${error instanceof Error ? error.message : String(error)} The embedded ${name} is used.`);
    }
  }
  const common = {
    dataDir: path.join(options.dir, name),
    shared: options.shared,
    onProgress: options.onProgress,
  };
  switch (name) {
    case 'postgres':
      return startPostgres({ ...common, database });
    case 'kafka':
      return startKafka(common);
    case 'redis':
      return startRedis(common);
  }
}

/** Ends the embedded service below `dir`, or the shared container that was started for it, if one runs, whoever started it. */
export async function stopService(name: ServiceName, dir: string): Promise<void> {
  await stopSharedContainer(name, dir);
  const dataDir = path.join(dir, name);
  switch (name) {
    case 'postgres':
      return stopPostgres(dataDir);
    case 'kafka':
      return stopKafka(dataDir);
    case 'redis':
      return stopRedis(dataDir);
  }
}
