import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import {
  becomesTrue,
  freePort,
  InfraError,
  isAlive,
  removePostgres,
  startInfra,
  startKafka,
  startPostgres,
  startRedis,
  type RunningService,
  guardKafkajsTimers,
} from './index.js';
import { packagedNativeDir } from './postgres-home.js';
import { startMark } from './processes.js';

jest.setTimeout(120_000);

guardKafkajsTimers();

const root = mkdtempSync(path.join(os.tmpdir(), 'switchyard-infra-'));
const running: RunningService[] = [];
const pids = new Set<number>();

/** Remembers what a test starts, so that nothing outlives the suite even when an expectation fails. */
function track(service: RunningService): RunningService {
  running.push(service);
  if (service.pid !== undefined) pids.add(service.pid);
  return service;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

afterAll(() => {
  // As root the data lies elsewhere, since nobody else can enter a folder that mkdtemp made.
  for (const name of readdirSync(root).filter((entry) => entry.includes('postgres'))) removePostgres(path.join(root, name));
  rmSync(root, { recursive: true, force: true });
  const left = [...pids].filter(isAlive);
  if (left.length > 0) throw new Error(`processes left behind: ${left.join(', ')}`);
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  const options = { dataDir: path.join(root, 'postgres'), database: 'probe' };

  it('keeps what was committed through a restart, a crash and a stop, on the same address', async () => {
    const service = track(await startPostgres(options));
    const { address } = service;
    await query(address, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
    await service.restart();
    await query(address, 'INSERT INTO kept VALUES (2)');
    await service.kill();
    await expect(query(address, 'SELECT 1')).rejects.toThrow();
    await service.restart();
    pids.add(service.pid ?? 0);
    expect(service.address).toBe(address);
    expect(await query(address, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    await service.stop();
    const again = track(await startPostgres(options));
    expect(again.adopted).toBe(false);
    expect(await query(again.address, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
  });

  it('is started again on its data and address when it dies under a starter that keeps it running, and not after its stop', async () => {
    const told: string[] = [];
    const dir = path.join(root, 'kept-postgres');
    const wanted = { dir, postgres: 'probe', kafka: false, redis: false, keepRunning: true, env: {} } as const;
    const infra = await startInfra({ ...wanted, onProgress: (line) => told.push(line) });
    const service = track(infra.postgres as RunningService);
    const first = service.pid ?? 0;
    await query(service.address, 'CREATE TABLE kept (n int)');
    process.kill(first, 'SIGKILL');
    expect(await becomesTrue(() => told.includes('postgres is back'), 60_000)).toBe(true);
    expect(service.pid).not.toBe(first);
    pids.add(service.pid ?? 0);
    expect(await query(service.address, 'SELECT n FROM kept')).toEqual([]);
    expect(told).toContain('postgres ended by itself: starting it again on its data');
    const second = service.pid ?? 0;
    await infra.stop();
    expect(isAlive(second)).toBe(false);
    expect(service.pid).toBeUndefined();
    removePostgres(path.join(dir, 'postgres'));
  });

  it('is durable by its settings', async () => {
    const service = track(await startPostgres(options));
    expect(
      await query(
        service.address,
        `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name`,
      ),
    ).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
  });

  it('says which file has the log, and shows its end, when the server will not start', async () => {
    const start = startPostgres({ ...options, settings: { shared_buffers: 'plenty' } });
    await expect(start).rejects.toThrow(InfraError);
    await expect(start).rejects.toThrow(/postgres\.log; the last lines:[^]*invalid value for parameter "shared_buffers"/);
  });

  it('starts where neither data nor binaries can be entered by other users', async () => {
    const closed = mkdtempSync(path.join(os.tmpdir(), 'switchyard-closed-'));
    expect(statSync(closed).mode & 0o077).toBe(0);
    try {
      const nativeDir = path.join(closed, 'native');
      cpSync(path.join(packagedNativeDir(), '..', 'package.json'), path.join(closed, 'package.json'));
      cpSync(packagedNativeDir(), nativeDir, { recursive: true, verbatimSymlinks: true });
      const dataDir = path.join(closed, '.switchyard', 'postgres');
      const service = track(await startPostgres({ dataDir, database: 'probe', nativeDir }));
      await query(service.address, 'CREATE TABLE kept (n int)');
      await service.stop();
      const again = track(await startPostgres({ dataDir, database: 'probe', nativeDir }));
      expect(await query(again.address, 'SELECT n FROM kept')).toEqual([]);
      expect(() => removePostgres(dataDir)).toThrow(/is running \(process \d+\)/);
      await again.stop();
      removePostgres(dataDir);
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  });
});

describe('Apache Kafka', () => {
  const options = { dataDir: path.join(root, 'kafka') };

  async function roundTrip(broker: string, topic: string, values: readonly string[]): Promise<string[]> {
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
    const [admin, producer, consumer] = [
      kafka.admin(),
      kafka.producer(),
      kafka.consumer({ groupId: `${topic}-${values.length}-${Math.random()}` }),
    ];
    const received: string[] = [];
    try {
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      await producer.connect();
      await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => void received.push(String(message.value)) });
      const { high } = (await admin.fetchTopicOffsets(topic))[0] ?? { high: '0' };
      await becomesTrue(() => received.length >= Number(high), 30_000);
      return received;
    } finally {
      await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
    }
  }

  it('keeps messages through a restart and a crash on the same address, can be frozen, and is adopted', async () => {
    const service = track(await startKafka(options));
    const { address } = service;
    expect(await roundTrip(address, 'orders.v1', ['a'])).toEqual(['a']);
    await service.restart();
    expect(await roundTrip(address, 'orders.v1', ['b'])).toEqual(['a', 'b']);
    await service.kill();
    await service.restart();
    pids.add(service.pid ?? 0);
    expect(service.address).toBe(address);
    expect(await roundTrip(address, 'orders.v1', ['c'])).toEqual(['a', 'b', 'c']);
    service.pause();
    const second = track(await startKafka(options));
    expect([second.adopted, second.pid, second.address]).toEqual([true, service.pid, address]);
    expect(await roundTrip(address, 'orders.v1', ['d'])).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('Redis', () => {
  const options = { dataDir: path.join(root, 'redis') };

  it('answers, comes back empty after a restart and a crash, and is adopted', async () => {
    const service = track(await startRedis(options));
    const use = async <T>(work: (client: Redis) => Promise<T>): Promise<T> => {
      const client = new Redis(service.address, { maxRetriesPerRequest: 1 });
      client.on('error', () => undefined);
      try {
        return await work(client);
      } finally {
        client.disconnect();
      }
    };
    await use((client) => client.set('tick', '1'));
    expect(await use((client) => client.get('tick'))).toBe('1');
    await service.restart();
    expect(await use((client) => client.get('tick'))).toBeNull();
    await service.kill();
    await service.restart();
    pids.add(service.pid ?? 0);
    expect(await use((client) => client.ping())).toBe('PONG');
    const second = track(await startRedis(options));
    expect([second.adopted, second.pid]).toEqual([true, service.pid]);
  });
});

describe('after SIGKILL of the process that started it', () => {
  /** A process of its own that starts the service, says so, and is killed at once. */
  async function startAndBeKilled(call: string): Promise<void> {
    const tool = path.join(import.meta.dirname, '../import-source.mjs');
    const script = `const { importSource } = await import(${JSON.stringify(tool)});
      const infra = await importSource('tools/infra/index.ts');
      const service = await infra.${call};
      console.log(service.pid);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    pids.add(Number(line.toString()));
    child.kill('SIGKILL');
    await exited;
  }

  it('PostgreSQL is adopted with its address, and then ended', async () => {
    const options = { dataDir: path.join(root, 'orphan-postgres'), database: 'probe' };
    await startAndBeKilled(`startPostgres(${JSON.stringify(options)})`);
    const service = track(await startPostgres(options));
    expect([service.adopted, pids.has(service.pid ?? 0)]).toEqual([true, true]);
    expect(await query(service.address, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('Redis is adopted, and then ended', async () => {
    const options = { dataDir: path.join(root, 'orphan-redis') };
    await startAndBeKilled(`startRedis(${JSON.stringify(options)})`);
    const service = track(await startRedis(options));
    expect([service.adopted, pids.has(service.pid ?? 0)]).toEqual([true, true]);
  });

  it('a frozen PostgreSQL is woken and adopted', async () => {
    const options = { dataDir: path.join(root, 'frozen-postgres'), database: 'probe' };
    const first = track(await startPostgres(options));
    process.kill(first.pid ?? 0, 'SIGSTOP');
    const second = track(await startPostgres(options));
    expect([second.adopted, second.pid]).toEqual([true, first.pid]);
  });

  it('an orphan that answers no more is ended, and another one started', async () => {
    const options = { dataDir: path.join(root, 'stuck-redis') };
    const first = track(await startRedis(options));
    // It has a password now that nobody here knows: alive, but of no use.
    const client = new Redis(first.address);
    await client.config('SET', 'requirepass', 'forgotten');
    client.disconnect();
    const second = track(await startRedis(options));
    expect([second.adopted, second.pid === first.pid]).toEqual([false, false]);
    expect(isAlive(first.pid ?? 0)).toBe(false);
  });
});

describe('startInfra', () => {
  it('takes an address from the environment before everything else, and leaves that service alone', async () => {
    const env = {
      SWITCHYARD_POSTGRES_URL: 'postgres://db.example/x',
      SWITCHYARD_KAFKA_BROKERS: 'k1:9092,k2:9092',
      SWITCHYARD_REDIS_URL: 'redis://r.example',
      SWITCHYARD_CONTAINERS: '1',
    };
    const infra = await startInfra({ dir: root, postgres: 'x', kafka: true, redis: true, env });
    expect([infra.postgres?.address, infra.kafka?.address, infra.redis?.address]).toEqual(Object.values(env).slice(0, 3));
    await expect(infra.kafka?.kill()).rejects.toThrow(/given by SWITCHYARD_KAFKA_BROKERS/);
    await infra.stop();
  });

  it('says what to do when containers are wanted and no Docker engine answers', async () => {
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = `tcp://127.0.0.1:${await freePort()}`;
    try {
      const start = startInfra({ dir: root, postgres: false, kafka: false, redis: true, env: { SWITCHYARD_CONTAINERS: '1' } });
      await expect(start).rejects.toThrow(/redis could not be started in a container: .*unset SWITCHYARD_CONTAINERS/s);
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = before;
    }
  });

  it('does not take a process that a living one owns, and does not end a stranger whose pid it finds in its file', async () => {
    const dir = path.join(root, 'owned');
    const first = track(await startRedis({ dataDir: dir }));
    const file = path.join(dir, 'running.json');
    const state = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; owner: { pid: number; startMark: string } };
    writeFileSync(file, JSON.stringify({ ...state, owner: { pid: process.ppid, startMark: startMark(process.ppid) } }));
    await expect(startRedis({ dataDir: dir })).rejects.toThrow(`in use by process ${process.ppid}`);
    await first.stop();

    const stranger = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    try {
      writeFileSync(file, JSON.stringify({ ...state, pid: stranger.pid, port: await freePort() }));
      const second = track(await startRedis({ dataDir: dir }));
      expect(second.adopted).toBe(false);
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});
