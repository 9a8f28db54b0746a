/** Where an order of an open loop is when: the commits of its journal rows, and the moments that the connector wrote down, from when the order was due. */
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import type pg from 'pg';
import { Histogram, type HistogramData } from '../lib/histogram.js';
import { numberOfClOrdId } from './book.js';

/** A place that orders come by. */
export interface Hop {
  readonly name: string;
  /** Due to there. */
  readonly times: HistogramData;
}

interface Timed {
  readonly ms: string;
}

const committedMs = 'extract(epoch FROM pg_xact_commit_timestamp(t.xmin)) * 1000 AS ms';

/**
 * Hops of the orders of one load, earliest median first. Commits are by the database's own record, what the connector wrote is in whole milliseconds.
 * @param afterDueMs how long after its order was due a moment of the wall clock is; undefined for an order of another load.
 */
export async function readHops(client: pg.Client, afterDueMs: (number: number, wallMs: number) => number | undefined): Promise<Hop[]> {
  const hops = new Map<string, Histogram>();
  const put = (name: string, number: number | undefined, wallMs: number): void => {
    const ms = number === undefined ? undefined : afterDueMs(number, wallMs);
    if (ms === undefined) return;
    const times = hops.get(name) ?? new Histogram();
    hops.set(name, times);
    times.record(ms);
  };
  const numbers = new Map<string, number>();
  const orders = await client.query<Timed & { payload: Buffer }>(`SELECT t.payload, ${committedMs} FROM orders.journal t`);
  for (const { payload, ms } of orders.rows) {
    const { state, event } = OrderEvent.decode(payload);
    if (state === undefined || event === undefined) continue;
    const number = numberOfClOrdId(state.firstClOrdId);
    numbers.set(state.orderId, number);
    put(`${event.$case} committed in the account's journal`, number, Number(ms));
  }
  const reports = await client.query<Timed & { payload: Buffer }>(`SELECT t.payload, ${committedMs} FROM brokers.journal t`);
  for (const { payload, ms } of reports.rows) {
    const { orderId, report } = Report.decode(payload);
    if (report !== undefined) put(`${report.$case} committed in the session's journal`, numbers.get(orderId), Number(ms));
  }
  const requests = await client.query<Record<'order_id' | 'sending_at_ms' | 'sent_at_ms' | 'answered_at_ms', string>>(
    'SELECT order_id, sending_at_ms, sent_at_ms, answered_at_ms FROM brokers.requests',
  );
  for (const { order_id, sending_at_ms, sent_at_ms, answered_at_ms } of requests.rows) {
    const number = numbers.get(order_id);
    put('the connector begins to send', number, Number(sending_at_ms));
    put('the connector has sent', number, Number(sent_at_ms));
    put("the venue's answer is there", number, Number(answered_at_ms));
  }
  const trades = await client.query<Timed & { payload: Buffer }>(
    `SELECT j.payload, ${committedMs} FROM positions.trades t JOIN orders.journal j ON j.key = t.account_id AND j.key_seq = t.account_seq`,
  );
  for (const { payload, ms } of trades.rows)
    put('the position is committed', numberOfClOrdId(OrderEvent.decode(payload).state?.firstClOrdId ?? ''), Number(ms));
  return Array.from(hops, ([name, times]) => ({ name, times: times.toData() })).sort((a, b) => medianOf(a) - medianOf(b));
}

const medianOf = ({ times }: Hop): number => Histogram.from(times).quantile(0.5);
