// Facts of one order, as its owner writes them: what a test of the fold says in a word.
import { Liquidity, OrdType, Product, Reason, RequestKind, Side } from '@switchyard/contracts';
import { type ReportRef } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEventBody } from '../transitions.js';
import { anOrder } from './builders.js';

const orderId = anOrder().orderId;
const report: ReportRef = {
  sessionId: 'paper-1',
  seq: 1,
  brokerRequestId: `${orderId}.1`,
  sentAtMs: 0,
  receivedAtMs: 0,
  process: 'p',
  placementId: `${orderId}-1`,
};

export const denied: OrderEventBody = {
  $case: 'orderDenied',
  value: {
    clOrdId: 'A-1',
    orderId,
    content: anOrder().content,
    contentSha256: Buffer.alloc(32),
    reason: Reason.KILL_SWITCH,
    text: 'halt',
    field: '',
    risk: undefined,
    actor: 'a',
    receivedAtMs: 0,
    receivedBy: '',
  },
};
export const cancelRequested = (clOrdId = 'C-1', n = 2): OrderEventBody => ({
  $case: 'cancelRequested',
  value: {
    clOrdId,
    orderId,
    brokerRequestId: `${orderId}.${n}`,
    tag: 't',
    contentSha256: Buffer.alloc(32),
    actor: 'a',
    receivedAtMs: 0,
    receivedBy: '',
  },
});
export const replaceRequested = (orderQty: string, price?: string, stopPx?: string, n = 2): OrderEventBody => ({
  $case: 'replaceRequested',
  value: {
    clOrdId: 'R-1',
    orderId,
    orderQty,
    price,
    stopPx,
    brokerRequestId: `${orderId}.${n}`,
    tag: 't',
    risk: undefined,
    contentSha256: Buffer.alloc(32),
    actor: 'a',
    receivedAtMs: 0,
    receivedBy: '',
  },
});
export const confirmed: OrderEventBody = { $case: 'orderConfirmed', value: { orderId, brokerOrderId: 'B-1', report } };
export const rejected: OrderEventBody = {
  $case: 'orderRejected',
  value: { orderId, reason: Reason.BROKER_REJECTED, text: 'no', notSent: false, report },
};
export const replaced = (orderQty: string, price?: string, clOrdId = 'R-1'): OrderEventBody => ({
  $case: 'orderReplaced',
  value: { orderId, clOrdId, orderQty, price, stopPx: undefined, brokerOrderId: 'B-2', report },
});
export const canceled = (clOrdId = ''): OrderEventBody => ({
  $case: 'orderCanceled',
  value: { orderId, clOrdId, reason: Reason.UNSPECIFIED, text: '', report },
});
export const expired: OrderEventBody = { $case: 'orderExpired', value: { orderId, reason: Reason.VENUE_DAY_END, text: 'day end', report } };
export const requestRejected = (kind: RequestKind): OrderEventBody => ({
  $case: 'requestRejected',
  value: { orderId, clOrdId: 'C-1', kind, reason: Reason.BROKER_REJECTED, text: 'too late', notSent: false, report },
});
export const requestDenied: OrderEventBody = {
  $case: 'requestDenied',
  value: {
    clOrdId: 'C-9',
    orderId,
    kind: RequestKind.CANCEL,
    reason: Reason.CANCEL_PENDING,
    text: '',
    field: '',
    risk: undefined,
    contentSha256: Buffer.alloc(32),
    actor: 'a',
  },
};
export const inDoubt = (kind: RequestKind): OrderEventBody => ({
  $case: 'requestInDoubt',
  value: { orderId, kind, text: 'no answer', report },
});
export const resolved = (kind: RequestKind): OrderEventBody => ({
  $case: 'doubtResolved',
  value: { orderId, kind, brokerOrderId: 'B-1', text: 'found', report },
});
let trades = 0;
export const trade = (lastQty: string, lastPx = '1500', tradeId = `T-${++trades}`): OrderEventBody => ({
  $case: 'tradeBooked',
  value: {
    orderId,
    tradeId,
    instrumentId: 'i-infy',
    side: Side.BUY,
    product: Product.INTRADAY,
    brokerAccountId: 'PAPER-1',
    lastQty,
    lastPx,
    tradedAtMs: 0,
    late: false,
    report,
    currency: 'INR',
    liquidity: Liquidity.UNSPECIFIED,
    fees: [],
  },
});
export const triggered = (ordType = OrdType.MARKET): OrderEventBody => ({ $case: 'orderTriggered', value: { orderId, ordType, report } });
export const restated = (orderQty: string, price: string | undefined = undefined, ordType = OrdType.LIMIT): OrderEventBody => ({
  $case: 'orderRestated',
  value: { orderId, ordType, orderQty, price, reason: Reason.VENUE_SELF_TRADE, text: '', report },
});
