import { hash } from 'node:crypto';
import { assert } from './assert.js';

/**
 * A seeded stream of random numbers (sfc32), the same on every machine: for simulations, tests and jitter. Not for secrets.
 * The seed may be a number or a text; 42 and '42' are the same seed.
 */
export class Prng {
  /** What replays this stream; print it when something fails. */
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    this.seed = String(seed);
    const words = hash('sha256', this.seed, 'buffer');
    this.#a = words.readInt32LE(0);
    this.#b = words.readInt32LE(4);
    this.#c = words.readInt32LE(8);
    for (let round = 0; round < 12; round++) this.u32();
  }

  /** The next whole number from 0 to 2^32 - 1. */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to n - 1, one draw each; n is from 1 to 2^32. Equals floor(u32 * n / 2^32), exactly. */
  below(n: number): number {
    assert(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, 'below(n) takes a whole n from 1 to 2^32');
    const draw = this.u32();
    // Two halves, since u32 * n needs 64 bits and a double is exact to 53: each product here stays below 2^49.
    const low = Math.floor(((draw & 0xffff) * n) / 0x10000);
    return Math.floor(((draw >>> 16) * n + low) / 0x10000);
  }

  /** One of the items; asserts that there is one. */
  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'pick has something to pick from');
    return items[this.below(items.length)] as T;
  }

  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  /** `count` random bytes, one draw each. */
  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.u32() >>> 24);
  }

  /**
   * An independent stream named by this seed and the label alone: what was drawn before does not shift it, so a new
   * consumer of randomness leaves the others as they were. The same label gives the same stream again.
   */
  fork(label: string): Prng {
    return new Prng(`${this.seed}/${label}`);
  }
}
