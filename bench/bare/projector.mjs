/** A reader: the cursors first, then the effect of everything that queued, in one transaction. */
import { bigints, bytes, integers, texts } from './columns.mjs';
import { kindOf, numberOf } from './items.mjs';
import { KIND } from './shape.mjs';

const moveSql = `
WITH m AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[]) AS m (stream, seq, hash, expected)),
created AS (
  INSERT INTO projector.cursors (reader, stream, last_seq, last_hash) SELECT 'projector', stream, seq, hash FROM m WHERE expected = 0
  ON CONFLICT (reader, stream) DO NOTHING RETURNING stream
), moved AS (
  UPDATE projector.cursors c SET last_seq = m.seq, last_hash = m.hash FROM m
  WHERE c.reader = 'projector' AND c.stream = m.stream AND c.last_seq = m.expected AND m.expected > 0 RETURNING c.stream
)
SELECT stream FROM created UNION ALL SELECT stream FROM moved`;

const effectSql = `
WITH t AS (SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS t (number, account_id, account_seq)),
traded AS (INSERT INTO projector.trades SELECT * FROM t),
posted AS (INSERT INTO projector.ledger SELECT t.account_id, t.account_seq, l.line, l.amount FROM t, (VALUES (1::smallint, 10), (2::smallint, -10)) AS l (line, amount))
INSERT INTO projector.positions AS p (account_id, net_qty, account_seq) SELECT account_id, 10 * count(*), max(account_seq) FROM t GROUP BY account_id
ON CONFLICT (account_id) DO UPDATE SET net_qty = p.net_qty + excluded.net_qty, account_seq = excluded.account_seq`;

export function startProjector({ client }) {
  const cursors = new Map();
  const counts = { applied: 0, trades: 0 };
  let queue = [];
  let isRunning = false;

  async function run() {
    isRunning = true;
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const taken = queue;
      queue = [];
      await transaction(taken.flatMap(({ rows }) => rows));
      for (const { done } of taken) done();
      await new Promise(setImmediate);
    }
    isRunning = false;
  }

  async function transaction(rows) {
    const moves = new Map();
    for (const row of rows) {
      const from = moves.get(row.stream)?.to.seq ?? cursors.get(row.stream) ?? 0;
      if (row.seq !== from + 1) throw new Error(`${row.stream} goes from ${from} to ${row.seq}`);
      moves.set(row.stream, { from: cursors.get(row.stream) ?? 0, to: row });
    }
    const list = [...moves.values()];
    const trades = rows.filter((row) => kindOf(row.payload) === KIND.traded);
    await client.query('BEGIN');
    const moved = await client.query({
      name: 'move',
      text: moveSql,
      values: [
        texts(list.map(({ to }) => to.stream)),
        bigints(list.map(({ to }) => to.seq)),
        bytes(list.map(({ to }) => to.hash)),
        bigints(list.map(({ from }) => from)),
      ],
    });
    if (moved.rows.length !== list.length) throw new Error('another reader moved a cursor');
    if (trades.length > 0) {
      await client.query({
        name: 'effect',
        text: effectSql,
        values: [
          integers(trades.map((row) => numberOf(row.payload))),
          texts(trades.map((row) => row.key)),
          bigints(trades.map((row) => row.seq)),
        ],
      });
    }
    await client.query('COMMIT');
    for (const { to } of list) cursors.set(to.stream, to.seq);
    counts.applied += rows.length;
    counts.trades += trades.length;
  }

  return {
    counts,
    /** Resolves when the rows' effect is committed. */
    apply: (rows) =>
      new Promise((done) => {
        queue.push({ rows, done });
        if (!isRunning) void run();
      }),
  };
}
