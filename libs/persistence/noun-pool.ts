import pg from 'pg';
import { roleOf, type Noun } from './nouns.js';

export interface NounPoolOptions {
  /** At most so many connections. A connection runs one statement at a time, so this bounds what runs at once. */
  readonly max: number;
  /** Called when an idle connection breaks (a restart of the database); the pool replaces it by itself. */
  readonly onError?: (error: Error) => void;
}

/**
 * A pool whose connections work as the noun's role, so that another noun's tables and any DDL are refused by the database.
 * If `databaseUrl` logs in as that very role (production), that is all; else its user must be a member of the role, and each
 * connection takes the role with its first packet, at no round trip. `search_path` is the noun's schema.
 */
export function nounPool(databaseUrl: string, noun: Noun, options: NounPoolOptions): pg.Pool {
  const role = roleOf(noun);
  const user = decodeURIComponent(new URL(databaseUrl).username);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max,
    application_name: role,
    // A connection into a black hole must end what waits for it: a recovery or a drain would wait for ever.
    connectionTimeoutMillis: 10_000,
    query_timeout: 30_000,
    keepAlive: true,
    options: `${user === role ? '' : `-c role=${role} `}-c search_path=${noun}`,
  });
  // Without a listener, a connection that breaks while idle would end the process. Once the pool ends, a database that stops at the same time is no news.
  pool.on('error', (error) => {
    if (!pool.ending) options.onError?.(error);
  });
  // A connection that is lent out tells its own listeners, and between two statements of a transaction it has none: then too the process
  // would end. Whoever has it learns of the break from the next statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
