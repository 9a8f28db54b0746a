import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import {
  EnvironmentMismatchError,
  migrate,
  migratedTemplate,
  MIGRATIONS_DIR,
  MigrationError,
  NOUNS,
  nounPool,
  nounPrisma,
  readMigrations,
  type Noun,
} from './index.js';

jest.setTimeout(60_000);

const folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-migrations-'));
const databases: TestDatabase[] = [];

afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
  rmSync(folder, { recursive: true });
});

async function emptyDatabase(): Promise<string> {
  const database = await testDatabase({ key: 'empty', prepare: () => Promise.resolve() });
  databases.push(database);
  return database.url;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A folder with our migrations and `more`, each name with its SQL. */
function migrationsWith(more: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(path.join(folder, 'm-'));
  cpSync(MIGRATIONS_DIR, dir, { recursive: true });
  for (const [name, sql] of Object.entries(more)) {
    mkdirSync(path.join(dir, name), { recursive: true });
    writeFileSync(path.join(dir, name, 'migration.sql'), sql);
  }
  return dir;
}

const LATER = '29990101000000_later';

describe('migrate', () => {
  const names = readMigrations(MIGRATIONS_DIR).map((migration) => migration.name);

  it('applies every migration once, stamps the environment, and then finds nothing to do', async () => {
    const url = await emptyDatabase();
    expect(await migrate(url, { environment: 'sim' })).toEqual({ applied: names });
    expect(await migrate(url, { environment: 'sim' })).toEqual({ applied: [] });
    expect(await query(url, 'SELECT environment FROM platform.environment')).toEqual([{ environment: 'sim' }]);
  });

  it("leaves what Prisma's own engine calls in sync", async () => {
    const url = await emptyDatabase();
    await migrate(url, { environment: 'sim' });
    const tool = path.join(import.meta.dirname, '../../tools/persistence/migrate.mjs');
    const status = spawnSync(process.execPath, [tool, 'status', '--url', url], { encoding: 'utf8' });
    expect([status.stdout, status.stderr, status.status]).toEqual(['in sync: the database has the migrations of the folder\n', '', 0]);
    await query(url, "UPDATE public._prisma_migrations SET checksum = 'x'");
    expect(spawnSync(process.execPath, [tool, 'status', '--url', url], { encoding: 'utf8' }).stdout).toContain('editedMigrationNames');
  });

  it('lets processes that start at once wait for one of them', async () => {
    const url = await emptyDatabase();
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(url, { environment: 'sim' })));
    expect(outcomes.flatMap((outcome) => outcome.applied)).toEqual(names);
  });

  it.each([
    ['sim', 'live'],
    ['live', 'sim'],
  ] as const)('refuses a database stamped %s to a process that runs as %s, and says what to do', async (stamped, other) => {
    const url = await emptyDatabase();
    await migrate(url, { environment: stamped });
    const attempt = migrate(url, { environment: other, migrationsDir: migrationsWith({ [LATER]: 'CREATE TABLE orders.later (n int)' }) });
    await expect(attempt).rejects.toThrow(EnvironmentMismatchError);
    await expect(attempt).rejects.toThrow(new RegExp(`stamped "${stamped}".*runs as "${other}".*Point it to the ${other} database`));
    expect(await query(url, "SELECT to_regclass('orders.later') AS table")).toEqual([{ table: null }]);
  });

  it('keeps nothing of a migration that fails, and applies it once it is repaired', async () => {
    const url = await emptyDatabase();
    const migrationsDir = migrationsWith({ [LATER]: 'CREATE TABLE orders.later (n int); SELECT 1/0' });
    await expect(migrate(url, { environment: 'sim', migrationsDir })).rejects.toThrow(
      /29990101000000_later failed, and nothing of it was kept: division by zero/,
    );
    expect(await query(url, "SELECT to_regclass('orders.later') AS table")).toEqual([{ table: null }]);
    writeFileSync(path.join(migrationsDir, LATER, 'migration.sql'), 'CREATE TABLE orders.later (n int)');
    expect(await migrate(url, { environment: 'sim', migrationsDir })).toEqual({ applied: [LATER] });
  });

  it.each([
    [
      'is from before the first one',
      { [LATER]: 'CREATE TABLE orders.later (n int)' },
      /was made by an earlier development version: it has the migration 20250101000000_early.*npm run reset/,
      { '20250101000000_early': 'SELECT 1' },
    ],
    ['was changed after it was applied', { [LATER]: 'CREATE TABLE orders.later (n bigint)' }, /was changed after/],
    ['is unknown to this version', {}, /does not know: it is newer/],
    [
      'comes before one that was applied',
      { [LATER]: 'CREATE TABLE orders.later (n int)', '29980101000000_between': 'SELECT 1' },
      /29990101000000_later is in .* but the earlier 29980101000000_between is not/,
    ],
  ])('refuses a migration that %s', async (_fact, folderNow, message, folderBefore: Record<string, string> = {}) => {
    const url = await emptyDatabase();
    const before = migrationsWith({ [LATER]: 'CREATE TABLE orders.later (n int)', ...folderBefore });
    await migrate(url, { environment: 'sim', migrationsDir: before });
    const attempt = migrate(url, { environment: 'sim', migrationsDir: migrationsWith(folderNow as unknown as Record<string, string>) });
    await expect(attempt).rejects.toThrow(MigrationError);
    await expect(attempt).rejects.toThrow(message);
  });
});

describe('the migration of the ledger', () => {
  it('makes one entry of the postings of a fact', async () => {
    const migrationsDir = migrationsWith({});
    for (const { name } of readMigrations(MIGRATIONS_DIR))
      if (name >= '20261122040613') rmSync(path.join(migrationsDir, name), { recursive: true });
    const url = await emptyDatabase();
    await migrate(url, { environment: 'sim', migrationsDir });
    await query(
      url,
      `INSERT INTO positions.ledger (account_id, account_seq, line, book, currency, amount, text, at_ms, ref) VALUES
       ('A', 7, 2, 'securities:I1', 'INR', 15, 'bought', 70, 'T1'), ('A', 7, 1, 'cash', 'INR', -15, 'bought', 70, 'T1'),
       ('A', 8, 1, 'cash', 'USD', 1.5, 'paid in', 80, 'C1'), ('A', 8, 2, 'capital', 'USD', -1.5, 'paid in', 80, 'C1')`,
    );
    await migrate(url, { environment: 'sim' });
    expect(await query(url, 'SELECT *, amounts::text[] FROM positions.ledger ORDER BY account_seq')).toMatchObject([
      {
        account_seq: '7',
        currency: 'INR',
        books: ['cash', 'securities:I1'],
        amounts: ['-15.000000000', '15.000000000'],
        at_ms: '70',
        ref: 'T1',
      },
      {
        account_seq: '8',
        currency: 'USD',
        books: ['cash', 'capital'],
        amounts: ['1.500000000', '-1.500000000'],
        text: 'paid in',
        ref: 'C1',
      },
    ]);
  });
});

describe('migratedTemplate', () => {
  it('makes databases that need no migration', async () => {
    const database = await testDatabase(migratedTemplate());
    databases.push(database);
    expect(await migrate(database.url, { environment: 'sim' })).toEqual({ applied: [] });
  });
});

describe("a noun's pool", () => {
  const TABLES = NOUNS.map((noun) => `CREATE TABLE ${noun}.probe (id bigserial PRIMARY KEY, note text);`).join('\n');
  let url: string;
  const pools = new Map<Noun, pg.Pool>();

  beforeAll(async () => {
    url = await emptyDatabase();
    await migrate(url, { environment: 'sim', migrationsDir: migrationsWith({ [LATER]: TABLES }) });
    for (const noun of NOUNS) pools.set(noun, nounPool(url, noun, { max: 2 }));
  });

  afterAll(async () => {
    await Promise.all([...pools.values()].map((pool) => pool.end()));
  });

  const poolOf = (noun: Noun): pg.Pool => {
    const pool = pools.get(noun);
    if (pool === undefined) throw new Error(`no pool for ${noun}`);
    return pool;
  };

  it.each(NOUNS)('of %s reads and writes its own rows by their bare names', async (noun) => {
    const pool = poolOf(noun);
    await pool.query('INSERT INTO probe (note) VALUES ($1)', ['a']);
    await pool.query('UPDATE probe SET note = $1', ['b']);
    expect((await pool.query('SELECT current_user AS role, note FROM probe')).rows).toEqual([{ role: `switchyard_${noun}`, note: 'b' }]);
    await pool.query('DELETE FROM probe');
  });

  const pairs = NOUNS.flatMap((noun) => NOUNS.filter((other) => other !== noun).map((other) => [noun, other] as const));
  it.each(pairs)('of %s is refused the rows of %s', async (noun, other) => {
    await expect(poolOf(noun).query(`SELECT FROM ${other}.probe`)).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    'CREATE TABLE mine (n int)',
    'CREATE TABLE public.mine (n int)',
    'CREATE SCHEMA mine',
    'ALTER TABLE probe ADD COLUMN n int',
    'DROP TABLE probe',
    'TRUNCATE probe',
    'CREATE INDEX ON probe (note)',
    "UPDATE platform.environment SET environment = 'live'",
    'SELECT FROM public._prisma_migrations',
  ])('is refused: %s', async (sql) => {
    await expect(poolOf('orders').query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('may read the stamp of the environment', async () => {
    expect((await poolOf('risk').query('SELECT environment FROM platform.environment')).rows).toEqual([{ environment: 'sim' }]);
  });

  it('reaches tables of later migrations too', async () => {
    await query(url, 'CREATE TABLE orders.newer (n int)');
    expect((await poolOf('orders').query('SELECT n FROM newer')).rows).toEqual([]);
  });

  it('serves a Prisma client as the same role, which leaves the pool open', async () => {
    const prisma = await nounPrisma(poolOf('orders'));
    expect(await prisma.environment.findMany({ select: { environment: true } })).toEqual([{ environment: 'sim' }]);
    await expect(prisma.environment.deleteMany()).rejects.toThrow(/permission denied|denied access/i);
    await prisma.$disconnect();
    expect((await poolOf('orders').query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });

  it('survives that the server ends a connection that is lent out, between two statements: the next statement fails', async () => {
    const pool = nounPool(url, 'orders', { max: 1 });
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => client.once('error', resolve));
    // The test's own listener is the second: the first is the pool's, which stays when there is no test.
    expect(client.listenerCount('error')).toBeGreaterThan(1);
    await query(url, `SELECT pg_terminate_backend(${rows[0]?.pid})`);
    await ended;
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release(true);
    await pool.end();
  });

  it('survives that the server ends its idle connections', async () => {
    const errors: Error[] = [];
    const pool = nounPool(url, 'orders', { max: 1, onError: (error) => errors.push(error) });
    const [{ pid } = { pid: 0 }] = (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    const broken = new Promise((resolve) => pool.once('error', resolve));
    await query(url, `SELECT pg_terminate_backend(${pid})`);
    await broken;
    expect(errors).toHaveLength(1);
    expect((await pool.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await pool.end();
  });
});
