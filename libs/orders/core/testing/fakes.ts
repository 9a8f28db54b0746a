// Ports in memory: risk that says what the test wants, a dispatcher that remembers, and sessions; instruments and halts are those of the core itself.
import { notOffered, type OrderContent, Reason } from '@switchyard/contracts';
import { type Command, Session, type SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { Deferred } from '@switchyard/kernel';
import { InstrumentTable } from '../instruments.js';
import {
  type Approval,
  type Dispatcher,
  type Refusal,
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

/** INFY and TCS at NSE, and TWICE, which names two instruments; all INR. */
export function demoInstruments(): InstrumentTable {
  const table = new InstrumentTable();
  const ids = { 'i-infy': 'INFY', 'i-tcs': 'TCS', 'i-twice-1': 'TWICE', 'i-twice-2': 'TWICE' };
  for (const [instrumentId, symbol] of Object.entries(ids))
    table.put(Instrument.fromPartial({ instrumentId, symbol, exchange: 'NSE', currency: 'INR', status: InstrumentStatus.ACTIVE }));
  return table;
}

/** Sessions in memory; time is the test's. What any book of sessions does is session-book-suite.ts. */
export class FakeSessionBook implements SessionBook {
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Set<() => void>();
  /** What happens while an order waits for a change: resolves when so much time has passed. */
  onWait: (withinMs: number) => void | Promise<void> = () => new Promise(() => undefined);

  put(session: Session): void {
    this.#sessions.set(session.sessionId, session);
    for (const wake of [...this.#waiting]) wake();
  }

  /** The session is in this state, and offers what it did. */
  set(sessionId: string, state: SessionState): void {
    this.put({ ...(this.#sessions.get(sessionId) ?? Session.fromPartial({ sessionId, broker: 'paper' })), state });
  }

  /** As if nobody had told of any. */
  clear(): void {
    this.#sessions.clear();
  }

  session(sessionId: string): SessionInfo | undefined {
    const session = this.#sessions.get(sessionId);
    return session && { broker: session.broker, state: session.state };
  }

  changed(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      Promise.resolve(this.onWait(withinMs)).then(wake, reject);
    });
  }

  unsupported(sessionId: string, content: OrderContent): Refusal | undefined {
    const session = this.#sessions.get(sessionId);
    return session?.offer && notOffered(session.broker, session.offer, content);
  }
}
