/** Where time comes from. Core code takes it as an argument; tests and the simulation use testkit's `SimClock`. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, a whole number; may step when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds since some fixed moment of this process, with fractions; never goes back. For durations and deadlines. */
  monotonicMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
});
