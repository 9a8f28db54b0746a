// The halts in force at this process. SENDING is judged by one version and written only while that version is in force (architecture.md 5).
import { type Halt, HaltScope } from '@switchyard/contracts';
import { assertNever } from '@switchyard/kernel';
import { type Timers } from './ports.js';

/** What a halt may cover of a request. */
export interface HaltSubject {
  readonly broker: string;
  readonly accountId: string;
  readonly strategyId: string;
  readonly instrumentId: string;
}

export interface Halts {
  readonly version: number;
  readonly inForce: readonly Halt[];
}

export const noHalts: Halts = { version: 0, inForce: [] };

/** The first pause after a statement that was judged by another version than the one in force; it doubles with every further one. */
const closedGateMsMin = 20;
const closedGateMsMax = 1_000;

/**
 * Where requests wait whose statement was refused since it was judged by another version than the one in force: until the halts are read again, and no
 * longer than a pause that grows, since who tells them may have ended. All go on together, in the order in which they came back.
 */
export class ClosedGate<T> {
  #back: T[] = [];
  /** How often in a row it was closed by halts that are not known here. */
  #times = 0;
  #cancel: () => void = () => undefined;

  constructor(
    private readonly timers: Timers,
    private readonly judgeAgain: (back: readonly T[]) => void,
  ) {}

  /** True while somebody waits: an order that comes now waits behind them. */
  get isClosed(): boolean {
    return this.#back.length > 0;
  }

  /** @param areKnown the newer halts are known here already: it is judged by them at once. */
  comeBack(request: T, areKnown: boolean): void {
    if (this.#back.push(request) > 1) return;
    const pauseMs = areKnown ? 0 : Math.min(closedGateMsMax, closedGateMsMin * 2 ** this.#times++);
    this.#cancel = this.timers.after(pauseMs, () => this.#open());
  }

  /** A statement passed. */
  passed(): void {
    this.#times = 0;
  }

  /** The halts were read again: whoever waits judges anew. */
  haltsRead(): void {
    this.#times = 0;
    this.#open();
  }

  /** The session is over. */
  close(): void {
    this.#cancel();
    this.#back = [];
  }

  #open(): void {
    this.#cancel();
    const back = this.#back;
    this.#back = [];
    if (back.length > 0) this.judgeAgain(back);
  }
}

/** The first halt that covers the subject; one of a scope that this version does not know covers everything: a gate fails closed. */
export function coveringHalt(halts: Halts, subject: HaltSubject): Halt | undefined {
  return halts.inForce.find((halt) => covers(halt, subject));
}

function covers(halt: Halt, subject: HaltSubject): boolean {
  switch (halt.scope) {
    case HaltScope.ALL:
      return true;
    case HaltScope.BROKER:
      return halt.key === subject.broker;
    case HaltScope.ACCOUNT:
      return halt.key === subject.accountId;
    case HaltScope.STRATEGY:
      return halt.key !== '' && halt.key === subject.strategyId;
    case HaltScope.INSTRUMENT:
      return halt.key === subject.instrumentId;
    case HaltScope.UNSPECIFIED:
    case HaltScope.UNRECOGNIZED:
      return true;
    default:
      return assertNever(halt.scope, 'halt scope');
  }
}
