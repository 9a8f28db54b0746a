// Rows of accounts and orders, on real PostgreSQL: what a statement writes that comes late, and what an owner reads meanwhile.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type DirtyState } from '@switchyard/orders-core';
import { aCaller, aPlace, demoAccountId, demoShard, OwnerHarness } from '@switchyard/orders-core/testing';
import { migratedTemplate } from '@switchyard/persistence';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { flush, readFlushedSeq, readShard, streamOfShard } from './orders.sql.js';

let database: TestDatabase;
let pool: pg.Pool;
const holder = randomUUID();
const stream = streamOfShard(demoShard);

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  await pool.query(`INSERT INTO orders.holders (id, process, address, alive) VALUES ($1, 'a', '', true)`, [holder]);
}, 120_000);

beforeEach(() => pool.query('TRUNCATE orders.accounts, orders.orders, orders.flushes'));

afterAll(async () => {
  await pool.end();
  await database.drop();
}, 60_000);

/** What an owner flushes after its account was opened, and after each of two orders. */
async function threeFlushes(): Promise<readonly [DirtyState, DirtyState, DirtyState]> {
  const harness = await new OwnerHarness().openDemo();
  const opened = harness.owner.takeDirty();
  await harness.owner.place(aPlace('A-1'), aCaller());
  const first = harness.owner.takeDirty();
  await harness.owner.place(aPlace('A-2'), aCaller());
  const second = harness.owner.takeDirty();
  harness.owner.close();
  if (opened === undefined || first === undefined || second === undefined) throw new Error('each changes something');
  return [opened, first, second];
}

const written = (dirty: DirtyState, shard = demoShard) => flush(pool, holder, [{ shard, dirty }]);

/** The shard as its next owner would find it. */
async function stored() {
  const { accounts, openOrders, flushedSeq } = await readShard(pool, demoShard);
  return { accountSeqs: accounts.map(({ accountSeq }) => accountSeq), orders: openOrders.length, flushedSeq };
}

describe('a flush', () => {
  it('that comes after a later one of its shard writes nothing, and the same one again does no harm', async () => {
    const [opened, first, second] = await threeFlushes();
    expect([await written(opened), await written(first), await written(second)]).toEqual([true, true, true]);
    const before = await stored();
    expect([await written(first), await written(opened)]).toEqual([false, false]);
    expect(await stored()).toEqual(before);
    expect(await written(second)).toBe(true);
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['the rows were flushed before', true],
    ['nothing was flushed before', false],
  ])('that waits for a later one of its shard writes nothing: %s', async (_, isFlushedBefore) => {
    const [opened, first, second] = await threeFlushes();
    if (isFlushedBefore) await written(opened);
    const later = await pool.connect();
    try {
      await later.query('BEGIN');
      expect(await flush(later as unknown as pg.Pool, holder, [{ shard: demoShard, dirty: second }])).toBe(true);
      const late = written(first);
      const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually(async () => (await pool.query(waits)).rowCount === 1, { what: 'the late flush to wait' });
      await later.query('COMMIT');
      expect(await late).toBe(false);
    } finally {
      later.release();
    }
    expect(await stored()).toMatchObject({ accountSeqs: [second.accounts[0]?.accountSeq], flushedSeq: second.seq });
  });

  it('of several shards of which one is late writes nothing of the others', async () => {
    const [opened, first] = await threeFlushes();
    const other = demoShard + 1;
    await written(first);
    const both = [
      { shard: other, dirty: { seq: 7, accounts: [], orders: [] } },
      { shard: demoShard, dirty: opened },
    ];
    expect(await flush(pool, holder, both)).toBe(false);
    expect(await readFlushedSeq(pool, streamOfShard(other))).toBe(0);
    expect(await readFlushedSeq(pool, stream)).toBe(first.seq);
  });

  it('of a holder that was declared dead writes nothing', async () => {
    const [opened] = await threeFlushes();
    expect(await flush(pool, randomUUID(), [{ shard: demoShard, dirty: opened }])).toBe(false);
    expect(await stored()).toEqual({ accountSeqs: [], orders: 0, flushedSeq: 0 });
  });
});

it('an owner reads the rows and their sequence as of one moment, whatever the former owner still flushes', async () => {
  const [opened, first] = await threeFlushes();
  await written(opened);
  let last: Promise<unknown> = Promise.resolve();
  // One statement after the other, and behind each the flush that the former owner gave up.
  const query = (...args: [string, unknown[]]) =>
    (last = last.then(async () => {
      const answer = await pool.query(...args);
      await written(first);
      return answer;
    }));
  const { accounts, openOrders, flushedSeq } = await readShard({ query } as unknown as pg.Pool, demoShard);
  expect(accounts.map(({ accountId, accountSeq }) => ({ accountId, accountSeq }))).toEqual([{ accountId: demoAccountId, accountSeq: 1 }]);
  expect({ orders: openOrders.length, flushedSeq }).toEqual({ orders: 0, flushedSeq: opened.seq });
});
