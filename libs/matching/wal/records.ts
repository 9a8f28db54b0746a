// Several records in one frame: each is its length, a word, and its bytes.
import { assert } from '@switchyard/kernel';

export function packRecords(records: readonly Uint8Array[]): Buffer {
  const packed = Buffer.allocUnsafe(records.reduce((bytes, record) => bytes + 4 + record.length, 0));
  let at = 0;
  for (const record of records) {
    at = packed.writeUInt32LE(record.length, at);
    packed.set(record, at);
    at += record.length;
  }
  return packed;
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
