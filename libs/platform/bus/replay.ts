import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type CursorsSql } from './cursors.sql.js';
import { applyAlone, inTransaction } from './effect.js';
import { type ReaderOptions, type ReplayResult } from './types.js';

const pageRows = 200;

/**
 * Applies a parked key's rows again, from the first that failed up to the stream's cursor, in one transaction under the cursor's lock: whoever reads the
 * stream meanwhile waits, and sees afterwards whether the key is parked still.
 */
export function replayParked(
  options: Pick<ReaderOptions, 'group' | 'pool' | 'effect'>,
  sql: CursorsSql,
  stream: string,
  key: string,
  read: (fromSeq: number, limit: number) => Promise<readonly JournalRow[]>,
): Promise<ReplayResult> {
  const { group } = options;
  return inTransaction(options, async (tx) => {
    const cursor = Number((await tx.query<{ last_seq: string }>(sql.lockCursor, [group, stream])).rows[0]?.last_seq ?? 0);
    const [parked] = (await tx.query<{ from_seq: string }>(sql.lockParked, [group, stream, key])).rows;
    if (parked === undefined) return { applied: 0, ended: true, error: '' };
    let applied = 0;
    for (let next = Number(parked.from_seq); next <= cursor;) {
      const page = await read(next, pageRows);
      for (const row of page) {
        if (row.seq > cursor) break; // The reader has not come to it; it applies it itself.
        const error = await applyAlone(tx, options, row);
        if (error !== undefined) {
          await tx.query(sql.park, [group, stream, key, row.seq, error]);
          return { applied, ended: false, error };
        }
        applied += 1;
      }
      if (page.length < pageRows) break;
      next = (page.at(-1)?.seq ?? 0) + 1;
    }
    await tx.query(sql.unpark, [group, stream, key]);
    return { applied, ended: true, error: '' };
  });
}
