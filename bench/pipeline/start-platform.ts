/** Starts the platform as it ships: the built apps, one process a role or all in one, against the bench's own services. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type RunningService } from '@switchyard/infra';
import { type Measured } from '../lib/processes.js';
import { RecordingProxy } from '../lib/recording-proxy.js';
import { freshDatabase } from './bare-pipeline.js';
import { type Mode } from './pipeline.js';

const root = path.join(import.meta.dirname, '..', '..', '..');
const roles = ['instrument-loader', 'market-data', 'matching-engine', 'broker-connector', 'risk-engine', 'position-tracker', 'order-gateway'] as const;
const startPatienceMs = 60_000;
const stopPatienceMs = 12_000;

export interface PlatformOptions {
  readonly mode: Mode;
  readonly dir: string;
  readonly postgres: RunningService;
  readonly kafka: RunningService | undefined;
  readonly redis: RunningService | undefined;
  /** Flags of Node for one process, by role: a profile. */
  readonly execArgv?: Readonly<Record<string, readonly string[]>>;
}

export interface StartedPlatform {
  /** host:port of the public edge. */
  readonly address: string;
  readonly postgresUrl: string;
  readonly keysFolder: string;
  readonly processes: readonly Measured[];
  /** Between connector and venue; absent in one process. */
  readonly proxy: RecordingProxy | undefined;
  stop(): Promise<void>;
}

interface Process {
  readonly name: string;
  readonly child: ChildProcess;
  readonly httpPort: number;
  readonly logFile: string;
}

export async function startPlatform(options: PlatformOptions): Promise<StartedPlatform> {
  const { mode, dir } = options;
  const folder = path.join(dir, `platform-${mode}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const postgresUrl = await freshDatabase(options.postgres.address, `bench_platform_${mode}`);
  const { migrateDatabase } = (await import(path.join(import.meta.dirname, 'migrate.mjs'))) as { migrateDatabase(url: string): Promise<unknown> };
  await migrateDatabase(postgresUrl);
  const keysFolder = path.join(folder, 'keys');
  const common = {
    SWITCHYARD_POSTGRES_URL: postgresUrl,
    SWITCHYARD_KEYS_FOLDER: keysFolder,
    SWITCHYARD_LOG_LEVEL: 'warn',
    SWITCHYARD_LOG_FORMAT: 'json',
  };
  return mode === 'cluster' ? startCluster(options, folder, common) : startStandalone(options, folder, common);
}

async function startStandalone(options: PlatformOptions, folder: string, common: Env): Promise<StartedPlatform> {
  const grpcPort = await freePort();
  const one = await startProcess('standalone', 'standalone', grpcPort, folder, options, { ...common, SWITCHYARD_DATA_FOLDER: folder });
  return finish([one], grpcPort, undefined, common);
}

async function startCluster(options: PlatformOptions, folder: string, common: Env): Promise<StartedPlatform> {
  const { kafka, redis } = options;
  if (kafka === undefined || redis === undefined) throw new Error('the cluster needs Kafka and Redis');
  const ports = new Map<string, number>();
  for (const role of roles) ports.set(role, await freePort());
  const portOf = (role: string): number => ports.get(role) ?? 0;
  const proxy = await RecordingProxy.start(portOf('matching-engine'));
  const peersOf = (role: string): string =>
    roles.map((peer) => `${peer}=127.0.0.1:${role === 'broker-connector' && peer === 'matching-engine' ? proxy.port : portOf(peer)}`).join(';');
  const started: Process[] = [];
  for (const role of roles) {
    started.push(
      await startProcess(role, role, portOf(role), folder, options, {
        ...common,
        SWITCHYARD_KAFKA_BROKERS: kafka.address,
        SWITCHYARD_REDIS_URL: redis.address,
        SWITCHYARD_PEERS: peersOf(role),
      }),
    );
  }
  return finish(started, portOf('order-gateway'), proxy, common);
}

type Env = Readonly<Record<string, string>>;

async function startProcess(name: string, app: string, grpcPort: number, folder: string, options: PlatformOptions, env: Env): Promise<Process> {
  const httpPort = await freePort();
  const logFile = path.join(folder, `${name}.log`);
  const child = spawn(process.execPath, [...(options.execArgv?.[name] ?? []), path.join(root, 'apps', app, 'dist', 'main.js')], {
    cwd: folder,
    env: {
      PATH: '',
      ...env,
      SWITCHYARD_PROCESS_NAME: name,
      SWITCHYARD_GRPC_LISTEN: `127.0.0.1:${grpcPort}`,
      SWITCHYARD_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return { name, child, httpPort, logFile };
}

async function finish(started: readonly Process[], grpcPort: number, proxy: RecordingProxy | undefined, common: Env): Promise<StartedPlatform> {
  const stop = async (): Promise<void> => {
    await Promise.all([...started].reverse().map(endProcess));
    await proxy?.stop();
  };
  try {
    for (const each of started) await untilReady(each);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address: `127.0.0.1:${grpcPort}`,
    postgresUrl: common['SWITCHYARD_POSTGRES_URL'] ?? '',
    keysFolder: common['SWITCHYARD_KEYS_FOLDER'] ?? '',
    processes: started.map(({ name, child }) => ({ name, pid: child.pid ?? 0 })),
    proxy,
    stop,
  };
}

async function untilReady({ name, child, httpPort, logFile }: Process): Promise<void> {
  let problem = 'it does not answer';
  for (const endMs = Date.now() + startPatienceMs; Date.now() < endMs; await sleep(100)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    try {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
      if (answer.ok) return;
      problem = await answer.text();
    } catch {
      // It does not listen yet.
    }
  }
  throw new Error(`${name} is not ready: ${problem}\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
}

async function endProcess({ child }: Process): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
  await ended;
  clearTimeout(timer);
}
