// The way of a command to the broker: queue ─▶ permit ─▶ judged ─▶ SENDING is durable (the write-ahead) ─▶ socket ─▶ outcome ─▶ report.
// No row proves that nothing was sent; SENDING means maybe sent, and is never sent again.
import { Reason, RequestKind } from '@switchyard/contracts';
import { type Command, RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type SubmitOutcome } from '@switchyard/connectors-port';
import { assert, RingQueue } from '@switchyard/kernel';
import { GoneBack, laneOf, type Waiting } from './gone-back.js';
import { ClosedGate } from './halts.js';
import { haltsUnknown, type Refusal, refusalOf } from './may-leave.js';
import { type SessionChange, SessionLostError } from './ports.js';
import { answerOf, notSent, type ReportCase, reportOf } from './reports.js';
import { type BrokerRequest, isUnanswered, moveRequest, writeAgain } from './request.js';
import { type SendSide } from './send-side.js';
import { type Lane } from './throttle.js';

/** How often commands that wait for a session are looked at for their time limits. */
const sweepMs = 100;

export class SendOrder {
  readonly #lanes: Readonly<Record<Lane, RingQueue<Waiting>>>;
  readonly #waiting = new Map<string, Waiting>();
  /** Requests from their permit to their answer: a second dispatch of them is a duplicate. */
  readonly #underWay = new Set<string>();
  /** Cancels and replaces that wait for the answer to the request that placed their order. */
  readonly #held = new Map<string, Waiting[]>();
  /** Targets of cancels that are being looked up in storage: such a placement waits for what is found. */
  readonly #sought = new Set<string>();
  readonly #closedGate: ClosedGate<Waiting>;
  readonly #goneBack = new GoneBack();
  #permits = 0;
  #cancelTimer: (() => void) | undefined;
  /** Nothing more leaves: the session is on its way to another process. */
  #draining = false;
  #closed = false;

  constructor(private readonly side: SendSide) {
    const length = side.settings.queueLengthMax;
    this.#lanes = { order: new RingQueue(length), cancel: new RingQueue(length) };
    this.#closedGate = new ClosedGate(side.timers, (back) => {
      for (const waiting of back) void this.#writeAhead(waiting, true);
      this.pump();
    });
  }

  /** Commands that wait or are under way. */
  get outstanding(): number {
    return this.#waiting.size + this.#underWay.size;
  }

  /** Takes a command from its owner. One that is known is a duplicate: its report exists or will. */
  take(command: Command, shard: number): void {
    const id = command.brokerRequestId;
    if (this.#closed || this.#draining || this.#waiting.has(id) || this.#underWay.has(id) || this.side.book.get(id) !== undefined) return;
    const waiting: Waiting = {
      command,
      shard,
      queuedAtMs: this.side.clock.monotonicMs(),
      targetBrokerOrderId: '',
      place: 0,
      stored: undefined,
    };
    this.#waiting.set(id, waiting);
    if (command.kind === RequestKind.NEW) {
      if (!this.#sought.has(id)) this.#enqueue('order', waiting);
      return;
    }
    if (command.kind === RequestKind.CANCEL || command.kind === RequestKind.REPLACE) this.#takeForOrder(waiting);
    else this.#settleUnsent(waiting, Reason.ENUM_UNKNOWN, 'this version does not know the kind of the request');
  }

  /** Something changed on which commands wait: a session state, an answer, time. */
  pump(): void {
    if (this.#closed) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waits = [this.#drain('cancel'), this.#drain('order')].filter((waitMs) => waitMs > 0);
    if (waits.length > 0) this.#cancelTimer = this.side.timers.after(Math.max(1, Math.min(...waits)), () => this.pump());
  }

  /** The halts were read again: what waits is judged by them. */
  haltsChanged(): void {
    this.#closedGate.haltsRead();
    this.pump();
  }

  /** The request that placed an order was answered: what waited for that goes on. */
  answered(request: BrokerRequest): void {
    const held = this.#held.get(request.brokerRequestId);
    if (held === undefined) return;
    this.#held.delete(request.brokerRequestId);
    for (const waiting of held) this.#takeAfterTarget(waiting, request);
    this.pump();
  }

  /** A planned move: what is under way comes to its answer. What only waits is memory, and its owner dispatches it to the next holder. */
  drain(): void {
    this.#draining = true;
    this.#forgetWaiting();
    this.pump(); // What has gone back is under way.
  }

  /** The session is not ours any more: nothing is sent or written after this. */
  close(): void {
    this.#closed = true;
    this.#forgetWaiting();
    this.#goneBack.close();
    this.#closedGate.close();
  }

  #forgetWaiting(): void {
    this.#cancelTimer?.();
    this.#waiting.clear();
    this.#held.clear();
  }

  #enqueue(lane: Lane, waiting: Waiting): void {
    if (!this.#lanes[lane].push(waiting)) return this.#settleUnsent(waiting, Reason.NO_CREDIT, 'the queue of the session is full');
    this.pump();
  }

  #takeForOrder(waiting: Waiting): void {
    const targetId = waiting.command.targetRequestId;
    const targetWaiting = this.#waiting.get(targetId);
    if (targetWaiting !== undefined && waiting.command.kind === RequestKind.CANCEL) return this.#cancelUnsent(waiting, targetWaiting);
    if (targetWaiting !== undefined || this.#underWay.has(targetId)) return this.#hold(targetId, waiting);
    const target = this.side.book.get(targetId);
    if (target !== undefined) return this.#takeAfterTarget(waiting, target);
    if (waiting.command.kind === RequestKind.CANCEL) this.#sought.add(targetId);
    this.side.book.find(targetId).then(
      (stored) => this.#targetFound(waiting, stored),
      (cause: unknown) => this.#lose(new SessionLostError('a stored request could not be read', { cause })),
    );
  }

  /** @param stored the target in storage. One that was dispatched while it was read is in memory: a redispatch brings the cancel first. */
  #targetFound(waiting: Waiting, stored: BrokerRequest | undefined): void {
    if (this.#closed || this.#draining) return;
    const targetId = waiting.command.targetRequestId;
    this.#sought.delete(targetId);
    const target = this.#waiting.get(targetId);
    if (stored !== undefined) {
      this.#waiting.delete(targetId); // A duplicate: its report exists or will.
      return this.#takeAfterTarget(waiting, stored);
    }
    if (target !== undefined && waiting.command.kind === RequestKind.CANCEL) return this.#cancelUnsent(waiting, target);
    if (target !== undefined || this.#underWay.has(targetId)) return this.#hold(targetId, waiting);
    const answered = this.side.book.get(targetId);
    return answered === undefined ? this.#targetNeverSeen(waiting) : this.#takeAfterTarget(waiting, answered);
  }

  #takeAfterTarget(waiting: Waiting, target: BrokerRequest): void {
    if (isUnanswered(target)) return this.#hold(target.brokerRequestId, waiting);
    waiting.targetBrokerOrderId = target.brokerOrderId;
    if (target.state === RequestState.ACCEPTED) return this.#enqueue(laneOf(waiting.command.kind), waiting);
    this.#settleUnsent(waiting, Reason.BROKER_ORDER_UNKNOWN, 'the broker never had the order');
  }

  #hold(targetId: string, waiting: Waiting): void {
    const held = this.#held.get(targetId);
    if (held === undefined) this.#held.set(targetId, [waiting]);
    else held.push(waiting);
  }

  /** A cancel came before its order was sent: the order never will be. Where a former holder sent it after all, the cancel follows it to the broker. */
  #cancelUnsent(cancel: Waiting, target: Waiting): void {
    this.#hold(target.command.brokerRequestId, cancel);
    this.#settleUnsent(target, Reason.CANCELED_BEFORE_SEND, 'canceled before it was sent');
  }

  /** A cancel or replace of a request that this session has never seen: NOT_SENT under the target's own id, so that it can't be sent later. */
  #targetNeverSeen(waiting: Waiting): void {
    const { command } = waiting;
    if (command.kind !== RequestKind.CANCEL) return this.#settleUnsent(waiting, Reason.BROKER_ORDER_UNKNOWN, 'the order was never sent');
    const target: Command = {
      ...command,
      brokerRequestId: command.targetRequestId,
      tag: command.targetTag,
      kind: RequestKind.NEW,
      targetRequestId: '',
      targetTag: '',
    };
    this.#cancelUnsent(waiting, { ...waiting, command: target });
  }

  /** Sends what may leave of one lane. @returns milliseconds until it should be looked at again, 0 when it is empty. */
  #drain(lane: Lane): number {
    const queue = this.#lanes[lane];
    const next = (): Waiting | undefined => this.#goneBack.peek(lane) ?? queue.peek();
    if (lane === 'order' && this.#closedGate.isClosed) return 0; // Behind those that wait there, who pump when they have gone.
    for (let waiting = next(); waiting !== undefined; waiting = next()) {
      const from = waiting.stored === undefined ? queue : this.#goneBack;
      if (waiting.stored === undefined && !this.#waiting.has(waiting.command.brokerRequestId)) {
        queue.shift();
        continue;
      }
      const refusal = this.#refusal(waiting);
      if (refusal !== undefined) {
        from.shift(lane);
        this.#settleUnsent(waiting, refusal.reason, refusal.text);
        continue;
      }
      if (!this.side.isReady(lane)) return sweepMs;
      const waitMs = this.side.throttle.tryTake(lane, this.side.clock.monotonicMs());
      if (waitMs > 0) return Math.min(waitMs, sweepMs);
      from.shift(lane);
      waiting.place ||= ++this.#permits;
      this.#waiting.delete(waiting.command.brokerRequestId);
      this.#underWay.add(waiting.command.brokerRequestId);
      void this.#writeAhead(waiting);
    }
    return 0;
  }

  #refusal(waiting: Waiting): Refusal | undefined {
    const isCanceled = (): boolean =>
      this.#held.get(waiting.command.brokerRequestId)?.some(({ command }) => command.kind === RequestKind.CANCEL) === true;
    return refusalOf(waiting, this.side, isCanceled);
  }

  async #writeAhead(waiting: Waiting, isBack = false): Promise<void> {
    const { clock, book } = this.side;
    const refusal = this.#refusal(waiting) ?? (isBack ? haltsUnknown(waiting, this.side) : undefined);
    if (refusal !== undefined) return this.#settleUnsent(waiting, refusal.reason, refusal.text);
    const issuedAtMs = clock.monotonicMs();
    const { stored } = waiting;
    const sending = stored === undefined ? this.#row(waiting, RequestState.SENDING, '') : writeAgain(stored, clock.nowMs());
    // A cancel is written whatever is halted; everything else only under the version by which it was just judged.
    const judgedHaltVersion = waiting.command.kind === RequestKind.CANCEL ? undefined : this.side.halts().version;
    const outcome = await this.#commit({ ...rowOf(waiting, sending), judgedHaltVersion });
    if (outcome === 'lost') return;
    // What was appended behind it came back with it. Where newer halts are known they judge at once; else the database has others than this process.
    if (outcome === 'halts-changed') return this.#closedGate.comeBack(waiting, this.side.halts().version !== judgedHaltVersion);
    if (outcome === 'exists') return this.#adoptStored(sending.brokerRequestId);
    if (judgedHaltVersion !== undefined) this.#closedGate.passed();
    book.put(sending);
    await this.side.failpoint('brokers.after-write-ahead');
    return this.#toBroker(waiting, sending, issuedAtMs);
  }

  async #toBroker(waiting: Waiting, sending: BrokerRequest, issuedAtMs: number): Promise<void> {
    const { clock, connector, settings } = this.side;
    const { command } = sending;
    let sentAtMs = 0;
    let isHeldBack = false;
    const beforeSocketWrite = (): boolean => {
      if (this.#closed) return false;
      isHeldBack = clock.monotonicMs() - issuedAtMs > settings.writeAheadAgeMsMax || this.#goneBack.isBehind(waiting);
      if (isHeldBack) {
        this.#goneBack.holdBack(waiting);
        return false;
      }
      this.#goneBack.ended(waiting);
      sentAtMs = clock.nowMs();
      // Known to whoever answers first: the broker's stream may overtake its answer.
      this.side.book.put({ ...sending, sentAtMs });
      return true;
    };
    const base = {
      tag: command.tag,
      brokerAccountId: command.brokerAccountId,
      instrumentId: command.content?.instrument ?? '',
      traceparent: command.traceparent,
      beforeSocketWrite,
    };
    const ofOrder = { ...base, targetTag: command.targetTag, brokerOrderId: command.brokerOrderId || waiting.targetBrokerOrderId };
    const deadlineMs = clock.nowMs() + settings.answerTimeoutMs;
    let outcome: SubmitOutcome;
    if (command.kind === RequestKind.CANCEL) outcome = await connector.cancel(ofOrder, deadlineMs);
    else {
      assert(command.content !== undefined, 'a NEW or REPLACE carries the order');
      if (command.kind === RequestKind.NEW) outcome = await connector.submit({ ...base, content: command.content }, deadlineMs);
      else outcome = await connector.replace({ ...ofOrder, content: command.content }, deadlineMs);
    }
    if (isHeldBack && outcome.kind === 'not-sent' && this.side.book.get(sending.brokerRequestId)?.state === RequestState.SENDING) {
      if (this.#closed) return;
      this.#goneBack.wait(waiting, sending);
      return this.pump();
    }
    this.#goneBack.ended(waiting);
    await this.side.failpoint('brokers.before-report');
    await this.#answer(sending.brokerRequestId, outcome, sentAtMs);
  }

  async #answer(id: string, outcome: SubmitOutcome, sentAtMs: number): Promise<void> {
    const { clock, book } = this.side;
    const now = book.get(id);
    assert(now !== undefined, 'a request that was sent is in the book');
    this.#underWay.delete(id);
    // The broker's stream may have answered first; what it said counts.
    if (now.state !== RequestState.SENDING || this.#closed) return;
    const answeredAtMs = clock.nowMs();
    const { state, report, text, brokerOrderId } = answerOf(outcome);
    const moved = moveRequest(now, state, {
      answeredAtMs: state === RequestState.IN_DOUBT ? 0 : answeredAtMs,
      text,
      brokerOrderId,
      sentAtMs,
    });
    book.put(moved);
    const done = await this.#commit({ updates: [moved], report: { request: moved, report, receivedAtMs: answeredAtMs } });
    if (done === 'lost') return;
    if (moved.state === RequestState.IN_DOUBT) this.side.onInDoubt(moved);
    else this.answered(moved);
  }

  /** Makes it durable that a command is not sent. Where a request of its id is stored already, that one was first, and its report exists. */
  #settleUnsent(waiting: Waiting, reason: Reason, text: string): void {
    const { stored } = waiting;
    const answeredAtMs = this.side.clock.nowMs();
    const row =
      stored === undefined
        ? this.#row(waiting, RequestState.NOT_SENT, text)
        : moveRequest(stored, RequestState.NOT_SENT, { answeredAtMs, text });
    this.#goneBack.ended(waiting);
    this.#waiting.delete(row.brokerRequestId);
    this.#underWay.add(row.brokerRequestId);
    void this.#commit({
      ...rowOf(waiting, row),
      report: { request: row, report: notSent(reason, text), receivedAtMs: row.answeredAtMs },
    }).then((outcome) => {
      if (outcome === 'lost') return undefined;
      if (outcome === 'exists') return this.#adoptStored(row.brokerRequestId);
      this.#underWay.delete(row.brokerRequestId);
      this.side.book.put(row);
      this.answered(row);
      return undefined;
    });
  }

  /** A request of this id was stored by a former holder of the session: what it says counts. */
  async #adoptStored(id: string): Promise<void> {
    this.#underWay.delete(id);
    try {
      const stored = await this.side.book.find(id);
      assert(stored !== undefined, `a request that conflicts is stored: ${id}`);
      if (!isUnanswered(stored)) this.answered(stored);
    } catch (cause) {
      this.#lose(new SessionLostError('a stored request could not be read', { cause }));
    }
  }

  #row({ command, shard }: Waiting, state: RequestState, text: string): BrokerRequest {
    const nowMs = this.side.clock.nowMs();
    const answeredAtMs = state === RequestState.SENDING ? 0 : nowMs;
    const { sessionId, process } = this.side;
    return {
      brokerRequestId: command.brokerRequestId,
      sessionId,
      shard,
      command,
      state,
      sendingAtMs: nowMs,
      writeAheads: state === RequestState.SENDING ? 1 : 0,
      sentAtMs: 0,
      answeredAtMs,
      brokerOrderId: '',
      text,
      process,
    };
  }

  async #commit(part: {
    inserts?: readonly BrokerRequest[];
    updates?: readonly BrokerRequest[];
    report?: { request: BrokerRequest; report: ReportCase; receivedAtMs: number };
    judgedHaltVersion?: number | undefined;
  }): Promise<'committed' | 'halts-changed' | 'exists' | 'lost'> {
    if (this.#closed) return 'lost';
    const { report, inserts = [], updates = [], judgedHaltVersion } = part;
    const reports =
      report === undefined
        ? []
        : [reportOf(report.request, report.report, { receivedAtMs: report.receivedAtMs, process: this.side.process })];
    const change: SessionChange = {
      sessionId: this.side.sessionId,
      inserts,
      updates,
      trades: [],
      reports,
      cursor: undefined,
      judgedHaltVersion,
    };
    try {
      return await this.side.store.append(change);
    } catch (cause) {
      this.#lose(cause instanceof SessionLostError ? cause : new SessionLostError('a change could not be written', { cause }));
      return 'lost';
    }
  }

  #lose(error: SessionLostError): void {
    if (this.#closed) return;
    this.close();
    this.side.onLost(error);
  }
}

/** The row of a request: its first one, or the one that is stored already in its next state. */
const rowOf = ({ stored }: Waiting, row: BrokerRequest): { inserts: BrokerRequest[] } | { updates: BrokerRequest[] } =>
  stored === undefined ? { inserts: [row] } : { updates: [row] };
