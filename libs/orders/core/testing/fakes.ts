// Ports in memory: risk that says what the test wants, a dispatcher that remembers, books that know two instruments and two sessions.
import { Reason, type Halt, type OrderContent } from '@switchyard/contracts';
import { SessionState, type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type Deferred } from '@switchyard/kernel';
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

/** An approval whose fate the test can see. */
export class FakeApproval implements Approval {
  isValid = true;
  isAbandoned = false;

  valid(): boolean {
    return this.isValid;
  }

  abandon(): void {
    this.isAbandoned = true;
  }
}

/** Risk as the test wants it: approves unless told otherwise. */
export class FakeRiskGate implements RiskGate {
  readonly checks: RiskCheck[] = [];
  readonly approvals: FakeApproval[] = [];
  /** Refuse with this decision. */
  refusal: RiskDecision | undefined;
  isUnavailable = false;
  /** While set, verdicts wait for it. */
  hold: Deferred<void> | undefined;

  async check(check: RiskCheck): Promise<RiskVerdict> {
    this.checks.push(check);
    await this.hold?.promise;
    if (this.isUnavailable) return { kind: 'unavailable', text: 'not attached' };
    if (this.refusal !== undefined) return { kind: 'refused', decision: this.refusal };
    const approval = new FakeApproval();
    this.approvals.push(approval);
    return { kind: 'approved', decision: aDecision(), approval };
  }

  /** The attach broke: nothing that was approved may be used any more. */
  break(): void {
    for (const approval of this.approvals) approval.isValid = false;
  }
}

/** Remembers what was sent. */
export class FakeDispatcher implements Dispatcher {
  readonly sent: { readonly shard: number; readonly sessionId: string; readonly command: Command }[] = [];
  readonly acks: { readonly sessionId: string; readonly seq: number }[] = [];
  readonly reattached: { readonly sessionId: string; readonly text: string }[] = [];

  send(shard: number, sessionId: string, command: Command): void {
    this.sent.push({ shard, sessionId, command });
  }

  ack(_shard: number, sessionId: string, seq: number): void {
    this.acks.push({ sessionId, seq });
  }

  reattach(_shard: number, sessionId: string, text: string): void {
    this.reattached.push({ sessionId, text });
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
