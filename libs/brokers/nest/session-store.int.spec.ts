// The storage of sessions over real PostgreSQL holds to what every storage of sessions does.
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from '@jest/globals';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { reportRowFacts } from '@switchyard/contracts/testing/report-rows-suite';
import { type SessionChange } from '@switchyard/brokers-core';
import { sessionStoreFacts, type SessionStoreUnderTest } from '@switchyard/brokers-core/testing';
import { systemClock } from '@switchyard/kernel';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { Journal } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { pino } from 'pino';
import { putSession, sessionSql, stampHaltVersion } from './brokers.sql.js';
import { JournalSessionStore, streamOf, unitOf } from './session-store.js';
import { reportsAfter } from './testing/reports-of.js';

const sessionId = 's-1';
let database: TestDatabase;
let admin: pg.Pool;
let pool: pg.Pool;
let journal: Journal<SessionChange>;
let under: SessionStoreUnderTest;

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  admin = new pg.Pool({ connectionString: database.url, max: 2 });
}, 120_000);
afterAll(async () => {
  await admin.end();
  await database.drop();
});
beforeEach(async () => {
  await admin.query(
    'TRUNCATE brokers.requests, brokers.trades, brokers.sessions, brokers.journal, brokers.holders, brokers.ownership CASCADE',
  );
  pool = nounPool(database.url, 'brokers', { max: 4 });
  journal = new Journal<SessionChange>({
    schema: 'brokers',
    pool,
    process: { name: 'p1', address: 'p1:1' },
    units: () => [unitOf(sessionId)],
    hooks: { acquired: () => Promise.resolve({}), released: () => Promise.resolve(), lost: () => undefined },
    sql: sessionSql,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    // A machine that is busy for seconds must not end it; its heartbeat is slow, so that an append is what finds out that it is dead.
    settings: { heartbeatMs: 5_000, holderTimeoutMs: 30_000, appendTimeoutMs: 30_000 },
  });
  await putSession(pool, { session_id: sessionId, broker: 'scripted', broker_account_ids: ['BA'], commands_per_second_max: 100 });
  await journal.start();
  await eventually(() => journal.owns(unitOf(sessionId)), { what: 'the session to be owned' });
  under = underTest();
});
afterEach(async () => {
  await journal.stop();
  await pool.end();
});

function underTest(): SessionStoreUnderTest {
  const holderId = journal.holderId ?? '';
  let lock: pg.PoolClient | undefined;
  return {
    store: new JournalSessionStore(journal, pool, () => undefined),
    sessionId,
    told: async () => {
      const stream = streamOf(sessionId, 7);
      const { rows } = await admin.query<{ payload: Buffer }>('SELECT payload FROM brokers.journal WHERE stream = $1 ORDER BY seq', [
        stream,
      ]);
      return rows.map(({ payload }) => Report.decode(payload).brokerRequestId);
    },
    cursor: async () => (await admin.query<{ cursor: string }>('SELECT cursor FROM brokers.sessions')).rows[0]?.cursor ?? 'no session',
    setHaltVersion: (version) => stampHaltVersion(pool, holderId, version),
    hold: async () => {
      lock = await admin.connect();
      await lock.query('BEGIN');
      await lock.query('SELECT FROM brokers.holders FOR UPDATE');
    },
    waits: async () => {
      const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      await eventually(async () => (await admin.query(waiting)).rows.length > 0, { what: 'the statement waits for the lock' });
    },
    release: async (haltVersion) => {
      await lock?.query('UPDATE brokers.holders SET attrs_version = $1', [haltVersion]);
      await lock?.query('COMMIT');
      lock?.release();
    },
    lose: async () => void (await admin.query('UPDATE brokers.holders SET alive = false')),
  };
}

describe('the storage of a session in PostgreSQL', () => {
  it.each(sessionStoreFacts)('$fact', ({ holds }) => holds(under));
});

describe('the reports of a session in PostgreSQL, as an owner that attaches is sent them,', () => {
  const change = { sessionId, inserts: [], updates: [], trades: [], cursor: undefined, judgedHaltVersion: undefined };

  it.each(reportRowFacts)('$fact', ({ holds }) =>
    holds({
      add: async (...reports) => void (await under.store.append({ ...change, reports: reports.map((each) => ({ shard: 7, ...each })) })),
      after: (cursor) => reportsAfter(journal, { sessionId, shard: 7 }, cursor),
    }),
  );
});
