/** The goals of the matching engine, as data, and the figures held against them. Rates count only as ratios of the same run. */
import { type Figure, figure } from '../lib/figures.js';
import { median } from '../lib/histogram.js';

export interface Throughput {
  readonly seconds: number;
  readonly commands: number;
  readonly reports: number;
  /** Of all fields of all reports. */
  readonly hash: number;
  readonly gc?: number;
  readonly openCount?: number;
  /** Of all the engine's buffers. */
  readonly bytes?: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Journaled {
  readonly seconds: number;
  readonly commands: number;
  /** Of a bare fdatasync of 16 kB, measured between the batches; absent where nothing waits for one. */
  readonly fdatasyncMs?: number;
}

/** What was measured; empty where a part was left out. */
export interface Measured {
  /** Workload → engine → runs. */
  readonly throughput: Record<string, Record<string, Throughput[]>>;
  /** By workload: whether the npm book makes the trades that the workload makes. */
  readonly npmTradesAgree: Record<string, boolean>;
  /** Nanoseconds: of each command, and of the same loop without an engine. */
  readonly latencies: { readonly control: Percentiles; readonly timed: Percentiles; readonly gc: number }[];
  /** By how the log is kept; `bare` is the engine without one, in turns with them. */
  readonly journaled: { readonly bare: Throughput[]; readonly none: Journaled[]; readonly frame: Journaled[] };
  readonly recoverySeconds: number[];
  /** Commands a second, by worker threads: of engines that are fed apart, and of one host that is fed the commands of two books in turns. */
  readonly workers: Readonly<Record<'apart' | 'together', { readonly 1: number[]; readonly 2: number[] }>>;
  readonly curves: { readonly kind: string; readonly of: number; readonly result: Throughput }[];
}

const million = 1e6;
const npmFactors: Readonly<Record<string, number>> = { F1: 45, F100: 50 };
const driftPart = 0.7;
const latencyNs = { p50: 100, p99: 250, p999: 500 } as const;
const journaledPart = 0.5;
const syncedPart = 0.7;
const batch = 512;
const recoverySecondsMax = 2;
const workersFactor = 1.7;
const bytesPerOrderMax = 64;

const rate = (runs: readonly { readonly commands: number; readonly seconds: number }[] | undefined): number =>
  runs === undefined || runs.length === 0 ? Number.NaN : median(runs.map(({ commands, seconds }) => commands / seconds));

/** @param hasVerdict false for a smoke test. */
export function figuresOf(measured: Measured, hasVerdict: boolean): Figure[] {
  return [
    ...throughputFigures(measured, hasVerdict),
    ...latencyFigures(measured, hasVerdict),
    ...logFigures(measured, hasVerdict),
    ...curveFigures(measured, hasVerdict),
  ];
}

function throughputFigures({ throughput, npmTradesAgree }: Measured, hasVerdict: boolean): Figure[] {
  const figures: Figure[] = [];
  for (const [workload, engines] of Object.entries(throughput)) {
    for (const [engine, runs] of Object.entries(engines))
      figures.push(figure(`${workload}: ${engine}`, rate(runs) / million, 'M commands/s'));
    const fast = rate(engines['fast']);
    const factor = npmFactors[workload];
    figures.push(
      figure(
        `${workload}: fast / nodejs-order-book`,
        fast / rate(engines['npm']),
        'times',
        factor === undefined ? undefined : { kind: 'at least', bound: factor },
        hasVerdict,
      ),
    );
    // Not a matter of speed: a smoke test judges it as well.
    const agree = npmTradesAgree[workload] === true ? 1 : 0;
    figures.push(figure(`${workload}: nodejs-order-book, trades as those of the workload`, agree, '', { kind: 'at least', bound: 1 }));
    const hash = engines['reference']?.[0]?.hash;
    for (const [engine, runs] of Object.entries(engines)) {
      if (engine === 'reference' || hash === undefined) continue;
      const same = runs.length > 0 && runs.every((run) => run.hash === hash) ? 1 : 0;
      figures.push(figure(`${workload}: ${engine}, reports as those of the reference book`, same, '', { kind: 'at least', bound: 1 }));
    }
    const gc = Math.max(...(engines['fast'] ?? []).map((run) => run.gc ?? 0));
    figures.push(figure(`${workload}: collections of garbage, fast`, gc, '', { kind: 'at most', bound: 0 }, hasVerdict));
  }
  const drift = rate(throughput['F1-drift']?.['fast']) / rate(throughput['F1']?.['fast']);
  if (Number.isFinite(drift)) figures.push(figure('F1-drift / F1, fast', drift, '', { kind: 'at least', bound: driftPart }, hasVerdict));
  return figures;
}

function latencyFigures({ latencies }: Measured, hasVerdict: boolean): Figure[] {
  if (latencies.length === 0) return [];
  return (['p50', 'p99', 'p999'] as const).flatMap((part) => {
    const timed = median(latencies.map((run) => run.timed[part]));
    const control = median(latencies.map((run) => run.control[part]));
    return [
      figure(`latency ${part}, control loop`, control, 'ns'),
      figure(`latency ${part}, with the engine`, timed, 'ns'),
      figure(
        `latency ${part}, net`,
        median(latencies.map((run) => run.timed[part] - run.control[part])),
        'ns',
        { kind: 'at most', bound: latencyNs[part] },
        hasVerdict,
      ),
    ];
  });
}

function logFigures({ journaled, recoverySeconds, workers }: Measured, hasVerdict: boolean): Figure[] {
  const figures: Figure[] = [];
  if (journaled.none.length > 0) {
    const none = rate(journaled.none);
    const part = none / rate(journaled.bare);
    figures.push(figure('journaled in the page cache', none / million, 'M commands/s'));
    figures.push(figure('journaled in the page cache / not journaled', part, '', { kind: 'at least', bound: journaledPart }, hasVerdict));
    const fdatasyncMs = (run: Journaled): number => run.fdatasyncMs ?? Number.NaN;
    const partOfMost = (run: Journaled): number => (run.commands / run.seconds) * (fdatasyncMs(run) / 1_000 / batch);
    figures.push(figure('fdatasync of 16 kB, between the batches', median(journaled.frame.map(fdatasyncMs)), 'ms'));
    figures.push(figure('journaled with fdatasync a batch of 512', rate(journaled.frame) / million, 'M commands/s'));
    figures.push(
      figure(
        'the same / (512 / fdatasync)',
        median(journaled.frame.map(partOfMost)),
        '',
        { kind: 'at least', bound: syncedPart },
        hasVerdict,
      ),
    );
  }
  if (recoverySeconds.length > 0)
    figures.push(
      figure(
        hasVerdict ? 'recovery of the journaled commands (10 M)' : 'recovery of the journaled commands',
        median(recoverySeconds),
        's',
        { kind: 'at most', bound: recoverySecondsMax },
        hasVerdict,
      ),
    );
  for (const [how, words] of [
    ['apart', 'fed apart'],
    ['together', 'of one host'],
  ] as const) {
    const { 1: one, 2: two } = workers[how];
    if (one.length === 0) continue;
    const goal = how === 'apart' ? ({ kind: 'at least', bound: workersFactor } as const) : undefined;
    figures.push(
      figure(`one worker, ${words}`, median(one) / million, 'M commands/s'),
      figure(`two workers, ${words}`, median(two) / million, 'M commands/s'),
      figure(`two workers / one, ${words}`, median(two) / median(one), 'times', goal, hasVerdict),
    );
  }
  return figures;
}

function curveFigures({ curves }: Measured, hasVerdict: boolean): Figure[] {
  return curves.flatMap(({ kind, of, result }) => {
    const perOrder = (result.bytes ?? Number.NaN) / (result.openCount ?? Number.NaN);
    const isGoal = kind === 'resting orders' && of === 1_000_000;
    return [
      figure(`${of} ${kind}`, rate([result]) / million, 'M commands/s'),
      figure(
        `${of} ${kind}: bytes a resting order`,
        perOrder,
        'B',
        isGoal ? { kind: 'at most', bound: bytesPerOrderMax } : undefined,
        hasVerdict,
      ),
    ];
  });
}
