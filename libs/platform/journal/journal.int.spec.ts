import { describe, expect, it } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { AppendRefusedError, ConflictError, GateClosedError, HolderLostError, UniqueConflictError } from './errors.js';
import { change, checkedTexts, entry, TEST_SCHEMA } from './testing/test-journal.js';
import { SpecJournals } from './testing/spec-journals.js';
import { type Change, type FencedSql, type JournalRow } from './types.js';

const journals = SpecJournals.forSpec(
  `CREATE TABLE ${TEST_SCHEMA}.orders (id text CONSTRAINT orders_id_key UNIQUE, qty int CHECK (qty > 0))`,
);

async function collected(pages: AsyncIterable<readonly JournalRow[]>): Promise<JournalRow[]> {
  const rows: JournalRow[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

interface Order {
  readonly id: string;
  readonly qty: number;
}

const ordersSql: FencedSql<Order> = {
  ctes: (n) =>
    `placed AS (INSERT INTO orders (id, qty) SELECT * FROM unnest($${n}::text[], $${n + 1}::int[]) WHERE EXISTS (SELECT FROM me))`,
  params: (orders) => [orders.map((order) => order.id), orders.map((order) => order.qty)],
  conflicts: {
    constraints: ['orders_id_key'],
    offenders: async (pool, changes) => {
      const ids = changes.flatMap(({ extra }) => (extra ? [extra.id] : []));
      const found = await pool.query<{ id: string }>(`SELECT id FROM ${TEST_SCHEMA}.orders WHERE id = ANY($1)`, [ids]);
      const known = new Set(found.rows.map((row) => row.id));
      return changes.filter(({ extra }) => extra !== undefined && known.has(extra.id));
    },
  },
};

function order(id: string, qty = 1, unit = 'u1'): Change<Order> {
  return { unit, entries: [entry(unit, `order ${id}`, id)], extra: { id, qty } };
}

describe('a journal that starts', () => {
  it('is not ready before it has looked which units are its own', async () => {
    const looking = new Deferred<readonly string[]>();
    const { journal } = await journals.started({ units: () => looking.promise });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(journal.ready()).toBe(`The journal ${TEST_SCHEMA} has not looked yet which units are its own.`);
    looking.resolve(['u1']);
    await eventually(() => journal.ready() === true, { what: 'readiness' });
    expect(journal.owns('u1')).toBe(true);
  });
});

describe('append', () => {
  it('an append is a span of every sampled trace in it, and of no other', async () => {
    const [sampled, unsampled] = ['01', '00'].map((flags) => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`);
    const spans: [string, string][] = [];
    const trace = {
      continue: <T>(traceparent: string, name: string, run: () => Promise<T>): Promise<T> => {
        spans.push([traceparent, name]);
        return run();
      },
    };
    const { journal } = await journals.owner({ trace });
    const entryOf = (traceparent = '') => ({ ...entry('u1', 'a'), traceparent });
    await journal.append({ unit: 'u1', entries: [entryOf(sampled), entryOf(unsampled), entryOf(''), entryOf(sampled)] });
    expect(spans).toEqual([[sampled, `append ${TEST_SCHEMA}`]]);
  });

  it('numbers rows gapless per stream and per key, chains their hashes, and resolves with them after the commit', async () => {
    const { journal } = await journals.owner({ unitNames: ['u1', 'u2'] });
    const results = await Promise.all(
      [...Array(20).keys()].map((n) => journal.append(change(n % 2 ? 'u1' : 'u2', `text ${n}`, n % 3 ? 'A' : 'B'))),
    );
    expect(results.map(([row]) => row?.seq)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]);
    expect(await checkedTexts(journals.admin, 'u1')).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19].map((n) => `text ${n}`));
    expect(await checkedTexts(journals.admin, 'u2')).toHaveLength(10);
    expect(await journal.last('u1')).toEqual({ seq: 10, hash: results[19]?.[0]?.hash });
  });

  it('writes several streams of a unit, cursors and the rows of the noun in the one statement', async () => {
    const { journal } = await journals.owner<Order>({ sql: ordersSql });
    const hash = Buffer.alloc(16, 7);
    const cursors = [
      { reader: 'fold', stream: 'session/1/00', seq: 5, hash },
      { reader: 'fold', stream: 'session/1/00', seq: 4, hash },
    ];
    await journal.append({ unit: 'u1', entries: [entry('u1', 'a'), entry('u1/00', 'b')], cursors, extra: { id: 'o1', qty: 3 } });
    expect((await journals.admin.query(`SELECT reader, stream, last_seq FROM ${TEST_SCHEMA}.cursors`)).rows).toEqual([
      { reader: 'fold', stream: 'session/1/00', last_seq: '5' },
    ]);
    expect((await journals.admin.query(`SELECT id, qty FROM ${TEST_SCHEMA}.orders`)).rows).toEqual([{ id: 'o1', qty: 3 }]);
    expect(await journal.last('u1/00')).toMatchObject({ seq: 1 });
  });

  it('rejects a unit that it does not own', async () => {
    const { journal } = await journals.owner();
    await expect(journal.append(change('foreign', 'x'))).rejects.toThrow(HolderLostError);
  });

  it('rejects alone the change whose event can not be encoded', async () => {
    const { journal } = await journals.owner({ unitNames: ['u1', 'u2'] });
    const encode = (): never => {
      throw new RangeError('no');
    };
    const broken: Change = { unit: 'u1', entries: [entry('u1', 'half', 'B'), { ...entry('u1', ''), encode }] };
    await Promise.allSettled([journal.append(broken), journal.append(change('u2', 'alone'))]);
    const results = await Promise.allSettled([
      journal.append(broken),
      journal.append(change('u2', 'a')),
      journal.append(change('u1', 'b')),
      journal.append(broken),
      journal.append(change('u1', 'c', 'B')),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(RangeError);
    expect([await checkedTexts(journals.admin, 'u1'), await checkedTexts(journals.admin, 'u2')]).toEqual([
      ['b', 'c'],
      ['alone', 'a'],
    ]);
  });

  it('rejects those who violate a unique constraint and gives the others new numbers', async () => {
    const { journal } = await journals.owner<Order>({ sql: ordersSql });
    await journal.append(order('o1'));
    const results = await Promise.allSettled([journal.append(order('o2')), journal.append(order('o1')), journal.append(order('o3'))]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(UniqueConflictError);
    expect(await checkedTexts(journals.admin, 'u1')).toEqual(['order o1', 'order o2', 'order o3']);
  });

  it('lets the first of two that clash with each other through', async () => {
    const { journal } = await journals.owner<Order>({ sql: ordersSql });
    const results = await Promise.allSettled([journal.append(order('o1')), journal.append(order('o1')), journal.append(order('o2'))]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ name: 'UniqueConflictError', constraint: 'orders_id_key' });
  });

  it('rejects alone the change that the database refuses', async () => {
    const { journal } = await journals.owner<Order>({ sql: ordersSql });
    const results = await Promise.allSettled([journal.append(order('o1')), journal.append(order('o2', -1)), journal.append(order('o3'))]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(AppendRefusedError);
  });

  const gate: FencedSql<{ version: number }> = {
    ctes: (n) => `unused AS (SELECT $${n}::int)`,
    params: () => [0],
    gate: {
      sql: (n) => `attrs_version = ALL($${n}::bigint[])`,
      params: (changes) => [changes.flatMap(({ extra }) => (extra ? [extra.version] : []))],
      appliesTo: ({ extra }) => extra !== undefined,
    },
  };

  it('sends back with a change at a closed gate what queued behind it, so that nothing overtakes it', async () => {
    const { journal } = await journals.owner<{ version: number }>({ sql: gate });
    const locker = await journals.admin.connect();
    await locker.query(`BEGIN; UPDATE ${TEST_SCHEMA}.holders SET attrs_version = 1`);
    const back: string[] = [];
    const judgedBy = (version: number, text: string): Promise<unknown> =>
      journal.append({ ...change('u1', text), extra: { version } }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(GateClosedError);
        back.push(text);
      });
    const inFlight = judgedBy(0, 'first'); // Waits for the lock on the row, and is held against the row as it is then.
    const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let behind: Promise<unknown>[] = [];
    try {
      await eventually(async () => (await journals.admin.query(waiting)).rows.length > 0, { what: 'the statement waits for the lock' });
      behind = [judgedBy(1, 'second'), journal.append(change('u1', 'a report'))];
    } finally {
      await locker.query('COMMIT');
      locker.release();
    }
    await Promise.all([inFlight, ...behind]);
    expect(back).toEqual(['first', 'second']);
    expect(await checkedTexts(journals.admin, 'u1')).toEqual(['a report']);
  });

  it('writes nothing of what was judged by an older version; what the gate does not concern goes on', async () => {
    const { journal } = await journals.owner<{ version: number }>({ sql: gate });
    await journal.append({ ...change('u1', 'at 0'), extra: { version: 0 } });
    await journals.admin.query(`UPDATE ${TEST_SCHEMA}.holders SET attrs_version = 1`);
    const results = await Promise.allSettled([
      journal.append({ ...change('u1', 'judged by 0'), extra: { version: 0 } }),
      journal.append({ ...change('u1', 'a report') }),
      journal.append({ ...change('u1', 'judged by 1'), extra: { version: 1 } }),
    ]);
    // The statement is one: who was judged by 1 judges again too, at no harm.
    expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(GateClosedError);
    expect(results[1].status).toBe('fulfilled');
    expect(await checkedTexts(journals.admin, 'u1')).toEqual(['at 0', 'a report']);
    await journal.append({ ...change('u1', 'judged by 1'), extra: { version: 1 } });
  });

  it('stops, is not ready, and says so when a row of its next number is there by another hand', async () => {
    const { journal, told } = await journals.owner();
    await journal.append(change('u1', 'a'));
    await journals.admin.query(`INSERT INTO ${TEST_SCHEMA}.journal VALUES ('u1', 2, '\\x00', 'A', 2, '\\x00', '', 0)`);
    await expect(journal.append(change('u1', 'b'))).rejects.toThrow(ConflictError);
    await eventually(() => journal.ready() !== true && told.lost.length === 1, { what: 'the journal stops' });
    expect(journal.ready()).toContain('holds what this process did not write');
    await expect(journal.append(change('u1', 'c'))).rejects.toThrow(HolderLostError);
  });
});

describe('read', () => {
  it('pages a stream from a sequence, all of it or one key', async () => {
    const { journal } = await journals.owner();
    for (let n = 1; n <= 1_200; n += 100)
      await Promise.all([...Array(100).keys()].map((i) => journal.append(change('u1', `${n + i}`, i % 2 ? 'A' : 'B'))));
    const read = async (from: number, options = {}): Promise<number[]> =>
      (await collected(journal.read('u1', from, options))).map((row) => row.seq);
    expect(await read(1)).toEqual([...Array(1_200).keys()].map((n) => n + 1));
    expect(await read(1_199)).toEqual([1_199, 1_200]);
    expect(await read(1, { limit: 501 })).toHaveLength(501);
    expect(await read(1_190, { key: 'A' })).toEqual([1_190, 1_192, 1_194, 1_196, 1_198, 1_200]);
    expect(await read(2_000)).toEqual([]);
  });
});
