// Requests, reports and orders that state only what differs.
import {
  Liquidity,
  OrdType,
  Product,
  Reason,
  RequestKind,
  SelfTradePrevention,
  Side,
  TimeInForce,
  type OrderContent,
} from '@switchyard/contracts';
import { Report, type Trade } from '@switchyard/contracts/gen/brokers/v1/events';
import { type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type ReportCursor } from '@switchyard/contracts/testing/report-rows-suite';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type PlaceOrderRequest, type ReplaceOrderRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { BrokerRequestId, genesisHash, hashChain, newOrderId, RiskGroupId, shardOf, tagOf } from '@switchyard/kernel';
import { foldOrder, type Order } from '../order.js';
import { type Caller } from '../owner-options.js';
import { type OrderEventBody } from '../transitions.js';

export const demoAccountId = 'DEMO';
export const demoShard = shardOf(RiskGroupId('DEMO'));
export const startMs = 1_800_000_000_000;

/** Ten INFY at 1500, for the day. */
export function aContent(partial: Partial<OrderContent> = {}): OrderContent {
  return {
    instrument: 'NSE:INFY',
    side: Side.BUY,
    ordType: OrdType.LIMIT,
    timeInForce: TimeInForce.DAY,
    product: Product.INTRADAY,
    orderQty: '10',
    price: '1500',
    stopPx: undefined,
    displayQty: undefined,
    marketProtection: undefined,
    strategyId: '',
    algoId: '',
    sendBeforeMs: 0,
    selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
    postOnly: false,
    expireAtMs: 0,
    ...partial,
  };
}

export function aPlace(clOrdId: string, partial: Partial<OrderContent> = {}): PlaceOrderRequest {
  return { accountId: demoAccountId, clOrdId, content: aContent(partial) };
}

export function aReplace(clOrdId: string, orderId: string, partial: Partial<ReplaceOrderRequest> = {}): ReplaceOrderRequest {
  return { accountId: demoAccountId, clOrdId, orderId, origClOrdId: '', orderQty: '20', price: undefined, stopPx: undefined, ...partial };
}

export function aCaller(partial: Partial<Caller> = {}): Caller {
  return { actor: 'tester', receivedAtMs: startMs, receivedBy: '', deadlineMs: startMs + 1e9, traceparent: '', ...partial };
}

/** Folds events into one order, numbering them from 1. */
export function foldAll(bodies: readonly OrderEventBody[], from?: Order): Order {
  let order = from;
  for (const body of bodies) order = foldOrder(order, anEvent(body, (order?.accountSeq ?? 0) + 1));
  if (order === undefined) throw new RangeError('foldAll has at least one event');
  return order;
}

export function anEvent(event: OrderEventBody, accountSeq: number): OrderEvent {
  return {
    accountId: demoAccountId,
    accountSeq,
    atMs: startMs + accountSeq,
    tradingDate: '2027-01-15',
    process: 'test',
    state: undefined,
    event,
  };
}

/** An accepted order's first event. */
export function accepted(partial: Partial<OrderContent> = {}): OrderEventBody {
  const orderId = newOrderId(demoShard, new Uint8Array(12), startMs);
  const brokerRequestId = `${orderId}.1`;
  return {
    $case: 'orderAccepted',
    value: {
      clOrdId: 'A-1',
      orderId,
      content: aContent({ instrument: 'i-infy', ...partial }),
      contentSha256: Buffer.alloc(32),
      placement: {
        placementId: `${orderId}-1`,
        brokerAccountId: 'PAPER-1',
        sessionId: 'paper-1',
        brokerRequestId,
        tag: tagOf(BrokerRequestId(brokerRequestId)),
      },
      risk: undefined,
      actor: 'tester',
      receivedAtMs: startMs,
      receivedBy: '',
      currency: 'INR',
    },
  };
}

/** An order made by its events; PENDING_NEW when there are no further ones. */
export function anOrder(...further: readonly OrderEventBody[]): Order {
  return foldAll([accepted(), ...further]);
}

/** A report about an order's placing request, unless it says otherwise. */
export function aReport(
  order: Pick<Order, 'orderId' | 'accountId'>,
  report: NonNullable<Report['report']>,
  partial: Partial<Report> = {},
): Report {
  return {
    accountId: order.accountId,
    orderId: order.orderId,
    brokerRequestId: `${order.orderId}.1`,
    kind: RequestKind.NEW,
    sentAtMs: 0,
    receivedAtMs: startMs,
    process: 'broker-connector',
    brokerOrderId: '',
    sessionId: 'paper-1',
    placementId: `${order.orderId}-1`,
    report,
    ...partial,
  };
}

/** What a report says of a trade: one at 1500, unless it says otherwise. */
export function aTrade(partial: Partial<Trade> = {}): { $case: 'trade'; value: Trade } {
  const value = { tradeId: 'T-1', lastQty: '1', lastPx: '1500', tradedAtMs: 0, brokerAccountId: 'PAPER-1' };
  return { $case: 'trade', value: { ...value, liquidity: Liquidity.UNSPECIFIED, fees: [], ...partial } };
}

/** What a report says of an order whose day ended. */
export function anExpiry(text = 'day end'): NonNullable<Report['report']> {
  return { $case: 'expired', value: { reason: Reason.VENUE_DAY_END, text } };
}

/** A connector's journal of one (session, shard): what an owner may rely on in it is contracts/testing/report-rows-suite.ts. */
export class FakeSessionJournal {
  readonly rows: ReportRow[] = [];

  add(report: Report, traceparent = ''): ReportRow {
    const payload = Buffer.from(Report.encode(report).finish());
    const last = this.rows.at(-1);
    const row = { seq: this.rows.length + 1, hash: Buffer.from(hashChain(last?.hash ?? genesisHash, payload)), payload, traceparent };
    this.rows.push(row);
    return row;
  }

  /** What an owner with this cursor is sent. */
  after({ seq, hash }: ReportCursor): ReportRow[] | 'conflict' {
    const agrees = seq === 0 || this.rows[seq - 1]?.hash.equals(hash) === true;
    return agrees ? this.rows.slice(seq) : 'conflict';
  }
}
