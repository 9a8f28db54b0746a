// Between the venue and those who speak with it: sessions, operators, readers of its books, and the market that is simulated around it.
import { CallError, Reason, Side, StatusCode, type MessageStream } from '@switchyard/contracts';
import { type ListInstrument, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import {
  ExecutionKind,
  TradingPhase,
  type Execution,
  type GetOrderByTagResponse,
  type MassCancelRequest,
  type PlaceOrderResponse,
  type SetPhaseRequest,
  type SetPhaseResponse,
  type StreamDepthRequest,
  type StreamDepthResponse,
  type StreamExecutionsRequest,
  type StreamExecutionsResponse,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock } from '@switchyard/kernel';
import { badField, notTraded, unknownAccount } from './bad-request.js';
import { DepthStream, DepthStreams } from './depth-stream.js';
import { readReport, ReportKind, reportWords } from './engine/index.js';
import { answerOf } from './frames.js';
import { type MakerSettings } from './maker.js';
import { SessionDesk, type VenueSpan } from './session-desk.js';
import { noLatency, type LatencySettings } from './session-line.js';
import { Simulation } from './simulation.js';
import { noTakers, type TakerSettings } from './takers.js';
import { executionsAbout, type VenueInput } from './turn.js';
import { type VenueLog } from './venue-log.js';
import { timeAt, VenueLoop, type Apply } from './venue-loop.js';
import { type Venue } from './venue.js';

export interface VenueDeskOptions {
  /** As far as the log is. */
  readonly venue: Venue;
  readonly log: VenueLog;
  readonly clock: Clock;
  /** The newest quote of an instrument, if there is one. */
  readonly quoteOf: (instrumentId: string) => Quote | undefined;
  readonly maker: MakerSettings;
  /** Absent: none. */
  readonly takers?: TakerSettings;
  /** Absent: none. */
  readonly latency?: LatencySettings;
  /** Runs in the next turn of the event loop: what arrives until then is one batch. */
  readonly nextTurn: (run: () => void) => void;
  /** Runs something after so many milliseconds, once; asked only where there is latency. */
  readonly later: (delayMs: number, run: () => void) => void;
  /** Opens a span for a command, a child of its trace context; absent: nothing is traced. */
  readonly openSpan?: (traceparent: string) => VenueSpan;
  /** Whether streams of sessions take orders and replaces, beside cancels; always, if it is not given. Once it is true it stays so, and the desk is told by `ordersTaken`. */
  readonly takesOrders?: () => boolean;
  /** Told once when the log fails. */
  readonly onFailure: (error: unknown) => void;
  /** Told when a session's executions can't be read from the log; the session's stream ends with the reason. */
  readonly onUnreadable?: (error: unknown, sessionId: string, executionSeq: number) => void;
}

export const depthLevelsDefault = 5;
const depthLevelsMax = 50;

export class VenueDesk {
  readonly #options: VenueDeskOptions;
  readonly #loop: VenueLoop;
  readonly #sessions: SessionDesk;
  readonly #simulation: Simulation;
  readonly #depths = new DepthStreams();

  constructor(options: VenueDeskOptions) {
    const { venue, log, clock, takers = noTakers, latency = noLatency, openSpan, later, onUnreadable, takesOrders = () => true } = options;
    this.#options = options;
    this.#loop = new VenueLoop({
      ...options,
      tell: (events) => this.#tell(events),
      onClose: (error) => {
        this.#sessions.close(error);
        this.#depths.close(error);
      },
    });
    this.#simulation = new Simulation({ ...options, takers });
    const beforeOrder = (instrumentId: string, apply: Apply): void => {
      // An order meets the newest quote: it is shown right before, and only then.
      if (this.#simulation.isBehind(instrumentId)) this.#simulation.showQuote(instrumentId, apply);
    };
    const ofSessions = { latency, later, openSpan, beforeOrder, takesOrders, onUnreadable };
    this.#sessions = new SessionDesk({ venue, loop: this.#loop, log, clock, ...ofSessions });
  }

  /** Serves a session's stream. */
  trade(stream: MessageStream<TradeRequest, TradeResponse>): void {
    this.#sessions.trade(stream);
    if (this.#loop.closedWith !== undefined) stream.cancel(this.#loop.closedWith);
  }

  /** The option `takesOrders` is true now: streams that logged on before are told. */
  ordersTaken(): void {
    this.#sessions.ordersTaken();
  }

  /** A single request of a session; resolves, when it is durable, with what it caused for the session, as far as a message carries it. Throws CallError. */
  request(sessionId: string, command: VenueCommand): Promise<PlaceOrderResponse> {
    return this.#sessions.request(sessionId, command);
  }

  /** Serves a reader of a session's executions, from one on, however old. Throws CallError. */
  streamExecutions(request: StreamExecutionsRequest, stream: MessageStream<never, StreamExecutionsResponse>): void {
    this.#sessions.streamExecutions(request, stream);
  }

  /** What is durable about a request and its order, from an execution on, as far as a message carries it; also of a request that is still on its way. */
  async orderByTag(sessionId: string, tag: string, fromSeq = 0): Promise<GetOrderByTagResponse> {
    await this.#sessions.arrived(sessionId);
    const history = await this.#loop.whenDurable((venue) => {
      const known = venue.historyOf(tag);
      return known && { orderTag: known.orderTag, sessionId: known.sessionId, eventSeqs: [...known.eventSeqs] };
    });
    if (history === undefined || history.sessionId !== sessionId) return { found: history !== undefined, executions: [], lastSeq: 0 };
    const executions: Execution[] = [];
    for (const seq of history.eventSeqs) {
      for await (const events of this.#options.log.read(seq, 1)) {
        for (const { event } of events)
          for (const execution of executionsAbout(event, sessionId, tag, history.orderTag))
            if (execution.seq >= fromSeq) executions.push(execution);
      }
    }
    return { found: true, ...answerOf(executions) };
  }

  /**
   * Net quantity, decimal. An account that has sent no order has "0": accounts are not listed here, and who proves that a first order never came asks this.
   * Throws CallError.
   */
  async position(brokerAccountId: string, instrumentId: string): Promise<string> {
    if (brokerAccountId === '') throw badField('brokerAccountId', 'must be given', Reason.FIELD_REQUIRED);
    if (instrumentId === '') throw badField('instrumentId', 'must be given', Reason.FIELD_REQUIRED);
    return this.#loop.whenDurable((venue) => {
      if (venue.incrementsOf(instrumentId) === undefined) throw notTraded(instrumentId);
      return venue.position(brokerAccountId, instrumentId);
    });
  }

  /** The visible book, as an order would meet it: with the newest quote. Undefined for an instrument that is not traded. */
  depth(instrumentId: string, levels: number): Promise<{ bids: Level[]; asks: Level[] } | undefined> {
    this.#showNewQuote(instrumentId);
    return this.#loop.whenDurable((venue) => venue.depth(instrumentId, levels));
  }

  /** Serves a reader of a book. Throws CallError. */
  streamDepth({ instrumentId, levels, byOrder }: StreamDepthRequest, stream: MessageStream<never, StreamDepthResponse>): void {
    const count = depthLevelsOf(levels);
    this.#showNewQuote(instrumentId);
    const fail = (error: unknown): void => stream.cancel(error instanceof CallError ? error : undefined);
    const onDrain = (): void => void this.#loop.whenDurable((venue) => depth.update(venue)).catch(fail);
    const depth = new DepthStream({ stream, instrumentId, levels: count, byOrder, onDrain });
    this.#loop
      .whenDurable((venue) => {
        if (venue.incrementsOf(instrumentId) === undefined) return stream.cancel(notTraded(instrumentId));
        this.#depths.add(depth);
        stream.onClose(() => this.#depths.remove(depth));
        depth.update(venue);
      })
      .catch(fail);
  }

  /** A command of the venue's own or of an operator; the event when it is durable. */
  async submit(command: VenueInput['command']): Promise<VenueEvent> {
    let event: VenueEvent | undefined;
    this.#loop.take({
      run: (apply) => {
        event = apply({ atMs: this.#options.clock.nowMs(), sessionId: '', command });
      },
    });
    // What was taken before the question is executed when it is answered.
    return this.#loop.whenDurable(() => event as VenueEvent);
  }

  /** Cancels every order that fits; how many of sessions. Throws CallError. */
  async massCancel(request: MassCancelRequest): Promise<number> {
    const { brokerAccountId, instrumentId, side } = request;
    if (side !== Side.UNSPECIFIED && side !== Side.BUY && side !== Side.SELL)
      throw badField('side', 'must be BUY, SELL or not given', Reason.ENUM_UNKNOWN);
    if (instrumentId !== '' && this.#options.venue.incrementsOf(instrumentId) === undefined) throw notTraded(instrumentId);
    const { venue, clock } = this.#options;
    let event: VenueEvent | undefined;
    this.#loop.take({
      run: (apply) => {
        // Asked here, since the account's first order may have been taken right before.
        const isKnown = brokerAccountId === '' || venue.knowsAccount(brokerAccountId);
        if (isKnown) event = apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'massCancel', value: request } });
      },
    });
    const done = await this.#loop.whenDurable(() => event);
    if (done === undefined) throw unknownAccount(brokerAccountId);
    return done.executions.filter(({ execution }) => execution?.kind === ExecutionKind.CANCELED).length;
  }

  /** The phase right now, durable or not: to decide whether to set it. Undefined for an instrument that is not traded. */
  phaseOf(instrumentId: string): TradingPhase | undefined {
    return this.#options.venue.phaseOf(instrumentId);
  }

  /** Sets the phase of an instrument, and tells what an auction came to. Throws CallError. */
  async setPhase(request: SetPhaseRequest): Promise<SetPhaseResponse> {
    const { instrumentId, phase } = request;
    const isPhase = phase !== TradingPhase.UNSPECIFIED && TradingPhase[phase] !== undefined && phase !== TradingPhase.UNRECOGNIZED;
    if (!isPhase) throw badField('phase', 'must be a trading phase', Reason.ENUM_UNKNOWN);
    const increments = this.#options.venue.incrementsOf(instrumentId);
    if (increments === undefined) throw notTraded(instrumentId);
    let [equilibriumPrice, tradesCount] = ['', 0];
    const { venue, clock } = this.#options;
    this.#loop.take({
      run: (apply) => {
        venue.onReports = (words, from, to) => {
          for (let at = from; at < to; at += reportWords) {
            const { kind, price, qty } = readReport(words, at);
            if (kind !== ReportKind.DONE) continue;
            equilibriumPrice = price === 0 ? '' : increments.price(price);
            tradesCount = qty;
          }
        };
        apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'setPhase', value: request } });
        venue.onReports = undefined;
      },
    });
    return this.#loop.whenDurable(() => ({ equilibriumPrice, tradesCount }));
  }

  /** Gives the venue to `use` when everything that it knows is durable: nothing else may be kept of it. */
  whenDurable<T>(use: (venue: Venue) => T): Promise<T> {
    return this.#loop.whenDurable(use);
  }

  /** Has the venue trade the instrument by these rules, unless it does. A new one begins in the phase; absent, in continuous trading. */
  async list(listing: ListInstrument, phase?: TradingPhase): Promise<void> {
    const { venue, clock } = this.#options;
    if (venue.isListedAs(listing)) return;
    const { instrumentId } = listing;
    this.#loop.take({
      run: (apply) => {
        const execute = (command: VenueInput['command']): unknown => apply({ atMs: clock.nowMs(), sessionId: '', command });
        const isNew = venue.phaseOf(instrumentId) === undefined;
        execute({ $case: 'listInstrument', value: listing });
        const begun = venue.phaseOf(instrumentId);
        if (isNew && begun !== undefined && phase !== undefined && phase !== begun)
          execute({ $case: 'setPhase', value: { instrumentId, phase } });
      },
    });
    await this.#loop.whenDurable(() => undefined);
  }

  /** Ends the trading day, once. */
  async endDay(tradingDate: string): Promise<void> {
    if (tradingDate > this.#options.venue.tradingDate) await this.submit({ $case: 'dayEnd', value: { tradingDate } });
  }

  /** Ends the orders whose time has come. Call it every now and then: before each other command it happens by itself. */
  tellTime(): void {
    const { venue, clock } = this.#options;
    if (!venue.isExpiryDue(clock.nowMs())) return;
    this.#loop.take({
      run: (apply) => {
        const nowMs = clock.nowMs();
        // What was taken before may have told it.
        if (venue.isExpiryDue(nowMs)) apply(timeAt(nowMs));
      },
    });
  }

  /** Brings the maker to the newest quotes where that matters to anybody, and has takers come by. Call it every now and then. */
  simulate(instrumentIds: Iterable<string>): void {
    const simulation = this.#simulation;
    for (const instrumentId of instrumentIds) {
      if (simulation.wantsQuote(instrumentId, this.#depths.isWatched(instrumentId)))
        this.#loop.take({ run: (apply) => simulation.showQuote(instrumentId, apply) });
      if (simulation.isTakerDue(instrumentId)) this.#loop.take({ run: (apply) => simulation.comeBy(instrumentId, apply) });
    }
  }

  /** Takes nothing more from sessions, and resolves when what was taken is durable and told. */
  async settle(): Promise<void> {
    this.#sessions.refuseCommands();
    await this.#loop.whenDurable(() => undefined).catch(() => undefined); // It may end meanwhile, and then there is nothing to wait for.
  }

  /** Ends everything at once. What is not durable by now may never be. */
  close(error = new CallError('the venue moves to another process', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY })): void {
    this.#loop.close(error);
  }

  #showNewQuote(instrumentId: string): void {
    if (this.#simulation.isBehind(instrumentId)) this.#loop.take({ run: (apply) => this.#simulation.showQuote(instrumentId, apply) });
  }

  #tell(events: readonly VenueEvent[]): void {
    for (const instrumentId of tradedIn(events)) this.#simulation.noteTaken(instrumentId);
    this.#sessions.tell(events);
    this.#depths.update(this.#options.venue, events);
  }
}

function tradedIn(events: readonly VenueEvent[]): Set<string> {
  const instrumentIds = new Set<string>();
  for (const { executions } of events) {
    for (const { execution } of executions)
      if (execution !== undefined && execution.lastQty !== '') instrumentIds.add(execution.instrumentId);
  }
  return instrumentIds;
}

/** Levels of a side that a caller asks for. Throws CallError. */
export function depthLevelsOf(levels: number): number {
  if (levels < 0 || levels > depthLevelsMax)
    throw badField('levels', `must be from 1 to ${depthLevelsMax}, or 0 for ${depthLevelsDefault}`, Reason.OUT_OF_RANGE);
  return levels === 0 ? depthLevelsDefault : levels;
}
