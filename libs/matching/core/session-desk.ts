// Sessions at the venue: their streams, their single requests, and whoever reads their executions.
import { CallError, numberRules, Reason, StatusCode, type MessageStream } from '@switchyard/contracts';
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import {
  type Execution,
  type Logon,
  type PlaceOrderResponse,
  type StreamExecutionsRequest,
  type StreamExecutionsResponse,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { assert, type Clock } from '@switchyard/kernel';
import { badField, badRequest } from './bad-request.js';
import { answerOf } from './frames.js';
import { SessionFeed } from './session-feed.js';
import { SessionLine, type LatencySettings } from './session-line.js';
import { executionsOf, type VenueInput } from './turn.js';
import { hasLongTag, sessionIdLengthMax, tagLengthMax, withShortTexts } from './text-bounds.js';
import { type VenueLog } from './venue-log.js';
import { type Apply, type VenueLoop } from './venue-loop.js';
import { type Venue } from './venue.js';

/** The venue's part of a trace: from when a command was taken until what it caused is durable. */
export interface VenueSpan {
  /** What the command's executions carry on. */
  readonly traceparent: string;
  end(): void;
}

export interface SessionDeskOptions {
  readonly venue: Venue;
  readonly loop: VenueLoop;
  readonly log: VenueLog;
  readonly clock: Clock;
  readonly latency: LatencySettings;
  readonly later: (delayMs: number, run: () => void) => void;
  readonly openSpan: ((traceparent: string) => VenueSpan) | undefined;
  /** Called right before an order in this instrument is executed. */
  readonly beforeOrder: (instrumentId: string, apply: Apply) => void;
  /** Whether streams take orders and replaces, beside cancels; once it is true it stays so, and `ordersTaken` is called. */
  readonly takesOrders: () => boolean;
  /** Told when a session's executions can't be read from the log. */
  readonly onUnreadable: ((error: unknown, sessionId: string, executionSeq: number) => void) | undefined;
}

/** Somebody who is told a session's executions. */
type Reader = Pick<SessionFeed<unknown>, 'add' | 'cancel'>;

/** A session that has more commands waiting is cut off. */
const waitingMax = 10_000;

export class SessionDesk {
  readonly #options: SessionDeskOptions;
  readonly #readers = new Map<string, Set<Reader>>();
  /** By session: the feed of the stream that logged on last. */
  readonly #loggedOn = new Map<string, Reader>();
  readonly #lines = new Map<string, SessionLine>();
  /** By session: tells its newest stream that it takes orders now. */
  readonly #waitingForOrders = new Map<string, () => void>();
  #takesCommands = true;

  constructor(options: SessionDeskOptions) {
    this.#options = options;
  }

  /** Serves a session's stream. */
  trade(stream: MessageStream<TradeRequest, TradeResponse>): void {
    let sessionId: string | undefined;
    let isRefused = false;
    // What comes after a refusal, in the same message or on its way, is not taken.
    const refuse = (error: CallError): void => {
      isRefused = true;
      stream.cancel(error);
    };
    stream.onMessage(({ commands }) => {
      for (const command of commands) {
        if (isRefused) return;
        if (command.command?.$case === 'logon') {
          if (sessionId !== undefined) return refuse(badRequest('a stream has one logon'));
          const refused = this.#refusalOf(command.command.value);
          if (refused !== undefined) return refuse(refused);
          sessionId = command.command.value.sessionId;
          this.#logon(stream, command.command.value);
        } else if (sessionId === undefined) return refuse(badRequest('the first command of a stream is its logon'));
        else if (command.command === undefined) return refuse(badRequest('a command says what it is'));
        else if (hasLongTag(command)) return refuse(longTag());
        else if (command.command.$case !== 'cancel' && !this.#options.takesOrders()) return refuse(cancelsOnly());
        else if (this.#isOverloaded(sessionId)) return refuse(overloaded());
        else if (this.#takesCommands) this.#send(sessionId, command);
      }
    });
    stream.onEnd(() => stream.end());
  }

  /** A single request; resolves, when it is durable, with what it caused for its session, as far as a message carries it. */
  async request(sessionId: string, command: VenueCommand): Promise<PlaceOrderResponse> {
    requireSessionId(sessionId);
    if (hasLongTag(command)) throw longTag();
    if (!this.#takesCommands) throw new CallError('the venue moves', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    if (this.#isOverloaded(sessionId)) throw overloaded();
    let event: VenueEvent | undefined;
    this.#send(sessionId, command, (caused) => {
      event = caused;
    });
    await this.arrived(sessionId);
    return this.#options.loop.whenDurable(() => {
      assert(event !== undefined, 'what was taken before the question is executed when it is answered');
      return answerOf(executionsOf(event, sessionId, 1));
    });
  }

  /** Serves a reader of a session's executions. */
  streamExecutions(
    { sessionId, fromSeq }: StreamExecutionsRequest,
    stream: Pick<MessageStream<never, StreamExecutionsResponse>, 'send' | 'onDrain' | 'onClose' | 'cancel'>,
  ): void {
    requireSessionId(sessionId);
    if (fromSeq < 1) throw badField('fromSeq', numberRules['StreamExecutions.fromSeq'], Reason.OUT_OF_RANGE);
    this.#whenDurable(stream, (venue) => {
      if (fromSeq > venue.lastSeqOf(sessionId) + 1) return stream.cancel(beyondLast(fromSeq, venue.lastSeqOf(sessionId)));
      this.#follow({ venue, sessionId, fromSeq, stream, messageOf: (executions) => ({ executions }) });
    });
  }

  /** Resolves when every command that the session has sent so far has arrived at the venue. */
  arrived(sessionId: string): Promise<void> {
    return this.#lines.get(sessionId)?.settled() ?? Promise.resolve();
  }

  /** Tells what has become durable. */
  tell(events: readonly VenueEvent[]): void {
    const bySession = new Map<string, Execution[]>();
    for (const event of events) {
      for (const { sessionId, execution } of event.executions) {
        assert(execution !== undefined, 'an event of the venue holds its executions');
        const executions = bySession.get(sessionId);
        if (executions === undefined) bySession.set(sessionId, [execution]);
        else executions.push(execution);
      }
    }
    for (const [sessionId, executions] of bySession) {
      for (const reader of this.#readers.get(sessionId) ?? []) reader.add(executions);
    }
  }

  /** From here on streams take orders too. */
  ordersTaken(): void {
    for (const tell of this.#waitingForOrders.values()) tell();
    this.#waitingForOrders.clear();
  }

  /** From here on no command is taken. */
  refuseCommands(): void {
    this.#takesCommands = false;
  }

  /** Ends every stream. */
  close(error: CallError): void {
    this.#takesCommands = false;
    for (const readers of [...this.#readers.values()]) for (const reader of [...readers]) reader.cancel(error);
    this.#readers.clear();
    this.#loggedOn.clear();
  }

  /** Judged at once: commands may follow in the same message. Nobody was told of more executions than there are now. */
  #refusalOf({ sessionId, fromSeq }: Logon): CallError | undefined {
    if (sessionId === '') return badRequest('a logon names its session');
    if (sessionId.length > sessionIdLengthMax) return longSession();
    const lastSeq = this.#options.venue.lastSeqOf(sessionId);
    return fromSeq < 1 || fromSeq > lastSeq + 1 ? beyondLast(fromSeq, lastSeq) : undefined;
  }

  #logon(stream: MessageStream<TradeRequest, TradeResponse>, { sessionId, fromSeq }: Logon): void {
    this.#whenDurable(stream, (venue) => {
      const lastSeq = venue.lastSeqOf(sessionId);
      this.#loggedOn
        .get(sessionId)
        ?.cancel(new CallError('a newer stream of the session has logged on', { code: StatusCode.ABORTED, reason: Reason.CONFLICT }));
      const answer = (cancelsOnly: boolean): void =>
        void stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: lastSeq, cancelsOnly });
      answer(!this.#options.takesOrders());
      if (!this.#options.takesOrders()) this.#waitingForOrders.set(sessionId, () => answer(false));
      const messageOf = (executions: Execution[]): TradeResponse => ({
        executions,
        loggedOn: false,
        loggedOnLastSeq: 0,
        cancelsOnly: false,
      });
      const feed = this.#follow({ venue, sessionId, fromSeq, stream, messageOf });
      this.#loggedOn.set(sessionId, feed);
    });
  }

  /** The stream is told the session's executions from one on, until it ends. */
  #follow<Message>({ venue, sessionId, fromSeq, stream, messageOf }: Follow<Message>): Reader {
    const { log, onUnreadable: tellUnreadable } = this.#options;
    const lastSeq = venue.lastSeqOf(sessionId);
    const read = (seq: number): ReturnType<VenueLog['read']> => log.read(venue.eventSeqBefore(sessionId, seq));
    const onUnreadable = (error: unknown, executionSeq: number): void => tellUnreadable?.(error, sessionId, executionSeq);
    const feed = new SessionFeed({ stream, messageOf, sessionId, fromSeq, lastSeq, read, onUnreadable });
    const readers = this.#readers.get(sessionId) ?? new Set<Reader>();
    this.#readers.set(sessionId, readers.add(feed));
    stream.onClose(() => {
      feed.closed();
      readers.delete(feed);
      if (readers.size === 0 && this.#readers.get(sessionId) === readers) this.#readers.delete(sessionId);
      if (this.#loggedOn.get(sessionId) === feed) this.#loggedOn.delete(sessionId);
    });
    feed.start();
    return feed;
  }

  #whenDurable(stream: { cancel(error?: CallError): void }, begin: (venue: Venue) => void): void {
    this.#options.loop.whenDurable(begin).catch((error: unknown) => stream.cancel(error instanceof CallError ? error : undefined));
  }

  #send(sessionId: string, given: VenueCommand, caused?: (event: VenueEvent) => void): void {
    const { latency, clock, later } = this.#options;
    const command = withShortTexts(given);
    // Without latency there is no way to take.
    if (latency.latencyMs + latency.jitterMs === 0) return this.#arrive(sessionId, command, caused);
    let line = this.#lines.get(sessionId);
    if (line === undefined) this.#lines.set(sessionId, (line = new SessionLine({ sessionId, latency, clock, later })));
    line.send(() => this.#arrive(sessionId, command, caused));
  }

  #arrive(sessionId: string, command: VenueCommand, caused?: (event: VenueEvent) => void): void {
    const { venue, loop, clock, openSpan, beforeOrder } = this.#options;
    const span = openSpan?.(command.traceparent);
    const value = span === undefined ? command : { ...command, traceparent: span.traceparent };
    const input: VenueInput = { atMs: clock.nowMs(), sessionId, command: { $case: 'orderCommand', value } };
    loop.take({
      run: (apply) => {
        const instrumentId = instrumentMet(command, venue);
        if (instrumentId !== undefined) beforeOrder(instrumentId, apply);
        const event = apply(input);
        caused?.(event);
      },
      done: () => span?.end(),
    });
  }

  #isOverloaded(sessionId: string): boolean {
    return this.#options.loop.waitingCount + (this.#lines.get(sessionId)?.length ?? 0) >= waitingMax;
  }
}

interface Follow<Message> {
  readonly venue: Venue;
  readonly sessionId: string;
  readonly fromSeq: number;
  readonly stream: Pick<MessageStream<never, Message>, 'send' | 'onDrain' | 'onClose' | 'cancel'>;
  readonly messageOf: (executions: Execution[]) => Message;
}

/** Where an order is to meet the market: a new one, and one that is replaced. */
function instrumentMet({ command }: VenueCommand, venue: Venue): string | undefined {
  if (command?.$case === 'newOrder') return command.value.instrumentId;
  return command?.$case === 'replace' ? venue.instrumentOf(command.value.targetTag) : undefined;
}

function beyondLast(fromSeq: number, lastSeq: number): CallError {
  return new CallError(`the session wants executions from ${fromSeq}, and its last one here is ${lastSeq}`, {
    code: StatusCode.OUT_OF_RANGE,
    reason: Reason.CONFLICT,
  });
}

function cancelsOnly(): CallError {
  return new CallError('the venue waits for the quotes: it takes cancels only', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
}

function overloaded(): CallError {
  return new CallError('too many commands wait', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.OVERLOADED });
}

/** Throws CallError for an id that is none. */
function requireSessionId(sessionId: string): void {
  if (sessionId === '') throw badField('sessionId', 'must be given', Reason.FIELD_REQUIRED);
  if (sessionId.length > sessionIdLengthMax) throw longSession();
}

function longSession(): CallError {
  return badField('sessionId', `has at most ${sessionIdLengthMax} characters`);
}

function longTag(): CallError {
  return badField('tag', `has at most ${tagLengthMax} characters`);
}
