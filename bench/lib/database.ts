/** What a database did, by its own counting: the same yardstick for the bare pipeline and for the platform. */
import pg from 'pg';
import { monotonicMs } from './clock.js';

/** A connection whose loss is told by the next statement, not by an error of its own. */
export async function openClient(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export interface DatabaseWork {
  readonly commits: number;
  /** Rows inserted, updated and deleted. */
  readonly rows: number;
  /** Bytes of the write-ahead log. */
  readonly walBytes: number;
  readonly fsyncs: number;
  readonly fsyncMs: number;
}

/** Reads the server's counters. They lag by up to a second behind idle sessions, so ask when the load has been over for that long. */
export async function databaseWork(client: pg.Client): Promise<DatabaseWork> {
  const { rows } = await client.query<Record<keyof DatabaseWork, string | number>>(`
    SELECT d.xact_commit AS commits, d.tup_inserted + d.tup_updated + d.tup_deleted AS rows,
      pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS "walBytes", w.fsyncs, w.fsync_ms AS "fsyncMs"
    FROM pg_stat_database d, (SELECT sum(fsyncs) AS fsyncs, sum(fsync_time) AS fsync_ms FROM pg_stat_io WHERE object = 'wal') w
    WHERE d.datname = current_database()`);
  const [row] = rows;
  if (row === undefined) throw new Error('the database does not know itself');
  const numbers = { commits: Number(row.commits), rows: Number(row.rows), walBytes: Number(row.walBytes) };
  return { ...numbers, fsyncs: Number(row.fsyncs), fsyncMs: Number(row.fsyncMs) };
}

export function workBetween(before: DatabaseWork, after: DatabaseWork): DatabaseWork {
  return {
    commits: after.commits - before.commits,
    rows: after.rows - before.rows,
    walBytes: after.walBytes - before.walBytes,
    fsyncs: after.fsyncs - before.fsyncs,
    fsyncMs: after.fsyncMs - before.fsyncMs,
  };
}

/** What to add to an instant of the monotonic clock to have the database's, in epoch milliseconds: from the quickest of several questions. */
export async function wallOffsetMs(client: pg.Client): Promise<number> {
  let best = { tookMs: Infinity, offsetMs: 0 };
  for (let i = 0; i < 30; i++) {
    const askedMs = monotonicMs();
    const { rows } = await client.query<{ ms: string }>({ name: 'now', text: 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms' });
    const tookMs = monotonicMs() - askedMs;
    if (tookMs < best.tookMs) best = { tookMs, offsetMs: Number(rows[0]?.ms) - (askedMs + tookMs / 2) };
  }
  return best.offsetMs;
}

/** Median milliseconds of a commit of one row, alone, over this connection. */
export async function commitMedianMs(client: pg.Client, commits = 300): Promise<number> {
  await client.query('CREATE TABLE IF NOT EXISTS public.bench_commits (at timestamptz)');
  const tookMs: number[] = [];
  for (let i = 0; i < commits; i++) {
    const startedMs = performance.now();
    await client.query({ name: 'commit', text: 'INSERT INTO public.bench_commits VALUES (now())' });
    tookMs.push(performance.now() - startedMs);
  }
  await client.query('DROP TABLE public.bench_commits');
  return tookMs.sort((a, b) => a - b)[commits >> 1] ?? Number.NaN;
}
