/**
 * The reader behind every generated `decode`: what @bufbuild/protobuf's BinaryReader reads, at half the cost. The stock one makes a view of the buffer for
 * each message and a bigint and a text for each 64-bit number. `npm run generate` puts its import into the generated code. It has only what generated code of
 * ours calls; a field type that needs more stops the compiler.
 */
const varintBytesMax = 10;

export class BinaryReader {
  /** Where it reads next. */
  pos = 0;
  readonly len: number;
  /** Counted by the generated code, which refuses messages that are nested too deep. */
  __tsProtoDecodeDepth = 0;
  readonly #bytes: Buffer;
  readonly #unwanted: ReadonlySet<object> | undefined;

  /** @param unwanted message types whose fields are passed over. */
  constructor(bytes: Uint8Array, unwanted?: ReadonlySet<object>) {
    this.#unwanted = unwanted;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.len = bytes.length;
  }

  uint32(): number {
    const bytes = this.#bytes;
    const first = bytes[this.pos];
    if (first !== undefined && first < 0x80) {
      this.pos++;
      return first;
    }
    return this.#varint() >>> 0;
  }

  int32(): number {
    return this.uint32() | 0;
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
    return this.#bytes.toString('utf8', start, this.pos);
  }

  /** Whether a nested message of this type, whose length is next, is to be decoded; one that is not has been passed over. */
  wants(type: object): boolean {
    if (this.#unwanted?.has(type) !== true) return true;
    this.#pass(this.uint32());
    return false;
  }

  /** Passes over a field of this wire type. */
  skip(wireType: number): void {
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#pass(8);
    else if (wireType === 2) this.#pass(this.uint32());
    else if (wireType === 5) this.#pass(4);
    else throw new Error(`no message of ours has a field of the wire type ${wireType}`);
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
        this.#high = high;
        return low;
      }
    }
    throw new Error('a number has more than ten bytes');
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
    reader.skip(tag & 7);
  }
  return false;
}
