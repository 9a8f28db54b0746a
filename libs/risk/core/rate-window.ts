import { assert } from '@switchyard/kernel';

/** The window: one second. */
export const rateWindowMs = 1000;

/**
 * Counts events over the last second, exactly to the millisecond, in a ring of one counter per millisecond: its memory is fixed, whatever comes.
 * What is within a limit here in every rolling second is within it in every calendar second too, since each calendar second is one of them; the property test shows it.
 */
export class RateWindow {
  #counters: Uint32Array | undefined; // Made with the first event: most accounts never have one.
  #newestMs = 0;
  #count = 0;

  /** Events after `nowMs - 1000` up to `nowMs`, epoch milliseconds. */
  countAt(nowMs: number): number {
    if (this.#counters === undefined) return 0;
    // The machine's clock was set back by more than the window: the instants counted so far mean nothing to it.
    if (nowMs <= this.#newestMs - rateWindowMs) this.#clear(nowMs);
    this.#advance(this.#counters, nowMs);
    return this.#count;
  }

  /** Counts an event; one that is older than the window is left out. */
  record(atMs: number): void {
    assert(Number.isSafeInteger(atMs) && atMs >= 0, 'an instant is a whole number of milliseconds');
    this.#counters ??= new Uint32Array(rateWindowMs);
    this.#advance(this.#counters, atMs);
    if (atMs <= this.#newestMs - rateWindowMs) return;
    const slot = atMs % rateWindowMs;
    this.#counters[slot] = this.#counters[slot]! + 1;
    this.#count++;
  }

  /** The instants in the window at `nowMs`, oldest first: what a snapshot keeps. */
  instants(nowMs: number): number[] {
    const instants: number[] = [];
    if (this.#counters === undefined || this.countAt(nowMs) === 0) return instants;
    for (let atMs = Math.max(0, this.#newestMs - rateWindowMs + 1); atMs <= this.#newestMs; atMs++) {
      for (let left = this.#counters[atMs % rateWindowMs]!; left > 0; left--) instants.push(atMs);
    }
    return instants;
  }

  #advance(counters: Uint32Array, nowMs: number): void {
    if (nowMs - this.#newestMs >= rateWindowMs) return this.#clear(nowMs);
    for (let atMs = this.#newestMs + 1; atMs <= nowMs; atMs++) {
      const slot = atMs % rateWindowMs;
      this.#count -= counters[slot]!;
      counters[slot] = 0;
      this.#newestMs = atMs;
    }
  }

  #clear(nowMs: number): void {
    this.#counters?.fill(0);
    this.#count = 0;
    this.#newestMs = nowMs;
  }
}
