/**
 * Arrays as parameters of a statement, in PostgreSQL's binary form. As texts, which is what pg makes of an array, every element is escaped here and parsed
 * there, and bytes travel as twice as many hexadecimal digits: the dearest part of an append, on both sides. The statement must name the type
 * (`$2::text[]`), and no element may be null.
 */
import { assert } from '@switchyard/kernel';

/** Object ids of the element types: fixed in PostgreSQL's catalogue. */
const oids = { bool: 16, bytea: 17, int8: 20, int2: 21, text: 25 } as const;
/** Dimensions, "has nulls", element type, length, lower bound: 4 bytes each. */
const headBytes = 20;
const lengthBytes = 4;

/** The array's head, and room for so many bytes of elements. */
function arrayOf(oid: number, count: number, elementBytes: number): Buffer {
  const array = Buffer.allocUnsafe(headBytes + count * lengthBytes + elementBytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}

/** A `text[]`. */
export function textColumn(values: readonly string[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += Buffer.byteLength(value);
  const array = arrayOf(oids.text, values.length, bytes);
  let at = headBytes;
  for (const value of values) {
    const length = array.write(value, at + lengthBytes);
    array.writeInt32BE(length, at);
    at += lengthBytes + length;
  }
  return array;
}

/** A `bytea[]`. */
export function bytesColumn(values: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += value.length;
  const array = arrayOf(oids.bytea, values.length, bytes);
  let at = headBytes;
  for (const value of values) {
    array.writeInt32BE(value.length, at);
    array.set(value, at + lengthBytes);
    at += lengthBytes + value.length;
  }
  return array;
}

/** A `bigint[]` of safe integers. */
export function bigintColumn(values: readonly number[]): Buffer {
  const array = arrayOf(oids.int8, values.length, 8 * values.length);
  let at = headBytes;
  // By index: an iterator over numbers makes an object and a boxed number of each, since the arrays that come here are of several kinds.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    assert(Number.isSafeInteger(value), 'a bigint column holds whole numbers');
    array.writeInt32BE(8, at);
    array.writeInt32BE(Math.floor(value / 2 ** 32), at + lengthBytes);
    array.writeUInt32BE(value >>> 0, at + lengthBytes + 4);
    at += lengthBytes + 8;
  }
  return array;
}

/** A `smallint[]`. */
export function smallintColumn(values: readonly number[]): Buffer {
  const array = arrayOf(oids.int2, values.length, 2 * values.length);
  let at = headBytes;
  for (const value of values) {
    array.writeInt32BE(2, at);
    array.writeInt16BE(value, at + lengthBytes);
    at += lengthBytes + 2;
  }
  return array;
}

/** A `boolean[]`. */
export function booleanColumn(values: readonly boolean[]): Buffer {
  const array = arrayOf(oids.bool, values.length, values.length);
  let at = headBytes;
  for (const value of values) {
    array.writeInt32BE(1, at);
    array[at + lengthBytes] = value ? 1 : 0;
    at += lengthBytes + 1;
  }
  return array;
}
