// What a broker tells us about an order, in one vocabulary whichever broker it is.
import { type Fee, type Liquidity, type OrdType, type Reason } from '@switchyard/contracts';

interface ExecutionBase {
  /** Unique in the session and the same at every delivery and look-up of this fact: what the receiver recognises a repetition by. */
  readonly executionId: string;
  /** Where the session's executions are resumed from once this one is durable; opaque. Empty in what a look-up found: a look-up moves no cursor. */
  readonly cursor: string;
  /** Tag of the request that this answers; of the order where nobody asked (a trade, an expiry, a cancel by the broker). */
  readonly tag: string;
  /** Tag of the request that placed the order. */
  readonly orderTag: string;
  /** The broker's id of the order; empty in a `rejected` that never had one. */
  readonly brokerOrderId: string;
  readonly brokerAccountId: string;
  readonly instrumentId: string;
  /** Filled quantity of the order after this, decimal; undefined where the broker does not say. */
  readonly cumQty: string | undefined;
  /** When it happened by the broker's clock, epoch milliseconds. */
  readonly atMs: number;
  /** W3C trace context, where the broker carries it; else empty. */
  readonly traceparent: string;
}

/** The broker has the order. */
export interface NewExecution extends ExecutionBase {
  readonly kind: 'new';
}

/** A trade. */
export interface TradeExecution extends ExecutionBase {
  readonly kind: 'trade';
  /** Unique in the broker account. */
  readonly tradeId: string;
  /** Decimal. */
  readonly lastQty: string;
  /** Decimal. */
  readonly lastPx: string;
  /** UNSPECIFIED where the broker does not say. */
  readonly liquidity: Liquidity;
  /** What it cost beyond the price; empty where the broker does not say. */
  readonly fees: readonly Fee[];
}

/** The order is canceled, asked for (`tag` is the cancel's) or not (`tag` is the order's). */
export interface CanceledExecution extends ExecutionBase {
  readonly kind: 'canceled';
  /** UNSPECIFIED where it was asked for. */
  readonly reason: Reason;
  readonly text: string;
}

/** The order is replaced. */
export interface ReplacedExecution extends ExecutionBase {
  readonly kind: 'replaced';
  /** Total quantity now, decimal. */
  readonly orderQty: string;
  /** Limit price now, decimal; undefined for an order without one. */
  readonly price: string | undefined;
  readonly stopPx: string | undefined;
}

/** A stop was triggered; `tag` is the order's. */
export interface TriggeredExecution extends ExecutionBase {
  readonly kind: 'triggered';
  /** What the order is now: MARKET or LIMIT. */
  readonly ordType: OrdType;
}

/** The order changed by itself: it got a price and became LIMIT, or lost quantity to a prevented self-trade. `tag` is the order's. */
export interface RestatedExecution extends ExecutionBase {
  readonly kind: 'restated';
  /** What the order is now. */
  readonly ordType: OrdType;
  /** Total quantity now, decimal. */
  readonly orderQty: string;
  /** Limit price now, decimal; undefined for an order without one. */
  readonly price: string | undefined;
  readonly reason: Reason;
  readonly text: string;
}

/** The order expired. */
export interface ExpiredExecution extends ExecutionBase {
  readonly kind: 'expired';
  readonly reason: Reason;
  readonly text: string;
}

/** The request (a new order, a cancel or a replace: `tag` says which) was refused; an order that a cancel or replace names is as it was. */
export interface RejectedExecution extends ExecutionBase {
  readonly kind: 'rejected';
  readonly reason: Reason;
  readonly text: string;
}

export type Execution =
  | NewExecution
  | TradeExecution
  | CanceledExecution
  | ReplacedExecution
  | TriggeredExecution
  | RestatedExecution
  | ExpiredExecution
  | RejectedExecution;
