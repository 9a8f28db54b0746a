/** Arrays as parameters in PostgreSQL's binary form: as texts, each element is escaped here and parsed there, and bytes are sent as hexadecimal digits. */

/** @param oid of the element type; @param sizeOf bytes of an element; @param write puts an element at a place of the buffer */
function column(oid, values, sizeOf, write) {
  let size = 20;
  for (const value of values) size += 4 + sizeOf(value);
  const buffer = Buffer.allocUnsafe(size);
  [1, 0, oid, values.length, 1].forEach((word, i) => buffer.writeInt32BE(word, 4 * i));
  let at = 20;
  for (const value of values) {
    const length = sizeOf(value);
    buffer.writeInt32BE(length, at);
    write(buffer, value, at + 4);
    at += 4 + length;
  }
  return buffer;
}

export const texts = (values) => column(25, values, Buffer.byteLength, (buffer, value, at) => buffer.write(value, at));
export const bytes = (values) =>
  column(
    17,
    values,
    (value) => value.length,
    (buffer, value, at) => buffer.set(value, at),
  );
export const integers = (values) =>
  column(
    23,
    values,
    () => 4,
    (buffer, value, at) => buffer.writeInt32BE(value, at),
  );
export const bigints = (values) =>
  column(
    20,
    values,
    () => 8,
    (buffer, value, at) => {
      buffer.writeInt32BE(Math.floor(value / 2 ** 32), at);
      buffer.writeUInt32BE(value >>> 0, at + 4);
    },
  );
