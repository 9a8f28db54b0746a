// The state of an engine as words, and its hash. The layout: [version, clock, commandSeq lo hi, reportSeq lo hi, tradeNo lo hi,
// count of account groups, then account and group of each, ascending; count of listed books, then of each, ascending:
// book, phase, reference price, freeze quantity, band low, band high, last price, then its eight lists, each a count and its orders in order:
// bids and asks (best level first, then time), market buys and sells (time), buy stops (lowest stop first), sell stops (highest first), parked at-close buys and sells].
import { type WordSink } from './engine.js';

export const stateVersion = 1;
/** Words of an order in the state: orderId, account, attributes, price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps, 0, 0. */
export const stateOrderWords = 12;
/** Where an order's attributes keep what: side, then these. */
export const stateOrderTypeShift = 1;
export const stateInForceShift = 4;
export const stateSelfTradeShift = 7;
export const statePostOnlyShift = 10;

/** Hashes a state without keeping it. */
export class StateHasher implements WordSink {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  add(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = Math.imul(this.#high ^ (word >>> 16) ^ (word << 16), 0x85ebca6b) + 0x27d4eb2f;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}

/** Keeps a state's words. */
export class StateWords implements WordSink {
  #words = new Int32Array(1_024);
  #length = 0;

  get words(): Int32Array {
    return this.#words.subarray(0, this.#length);
  }

  add(word: number): void {
    if (this.#length === this.#words.length) {
      const grown = new Int32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.#length++] = word;
  }
}

/** Low and high word of a counter below 2^53. */
export function lowWord(counter: number): number {
  return counter | 0;
}

export function highWord(counter: number): number {
  return Math.floor(counter / 2 ** 32);
}

/** The counter of two words. */
export function counterOf(low: number, high: number): number {
  return high * 2 ** 32 + (low >>> 0);
}
