// The paper venue as a broker: one bidirectional stream that resumes from a cursor; look-ups are unary calls.
import {
  capabilityRefusal,
  type BrokerConnector,
  type BrokerPosition,
  type CancelRequest,
  type ConnectOptions,
  type ConnectorContext,
  type ConnectorState,
  type LookUp,
  type ReplaceRequest,
  type SessionListener,
  type SubmitOutcome,
  type SubmitRequest,
} from '@switchyard/connectors-port';
import { CallError, MATCHING_SERVICE, Reason, type MessageStream, type ServiceCalls } from '@switchyard/contracts';
import {
  ExecutionKind,
  type Execution as VenueExecution,
  type MatchingServiceDefinition,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { paperCapabilities } from './paper.capabilities.js';
import { isRepetition, toCancel, toExecution, toNewOrder, toReplace } from './paper.mapper.js';
import { PaperRequests } from './paper.requests.js';

const logonTimeoutMs = 5_000;
const retryDelayMsMin = 20;
const retryDelayMsMax = 2_000;

const cancelsOnly = 'the venue waits for quotes: it takes cancels only';

interface Unsent {
  readonly tag: string;
  beforeSocketWrite(): boolean;
}

type Stream = MessageStream<TradeResponse, TradeRequest>;

export class PaperConnector implements BrokerConnector {
  readonly capabilities = paperCapabilities;
  readonly #context: ConnectorContext;
  readonly #requests: PaperRequests;
  #listener: SessionListener | undefined;
  #signal: AbortSignal | undefined;
  #stream: Stream | undefined;
  #state: ConnectorState = 'down';
  /** The stream takes no more until it drains. */
  #isFull = false;
  #isFlushScheduled = false;
  /** Sequence of the last execution that the caller has made durable, of the last one delivered on this stream, and of the last one ever delivered. */
  #confirmedSeq = 0;
  #deliveredSeq = 0;
  #heardSeq = 0;
  /** The last execution that was durable at the venue at logon. */
  #logonSeq: number | undefined;
  /** What the session is when that one is delivered. */
  #loggedOnAs: 'ready' | 'cancels' = 'ready';
  /** Where the venue said that its owner is. */
  #ownerAddress: string | undefined;
  #retryDelayMs = retryDelayMsMin;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ConnectorContext) {
    this.#context = context;
    this.#requests = new PaperRequests(context.clock, () => this.#unanswered());
  }

  connect(listener: SessionListener, { fromCursor, signal }: ConnectOptions): void {
    assert(this.#listener === undefined, 'a connector is connected once');
    this.#listener = listener;
    this.#signal = signal;
    this.#confirmedSeq = seqOf(fromCursor);
    this.#heardSeq = this.#confirmedSeq;
    if (signal.aborted) return;
    signal.addEventListener('abort', () => this.#end(), { once: true });
    this.#open();
  }

  confirm(cursor: string): void {
    const seq = seqOf(cursor);
    assert(seq <= this.#heardSeq, 'only what was delivered is confirmed');
    this.#confirmedSeq = Math.max(this.#confirmedSeq, seq);
  }

  submit(request: SubmitRequest, deadlineMs: number): Promise<SubmitOutcome> {
    const refusal = capabilityRefusal(this.capabilities, request.content);
    if (refusal !== undefined) return Promise.resolve({ kind: 'not-sent', reason: refusal.reason, text: refusal.text });
    return this.#sendOrder(request, toNewOrder(request), deadlineMs);
  }

  replace(request: ReplaceRequest, deadlineMs: number): Promise<SubmitOutcome> {
    return this.#sendOrder(request, toReplace(request), deadlineMs);
  }

  cancel(request: CancelRequest, deadlineMs: number): Promise<SubmitOutcome> {
    return this.#send(request, toCancel(request), deadlineMs);
  }

  async lookUp(tag: string, deadlineMs: number): Promise<LookUp> {
    try {
      const executions = await this.#executionsAbout(tag, deadlineMs);
      if (executions === undefined) return { kind: 'absent' };
      const known = executions.filter((execution) => !isRepetition(execution)).map((execution) => toExecution(execution, ''));
      if (known.some((execution) => execution === undefined))
        return { kind: 'unknown', text: 'the venue says something about the order that this version does not know' };
      const brokerOrderId = executions.find(({ venueOrderId }) => venueOrderId !== '')?.venueOrderId ?? '';
      return { kind: 'found', brokerOrderId, executions: known.filter((execution) => execution !== undefined) };
    } catch (error) {
      return { kind: 'unknown', text: `the look-up failed: ${textOf(error)}` };
    }
  }

  async position(brokerAccountId: string, instrumentId: string, deadlineMs: number): Promise<BrokerPosition> {
    try {
      const { netQty } = await this.#ask((venue) => venue.getPosition({ brokerAccountId, instrumentId }, { deadlineMs }));
      return { kind: 'known', netQty };
    } catch (error) {
      return { kind: 'unknown', text: `the position could not be read: ${textOf(error)}` };
    }
  }

  /** Everything that the venue has about a tag, in as many answers as it takes; undefined when it has never seen it. */
  async #executionsAbout(tag: string, deadlineMs: number): Promise<VenueExecution[] | undefined> {
    const { sessionId } = this.#context;
    const all: VenueExecution[] = [];
    for (;;) {
      const fromSeq = (all.at(-1)?.seq ?? 0) + 1;
      const { found, executions, lastSeq } = await this.#ask((venue) => venue.getOrderByTag({ sessionId, tag, fromSeq }, { deadlineMs }));
      if (!found) return undefined;
      all.push(...executions);
      if ((all.at(-1)?.seq ?? 0) >= lastSeq) return all;
      if (executions.length === 0) throw new Error(`the venue has executions up to ${lastSeq}, and tells none from ${fromSeq} on`);
    }
  }

  #sendOrder(request: Unsent, command: VenueCommand, deadlineMs: number): Promise<SubmitOutcome> {
    if (this.#state === 'cancels') return Promise.resolve({ kind: 'not-sent', reason: Reason.SESSION_DOWN, text: cancelsOnly });
    return this.#send(request, command, deadlineMs);
  }

  #send(request: Unsent, command: VenueCommand, deadlineMs: number): Promise<SubmitOutcome> {
    if (this.#state === 'down')
      return Promise.resolve({ kind: 'not-sent', reason: Reason.SESSION_DOWN, text: 'the session is not logged in' });
    const outcome = this.#requests.add(request.tag, command, () => request.beforeSocketWrite(), deadlineMs);
    this.#scheduleFlush();
    return outcome;
  }

  /** What was asked for in this turn leaves together. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#isFull) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      while (this.#state !== 'down' && !this.#isFull && this.#requests.hasWaiting) {
        const commands = this.#requests.nextFrame();
        if (commands.length > 0 && this.#stream?.send({ commands }) !== true) this.#isFull = true;
      }
    });
  }

  #open(): void {
    const stream = this.#venue().trade({ signal: this.#signal });
    this.#stream = stream;
    this.#deliveredSeq = this.#confirmedSeq;
    this.#logonSeq = undefined;
    this.#timer = setTimeout(() => this.#close(stream, 'no answer to the logon'), logonTimeoutMs);
    stream.onMessage((message) => this.#receive(stream, message));
    stream.onDrain(() => {
      this.#isFull = false;
      this.#scheduleFlush();
    });
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      this.#ownerAddress = ownerIn(error);
      this.#close(stream, error?.message ?? 'the venue ended the stream');
    });
    const logon = { sessionId: this.#context.sessionId, fromSeq: this.#confirmedSeq + 1 };
    stream.send({ commands: [{ command: { $case: 'logon', value: logon }, traceparent: '' }] });
  }

  #receive(stream: Stream, { loggedOn, loggedOnLastSeq, cancelsOnly: isLimited, executions }: TradeResponse): void {
    if (stream !== this.#stream) return;
    if (loggedOn) {
      clearTimeout(this.#timer);
      this.#logonSeq = loggedOnLastSeq;
      this.#loggedOnAs = isLimited ? 'cancels' : 'ready';
    }
    for (const execution of executions) {
      if (execution.seq <= this.#deliveredSeq) continue;
      if (execution.seq !== this.#deliveredSeq + 1)
        return this.#close(stream, `execution ${execution.seq} came after ${this.#deliveredSeq}`);
      if (!this.#deliver(execution)) return this.#close(stream, `execution ${execution.seq} is of a kind that this version does not know`);
      if (stream !== this.#stream) return; // The listener ended the session.
    }
    if (this.#state === this.#loggedOnAs || this.#logonSeq === undefined || this.#deliveredSeq < this.#logonSeq) return;
    this.#state = this.#loggedOnAs;
    this.#retryDelayMs = retryDelayMsMin;
    this.#listener?.onState(this.#state, this.#state === 'ready' ? 'logged on' : cancelsOnly);
  }

  #deliver(from: VenueExecution): boolean {
    const execution = toExecution(from, String(from.seq));
    if (execution === undefined) return false;
    this.#deliveredSeq = from.seq;
    this.#heardSeq = Math.max(this.#heardSeq, from.seq);
    if (isRepetition(from)) {
      this.#requests.answer(from.tag, {
        kind: 'in-doubt',
        text: 'the venue has seen this tag before: what became of that request is for a look-up to say',
      });
      return true;
    }
    this.#listener?.onExecution(execution);
    switch (from.kind) {
      case ExecutionKind.NEW:
      case ExecutionKind.REPLACED:
      case ExecutionKind.CANCELED:
        this.#requests.answer(from.tag, { kind: 'accepted', brokerOrderId: from.venueOrderId });
        break;
      case ExecutionKind.REJECTED:
        this.#requests.answer(from.tag, { kind: 'refused', reason: from.reason, text: from.text });
        break;
      default:
        break;
    }
    return true;
  }

  /** This stream is over: says so, and tries again after a pause. */
  #close(stream: Stream, why: string): void {
    if (stream !== this.#stream) return;
    this.#forget(stream, why);
    this.#listener?.onState('down', why);
    if (this.#signal?.aborted !== false) return;
    this.#timer = setTimeout(() => this.#open(), this.#retryDelayMs);
    this.#retryDelayMs = Math.min(2 * this.#retryDelayMs, retryDelayMsMax);
  }

  /** A stream that is open and says nothing may be dead (a venue that is stopped, a black hole): only one that answers a logon is trusted again. */
  #unanswered(): void {
    if (this.#stream !== undefined) this.#close(this.#stream, 'a request got no answer before its deadline');
  }

  #end(): void {
    clearTimeout(this.#timer);
    if (this.#stream !== undefined) this.#forget(this.#stream, 'the session was ended');
  }

  #forget(stream: Stream, why: string): void {
    clearTimeout(this.#timer);
    this.#stream = undefined;
    this.#state = 'down';
    this.#isFull = false;
    stream.cancel();
    this.#requests.breakOff(why);
  }

  #venue(): ServiceCalls<MatchingServiceDefinition> {
    const { calls } = this.#context;
    return this.#ownerAddress === undefined ? calls.any(MATCHING_SERVICE) : calls.at(MATCHING_SERVICE, this.#ownerAddress);
  }

  /** A unary call; goes once more to the owner where another process answered. */
  async #ask<T>(call: (venue: ServiceCalls<MatchingServiceDefinition>) => Promise<T>): Promise<T> {
    try {
      return await call(this.#venue());
    } catch (error) {
      const address = ownerIn(error);
      if (address === undefined) throw error;
      return call(this.#context.calls.at(MATCHING_SERVICE, address));
    }
  }
}

/** Where the owner is, if the error says so. */
function ownerIn(error: unknown): string | undefined {
  const address = error instanceof CallError && error.reason === Reason.NOT_OWNER ? error.metadata['address'] : undefined;
  return address === '' ? undefined : address;
}

function seqOf(cursor: string): number {
  const seq = cursor === '' ? 0 : Number(cursor);
  assert(Number.isSafeInteger(seq) && seq >= 0, 'a cursor of the paper venue is a sequence');
  return seq;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
