import { connect } from '@switchyard/client';
import { devTokens, everything, isOurs, readRunState, removeRunState, seedDemo, writeRunState } from '@switchyard/client/development';
import { freePort, type Infra, startInfra } from '@switchyard/infra';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ClusterError, ClusterProcess, endLeftovers } from './cluster-process.js';
import { programEnvironment } from './environment.js';
import { prepare } from './services.js';
import { defaultProcesses, inStopOrder, peersOf, type ProcessSpec, type Reroute } from './topology.js';
import { waitingLine } from './waiting.js';

export interface ClusterOptions {
  /** Where data, keys, logs and the state file are. Kept by `stop()`. */
  readonly dir: string;
  /** Default: each role apart, two order-gateways. */
  readonly processes?: readonly ProcessSpec[];
  /** Variables for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Infrastructure that runs already; `stop()` leaves it. Default: PostgreSQL, Kafka and Redis of this cluster's own. */
  readonly infra?: Infra;
  readonly reroute?: Reroute;
  /** Make the demonstration's accounts and sessions. Default true. */
  readonly seed?: boolean;
  /** Start a process again that ends by itself, as an orchestrator would; so too the infrastructure of this cluster's own. Default false. */
  readonly restart?: boolean;
  /** Each line that a process prints. Without it the lines go only to `<dir>/logs/<process>.log`. */
  readonly onLine?: (process: string, line: string) => void;
  readonly onProgress?: (line: string) => void;
}

export interface Cluster {
  readonly processes: readonly ClusterProcess[];
  /** Throws where there is none of that name. */
  process(name: string): ClusterProcess;
  readonly infra: Infra;
  /** Where the public edge is. */
  readonly gateways: readonly string[];
  /** URL of the page for people. */
  readonly page: string;
  readonly keysFolder: string;
  /** Ends every process in order, then the infrastructure. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const restartPauseMs = 500;
/** Between two looks at what is waited for. */
const waitingMs = 2_000;
const startAttemptsMax = 3;
const repository = path.resolve(import.meta.dirname, import.meta.dirname.endsWith('dist') ? '../../..' : '../..');

/** Starts the platform as processes on this machine, on real infrastructure. Needs the built programs. Throws ClusterError or InfraError, and then leaves nothing running. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { onProgress = () => undefined } = options;
  const specs = options.processes ?? defaultProcesses;
  const dir = path.resolve(options.dir);
  await clearFormerRun(dir);
  const infra =
    options.infra ??
    (await startInfra({ dir, postgres: 'switchyard', kafka: true, redis: true, keepRunning: options.restart === true, onProgress }));
  const processes: ClusterProcess[] = [];
  const state = { isUp: false, isStopping: false };
  const stop = async () => {
    state.isStopping = true;
    for (const process of inStopOrder(processes)) {
      await process.stop();
      onProgress(`${process.name} stopped`);
    }
    if (options.infra === undefined) await infra.stop();
    removeRunState(dir, 'cluster');
  };
  try {
    onProgress(
      `infrastructure answers: ${[infra.postgres, infra.kafka, infra.redis].flatMap((service) => service?.name ?? []).join(', ')}`,
    );
    if (infra.postgres === undefined) throw new ClusterError('a cluster needs PostgreSQL');
    const keys = await prepare(infra.postgres.address, path.join(dir, 'keys'), onProgress);
    const places = await Promise.all(
      specs.map(async (spec) => ({ ...spec, address: `${host}:${await freePort()}`, httpAddress: `${host}:${await freePort()}` })),
    );
    const programOf = (place: (typeof places)[number]) => () => ({
      file: programFile(place),
      env: programEnvironment(place, {
        infra,
        keys,
        venueFolder: path.join(dir, 'venue'),
        peers: peersOf(place.name, places, options.reroute ?? ((_process, _role, addresses) => addresses)),
        common: options.env ?? {},
      }),
    });
    const onUnexpectedEnd = (process: ClusterProcess, how: string) => {
      if (!state.isUp || state.isStopping) return;
      onProgress(`${process.name} ended by itself (${how})${options.restart === true ? ': starting it again' : ''}`);
      if (options.restart !== true) return;
      setTimeout(() => {
        if (state.isStopping || process.pid !== undefined) return;
        process.start();
        writeState();
      }, restartPauseMs);
    };
    for (const place of places) {
      const { address, httpAddress } = place;
      const logFile = path.join(dir, 'logs', `${place.name}.log`);
      processes.push(
        new ClusterProcess({
          spec: place,
          address,
          httpAddress,
          logFile,
          program: programOf(place),
          onLine: options.onLine,
          onUnexpectedEnd,
        }),
      );
    }
    const edges = processes.filter(({ roles }) => roles.includes('order-gateway'));
    const cluster: Cluster = {
      processes,
      process: (name) => {
        const found = processes.find((process) => process.name === name);
        if (found === undefined)
          throw new ClusterError(`there is no process ${name}, only ${processes.map((process) => process.name).join(', ')}`);
        return found;
      },
      infra,
      gateways: edges.map(({ address }) => address),
      page: `http://${edges[0]?.httpAddress ?? ''}/`,
      keysFolder: path.dirname(keys.keyFile),
      stop,
    };
    const writeState = () =>
      writeRunState(dir, {
        mode: 'cluster',
        pid: process.pid,
        environment: 'sim',
        gateways: cluster.gateways,
        page: cluster.page,
        keysFolder: cluster.keysFolder,
        processes: processes.map(({ name, roles, pid = 0, address, httpAddress }) => ({ name, roles, pid, address, httpAddress })),
      });
    for (const one of processes) one.start();
    writeState();
    const up = new Set<ClusterProcess>();
    const stopWaiting = tellWaiting(processes, up, onProgress);
    const starts = processes.map((one) => startUp(one, onProgress).then(() => up.add(one)));
    await Promise.all(starts).finally(stopWaiting);
    state.isUp = true;
    writeState();
    if (options.seed !== false) {
      await seed(cluster);
      onProgress('accounts DEMO and DEMO2 are there');
    }
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until the process is ready. One that gives up because another is not there yet is started again, as an orchestrator would. */
async function startUp(process: ClusterProcess, onProgress: (line: string) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await process.ready();
      return onProgress(`${process.name} is ready`);
    } catch (error) {
      if (process.pid !== undefined || attempt === startAttemptsMax) throw error;
      onProgress(`${process.name} ended while starting (${await process.ended}): starting it again`);
      process.start();
    }
  }
}

/** Says what is waited for, as often as that changes, until it is called off. @param up processes that were told to be ready. */
function tellWaiting(
  processes: readonly ClusterProcess[],
  up: ReadonlySet<ClusterProcess>,
  onProgress: (line: string) => void,
): () => void {
  let told: string | undefined;
  let isOver = false;
  const tell = async (): Promise<void> => {
    const asked = await Promise.all(processes.map(async (one) => ({ one, readiness: up.has(one) ? 'ready' : await one.readiness() })));
    // One may have been told to be ready while the others were asked.
    const line = waitingLine(asked.map(({ one, readiness }) => ({ name: one.name, readiness: up.has(one) ? 'ready' : readiness })));
    if (isOver || line === undefined || line === told) return;
    told = line;
    onProgress(line);
  };
  const timer = setInterval(() => void tell(), waitingMs);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

/** Refuses where another cluster runs from this folder; ends what a killed one left. */
async function clearFormerRun(dir: string): Promise<void> {
  const former = readRunState(dir, 'cluster');
  if (former === undefined) return;
  if (former.pid !== process.pid && isOurs(former.pid))
    throw new ClusterError(`a cluster runs from ${dir} already (process ${former.pid}): stop it first`);
  await endLeftovers(former.processes.map(({ pid }) => pid).filter((pid) => pid > 0 && isOurs(pid)));
}

function programFile({ name, roles }: ProcessSpec): string {
  const [first] = roles;
  if (first === undefined) throw new ClusterError(`${name} has no role`);
  const file = path.join(repository, 'apps', roles.length === 1 ? first : 'standalone', 'dist/main.js');
  if (!existsSync(file)) throw new ClusterError(`${path.relative(repository, file)} is not built: run "npm run build"`);
  return file;
}

async function seed({ gateways, keysFolder }: Cluster): Promise<void> {
  const client = connect({ address: gateways, token: devTokens(keysFolder, { subject: 'cluster', ...everything }), timeoutMs: 20_000 });
  try {
    await seedDemo(client);
  } finally {
    client.close();
  }
}
