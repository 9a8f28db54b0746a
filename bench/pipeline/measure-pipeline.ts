/** One run of one pipeline: warm up, highest rate, then open loops at given rates. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Window } from '../lib/cpu-profile.js';
import { type DatabaseWork, workBetween } from '../lib/database.js';
import { Histogram, type HistogramData } from '../lib/histogram.js';
import { type LoadResult } from '../lib/load.js';
import { measure, type Usage } from '../lib/processes.js';
import { type Pipeline } from './pipeline.js';

export interface RunSettings {
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly rates: readonly number[];
  readonly inFlight: number;
  /** Parts of the closed loop's rate to be tried in an open loop, the highest first, until one is sustained; none: not tried. */
  readonly steps: readonly number[];
  /** How often a part is measured at most, while others take too much of the machine. */
  readonly attempts: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface AtRate {
  readonly rate: number;
  readonly accept: Percentiles;
  readonly wire: Percentiles;
  readonly reader: Percentiles;
  /** Of the platform. */
  readonly hops: readonly { readonly name: string; readonly afterDue: Percentiles }[];
  /** How late the generator itself issued. */
  readonly lateness: Percentiles;
  readonly coreMsPerOrder: number;
  /** Part of the machine that other processes took meanwhile. */
  readonly othersShare: number;
}

export interface PipelineRun {
  readonly name: string;
  /** Orders a second in the closed loop, answered and in the end all read. */
  readonly maxRate: number;
  readonly acceptAtMax: Percentiles;
  /** The highest of the steps at which answers and reader kept up; NaN where none did, or none was tried. */
  readonly sustainedRate: number;
  /** What the reader had still to do when the last order was answered, in milliseconds. */
  readonly lagMs: number;
  readonly usage: Usage;
  readonly coreMsByProcess: Readonly<Record<string, number>>;
  readonly coreMsPerOrder: number;
  readonly work: DatabaseWork;
  readonly orders: number;
  /** The measured part at the highest rate. */
  readonly window: Window;
  /** Calls at the highest rate that were refused at first. */
  readonly retries: number;
  /** Orders at the highest rate that ended without a trade. */
  readonly unfilled: number;
  readonly atRates: readonly AtRate[];
  /** The largest share that other processes took during a part that counts. */
  readonly othersShare: number;
}

export const inFlightAtMax = 256;
/** A part of a run in which other processes took more of the machine is measured again; where none was quieter, there is no verdict. */
export const othersShareMax = 0.08;
/** PostgreSQL's sessions tell what they counted once a second at most. */
const countersMs = 1_200;
/** Later than this, an open loop runs away from the pipeline. */
const keepsUpMs = 1_000;
const drainPatienceMs = 15_000;

export function percentiles(data: HistogramData): Percentiles {
  const histogram = Histogram.from(data);
  return { p50: histogram.quantile(0.5), p90: histogram.quantile(0.9), p99: histogram.quantile(0.99) };
}

/** Throws when an order failed or was lost. */
export async function measurePipeline(pipeline: Pipeline, settings: RunSettings): Promise<PipelineRun> {
  const { warmUpSeconds, seconds, rates, inFlight, steps, attempts } = settings;
  let expected = 0;
  const drained = async (load: LoadResult): Promise<number> => {
    if (load.failed > 0) throw new Error(`${pipeline.name}: ${load.failed} of ${load.issued} orders failed: ${load.firstError}`);
    expected += load.answered;
    return untilRead(pipeline, expected);
  };
  const atMax = async () => {
    await pipeline.retries();
    const unfilledBefore = await pipeline.unfilledCount();
    const workBefore = await pipeline.databaseWork();
    const ended = measure(pipeline.processes);
    const load = await pipeline.closed({ inFlight, seconds });
    const usage = ended();
    const lagMs = await drained(load);
    const unfilled = (await pipeline.unfilledCount()) - unfilledBefore;
    const retries = await pipeline.retries();
    await sleep(countersMs);
    const work = workBetween(workBefore, await pipeline.databaseWork());
    return { load, usage, lagMs, unfilled, retries, work, othersShare: usage.othersShare };
  };
  const atRate = async (rate: number): Promise<AtRate> => {
    const ended = measure(pipeline.processes);
    const load = await pipeline.open({ ratePerSecond: rate, seconds });
    const { cpuMs, othersShare } = ended();
    await drained(load);
    const { wire, reader } = await pipeline.times(load, rate);
    const hops = ((await pipeline.hops?.(load, rate)) ?? []).map(({ name, times }) => ({ name, afterDue: percentiles(times) }));
    const [accept, lateness] = [percentiles(load.latency), percentiles(load.lateness)];
    const coreMsPerOrder = sum(cpuMs) / load.answered;
    return { rate, accept, wire: percentiles(wire), reader: percentiles(reader), hops, lateness, coreMsPerOrder, othersShare };
  };

  await drained(await pipeline.closed({ inFlight, seconds: warmUpSeconds }));
  await sleep(countersMs);
  const max = await quietest(attempts, atMax);
  const { load, usage } = max;
  const maxRate = (load.answered * 1_000) / load.tookMs;
  let sustainedRate = Number.NaN;
  for (const step of steps) {
    const tried = await pipeline.open({ ratePerSecond: maxRate * step, seconds });
    const behindMs = await drained(tried);
    if (percentiles(tried.latency).p99 > keepsUpMs || behindMs > keepsUpMs) continue;
    sustainedRate = maxRate * step;
    break;
  }
  const atRates: AtRate[] = [];
  for (const rate of rates) atRates.push(await quietest(attempts, () => atRate(rate)));
  return {
    name: pipeline.name,
    maxRate,
    sustainedRate,
    acceptAtMax: percentiles(load.latency),
    lagMs: max.lagMs,
    usage,
    coreMsByProcess: Object.fromEntries(Object.entries(usage.cpuMs).map(([name, ms]) => [name, ms / load.answered])),
    coreMsPerOrder: sum(usage.cpuMs) / load.answered,
    work: max.work,
    orders: load.answered,
    window: { fromMs: load.firstDueMs, toMs: load.firstDueMs + load.tookMs },
    retries: max.retries,
    unfilled: max.unfilled,
    atRates,
    othersShare: Math.max(max.othersShare, ...atRates.map((each) => each.othersShare)),
  };
}

/** Measures again while others take too much of the machine, so often at most; the quietest counts. */
async function quietest<Part extends { readonly othersShare: number }>(attempts: number, part: () => Promise<Part>): Promise<Part> {
  let best = await part();
  for (let made = 1; made < attempts && best.othersShare > othersShareMax; made++) {
    const next = await part();
    if (next.othersShare < best.othersShare) best = next;
  }
  return best;
}

const sum = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((total, value) => total + value, 0);

/** Milliseconds until every order has ended and the reader has committed its trade. Throws when some never come. */
async function untilRead(pipeline: Pipeline, expected: number): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const read = (await pipeline.readCount()) + (await pipeline.unfilledCount());
    const tookMs = performance.now() - startedMs;
    if (read === expected) return tookMs;
    if (read > expected) throw new Error(`${pipeline.name}: ${read} have ended of ${expected} orders`);
    if (tookMs > drainPatienceMs)
      throw new Error(
        `${pipeline.name}: the trades of ${expected - read} of ${expected} orders have not come in ${drainPatienceMs} ms:\n${await pipeline.unread()}`,
      );
    await sleep(20);
  }
}
