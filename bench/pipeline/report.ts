/** What a session prints: each run in short, then what it cost, then the figures with their goals. */
import { shown } from '../lib/figures.js';
import { median } from '../lib/histogram.js';
import { table } from '../lib/table.js';
import { type Comparison } from './goals.js';
import { type Percentiles, type PipelineRun } from './measure-pipeline.js';

const three = ({ p50, p90, p99 }: Percentiles): string => [p50, p90, p99].map(shown).join('/');

export function runLine(run: PipelineRun): string {
  const rates = run.atRates.map(
    ({ rate, accept, wire, reader, coreMsPerOrder }) =>
      `${rate}/s: accept ${three(accept)}, wire ${three(wire)}, reader ${three(reader)}, ${shown(coreMsPerOrder)} core-ms`,
  );
  const others = `others ${(run.othersShare * 100).toFixed(0)} %`;
  const retries =
    run.retries + run.unfilled === 0 ? '' : ` (of ${run.orders}: ${run.retries} calls tried again, ${run.unfilled} orders not filled)`;
  return [
    `${run.name}: ${run.maxRate.toFixed(0)}/s${retries}, accept ${three(run.acceptAtMax)}`,
    `${shown(run.coreMsPerOrder)} core-ms`,
    ...rates,
    others,
  ].join('; ');
}

/** Milliseconds of a core per order, by process, at the highest rate. */
export function costTable({ bare, platform }: Comparison): string {
  const sides = [bare, platform].filter((runs) => runs.length > 0);
  return sides
    .map((runs) => {
      const names = Object.keys(runs[0]?.coreMsByProcess ?? {});
      const of = (value: (run: PipelineRun) => number): string => shown(median(runs.map(value)));
      const rows = names.map((name) => [
        name,
        of((run) => run.coreMsByProcess[name] ?? 0),
        of((run) => run.usage.memoryMb[name] ?? Number.NaN),
      ]);
      rows.push(['all', of((run) => run.coreMsPerOrder), '']);
      return table([runs[0]?.name ?? '', 'core-ms per order', 'MB'], rows);
    })
    .join('\n\n');
}

/** Where the platform's orders were when, by the median of the runs. */
export function hopsTable({ platform }: Comparison): string {
  const [first] = platform;
  const tables = (first?.atRates ?? []).map(({ rate, hops }, at) => {
    const of = (name: string, value: (afterDue: Percentiles) => number): string =>
      shown(
        median(platform.flatMap((run) => run.atRates[at]?.hops.filter((hop) => hop.name === name).map((hop) => value(hop.afterDue)) ?? [])),
      );
    const rows = hops.map(({ name }) => [name, of(name, ({ p50 }) => p50), of(name, ({ p90 }) => p90), of(name, ({ p99 }) => p99)]);
    return table([`platform at ${rate}/s, ms after an order was due`, 'p50', 'p90', 'p99'], rows);
  });
  return tables.join('\n\n');
}

/** What PostgreSQL counted, per order at the highest rate. */
export function workTable({ bare, platform }: Comparison): string {
  const per = (runs: readonly PipelineRun[], value: (run: PipelineRun) => number): string =>
    shown(median(runs.map((run) => value(run) / run.orders)));
  const row = (name: string, value: (run: PipelineRun) => number): string[] => [
    name,
    per(bare, value),
    platform.length === 0 ? '' : per(platform, value),
  ];
  const fsyncMs = (runs: readonly PipelineRun[]): string =>
    runs.length === 0 ? '' : shown(median(runs.map(({ work }) => work.fsyncMs / work.fsyncs)));
  return table(
    ['per order', 'bare', 'platform'],
    [
      row('commits', (run) => run.work.commits),
      row('rows written', (run) => run.work.rows),
      row('bytes of WAL', (run) => run.work.walBytes),
      row('fsyncs', (run) => run.work.fsyncs),
      ['ms an fsync', fsyncMs(bare), fsyncMs(platform)],
    ],
  );
}
