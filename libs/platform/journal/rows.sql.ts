/** Every SQL text of the journal library. A schema is a name of our own, checked here, and the only thing that is put into a text. */
import { assert } from '@switchyard/kernel';
import { type FencedSql } from './types.js';

/** The number of parameters before those of the noun: see `appendParams` in appender.ts. */
const appendParamsCount = 13;

/** The seven tables, as tests create them; a noun's Prisma schema has the same as models (README.md). */
export function journalTablesSql(schema: string): string {
  const s = quoted(schema);
  return `
CREATE SCHEMA IF NOT EXISTS ${s};
CREATE TABLE ${s}.holders (id uuid PRIMARY KEY, process text NOT NULL, address text NOT NULL, alive boolean NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(), attrs_version bigint NOT NULL DEFAULT 0);
CREATE TABLE ${s}.heartbeats (holder_id uuid PRIMARY KEY, beat_at timestamptz NOT NULL);
CREATE TABLE ${s}.ownership (unit text PRIMARY KEY, holder_id uuid NOT NULL);
CREATE TABLE ${s}.journal (stream text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL, key text NOT NULL, key_seq bigint NOT NULL, payload bytea NOT NULL, traceparent text NOT NULL, at_ms bigint NOT NULL, PRIMARY KEY (stream, seq));
CREATE INDEX journal_stream_key_seq_idx ON ${s}.journal (stream, key, seq);
CREATE TABLE ${s}.watermarks (stream text PRIMARY KEY, seq bigint NOT NULL);
${readerTablesSql(schema)}`;
}

/** The two tables of a noun that only reads: cursors and parked keys. */
export function readerTablesSql(schema: string): string {
  const s = quoted(schema);
  return `
CREATE SCHEMA IF NOT EXISTS ${s};
CREATE TABLE ${s}.cursors (reader text NOT NULL, stream text NOT NULL, last_seq bigint NOT NULL, last_hash bytea NOT NULL, PRIMARY KEY (reader, stream));
CREATE TABLE ${s}.parked (reader text NOT NULL, stream text NOT NULL, key text NOT NULL, from_seq bigint NOT NULL, error text NOT NULL, parked_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (reader, stream, key));`;
}

export type JournalSql = ReturnType<typeof journalSql>;

/** The texts for one schema. */
export function journalSql(schema: string) {
  const s = quoted(schema);
  const rowColumns = 'stream, seq, hash, key, payload, traceparent, at_ms';
  return {
    channel: `journal_${schema}`,
    append: <Extra>(noun: FencedSql<Extra> | undefined): string => appendSql(s, noun),
    isAlive: `SELECT alive FROM ${s}.holders WHERE id = $1`,

    // $1 id, $2 process, $3 address. A holder's row is never brought back to life: an id is used once.
    register: `
WITH swept AS (
  DELETE FROM ${s}.holders h WHERE NOT h.alive AND h.started_at < clock_timestamp() - interval '1 day'
    AND NOT EXISTS (SELECT FROM ${s}.ownership o WHERE o.holder_id = h.id) RETURNING h.id
), unbeaten AS (DELETE FROM ${s}.heartbeats b USING swept WHERE b.holder_id = swept.id
), held AS (INSERT INTO ${s}.holders (id, process, address, alive, started_at) VALUES ($1, $2, $3, true, clock_timestamp()))
INSERT INTO ${s}.heartbeats (holder_id, beat_at) VALUES ($1, clock_timestamp())`,
    beat: `UPDATE ${s}.heartbeats SET beat_at = clock_timestamp() WHERE holder_id = $1`,
    holders: `
SELECT h.id, h.process, h.address, h.alive, h.started_at,
  coalesce(extract(epoch FROM clock_timestamp() - b.beat_at) * 1000, 1e12)::float8 AS age_ms
FROM ${s}.holders h LEFT JOIN ${s}.heartbeats b ON b.holder_id = h.id
WHERE h.alive ORDER BY h.started_at, h.id`,
    ownership: `SELECT unit, holder_id FROM ${s}.ownership`,

    // Whoever changes ownership holds this lock from the first statement of its transaction, so each later statement sees what the last one committed.
    ownershipLock: `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`,
    lockAlive: `SELECT FROM ${s}.holders WHERE id = $1 AND alive FOR SHARE`,
    // $1 ids of former lives of this process (dead at once), $2 ids without a heartbeat, $3 for how many ms. Waits for the statement that a holder has in flight.
    markDead: `
UPDATE ${s}.holders h SET alive = false WHERE h.alive AND (h.id = ANY($1::uuid[]) OR h.id = ANY($2::uuid[]) AND NOT EXISTS (
  SELECT FROM ${s}.heartbeats b WHERE b.holder_id = h.id AND b.beat_at > clock_timestamp() - $3 * interval '1 millisecond')) RETURNING h.id`,
    // $1 me, $2 units: those that nobody alive has.
    claim: `
INSERT INTO ${s}.ownership AS o (unit, holder_id) SELECT unit, $1::uuid FROM unnest($2::text[]) AS unit
ON CONFLICT (unit) DO UPDATE SET holder_id = $1 WHERE NOT EXISTS (SELECT FROM ${s}.holders h WHERE h.id = o.holder_id AND h.alive) RETURNING o.unit`,
    // $1 me, $2 to whom, $3 units.
    give: `
UPDATE ${s}.ownership SET holder_id = $2 WHERE unit = ANY($3::text[]) AND holder_id = $1
  AND EXISTS (SELECT FROM ${s}.holders h WHERE h.id = $2 AND h.alive) RETURNING unit`,

    // A loose index scan over the streams, then the last row of each.
    heads: `
WITH RECURSIVE streams AS (
  (SELECT stream FROM ${s}.journal ORDER BY stream LIMIT 1)
  UNION ALL
  SELECT (SELECT j.stream FROM ${s}.journal j WHERE j.stream > streams.stream ORDER BY j.stream LIMIT 1) FROM streams WHERE streams.stream IS NOT NULL
)
SELECT streams.stream, last.seq, last.hash, coalesce(w.seq, 0) AS published FROM streams
CROSS JOIN LATERAL (SELECT seq, hash FROM ${s}.journal j WHERE j.stream = streams.stream ORDER BY seq DESC LIMIT 1) last
LEFT JOIN ${s}.watermarks w ON w.stream = streams.stream
WHERE streams.stream IS NOT NULL`,
    keySeqs: `SELECT key, max(key_seq) AS key_seq FROM ${s}.journal WHERE stream = ANY($1::text[]) GROUP BY key`,
    last: `SELECT seq, hash FROM ${s}.journal WHERE stream = $1 ORDER BY seq DESC LIMIT 1`,
    read: `SELECT ${rowColumns} FROM ${s}.journal WHERE stream = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
    readKey: `SELECT ${rowColumns} FROM ${s}.journal WHERE stream = $1 AND seq >= $2 AND key = $4 ORDER BY seq LIMIT $3`,

    // $1 me, $2 streams, $3 seqs. Fenced, and never back: the former owner's last word may come late. A watermark that is lost with the database's last
    // moments costs a repeated publication, not a row: its commit waits for no disk.
    moveWatermarks: `
WITH me AS (SELECT set_config('synchronous_commit', 'off', true) FROM ${s}.holders WHERE id = $1 AND alive FOR SHARE)
INSERT INTO ${s}.watermarks AS w (stream, seq) SELECT * FROM unnest($2::text[], $3::bigint[]) WHERE EXISTS (SELECT FROM me)
ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq WHERE w.seq < excluded.seq`,
  };
}

/** A schema's name, quoted. */
export function quoted(schema: string): string {
  assert(/^[a-z][a-z0-9_]*$/.test(schema), 'a schema is named by lower-case letters, digits and underscores');
  return `"${schema}"`;
}

/** The one statement: the gate, the journal rows, the cursors, and what the noun adds. */
function appendSql<Extra>(s: string, noun: FencedSql<Extra> | undefined): string {
  let next = appendParamsCount + 1;
  let gate = '';
  if (noun?.gate) {
    gate = ` AND (${noun.gate.sql(next)})`;
    next += noun.gate.params([]).length;
  }
  const ctes = noun === undefined ? '' : `, ${noun.ctes(next)}`;
  return `
WITH me AS (SELECT 1 FROM ${s}.holders WHERE id = $1 AND alive${gate} FOR SHARE),
appended AS (
  INSERT INTO ${s}.journal (stream, seq, hash, key, key_seq, payload, traceparent, at_ms)
  SELECT r.*, $9::bigint FROM unnest($2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::bytea[], $8::text[]) AS r
  WHERE EXISTS (SELECT FROM me) RETURNING 1
), moved AS (
  INSERT INTO ${s}.cursors (reader, stream, last_seq, last_hash)
  SELECT c.* FROM unnest($10::text[], $11::text[], $12::bigint[], $13::bytea[]) AS c WHERE EXISTS (SELECT FROM me)
  ON CONFLICT (reader, stream) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash
)${ctes}
SELECT (SELECT count(*) FROM me)::int AS me, (SELECT count(*) FROM appended)::int AS appended`;
}
