// Claims of accounts that an older version opened without one: the statement of a recovery, on real PostgreSQL.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { migratedTemplate } from '@switchyard/persistence';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { claimAccounts, findClaim } from './orders.sql.js';

let database: TestDatabase;
let pool: pg.Pool;
const [alive, dead] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  await pool.query(`INSERT INTO orders.holders (id, process, address, alive) VALUES ($1, 'a', '', true), ($2, 'b', '', false)`, [
    alive,
    dead,
  ]);
}, 120_000);

afterAll(async () => {
  await pool.end();
  await database.drop();
}, 60_000);

it('an account without a claim is claimed, again without harm, and told where another risk group holds it', async () => {
  const accounts = [
    { accountId: 'ONE', riskGroupId: 'G1' },
    { accountId: 'TWO', riskGroupId: 'G1' },
  ];
  expect(await claimAccounts(pool, alive, accounts)).toBeUndefined();
  expect(await claimAccounts(pool, alive, accounts)).toBeUndefined();
  expect(await claimAccounts(pool, alive, [{ accountId: 'TWO', riskGroupId: 'G2' }])).toEqual({
    accountId: 'TWO',
    holder: 'G1',
  });
  expect([await findClaim(pool, 'account', 'TWO'), await findClaim(pool, 'account', 'FOUR')]).toEqual(['G1', undefined]);
});

it('a holder that was declared dead claims nothing', async () => {
  await expect(claimAccounts(pool, dead, [{ accountId: 'LATE', riskGroupId: 'G1' }])).rejects.toThrow('this holder is dead');
  expect(await findClaim(pool, 'account', 'LATE')).toBeUndefined();
});
