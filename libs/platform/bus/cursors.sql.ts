/** Every SQL text of readers. */
import { quoted } from '../journal/rows.sql.js';

export type CursorsSql = ReturnType<typeof cursorsSql>;

export function cursorsSql(schema: string) {
  const s = quoted(schema);
  return {
    cursors: `SELECT stream, last_seq, last_hash FROM ${s}.cursors WHERE reader = $1 AND stream = ANY($2::text[])`,
    lockCursor: `SELECT last_seq FROM ${s}.cursors WHERE reader = $1 AND stream = $2 FOR UPDATE`,
    // $1 reader, then arrays: stream, new seq, new hash, the seq from which it moves. Answers with the streams that stood where they were expected.
    move: `
WITH m AS (SELECT * FROM unnest($2::text[], $3::bigint[], $4::bytea[], $5::bigint[]) AS m (stream, seq, hash, expected)),
created AS (
  INSERT INTO ${s}.cursors (reader, stream, last_seq, last_hash) SELECT $1, stream, seq, hash FROM m WHERE expected = 0
  ON CONFLICT (reader, stream) DO NOTHING RETURNING stream
), moved AS (
  UPDATE ${s}.cursors c SET last_seq = m.seq, last_hash = m.hash FROM m
  WHERE c.reader = $1 AND c.stream = m.stream AND c.last_seq = m.expected AND m.expected > 0 RETURNING c.stream
)
SELECT stream FROM created UNION ALL SELECT stream FROM moved`,
    parkedKeys: `SELECT stream, key, from_seq, error FROM ${s}.parked WHERE reader = $1 AND stream = ANY($2::text[])`,
    park: `
INSERT INTO ${s}.parked (reader, stream, key, from_seq, error) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (reader, stream, key) DO UPDATE SET from_seq = excluded.from_seq, error = excluded.error`,
    allParked: `
SELECT reader, stream, key, from_seq, error, (extract(epoch FROM parked_at) * 1000)::float8 AS parked_at_ms
FROM ${s}.parked WHERE reader = $1 ORDER BY parked_at, stream, key`,
    lockParked: `SELECT from_seq FROM ${s}.parked WHERE reader = $1 AND stream = $2 AND key = $3 FOR UPDATE`,
    unpark: `DELETE FROM ${s}.parked WHERE reader = $1 AND stream = $2 AND key = $3`,
  };
}
