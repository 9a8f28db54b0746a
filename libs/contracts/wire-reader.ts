/**
 * The reader behind every generated `decode`: what @bufbuild/protobuf's BinaryReader reads, at half the cost. The stock one makes a view of the buffer for
 * each message and a bigint and a text for each 64-bit number. `npm run generate` puts its import into the generated code. It has only what generated code of
 * ours calls; a field type that needs more stops the compiler.
 *
 * It is stricter than protobuf asks: bytes that are no message throw, and are never read as less than was sent, or as something else. What it passes over is a
 * field whose number the message does not have, and of a number, text or flag that is given twice the first, as protobuf has it. A message that is given
 * twice where there is one, which protobuf would merge, is refused, and so is a second member of a oneof.
 */
import { isUtf8 } from 'node:buffer';

const varintBytesMax = 10;

/** Node's own method under `toString('latin1')`, which costs twice as much for a short text. */
interface NodeBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
}

export class BinaryReader {
  /** Where it reads next. */
  pos = 0;
  readonly len: number;
  /** Counted by the generated code, which refuses messages that are nested too deep. */
  __tsProtoDecodeDepth = 0;
  readonly #bytes: NodeBuffer;
  readonly #unwanted: ReadonlySet<object> | undefined;

  /** @param unwanted message types whose fields are passed over. */
  constructor(bytes: Uint8Array, unwanted?: ReadonlySet<object>) {
    this.#unwanted = unwanted;
    this.#bytes = (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as NodeBuffer;
    this.len = bytes.length;
  }

  uint32(): number {
    const bytes = this.#bytes;
    const first = bytes[this.pos];
    if (first !== undefined && first < 0x80) {
      this.pos++;
      return first;
    }
    const low = this.#varint();
    if (this.#high !== 0) throw new RangeError('a number or a length has more than 32 bits');
    return low >>> 0;
  }

  int32(): number {
    const bytes = this.#bytes;
    const first = bytes[this.pos];
    if (first !== undefined && first < 0x80) {
      this.pos++;
      return first;
    }
    const low = this.#varint();
    if (this.#high !== low >> 31) throw new RangeError('a number has more than 32 bits');
    return low;
  }

  /** A double; it is exact up to the largest safe integer, beyond which the generated code refuses it. */
  int64(): number {
    const low = this.#varint();
    return this.#high * 0x1_0000_0000 + (low >>> 0);
  }

  bool(): boolean {
    const low = this.#varint();
    return low !== 0 || this.#high !== 0;
  }

  bytes(): Buffer {
    const start = this.#pass(this.uint32());
    return this.#bytes.subarray(start, this.pos);
  }

  string(): string {
    const start = this.#pass(this.uint32());
    const bytes = this.#bytes;
    const end = this.pos;
    let all = 0;
    for (let at = start; at < end; at++) all |= bytes[at] as number;
    if (all < 0x80) return bytes.latin1Slice(start, end);
    // Decoding alone would put another character in the place of what is no UTF-8.
    if (!isUtf8(bytes.subarray(start, end))) throw new Error('a text is not UTF-8');
    return bytes.toString('utf8', start, end);
  }

  /** Whether a nested message of this type, whose length is next, is to be decoded; one that is not has been passed over. */
  wants(type: object): boolean {
    if (this.#unwanted?.has(type) !== true) return true;
    this.#pass(this.uint32());
    return false;
  }

  /** Passes over the field of this tag. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) throw new Error('a field has the number 0');
    const wireType = tag & 7;
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#pass(8);
    else if (wireType === 2) this.#pass(this.uint32());
    else if (wireType === 5) this.#pass(4);
    else throw new Error(`no message of ours has a field of the wire type ${wireType}`);
  }

  /** Refuses a field that the message has, with the wire type of another. */
  wrongType(tag: number): never {
    throw new Error(`field ${tag >>> 3} has the wire type ${tag & 7}`);
  }

  /**
   * Refuses a field that holds one message, or a oneof, and is given once more: protobuf would merge the two messages, or keep the last member; the generated
   * code would keep the last message alone.
   */
  twice(tag: number): never {
    throw new Error(`field ${tag >>> 3} is given twice, or with another of its oneof`);
  }

  /** Refuses a message of which a field reaches beyond its end. */
  ended(end: number): void {
    if (this.pos !== end) throw new RangeError('a field reaches beyond the end of its message');
  }

  /** The upper half of the last varint, signed. */
  #high = 0;

  /** The lower half of a varint of up to 64 bits; the upper half is in `#high`. */
  #varint(): number {
    const bytes = this.#bytes;
    let low = 0;
    let high = 0;
    for (let count = 0; count < varintBytesMax; count++) {
      const byte = bytes[this.pos++];
      if (byte === undefined) throw new RangeError('the message ends inside of a number');
      const bits = byte & 0x7f;
      if (count < 4) low |= bits << (7 * count);
      else if (count === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * count - 32);
      if (byte < 0x80) {
        if (count === varintBytesMax - 1 && byte > 1) break;
        this.#high = high;
        return low;
      }
    }
    throw new RangeError('a number has more than 64 bits');
  }

  /** Passes over so many bytes; answers where they begin. */
  #pass(count: number): number {
    const start = this.pos;
    this.pos += count;
    if (this.pos > this.len) throw new RangeError('the message ends inside of a field');
    return start;
  }
}

/**
 * Decodes a message without its fields, at any depth, that are messages of these types (`RiskDecision`, or `RiskDecision_InputsEntry` for the entries of a
 * map): they are absent in it, whether sent or not. The members of a oneof, and lists, are decoded all the same.
 */
export function decodeWithout<T>(type: { decode(reader: BinaryReader): T }, message: Uint8Array, unwanted: ReadonlySet<object>): T {
  return type.decode(new BinaryReader(message, unwanted));
}

/** Whether an encoded message has this field, without decoding the others. */
export function hasField(message: Uint8Array, field: number): boolean {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === field) return true;
    reader.skip(tag);
  }
  return false;
}
