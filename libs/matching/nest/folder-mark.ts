// Which database the tape of a folder is in: written into the folder before its venue takes an order, so that another database, with nothing on its tape, is known as one.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { syncFolder } from '@switchyard/matching-wal/venue';
import { type Pool } from 'pg';

/** What tells this database from any other: when its first migration stamped it. A copy that was restored has the same. */
export async function databaseIdOf(pool: Pick<Pool, 'query'>): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('SELECT extract(epoch FROM stamped_at)::text AS id FROM platform.environment');
  const [row] = rows;
  if (row === undefined) throw new Error('the database is not migrated yet');
  return row.id;
}

/** The database that the folder was last used with; undefined where it was with none, or only by a version that did not write it down. */
export function markedDatabaseOf(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(path.join(folder, 'database.json'), 'utf8')) as { id: string }).id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** On the disk when it returns: an order that was told must not outlive it. For the holder of the folder. */
export function markDatabase(folder: string, id: string): void {
  const unfinished = path.join(folder, 'database.json.tmp');
  const file = openSync(unfinished, 'w');
  try {
    writeSync(file, `${JSON.stringify({ id })}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path.join(folder, 'database.json'));
  syncFolder(folder);
}
