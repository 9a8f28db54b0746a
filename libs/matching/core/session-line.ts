// The way of a session's commands to the venue: each takes its time, and none overtakes another.
import { Prng, type Clock } from '@switchyard/kernel';

export interface LatencySettings {
  /** Milliseconds before a session's command reaches the venue. */
  readonly latencyMs: number;
  /** At most so many more, drawn for each command. */
  readonly jitterMs: number;
  /** The same seed draws the same for a session. */
  readonly seed: number | string;
}

export const noLatency: LatencySettings = { latencyMs: 0, jitterMs: 0, seed: 1 };

export interface SessionLineOptions {
  readonly sessionId: string;
  readonly latency: LatencySettings;
  readonly clock: Clock;
  /** Runs something after so many milliseconds, once. */
  readonly later: (delayMs: number, run: () => void) => void;
}

export class SessionLine {
  readonly #options: SessionLineOptions;
  readonly #prng: Prng;
  readonly #underWay: { readonly dueMs: number; readonly arrive: () => void }[] = [];

  constructor(options: SessionLineOptions) {
    this.#options = options;
    this.#prng = new Prng(options.latency.seed).fork(`latency/${options.sessionId}`);
  }

  /** Commands that did not arrive yet. */
  get length(): number {
    return this.#underWay.length;
  }

  /** Sends a command: `arrive` is called when it is there; at once on a line without latency. */
  send(arrive: () => void): void {
    const { latency, clock } = this.#options;
    const { latencyMs, jitterMs } = latency;
    if (latencyMs + jitterMs === 0) return arrive();
    this.#put(clock.monotonicMs() + latencyMs + this.#prng.below(jitterMs + 1), arrive);
  }

  /** Resolves when everything that was sent before has arrived. */
  settled(): Promise<void> {
    if (this.#underWay.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#put(0, resolve));
  }

  #put(earliestMs: number, arrive: () => void): void {
    const dueMs = Math.max(earliestMs, this.#underWay.at(-1)?.dueMs ?? 0);
    if (this.#underWay.push({ dueMs, arrive }) === 1) this.#wait(dueMs);
  }

  #wait(dueMs: number): void {
    const { clock, later } = this.#options;
    later(Math.max(0, dueMs - clock.monotonicMs()), () => {
      for (let first = this.#underWay[0]; first !== undefined; first = this.#underWay[0]) {
        if (first.dueMs > clock.monotonicMs()) return this.#wait(first.dueMs);
        this.#underWay.shift();
        first.arrive();
      }
    });
  }
}
