// Between the streams of sessions, the venue, and its log. One batch after the other: apply, make durable, tell. Nobody learns of an execution, and no
// question is answered from one, before it is durable.
import { CallError, Reason, StatusCode, type MessageStream } from '@switchyard/contracts';
import { ListInstrument, type MakerQuote, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import {
  type Execution,
  type GetOrderByTagResponse,
  type Level,
  type Logon,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { assert, type Clock } from '@switchyard/kernel';
import { Increments } from './increments.js';
import { makerQuote, type MakerSettings } from './maker.js';
import { SessionFeed } from './session-feed.js';
import { executionsAbout, type VenueInput } from './turn.js';
import { type VenueLog } from './venue-log.js';
import { type Venue } from './venue.js';

/** The venue's part of a trace: from when a command was taken until what it caused is durable. */
export interface VenueSpan {
  /** What the command's executions carry on. */
  readonly traceparent: string;
  end(): void;
}

export interface VenueDeskOptions {
  /** As far as the log is. */
  readonly venue: Venue;
  readonly log: VenueLog;
  readonly clock: Clock;
  /** The newest quote of an instrument, if there is one. */
  readonly quoteOf: (instrumentId: string) => Quote | undefined;
  readonly maker: MakerSettings;
  /** Runs in the next turn of the event loop: what arrives until then is one batch. */
  readonly nextTurn: (run: () => void) => void;
  /** Opens a span for a command, a child of its trace context; absent: nothing is traced. */
  readonly openSpan?: (traceparent: string) => VenueSpan;
  /** Told once when the log fails. */
  readonly onFailure: (error: unknown) => void;
}

/** Most commands of one batch. */
const batchMax = 256;
/** What was traded away of the maker's levels comes back no sooner: an order meets the newest quote anyway, and each refill is a row of the log. */
const refillMs = 1_000;
/** A session that has more commands waiting is cut off. */
const waitingMax = 10_000;

/** A command; or an instrument whose newest quote is to be shown when the turn comes: what the quote is, and whether it is shown, is judged then. */
type Waiting = { readonly input: VenueInput; readonly span: VenueSpan | undefined } | { readonly quoteOf: string };

interface WaitingRead {
  /** Everything that was taken before the question is in the answer. */
  readonly afterTaken: number;
  readonly run: () => void;
}

export class VenueDesk {
  readonly #options: VenueDeskOptions;
  readonly #feeds = new Map<string, SessionFeed>();
  #inbox: Waiting[] = [];
  #reads: WaitingRead[] = [];
  /** Commands taken, and those of them that are durable. */
  #takenCount = 0;
  #durableCount = 0;
  #isScheduled = false;
  #isWorking = false;
  #closedWith: CallError | undefined;
  /** By instrument: the sequence of the quote that the maker shows, and since when, set when the venue has it. */
  readonly #shown = new Map<string, { readonly quoteSeq: number; readonly atMs: number }>();

  constructor(options: VenueDeskOptions) {
    this.#options = options;
  }

  /** Serves a session's stream. */
  trade(stream: MessageStream<TradeRequest, TradeResponse>): void {
    let sessionId: string | undefined;
    stream.onMessage(({ commands }) => {
      for (const command of commands) {
        if (command.command?.$case === 'logon') {
          if (sessionId !== undefined) return stream.cancel(badRequest('a stream has one logon'));
          sessionId = command.command.value.sessionId;
          if (sessionId === '') return stream.cancel(badRequest('a logon names its session'));
          this.#logon(stream, command.command.value);
        } else if (sessionId === undefined) return stream.cancel(badRequest('the first command of a stream is its logon'));
        else if (command.command === undefined) return stream.cancel(badRequest('a command says what it is'));
        else if (this.#inbox.length >= waitingMax) return stream.cancel(overloaded());
        else this.#take(sessionId, command);
      }
    });
    stream.onEnd(() => stream.end());
    if (this.#closedWith !== undefined) stream.cancel(this.#closedWith);
  }

  /** A command of the venue's own; durable when it resolves. */
  async submit(command: VenueInput['command']): Promise<void> {
    this.#enqueue({ input: { atMs: this.#options.clock.nowMs(), sessionId: '', command }, span: undefined });
    await this.#between(() => undefined);
  }

  /** Everything durable about a request and its order. */
  async orderByTag(sessionId: string, tag: string): Promise<GetOrderByTagResponse> {
    const history = await this.#between((venue) => {
      const known = venue.historyOf(tag);
      return known && { orderTag: known.orderTag, sessionId: known.sessionId, eventSeqs: [...known.eventSeqs] };
    });
    if (history === undefined || history.sessionId !== sessionId) return { found: history !== undefined, executions: [] };
    const executions: Execution[] = [];
    for (const seq of history.eventSeqs) {
      for await (const events of this.#options.log.read(seq, 1)) {
        for (const { event } of events) executions.push(...executionsAbout(event, sessionId, tag, history.orderTag));
      }
    }
    return { found: true, executions };
  }

  /** Net quantity, decimal. */
  position(brokerAccountId: string, instrumentId: string): Promise<string> {
    return this.#between((venue) => venue.position(brokerAccountId, instrumentId));
  }

  /** The visible book, as an order would meet it: with the newest quote. Undefined for an instrument that is not traded. */
  depth(instrumentId: string, levels: number): Promise<{ bids: Level[]; asks: Level[] } | undefined> {
    if (this.#hasNewQuote(instrumentId)) this.#enqueue({ quoteOf: instrumentId });
    return this.#between((venue) => venue.depth(instrumentId, levels));
  }

  /** Gives the venue to `use` when everything that it knows is durable: nothing else may be kept of it. */
  whenDurable<T>(use: (venue: Venue) => T): Promise<T> {
    return this.#between(use);
  }

  /** Has the venue trade the instrument by this tick and lot, unless it does. */
  async list(instrumentId: string, tickSize: string, lotSize: string): Promise<void> {
    const wanted = Increments.parse(tickSize, lotSize);
    if (!wanted.ok || this.#options.venue.incrementsOf(instrumentId)?.equals(wanted.value) === true) return;
    await this.submit({ $case: 'listInstrument', value: ListInstrument.fromPartial({ instrumentId, tickSize, lotSize }) });
  }

  /** Ends the trading day, once. */
  async endDay(tradingDate: string): Promise<void> {
    if (tradingDate > this.#options.venue.tradingDate) await this.submit({ $case: 'dayEnd', value: { tradingDate } });
  }

  /** Brings the maker to the newest quotes where that matters to anybody, and where it shows nothing yet. Call it every now and then. */
  refreshMaker(instrumentIds: Iterable<string>): void {
    const { venue, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const instrumentId of instrumentIds) {
      const shown = this.#shown.get(instrumentId);
      const matters =
        shown === undefined || venue.hasResting(instrumentId) || (venue.isMakerTouched(instrumentId) && nowMs - shown.atMs >= refillMs);
      if (matters && this.#levelsToShow(instrumentId) !== undefined) this.#enqueue({ quoteOf: instrumentId });
    }
  }

  /** Takes nothing more from sessions, and resolves when what was taken is durable and told. */
  async settle(): Promise<void> {
    for (const feed of this.#feeds.values()) feed.refuseCommands();
    await this.#between(() => undefined).catch(() => undefined); // It may end meanwhile, and then there is nothing to wait for.
  }

  /** Ends everything at once. What is not durable by now may never be. */
  close(error = new CallError('the venue moves to another process', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY })): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = error;
    this.#inbox = [];
    for (const feed of [...this.#feeds.values()]) feed.cancel(error);
    this.#feeds.clear();
    const reads = this.#reads;
    this.#reads = [];
    for (const { run } of reads) run();
  }

  #logon(stream: MessageStream<TradeRequest, TradeResponse>, { sessionId, fromSeq }: Logon): void {
    const { log } = this.#options;
    this.#between((venue) => {
      const lastSeq = venue.lastSeqOf(sessionId);
      if (fromSeq < 1 || fromSeq > lastSeq + 1) {
        return stream.cancel(
          new CallError(`the session wants executions from ${fromSeq}, and its last one here is ${lastSeq}`, {
            code: StatusCode.OUT_OF_RANGE,
            reason: Reason.CONFLICT,
          }),
        );
      }
      this.#feeds
        .get(sessionId)
        ?.cancel(new CallError('a newer stream of the session has logged on', { code: StatusCode.ABORTED, reason: Reason.CONFLICT }));
      const feed = new SessionFeed({ stream, sessionId, fromSeq, lastSeq, read: (seq) => log.read(venue.eventSeqBefore(sessionId, seq)) });
      this.#feeds.set(sessionId, feed);
      stream.onClose(() => {
        if (this.#feeds.get(sessionId) === feed) this.#feeds.delete(sessionId);
        feed.closed();
      });
      feed.start();
    }).catch((error: unknown) => stream.cancel(error instanceof CallError ? error : undefined));
  }

  #take(sessionId: string, command: VenueCommand): void {
    if (this.#feeds.get(sessionId)?.refusesCommands === true) return;
    const span = this.#options.openSpan?.(command.traceparent);
    const value = span === undefined ? command : { ...command, traceparent: span.traceparent };
    this.#enqueue({ input: { atMs: this.#options.clock.nowMs(), sessionId, command: { $case: 'orderCommand', value } }, span });
  }

  #enqueue(waiting: Waiting): void {
    if (this.#closedWith !== undefined) return;
    this.#inbox.push(waiting);
    this.#takenCount++;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWorking) return;
    this.#isScheduled = true;
    this.#options.nextTurn(() => {
      this.#isScheduled = false;
      void this.#work();
    });
  }

  /** The one loop: while it waits for the log, what arrives gathers for the next batch. */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#inbox.length > 0 && this.#closedWith === undefined) {
        const batch = this.#inbox.splice(0, batchMax);
        const firstSeq = this.#options.venue.seq + 1;
        const events = this.#applyAll(batch);
        if (events.length > 0) await this.#options.log.append(events, firstSeq);
        if (this.#closedWith !== undefined) return;
        this.#durableCount += batch.length;
        this.#tell(events);
        for (const waiting of batch) if ('span' in waiting) waiting.span?.end();
        this.#answerReads();
      }
    } catch (error) {
      this.close(new CallError('the venue lost its log', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, cause: error }));
      this.#options.onFailure(error);
    } finally {
      this.#isWorking = false;
    }
  }

  #applyAll(batch: readonly Waiting[]): VenueEvent[] {
    const events: VenueEvent[] = [];
    for (const waiting of batch) {
      if ('quoteOf' in waiting) {
        this.#showQuote(waiting.quoteOf, events);
        continue;
      }
      const { command } = waiting.input;
      const order = command?.$case === 'orderCommand' ? command.value.command : undefined;
      // An order meets the newest quote: it is shown right before, and only then.
      if (order?.$case === 'newOrder' && this.#hasNewQuote(order.value.instrumentId)) this.#showQuote(order.value.instrumentId, events);
      this.#apply(waiting.input, events);
    }
    return events;
  }

  #apply(input: VenueInput, events: VenueEvent[]): void {
    const { venue, log } = this.#options;
    log.record(input, venue.seq + 1);
    events.push(venue.apply(input));
  }

  #hasNewQuote(instrumentId: string): boolean {
    const quote = this.#options.quoteOf(instrumentId);
    return quote !== undefined && quote.seq !== this.#shown.get(instrumentId)?.quoteSeq;
  }

  #showQuote(instrumentId: string, events: VenueEvent[]): void {
    const { venue, clock } = this.#options;
    const value = this.#levelsToShow(instrumentId);
    if (value !== undefined) this.#apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'makerQuote', value } }, events);
    const quote = this.#options.quoteOf(instrumentId);
    if (quote !== undefined && venue.incrementsOf(instrumentId) !== undefined)
      this.#shown.set(instrumentId, { quoteSeq: quote.seq, atMs: clock.monotonicMs() });
  }

  /** The maker's levels for the newest quote; undefined without one, or when they are shown already. */
  #levelsToShow(instrumentId: string): MakerQuote | undefined {
    const { venue, quoteOf, maker } = this.#options;
    const quote = quoteOf(instrumentId);
    const increments = venue.incrementsOf(instrumentId);
    if (quote === undefined || increments === undefined) return undefined;
    const levels = makerQuote(quote, increments, maker);
    return levels === undefined || venue.showsMakerQuote(levels) ? undefined : levels;
  }

  #tell(events: readonly VenueEvent[]): void {
    const bySession = new Map<string, Execution[]>();
    for (const event of events) {
      for (const { sessionId, execution } of event.executions) {
        assert(execution !== undefined, 'an event of the venue holds its executions');
        const executions = bySession.get(sessionId);
        if (executions === undefined) bySession.set(sessionId, [execution]);
        else executions.push(execution);
      }
    }
    for (const [sessionId, executions] of bySession) this.#feeds.get(sessionId)?.add(executions);
  }

  /** Asks the venue between two batches, when all it knows is durable, and not before everything taken so far is in it. */
  async #between<T>(ask: (venue: Venue) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (this.#closedWith !== undefined) return reject(this.#closedWith);
        try {
          resolve(ask(this.#options.venue));
        } catch (error) {
          reject(error as Error);
        }
      };
      if (this.#closedWith !== undefined || (!this.#isWorking && this.#takenCount === this.#durableCount)) run();
      else this.#reads.push({ afterTaken: this.#takenCount, run });
    });
  }

  #answerReads(): void {
    while (this.#reads[0] !== undefined && this.#reads[0].afterTaken <= this.#durableCount) this.#reads.shift()?.run();
  }
}

function badRequest(text: string): CallError {
  return new CallError(text, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_MALFORMED });
}

function overloaded(): CallError {
  return new CallError('more commands wait than the venue takes', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.OVERLOADED });
}
