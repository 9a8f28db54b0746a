// A command of the engine as words: int32, 8 of them, or 16 when it says more than most do. Files, workers and books all speak this form.
import { assert } from '@switchyard/kernel';

/** Words of a plain command, and of one with the EXT bit. */
export const commandWords = 8;
export const extendedCommandWords = 16;

export const CommandType = {
  NEW: 1,
  CANCEL: 2,
  REPLACE: 3,
  MASS_CANCEL: 4,
  SET_PHASE: 5,
  LIST_BOOK: 6,
  TIME: 7,
  DAY_END: 8,
  SET_ACCOUNT_GROUP: 9,
} as const;
export type CommandType = (typeof CommandType)[keyof typeof CommandType];

export const BookSide = { BUY: 0, SELL: 1 } as const;
export type BookSide = (typeof BookSide)[keyof typeof BookSide];

export const OrderType = { LIMIT: 1, MARKET: 2, STOP: 3, STOP_LIMIT: 4, MARKET_TO_LIMIT: 5 } as const;
export type OrderType = (typeof OrderType)[keyof typeof OrderType];

export const InForce = { DAY: 1, GTC: 2, GTD: 3, IOC: 4, FOK: 5, AT_OPEN: 6, AT_CLOSE: 7 } as const;
export type InForce = (typeof InForce)[keyof typeof InForce];

/** What happens when an order would trade with one of its own account group; the mode of the incoming order decides. */
export const SelfTrade = { ALLOW: 0, CANCEL_NEWEST: 1, CANCEL_OLDEST: 2, CANCEL_BOTH: 3, DECREMENT: 4 } as const;
export type SelfTrade = (typeof SelfTrade)[keyof typeof SelfTrade];

export const Phase = { CLOSED: 0, PRE_OPEN: 1, OPENING_AUCTION: 2, CONTINUOUS: 3, CLOSING_AUCTION: 4, HALT: 5 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Largest price in ticks and quantity in lots of one order. */
export const stepsMax = 2 ** 30 - 1;
/** An iceberg shows at least one part in so many of its quantity: one order that takes it whole is not made of millions of trades. */
export const slicesMax = 100;
export const orderIdMax = 2 ** 31 - 1;
export const accountMax = 2 ** 20 - 1;
export const bookMax = 2 ** 16 - 1;
/** Largest market protection: just under 100 percent. */
export const protectionBpsMax = 9_999;

/** Where word 0 keeps what. */
export const typeMask = 0xf;
export const sideBit = 1 << 4;
export const orderTypeShift = 5;
export const inForceShift = 8;
export const selfTradeShift = 11;
export const threeBits = 0x7;
export const postOnlyBit = 1 << 14;
export const extendedBit = 1 << 15;
/** Bits of word 0 that no version gave a meaning. */
export const undefinedBits = ~0xffff;

/** What a NEW says. Prices in ticks, quantities in lots; what is left out is zero or false. */
export interface NewOrderWords {
  readonly book: number;
  readonly orderId: number;
  readonly account: number;
  readonly side: BookSide;
  readonly ordType: OrderType;
  readonly timeInForce: InForce;
  readonly qty: number;
  readonly price?: number;
  readonly selfTrade?: SelfTrade;
  readonly postOnly?: boolean;
  readonly stopPrice?: number;
  readonly displayQty?: number;
  /** Epoch seconds, for GTD. */
  readonly expireAtSec?: number;
  readonly protectionBps?: number;
}

export interface ReplaceWords {
  readonly book: number;
  readonly orderId: number;
  readonly price: number;
  /** The new open quantity. */
  readonly qty: number;
  readonly stopPrice?: number;
}

/** The rules of a book. Zero: no band, no freeze quantity, no reference price. */
export interface BookRules {
  readonly referencePrice: number;
  readonly freezeQty: number;
  readonly bandLow: number;
  readonly bandHigh: number;
}

/** Words of the command that begins at `at`. */
export function wordsOfCommand(words: Int32Array, at: number): number {
  return ((words[at] as number) & extendedBit) === 0 ? commandWords : extendedCommandWords;
}

/** Writes commands one after the other into words that grow. It checks nothing: what a command may say, the engine decides. */
export class CommandWriter {
  #words: Int32Array;
  #length = 0;

  constructor(capacityWords = 1_024) {
    this.#words = new Int32Array(capacityWords);
  }

  get length(): number {
    return this.#length;
  }

  /** The words so far; valid until the next command is written. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  newOrder(order: NewOrderWords): this {
    const { stopPrice = 0, displayQty = 0, expireAtSec = 0, protectionBps = 0 } = order;
    const isExtended = stopPrice !== 0 || displayQty !== 0 || expireAtSec !== 0 || protectionBps !== 0;
    const word0 =
      CommandType.NEW |
      (order.side << 4) |
      (order.ordType << orderTypeShift) |
      (order.timeInForce << inForceShift) |
      ((order.selfTrade ?? 0) << selfTradeShift) |
      (order.postOnly === true ? postOnlyBit : 0) |
      (isExtended ? extendedBit : 0);
    this.#plain(word0, order.book, order.orderId, order.price ?? 0, order.qty, order.account, 0, 0);
    if (isExtended) this.#plain(stopPrice, displayQty, expireAtSec, protectionBps, 0, 0, 0, 0);
    return this;
  }

  cancel(book: number, orderId: number): this {
    return this.#plain(CommandType.CANCEL, book, orderId, 0, 0, 0, 0, 0);
  }

  replace({ book, orderId, price, qty, stopPrice = 0 }: ReplaceWords): this {
    const isExtended = stopPrice !== 0;
    this.#plain(CommandType.REPLACE | (isExtended ? extendedBit : 0), book, orderId, price, qty, 0, 0, 0);
    return isExtended ? this.#plain(stopPrice, 0, 0, 0, 0, 0, 0, 0) : this;
  }

  /** Cancels what fits all that is given. */
  massCancel({ account = -1, book = -1, side = -1 }: { account?: number; book?: number; side?: BookSide | -1 }): this {
    return this.#plain(CommandType.MASS_CANCEL, book, 0, 0, 0, account, side, 0);
  }

  /** @param book -1 for every listed book. */
  setPhase(book: number, phase: Phase): this {
    return this.#plain(CommandType.SET_PHASE, book, 0, 0, 0, 0, phase, 0);
  }

  listBook(book: number, rules: BookRules): this {
    return this.#plain(CommandType.LIST_BOOK, book, 0, rules.referencePrice, rules.freezeQty, 0, rules.bandLow, rules.bandHigh);
  }

  time(nowSec: number): this {
    return this.#plain(CommandType.TIME, 0, 0, 0, 0, 0, nowSec, 0);
  }

  /** @param book -1 for every listed book. */
  dayEnd(book: number): this {
    return this.#plain(CommandType.DAY_END, book, 0, 0, 0, 0, 0, 0);
  }

  setAccountGroup(account: number, group: number): this {
    return this.#plain(CommandType.SET_ACCOUNT_GROUP, 0, 0, 0, 0, account, group, 0);
  }

  /** Words as they are: what a test of the engine's own checks wants to say. */
  raw(...words: number[]): this {
    assert(words.length === commandWords || words.length === extendedCommandWords, 'a command has 8 or 16 words');
    for (let at = 0; at < words.length; at += commandWords) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words.slice(at, at + commandWords);
      this.#plain(a, b, c, d, e, f, g, h);
    }
    return this;
  }

  #plain(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number): this {
    if (this.#length + commandWords > this.#words.length) {
      const grown = new Int32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    const words = this.#words;
    const at = this.#length;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    words[at + 4] = e;
    words[at + 5] = f;
    words[at + 6] = g;
    words[at + 7] = h;
    this.#length += commandWords;
    return this;
  }
}
