/** The goals of the pipeline, as data, and the figures held against them. Everything is relative to the bare pipeline of the same session. */
import { type Figure, figure, type Goal } from '../lib/figures.js';
import { median } from '../lib/histogram.js';
import { type AtRate, othersShareMax, type PipelineRun } from './measure-pipeline.js';
import { type Mode } from './pipeline.js';

/**
 * What a first bare pipeline reached on the class of machine that the goals were set on (2 cores). It wrote fewer rows and indexes an order than the platform
 * has, so they are printed beside ours, and no condition (docs/performance.md).
 */
const anchors: Readonly<Record<Mode, number>> = { cluster: 4_100, standalone: 5_600 };

/** Slower disks are another class of machine: the goals are about the pipelines, not about waiting for a disk. */
const commitMsMax = 2;

/** Least part of the bare pipeline's highest rate. */
const ratePart: Readonly<Record<Mode, number>> = { cluster: 0.6, standalone: 0.5 };
/** Below this part of it something is wrong. */
const alarmPart = 0.4;
const coreMsFactor = 1.7;
const memoryFactor = 1.5;
/** At this rate the latencies have goals. */
const goalRate = 200;
const latencyFactors = {
  accept: { p50: 1.5, p90: 1.75, p99: 2 },
  wire: { p50: 1.5, p90: 2, p99: 2 },
  reader: { p50: 1.75, p90: 2, p99: 2 },
} as const;

const timeNames = { accept: 'accept', wire: "first byte at the venue's socket", reader: "trade in the reader's tables" } as const;

export interface Comparison {
  readonly mode: Mode;
  readonly bare: readonly PipelineRun[];
  readonly platform: readonly PipelineRun[];
  /** Median milliseconds of a commit of one row, alone, before the runs. */
  readonly commitMs: number;
}

const of = (runs: readonly PipelineRun[], value: (run: PipelineRun) => number): number => median(runs.map(value));
const atRate = (run: PipelineRun, rate: number): AtRate | undefined => run.atRates.find((each) => each.rate === rate);

/** Why there is no verdict: the machine was busy, or is of another class. Undefined where there is one. */
export function whyNoVerdict({ bare, platform, commitMs }: Comparison): string | undefined {
  const othersShare = Math.max(...[...bare, ...platform].map((run) => run.othersShare));
  if (othersShare > othersShareMax)
    return `other processes took ${(othersShare * 100).toFixed(0)} % of the machine during a run, and more than ${othersShareMax * 100} % is busy`;
  if (commitMs > commitMsMax)
    return `a commit alone takes ${commitMs.toFixed(1)} ms, and the goals are for disks of at most ${commitMsMax} ms`;
  return undefined;
}

export function figuresOf(comparison: Comparison): Figure[] {
  const { mode, bare, platform } = comparison;
  const verdict = whyNoVerdict(comparison) === undefined;
  const bareRate = of(bare, (run) => run.maxRate);
  const bareCoreMs = of(bare, (run) => run.coreMsPerOrder);
  const figures = [
    figure(`${mode}: bare pipeline, highest rate`, bareRate, 'orders/s'),
    figure(`${mode}: a lighter bare pipeline on this class of machine, highest rate`, anchors[mode], 'orders/s'),
    figure(`${mode}: others on the machine, at most`, 100 * Math.max(...[...bare, ...platform].map((run) => run.othersShare)), '%'),
    figure(`${mode}: bare pipeline, core-ms per order`, bareCoreMs, 'ms'),
  ];
  const all = (name: string, value: (run: PipelineRun) => number, unit: string, goal?: Goal): void => {
    if (platform.length > 0) figures.push(figure(`${mode}: ${name}`, of(platform, value), unit, goal, verdict));
  };
  all('highest rate', (run) => run.maxRate, 'orders/s', { kind: 'at least', bound: ratePart[mode] * bareRate });
  all('highest rate, alarm', (run) => run.maxRate, 'orders/s', { kind: 'at least', bound: alarmPart * bareRate });
  all('rate sustained in an open loop', (run) => run.sustainedRate, 'orders/s');
  all('reader behind at the end of it', (run) => run.lagMs, 'ms', { kind: 'at most', bound: 1_000 });
  all('orders not filled at it', (run) => run.unfilled, 'orders', { kind: 'at most', bound: 0 });
  all('core-ms per order', (run) => run.coreMsPerOrder, 'ms', { kind: 'at most', bound: coreMsFactor * bareCoreMs });
  figures.push(...memoryFigures(comparison, verdict), ...latencyFigures(comparison, verdict));
  return figures;
}

/** Processes that both have are held against each other; in one process, its whole against the whole. */
function memoryFigures({ mode, bare, platform }: Comparison, verdict: boolean): Figure[] {
  const twins: Readonly<Record<string, string>> = {
    'order-gateway': 'gateway',
    'broker-connector': 'connector',
    'matching-engine': 'venue',
    'risk-engine': 'risk',
    'position-tracker': 'projector',
    standalone: 'all',
  };
  const memory = (runs: readonly PipelineRun[], name: string): number => of(runs, (run) => run.usage.memoryMb[name] ?? Number.NaN);
  return Object.keys(platform[0]?.usage.memoryMb ?? {}).map((name) => {
    const bound = memoryFactor * memory(bare, twins[name] ?? name);
    return figure(`${mode}: memory of ${name}`, memory(platform, name), 'MB', { kind: 'at most', bound }, verdict);
  });
}

function latencyFigures({ mode, bare, platform }: Comparison, verdict: boolean): Figure[] {
  const rates = (bare[0] ?? platform[0])?.atRates.map(({ rate }) => rate) ?? [];
  return rates.flatMap((rate) =>
    (['accept', 'wire', 'reader'] as const).flatMap((time) =>
      (['p50', 'p90', 'p99'] as const).flatMap((p) => {
        const value = (runs: readonly PipelineRun[]): number => of(runs, (run) => atRate(run, rate)?.[time][p] ?? Number.NaN);
        const name = `${timeNames[time]} at ${rate}/s, ${p}`;
        const goal: Goal | undefined = rate === goalRate ? { kind: 'at most', bound: latencyFactors[time][p] * value(bare) } : undefined;
        const bareFigure = figure(`${mode}: bare pipeline, ${name}`, value(bare), 'ms');
        return platform.length === 0 ? [bareFigure] : [bareFigure, figure(`${mode}: ${name}`, value(platform), 'ms', goal, verdict)];
      }),
    ),
  );
}
