// The port of a matching engine: books in whole ticks and lots. The venue speaks decimals, tags and sessions; an engine knows none of them.
import { type OrdType, type Side, type TimeInForce } from '@switchyard/contracts';

/** The largest price in ticks and the largest quantity in lots of one order: sums over a book stay exact in a double. */
export const ticksMax = 1e12;
export const lotsMax = 1e12;

/** What an engine takes: already validated by the venue. */
export interface EngineOrder {
  /** Unique for ever among all books. */
  readonly orderId: number;
  /** The book: 0, 1, 2 … */
  readonly book: number;
  readonly side: Side.BUY | Side.SELL;
  readonly ordType: OrdType.LIMIT | OrdType.MARKET;
  readonly timeInForce: TimeInForce.DAY | TimeInForce.IOC | TimeInForce.FOK;
  /** Ticks, 1 or more; 0 for MARKET. */
  readonly price: number;
  /** Lots, 1 or more. */
  readonly qty: number;
}

/** One trade, at the resting order's price. */
export interface Fill {
  readonly makerOrderId: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly qty: number;
}

/**
 * What became of an order: it rests with `leavesQty`; it is filled; its rest found nobody (MARKET, IOC); or it could not be filled whole (FOK, no fills).
 * Only a resting order is known to the engine afterwards.
 */
export interface Placement {
  readonly fills: readonly Fill[];
  readonly outcome: 'rests' | 'filled' | 'no-liquidity' | 'unfillable';
  /** Lots not filled. */
  readonly leavesQty: number;
}

export interface RestingOrder {
  readonly orderId: number;
  readonly book: number;
  readonly side: Side.BUY | Side.SELL;
  /** Ticks. */
  readonly price: number;
  /** Open lots. */
  readonly qty: number;
}

export interface DepthLevel {
  /** Ticks. */
  readonly price: number;
  /** Open lots. */
  readonly qty: number;
  readonly orders: number;
}

/** Matches orders by price, then time. Deterministic: the same calls give the same answers. */
export interface MatchingEngine {
  place(order: EngineOrder): Placement;
  /** Takes a resting order out; its open lots, or undefined if it does not rest. */
  cancel(orderId: number): number | undefined;
  /**
   * Gives a resting order a new price and a new open quantity (1 or more). Less at the same price keeps its place; all else makes it the newest, and it may trade.
   * Undefined if it does not rest.
   */
  replace(orderId: number, price: number, openQty: number): Placement | undefined;
  /** Best first, at most `levels`. */
  depth(book: number, side: Side.BUY | Side.SELL, levels: number): DepthLevel[];
  /** Every resting order; those of one level in time order. Placing them one after the other builds the same books. */
  resting(): Iterable<RestingOrder>;
  /** Asserts everything that holds between two calls; slow, for tests and recovery. */
  validateInternalState(): void;
  /** Equal for equal books, hexadecimal. */
  stateHash(): string;
}
