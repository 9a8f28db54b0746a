/** What a request can leave behind anywhere in the database. */
import { type Pool } from 'pg';

/**
 * The journals that calls write to, and what is written beside them. What follows from the journals by itself and later (rows of orders and accounts, positions,
 * the venue's tape), and what processes note of themselves, is not asked for; of a session how it was put, and not how it is.
 */
const written = {
  'orders.journal': '*',
  'orders.claims': '*',
  'orders.parked': '*',
  'risk.journal': '*',
  'brokers.journal': '*',
  'brokers.requests': '*',
  'brokers.sessions': 'session_id, broker, broker_account_ids, commands_per_second_max',
};

/** Rows and a digest of each table. */
export async function storedEverywhere(database: Pool): Promise<readonly unknown[]> {
  const tables = Object.entries(written).map(
    ([table, columns]) =>
      `SELECT '${table}' AS name, count(*) AS rows, md5(string_agg(each::text, E'\\n' ORDER BY each::text)) AS digest
         FROM (SELECT ${columns} FROM ${table}) AS each`,
  );
  return (await database.query(tables.join(' UNION ALL '))).rows;
}
