// ExplainOrder: every event of the order's journal and the exchange with the broker, on one timeline.
import {
  BROKER_SERVICE,
  type Call,
  CallError,
  type Calls,
  Liquidity,
  OrdStatus,
  OrdType,
  Reason,
  RequestKind,
  requireAccount,
  StatusCode,
} from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { type BrokerRequest, RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type ReportRef } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type ExplainOrderRequest, type ExplainOrderResponse, type TimelineEntry } from '@switchyard/contracts/gen/orders/v1/service';
import { requireRole } from '@switchyard/platform/auth';
import { shardOfOrderId } from '@switchyard/kernel';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { eventsThatName, firstSeqOfOrder, readFlushedSeq, type StoredRows, streamOfShard } from './orders.sql.js';
import { orderUnknown } from './order.service.js';

/** Events of one order that are told at most. */
const eventsMax = 10_000;

type Entry = Omit<TimelineEntry, 'sinceFormerMs'>;

export class Explainer {
  constructor(
    private readonly pool: Pool,
    private readonly journal: Journal<StoredRows>,
    private readonly calls: Calls,
  ) {}

  /** Any process can answer: journals are read, not owned. */
  async explain({ orderId, accountId }: ExplainOrderRequest, call: Call): Promise<ExplainOrderResponse> {
    if (accountId === '') requireRole(call.principal, 'ops', 'admin', 'risk-officer', 'service');
    else requireAccount(call.principal, accountId, 'viewer');
    const first = await this.#firstOf(orderId);
    if (first === undefined || (accountId !== '' && first.accountId !== accountId)) throw orderUnknown('orderId');
    const entries: Entry[] = [];
    const told = new Map<string, number>();
    let order: ExplainOrderResponse['order'];
    const events = await eventsThatName(this.pool, first, orderId, eventsMax + 1);
    for (const { seq, event } of events.slice(0, eventsMax)) {
      if (event.state?.orderId !== orderId) continue;
      order = event.state;
      const ref = reportOf(event);
      if (ref !== undefined) told.set(keyOfReport(ref), (told.get(keyOfReport(ref)) ?? 0) + 1);
      entries.push(...entriesOf(event, `${first.stream}#${seq}`));
    }
    const lastMs = entries.reduce((last, { atMs }) => Math.max(last, atMs), 0);
    entries.push(...(await this.#exchange(orderId, call, told, lastMs)));
    entries.sort((a, b) => a.atMs - b.atMs);
    if (events.length > eventsMax) entries.push(notToldEntry(entries.at(-1)?.atMs ?? lastMs));
    return {
      order,
      entries: entries.map((entry, at) => ({ ...entry, sinceFormerMs: at === 0 ? 0 : entry.atMs - (entries[at - 1]?.atMs ?? entry.atMs) })),
    };
  }

  /** Where the order's life begins. Its row comes with a flush; a newer order is in the journal behind the last flush. */
  async #firstOf(orderId: string): Promise<{ stream: string; seq: number; accountId: string } | undefined> {
    const shard = shardOfOrderId(orderId);
    if (!shard.ok) return undefined; // What is no orderId never reaches the database, which takes no NUL.
    const stream = streamOfShard(shard.value);
    // Read before the row is looked for: a flush between the two writes the row.
    const flushedSeq = await readFlushedSeq(this.pool, stream);
    const stored = await firstSeqOfOrder(this.pool, orderId);
    if (stored !== undefined) return stored;
    for await (const rows of this.journal.read(stream, flushedSeq + 1)) {
      const opening = rows.find(({ payload }) => OrderEvent.decode(payload).state?.orderId === orderId);
      if (opening !== undefined) return { stream, seq: opening.seq, accountId: opening.key };
    }
    return undefined;
  }

  /** @param told how many events of the order tell of a report: of the others the exchange is the only trace. */
  async #exchange(orderId: string, call: Call, told: Map<string, number>, lastMs: number): Promise<Entry[]> {
    try {
      const { requests, reports } = await this.calls
        .any(BROKER_SERVICE)
        .getExchange({ orderId }, { deadlineMs: call.deadlineMs, traceparent: call.traceparent });
      const untold = reports.filter((report) => {
        const key = keyOfReport(report);
        const left = told.get(key) ?? 0;
        told.set(key, left - 1);
        return left <= 0;
      });
      return [...requests.flatMap(requestEntries), ...untold.map(reportEntry)];
    } catch (error) {
      if (!(error instanceof CallError) || error.code === StatusCode.INVALID_ARGUMENT) throw error;
      // A part that can't be read is said, never left out as if it were empty.
      return [
        {
          // Last of all: when it happened is what is not known.
          atMs: lastMs,
          process: '',
          source: 'broker-request',
          title: 'the exchange with the broker could not be read',
          facts: {},
          reason: error.message,
        },
      ];
    }
  }
}

/** The last line where the order has more events than are told. */
function notToldEntry(atMs: number): Entry {
  const reason = `the order has more than ${eventsMax} events: what came after them is not told, and the order is shown as it was then`;
  return { atMs, process: '', source: 'journal', title: 'the later events are left out', facts: {}, reason };
}

/** What is said of a trade, and of what an order became by itself. */
function factsOf(body: NonNullable<OrderEvent['event']>): Record<string, string> {
  switch (body.$case) {
    case 'tradeBooked': {
      const { lastQty, lastPx, tradeId, liquidity, fees } = body.value;
      const facts: Record<string, string> = { lastQty, lastPx, tradeId };
      if (liquidity !== Liquidity.UNSPECIFIED) facts['liquidity'] = Liquidity[liquidity] ?? 'UNRECOGNIZED';
      for (const { name, amount } of fees) facts[`fee ${name}`] = amount;
      return facts;
    }
    case 'orderTriggered':
      return { ordType: OrdType[body.value.ordType] ?? 'UNRECOGNIZED' };
    case 'orderRestated': {
      const { ordType, orderQty, price } = body.value;
      return { ordType: OrdType[ordType] ?? 'UNRECOGNIZED', orderQty, ...(price === undefined ? {} : { price }) };
    }
    default:
      return {};
  }
}

/** What one event adds to the timeline: itself, and what it tells of other processes. */
export function entriesOf(event: OrderEvent, source: string): Entry[] {
  const body = event.event;
  if (body === undefined) return [];
  const facts: Record<string, string> = {};
  const entries: Entry[] = [];
  const value = body.value as {
    risk?: RiskDecision;
    report?: ReportRef;
    clOrdId?: string;
    actor?: string;
    receivedAtMs?: number;
    receivedBy?: string;
    kind?: RequestKind;
    reason?: Reason;
    text?: string;
  };
  if (value.receivedAtMs !== undefined && value.receivedAtMs > 0)
    entries.push({
      atMs: value.receivedAtMs,
      process: value.receivedBy === undefined || value.receivedBy === '' ? event.process : value.receivedBy,
      source: 'call',
      title: `call received from ${value.actor ?? ''}`,
      facts: { clOrdId: value.clOrdId ?? '' },
      reason: '',
    });
  if (value.risk !== undefined) entries.push(riskEntry(event, value.risk));
  if (value.clOrdId !== undefined && value.clOrdId !== '') facts['clOrdId'] = value.clOrdId;
  if (value.kind !== undefined) facts['kind'] = RequestKind[value.kind];
  if (event.state !== undefined) {
    const { ordStatus, cumQty, leavesQty, avgPx, inDoubt, brokerOrderId } = event.state;
    Object.assign(facts, { ordStatus: OrdStatus[ordStatus], cumQty, leavesQty });
    if (cumQty !== '0') facts['avgPx'] = avgPx;
    if (inDoubt) facts['inDoubt'] = 'true';
    if (brokerOrderId !== '') facts['brokerOrderId'] = brokerOrderId;
  }
  Object.assign(facts, factsOf(body));
  if (value.report !== undefined) {
    const { sessionId, seq, sentAtMs, receivedAtMs, process } = value.report;
    facts['report'] = `session/${sessionId}#${seq}`;
    if (receivedAtMs > 0)
      entries.push({
        atMs: receivedAtMs,
        process,
        source: `session/${sessionId}#${seq}`,
        title: `broker's word heard: ${titleOf(body.$case)}`,
        facts: heardFacts(sentAtMs, receivedAtMs),
        reason: '',
      });
  }
  const reason = value.reason === undefined || value.reason === Reason.UNSPECIFIED ? '' : `${Reason[value.reason]}: ${value.text ?? ''}`;
  entries.push({ atMs: event.atMs, process: event.process, source, title: titleOf(body.$case), facts, reason });
  return entries;
}

function riskEntry(event: OrderEvent, risk: RiskDecision): Entry {
  const { approved, limitsVersion, judgedSeq, referencePrice, quoteAgeMs, inputs, tookUs, reason, text } = risk;
  const facts: Record<string, string> = {
    limitsVersion: String(limitsVersion),
    judgedSeq: String(judgedSeq),
    tookUs: String(tookUs),
    ...inputs,
  };
  if (referencePrice !== '') Object.assign(facts, { referencePrice, quoteAgeMs: String(quoteAgeMs) });
  return {
    // An older version of risk said neither.
    atMs: risk.decidedAtMs > 0 ? risk.decidedAtMs : event.atMs,
    process: risk.process === '' ? 'risk-engine' : risk.process,
    source: 'risk',
    title: approved ? 'risk approved' : 'risk refused',
    facts,
    reason: approved ? '' : `${Reason[reason]}: ${text}`,
  };
}

function requestEntries(request: BrokerRequest): Entry[] {
  const { brokerRequestId, kind, tag, process, state, text } = request;
  const what = `${RequestKind[kind]} ${brokerRequestId}`;
  const entries: Entry[] = [];
  if (request.writeAheads > 0)
    entries.push({
      atMs: request.sendingAtMs,
      process,
      source: 'broker-request',
      title: `SENDING written: ${what}`,
      facts: request.writeAheads === 1 ? { tag } : { tag, writtenAheadTimes: String(request.writeAheads) },
      reason: '',
    });
  if (request.sentAtMs > 0)
    entries.push({ atMs: request.sentAtMs, process, source: 'broker-request', title: `bytes left: ${what}`, facts: {}, reason: '' });
  if (request.answeredAtMs > 0)
    entries.push({
      atMs: request.answeredAtMs,
      process,
      source: 'broker-request',
      title: `${RequestState[state]}: ${what}`,
      facts: { brokerOrderId: request.brokerOrderId },
      reason: text,
    });
  return entries;
}

/** Which report a fact comes from; undefined for a fact of our own. */
function reportOf({ event }: OrderEvent): ReportRef | undefined {
  return event !== undefined && 'report' in event.value ? event.value.report : undefined;
}

/** One text for one report, as the connector's journal and the order's events both have it. */
function keyOfReport({
  brokerRequestId,
  receivedAtMs,
  sentAtMs,
}: Pick<ReportRef, 'brokerRequestId' | 'receivedAtMs' | 'sentAtMs'>): string {
  return `${brokerRequestId} ${sentAtMs} ${receivedAtMs}`;
}

function heardFacts(sentAtMs: number, receivedAtMs: number): Record<string, string> {
  return sentAtMs > 0 ? { roundTripMs: String(receivedAtMs - sentAtMs) } : {};
}

/** A report that changed nothing: it repeated what was known, waits to be folded, or was parked. */
function reportEntry({ sessionId, process, receivedAtMs, sentAtMs, brokerRequestId, brokerOrderId, report }: Report): Entry {
  const facts: Record<string, string> = { ...heardFacts(sentAtMs, receivedAtMs), brokerRequestId };
  if (brokerOrderId !== '') facts['brokerOrderId'] = brokerOrderId;
  const { reason = Reason.UNSPECIFIED, text = '' } = (report?.value ?? {}) as { reason?: Reason; text?: string };
  return {
    atMs: receivedAtMs,
    process,
    source: `session/${sessionId}`,
    title: `broker's word heard, not in the order's journal: ${titleOf(report?.$case ?? 'nothing')}`,
    facts,
    reason: reason === Reason.UNSPECIFIED ? text : `${Reason[reason]}: ${text}`,
  };
}

/** "orderAccepted" → "order accepted". */
function titleOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
