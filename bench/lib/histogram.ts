/** Counts durations in buckets that grow by 1 %, so that a quantile is within 0.5 % of the true one whatever its size, and histograms of several processes add up. */

const growth = Math.log(1.01);
/** The smallest duration that has a bucket of its own, in milliseconds. */
const smallestMs = 0.001;

export interface HistogramData {
  readonly buckets: readonly (readonly [index: number, count: number])[];
  readonly maxMs: number;
}

export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #maxMs = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.add(data);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(ms: number): void {
    const index = ms <= smallestMs ? 0 : Math.ceil(Math.log(ms / smallestMs) / growth);
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
    this.#count += 1;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  add(data: HistogramData): void {
    for (const [index, count] of data.buckets) {
      this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
      this.#count += count;
    }
    this.#maxMs = Math.max(this.#maxMs, data.maxMs);
  }

  reset(): void {
    this.#counts.clear();
    this.#count = 0;
    this.#maxMs = 0;
  }

  /** @param q 0 to 1. NaN while nothing was recorded. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(q * this.#count));
    for (const [index, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      // The middle of the bucket, and never more than what was seen.
      if (left <= 0) return Math.min(this.#maxMs, smallestMs * Math.exp(growth * (index - 0.5)));
    }
    return this.#maxMs;
  }

  toData(): HistogramData {
    return { buckets: [...this.#counts], maxMs: this.#maxMs };
  }
}

/** The middle of the values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
