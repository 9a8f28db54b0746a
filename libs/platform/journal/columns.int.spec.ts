import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import fc from 'fast-check';
import pg from 'pg';
import { bigintColumn, booleanColumn, bytesColumn, smallintColumn, textColumn } from './columns.js';
import { emptyTemplate } from './testing/test-journal.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase(emptyTemplate);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The column as PostgreSQL understands it. */
async function understood(type: string, column: Buffer): Promise<unknown> {
  const { rows } = await client.query<{ column: unknown }>(`SELECT $1::${type}[] AS column`, [column]);
  return rows[0]?.column;
}

// PostgreSQL has no texts with a zero character, and JavaScript has halves of surrogate pairs, which no UTF-8 has.
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const small = fc.integer({ min: -32_768, max: 32_767 });

describe('a column of a statement', () => {
  it.each<readonly [string, fc.Arbitrary<unknown[]>, (values: never[]) => Buffer, (value: unknown) => unknown]>([
    ['text', fc.array(text), textColumn, (value) => value],
    ['bytea', fc.array(fc.uint8Array({ maxLength: 300 })), bytesColumn, (value) => Buffer.from(value as Uint8Array)],
    ['bigint', fc.array(fc.maxSafeInteger()), bigintColumn, String],
    ['smallint', fc.array(small), smallintColumn, (value) => value],
    ['boolean', fc.array(fc.boolean()), booleanColumn, (value) => value],
  ])('of %s holds the values that it was made of, whatever they are and however many', async (type, values, column, shown) => {
    await fc.assert(
      fc.asyncProperty(values, async (some) => {
        expect(await understood(type, column(some as never[]))).toEqual(some.map(shown));
      }),
      { numRuns: 60 },
    );
  });

  it.each([-1, 0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'holds %d',
    async (value) => {
      expect(await understood('bigint', bigintColumn([value]))).toEqual([String(value)]);
    },
  );

  it('refuses a number that is not whole, and one that a smallint does not hold', () => {
    expect(() => bigintColumn([1.5])).toThrow('whole numbers');
    expect(() => smallintColumn([40_000])).toThrow();
  });
});
