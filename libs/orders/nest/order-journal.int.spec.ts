// The journal of an owner over real PostgreSQL holds to what every journal of an owner does.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { demoShard, orderJournalFacts, type OrderJournalUnderTest } from '@switchyard/orders-core/testing';
import { systemClock } from '@switchyard/kernel';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { Journal } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { pino } from 'pino';
import { PgOrderJournal } from './order-journal.js';
import { eventsThatName, ownerSql, type StoredRows, streamOfShard } from './orders.sql.js';

const unit = streamOfShard(demoShard);
let database: TestDatabase;
let admin: pg.Pool;
let pool: pg.Pool;
let journal: Journal<StoredRows>;

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  admin = new pg.Pool({ connectionString: database.url, max: 2 });
}, 120_000);
afterAll(async () => {
  await admin.end();
  await database.drop();
});
beforeEach(async () => {
  const tables = ['requests', 'orders', 'claims', 'parked', 'cursors', 'journal', 'holders', 'ownership'];
  await admin.query(`TRUNCATE ${tables.map((table) => `orders.${table}`).join(', ')} CASCADE`);
  pool = nounPool(database.url, 'orders', { max: 4 });
  journal = new Journal<StoredRows>({
    schema: 'orders',
    pool,
    process: { name: 'p1', address: 'p1:1' },
    units: () => [unit],
    hooks: { acquired: () => Promise.resolve({}), released: () => Promise.resolve(), lost: () => undefined },
    sql: ownerSql,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    // A machine that is busy for seconds must not end it; its heartbeat is slow, so that an append is what finds out that it is dead.
    settings: { heartbeatMs: 5_000, holderTimeoutMs: 30_000, appendTimeoutMs: 30_000 },
  });
  await journal.start();
  await eventually(() => journal.owns(unit), { what: 'the shard to be owned' });
});
afterEach(async () => {
  await journal.stop();
  await pool.end();
});

function underTest(): OrderJournalUnderTest {
  return {
    journal: new PgOrderJournal(journal, pool),
    unit,
    rows: async () => {
      const sql = 'SELECT seq::int, hash, payload FROM orders.journal WHERE stream = $1 ORDER BY seq';
      return (await admin.query<{ seq: number; hash: Buffer; payload: Buffer }>(sql, [unit])).rows;
    },
    cursor: async (stream) => {
      const sql = 'SELECT last_seq::int AS seq FROM orders.cursors WHERE stream = $1';
      return (await admin.query<{ seq: number }>(sql, [stream])).rows[0]?.seq ?? 0;
    },
    lose: async () => void (await admin.query('UPDATE orders.holders SET alive = false')),
  };
}

describe('the journal of an owner in PostgreSQL', () => {
  it.each(orderJournalFacts)('$fact', ({ holds }) => holds(underTest()));
});

describe('the events of an order', () => {
  it('are found among any number of others of its account', async () => {
    const [orderId, other] = ['7f'.padEnd(24, '1'), '7f'.padEnd(24, '2')];
    const bytes = (id: string) =>
      Buffer.from(OrderEvent.encode(OrderEvent.fromPartial({ accountId: 'A', state: { orderId: id } })).finish());
    await admin.query(
      `INSERT INTO orders.journal (stream, seq, hash, key, key_seq, payload, traceparent, at_ms)
       SELECT 'orders/ff', seq, '', 'A', seq, CASE WHEN seq IN (2, 100, 210000) THEN $1::bytea ELSE $2::bytea END, '', 0
       FROM generate_series(1, 210000) AS seq`,
      [bytes(orderId), bytes(other)],
    );
    const first = { stream: 'orders/ff', seq: 2, accountId: 'A' };
    const found = async (limit: number) => (await eventsThatName(pool, first, orderId, limit)).map(({ seq }) => seq);
    expect(await found(10)).toEqual([2, 100, 210_000]);
    expect(await found(2)).toEqual([2, 100]);
  });
});
