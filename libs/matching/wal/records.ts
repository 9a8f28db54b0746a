// Several records in one frame: each is its length, a word, and its bytes.
import { assert } from '@switchyard/kernel';

export function packRecords(records: readonly Uint8Array[]): Buffer {
  const packed = Buffer.allocUnsafe(records.reduce((bytes, record) => bytes + packedBytes(record.length), 0));
  let at = 0;
  for (const record of records) {
    at = packed.writeUInt32LE(record.length, at);
    packed.set(record, at);
    at += record.length;
  }
  return packed;
}

/** The records in their order, as many together as `bytesMax` holds when they are packed, and at least one. */
export function* cutRecords(records: readonly Uint8Array[], bytesMax: number): Generator<readonly Uint8Array[], void, undefined> {
  let from = 0;
  let bytes = 0;
  for (const [at, { length }] of records.entries()) {
    if (at > from && bytes + packedBytes(length) > bytesMax) {
      yield records.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += packedBytes(length);
  }
  if (from < records.length) yield records.slice(from);
}

/** Bytes that a record takes in a frame. */
export function packedBytes(recordBytes: number): number {
  return 4 + recordBytes;
}

/** The records of a frame; their bytes are parts of it. */
export function unpackRecords(packed: Buffer, recordsCount: number): Buffer[] {
  const records: Buffer[] = [];
  let at = 0;
  while (at < packed.length) {
    const bytes = packed.readUInt32LE(at);
    records.push(packed.subarray(at + 4, at + 4 + bytes));
    at += 4 + bytes;
  }
  assert(at === packed.length && records.length === recordsCount, 'a frame holds as many records as its header says');
  return records;
}
