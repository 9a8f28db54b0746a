// What a connector's report means for an order: the events to book, nothing new, or a contradiction. Pure; the owner appends, parks and pages.
import { OrdType, RequestKind, type Reason } from '@switchyard/contracts';
import { type Report, type Restated, type Trade } from '@switchyard/contracts/gen/brokers/v1/events';
import { type ReportRef } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { assertNever, parseDecimal, Price } from '@switchyard/kernel';
import { hasPrice } from './content.js';
import { isFinal, type Order } from './order.js';
import { isLegal, type OrderEventBody, type WorkingState } from './transitions.js';

/**
 * `events`: facts to book, in order. `known`: the report only repeats or acknowledges what the order shows already. `contradiction`: it can't be true
 * of the order as we know it; it is parked and operators are paged.
 */
export type ReportOutcome =
  | { readonly kind: 'events'; readonly events: readonly OrderEventBody[] }
  | { readonly kind: 'known' }
  | { readonly kind: 'contradiction'; readonly text: string };

const known: ReportOutcome = Object.freeze({ kind: 'known' });
const contradiction = (text: string): ReportOutcome => ({ kind: 'contradiction', text });
const booked = (...events: OrderEventBody[]): ReportOutcome => ({ kind: 'events', events });

/** The reference that events keep of the report they come from. @param seq its sequence in `session/<id>/<shard>`. */
export function reportRefOf(report: Report, seq: number): ReportRef {
  const { sessionId, brokerRequestId, sentAtMs, receivedAtMs, process, placementId } = report;
  return { sessionId, seq, brokerRequestId, sentAtMs, receivedAtMs, process, placementId };
}

/** The events that the report is for the order as it is. */
export function eventsOfReport(order: Order, report: Report, ref: ReportRef): ReportOutcome {
  const body = report.report;
  if (body === undefined) return contradiction('the report says nothing that this version knows');
  if (report.accountId !== order.accountId) return contradiction(`the order is of account ${order.accountId}, not ${report.accountId}`);
  if (order.working === 'DENIED') return contradiction('the order was denied: no broker was ever asked');
  const stranger = strangerOf(order, report);
  if (stranger !== undefined) return contradiction(stranger);
  switch (body.$case) {
    case 'accepted':
      return acceptedOutcome(order, report, ref);
    case 'refused':
      return refusedOutcome(order, report, ref, body.value, false);
    case 'notSent':
      return refusedOutcome(order, report, ref, body.value, true);
    case 'inDoubt':
      return inDoubtOutcome(order, report, ref, body.value.text);
    case 'doubtResolved':
      return doubtResolvedOutcome(order, report, ref, body.value.text);
    case 'trade':
      return tradeOutcome(order, body.value, ref);
    case 'canceled':
      return canceledOutcome(order, report, ref, body.value);
    case 'expired':
      if (hasEndedAs(order, 'EXPIRED')) return known;
      if (!isLegal(order.working, 'orderExpired')) return contradiction(`expired, but the order is ${order.working}`);
      return booked({ $case: 'orderExpired', value: { orderId: order.orderId, ...body.value, report: ref } });
    case 'replaced':
      return replacedOutcome(order, report, ref, body.value);
    case 'triggered':
      return triggeredOutcome(order, ref, body.value.ordType);
    case 'restated':
      return restatedOutcome(order, ref, body.value);
    default:
      return assertNever(body, 'report');
  }
}

/** Whether the order has this end, or had it before late trades filled it. */
function hasEndedAs({ working, endBeforeFill }: Order, end: WorkingState): boolean {
  return working === end || endBeforeFill === end;
}

/** Why the report's request can't be one of this order's; undefined when it can. */
function strangerOf(order: Order, { brokerRequestId, kind, orderId }: Report): string | undefined {
  if (orderId !== order.orderId) return `the report is of order ${orderId}`;
  if (kind !== RequestKind.NEW && kind !== RequestKind.REPLACE && kind !== RequestKind.CANCEL) return `no kind of request is ${kind}`;
  if (brokerRequestId === '') return undefined;
  const number = brokerRequestId.startsWith(`${orderId}.`) ? Number(brokerRequestId.slice(orderId.length + 1)) : Number.NaN;
  if (!Number.isInteger(number) || number < 1 || number > order.requestsCount) return `the order has no request ${brokerRequestId}`;
  if ((number === 1) !== (kind === RequestKind.NEW)) return `request ${brokerRequestId} is not of the kind that the report says`;
  return undefined;
}

function acceptedOutcome(order: Order, report: Report, ref: ReportRef): ReportOutcome {
  const { orderId } = order;
  const { brokerOrderId, kind } = report;
  if (kind !== RequestKind.NEW) {
    // Only an acknowledgement: Canceled or Replaced will say that it is done. It is evidence against a doubt, though.
    if (!doubtOf(order, kind)) return known;
    return booked({
      $case: 'doubtResolved',
      value: { orderId, kind, brokerOrderId, text: 'the broker acknowledged the request', report: ref },
    });
  }
  if (!isLegal(order.working, 'orderConfirmed')) return contradiction(`accepted by the broker, but the order is ${order.working}`);
  const isNews =
    order.working === 'PENDING_NEW' || order.brokerOrderId === '' || (brokerOrderId !== '' && brokerOrderId !== order.brokerOrderId);
  return isNews ? booked({ $case: 'orderConfirmed', value: { orderId, brokerOrderId, report: ref } }) : known;
}

function refusedOutcome(
  order: Order,
  report: Report,
  ref: ReportRef,
  why: { reason: Reason; text: string },
  notSent: boolean,
): ReportOutcome {
  const { reason, text } = why;
  const { orderId } = order;
  const { kind } = report;
  if (kind === RequestKind.NEW) {
    if (hasEndedAs(order, 'REJECTED')) return known;
    const what = notSent ? 'never sent' : 'refused by the broker';
    if (!isLegal(order.working, 'orderRejected')) return contradiction(`${what}, but the order is ${order.working}`);
    if (order.cumQty > 0n) return contradiction(`${what}, but the order has trades`);
    if (notSent && order.working === 'WORKING') return contradiction('never sent, but the broker confirmed the order');
    return booked({ $case: 'orderRejected', value: { orderId, reason, text, notSent, report: ref } });
  }
  const pending = pendingOf(order, kind);
  if (pending === undefined || pending.brokerRequestId !== report.brokerRequestId) return known; // Answered before, or overtaken by the order's end.
  return booked({ $case: 'requestRejected', value: { orderId, clOrdId: pending.clOrdId, kind, reason, text, notSent, report: ref } });
}

function inDoubtOutcome(order: Order, report: Report, ref: ReportRef, text: string): ReportOutcome {
  const { orderId } = order;
  const { kind } = report;
  if (doubtOf(order, kind)) return known;
  if (kind === RequestKind.NEW) {
    if (order.working === 'REJECTED') return contradiction('in doubt, but the order is REJECTED');
    if (order.working !== 'PENDING_NEW') return known; // There is evidence that the broker has it.
  } else {
    const pending = pendingOf(order, kind);
    if (isFinal(order) || pending === undefined || pending.brokerRequestId !== report.brokerRequestId) return known;
  }
  return booked({ $case: 'requestInDoubt', value: { orderId, kind, text, report: ref } });
}

function doubtResolvedOutcome(order: Order, report: Report, ref: ReportRef, text: string): ReportOutcome {
  const { orderId } = order;
  const { kind, brokerOrderId } = report;
  if (kind === RequestKind.NEW && order.working === 'REJECTED') return contradiction('found at the broker, but the order is REJECTED');
  const isNews = doubtOf(order, kind) || (kind === RequestKind.NEW && order.working === 'PENDING_NEW');
  return isNews ? booked({ $case: 'doubtResolved', value: { orderId, kind, brokerOrderId, text, report: ref } }) : known;
}

function tradeOutcome(order: Order, trade: Trade, ref: ReportRef): ReportOutcome {
  const { placement, content } = order;
  const { tradeId, brokerAccountId, lastQty, lastPx, tradedAtMs, liquidity, fees } = trade;
  if (placement === undefined || brokerAccountId !== placement.brokerAccountId)
    return contradiction(`a trade of broker account ${brokerAccountId}`);
  if (order.tradeIds.includes(tradeId)) return known;
  const qty = parseDecimal(lastQty);
  if (tradeId === '' || !qty.ok || qty.value <= 0n || !parseDecimal(lastPx).ok)
    return contradiction('a trade has an id, a positive quantity and a price');
  const expected =
    order.pendingReplace === undefined || order.pendingReplace.orderQty < order.orderQty ? order.orderQty : order.pendingReplace.orderQty;
  const late = isFinal(order) || order.cumQty + qty.value > expected;
  const value = {
    orderId: order.orderId,
    tradeId,
    instrumentId: content.instrument,
    side: content.side,
    product: content.product,
    brokerAccountId,
    lastQty,
    lastPx,
    tradedAtMs,
    late,
    report: ref,
    currency: order.currency,
    liquidity,
    fees,
  };
  return booked({ $case: 'tradeBooked', value });
}

function canceledOutcome(order: Order, report: Report, ref: ReportRef, why: { reason: Reason; text: string }): ReportOutcome {
  if (hasEndedAs(order, 'CANCELED')) return known;
  if (!isLegal(order.working, 'orderCanceled')) return contradiction(`canceled, but the order is ${order.working}`);
  const pending = order.pendingCancel;
  const isAnswer = pending !== undefined && (report.kind === RequestKind.CANCEL || report.brokerRequestId === pending.brokerRequestId);
  const clOrdId = isAnswer ? pending.clOrdId : '';
  return booked({ $case: 'orderCanceled', value: { orderId: order.orderId, clOrdId, reason: why.reason, text: why.text, report: ref } });
}

function replacedOutcome(
  order: Order,
  report: Report,
  ref: ReportRef,
  { orderQty, price, stopPx }: { orderQty: string; price?: string; stopPx?: string },
): ReportOutcome {
  const pending = order.pendingReplace;
  const isAnswer = pending !== undefined && (report.brokerRequestId === pending.brokerRequestId || report.brokerRequestId === '');
  if (!isAnswer && report.kind === RequestKind.REPLACE && report.brokerRequestId !== '') return known; // That replace was answered before.
  if (!isLegal(order.working, 'orderReplaced')) return contradiction(`replaced, but the order is ${order.working}`);
  const qty = parseDecimal(orderQty);
  if (!qty.ok || qty.value <= 0n) return contradiction('a replaced order has a positive quantity');
  if ([price, stopPx].some((each) => each !== undefined && !parseDecimal(each).ok))
    return contradiction('a replaced order has decimal prices');
  const { brokerOrderId } = report;
  const clOrdId = isAnswer ? pending.clOrdId : '';
  return booked({
    $case: 'orderReplaced',
    value: { orderId: order.orderId, clOrdId, orderQty, price, stopPx, brokerOrderId, report: ref },
  });
}

function triggeredOutcome(order: Order, ref: ReportRef, ordType: OrdType): ReportOutcome {
  const { orderId, content } = order;
  if (isFinal(order)) return lateChange(order, 'triggered');
  const becomes = triggeredTypes[content.ordType];
  if (becomes === undefined) {
    if (content.ordType === ordType && content.stopPx !== undefined) return known; // It was triggered before.
    return contradiction(`triggered, but the order is a ${OrdType[content.ordType]} order`);
  }
  if (ordType !== becomes) return contradiction(`a triggered ${OrdType[content.ordType]} order does not become ${OrdType[ordType]}`);
  return booked({ $case: 'orderTriggered', value: { orderId, ordType, report: ref } });
}

const triggeredTypes: Readonly<Partial<Record<OrdType, OrdType>>> = {
  [OrdType.STOP]: OrdType.MARKET,
  [OrdType.STOP_LIMIT]: OrdType.LIMIT,
};

/** Types that become LIMIT by themselves. */
const pricedLater = [OrdType.MARKET, OrdType.MARKET_TO_LIMIT];

function restatedOutcome(order: Order, ref: ReportRef, restated: Restated): ReportOutcome {
  const { orderId, content, orderQty } = order;
  const { ordType, reason, text } = restated;
  if (isFinal(order)) return lateChange(order, 'restated');
  if (ordType !== content.ordType && !(ordType === OrdType.LIMIT && pricedLater.includes(content.ordType)))
    return contradiction(`a ${OrdType[content.ordType]} order does not become ${OrdType[ordType]} by itself`);
  const qty = parseDecimal(restated.orderQty);
  if (!qty.ok || qty.value <= 0n) return contradiction('a restated order has a positive quantity');
  const price = hasPrice(ordType) ? (restated.price ?? content.price) : undefined;
  if (hasPrice(ordType) && !parseDecimal(price ?? '').ok) return contradiction('a restated order with a limit has a decimal price');
  if (ordType === content.ordType && qty.value === orderQty && isSamePrice(price, content.price)) return known;
  return booked({ $case: 'orderRestated', value: { orderId, ordType, orderQty: restated.orderQty, price, reason, text, report: ref } });
}

function isSamePrice(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Price(a) === Price(b));
}

/** What happened before the end may be told after it: it changes nothing any more. */
function lateChange({ working }: Order, what: string): ReportOutcome {
  return working === 'REJECTED' ? contradiction(`${what}, but the order is REJECTED`) : known;
}

function pendingOf(order: Order, kind: RequestKind): { readonly clOrdId: string; readonly brokerRequestId: string } | undefined {
  return kind === RequestKind.CANCEL ? order.pendingCancel : order.pendingReplace;
}

function doubtOf(order: Order, kind: RequestKind): boolean {
  if (kind === RequestKind.NEW) return order.doubts.placing;
  return kind === RequestKind.CANCEL ? order.doubts.cancel : order.doubts.replace;
}
