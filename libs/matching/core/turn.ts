// One command in the making: what sessions learn of it, in order.
import { Liquidity, OrdType, Reason } from '@switchyard/contracts';
import { type SessionExecution, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind, type Execution } from '@switchyard/contracts/gen/matching/v1/service';
import { dateInIndia } from './fees.js';
import { type Refusal } from './increments.js';
import { checkpointEvery, type History, type LiveOrder, type VenueState } from './venue-state.js';
import { ordTypes } from './venue-words.js';

/** A command and when it was taken: a VenueEvent without what it caused. */
export type VenueInput = Pick<VenueEvent, 'atMs' | 'sessionId' | 'command'>;

type Words = Partial<Execution> & Pick<Execution, 'tag'>;
/** What an execution says beyond what its order says. */
export type Outcome = Words & Pick<Execution, 'kind'>;

export class Turn {
  readonly executions: SessionExecution[] = [];
  readonly sessionId: string;
  /** When its command was taken. */
  readonly atMs: number;
  readonly #state: VenueState;
  readonly #traceparent: string;

  constructor(state: VenueState, { atMs, sessionId, command }: VenueInput) {
    this.#state = state;
    this.atMs = atMs;
    this.sessionId = sessionId;
    this.#traceparent = command?.$case === 'orderCommand' ? command.value.traceparent : '';
  }

  /** The date in India when the command was taken, "YYYY-MM-DD". */
  get tradingDate(): string {
    return dateInIndia(this.atMs);
  }

  /** Tells the order's session. */
  report(order: LiveOrder, outcome: Outcome): void {
    this.#execute(order.sessionId, { ...wordsOf(order, outcome.tag), ...outcome }, this.#state.historyOf(order));
  }

  /** Tells the command's session that it was refused. */
  reject(words: Words, { reason, text }: Refusal, history: History | undefined): void {
    this.#execute(this.sessionId, { ...words, kind: ExecutionKind.REJECTED, reason, text }, history);
  }

  #execute(sessionId: string, outcome: Outcome, history: History | undefined): void {
    const { sessions, seq } = this.#state;
    let session = sessions.get(sessionId);
    if (session === undefined) sessions.set(sessionId, (session = { lastSeq: 0, checkpoints: [] }));
    if (session.lastSeq % checkpointEvery === 0) session.checkpoints.push(seq);
    if (history !== undefined && history.eventSeqs.at(-1) !== seq) history.eventSeqs.push(seq);
    const execution: Execution = {
      seq: ++session.lastSeq,
      kind: outcome.kind,
      tag: outcome.tag,
      orderTag: outcome.orderTag ?? '',
      venueOrderId: outcome.venueOrderId ?? '',
      brokerAccountId: outcome.brokerAccountId ?? '',
      instrumentId: outcome.instrumentId ?? '',
      tradeId: outcome.tradeId ?? '',
      lastQty: outcome.lastQty ?? '',
      lastPx: outcome.lastPx ?? '',
      cumQty: outcome.cumQty ?? '',
      leavesQty: outcome.leavesQty ?? '',
      orderQty: outcome.orderQty ?? '',
      price: outcome.price ?? '',
      reason: outcome.reason ?? Reason.UNSPECIFIED,
      text: outcome.text ?? '',
      atMs: this.atMs,
      traceparent: this.#traceparent,
      ordType: outcome.ordType ?? OrdType.UNSPECIFIED,
      stopPx: outcome.stopPx ?? '',
      liquidity: outcome.liquidity ?? Liquidity.UNSPECIFIED,
      fees: outcome.fees ?? [],
    };
    this.executions.push({ sessionId, execution });
  }
}

/** What every execution of an order says. */
export function wordsOf(order: LiveOrder, tag: string): Words {
  const { increments, instrumentId } = order.listing;
  // Of most orders nothing or everything is filled: one text says two quantities.
  const orderQty = increments.qty(order.orderLots);
  return {
    tag,
    orderTag: order.tag,
    venueOrderId: `V${order.orderNo}`,
    brokerAccountId: order.brokerAccountId,
    instrumentId,
    cumQty: order.cumLots === order.orderLots ? orderQty : increments.qty(order.cumLots),
    leavesQty: order.cumLots === 0 ? orderQty : increments.qty(order.orderLots - order.cumLots),
    orderQty,
    price: order.priceTicks === 0 ? '' : increments.price(order.priceTicks),
    ordType: ordTypes[order.ordType],
    stopPx: order.stopTicks === 0 ? '' : increments.price(order.stopTicks),
  };
}

/** Of an event's executions, those of the session from a sequence on. */
export function executionsOf(event: VenueEvent, sessionId: string, fromSeq: number): Execution[] {
  const own: Execution[] = [];
  for (const { sessionId: id, execution } of event.executions) {
    if (id === sessionId && execution !== undefined && execution.seq >= fromSeq) own.push(execution);
  }
  return own;
}

/** Of an event's executions, those that a look-up by tag is about: the session's, of the request or of its order. */
export function executionsAbout(event: VenueEvent, sessionId: string, tag: string, orderTag: string): Execution[] {
  return executionsOf(event, sessionId, 1).filter((execution) => execution.tag === tag || execution.orderTag === orderTag);
}
