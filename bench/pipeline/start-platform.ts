/** Starts the platform as it ships: the built apps, one process a role or all in one, against the bench's own services. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { defaultProcesses, type ProcessSpec, type Reroute, startCluster } from '@switchyard/cluster';
import { type Infra, type RunningService } from '@switchyard/infra';
import { removeTopics } from '../lib/kafka.js';
import { type Measured } from '../lib/processes.js';
import { RecordingProxy } from '../lib/recording-proxy.js';
import { freshDatabase } from './bare-pipeline.js';
import { type Mode } from './pipeline.js';

export interface PlatformOptions {
  readonly mode: Mode;
  readonly dir: string;
  readonly postgres: RunningService;
  readonly kafka: RunningService | undefined;
  readonly redis: RunningService | undefined;
  /** Flags of Node for one process, by name: a profile. */
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

const roles = [...new Set(defaultProcesses.flatMap((process) => process.roles))];

/** One process a role, or one for all. */
function processesOf(mode: Mode): ProcessSpec[] {
  return mode === 'cluster' ? roles.map((role) => ({ name: role, roles: [role] })) : [{ name: 'standalone', roles }];
}

export async function startPlatform(options: PlatformOptions): Promise<StartedPlatform> {
  const { mode, postgres, kafka, redis, execArgv = {} } = options;
  const dir = path.join(options.dir, `platform-${mode}`);
  const postgresUrl = await freshDatabase(postgres.address, `bench_platform_${mode}`);
  // A venue's folder and the database belong together.
  rmSync(path.join(dir, 'venue'), { recursive: true, force: true });
  const isCluster = mode === 'cluster';
  if (isCluster && kafka !== undefined) await removeTopics(kafka.address, 'sim.');
  const infra: Infra = {
    postgres: { ...postgres, address: postgresUrl },
    kafka: isCluster ? kafka : undefined,
    redis: isCluster ? redis : undefined,
    stop: () => Promise.resolve(),
  };
  const proxy = isCluster ? await RecordingProxy.start() : undefined;
  const reroute: Reroute = (process, role, addresses) => {
    if (proxy === undefined || process !== 'broker-connector' || role !== 'matching-engine') return addresses;
    proxy.targetPort = Number(addresses[0]?.split(':')[1]);
    return [`127.0.0.1:${proxy.port}`];
  };
  const processes = processesOf(mode).map((process): ProcessSpec => {
    const flags = execArgv[process.name];
    return flags === undefined ? process : { ...process, env: { NODE_OPTIONS: flags.join(' ') } };
  });
  const env = { SWITCHYARD_LOG_LEVEL: 'warn', SWITCHYARD_LOG_FORMAT: 'json' };
  const cluster = await startCluster({ dir, processes, infra, reroute, env, seed: false }).catch(async (error: unknown) => {
    await proxy?.stop(); // Its open port would keep the bench alive.
    throw error;
  });
  return {
    address: cluster.gateways[0] ?? '',
    postgresUrl,
    keysFolder: cluster.keysFolder,
    processes: cluster.processes.map(({ name, pid = 0 }) => ({ name, pid })),
    proxy,
    stop: async () => {
      await cluster.stop();
      await proxy?.stop();
    },
  };
}
