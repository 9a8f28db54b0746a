/**
 * A Produce request of Kafka, written at once. kafkajs 2.2.4 writes it from the inside out: every message, its batch, partition, topic and the request have a buffer each, into which
 * what is inside is copied. Import it before kafkajs.
 */
import { crc32c } from './crc32c.js';
import { type Encoder, QuickEncoder } from './kafka-encoder.js';
import { replaceModule } from './kafkajs-module.js';

type Field = string | Buffer | null;

/** A message as kafkajs gives it to be encoded. */
export interface ProducedMessage {
  readonly key?: Field;
  readonly value: Field;
  /** Epoch milliseconds; now unless given. */
  readonly timestamp?: string;
  readonly headers?: Readonly<Record<string, Field>>;
}

export interface ProducedPartition {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly ProducedMessage[];
}

/** A request as kafkajs gives it to be encoded. Compression, and headers with several values, are left out: nobody here has them. */
export interface ProduceFields {
  readonly transactionalId?: string | null;
  readonly acks: number;
  readonly timeout: number;
  /** A decimal text, or what has one. */
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducedPartition[] }[];
}

interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  expectResponse(): boolean;
  encode(): Promise<Encoder>;
}

const initialBytes = 64 * 1024;
/** Room for a length or a number, whatever its form. */
const numberBytes = 10;

/** Grows, and is used again and again. */
class Output {
  #buffer = Buffer.allocUnsafeSlow(initialBytes);
  #at = 0;

  /** Where the next byte goes. */
  get at(): number {
    return this.#at;
  }

  /** Begins anew, also after a request that could not be written. */
  begin(): void {
    this.#at = 0;
  }

  /** What was written, a copy. */
  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  int8(value: number): void {
    this.#reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  /** A text with a length of 16 bits. */
  text(value: string | null): void {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    this.#bytes(value);
  }

  /** Zigzag, as Kafka's varints are. */
  varint(value: number): void {
    this.#reserve(numberBytes);
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[this.#at++] = (rest % 128) | 0x80;
    this.#buffer[this.#at++] = rest;
  }

  /** A field of a message, with its length before it. */
  field(value: Field): void {
    if (value === null) return this.varint(-1);
    if (typeof value === 'string' && this.#shortAscii(value)) return;
    this.varint(Buffer.byteLength(value));
    this.#bytes(value);
  }

  /** Puts the length of what `write` writes before it. */
  sized(write: () => void): void {
    const start = this.#at;
    this.#at += 2; // Where a length from 64 to 8,191 goes, which most messages have.
    write();
    const [end, length] = [this.#at, this.#at - start - 2];
    this.#reserve(numberBytes);
    const shift = lengthBytes(length) - 2;
    if (shift !== 0) this.#buffer.copyWithin(start + 2 + shift, start + 2, end);
    this.#at = start;
    this.varint(length);
    this.#at = end + shift;
  }

  /** Writes a number into what is written already. */
  patchInt32(value: number, at: number): void {
    this.#buffer.writeInt32BE(value, at);
  }

  /** Of what was written from here on. */
  crc32c(from: number): number {
    return crc32c(this.#buffer.subarray(from, this.#at));
  }

  /** False, and nothing written, where the text is longer than a length of one byte says, or has a character that is not ASCII. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    if (length >= 64) return false;
    this.#reserve(length + 1);
    const buffer = this.#buffer;
    const start = this.#at + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[start + i] = code;
    }
    buffer[this.#at] = 2 * length;
    this.#at = start + length;
    return true;
  }

  #bytes(value: string | Buffer): void {
    this.#reserve(typeof value === 'string' ? 3 * value.length : value.length);
    this.#at += typeof value === 'string' ? this.#buffer.write(value, this.#at) : value.copy(this.#buffer, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#at + bytes, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = 2 * length; rest >= 0x80; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

const output = new Output();

/** The body of the request; the same bytes as kafkajs writes. */
export function encodeProduce({ transactionalId = null, acks, timeout, topicData, ...producer }: ProduceFields): Buffer {
  output.begin();
  output.text(transactionalId);
  output.int16(acks);
  output.int32(timeout);
  output.int32(topicData.length);
  for (const { topic, partitions } of topicData) {
    output.text(topic);
    output.int32(partitions.length);
    for (const partition of partitions) writePartition(partition, producer, transactionalId !== null);
  }
  return output.bytes();
}

const magicByte = 2;
const transactional = 16;

/** A partition, and the batch of its messages in Kafka's format 2. */
function writePartition(
  { partition, firstSequence = 0, messages }: ProducedPartition,
  { producerId = -1, producerEpoch = 0 }: Pick<ProduceFields, 'producerId' | 'producerEpoch'>,
  isTransactional: boolean,
): void {
  const nowMs = Date.now();
  const timesMs = messages.map(({ timestamp }) => (timestamp === undefined ? nowMs : Number(timestamp)));
  const firstMs = Math.min(...timesMs);
  output.int32(partition);
  const sizeAt = output.at;
  output.int32(0);
  output.int64(0n); // The first offset, which the broker gives.
  const lengthAt = output.at;
  output.int32(0);
  output.int32(0); // The epoch of the partition's leader, likewise.
  output.int8(magicByte);
  const checkAt = output.at;
  output.int32(0);
  output.int16(isTransactional ? transactional : 0);
  output.int32(messages.length - 1);
  output.int64(BigInt(firstMs));
  output.int64(BigInt(Math.max(...timesMs)));
  output.int64(BigInt(producerId.toString()));
  output.int16(producerEpoch);
  output.int32(firstSequence);
  output.int32(messages.length);
  messages.forEach((message, i) => output.sized(() => writeMessage(message, (timesMs[i] ?? firstMs) - firstMs, i)));
  output.patchInt32(output.at - sizeAt - 4, sizeAt);
  output.patchInt32(output.at - lengthAt - 4, lengthAt);
  output.patchInt32(output.crc32c(checkAt + 4) | 0, checkAt);
}

function writeMessage({ key = null, value, headers = {} }: ProducedMessage, timestampDelta: number, offsetDelta: number): void {
  output.int8(0); // No attribute is in use.
  output.varint(timestampDelta);
  output.varint(offsetDelta);
  output.field(key);
  output.field(value);
  const fields = Object.entries(headers);
  output.varint(fields.length);
  for (const [name, field] of fields) {
    output.field(name);
    output.field(field);
  }
}

function produceRequest(fields: ProduceFields): Request {
  return {
    apiKey: 0,
    apiVersion: 3, // Up to version 7 they are the same.
    apiName: 'Produce',
    expectResponse: () => fields.acks !== 0,
    encode: () => {
      const encoder = new QuickEncoder();
      encoder.buf = encodeProduce(fields);
      encoder.offset = encoder.buf.length;
      return Promise.resolve(encoder);
    },
  };
}

/** What kafkajs does by itself. */
export const produceRequestSlowly = replaceModule('protocol/requests/produce/v3/request', produceRequest);
