/** Load generators. The open loop issues each call when it is due, whatever became of those before, and times it from then: a stall counts for every call that it delayed. */
import { Worker } from 'node:worker_threads';
import { monotonicMs } from './clock.js';
import { Histogram, type HistogramData } from './histogram.js';

/** One call: `number` counts from 1, `dueMs` is of the monotonic clock. Rejects when it failed. */
export type IssueCall = (number: number, dueMs: number) => Promise<void>;

export interface LoadResult {
  readonly issued: number;
  readonly answered: number;
  readonly failed: number;
  /** When the first call was due, by the monotonic clock; in an open loop the others follow at equal distances. */
  readonly firstDueMs: number;
  readonly firstNumber: number;
  /** From the moment at which the first call was due to the last answer. */
  readonly tookMs: number;
  /** Due to answered. */
  readonly latency: HistogramData;
  /** Due to issued: how late the generator itself was. */
  readonly lateness: HistogramData;
  readonly firstError: string | undefined;
}

class Tally {
  readonly latency = new Histogram();
  readonly lateness = new Histogram();
  issued = 0;
  answered = 0;
  failed = 0;
  firstError: string | undefined;
  #settled: (() => void) | undefined;

  async issue(call: IssueCall, number: number, dueMs: number): Promise<void> {
    this.issued += 1;
    this.lateness.record(monotonicMs() - dueMs);
    try {
      await call(number, dueMs);
      this.answered += 1;
      this.latency.record(monotonicMs() - dueMs);
    } catch (error) {
      this.failed += 1;
      this.firstError ??= error instanceof Error ? error.message : String(error);
    }
    if (this.answered + this.failed === this.issued) this.#settled?.();
  }

  async result(firstNumber: number, firstDueMs: number): Promise<LoadResult> {
    if (this.answered + this.failed < this.issued) await new Promise<void>((resolve) => (this.#settled = resolve));
    const { issued, answered, failed, firstError } = this;
    const tookMs = monotonicMs() - firstDueMs;
    const [latency, lateness] = [this.latency.toData(), this.lateness.toData()];
    return { issued, answered, failed, firstError, firstNumber, firstDueMs, tookMs, latency, lateness };
  }
}

// Timers of Node have whole milliseconds; a thread that waits on a futex is right within a tenth of one, and costs next to nothing.
const pacerSource = `
const { parentPort, workerData: { firstMs, intervalMs, count } } = require('node:worker_threads');
const cell = new Int32Array(new SharedArrayBuffer(4));
const nowMs = () => { const [s, ns] = process.hrtime(); return s * 1000 + ns / 1e6; };
for (let i = 0; i < count; i++) {
  const waitMs = firstMs + i * intervalMs - nowMs();
  if (waitMs > 0) Atomics.wait(cell, 0, 0, waitMs);
  parentPort.postMessage(i);
}`;

export async function openLoop(
  call: IssueCall,
  options: { ratePerSecond: number; seconds: number; firstNumber: number },
): Promise<LoadResult> {
  const { ratePerSecond, seconds, firstNumber } = options;
  const count = Math.round(ratePerSecond * seconds);
  const intervalMs = 1_000 / ratePerSecond;
  const firstMs = monotonicMs() + 50;
  const tally = new Tally();
  const pacer = new Worker(pacerSource, { eval: true, workerData: { firstMs, intervalMs, count } });
  await new Promise<void>((resolve, reject) => {
    pacer.on('error', reject);
    pacer.on('message', (i: number) => {
      void tally.issue(call, firstNumber + i, firstMs + i * intervalMs);
      if (i === count - 1) resolve();
    });
  });
  await pacer.terminate();
  return tally.result(firstNumber, firstMs);
}

/** Keeps so many calls in flight; each is due when the one before it was answered. */
export async function closedLoop(
  call: IssueCall,
  options: { inFlight: number; seconds: number; firstNumber: number },
): Promise<LoadResult> {
  const { inFlight, seconds, firstNumber } = options;
  const startedMs = monotonicMs();
  const endMs = startedMs + seconds * 1_000;
  const tally = new Tally();
  let number = firstNumber;
  const lane = async (): Promise<void> => {
    for (let nowMs = monotonicMs(); nowMs < endMs; nowMs = monotonicMs()) await tally.issue(call, number++, nowMs);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return tally.result(firstNumber, startedMs);
}
