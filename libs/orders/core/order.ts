// One order as a pure fold over its events: what is stored, how each event changes it, and what is derived from it. No decisions are made here.
import { OrdStatus, RequestKind, type OrderContent, type Reason } from '@switchyard/contracts';
import {
  type OrderAccepted,
  type OrderDenied,
  type OrderEvent,
  type OrderState,
  type Placement,
  type TradeBooked,
} from '@switchyard/contracts/gen/orders/v1/events';
import { assert, assertNever, averagePrice, formatDecimal, Notional, notional, Price, Quantity } from '@switchyard/kernel';

/** One fact, as the contract's oneof has it. */
export type EventBody = NonNullable<OrderEvent['event']>;
/** The facts of an order. */
export type OrderEventBody = Exclude<EventBody, { $case: 'accountOpened' | 'accountChanged' | 'tradingStateChanged' | 'cashAdjusted' }>;
export type OrderEventCase = OrderEventBody['$case'];

/** What is stored of an order's life; OrdStatus is derived from it, see `ordStatusOf`. */
export type WorkingState = 'PENDING_NEW' | 'WORKING' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED' | 'DENIED';

/** A cancel that was accepted and not yet answered by the broker. */
export interface PendingCancel {
  readonly clOrdId: string;
  readonly brokerRequestId: string;
  readonly tag: string;
}

/** A replace that was accepted and not yet answered by the broker. */
export interface PendingReplace extends PendingCancel {
  /** The new total quantity. */
  readonly orderQty: Quantity;
  readonly price: string | undefined;
  readonly stopPx: string | undefined;
}

/** Which requests the broker may or may not have. */
export interface Doubts {
  readonly placing: boolean;
  readonly replace: boolean;
  readonly cancel: boolean;
}

/** An order. Immutable: every event makes a new one. */
export interface Order {
  readonly orderId: string;
  readonly accountId: string;
  /** clOrdId of the NewOrderSingle. */
  readonly firstClOrdId: string;
  /** clOrdId of the last request that changed the order. */
  readonly clOrdId: string;
  /** As last replaced; `instrument` is the instrument id. */
  readonly content: OrderContent;
  /** Currency of its prices; empty for a denied order. */
  readonly currency: string;
  /** Undefined for a denied order. */
  readonly placement: Placement | undefined;
  readonly working: WorkingState;
  readonly orderQty: Quantity;
  readonly cumQty: Quantity;
  /** Exact sum of price × quantity of the fills. */
  readonly notional: Notional;
  readonly pendingCancel: PendingCancel | undefined;
  readonly pendingReplace: PendingReplace | undefined;
  readonly doubts: Doubts;
  readonly brokerOrderId: string;
  /** True once a report about the request that places it was folded: it is not dispatched again. */
  readonly placingAnswered: boolean;
  /** Broker requests made so far: the number of the last one. */
  readonly requestsCount: number;
  /** Ids of its trades at its broker account. */
  readonly tradeIds: readonly string[];
  readonly reason: Reason;
  readonly text: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** accountSeq of the last event folded. */
  readonly accountSeq: number;
}

/** Where an event leads: a working state, or `byQuantity`: FILLED when nothing is left to fill, else WORKING. */
type Next = WorkingState | 'byQuantity';

/**
 * Every legal change of the working state; a missing cell is an illegal transition. A final state is never left: a trade that comes late changes
 * quantities only, and answers to requests that the final state overtook change nothing but what was pending.
 */
export const transitions = {
  PENDING_NEW: {
    cancelRequested: 'PENDING_NEW',
    requestDenied: 'PENDING_NEW',
    orderConfirmed: 'WORKING',
    orderRejected: 'REJECTED',
    orderReplaced: 'byQuantity', // Changed at the broker's own terminal before we heard of the order.
    orderCanceled: 'CANCELED',
    orderExpired: 'EXPIRED',
    requestRejected: 'PENDING_NEW',
    requestInDoubt: 'PENDING_NEW',
    doubtResolved: 'PENDING_NEW', // WORKING when the doubt was about the order itself: see `resolveDoubt`.
    tradeBooked: 'byQuantity', // Trades overtake confirmations.
  },
  WORKING: {
    cancelRequested: 'WORKING',
    replaceRequested: 'WORKING',
    requestDenied: 'WORKING',
    orderConfirmed: 'WORKING', // After a trade that overtook it.
    orderRejected: 'REJECTED', // Some brokers accept first and refuse afterwards.
    orderReplaced: 'byQuantity',
    orderCanceled: 'CANCELED',
    orderExpired: 'EXPIRED',
    requestRejected: 'byQuantity', // The larger quantity that kept a filled order open will not come.
    requestInDoubt: 'WORKING',
    doubtResolved: 'WORKING',
    tradeBooked: 'byQuantity',
  },
  FILLED: {
    requestDenied: 'FILLED',
    orderConfirmed: 'FILLED', // Trades overtake confirmations.
    requestRejected: 'FILLED',
    requestInDoubt: 'FILLED',
    doubtResolved: 'FILLED',
    tradeBooked: 'FILLED', // Overfill: operators are told.
  },
  CANCELED: {
    requestDenied: 'CANCELED',
    orderConfirmed: 'CANCELED',
    requestRejected: 'CANCELED',
    requestInDoubt: 'CANCELED',
    doubtResolved: 'CANCELED',
    tradeBooked: 'CANCELED', // A fill raced the cancel at the venue.
  },
  REJECTED: {
    requestDenied: 'REJECTED',
    requestRejected: 'REJECTED',
    requestInDoubt: 'REJECTED',
    doubtResolved: 'REJECTED',
    tradeBooked: 'REJECTED', // The broker had it after all: the fill counts, operators are told.
  },
  EXPIRED: {
    requestDenied: 'EXPIRED',
    orderConfirmed: 'EXPIRED',
    requestRejected: 'EXPIRED',
    requestInDoubt: 'EXPIRED',
    doubtResolved: 'EXPIRED',
    tradeBooked: 'EXPIRED',
  },
  DENIED: { requestDenied: 'DENIED' }, // No broker ever saw it: anything from a broker is an error.
} as const satisfies Record<WorkingState, Partial<Record<OrderEventCase, Next>>>;

/** Whether the order has reached its final state. */
export function isFinal(order: Order): boolean {
  return order.working !== 'PENDING_NEW' && order.working !== 'WORKING';
}

/** Whether the table has a cell for this event. */
export function isLegal(working: WorkingState, event: OrderEventCase): boolean {
  return event in transitions[working];
}

/** Quantity still open: 0 in a final state. */
export function leavesQtyOf(order: Order): Quantity {
  if (isFinal(order) || order.cumQty >= order.orderQty) return Quantity.zero;
  return Quantity.fromScaled(order.orderQty - order.cumQty);
}

/** Whether we don't know what the broker has of an order that is open. */
export function isInDoubt(order: Order): boolean {
  const { placing, replace, cancel } = order.doubts;
  return !isFinal(order) && (placing || replace || cancel);
}

/** OrdStatus by FIX 4.4's precedence: final states, PendingCancel, PendingReplace, then how far it is filled. */
export function ordStatusOf(order: Order): OrdStatus {
  switch (order.working) {
    case 'FILLED':
      return OrdStatus.FILLED;
    case 'CANCELED':
      return OrdStatus.CANCELED;
    case 'REJECTED':
      return OrdStatus.REJECTED;
    case 'EXPIRED':
      return OrdStatus.EXPIRED;
    case 'DENIED':
      return OrdStatus.DENIED;
    case 'PENDING_NEW':
    case 'WORKING':
      if (order.pendingCancel !== undefined) return OrdStatus.PENDING_CANCEL;
      if (order.pendingReplace !== undefined) return OrdStatus.PENDING_REPLACE;
      if (order.cumQty > 0n) return OrdStatus.PARTIALLY_FILLED;
      return order.working === 'WORKING' ? OrdStatus.NEW : OrdStatus.PENDING_NEW;
    default:
      return assertNever(order.working, 'working');
  }
}

/** The order as the contract shows it. */
export function toOrderState(order: Order): OrderState {
  const open = !isFinal(order);
  const replace = open ? order.pendingReplace : undefined;
  return {
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    content: order.content,
    ordStatus: ordStatusOf(order),
    cumQty: formatDecimal(order.cumQty),
    leavesQty: formatDecimal(leavesQtyOf(order)),
    avgPx: order.cumQty === 0n ? '0' : formatDecimal(averagePrice(order.notional, order.cumQty)),
    inDoubt: isInDoubt(order),
    brokerOrderId: order.brokerOrderId,
    brokerAccountId: order.placement?.brokerAccountId ?? '',
    reason: order.reason,
    text: order.text,
    createdAtMs: order.createdAtMs,
    updatedAtMs: order.updatedAtMs,
    accountId: order.accountId,
    firstClOrdId: order.firstClOrdId,
    cancelPending: open && order.pendingCancel !== undefined,
    replaceQty: replace === undefined ? '' : formatDecimal(replace.orderQty),
    replacePrice: replace?.price ?? '',
  };
}
