// What an engine reports, as words: int32, 8 a report. Reports are numbered 1, 2, 3 … over the engine's life, by their place.
import { type BookSide, type InForce, type OrderType } from './command.js';

export const reportWords = 8;

export const ReportKind = {
  NEW: 1,
  TRADE: 2,
  CANCELED: 3,
  REPLACED: 4,
  REJECTED: 5,
  EXPIRED: 6,
  TRIGGERED: 7,
  /** The order changed by itself: an iceberg showed its next slice, a self-trade took quantity from it, it became a limit. */
  RESTATED: 8,
  /** An administrative command was carried out; orderId is its command type. */
  DONE: 9,
} as const;
export type ReportKind = (typeof ReportKind)[keyof typeof ReportKind];

/** Closed; those of refusals stand in the order in which they are checked, except that INVALID_ORDER_ID comes before DUPLICATE_ORDER_ID. */
export const EngineReason = {
  NONE: 0,
  MALFORMED: 1,
  UNKNOWN_BOOK: 2,
  DUPLICATE_ORDER_ID: 3,
  UNKNOWN_ORDER: 4,
  INVALID_ORDER_ID: 5,
  INVALID_ACCOUNT: 6,
  INVALID_QTY: 7,
  INVALID_PRICE: 8,
  INVALID_STOP_PRICE: 9,
  INVALID_DISPLAY_QTY: 10,
  INVALID_TIME_IN_FORCE: 11,
  INVALID_EXPIRY: 12,
  INVALID_PROTECTION: 13,
  INVALID_POST_ONLY: 14,
  WRONG_PHASE: 15,
  OFF_BAND: 16,
  ABOVE_FREEZE_QTY: 17,
  POST_ONLY_WOULD_TRADE: 18,
  BOOK_FULL: 19,
  REQUESTED: 30,
  MASS_CANCEL: 31,
  NO_LIQUIDITY: 32,
  FOK_UNFILLABLE: 33,
  PRICE_PROTECTION: 34,
  SELF_TRADE: 35,
  DAY_END: 40,
  GTD: 41,
  AUCTION_ENDED: 42,
  ICEBERG_REFRESH: 50,
  MARKET_TO_LIMIT: 51,
  AUCTION_PRICE: 52,
  /** An at-close order joined its book's closing auction. */
  CLOSING_AUCTION: 53,
} as const;
export type EngineReason = (typeof EngineReason)[keyof typeof EngineReason];

export const Role = { NONE: 0, MAKER: 1, TAKER: 2, AUCTION: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** Where word 0 keeps what. */
export const reasonShift = 8;
export const reportSideShift = 16;
export const roleShift = 17;
export const reportOrderTypeShift = 19;
export const reportInForceShift = 22;

/** A report, read. */
export interface Report {
  readonly kind: ReportKind;
  readonly reason: EngineReason;
  readonly side: BookSide;
  readonly role: Role;
  /** 0 where the report is about no order. */
  readonly ordType: OrderType | 0;
  readonly timeInForce: InForce | 0;
  readonly book: number;
  readonly orderId: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly qty: number;
  /** Open lots after it, hidden ones included. */
  readonly leavesQty: number;
  readonly account: number;
  /** TRADE: the low 32 bits of the trade's number, unsigned. */
  readonly tradeNo: number;
  /** NEW, REPLACED, RESTATED, TRIGGERED: lots shown to others after it, if it rests. */
  readonly shownQty: number;
}

/** Reads the report at word `at`. */
export function readReport(words: Int32Array, at: number): Report {
  const word = (offset: number): number => words[at + offset] as number;
  const head = word(0);
  const kind = (head & 0xff) as ReportKind;
  return {
    kind,
    reason: ((head >>> reasonShift) & 0xff) as EngineReason,
    side: ((head >>> reportSideShift) & 1) as BookSide,
    role: ((head >>> roleShift) & 3) as Role,
    ordType: ((head >>> reportOrderTypeShift) & 7) as OrderType | 0,
    timeInForce: ((head >>> reportInForceShift) & 7) as InForce | 0,
    book: word(1),
    orderId: word(2),
    price: word(3),
    qty: word(4),
    leavesQty: word(5),
    account: word(6),
    tradeNo: kind === ReportKind.TRADE ? word(7) >>> 0 : 0,
    shownQty: kind === ReportKind.TRADE ? 0 : word(7),
  };
}
