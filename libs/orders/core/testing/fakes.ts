// Ports in memory: risk that says what the test wants, a dispatcher that remembers, books that know two instruments and two sessions.
import { Reason, type Halt, type OrderContent } from '@switchyard/contracts';
import { SessionState, type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { Deferred } from '@switchyard/kernel';
import {
  type Approval,
  type Dispatcher,
  type HaltBook,
  type HaltSubject,
  type InstrumentBook,
  type Refusal,
  type ResolvedInstrument,
  type RiskCheck,
  type RiskGate,
  type RiskVerdict,
  type SessionBook,
  type SessionInfo,
} from '../ports.js';

/** A decision as risk gives it. */
export function aDecision(partial: Partial<RiskDecision> = {}): RiskDecision {
  return {
    approved: true,
    reason: Reason.UNSPECIFIED,
    text: '',
    field: '',
    limitsVersion: 1,
    judgedSeq: 0,
    referencePrice: '1500',
    quoteAgeMs: 5,
    inputs: {},
    tookUs: 10,
    process: 'risk-0',
    decidedAtMs: 0,
    ...partial,
  };
}

/** One attach of the shard: what was approved in it is worth nothing after it. */
interface Attach {
  isAlive: boolean;
}

/** An approval whose fate the test can see. */
export class FakeApproval implements Approval {
  isAbandoned = false;

  constructor(
    private readonly attach: Attach,
    private readonly dropped: () => void,
  ) {}

  valid(): boolean {
    return this.attach.isAlive;
  }

  abandon(): void {
    if (!this.attach.isAlive) return;
    this.isAbandoned = true;
    this.dropped();
  }
}

interface AskedCheck {
  readonly check: RiskCheck;
  readonly verdict: Deferred<RiskVerdict>;
}

/** Risk as the test wants it: approves unless told otherwise. What any gate does is risk-gate-suite.ts. */
export class FakeRiskGate implements RiskGate {
  /** What risk was asked, in order. */
  readonly checks: RiskCheck[] = [];
  readonly approvals: FakeApproval[] = [];
  /** Orders whose approval risk was told to drop. */
  readonly dropped: string[] = [];
  /** Refuse with this decision. */
  refusal: RiskDecision | undefined;
  /** While set, risk decides nothing of what it is asked; what was asked before waits no less. */
  hold: Deferred<void> | undefined;
  /** What happens while a check waits for risk to be back. */
  onWait: (untilMs: number) => void = () => undefined;
  #attach: Attach | undefined = { isAlive: true };
  /** Checks without a verdict. */
  readonly #open = new Set<AskedCheck>();
  /** Came while risk was away. */
  #waiting: AskedCheck[] = [];
  /** Asked of this attach and not decided; also what was given up meanwhile. */
  #undecided: AskedCheck[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly clock: { nowMs(): number }) {}

  get isAway(): boolean {
    return this.#attach === undefined;
  }

  check(check: RiskCheck): Promise<RiskVerdict> {
    const asked = { check, verdict: new Deferred<RiskVerdict>() };
    this.#open.add(asked);
    if (this.#attach !== undefined) this.#ask(asked, this.#attach);
    else {
      this.#waiting.push(asked);
      queueMicrotask(() => this.onWait(check.deadlineMs));
    }
    return asked.verdict.promise;
  }

  /** Risk decides the oldest check that it has not decided. */
  decide(decision: RiskDecision): void {
    const asked = this.#undecided.shift();
    this.sweep();
    if (asked === undefined || this.#attach === undefined || !this.#open.delete(asked)) return;
    if (!decision.approved) return asked.verdict.resolve({ kind: 'refused', decision });
    const approval = new FakeApproval(this.#attach, () => this.dropped.push(asked.check.orderId));
    this.approvals.push(approval);
    asked.verdict.resolve({ kind: 'approved', decision, approval });
  }

  /** Checks whose time is over have no answer; what risk may still approve of them is given back. */
  sweep(): void {
    for (const asked of this.#open) {
      if (asked.check.deadlineMs > this.clock.nowMs()) continue;
      if (this.#waiting.includes(asked)) this.#waiting = this.#waiting.filter((each) => each !== asked);
      else this.dropped.push(asked.check.orderId);
      this.#giveUp(asked, 'risk did not decide in time');
    }
  }

  /** Risk is away: nothing that was approved may be used any more, and what was asked has no answer. */
  detach(): void {
    if (this.#attach !== undefined) this.#attach.isAlive = false;
    this.#attach = undefined;
    [this.#waiting, this.#undecided, this.#turn] = [[], [], Promise.resolve()];
    for (const asked of this.#open) this.#giveUp(asked, 'the stream to risk broke');
  }

  /** Risk is back. */
  attach(): void {
    const attach = (this.#attach ??= { isAlive: true });
    for (const asked of this.#waiting.splice(0)) this.#ask(asked, attach);
  }

  /** The stream broke, and risk is back at once. */
  break(): void {
    this.detach();
    this.attach();
  }

  #ask(asked: AskedCheck, attach: Attach): void {
    const { hold } = this;
    this.checks.push(asked.check);
    this.#undecided.push(asked);
    this.#turn = this.#turn
      .then(() => hold?.promise)
      .then(() => {
        if (attach.isAlive) this.decide(this.refusal ?? aDecision());
      });
  }

  #giveUp(asked: AskedCheck, text: string): void {
    this.#open.delete(asked);
    asked.verdict.resolve({ kind: 'unavailable', text });
  }
}

/** Remembers what was sent to the sessions that are attached: all, until one is not. What any dispatcher does is dispatcher-suite.ts. */
export class FakeDispatcher implements Dispatcher {
  readonly sent: { readonly shard: number; readonly sessionId: string; readonly command: Command }[] = [];
  readonly acks: { readonly sessionId: string; readonly seq: number }[] = [];
  readonly reattached: { readonly sessionId: string; readonly text: string }[] = [];
  /** What the owner does when a session is attached again. */
  onAttached: (sessionId: string) => void = () => undefined;
  readonly #detached = new Set<string>();

  constructor(private readonly sessionIds: readonly string[] = ['paper-1', 'paper-2']) {}

  send(shard: number, sessionId: string, command: Command): void {
    if (this.#isAttached(sessionId)) this.sent.push({ shard, sessionId, command });
  }

  ack(_shard: number, sessionId: string, seq: number): void {
    if (this.#isAttached(sessionId)) this.acks.push({ sessionId, seq });
  }

  reattach(_shard: number, sessionId: string, text: string): void {
    this.reattached.push({ sessionId, text });
    this.detach(sessionId);
  }

  detach(sessionId: string): void {
    this.#detached.add(sessionId);
  }

  attach(sessionId: string): void {
    if (this.#detached.delete(sessionId)) this.onAttached(sessionId);
  }

  #isAttached(sessionId: string): boolean {
    return this.sessionIds.includes(sessionId) && !this.#detached.has(sessionId);
  }
}

/** INFY and TCS, both INR. */
export class FakeInstrumentBook implements InstrumentBook {
  readonly #known = new Map<string, ResolvedInstrument>();

  constructor(symbols: readonly string[] = ['INFY', 'TCS']) {
    for (const symbol of symbols) {
      const instrument = { instrumentId: `i-${symbol.toLowerCase()}`, currency: 'INR' };
      this.#known.set(instrument.instrumentId, instrument);
      this.#known.set(`NSE:${symbol}`, instrument);
    }
  }

  resolve(text: string): ReturnType<InstrumentBook['resolve']> {
    if (text === 'NSE:TWICE') return { reason: Reason.INSTRUMENT_AMBIGUOUS };
    return this.#known.get(text) ?? { reason: Reason.INSTRUMENT_UNKNOWN };
  }
}

/** paper-1 and paper-2, both ready. */
export class FakeSessionBook implements SessionBook {
  readonly sessions = new Map<string, SessionInfo>([
    ['paper-1', { broker: 'paper', state: SessionState.READY }],
    ['paper-2', { broker: 'paper', state: SessionState.READY }],
  ]);
  /** What the broker can't do. */
  refusal: Refusal | undefined;
  /** What happens while an order waits for a change. */
  onWait: (withinMs: number) => void | Promise<void> = () => undefined;

  session(sessionId: string): SessionInfo | undefined {
    return this.sessions.get(sessionId);
  }

  async changed(withinMs: number): Promise<void> {
    await this.onWait(withinMs);
  }

  unsupported(_sessionId: string, _content: OrderContent): Refusal | undefined {
    return this.refusal;
  }

  set(sessionId: string, state: SessionState): void {
    this.sessions.set(sessionId, { broker: 'paper', state });
  }
}

/** One halt over everything, or none. */
export class FakeHaltBook implements HaltBook {
  halt: Halt | undefined;

  covering(_subject: HaltSubject): Halt | undefined {
    return this.halt;
  }
}
