/** Builds the append statement: gives the numbers, encodes, chains the hashes. Nothing is remembered until the statement has committed. */
import { assert, genesisHash, hashChain } from '@switchyard/kernel';
import { bigintColumn, bytesColumn, textColumn } from './columns.js';
import { type Change, type CursorMove, type FencedSql, type JournalRow } from './types.js';

/** The end of a stream. */
export interface Head {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** Where a unit's numbers stand. */
export interface UnitNumbers {
  readonly heads: Map<string, Head>;
  readonly keySeqs: Map<string, number>;
}

/** A statement that is ready to go. */
export interface Statement<Extra> {
  readonly values: unknown[];
  /** The rows of each change, as they will be. */
  readonly rows: ReadonlyMap<Change<Extra>, readonly JournalRow[]>;
  readonly rowsCount: number;
  /** The changes that their check keeps out, or whose entries could not be encoded: they are not in the statement. */
  readonly refused: ReadonlyMap<Change<Extra>, unknown>;
  /** Makes the numbers of the statement those of the units: call it when the statement has committed. */
  commit(): void;
}

export const emptyHead: Head = { seq: 0, hash: genesisHash };

/** @param numbersOf where the numbers of a unit stand now. */
export function buildStatement<Extra>(
  holderId: string,
  changes: readonly Change<Extra>[],
  numbersOf: (unit: string) => UnitNumbers,
  noun: FencedSql<Extra> | undefined,
  atMs: number,
): Statement<Extra> {
  const heads = new Map<string, { unit: string; head: Head }>();
  const keySeqs = new Map<string, { unit: string; key: string; keySeq: number }>();
  const rows = new Map<Change<Extra>, JournalRow[]>();
  const refused = new Map<Change<Extra>, unknown>();
  const rowKeySeqs: number[] = [];

  const build = (change: Change<Extra>): void => {
    const numbers = numbersOf(change.unit);
    const built: JournalRow[] = [];
    const builtKeySeqs: number[] = [];
    const undo: (() => void)[] = [];
    try {
      change.check?.();
      for (const entry of change.entries) {
        assert(entry.stream === change.unit || entry.stream.startsWith(`${change.unit}/`), 'a stream is its unit, or lies under it');
        const keyOfKey = `${change.unit}\0${entry.key}`;
        const [formerHead, formerKeySeq] = [heads.get(entry.stream), keySeqs.get(keyOfKey)];
        const head = formerHead?.head ?? numbers.heads.get(entry.stream) ?? emptyHead;
        const seq = head.seq + 1;
        const keySeq = (formerKeySeq?.keySeq ?? numbers.keySeqs.get(entry.key) ?? 0) + 1;
        const payload = asBuffer(entry.encode({ seq, keySeq, atMs }));
        const hash = asBuffer(hashChain(head.hash, payload));
        undo.push(
          () => restore(heads, entry.stream, formerHead),
          () => restore(keySeqs, keyOfKey, formerKeySeq),
        );
        heads.set(entry.stream, { unit: change.unit, head: { seq, hash } });
        keySeqs.set(keyOfKey, { unit: change.unit, key: entry.key, keySeq });
        built.push({ stream: entry.stream, seq, hash, key: entry.key, payload, traceparent: entry.traceparent, atMs });
        builtKeySeqs.push(keySeq);
      }
    } catch (error) {
      for (const step of undo.reverse()) step();
      refused.set(change, error);
      return;
    }
    rows.set(change, built);
    rowKeySeqs.push(...builtKeySeqs);
  };
  for (const change of changes) build(change);

  const included = changes.filter((change) => rows.has(change));
  const all = [...rows.values()].flat();
  const cursors = newestCursors(included);
  const values: unknown[] = [
    holderId,
    textColumn(all.map((row) => row.stream)),
    bigintColumn(all.map((row) => row.seq)),
    bytesColumn(all.map((row) => row.hash)),
    textColumn(all.map((row) => row.key)),
    bigintColumn(rowKeySeqs),
    bytesColumn(all.map((row) => row.payload)),
    textColumn(all.map((row) => row.traceparent)),
    atMs,
    textColumn(cursors.map((cursor) => cursor.reader)),
    textColumn(cursors.map((cursor) => cursor.stream)),
    bigintColumn(cursors.map((cursor) => cursor.seq)),
    bytesColumn(cursors.map((cursor) => cursor.hash)),
  ];
  if (noun) {
    if (noun.gate) values.push(...noun.gate.params(included));
    values.push(...noun.params(included.flatMap((change) => (change.extra === undefined ? [] : [change.extra]))));
  }
  return {
    values,
    rows,
    rowsCount: all.length,
    refused,
    commit: () => {
      for (const [stream, { unit, head }] of heads) numbersOf(unit).heads.set(stream, head);
      for (const { unit, key, keySeq } of keySeqs.values()) numbersOf(unit).keySeqs.set(key, keySeq);
    },
  };
}

/** One move per (reader, stream), the furthest: a statement may update a row only once. */
function newestCursors(changes: readonly Change<unknown>[]): CursorMove[] {
  const newest = new Map<string, CursorMove>();
  for (const change of changes) {
    for (const cursor of change.cursors ?? []) {
      const key = `${cursor.reader}\0${cursor.stream}`;
      const former = newest.get(key);
      if (former === undefined || former.seq < cursor.seq) newest.set(key, cursor);
    }
  }
  return [...newest.values()];
}

function restore<K, V>(map: Map<K, V>, key: K, former: V | undefined): void {
  if (former === undefined) map.delete(key);
  else map.set(key, former);
}

/** The same bytes as a Buffer, which pg and the generated types want. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
