import { assert, type Clock } from '@switchyard/kernel';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it, with timers that fire as it passes them. */
export class SimClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  #timersMade = 0;
  readonly #timers = new Set<Timer>();

  /** @param startMs the first `nowMs()`; by default 2026-01-05 09:00 UTC, a Monday. */
  constructor(startMs: number = Date.UTC(2026, 0, 5, 9)) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  /** How many timers wait. */
  get timersCount(): number {
    return this.#timers.size;
  }

  /** Calls back once when the clock has moved on by `delayMs`; returns what cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void {
    assert(delayMs >= 0, 'a delay is not negative');
    const timer = { dueMs: this.#nowMs + delayMs, order: this.#timersMade++, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Resolves when the clock has moved on by `delayMs`. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(delayMs, resolve));
  }

  /** Moves the clock, firing due timers in order of time, then of making; timers that they set count too. Promises are not awaited. */
  advance(ms: number): void {
    const endMs = this.#endOf(ms);
    while (this.#fireNext(endMs));
    this.#nowMs = endMs;
  }

  /** As `advance`, and lets promises run (one turn of the event loop) before the first timer and after each, so that code which sleeps in a loop goes round. */
  async advanceAsync(ms: number): Promise<void> {
    const endMs = this.#endOf(ms);
    await turn();
    while (this.#fireNext(endMs)) await turn();
    this.#nowMs = endMs;
  }

  #endOf(ms: number): number {
    assert(ms >= 0, 'time does not go back');
    return this.#nowMs + ms;
  }

  #fireNext(endMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    if (!next) return false;
    this.#timers.delete(next);
    this.#nowMs = next.dueMs;
    next.callback();
    return true;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
