import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, tcpProxy, type TcpProxy } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { CommitUnknownError, HolderLostError } from './errors.js';
import { journalTablesSql } from './rows.sql.js';
import {
  change,
  checkedTexts,
  emptyTemplate,
  entry,
  shortPatience,
  TEST_SCHEMA,
  testJournal,
  type TestJournal,
  type TestJournalOptions,
} from './testing/test-journal.js';
import { buildWriter, WriterProcess } from './testing/writer-process.js';
import { type WriterConfig } from './testing/writer.js';
import { type Change, type FencedSql } from './types.js';

let database: TestDatabase;
let admin: pg.Pool;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  buildWriter();
  database = await testDatabase(emptyTemplate);
  admin = new pg.Pool({ connectionString: database.url, max: 4 });
});
beforeEach(async () => {
  await admin.query(
    `DROP SCHEMA IF EXISTS ${TEST_SCHEMA} CASCADE; ${journalTablesSql(TEST_SCHEMA)} CREATE TABLE ${TEST_SCHEMA}.orders (id text PRIMARY KEY)`,
  );
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function started<Extra = never>(options: Partial<TestJournalOptions<Extra>> = {}): Promise<TestJournal<Extra>> {
  const made = testJournal<Extra>({ url: database.url, ...options });
  open.push(made);
  await made.journal.start();
  return made;
}

async function owner<Extra = never>(options: Partial<TestJournalOptions<Extra>> = {}): Promise<TestJournal<Extra>> {
  const made = await started<Extra>(options);
  await owns(made);
  return made;
}

function owns({ journal }: { journal: { owns(unit: string): boolean } }, unit = 'u1'): Promise<unknown> {
  return eventually(() => journal.owns(unit), { what: `owns ${unit}` });
}

function writer(name: string, more: Partial<WriterConfig> = {}): WriterProcess {
  const made = new WriterProcess({ url: database.url, name, unitNames: ['u1'], ...more });
  open.push({ close: () => made.end() });
  return made;
}

/** Every text that was acknowledged is there, none twice. */
async function expectOnce(acked: readonly string[]): Promise<string[]> {
  const texts = await checkedTexts(admin, 'u1');
  expect(new Set(texts).size).toBe(texts.length);
  const stored = new Set(texts);
  expect(acked.filter((text) => !stored.has(text))).toEqual([]);
  return texts;
}

const ordersSql: FencedSql<string> = {
  ctes: (n) => `placed AS (INSERT INTO orders (id) SELECT id FROM unnest($${n}::text[]) AS id WHERE EXISTS (SELECT FROM me))`,
  params: (ids) => [ids],
};

/** A row in a stream, a cursor and a row of the noun that nobody else writes. */
function strayChange(stream: string): Change<string> {
  return {
    unit: 'u1',
    entries: [{ ...entry('u1', 'stray'), stream }],
    cursors: [{ reader: 'stray', stream, seq: 1, hash: Buffer.alloc(32) }],
    extra: 'stray',
  };
}

/** How much of it was written. */
async function strayRows(stream: string): Promise<{ journal: number; cursors: number; orders: number }> {
  const count = async (text: string, values: unknown[] = []): Promise<number> => (await admin.query(text, values)).rowCount ?? 0;
  return {
    journal: await count(`SELECT FROM ${TEST_SCHEMA}.journal WHERE stream = $1`, [stream]),
    cursors: await count(`SELECT FROM ${TEST_SCHEMA}.cursors WHERE reader = 'stray'`),
    orders: await count(`SELECT FROM ${TEST_SCHEMA}.orders WHERE id = 'stray'`),
  };
}

describe('the fence', () => {
  it('lets a holder that is dead, and does not know it, write no row, no cursor and nothing of the noun', async () => {
    // Its heartbeat is slow, so that the append is what meets the fence.
    const { journal } = await owner<string>({ sql: ordersSql, settings: { heartbeatMs: 5_000 } });
    await admin.query(`UPDATE ${TEST_SCHEMA}.holders SET alive = false WHERE id = $1`, [journal.holderId]);
    await expect(journal.append(strayChange('u1/stray'))).rejects.toThrow(HolderLostError);
    expect(await strayRows('u1/stray')).toEqual({ journal: 0, cursors: 0, orders: 0 });
  });

  it('lets the one that lives write all three', async () => {
    const { journal } = await owner<string>({ sql: ordersSql });
    await journal.append(strayChange('u1/stray'));
    expect(await strayRows('u1/stray')).toEqual({ journal: 1, cursors: 1, orders: 1 });
  });
});

describe('a takeover', () => {
  it('waits for the append that is open, and sees its row', async () => {
    const first = await owner<string>({ sql: ordersSql });
    const blocker = await admin.connect();
    await blocker.query(`BEGIN; INSERT INTO ${TEST_SCHEMA}.orders VALUES ('o1')`);
    const appended = first.journal.append({ unit: 'u1', entries: [entry('u1', 'open')], extra: 'o1' });
    await eventually(
      async () =>
        (await admin.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%placed%'`)).rowCount === 1,
      { what: 'the append waits' },
    );
    const second = await started<string>({ sql: ordersSql });
    await eventually(
      async () =>
        (await admin.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SET alive = false%'`)).rowCount ===
        1,
      { what: 'the takeover waits' },
    );
    expect(second.told.acquired).toEqual([]);
    await blocker.query('ROLLBACK');
    blocker.release();
    await expect(appended).resolves.toHaveLength(1);
    await owns(second);
    await second.journal.append(change('u1', 'next') as never);
    expect(await checkedTexts(admin, 'u1')).toEqual(['open', 'next']);
  });

  it('lets an append that began while it was open write nothing', async () => {
    // Its heartbeat is slow, so that the append is what meets the fence.
    const { journal, told } = await owner({ settings: { heartbeatMs: 5_000 } });
    const takeover = await admin.connect();
    await takeover.query('BEGIN');
    await takeover.query(`UPDATE ${TEST_SCHEMA}.holders SET alive = false WHERE id = $1`, [journal.holderId]);
    const appended = journal.append(change('u1', 'too late'));
    await eventually(
      async () =>
        (await admin.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%appended%'`)).rowCount === 1,
      { what: 'the append waits' },
    );
    await takeover.query('COMMIT');
    takeover.release();
    await expect(appended).rejects.toThrow(HolderLostError);
    await eventually(() => told.lost.length === 1, { what: 'the hooks are told' });
    await owns({ journal });
    await journal.append(change('u1', 'anew'));
    expect(await checkedTexts(admin, 'u1')).toEqual(['anew']);
  });

  it('by the same process name is immediate, however long the timeout is', async () => {
    const first = writer('p1');
    await first.says('appends', (words) => words.some((word) => word.kind === 'acked'));
    first.signal('SIGKILL');
    await eventually(() => !first.isRunning, { what: 'the writer is dead' });
    // Who waits for the timeout of the dead one waits longer than a spec may take.
    const same = await owner({ name: 'p1', settings: { holderTimeoutMs: 300_000, holderMarginMs: 1_000 } });
    await same.journal.append(change('u1', 'same'));
    await expectOnce([...first.texts('acked'), 'same']);
  });

  it('of a writer that was stopped (SIGSTOP) is final: awake again it writes nothing in its old name, and starts anew', async () => {
    const asleep = writer('p1');
    await asleep.says('appends', (words) => words.filter((word) => word.kind === 'acked').length > 20);
    asleep.signal('SIGSTOP');
    const second = await owner({ name: 'p2', settings: shortPatience });
    const mine = await Promise.all(
      [...Array(50).keys()].map(async (n) => (await second.journal.append(change('u1', `second ${n}`)), `second ${n}`)),
    );
    asleep.signal('SIGCONT');
    await asleep.says('is lost', (words) => words.some((word) => word.kind === 'lost'));
    const ids = (): Set<string> => new Set(asleep.words.flatMap((word) => (word.kind === 'acquired' ? [word.holderId] : [])));
    const [oldId] = ids();
    expect((await admin.query(`SELECT alive FROM ${TEST_SCHEMA}.holders WHERE id = $1`, [oldId])).rows).toEqual([{ alive: false }]);
    await second.journal.stop();
    await asleep.says('owns again', (words) => words.filter((word) => word.kind === 'acquired').length === 2);
    expect(ids().size).toBe(2);
    const ackedBefore = asleep.texts('acked').length;
    await asleep.says('appends again', () => asleep.texts('acked').length > ackedBefore + 10);
    await asleep.end();
    const texts = await expectOnce([...asleep.texts('acked'), ...mine]);
    const first = texts.indexOf('second 0');
    // Between the second's rows there is none of the first: it was fenced, not only late.
    expect(texts.slice(first, first + 50)).toEqual(mine);
  });
});

describe('two writers', () => {
  it('and a third, which come and go under load, lose and double nothing', async () => {
    const unitNames = [...Array(8).keys()].map((n) => `u${n}`);
    const first = writer('p1', { unitNames });
    await first.says('appends', () => first.texts('acked').length > 100);
    const second = writer('p2', { unitNames });
    await second.says('appends', () => second.texts('acked').length > 100);
    const third = writer('p3', { unitNames });
    await third.says('appends', () => third.texts('acked').length > 100);
    await first.end();
    await second.end();
    const before = third.texts('acked').length;
    await third.says('goes on', () => third.texts('acked').length > before + 100);
    await third.end();
    const all = [first, second, third];
    const acked = all.flatMap((each) => each.texts('acked'));
    const stored: string[] = [];
    for (const unit of unitNames) stored.push(...(await checkedTexts(admin, unit)));
    expect(stored.sort()).toEqual(acked.sort());
    expect(all.flatMap((each) => each.words.filter((word) => word.kind === 'lost'))).toEqual([]);
  }, 120_000);
});

describe('an unknown commit', () => {
  let proxy: TcpProxy;
  let proxied: string;

  beforeEach(async () => {
    const url = new URL(database.url);
    proxy = await tcpProxy({ target: { host: url.hostname, port: Number(url.port) } });
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    proxied = url.href;
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all(open.splice(0).map((each) => each.close()));
    await proxy.close();
  });

  it('whose statement was committed is found when the journal has started anew', async () => {
    const { journal, told } = await owner({ url: proxied });
    const before = journal.holderId;
    proxy.set('downstream', { blackHole: true });
    const appended = journal.append(change('u1', 'answer lost'));
    await eventually(async () => (await checkedTexts(admin, 'u1')).length === 1, { what: 'it is committed' });
    proxy.resetConnections();
    await proxy.heal();
    await expect(appended).rejects.toThrow(CommitUnknownError);
    await eventually(() => told.acquired.length === 2, { what: 'the unit is acquired again' });
    await owns({ journal });
    expect(told.lost).toHaveLength(1);
    expect(journal.holderId).not.toBe(before);
    expect(await journal.append(change('u1', 'next'))).toMatchObject([{ seq: 2 }]);
    expect(await checkedTexts(admin, 'u1')).toEqual(['answer lost', 'next']);
  });

  it('whose statement lands late, after a takeover, writes nothing: no row, no cursor, nothing of the noun', async () => {
    const { journal, told } = await owner<string>({ url: proxied, sql: ordersSql, settings: shortPatience });
    proxy.set('upstream', { blackHole: true });
    // What it would write collides with nothing that the next owner writes: the fence alone keeps it out.
    const appended = journal.append(strayChange('u1/stray'));
    const outcome = appended.catch((error: unknown) => error);
    const second = await owner<string>({ name: 'p3', sql: ordersSql, settings: shortPatience });
    await second.journal.append({ unit: 'u1', entries: [entry('u1', 'second')] });
    expect(await outcome).toBeInstanceOf(CommitUnknownError);
    await proxy.heal(); // Now the stray statement arrives.
    await eventually(() => journal.ready() === true && told.lost.length > 0, { what: 'the first has started anew' });
    await second.journal.append({ unit: 'u1', entries: [entry('u1', 'third')] });
    expect(await checkedTexts(admin, 'u1')).toEqual(['second', 'third']);
    expect(await strayRows('u1/stray')).toEqual({ journal: 0, cursors: 0, orders: 0 });
  });

  it('when the database ends every connection, the journal comes back under a new id', async () => {
    const { journal, told } = await owner();
    await journal.append(change('u1', 'a'));
    // Of this spec's database: others of the same schema are other specs'.
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '${TEST_SCHEMA}%'`,
    );
    await eventually(() => told.lost.length === 1, { what: 'the holder is lost' });
    await owns({ journal });
    await journal.append(change('u1', 'b'));
    expect(await checkedTexts(admin, 'u1')).toEqual(['a', 'b']);
  });

  it('a process that can not beat in time gives up by itself before others may take over', async () => {
    const { journal, told } = await owner({ url: proxied, settings: shortPatience });
    await journal.append(change('u1', 'a'));
    proxy.set('downstream', { blackHole: true });
    await eventually(() => told.lost.length === 1, { what: 'it gives up' });
    expect(told.lost[0]).toContain('no heartbeat');
    await expect(journal.append(change('u1', 'b'))).rejects.toThrow(HolderLostError);
    proxy.resetConnections();
    await proxy.heal();
    await owns({ journal });
  });
});

describe('a killed relay', () => {
  it('between publication and watermark publishes again from the watermark: every row at least once, in order', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'switchyard-relay-'));
    const file = path.join(dir, 'published');
    const killed = writer('p1', { publishTo: file, failpoints: 'relay.before-watermark=kill@20' });
    await eventually(() => !killed.isRunning, { what: 'the failpoint kills it' });
    const next = writer('p1', { publishTo: file });
    await next.says('appends', () => next.texts('acked').length > 20);
    await next.end();
    const seqs = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]));
    rmSync(dir, { recursive: true });
    const last = (await checkedTexts(admin, 'u1')).length;
    let reached = 0;
    for (const seq of seqs) {
      expect(seq).toBeLessThanOrEqual(reached + 1);
      reached = Math.max(reached, seq);
    }
    expect(reached).toBe(last);
    expect(seqs.length).toBeGreaterThan(last); // Some came twice: the kill was between the two.
    expect((await admin.query(`SELECT seq::int FROM ${TEST_SCHEMA}.watermarks`)).rows).toEqual([{ seq: last }]);
  }, 120_000);
});
