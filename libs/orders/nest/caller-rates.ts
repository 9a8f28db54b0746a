// How many calls a second one caller may make: a bucket a caller, so that one can't take the others' room.
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Callers that are remembered; beyond, those that were quiet longest are forgotten, which only gives them a full bucket. */
const callersMax = 10_000;

export class CallerRates {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly callsPerSecondMax: number,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** Counts a call. Throws RESOURCE_EXHAUSTED with the time to wait when the caller has none left. */
  take(subject: string): void {
    const atMs = this.clock.monotonicMs();
    const former = this.#buckets.get(subject) ?? { tokens: this.callsPerSecondMax, atMs };
    const tokens = Math.min(this.callsPerSecondMax, former.tokens + ((atMs - former.atMs) * this.callsPerSecondMax) / 1000);
    if (tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - tokens) * 1000) / this.callsPerSecondMax);
      throw new CallError(`more than ${this.callsPerSecondMax} calls a second`, {
        code: StatusCode.RESOURCE_EXHAUSTED,
        reason: Reason.CALLER_RATE,
        retryAfterMs,
      });
    }
    this.#buckets.delete(subject);
    this.#buckets.set(subject, { tokens: tokens - 1, atMs });
    if (this.#buckets.size > callersMax) {
      const quietest = this.#buckets.keys().next();
      if (!quietest.done) this.#buckets.delete(quietest.value);
    }
  }
}
