import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import fc from 'fast-check';
import pg from 'pg';
import { CommitUnknownError } from './errors.js';
import { journalTablesSql } from './rows.sql.js';
import { checkedTexts, emptyTemplate, entry, TEST_SCHEMA, testJournal, type TestJournal } from './testing/test-journal.js';
import { type FencedSql } from './types.js';

const unitNames = ['u0', 'u1', 'u2'];

/** What may happen, in any order: see `run`. */
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      unit: fc.nat(2),
      entries: fc.integer({ min: 0, max: 4 }),
      id: fc.nat(12),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refused' as const), unit: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unencodable' as const), unit: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 15 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fence' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Row {
  readonly id: string;
  readonly qty: number;
}

const sql: FencedSql<Row> = {
  ctes: (n) =>
    `placed AS (INSERT INTO orders (id, qty) SELECT * FROM unnest($${n}::text[], $${n + 1}::int[]) WHERE EXISTS (SELECT FROM me))`,
  params: (rows) => [rows.map((row) => row.id), rows.map((row) => row.qty)],
  conflicts: {
    constraints: ['orders_pkey'],
    offenders: async (pool, changes) => {
      const { rows } = await pool.query<{ id: string }>(`SELECT id FROM ${TEST_SCHEMA}.orders WHERE id = ANY($1)`, [
        changes.map(({ extra }) => extra?.id ?? ''),
      ]);
      const stored = new Set(rows.map((row) => row.id));
      return changes.filter(({ extra }) => extra !== undefined && stored.has(extra.id));
    },
  },
};

let database: TestDatabase;
let admin: pg.Pool;

beforeAll(async () => {
  database = await testDatabase(emptyTemplate);
  admin = new pg.Pool({ connectionString: database.url, max: 4 });
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

interface Outcome {
  readonly unit: string;
  readonly texts: readonly string[];
  readonly result: 'written' | 'not written' | 'unknown';
}

async function run(steps: readonly Step[]): Promise<void> {
  await admin.query(
    `DROP SCHEMA IF EXISTS ${TEST_SCHEMA} CASCADE; ${journalTablesSql(TEST_SCHEMA)} CREATE TABLE ${TEST_SCHEMA}.orders (id text PRIMARY KEY, qty int CHECK (qty > 0))`,
  );
  const journals: TestJournal<Row>[] = [];
  const join = async (name: string): Promise<void> => {
    const made = testJournal<Row>({ url: database.url, name, unitNames, sql });
    journals.push(made);
    await made.journal.start();
  };
  await join('p0');
  const outcomes: Promise<Outcome>[] = [];
  let made = 0;
  const append = (unit: string, texts: readonly string[], extra?: Row, encode?: () => never): void => {
    const { journal } = journals.find((each) => each.journal.owns(unit)) ?? (journals[0] as TestJournal<Row>);
    const entries = texts.map((text, n) => ({ ...entry(unit, text, `k${n % 2}`), ...(encode ? { encode } : {}) }));
    outcomes.push(
      journal.append({ unit, entries, extra }).then(
        () => ({ unit, texts, result: 'written' }),
        (error: unknown) => ({ unit, texts, result: error instanceof CommitUnknownError ? 'unknown' : 'not written' }),
      ),
    );
  };
  for (const each of steps) {
    made += 1;
    const unit = 'unit' in each ? (unitNames[each.unit] ?? 'u0') : 'u0';
    switch (each.kind) {
      case 'append':
        append(
          unit,
          [...Array(each.entries).keys()].map((n) => `${made}.${n}`),
          { id: `o${each.id}`, qty: 1 },
        );
        break;
      case 'refused':
        append(unit, [`${made}`], { id: `r${made}`, qty: -1 });
        break;
      case 'unencodable':
        append(unit, [`${made}`], undefined, () => {
          throw new RangeError('no');
        });
        break;
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, each.ms));
        break;
      case 'fence':
        await admin.query(`UPDATE ${TEST_SCHEMA}.holders SET alive = false`);
        break;
      case 'cut':
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '${TEST_SCHEMA} append'`,
        );
        break;
      case 'join':
        if (journals.length < 3) await join(`p${made}`);
        break;
      case 'leave':
        if (journals.length > 1) await journals.shift()?.close();
        break;
    }
  }
  for (const unit of unitNames)
    await eventually(() => journals.some((each) => each.journal.owns(unit)), { what: `${unit} has an owner in the end` });
  const all = await Promise.all(outcomes);
  await Promise.all(journals.map((each) => each.close()));
  for (const unit of unitNames) {
    const stored = await checkedTexts(admin, unit); // Gapless, chained, and no hole in any keySeq.
    expect(new Set(stored).size).toBe(stored.length);
    const texts = (result: Outcome['result']): string[] =>
      all.filter((each) => each.unit === unit && each.result === result).flatMap((each) => each.texts);
    expect(texts('written').filter((text) => !stored.includes(text))).toEqual([]);
    expect(texts('not written').filter((text) => stored.includes(text))).toEqual([]);
    for (const { texts: together } of all.filter((each) => each.unit === unit))
      expect([0, together.length]).toContain(together.filter((text) => stored.includes(text)).length);
  }
}

it('whatever happens, streams stay gapless and chained, and every answer is true', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), run), { numRuns: 12, endOnFailure: true });
}, 120_000);
