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
 * longer than a pause that grows, since who tells them may have ended.
 */
export class ClosedGate {
  readonly #timers: Timers;
  #waiting: (() => void)[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param times how often the statement was refused in a row, from 1. */
  wait(times: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timers.after(Math.min(closedGateMsMax, closedGateMsMin * 2 ** (times - 1)), resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
    });
  }

  /** The halts were read again, or the session is over: whoever waits judges anew. */
  open(): void {
    for (const go of this.#waiting.splice(0)) go();
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
