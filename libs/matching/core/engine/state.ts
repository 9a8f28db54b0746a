// The state of an engine as words, and its hash. The layout: [version, clock, commandSeq lo hi, reportSeq lo hi, tradeNo lo hi,
// count of account groups, then account and group of each, ascending; count of listed books, then of each, ascending:
// book, phase, reference price, freeze quantity, band low, band high, last price, then its eight lists, each a count and its orders in order:
// bids and asks (best level first, then time), market buys and sells (time), buy stops (lowest stop first), sell stops (highest first), parked at-close buys and sells].
// An order: orderId, account, attributes, price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps, marketsAhead, 0.
import { StateFormatError, type MatchingEngine, type WordSink } from './engine.js';

export const stateVersion = 2;
/** Without the time of limit orders among market orders. */
const versionWithoutTimes = 1;

/** Hashes a state without keeping it. */
class StateHasher implements WordSink {
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

/** Equal for engines in the same state, 16 hexadecimal digits. */
export function stateHashOf(engine: Pick<MatchingEngine, 'writeState'>): string {
  const hasher = new StateHasher();
  engine.writeState(hasher);
  return hasher.digest();
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

/** What a state begins with. */
export interface StateCounters {
  readonly clockSec: number;
  readonly commandSeq: number;
  readonly reportSeq: number;
  readonly tradeNo: number;
}

export function writeStateCounters({ clockSec, commandSeq, reportSeq, tradeNo }: StateCounters, out: WordSink): void {
  out.add(stateVersion);
  out.add(clockSec | 0);
  for (const counter of [commandSeq, reportSeq, tradeNo]) {
    out.add(lowWord(counter));
    out.add(highWord(counter));
  }
}

/** Reads a state word by word, from behind its version. Its constructor and methods throw StateFormatError for words that are none. */
export class StateReader {
  readonly #words: Int32Array;
  readonly #version: number;
  #at = 0;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#version = this.next();
    this.expect(this.#version === stateVersion || this.#version === versionWithoutTimes, `a state of version ${stateVersion}`);
  }

  /** How many orders a list of market orders has. */
  marketCount(): number {
    const count = this.count();
    if (count === 0 || this.#version === stateVersion) return count;
    throw new StateFormatError(
      'The state is of version 1, which did not keep the time of market orders among limit orders, and market orders wait in it: replay the commands of the log.',
    );
  }

  get isAtEnd(): boolean {
    return this.#at === this.#words.length;
  }

  next(): number {
    const word = this.#words[this.#at];
    if (word === undefined) throw new StateFormatError(`The state ends at word ${this.#at}, too early.`);
    this.#at++;
    return word;
  }

  take(_count: 6): [number, number, number, number, number, number] {
    return [this.next(), this.next(), this.next(), this.next(), this.next(), this.next()];
  }

  count(): number {
    const count = this.next();
    this.expect(count >= 0, 'a count');
    return count;
  }

  counter(): number {
    const low = this.next();
    const high = this.next();
    this.expect(high >= 0 && high < 2 ** 21, 'a counter below 2^53');
    return counterOf(low, high);
  }

  expect(holds: boolean, what: string): asserts holds {
    if (!holds) throw new StateFormatError(`The state is none of ours: expected ${what} before word ${this.#at}.`);
  }
}

/** Low and high word of a counter below 2^53. */
export function lowWord(counter: number): number {
  return counter | 0;
}

/** How many of some turns, ascending, are no higher than this one. */
export function turnsUpTo(turns: readonly number[], turn: number): number {
  let low = 0;
  let high = turns.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((turns[middle] as number) <= turn) low = middle + 1;
    else high = middle;
  }
  return low;
}

function highWord(counter: number): number {
  return Math.floor(counter / 2 ** 32);
}

/** The counter of two words. */
function counterOf(low: number, high: number): number {
  return high * 2 ** 32 + (low >>> 0);
}
