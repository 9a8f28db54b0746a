// The port of a matching engine: books in whole ticks and lots, commands and reports as words. The venue speaks decimals, tags and sessions; an engine knows none of them.
import { type BookSide, type InForce, type OrderType, type Phase, type SelfTrade } from './command.js';

/**
 * So many orders may be open in an engine at once. What is full is judged by their number, never by memory: an engine made from a snapshot then refuses what
 * the one that wrote it would. The fast engine moves into a new memory between batches when it uses more than about 128 words an order, so that its words
 * stay near a gigabyte however the orders lie, and far below what its pointers reach.
 */
export const ordersMaxDefault = 2 ** 21;

/** A price level as others see it. */
export interface DepthLevel {
  /** Ticks. */
  readonly price: number;
  /** Shown lots. */
  readonly qty: number;
  readonly orders: number;
}

/** An order as others see it. */
export interface ShownOrder {
  readonly orderId: number;
  /** Ticks. */
  readonly price: number;
  /** Shown lots. */
  readonly qty: number;
}

/** An open order, whole: in a book, or parked until its time comes. */
export interface OpenOrder {
  readonly orderId: number;
  readonly book: number;
  readonly account: number;
  readonly side: BookSide;
  readonly ordType: OrderType;
  readonly timeInForce: InForce;
  readonly selfTrade: SelfTrade;
  readonly postOnly: boolean;
  /** Ticks; 0 for a market order. */
  readonly price: number;
  readonly stopPrice: number;
  /** Lots not filled, hidden ones included. */
  readonly openQty: number;
  /** Lots that others see; 0 while it is parked. */
  readonly shownQty: number;
  readonly displayQty: number;
  readonly expireAtSec: number;
  readonly protectionBps: number;
}

/** Takes the state of an engine, a word at a time. */
export interface WordSink {
  add(word: number): void;
}

/** Matches orders by price, then time. Deterministic: the same commands give the same reports, on every implementation. */
export interface MatchingEngine {
  /** Executes the commands in `words[from, to)`, whole ones. Their reports are appended to `reports`. Throws EngineBrokenError when an invariant broke; then nothing can be asked any more. */
  execute(words: Int32Array, from: number, to: number): void;
  /** The reports since `clearReports()`: its words [0, reportsLength). May be another array after `execute`, since it grows. */
  readonly reports: Int32Array;
  readonly reportsLength: number;
  clearReports(): void;
  /** Numbers of the last report, trade and command over the engine's life. */
  readonly reportSeq: number;
  readonly tradeNo: number;
  readonly commandSeq: number;
  /** Undefined for a book that is not listed. */
  phase(book: number): Phase | undefined;
  /** Ticks; 0 before the first trade. */
  lastPrice(book: number): number;
  /** Best first, at most `levels`. */
  depth(book: number, side: BookSide, levels: number): DepthLevel[];
  /** One level; zero lots and orders when nothing is there. */
  level(book: number, side: BookSide, price: number): DepthLevel;
  /** Shown orders, best level first, in time order. */
  orders(book: number, side: BookSide): Iterable<ShownOrder>;
  order(orderId: number): OpenOrder | undefined;
  readonly openCount: number;
  /** Epoch seconds at which the next order ends that ends at a time; Infinity while there is none. */
  readonly nextExpirySec: number;
  /** Bytes of all buffers. */
  bytesHeld(): number;
  /** The whole state as words: equal states give equal words, whichever implementation (the layout is in state.ts). */
  writeState(out: WordSink): void;
  /** Into an empty engine. Throws StateFormatError for words of another version or words that are no state. */
  readState(words: Int32Array): void;
  /** Asserts everything that holds between two commands; slow. */
  validateInternalState(): void;
}

/** An invariant of the engine broke: it answers nothing any more. The log up to `commandSeq` replays it. */
export class EngineBrokenError extends Error {
  override readonly name = 'EngineBrokenError';

  constructor(
    /** The command that it broke at. */
    readonly commandSeq: number,
    cause: unknown,
  ) {
    super(`The engine stopped: an invariant broke at its command ${commandSeq}. Replay the log up to that command to see it.`, { cause });
  }
}

/** Words that are no state of an engine, or of a version that it does not know. */
export class StateFormatError extends Error {
  override readonly name = 'StateFormatError';
}
