// The halts in force at one process: put as a whole by risk, asked before an order is accepted.
import { HaltScope, type Halt } from '@switchyard/contracts';
import { assert } from '@switchyard/kernel';
import { type HaltBook, type HaltSubject } from './ports.js';

/** All halts in force, by version: an older version never replaces a newer one. */
export class HaltTable implements HaltBook {
  #version = 0;
  #all: Halt | undefined;
  #byKey = new Map<string, Halt>();

  get version(): number {
    return this.#version;
  }

  /** Takes the halts as a whole; ignores a version below the known one. Returns the version in force. */
  put(version: number, halts: readonly Halt[]): number {
    if (version < this.#version) return this.#version;
    this.#version = version;
    this.#all = undefined;
    this.#byKey = new Map();
    for (const halt of halts) {
      // A scope that this version does not know stops everything: the gate fails closed.
      const known =
        halt.scope === HaltScope.ACCOUNT ||
        halt.scope === HaltScope.BROKER ||
        halt.scope === HaltScope.STRATEGY ||
        halt.scope === HaltScope.INSTRUMENT;
      if (!known) this.#all ??= halt;
      else this.#byKey.set(`${halt.scope}/${halt.key}`, halt);
    }
    return version;
  }

  covering(subject: HaltSubject): Halt | undefined {
    assert(subject.accountId !== '', 'a halt is asked for an account');
    if (this.#all !== undefined || this.#byKey.size === 0) return this.#all;
    return (
      this.#byKey.get(`${HaltScope.BROKER}/${subject.broker}`) ??
      this.#byKey.get(`${HaltScope.ACCOUNT}/${subject.accountId}`) ??
      (subject.strategyId === '' ? undefined : this.#byKey.get(`${HaltScope.STRATEGY}/${subject.strategyId}`)) ??
      this.#byKey.get(`${HaltScope.INSTRUMENT}/${subject.instrumentId}`)
    );
  }
}
