// Where the fast engine keeps what: records of words in one Int32Array, named by the word at which they begin. 0 names none.
// A hot file takes the names that it needs into constants of its own (`const { QTY } = orderField`): V8 folds those into the machine
// code, while an imported binding is read from memory each time. Records begin at multiples of their size, so `order | QTY` is a field's address.

/**
 * An order, 8 words. Orders of a level, and the level itself, form a circle in time order: neither the first nor the last is a special case.
 * The orders of an account form another circle.
 */
export const orderField = {
  NEXT: 0,
  PREV: 1,
  /** The level, or the queue, in which it waits; 0 on its way. */
  LEVEL: 2,
  /** Open lots that are not hidden: what a taker can get at once. */
  QTY: 3,
  ID: 4,
  /** Its account and attributes (`tagBits`). */
  TAG: 5,
  NEXT_OF_ACCOUNT: 6,
  PREV_OF_ACCOUNT: 7,
} as const;

/** What few orders have, in 8 more words of their record. */
export const extraField = {
  HIDDEN: 8,
  DISPLAY: 9,
  STOP: 10,
  /** Epoch seconds, uint32. */
  EXPIRE_AT: 11,
  PROTECTION: 12,
  /** The limit price while it waits where levels know no limit price. */
  LIMIT: 13,
  /** Its place in the heap of expiry times. */
  DATE_AT: 14,
  /** When a market order came that waits for an auction; of a limit order, that of the last market order before it. A short record has 0: it came before all that wait. */
  TURN: 15,
} as const;

export const orderWords = 8;
export const extendedOrderWords = 16;

/** The attributes lie as word 0 of a report wants them, 16 bits lower; where that has the role are the bits that no report tells. */
export const tagBits = {
  SELL: 1,
  EXTENDED: 1 << 1,
  POST_ONLY: 1 << 2,
  TYPE_SHIFT: 3,
  IN_FORCE_SHIFT: 6,
  SELF_TRADE_SHIFT: 9,
  ACCOUNT_SHIFT: 12,
  /** Side, order type and time in force. */
  REPORTED: 1 | (7 << 3) | (7 << 6),
  /** From an attribute of the tag to the same of a report's word 0. */
  REPORT_SHIFT: 16,
  TYPE: 7 << 3,
} as const;

/** A price level, 4 words: NEXT is its first order, PREV its last; without orders both are the level itself. */
export const levelField = { KEY: 2, SIDE: 3 } as const;
export const levelWords = 4;

/**
 * One of the eight sides of a book, 16 words: levels by key, or one queue. A key is a price, or its mirror image where the lowest
 * price is the best (`price ^ FLIP`): on every side the highest key is the best, and all sides share their code.
 */
export const sideField = {
  BOOK: 0,
  KIND: 1,
  /** 0, or -1: price = key ^ FLIP. */
  FLIP: 2,
  /** The best key; `noKey` without levels. */
  BEST: 3,
  /** The ladder: one word for each key from BASE to BASE + SLOTS - 1, the level or 0; behind it the bitmaps of what is not 0. */
  BASE: 4,
  SLOTS: 5,
  LADDER: 6,
  /** Levels below BASE, by ascending key: FAR_COUNT of at most FAR_ROOM words. */
  FAR: 7,
  FAR_COUNT: 8,
  FAR_ROOM: 9,
  /** The level of a queue: in sides of the annex alone. */
  QUEUE: 12,
} as const;

/** Kinds of sides, in the order in which a state lists them. Even ones are of buys. */
export const sideKind = {
  BIDS: 0,
  ASKS: 1,
  MARKET_BUYS: 2,
  MARKET_SELLS: 3,
  BUY_STOPS: 4,
  SELL_STOPS: 5,
  CLOSE_BUYS: 6,
  CLOSE_SELLS: 7,
} as const;
export const sideKinds = 8;
export const sideWords = 16;

/**
 * A book, 32 words: its bids, then its asks, with the book's own words where those use none. The six other sides are an annex, which a
 * book has while an order waits in one of them.
 */
export const bookField = {
  BIDS: 0,
  NUMBER: 10,
  PHASE: 11,
  LAST_PRICE: 12,
  /** Limits in force: the band's, or those of every price and quantity. */
  LOWEST: 13,
  HIGHEST: 14,
  LARGEST: 15,
  ASKS: 16,
  /** The rules as they were given. */
  REFERENCE: 26,
  FREEZE: 27,
  BAND_LOW: 28,
  BAND_HIGH: 29,
  ANNEX: 30,
  /** Orders in the annex. */
  WAITING: 31,
} as const;
export const bookWords = 32;
export const annexWords = 6 * sideWords;

/** Below every key. Keys are never 0: that is the key of a queue. */
export const noKey = -(2 ** 31);

/** Changes no pointer and no place in the id map: `at & pointerBits` tells V8 that `at` is not negative, and that a field behind it has no large number. */
export const pointerBits = 0x3fffffff;
