/** Each database belongs to one environment for ever: checked by every process at every start, before a role may touch it (architecture.md 1.4). */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pool } from 'pg';
import { type Logger } from '../log/index.js';

/** The database belongs to the other environment than the process. */
export class DatabaseStampError extends Error {
  override readonly name = 'DatabaseStampError';

  constructor(database: string, stamped: string, environment: string) {
    super(
      `The database ${database} was stamped "${stamped}" at its first migration, but this process runs as "${environment}": ` +
        `point SWITCHYARD_POSTGRES_URL to the ${environment} database, or set SWITCHYARD_ENVIRONMENT=${stamped}. A stamp is never changed.`,
    );
  }
}

const retryMsMin = 100;
const retryMsMax = 2_000;

export interface StampCheck {
  readonly pool: Pool;
  readonly environment: 'sim' | 'live';
  readonly log: Logger;
  /** What is waited for, in words. */
  waiting(why: string): void;
  /** The process is being shut down: wait no longer. */
  stopped(): boolean;
}

/**
 * Resolves when the database is known to belong to the environment, or the process is being shut down. A database that is away, or not migrated yet, is
 * waited for. Throws DatabaseStampError where it belongs to the other one.
 */
export async function checkDatabaseStamp({ pool, environment, log, waiting, stopped }: StampCheck): Promise<void> {
  for (let waitMs = retryMsMin; !stopped(); waitMs = Math.min(2 * waitMs, retryMsMax)) {
    const found = await readStamp(pool);
    if ('stamp' in found) {
      if (found.stamp !== environment) throw new DatabaseStampError(found.database, found.stamp, environment);
      return;
    }
    waiting(found.why);
    log.warn(found.why);
    await sleep(waitMs);
  }
}

async function readStamp(pool: Pool): Promise<{ stamp: string; database: string } | { why: string }> {
  try {
    const { rows } = await pool.query<{ environment: string; database: string }>(
      'SELECT environment, current_database() AS database FROM platform.environment',
    );
    const [row] = rows;
    return row === undefined ? { why: notMigrated } : { stamp: row.environment, database: row.database };
  } catch (error) {
    // undefined_table, invalid_schema_name, or a role without its rights: before the first migration.
    if (['42P01', '3F000', '42501'].includes((error as { code?: string }).code ?? '')) return { why: notMigrated };
    return { why: `waits for the database: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const notMigrated = 'waits for the database to be migrated: it has no stamp of its environment yet';
