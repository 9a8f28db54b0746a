/** The fenced journal: one micro-batched statement in flight, gated by the holder's row FOR SHARE; numbers and hashes are given when it is built. */
import { hash as digest } from 'node:crypto';
import { bigints, bytes, texts } from './columns.mjs';
import { shape } from './shape.mjs';

const genesis = Buffer.alloc(32);
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export class Journal {
  #client;
  #holderId;
  #extra;
  #statement;
  #queue = [];
  #scheduled = false;
  #isRunning = false;
  #heads = new Map();
  #onStatement;

  /**
   * @param extra { ctes(firstParam), params(extras) } of the role's own tables
   * @param onStatement called with the milliseconds of each statement
   */
  constructor({ client, schema, holderId, extra, onStatement }) {
    this.#client = client;
    this.#holderId = holderId;
    this.#extra = extra;
    this.#onStatement = onStatement;
    this.#statement = { name: `append ${schema}`, text: appendSql(schema, extra) };
  }

  /** change: { entries: [{ stream, key, payload }], cursor?: { stream, seq, hash }, extra?, done(rows) }; `done` is called after the commit. */
  append(change) {
    this.#queue.push(change);
    if (this.#scheduled || this.#isRunning) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run() {
    this.#isRunning = true;
    while (this.#queue.length > 0) {
      const changes = this.#take();
      const built = this.#build(changes);
      const startedMs = performance.now();
      const { rows } = await this.#client.query({ ...this.#statement, values: built.values });
      this.#onStatement(performance.now() - startedMs);
      if (rows[0].me !== 1) throw new Error('fenced: another holder has taken over');
      for (let i = 0; i < changes.length; i++) changes[i].done(built.rows[i]);
      // What the commit has set off in this turn joins the next statement.
      await new Promise(setImmediate);
    }
    this.#isRunning = false;
  }

  #take() {
    let entries = 0;
    let count = 0;
    while (count < this.#queue.length && entries < shape.entriesPerStatement) entries += Math.max(1, this.#queue[count++].entries.length);
    return this.#queue.splice(0, count);
  }

  #build(changes) {
    const [streams, seqs, hashes, keys, payloads, traces] = [[], [], [], [], [], []];
    const cursors = new Map();
    const extras = [];
    const atMs = Date.now();
    const rows = changes.map(({ entries, cursor, extra }) => {
      if (cursor) cursors.set(cursor.stream, cursor);
      if (extra) extras.push(extra);
      return entries.map(({ stream, key, payload }) => {
        const head = this.#heads.get(stream) ?? { seq: 0, hash: genesis };
        const row = {
          stream,
          key,
          payload,
          seq: head.seq + 1,
          hash: digest('sha256', Buffer.concat([head.hash, payload]), 'buffer'),
          atMs,
        };
        this.#heads.set(stream, row);
        streams.push(stream);
        seqs.push(row.seq);
        hashes.push(row.hash);
        keys.push(key);
        payloads.push(payload);
        traces.push(traceparent);
        return row;
      });
    });
    const moved = [...cursors.values()];
    const values = [
      this.#holderId,
      texts(streams),
      bigints(seqs),
      bytes(hashes),
      texts(keys),
      bigints(seqs),
      bytes(payloads),
      texts(traces),
      atMs,
    ];
    values.push(
      texts(moved.map((c) => c.stream)),
      bigints(moved.map((c) => c.seq)),
      bytes(moved.map((c) => c.hash)),
      ...this.#extra.params(extras),
    );
    return { rows, values };
  }
}

function appendSql(schema, extra) {
  return `
WITH me AS (SELECT 1 FROM ${schema}.holders WHERE id = $1 AND alive FOR SHARE),
appended AS (
  INSERT INTO ${schema}.journal (stream, seq, hash, key, key_seq, payload, traceparent, at_ms)
  SELECT r.*, $9::bigint FROM unnest($2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::bytea[], $8::text[]) AS r
  WHERE EXISTS (SELECT FROM me)
), moved AS (
  INSERT INTO ${schema}.cursors (reader, stream, last_seq, last_hash)
  SELECT '${schema}', c.* FROM unnest($10::text[], $11::bigint[], $12::bytea[]) AS c WHERE EXISTS (SELECT FROM me)
  ON CONFLICT (reader, stream) DO UPDATE SET last_seq = excluded.last_seq, last_hash = excluded.last_hash
)${extra.ctes(13)}
SELECT count(*)::int AS me FROM me`;
}
