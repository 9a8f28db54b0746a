// One order as a pure fold over its events: what is stored, how each event changes it, and what is derived from it. No decisions are made here.
import { OrdStatus, Reason, RequestKind, type OrderContent } from '@switchyard/contracts';
import { type OrderRestated, type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type OrderState, type Placement } from '@switchyard/contracts/gen/orders/v1/order';
import { type OrderAccepted, type OrderDenied } from '@switchyard/contracts/gen/orders/v1/request_events';
import { assert, assertNever, averagePrice, formatDecimal, Notional, notional, Price, Quantity } from '@switchyard/kernel';
import { isOrderEvent, transitions } from './transitions.js';
import { type EventBody, type Next, type OrderEventBody, type OrderEventCase, type WorkingState } from './transitions.js';

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
  /** When we accepted it. */
  readonly requestedAtMs: number;
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
  /** As last replaced, triggered or restated; `instrument` is the instrument id. */
  readonly content: OrderContent;
  /** Currency of its prices; empty for a denied order. */
  readonly currency: string;
  /** Undefined for a denied order. */
  readonly placement: Placement | undefined;
  readonly working: WorkingState;
  /** The final state that late trades made FILLED; undefined where there was none. */
  readonly endBeforeFill: WorkingState | undefined;
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
  /** accountSeq of its first event: the order of acceptance in its account. */
  readonly acceptedSeq: number;
  /** accountSeq of the last event folded. */
  readonly accountSeq: number;
}

/** Whether the order has reached its final state. */
export function isFinal(order: Order): boolean {
  return order.working !== 'PENDING_NEW' && order.working !== 'WORKING';
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

/**
 * OrdStatus where several states hold at once, the first of: Filled; another end; PendingCancel; PendingReplace; PartiallyFilled; New; PendingNew.
 * That is FIX 4.4's precedence, but for one thing: there PendingCancel and PendingReplace come before the ends. See adr/0012.
 */
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
    replaceStopPx: replace?.stopPx ?? '',
  };
}

/**
 * Folds one event of the order, in order.
 * @param order undefined before its first event.
 * @throws InvariantError on an event that the transition table does not have, or that breaks a rule of quantities.
 */
export function foldOrder(order: Order | undefined, event: OrderEvent): Order {
  const body = event.event;
  assert(body !== undefined, 'an event says what happened');
  if (order === undefined) return openingOf(event, body);
  assert(event.accountId === order.accountId, 'an event is folded into an order of its account');
  assert(event.accountSeq > order.accountSeq, 'the events of an order are folded in order');
  assert(isOrderEvent(body), 'an account event is no event of an order');
  assert(body.value.orderId === order.orderId, 'an event is folded into its own order');
  const row: Partial<Record<OrderEventCase, Next>> = transitions[order.working];
  const next = row[body.$case];
  assert(next !== undefined, `${body.$case} is legal for an order that is ${order.working}`);
  // One copy an event: what it changes is written into that.
  const changed: Changing = { ...order, updatedAtMs: event.atMs, accountSeq: event.accountSeq };
  change(changed, body, event.atMs);
  switch (next) {
    case 'byQuantity':
      changed.working = workingByQuantity(changed);
      break;
    case 'late':
      if (changed.cumQty >= changed.orderQty) fillLate(changed);
      break;
    default:
      changed.working = resolveDoubt(body, next);
  }
  return settled(changed);
}

/** An order while an event is folded into it. */
type Changing = { -readonly [K in keyof Order]: Order[K] };

/** Why it had ended before is told by its events; it is filled now. */
function fillLate(order: Changing): void {
  order.endBeforeFill = order.working;
  order.working = 'FILLED';
  because(order, { reason: Reason.UNSPECIFIED, text: '' });
}

function openingOf(event: OrderEvent, body: EventBody): Order {
  assert(body.$case === 'orderAccepted' || body.$case === 'orderDenied', 'the life of an order begins when it is accepted or denied');
  const { clOrdId, orderId, content } = body.value;
  assert(content !== undefined, 'an order has content');
  const orderQty = Quantity(content.orderQty);
  assert(orderQty > 0n, 'an order is for more than nothing');
  const opened: Order = {
    orderId,
    accountId: event.accountId,
    firstClOrdId: clOrdId,
    clOrdId,
    content,
    currency: '',
    placement: undefined,
    working: 'DENIED',
    endBeforeFill: undefined,
    orderQty,
    cumQty: Quantity.zero,
    notional: Notional.zero,
    pendingCancel: undefined,
    pendingReplace: undefined,
    doubts: noDoubts,
    brokerOrderId: '',
    placingAnswered: false,
    requestsCount: 0,
    tradeIds: [],
    reason: Reason.UNSPECIFIED,
    text: '',
    createdAtMs: event.atMs,
    updatedAtMs: event.atMs,
    acceptedSeq: event.accountSeq,
    accountSeq: event.accountSeq,
  };
  return body.$case === 'orderDenied' ? denied(opened, body.value) : accepted(opened, body.value);
}

function accepted(opened: Order, { placement, currency }: OrderAccepted): Order {
  assert(placement !== undefined, 'an accepted order has a placement');
  assert(currency !== '', 'an accepted order has a currency');
  return { ...opened, working: 'PENDING_NEW', currency, placement, requestsCount: 1 };
}

function denied(opened: Order, { reason, text }: OrderDenied): Order {
  return { ...opened, reason, text };
}

const noDoubts: Doubts = Object.freeze({ placing: false, replace: false, cancel: false });

/** Writes what an event changes, apart from the working state. */
function change(order: Changing, body: OrderEventBody, atMs: number): void {
  switch (body.$case) {
    case 'orderAccepted':
    case 'orderDenied':
      return assert(false, `${body.$case} is the first event of an order`);
    case 'requestDenied':
      return;
    case 'cancelRequested': {
      const { clOrdId, brokerRequestId, tag } = body.value;
      assert(order.pendingCancel === undefined, 'at most one cancel is pending');
      order.pendingCancel = { clOrdId, brokerRequestId, tag };
      order.requestsCount += 1;
      return;
    }
    case 'replaceRequested': {
      const { clOrdId, brokerRequestId, tag, orderQty, price, stopPx } = body.value;
      assert(order.pendingReplace === undefined, 'at most one replace is pending');
      order.pendingReplace = { clOrdId, brokerRequestId, tag, orderQty: Quantity(orderQty), price, stopPx, requestedAtMs: atMs };
      order.requestsCount += 1;
      return;
    }
    case 'orderConfirmed':
      return atBroker(order, body.value.brokerOrderId);
    case 'orderRejected':
      answered(order);
      return because(order, body.value);
    case 'orderReplaced':
      atBroker(order, body.value.brokerOrderId);
      return replaced(order, body.value);
    case 'orderCanceled':
      answered(order);
      order.pendingCancel = undefined;
      order.pendingReplace = undefined;
      order.doubts = noDoubts;
      order.clOrdId = body.value.clOrdId || order.clOrdId;
      return because(order, body.value);
    case 'orderExpired':
      answered(order);
      return because(order, { reason: body.value.reason || order.reason, text: body.value.text });
    case 'orderTriggered':
      atBroker(order, '');
      order.content = { ...order.content, ordType: body.value.ordType };
      return;
    case 'orderRestated':
      atBroker(order, '');
      return restated(order, body.value);
    case 'requestRejected':
      if (body.value.kind === RequestKind.CANCEL) order.pendingCancel = undefined;
      else order.pendingReplace = undefined;
      order.doubts = { ...order.doubts, [body.value.kind === RequestKind.CANCEL ? 'cancel' : 'replace']: false };
      return;
    case 'requestInDoubt':
      order.placingAnswered ||= body.value.kind === RequestKind.NEW;
      order.doubts = withDoubt(order.doubts, body.value.kind, true);
      if (!isFinal(order)) because(order, { reason: Reason.IN_DOUBT, text: body.value.text });
      return;
    case 'doubtResolved':
      if (body.value.kind === RequestKind.NEW) return atBroker(order, body.value.brokerOrderId);
      order.doubts = withDoubt(order.doubts, body.value.kind, false);
      order.brokerOrderId = body.value.brokerOrderId || order.brokerOrderId;
      return;
    case 'tradeBooked':
      atBroker(order, '');
      return filled(order, body.value);
    default:
      return assertNever(body, 'event');
  }
}

function because(order: Changing, { reason, text }: { readonly reason: Reason; readonly text: string }): void {
  order.reason = reason;
  order.text = text;
}

/** The request that places the order has been answered. */
function answered(order: Changing): void {
  order.placingAnswered = true;
  if (order.doubts.placing) order.doubts = { ...order.doubts, placing: false };
}

/** Evidence that the broker has the order. */
function atBroker(order: Changing, brokerOrderId: string): void {
  answered(order);
  order.brokerOrderId = brokerOrderId || order.brokerOrderId;
}

function withDoubt(doubts: Doubts, kind: RequestKind, doubt: boolean): Doubts {
  switch (kind) {
    case RequestKind.NEW:
      return { ...doubts, placing: doubt };
    case RequestKind.REPLACE:
      return { ...doubts, replace: doubt };
    case RequestKind.CANCEL:
      return { ...doubts, cancel: doubt };
    default:
      assert(false, 'a request is NEW, REPLACE or CANCEL');
  }
}

/** A replace carries the total quantity; one to what is filled or less leaves exactly what is filled. */
function replaced(
  order: Changing,
  { clOrdId, orderQty, price, stopPx }: { clOrdId: string; orderQty: string; price?: string; stopPx?: string },
): void {
  order.orderQty = totalOf(order, orderQty);
  order.content = {
    ...order.content,
    orderQty: formatDecimal(order.orderQty),
    price: price ?? order.content.price,
    stopPx: stopPx ?? order.content.stopPx,
  };
  if (order.pendingReplace?.clOrdId !== clOrdId) return;
  order.clOrdId = clOrdId;
  order.pendingReplace = undefined;
  order.doubts = { ...order.doubts, placing: false, replace: false };
}

/** The order became another type, got a price, or lost quantity, without anybody asking. */
function restated(order: Changing, { ordType, orderQty, price }: OrderRestated): void {
  order.orderQty = totalOf(order, orderQty);
  order.content = { ...order.content, ordType, orderQty: formatDecimal(order.orderQty), price: price ?? order.content.price };
}

/** A total quantity is at least what is filled. */
function totalOf({ cumQty }: Order, orderQty: string): Quantity {
  const total = Quantity(orderQty);
  return total < cumQty ? cumQty : total;
}

function filled(order: Changing, trade: TradeBooked): void {
  const lastQty = Quantity(trade.lastQty);
  assert(lastQty > 0n, 'a trade is of more than nothing');
  assert(!order.tradeIds.includes(trade.tradeId), 'a trade is booked once');
  order.cumQty = Quantity.fromScaled(order.cumQty + lastQty);
  order.notional = Notional.fromScaled(order.notional + notional(Price(trade.lastPx), lastQty));
  order.tradeIds = [...order.tradeIds, trade.tradeId];
}

/** FILLED when nothing is left, unless a larger quantity may be on its way: then only the answer to that replace decides. */
function workingByQuantity(order: Order): WorkingState {
  if (order.cumQty < order.orderQty)
    return order.working === 'PENDING_NEW' && order.cumQty === 0n && !order.placingAnswered ? 'PENDING_NEW' : 'WORKING';
  const pending = order.pendingReplace;
  return pending !== undefined && pending.orderQty > order.cumQty ? 'WORKING' : 'FILLED';
}

/** The evidence that ends a doubt about the placing request is a confirmation. */
function resolveDoubt(body: OrderEventBody, next: WorkingState): WorkingState {
  return next === 'PENDING_NEW' && body.$case === 'doubtResolved' && body.value.kind === RequestKind.NEW ? 'WORKING' : next;
}

/** The order after its event: what was said of a doubt goes with the doubt. */
function settled(order: Changing): Order {
  assert(order.cumQty >= 0n, 'cumQty is not negative');
  assert(order.orderQty > 0n, 'orderQty is positive');
  const { placing, replace, cancel } = order.doubts;
  if (order.reason === Reason.IN_DOUBT && !placing && !replace && !cancel) because(order, { reason: Reason.UNSPECIFIED, text: '' });
  return order;
}
