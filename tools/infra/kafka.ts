import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startEmbedded, stopRunning, type Identity, type Launch } from './embedded-service.js';
import { installed } from './maven.js';
import { ask } from './probe.js';
import { freePort } from './processes.js';
import { InfraError, type RunningService, type StartOptions } from './service.js';

export type KafkaOptions = StartOptions;

/** Starts a single Apache Kafka node (KRaft, no ZooKeeper): formats its storage once, and answers when it lists itself. */
export async function startKafka(options: KafkaOptions): Promise<RunningService> {
  const { java, libs } = requirements(options.onProgress);
  mkdirSync(options.dataDir, { recursive: true });
  const dir = realpathSync(options.dataDir);
  const properties = path.join(dir, 'server.properties');
  const classPath = path.join(libs, '*');
  const port = options.port ?? (await freePort());
  let controllerPort = await freePort();
  while (controllerPort === port) controllerPort = await freePort();
  const launch: Launch = {
    ...identity(dir),
    startDeadlineMs: 90_000,
    address: (at) => `127.0.0.1:${at}`,
    spawn: (at, log) => {
      // Written here and not before: an adopted broker keeps the ports of its own file.
      writeFileSync(properties, serverProperties(dir, at, controllerPort));
      if (!existsSync(path.join(dir, 'logs', 'meta.properties'))) format(java, classPath, dir, properties, options.onProgress);
      return spawn(java, [...JVM_FLAGS, '-cp', classPath, 'kafka.Kafka', properties], {
        cwd: dir,
        detached: true,
        stdio: ['ignore', log, log],
      });
    },
    isReady: (at) => listsItself(at),
  };
  return startEmbedded(launch, port, options.shared ?? false);
}

/** Ends the broker of `dataDir`, if one runs. */
export async function stopKafka(dataDir: string): Promise<void> {
  if (existsSync(dataDir)) await stopRunning(identity(realpathSync(dataDir)));
}

function identity(dir: string): Identity {
  return { name: 'kafka', dir, commandMark: path.join(dir, 'server.properties'), stopSignal: 'SIGTERM', pausable: true };
}

/** Kafka's request 3 (Metadata) in version 1 for no topic: size, key, version, correlation id, no client id, no topics. */
const METADATA_REQUEST = Buffer.from('0000000e' + '0003' + '0001' + '00000001' + 'ffff' + '00000000', 'hex');

const JVM_FLAGS = [
  '-Xms256m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

function requirements(onProgress?: (line: string) => void): { java: string; libs: string } {
  const java = process.env['JAVA_HOME'] ? path.join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
  const version = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  const major = Number(/java\.specification\.version = (\d+)/.exec(version.stderr ?? '')?.[1] ?? 0);
  if (major < 17) {
    const found = version.error === undefined ? `${java} is version ${major}` : `${java} can't be run (${version.error.message})`;
    throw new InfraError(
      `Apache Kafka needs Java 17 or later, but ${found}. Install it (Debian: apt-get install openjdk-17-jre-headless), or set SWITCHYARD_KAFKA_BROKERS.`,
    );
  }
  return { java, libs: installed('kafka', onProgress) };
}

function format(java: string, classPath: string, dir: string, properties: string, onProgress?: (line: string) => void): void {
  onProgress?.('formatting the Kafka storage');
  const partial = path.join(dir, 'logs.partial');
  const formatProperties = path.join(dir, 'format.properties');
  rmSync(partial, { recursive: true, force: true });
  writeFileSync(formatProperties, readFileSync(properties, 'utf8').replace(/^log\.dirs=.*$/m, `log.dirs=${partial}`));
  const clusterId = newClusterId();
  const flags = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  const result = spawnSync(
    java,
    [...flags, '-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', formatProperties],
    { encoding: 'utf8' },
  );
  if (result.status !== 0)
    throw new InfraError(`kafka.tools.StorageTool format failed in ${dir}: ${`${result.stdout}${result.stderr}`.trim()}`);
  rmSync(formatProperties);
  rmSync(path.join(dir, 'logs'), { recursive: true, force: true });
  renameSync(partial, path.join(dir, 'logs'));
}

/** 16 bytes as Kafka writes them; the first bit is 0, so that no id begins with the "-" of an option. */
export function newClusterId(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('base64url');
}

/** One node that is broker and controller. Few threads and small internal topics: this is for development and tests. */
function serverProperties(dir: string, port: number, controllerPort: number): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': path.join(dir, 'logs'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    // The directory of each partition reserves its index files; the default of 10 MB each is for big disks.
    'log.index.size.max.bytes': 1_048_576,
    // A broker that was killed may register again only when its old session has ended; the default is nine seconds.
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 3_000,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** Asks for the cluster's brokers: until the node has registered itself, and after it was fenced, it lists none. */
function listsItself(port: number): Promise<boolean> {
  // Size, correlation id, number of brokers.
  return ask(port, METADATA_REQUEST, (answer) => (answer.length < 12 ? undefined : answer.readInt32BE(8) > 0));
}
