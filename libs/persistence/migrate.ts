import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { EnvironmentMismatchError, MigrationError, type EnvironmentName } from './environment.js';
import { grantsChecksum, grantStatements } from './grants.js';

/** Prisma's folder format: one folder a migration, applied in the order of their names. */
export const MIGRATIONS_DIR = path.join(import.meta.dirname, 'prisma', 'migrations');

/** The lock that Prisma takes too, so that its tools and this runner keep out of each other's way. */
const MIGRATION_LOCK = 72_707_369;

/** The table as Prisma creates it; `prisma migrate status` reads what we write here. */
const CREATE_MIGRATIONS_TABLE = `
CREATE TABLE IF NOT EXISTS public._prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)`;

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly checksum: string;
}

export interface MigrateOptions {
  readonly environment: EnvironmentName;
  /** `MIGRATIONS_DIR` by default. */
  readonly migrationsDir?: string;
  /** Called with the name of each migration before it is applied. */
  readonly onMigration?: (name: string) => void;
}

/** What a start did: the names of the migrations it applied, in order; none if the database was up to date. */
export interface MigrateOutcome {
  readonly applied: readonly string[];
}

interface Found {
  readonly applied: ReadonlyMap<string, string>;
  readonly environment: string | undefined;
  readonly grantsChecksum: string | undefined;
}

/**
 * Brings the database up to date and checks that it belongs to `environment`. If there is nothing to do that takes one
 * query. Otherwise each pending migration is applied in a transaction of its own, with its row in `_prisma_migrations`,
 * under a lock that keeps other processes waiting; the roles of the nouns get their rights; the first one stamps the
 * environment. Throws `EnvironmentMismatchError`, or `MigrationError` if it can't be reached, or an applied migration has changed or is missing.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions): Promise<MigrateOutcome> {
  const migrations = readMigrations(options.migrationsDir ?? MIGRATIONS_DIR);
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'switchyard-migrate' });
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    // Where a name has several addresses the error of all has no message.
    throw new MigrationError(
      `The database "${client.database}" at ${client.host}:${client.port} can't be reached: ${message || code}. If it is yours, SWITCHYARD_POSTGRES_URL names it: start it, or correct the address.`,
      { cause: error },
    );
  });
  try {
    if (pendingOf(migrations, await check(client, options), client.database).length === 0) return { applied: [] };
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      return await applyPending(client, migrations, options);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    }
  } finally {
    await client.end();
  }
}

/** The migrations of a folder, in the order in which they apply. */
export function readMigrations(dir: string): Migration[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(dir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

async function applyPending(client: pg.Client, migrations: readonly Migration[], options: MigrateOptions): Promise<MigrateOutcome> {
  await client.query(CREATE_MIGRATIONS_TABLE);
  // Read again: another process may have done the work while we waited for the lock.
  const pending = pendingOf(migrations, await check(client, options), client.database);
  const applied = pending.filter((migration) => migration !== 'grants');
  for (const migration of applied) {
    options.onMigration?.(migration.name);
    await inTransaction(client, `migration ${migration.name}`, async () => {
      await client.query(migration.sql);
      await client.query(
        `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
        [randomUUID(), migration.checksum, migration.name],
      );
    });
  }
  if (pending.length > 0) {
    await inTransaction(client, "the roles' rights", async () => {
      await client.query(grantStatements());
      await client.query(
        `INSERT INTO platform.environment (environment, grants_checksum) VALUES ($1, $2)
         ON CONFLICT (singleton) DO UPDATE SET grants_checksum = EXCLUDED.grants_checksum`,
        [options.environment, grantsChecksum()],
      );
    });
  }
  return { applied: applied.map((migration) => migration.name) };
}

async function inTransaction(client: pg.Client, what: string, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(`${what} failed, and nothing of it was kept: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** What the database has, with its environment already judged: nothing may be changed in a database of the other one. */
async function check(client: pg.Client, options: MigrateOptions): Promise<Found> {
  const found = await read(client);
  if (found.environment !== undefined && found.environment !== options.environment) {
    throw new EnvironmentMismatchError(`${client.database ?? ''} at ${client.host}:${client.port}`, found.environment, options.environment);
  }
  return found;
}

async function read(client: pg.Client): Promise<Found> {
  try {
    const { rows } = await client.query<{
      applied: Record<string, string> | null;
      environment: string | null;
      grants_checksum: string | null;
    }>(
      `SELECT (SELECT jsonb_object_agg(migration_name, CASE WHEN finished_at IS NULL THEN 'failed' ELSE checksum END)
                 FROM public._prisma_migrations WHERE rolled_back_at IS NULL) AS applied,
              environment, grants_checksum
         FROM (SELECT) AS always LEFT JOIN platform.environment ON true`,
    );
    const row = rows[0];
    return {
      applied: new Map(Object.entries(row?.applied ?? {})),
      environment: row?.environment ?? undefined,
      grantsChecksum: row?.grants_checksum ?? undefined,
    };
  } catch (error) {
    // undefined_table, invalid_schema_name: a database before its first migration.
    const code = (error as { code?: string }).code;
    if (code === '42P01' || code === '3F000')
      return { applied: await appliedOnly(client), environment: undefined, grantsChecksum: undefined };
    throw error;
  }
}

/** For a database where Prisma's table exists but the stamp does not yet: one that was left between two migrations. */
async function appliedOnly(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ exists: boolean }>(`SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`);
  if (rows[0]?.exists !== true) return new Map();
  const applied = await client.query<{ migration_name: string; checksum: string }>(
    `SELECT migration_name, CASE WHEN finished_at IS NULL THEN 'failed' ELSE checksum END AS checksum FROM public._prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  return new Map(applied.rows.map((row) => [row.migration_name, row.checksum]));
}

/** What is left to do: migrations in order, then the rights if they are not current. Throws where folder and database differ. */
function pendingOf(migrations: readonly Migration[], found: Found, database: string | undefined): (Migration | 'grants')[] {
  const known = new Set(migrations.map((migration) => migration.name));
  const [first] = migrations;
  for (const name of found.applied.keys()) {
    if (first !== undefined && name < first.name) {
      throw new MigrationError(
        `The database ${database} was made by an earlier development version: it has the migration ${name}, from before ${first.name}, with which this version begins. ` +
          'No release leads from there to here: empty it with "npm run reset", and start again.',
      );
    }
    if (!known.has(name)) {
      throw new MigrationError(
        `The database ${database} has the migration ${name}, which this version does not know: it is newer. Run the newer version.`,
      );
    }
  }
  const pending: (Migration | 'grants')[] = [];
  for (const migration of migrations) {
    const checksum = found.applied.get(migration.name);
    if (checksum === undefined) pending.push(migration);
    else if (checksum === 'failed') {
      throw new MigrationError(
        `The migration ${migration.name} failed half-way in ${database} under another tool. Repair it there, then mark it with "prisma migrate resolve".`,
      );
    } else if (checksum !== migration.checksum) {
      throw new MigrationError(
        `The migration ${migration.name} was changed after ${database} had applied it. Restore the file and make a new migration; a development database can be emptied with "npm run reset".`,
      );
    } else if (pending.length > 0) {
      throw new MigrationError(
        `The migration ${migration.name} is in ${database}, but the earlier ${(pending[0] as Migration).name} is not. Give the new one a later name.`,
      );
    }
  }
  if (pending.length > 0 || found.environment === undefined || found.grantsChecksum !== grantsChecksum()) pending.push('grants');
  return pending;
}
