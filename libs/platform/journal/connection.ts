/** Connections of the journal's own, beside the pool: one for appends, one for heartbeats, fresh ones to mark a holder dead. */
import { Client, DatabaseError, type Pool } from 'pg';
import { quoted } from './rows.sql.js';

export interface ConnectionOptions {
  readonly schema: string;
  /** Named in pg_stat_activity. */
  readonly name: string;
  /** A statement without an answer for this long rejects; the connection is useless then. */
  readonly timeoutMs: number;
  /** Called at most once, when the connection is lost. */
  readonly onLost?: (error: Error) => void;
}

/** Opens a connection with the pool's address and login. The search path is the schema alone. */
export async function openConnection(pool: Pool, options: ConnectionOptions): Promise<Client> {
  const { password } = pool.options; // Not enumerable, so the spread below misses it.
  const client = new Client({
    ...pool.options,
    password,
    application_name: options.name,
    connectionTimeoutMillis: Math.min(3_000, options.timeoutMs),
    query_timeout: options.timeoutMs,
    keepAlive: true,
  });
  let isLost = false;
  client.on('error', (error) => {
    if (isLost) return;
    isLost = true;
    options.onLost?.(error);
  });
  try {
    await client.connect();
    // Append statements are planned once, often while the tables are empty; an index is right for each of them as soon as they are not.
    await client.query(
      `SET search_path TO ${quoted(options.schema)}; SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off; SET jit TO off`,
    );
  } catch (error) {
    closeConnection(client);
    throw error;
  }
  return client;
}

/** Closes without waiting for what hangs. */
export function closeConnection(client: Client): void {
  client.end().catch(() => undefined); // Whatever it says, nobody uses this connection any more.
}

/**
 * True when the database itself said that the statement failed: then it wrote nothing. Everything else (a lost connection, a time-out, a FATAL error,
 * which ends the connection) leaves open whether it was committed.
 */
export function isDefiniteFailure(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.severity === 'ERROR';
}

/** True when the same statement may succeed a little later: deadlock, resources, a cancel. */
export function mayPass(error: DatabaseError): boolean {
  return /^(40|53|55|57)/.test(error.code ?? '');
}
