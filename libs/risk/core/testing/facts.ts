// Builders of the facts that risk folds. Each states only what differs; the order's state is kept the way the owner keeps it.
import {
  OrderContent,
  OrdStatus,
  OrdType,
  Product,
  Reason,
  RequestKind,
  Side,
  TimeInForce,
  type TradingState,
} from '@switchyard/contracts';
import { TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderState, RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { CancelRequested, OrderAccepted, OrderDenied, ReplaceRequested } from '@switchyard/contracts/gen/orders/v1/request_events';
import { Check } from '@switchyard/contracts/gen/risk/v1/service';
import { Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { MarketTable } from '../market-table.js';

/** 2026-02-02 10:00:00 UTC, where tests begin. */
export const testStartMs = Date.UTC(2026, 1, 2, 10);

export function aContent(differs: Partial<OrderContent> = {}): OrderContent {
  return OrderContent.fromPartial({
    instrument: 'INFY',
    side: Side.BUY,
    ordType: OrdType.LIMIT,
    timeInForce: TimeInForce.DAY,
    product: Product.INTRADAY,
    orderQty: '10',
    price: '1500',
    ...differs,
  });
}

export function anInstrument(differs: Partial<Instrument> = {}): Instrument {
  return Instrument.fromPartial({
    instrumentId: 'INFY',
    exchange: 'NSE',
    symbol: 'INFY',
    tickSize: '0.05',
    lotSize: '1',
    currency: 'INR',
    status: InstrumentStatus.ACTIVE,
    previousClose: '1490',
    masterDate: '2026-02-02',
    ...differs,
  });
}

export function aQuote(differs: Partial<Quote> = {}): Quote {
  return Quote.fromPartial({ instrumentId: 'INFY', seq: 1, atMs: testStartMs, lastPx: '1500', source: 'simulated', ...differs });
}

export function aCheck(differs: Partial<Check> = {}): Check {
  return Check.fromPartial({
    checkId: 1,
    accountId: 'A1',
    kind: RequestKind.NEW,
    orderId: 'O1',
    content: aContent(),
    brokerAccountId: 'PAPER-1',
    broker: 'paper',
    deadlineMs: testStartMs + 60_000,
    ...differs,
  });
}

/** A market of these instruments and quotes. */
export function aMarket(...items: readonly (Instrument | Quote)[]): MarketTable {
  const market = new MarketTable();
  for (const item of items) {
    if ('tickSize' in item) market.putInstrument(item);
    else market.putQuote(item);
  }
  return market;
}

type Fact = NonNullable<OrderEvent['event']>;

/** An owner's side of one shard, as far as risk sees it: facts in order, each with the order's state after it. */
export class FactBook {
  readonly events: OrderEvent[] = [];
  readonly orders = new Map<string, OrderState>();
  atMs = testStartMs - 3_600_000;
  #trades = 0;

  /** Sequence of the last fact. */
  get lastSeq(): number {
    return this.events.length;
  }

  open(accountId: string, riskGroupId = accountId): OrderEvent {
    return this.#add(accountId, { $case: 'accountOpened', value: { name: accountId, baseCurrency: 'INR', riskGroupId, routes: [] } });
  }

  tradingState(accountId: string, tradingState: TradingState): OrderEvent {
    return this.#add(accountId, { $case: 'tradingStateChanged', value: { tradingState, text: 'test', actor: 'test' } });
  }

  accept(accountId: string, orderId: string, content: OrderContent, referencePrice = ''): OrderEvent {
    const state = OrderState.fromPartial({
      orderId,
      accountId,
      content,
      ordStatus: OrdStatus.PENDING_NEW,
      cumQty: '0',
      leavesQty: content.orderQty,
    });
    this.orders.set(orderId, state);
    const risk = RiskDecision.fromPartial({ approved: true, referencePrice });
    return this.#add(accountId, { $case: 'orderAccepted', value: OrderAccepted.fromPartial({ orderId, content, risk }) }, orderId);
  }

  deny(accountId: string, orderId: string, content: OrderContent): OrderEvent {
    this.orders.set(
      orderId,
      OrderState.fromPartial({ orderId, accountId, content, ordStatus: OrdStatus.DENIED, cumQty: '0', leavesQty: '0' }),
    );
    const value = OrderDenied.fromPartial({ orderId, content, reason: Reason.PRICE_COLLAR });
    return this.#add(accountId, { $case: 'orderDenied', value }, orderId);
  }

  confirm(orderId: string): OrderEvent {
    this.#set(orderId, { ordStatus: OrdStatus.NEW });
    return this.#add(
      this.#accountOf(orderId),
      { $case: 'orderConfirmed', value: { orderId, brokerOrderId: 'B', report: undefined } },
      orderId,
    );
  }

  inDoubt(orderId: string, kind: RequestKind): OrderEvent {
    this.#set(orderId, { inDoubt: true });
    return this.#add(
      this.#accountOf(orderId),
      { $case: 'requestInDoubt', value: { orderId, kind, text: 'no answer', report: undefined } },
      orderId,
    );
  }

  cancelRequested(orderId: string): OrderEvent {
    this.#set(orderId, { cancelPending: true, ordStatus: OrdStatus.PENDING_CANCEL });
    const value = CancelRequested.fromPartial({ orderId });
    return this.#add(this.#accountOf(orderId), { $case: 'cancelRequested', value }, orderId);
  }

  replaceRequested(orderId: string, orderQty: string, price?: string, stopPx?: string, referencePrice = ''): OrderEvent {
    this.#set(orderId, { replaceQty: orderQty, replacePrice: price ?? '', ordStatus: OrdStatus.PENDING_REPLACE });
    const risk = RiskDecision.fromPartial({ approved: true, referencePrice });
    const value = ReplaceRequested.fromPartial({ orderId, orderQty, price, stopPx, risk });
    return this.#add(this.#accountOf(orderId), { $case: 'replaceRequested', value }, orderId);
  }

  replaced(orderId: string, orderQty: string, price?: string, stopPx?: string): OrderEvent {
    const state = this.#state(orderId);
    const content = { ...aContentOf(state), orderQty, price, stopPx };
    this.#set(orderId, { content, replaceQty: '', replacePrice: '', ordStatus: OrdStatus.NEW });
    return this.#add(
      state.accountId,
      { $case: 'orderReplaced', value: { orderId, clOrdId: 'R', orderQty, price, stopPx, brokerOrderId: 'B', report: undefined } },
      orderId,
    );
  }

  triggered(orderId: string): OrderEvent {
    const state = this.#state(orderId);
    const content = aContentOf(state);
    const ordType = content.ordType === OrdType.STOP ? OrdType.MARKET : OrdType.LIMIT;
    this.#set(orderId, { content: { ...content, ordType } });
    return this.#add(state.accountId, { $case: 'orderTriggered', value: { orderId, ordType, report: undefined } }, orderId);
  }

  restated(orderId: string, orderQty: string, price: string | undefined, ordType = OrdType.LIMIT): OrderEvent {
    const state = this.#state(orderId);
    this.#set(orderId, { content: { ...aContentOf(state), ordType, orderQty, price } });
    const value = { orderId, ordType, orderQty, price, reason: Reason.UNSPECIFIED, text: '', report: undefined };
    return this.#add(state.accountId, { $case: 'orderRestated', value }, orderId);
  }

  replaceRejected(orderId: string): OrderEvent {
    this.#set(orderId, { replaceQty: '', replacePrice: '', ordStatus: OrdStatus.NEW });
    const value = {
      orderId,
      clOrdId: 'R',
      kind: RequestKind.REPLACE,
      reason: Reason.BROKER_REJECTED,
      text: '',
      notSent: false,
      report: undefined,
    };
    return this.#add(this.#accountOf(orderId), { $case: 'requestRejected', value }, orderId);
  }

  end(orderId: string, ordStatus: OrdStatus.CANCELED | OrdStatus.REJECTED | OrdStatus.EXPIRED): OrderEvent {
    this.#set(orderId, { ordStatus, leavesQty: '0', inDoubt: false, replaceQty: '', replacePrice: '', cancelPending: false });
    const value = { orderId, clOrdId: '', reason: Reason.UNSPECIFIED, text: '', report: undefined };
    const fact: Fact =
      ordStatus === OrdStatus.CANCELED
        ? { $case: 'orderCanceled', value }
        : ordStatus === OrdStatus.REJECTED
          ? { $case: 'orderRejected', value: { ...value, notSent: false } }
          : { $case: 'orderExpired', value };
    return this.#add(this.#accountOf(orderId), fact, orderId);
  }

  /** A trade; the order is FILLED when nothing is left, and a late trade leaves a final order final. */
  trade(orderId: string, lastQty: string, lastPx = '1500'): OrderEvent {
    const state = this.#state(orderId);
    const content = aContentOf(state);
    const cumQty = Number(state.cumQty) + Number(lastQty);
    const isFinal = [OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED].includes(state.ordStatus);
    const leavesQty = isFinal ? 0 : Math.max(0, Number(content.orderQty) - cumQty);
    const isFilled = !isFinal && leavesQty === 0 && state.replaceQty === '';
    const ordStatus = isFinal ? state.ordStatus : isFilled ? OrdStatus.FILLED : OrdStatus.PARTIALLY_FILLED;
    this.#set(orderId, { cumQty: String(cumQty), leavesQty: String(leavesQty), ordStatus });
    const value = TradeBooked.fromPartial({
      orderId,
      tradeId: `T${++this.#trades}`,
      instrumentId: content.instrument,
      side: content.side,
      lastQty,
      lastPx,
    });
    return this.#add(state.accountId, { $case: 'tradeBooked', value }, orderId);
  }

  #state(orderId: string): OrderState {
    const state = this.orders.get(orderId);
    if (state === undefined) throw new Error(`the test has no order ${orderId}`);
    return state;
  }

  #accountOf(orderId: string): string {
    return this.#state(orderId).accountId;
  }

  #set(orderId: string, differs: Partial<OrderState>): void {
    this.orders.set(orderId, { ...this.#state(orderId), ...differs });
  }

  #add(accountId: string, fact: Fact, orderId?: string): OrderEvent {
    const state = orderId === undefined ? undefined : this.orders.get(orderId);
    const event: OrderEvent = { accountId, accountSeq: 0, atMs: this.atMs, tradingDate: '2026-02-02', process: 'test', state, event: fact };
    this.events.push(event);
    return event;
  }
}

function aContentOf(state: OrderState): OrderContent {
  if (state.content === undefined) throw new Error('the test has an order without content');
  return state.content;
}
