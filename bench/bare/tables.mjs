/** The bare pipeline's tables: the columns, keys and indexes that the platform's have. Dropped and made again at every start. */
import { randomUUID } from 'node:crypto';

const journalTables = (schema) => `
CREATE TABLE ${schema}.holders (id uuid PRIMARY KEY, process text NOT NULL, address text NOT NULL, alive boolean NOT NULL);
CREATE TABLE ${schema}.journal (stream text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL, key text NOT NULL, key_seq bigint NOT NULL,
  payload bytea NOT NULL, traceparent text NOT NULL, at_ms bigint NOT NULL, PRIMARY KEY (stream, seq));
CREATE INDEX ON ${schema}.journal (stream, key, seq);
CREATE TABLE ${schema}.watermarks (stream text PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE ${schema}.cursors (reader text NOT NULL, stream text NOT NULL, last_seq bigint NOT NULL, last_hash bytea NOT NULL, PRIMARY KEY (reader, stream));`;

const ddl = `
DROP SCHEMA IF EXISTS gateway, connector, venue, projector CASCADE;
CREATE SCHEMA gateway; CREATE SCHEMA connector; CREATE SCHEMA venue; CREATE SCHEMA projector;
${['gateway', 'connector', 'venue'].map(journalTables).join('\n')}
CREATE TABLE gateway.orders (order_id text PRIMARY KEY, account_id text NOT NULL, accepted_seq bigint NOT NULL, is_final boolean NOT NULL, state text NOT NULL);
CREATE INDEX ON gateway.orders (account_id, accepted_seq);
CREATE TABLE gateway.requests (account_id text NOT NULL, request_id text NOT NULL, order_id text NOT NULL, PRIMARY KEY (account_id, request_id));
CREATE TABLE connector.requests (request_id text PRIMARY KEY, order_id text NOT NULL, tag text NOT NULL UNIQUE, command bytea NOT NULL,
  state smallint NOT NULL, sending_at_ms bigint NOT NULL, answered_at_ms bigint NOT NULL);
CREATE INDEX ON connector.requests (order_id);
CREATE TABLE connector.trades (broker_account_id text NOT NULL, trade_id text NOT NULL, qty numeric(28,9) NOT NULL, PRIMARY KEY (broker_account_id, trade_id));
CREATE TABLE projector.cursors (reader text NOT NULL, stream text NOT NULL, last_seq bigint NOT NULL, last_hash bytea NOT NULL, PRIMARY KEY (reader, stream));
CREATE TABLE projector.positions (account_id text PRIMARY KEY, net_qty numeric(28,9) NOT NULL, account_seq bigint NOT NULL);
CREATE TABLE projector.trades (number integer PRIMARY KEY, account_id text NOT NULL, account_seq bigint NOT NULL);
CREATE TABLE projector.ledger (account_id text NOT NULL, account_seq bigint NOT NULL, line smallint NOT NULL, amount numeric(28,9) NOT NULL,
  PRIMARY KEY (account_id, account_seq, line));`;

/** Makes the tables; answers with the holder's id of each role that keeps a journal. */
export async function makeTables(client) {
  await client.query(ddl);
  const holders = {};
  for (const role of ['gateway', 'connector', 'venue']) {
    holders[role] = randomUUID();
    await client.query(`INSERT INTO ${role}.holders VALUES ($1, $2, '127.0.0.1', true)`, [holders[role], role]);
  }
  return holders;
}
