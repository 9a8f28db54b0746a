/**
 * What kafkajs 2.2.4 collects the bytes of a request in, one for each level of it: each begins with zeroed memory of its own outside the heap, and grows into more. Ours takes memory
 * as it comes, which is overwritten anyway. Import it before kafkajs.
 */
import { kafkajsModule, replaceModule } from './kafkajs-module.js';

export interface Encoder {
  buf: Buffer;
  offset: number;
  /** What was written. */
  readonly buffer: Buffer;
}

type EncoderClass = new () => Encoder & { ensureAvailable(length: number): void };

const modulePath = 'protocol/encoder';
const Theirs = kafkajsModule<EncoderClass>(modulePath);
const initialBytes = 512;

/** Has their methods, and not their constructor. */
export const QuickEncoder = function (this: Encoder): void {
  this.buf = Buffer.allocUnsafe(initialBytes);
  this.offset = 0;
} as unknown as EncoderClass;
Object.setPrototypeOf(QuickEncoder, Theirs);
QuickEncoder.prototype = Theirs.prototype as unknown;

Theirs.prototype.ensureAvailable = function (this: Encoder, length: number): void {
  const bytes = this.offset + length;
  if (bytes <= this.buf.length) return;
  const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * this.buf.length));
  this.buf.copy(larger, 0, 0, this.offset);
  this.buf = larger;
};
replaceModule(modulePath, QuickEncoder);
