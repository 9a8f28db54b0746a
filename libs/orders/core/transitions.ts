// The one table of an order's life: which event may follow which state, and where it leads. A review of a change of behaviour reads this file.
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';

/** One fact, as the contract's oneof has it. */
export type EventBody = NonNullable<OrderEvent['event']>;
/** The facts of an order. */
export type OrderEventBody = Exclude<
  EventBody,
  { $case: 'accountOpened' | 'accountChanged' | 'tradingStateChanged' | 'cashAdjusted' | 'cancelAllRequested' }
>;
export type OrderEventCase = OrderEventBody['$case'];

/** What is stored of an order's life; OrdStatus is derived from it, see `ordStatusOf`. */
export type WorkingState = 'PENDING_NEW' | 'WORKING' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED' | 'DENIED';

/**
 * Where an event leads: a working state; `byQuantity`: FILLED when nothing is left to fill, else WORKING; or `late`: FILLED when a late trade filled all
 * after all, else the final state that it is.
 */
export type Next = WorkingState | 'byQuantity' | 'late';

/**
 * Every legal change of the working state; a missing cell is an illegal transition. A final state is left only for FILLED, by late trades that fill the
 * whole quantity (FIX 4.4 ranks Filled above Canceled, Expired and Rejected); other late trades change quantities only, and answers to requests that the
 * final state overtook change nothing but what was pending.
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
    orderTriggered: 'WORKING',
    orderRestated: 'byQuantity',
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
    orderTriggered: 'WORKING',
    orderRestated: 'byQuantity',
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
    tradeBooked: 'late', // A fill raced the cancel at the venue.
  },
  REJECTED: {
    requestDenied: 'REJECTED',
    requestRejected: 'REJECTED',
    requestInDoubt: 'REJECTED',
    doubtResolved: 'REJECTED',
    tradeBooked: 'late', // The broker had it after all: the fill counts, operators are told.
  },
  EXPIRED: {
    requestDenied: 'EXPIRED',
    orderConfirmed: 'EXPIRED',
    requestRejected: 'EXPIRED',
    requestInDoubt: 'EXPIRED',
    doubtResolved: 'EXPIRED',
    tradeBooked: 'late',
  },
  DENIED: { requestDenied: 'DENIED' }, // No broker ever saw it: anything from a broker is an error.
} as const satisfies Record<WorkingState, Partial<Record<OrderEventCase, Next>>>;

/** Whether the table has a cell for this event. */
export function isLegal(working: WorkingState, event: OrderEventCase): boolean {
  return event in transitions[working];
}

/** Whether the event is one of an order. */
export function isOrderEvent(body: EventBody): body is OrderEventBody {
  switch (body.$case) {
    case 'accountOpened':
    case 'accountChanged':
    case 'tradingStateChanged':
    case 'cashAdjusted':
    case 'cancelAllRequested':
      return false;
    default:
      return true;
  }
}

/** Whether the event is the first one of an order. */
export function isOpening({ $case }: EventBody): boolean {
  return $case === 'orderAccepted' || $case === 'orderDenied';
}
