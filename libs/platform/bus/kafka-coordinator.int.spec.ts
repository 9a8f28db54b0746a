// A fresh Kafka knows its topics before it knows who coordinates a group. kafkajs gives up then; a process of ours does not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { ORDERS_JOURNAL, type Topic } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { startKafka, type RunningService } from '@switchyard/infra';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { silent } from '../journal/testing/test-journal.js';
import { readerTablesSql } from '../journal/rows.sql.js';
import { KafkaBus } from './kafka-bus.js';
import { TestStreams } from './testing/test-streams.js';
import { WithoutCoordinator } from './testing/without-coordinator.js';
import { noEffect, type ReaderOptions } from './types.js';

jest.setTimeout(120_000);

const stream: Topic = { name: 'fresh.v1', publisher: 'order-gateway', message: 'test.v1.Event', kind: 'stream' };
const latest: Topic = { ...stream, name: 'fresh-latest.v1', kind: 'latest' };
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-kafka-fresh-'));
const fatal: Error[] = [];
const open: KafkaBus[] = [];
let kafka: RunningService;
let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  kafka = await startKafka({ dataDir });
  database = await testDatabase({ key: 'empty', prepare: () => Promise.resolve() });
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  await pool.query(readerTablesSql('fresh'));
}, 120_000);
afterAll(async () => {
  for (const bus of open) await bus.stop();
  await kafka.stop();
  await pool.end();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

it('readers and subscriptions wait for a group coordinator for as long as it takes, and say so', async () => {
  const wire = new WithoutCoordinator();
  const streams = new TestStreams(stream);
  const bus = new KafkaBus({
    brokers: [kafka.address],
    prefix: 'fresh.',
    environment: 'test',
    processName: 'p1',
    create: { topics: [stream, latest], partitions: 2 },
    calls: streams.calls,
    clock: systemClock,
    log: silent,
    onFatal: (error) => fatal.push(error),
    settings: { maxWaitMs: 100, heartbeatIntervalMs: 500, sessionTimeoutMs: 6_000, publishTimeoutMs: 5_000 },
    socketFactory: wire.socketFactory,
  });
  open.push(bus);
  await bus.start();
  const applied: string[] = [];
  const newest: string[] = [];
  const effect: ReaderOptions['effect'] = (_from, rows) => {
    applied.push(...rows.map(({ payload }) => payload.toString()));
    return Promise.resolve(noEffect);
  };
  const reader = bus.read({ group: 'g1', topic: stream, pool, schema: 'fresh', producer: ORDERS_JOURNAL, effect });
  await reader.start();
  const subscription = bus.latest(latest, (row) => void newest.push(row.payload.toString()));
  const row = streams.append('s/01', 'one');
  const isTaken = (): Promise<boolean> =>
    bus.publish(stream, [row]).then(
      () => true,
      () => false,
    );
  await eventually(isTaken, { what: 'Kafka takes rows', timeoutMs: 60_000 });
  await bus.publish(latest, [row]);

  const saysWhy = (ready: true | string): boolean => String(ready).includes('yet: Failed to find group coordinator');
  await eventually(() => saysWhy(reader.ready()) && saysWhy(subscription.ready()), {
    what: 'both say what they wait for',
    timeoutMs: 60_000,
  });
  const before = wire.refused;
  await eventually(() => wire.refused > before + 4, { what: 'another try', timeoutMs: 60_000 });
  expect([fatal, applied, newest]).toEqual([[], [], []]);

  wire.isWithout = false;
  await eventually(() => applied.length === 1 && newest.length === 1, { what: 'the row', timeoutMs: 60_000 });
  expect([reader.ready(), reader.healthy(), subscription.ready(), fatal]).toEqual([true, true, true, []]);
});
