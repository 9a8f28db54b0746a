/**
 * An item is one message between two hops: a header, then padding up to the size that the platform's message has. A frame is the items of one event-loop
 * turn, each after its length. Layout of the header: number of the order (u32), when it was due (f64, ms of the monotonic clock), stream (u8), kind (u8),
 * sequence (u32), hash (32 bytes).
 */
const headerBytes = 50;
const padding = Buffer.alloc(4096, 'switchyard ');

export const numberOf = (item) => item.readUInt32LE(0);
export const dueMsOf = (item) => item.readDoubleLE(4);
export const streamOf = (item) => item[12];
export const kindOf = (item) => item[13];
export const seqOf = (item) => item.readUInt32LE(14);
export const hashOf = (item) => item.subarray(18, headerBytes);

/** A new item of `size` bytes about the same order as `source`. */
export function follow(source, size, kind = 0, seq = 0, hash = undefined) {
  const item = Buffer.allocUnsafe(size);
  source.copy(item, 0, 0, 13);
  item[13] = kind;
  item.writeUInt32LE(seq, 14);
  if (hash) hash.copy(item, 18);
  padding.copy(item, hash ? headerBytes : 18, 0, size);
  return item;
}

/** The client's item: the first of an order. */
export function firstItem(size, number, dueMs, stream) {
  const item = Buffer.allocUnsafe(size);
  item.writeUInt32LE(number, 0);
  item.writeDoubleLE(dueMs, 4);
  item[12] = stream;
  padding.copy(item, 13, 0, size);
  return item;
}

export function toFrame(items) {
  let size = 0;
  for (const item of items) size += 4 + item.length;
  const frame = Buffer.allocUnsafe(size);
  let at = 0;
  for (const item of items) {
    frame.writeUInt32LE(item.length, at);
    item.copy(frame, at + 4);
    at += 4 + item.length;
  }
  return frame;
}

export function fromFrame(frame) {
  const items = [];
  for (let at = 0; at < frame.length;) {
    const size = frame.readUInt32LE(at);
    items.push(frame.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return items;
}
