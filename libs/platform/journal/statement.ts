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

/** What a statement adds to the numbers of a unit. */
interface Moved {
  readonly before: UnitNumbers;
  readonly heads: Map<string, Head>;
  readonly keySeqs: Map<string, number>;
}

/** @param numbersOf where the numbers of a unit stand now. */
export function buildStatement<Extra>(
  holderId: string,
  changes: readonly Change<Extra>[],
  numbersOf: (unit: string) => UnitNumbers,
  noun: FencedSql<Extra> | undefined,
  atMs: number,
): Statement<Extra> {
  const refused = new Map<Change<Extra>, unknown>();
  const refusing = (change: Change<Extra>, step: () => void): boolean => {
    try {
      step();
      return false;
    } catch (error) {
      refused.set(change, error);
      return true;
    }
  };
  for (const change of changes) if (change.check !== undefined) refusing(change, change.check);
  for (;;) {
    const included = changes.filter((change) => !refused.has(change));
    const rows = new Rows<Extra>(numbersOf, atMs);
    // The numbers of those behind a change that can't be encoded were given already: all are given anew, without it.
    if (included.some((change) => refusing(change, () => rows.add(change)))) continue;
    const values = rows.values(holderId, newestCursors(included));
    if (noun) {
      if (noun.gate) values.push(...noun.gate.params(included));
      values.push(...noun.params(included.flatMap((change) => (change.extra === undefined ? [] : [change.extra]))));
    }
    return { values, rows: rows.byChange, rowsCount: rows.all.length, refused, commit: () => rows.commit() };
  }
}

/** The rows of a statement as they are numbered. */
class Rows<Extra> {
  readonly byChange = new Map<Change<Extra>, readonly JournalRow[]>();
  readonly all: JournalRow[] = [];
  readonly #keySeqs: number[] = [];
  readonly #moved = new Map<string, Moved>();
  readonly #numbersOf: (unit: string) => UnitNumbers;
  readonly #atMs: number;

  constructor(numbersOf: (unit: string) => UnitNumbers, atMs: number) {
    this.#numbersOf = numbersOf;
    this.#atMs = atMs;
  }

  /** Numbers and encodes the entries of a change; throws what an entry's `encode` throws. */
  add(change: Change<Extra>): void {
    const { unit } = change;
    const { before, heads, keySeqs } = this.#movedOf(unit);
    const built = change.entries.map((entry): JournalRow => {
      const { stream, key, traceparent } = entry;
      assert(stream === unit || stream.startsWith(`${unit}/`), 'a stream is its unit, or lies under it');
      const head = heads.get(stream) ?? before.heads.get(stream) ?? emptyHead;
      const seq = head.seq + 1;
      const keySeq = (keySeqs.get(key) ?? before.keySeqs.get(key) ?? 0) + 1;
      const payload = asBuffer(entry.encode({ seq, keySeq, atMs: this.#atMs }));
      const hash = asBuffer(hashChain(head.hash, payload));
      heads.set(stream, { seq, hash });
      keySeqs.set(key, keySeq);
      this.#keySeqs.push(keySeq);
      return { stream, seq, hash, key, payload, traceparent, atMs: this.#atMs };
    });
    this.byChange.set(change, built);
    this.all.push(...built);
  }

  /** The parameters of the append statement, without those of the noun. */
  values(holderId: string, cursors: readonly CursorMove[]): unknown[] {
    const { all } = this;
    return [
      holderId,
      textColumn(all.map((row) => row.stream)),
      bigintColumn(all.map((row) => row.seq)),
      bytesColumn(all.map((row) => row.hash)),
      textColumn(all.map((row) => row.key)),
      bigintColumn(this.#keySeqs),
      bytesColumn(all.map((row) => row.payload)),
      textColumn(all.map((row) => row.traceparent)),
      this.#atMs,
      textColumn(cursors.map((cursor) => cursor.reader)),
      textColumn(cursors.map((cursor) => cursor.stream)),
      bigintColumn(cursors.map((cursor) => cursor.seq)),
      bytesColumn(cursors.map((cursor) => cursor.hash)),
    ];
  }

  /** Makes these numbers those of the units. */
  commit(): void {
    for (const { before, heads, keySeqs } of this.#moved.values()) {
      for (const [stream, head] of heads) before.heads.set(stream, head);
      for (const [key, keySeq] of keySeqs) before.keySeqs.set(key, keySeq);
    }
  }

  #movedOf(unit: string): Moved {
    let moved = this.#moved.get(unit);
    if (moved === undefined) this.#moved.set(unit, (moved = { before: this.#numbersOf(unit), heads: new Map(), keySeqs: new Map() }));
    return moved;
  }
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

/** The same bytes as a Buffer, which pg and the generated types want. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
