/** What a reader does next with the rows of one stream: pure. */
import { hashChain } from '@switchyard/kernel';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';

/** Where a reader stands in a stream. */
export interface Cursor {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export type StreamPlan =
  /** Everything was seen before. */
  | { readonly kind: 'done' }
  /** Apply these, the next of the stream; `rest` comes after them. */
  | { readonly kind: 'apply'; readonly rows: readonly JournalRow[]; readonly rest: readonly JournalRow[] }
  /** Rows from the cursor's next up to before `untilSeq` are missing. */
  | { readonly kind: 'gap'; readonly untilSeq: number }
  /** The stream's content is not what was applied before. */
  | { readonly kind: 'conflict'; readonly atSeq: number };

/**
 * Lower numbers are duplicates and skipped, higher ones a gap; the same number with another hash, or a next row that doesn't continue the chain, is a conflict.
 * @param isGapless false for topics with holes: there only the order counts.
 */
export function planStream(cursor: Cursor, rows: readonly JournalRow[], isGapless: boolean, maxRows: number): StreamPlan {
  const next: JournalRow[] = [];
  let { seq, hash } = cursor;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as JournalRow;
    if (row.seq < seq) continue;
    if (row.seq === seq) {
      if (row.hash.equals(hash)) continue;
      return next.length > 0 ? { kind: 'apply', rows: next, rest: rows.slice(at) } : { kind: 'conflict', atSeq: row.seq };
    }
    if (isGapless && row.seq > seq + 1)
      return next.length > 0 ? { kind: 'apply', rows: next, rest: rows.slice(at) } : { kind: 'gap', untilSeq: row.seq };
    if (isGapless && !row.hash.equals(hashChain(hash, row.payload))) {
      return next.length > 0 ? { kind: 'apply', rows: next, rest: rows.slice(at) } : { kind: 'conflict', atSeq: row.seq };
    }
    if (next.length === maxRows) return { kind: 'apply', rows: next, rest: rows.slice(at) };
    next.push(row);
    ({ seq, hash } = row);
  }
  return next.length > 0 ? { kind: 'apply', rows: next, rest: [] } : { kind: 'done' };
}
