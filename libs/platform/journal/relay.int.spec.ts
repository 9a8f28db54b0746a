import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '@switchyard/kernel';
import { type Topic } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { type EventBus } from '../bus/types.js';
import { journalTablesSql } from './rows.sql.js';
import {
  change,
  emptyTemplate,
  entry,
  TEST_SCHEMA,
  TEST_TOPIC,
  testJournal,
  type TestJournal,
  type TestJournalOptions,
} from './testing/test-journal.js';
import { type JournalRow } from './types.js';

const COPY_TOPIC: Topic = { ...TEST_TOPIC, name: 'journal-copy.v1', kind: 'holes' };

/** A bus that remembers what it took, and refuses while it is told to. */
class RecordingBus implements EventBus {
  isDown = false;
  readonly taken: { topic: string; row: JournalRow }[] = [];
  start = (): Promise<void> => Promise.resolve();
  stop = (): Promise<void> => Promise.resolve();
  ready = (): true => true;
  healthy = (): true => true;
  attach = (): void => undefined;
  read = (): never => {
    throw new Error('this bus has no readers');
  };
  latest = this.read;

  publish(topic: Topic, rows: readonly JournalRow[]): Promise<void> {
    if (this.isDown) return Promise.reject(new Error('the bus is down'));
    for (const row of rows) this.taken.push({ topic: topic.name, row });
    return Promise.resolve();
  }

  seqs(stream: string, topic = TEST_TOPIC): number[] {
    return this.taken.filter((each) => each.topic === topic.name && each.row.stream === stream).map(({ row }) => row.seq);
  }
}

let database: TestDatabase;
let admin: pg.Pool;
let bus: RecordingBus;
const open: TestJournal<never>[] = [];

beforeAll(async () => {
  database = await testDatabase(emptyTemplate);
  admin = new pg.Pool({ connectionString: database.url, max: 2 });
});
beforeEach(async () => {
  bus = new RecordingBus();
  await admin.query(`DROP SCHEMA IF EXISTS ${TEST_SCHEMA} CASCADE; ${journalTablesSql(TEST_SCHEMA)}`);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function owner(options: Partial<TestJournalOptions<never>> = {}): Promise<TestJournal<never>> {
  const made = testJournal<never>({ url: database.url, bus, publish: () => [TEST_TOPIC], ...options });
  open.push(made);
  await made.journal.start();
  for (const unit of options.unitNames ?? ['u1']) await eventually(() => made.journal.owns(unit), { what: `owns ${unit}` });
  return made;
}

const upTo = (count: number): number[] => [...Array(count).keys()].map((n) => n + 1);

async function watermark(stream: string): Promise<number> {
  return Number(
    (await admin.query<{ seq: string }>(`SELECT seq FROM ${TEST_SCHEMA}.watermarks WHERE stream = $1`, [stream])).rows[0]?.seq ?? 0,
  );
}

it('publishes every row once, in order per stream, to all its topics, and moves the watermark behind them', async () => {
  const { journal } = await owner({
    unitNames: ['u1', 'u2'],
    publish: (row) => (row.key === 'B' ? [TEST_TOPIC, COPY_TOPIC] : [TEST_TOPIC]),
  });
  await Promise.all(upTo(200).map((n) => journal.append(change(n % 2 ? 'u1' : 'u2', `${n}`, n % 5 ? 'A' : 'B'))));
  await eventually(async () => (await watermark('u1')) === 100 && (await watermark('u2')) === 100, {
    what: 'the watermarks are at the end',
  });
  expect(bus.seqs('u1')).toEqual(upTo(100));
  expect(bus.seqs('u2')).toEqual(upTo(100));
  expect(bus.seqs('u1', COPY_TOPIC)).toHaveLength(20);
  expect(journal.relayLagRows).toBe(0);
});

it('moves the watermark past rows that go to no topic', async () => {
  const { journal } = await owner({ publish: (row) => (row.key === 'B' ? [TEST_TOPIC] : []) });
  await Promise.all([journal.append(change('u1', 'a', 'B')), journal.append(change('u1', 'b', 'A'))]);
  await eventually(async () => (await watermark('u1')) === 2, { what: 'the watermark is at the end' });
  expect(bus.seqs('u1')).toEqual([1]);
});

it('rows that nobody waits for are published with the next one that somebody does, after a while, or when the unit is given away', async () => {
  const isAwaited = ({ key }: JournalRow): boolean => key === 'B';
  const { journal } = await owner({ isAwaited, settings: { relayLingerMs: 600_000 } });
  await journal.append(change('u1', 'a', 'A'));
  await journal.append(change('u1', 'b', 'A'));
  expect(bus.taken).toEqual([]);
  await journal.append(change('u1', 'c', 'B'));
  await eventually(() => bus.taken.length === 3, { what: 'all are published' });
  await journal.append(change('u1', 'd', 'A'));
  await journal.stop();
  expect(bus.seqs('u1')).toEqual(upTo(4));
  const patient = await owner({ name: 'p2', isAwaited, settings: { relayLingerMs: 20 } });
  await patient.journal.append(change('u1', 'e', 'A'));
  await eventually(() => bus.taken.length === 5, { what: 'it is published' });
});

it('a bus that is down never holds an append up; what memory can not hold is read back from the journal', async () => {
  const { journal } = await owner({ unitNames: ['u1', 'u2'], settings: { relayMemoryRows: 64, relayBatchRows: 20 } });
  await journal.append(change('u1', 'first'));
  await eventually(() => bus.taken.length === 1, { what: 'it is published' });
  bus.isDown = true;
  for (let n = 0; n < 10; n++)
    await Promise.all(upTo(50).map(() => journal.append({ unit: n % 2 ? 'u1' : 'u2', entries: [entry(n % 2 ? 'u1' : 'u2', `${n}`)] })));
  expect(journal.relayLagRows).toBe(500);
  expect(journal.ready()).toBe(true);
  bus.isDown = false;
  await eventually(() => journal.relayLagRows === 0, { what: 'it catches up' });
  expect(bus.seqs('u1')).toEqual(upTo(251));
  expect(bus.seqs('u2')).toEqual(upTo(250));
});

it('a planned move publishes what is left, so that the next owner begins where this one ended', async () => {
  const first = await owner();
  await Promise.all(upTo(50).map((n) => first.journal.append(change('u1', `${n}`))));
  await first.journal.stop();
  expect(await watermark('u1')).toBe(50);
  const second = await owner({ name: 'p2' });
  await second.journal.append(change('u1', '51'));
  await eventually(() => bus.taken.length === 51, { what: 'all is published' });
  expect(bus.seqs('u1')).toEqual(upTo(51));
});

it('after a takeover it begins at the watermark', async () => {
  bus.isDown = true;
  const first = await owner();
  await Promise.all(upTo(30).map((n) => first.journal.append(change('u1', `${n}`))));
  await admin.query(`UPDATE ${TEST_SCHEMA}.holders SET alive = false`);
  bus.isDown = false;
  await eventually(async () => (await watermark('u1')) === 30, { what: 'the next life publishes' });
  expect(bus.seqs('u1').slice(-30)).toEqual(upTo(30));
});

it('a dead holder moves no watermark', async () => {
  // Its heartbeats are slow, so that it does not learn of its death: the fence alone keeps it from writing.
  const { journal } = await owner({ settings: { watermarkMs: 200, heartbeatMs: 5_000 } });
  await journal.append(change('u1', 'a'));
  await eventually(() => bus.taken.length === 1, { what: 'it is published' });
  const former = await watermark('u1');
  await admin.query(`UPDATE ${TEST_SCHEMA}.holders SET alive = false; DELETE FROM ${TEST_SCHEMA}.ownership`);
  await admin.query(`INSERT INTO ${TEST_SCHEMA}.ownership VALUES ('u1', gen_random_uuid())`);
  const before = systemClock.monotonicMs();
  await eventually(() => systemClock.monotonicMs() - before > 250, { what: 'the watermark was due' });
  expect(await watermark('u1')).toBe(former);
});
