/** Every SQL text of readers. */
import { quoted } from '../journal/rows.sql.js';
import { type Effect } from './types.js';

const moveParamsCount = 5;

export type CursorsSql = ReturnType<typeof cursorsSql>;

export function cursorsSql(schema: string) {
  const s = quoted(schema);
  const texts = new Map<string, string>();
  // $1 reader, then arrays: stream, new seq, new hash, the seq from which it moves.
  const moves = `
cursor_moves AS (SELECT * FROM unnest($2::text[], $3::bigint[], $4::bytea[], $5::bigint[]) AS m (stream, seq, hash, expected)),
cursors_created AS (
  INSERT INTO ${s}.cursors (reader, stream, last_seq, last_hash) SELECT $1, stream, seq, hash FROM cursor_moves WHERE expected = 0
  ON CONFLICT (reader, stream) DO NOTHING RETURNING stream
), cursors_moved AS (
  UPDATE ${s}.cursors c SET last_seq = m.seq, last_hash = m.hash FROM cursor_moves m
  WHERE c.reader = $1 AND c.stream = m.stream AND c.last_seq = m.expected AND m.expected > 0 RETURNING c.stream
)`;
  return {
    cursors: `SELECT stream, last_seq, last_hash FROM ${s}.cursors WHERE reader = $1 AND stream = ANY($2::text[])`,
    lockCursor: `SELECT last_seq FROM ${s}.cursors WHERE reader = $1 AND stream = $2 FOR UPDATE`,
    /** Answers with the streams that stood where they were expected. */
    move: `WITH ${moves} SELECT stream FROM cursors_created UNION ALL SELECT stream FROM cursors_moved`,
    /** Moves every cursor and writes the effect, or nothing: where one did not stand where it was expected, a division by zero ends the statement. */
    moveAnd(effect: Effect): string {
      let text = texts.get(effect.name);
      if (text === undefined) {
        const ctes = effect.ctes(moveParamsCount + 1);
        text = `WITH ${moves}${ctes && `, ${ctes}`}
SELECT 1 / CASE WHEN (SELECT count(*) FROM cursors_created) + (SELECT count(*) FROM cursors_moved) = (SELECT count(*) FROM cursor_moves) THEN 1 ELSE 0 END`;
        texts.set(effect.name, text);
      }
      return text;
    },
    parkedKeys: `SELECT stream, key, from_seq, error FROM ${s}.parked WHERE reader = $1 AND stream = ANY($2::text[])`,
    park: `
INSERT INTO ${s}.parked (reader, stream, key, from_seq, error) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (reader, stream, key) DO UPDATE SET from_seq = excluded.from_seq, error = excluded.error`,
    allParked: `
SELECT reader, stream, key, from_seq, error, (extract(epoch FROM parked_at) * 1000)::float8 AS parked_at_ms
FROM ${s}.parked WHERE reader = $1 ORDER BY parked_at, stream, key`,
    parkedKey: `SELECT from_seq, error FROM ${s}.parked WHERE reader = $1 AND stream = $2 AND key = $3`,
    lockParked: `SELECT from_seq FROM ${s}.parked WHERE reader = $1 AND stream = $2 AND key = $3 FOR UPDATE`,
    unpark: `DELETE FROM ${s}.parked WHERE reader = $1 AND stream = $2 AND key = $3`,
  };
}
