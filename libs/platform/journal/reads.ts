/** Reads of a journal, by the pool: for readers' gaps, recovery and explanations. */
import { type Pool } from 'pg';
import { type JournalSql } from './rows.sql.js';
import { emptyHead, type Head } from './statement.js';
import { type JournalRow } from './types.js';

export interface ReadOptions {
  /** Only rows of this key. */
  readonly key?: string;
  /** At most this many rows. */
  readonly limit?: number;
}

interface StoredRow {
  stream: string;
  seq: string;
  hash: Buffer;
  key: string;
  payload: Buffer;
  traceparent: string;
  at_ms: string;
}

const pageRows = 500;

export class JournalReads {
  readonly #pool: Pool;
  readonly #sql: JournalSql;

  constructor(pool: Pool, sql: JournalSql) {
    this.#pool = pool;
    this.#sql = sql;
  }

  async *pages(stream: string, fromSeq: number, { key, limit = Infinity }: ReadOptions = {}): AsyncGenerator<readonly JournalRow[]> {
    let next = fromSeq;
    for (let left = limit; left > 0;) {
      const wanted = Math.min(left, pageRows);
      const rows = await this.page(stream, next, wanted, key);
      if (rows.length > 0) yield rows;
      if (rows.length < wanted) return;
      next = (rows.at(-1)?.seq ?? 0) + 1;
      left -= rows.length;
    }
  }

  async page(stream: string, fromSeq: number, limit: number, key?: string): Promise<readonly JournalRow[]> {
    const result = await this.#pool.query<StoredRow>(key === undefined ? this.#sql.read : this.#sql.readKey, [
      stream,
      fromSeq,
      limit,
      ...(key === undefined ? [] : [key]),
    ]);
    return result.rows.map((row) => ({ ...row, seq: Number(row.seq), atMs: Number(row.at_ms) })).map(({ at_ms: _, ...row }) => row);
  }

  async last(stream: string): Promise<Head> {
    const [row] = (await this.#pool.query<StoredRow>(this.#sql.last, [stream])).rows;
    return row === undefined ? emptyHead : { seq: Number(row.seq), hash: row.hash };
  }

  /** The end of every stream, and how far it is published. */
  async heads(): Promise<ReadonlyMap<string, Head & { readonly stream: string; readonly published: number }>> {
    const result = await this.#pool.query<StoredRow & { published: string }>(this.#sql.heads);
    return new Map(
      result.rows.map((row) => [
        row.stream,
        { stream: row.stream, seq: Number(row.seq), hash: row.hash, published: Number(row.published) },
      ]),
    );
  }

  /** The last keySeq of every key in the streams of one unit. */
  async keySeqs(streams: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (streams.length === 0) return new Map();
    const result = await this.#pool.query<{ key: string; key_seq: string }>(this.#sql.keySeqs, [streams]);
    return new Map(result.rows.map((row) => [row.key, Number(row.key_seq)]));
  }
}
