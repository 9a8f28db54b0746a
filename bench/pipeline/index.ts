/** The bench `pipeline`: the bare pipeline and the platform, one after the other, several times, on the same machine. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningService, startKafka, startPostgres, startRedis } from '@switchyard/infra';
import { stoppedAfter } from '../lib/cleanup.js';
import { commitMedianMs, openClient } from '../lib/database.js';
import { type Figure, figure, figureRows, writeReport } from '../lib/figures.js';
import { commitOf, describeMachine, machineLine } from '../lib/machine.js';
import { readProfile } from '../lib/cpu-profile.js';
import { table } from '../lib/table.js';
import { startBare } from './bare-pipeline.js';
import { type Comparison, figuresOf, whyNoVerdict } from './goals.js';
import { inFlightAtMax, measurePipeline, othersShareMax, type PipelineRun, type RunSettings } from './measure-pipeline.js';
import { startPlatformPipeline } from './platform-pipeline.js';
import { type Mode, type Pipeline } from './pipeline.js';
import { costTable, hopsTable, runLine, workTable } from './report.js';
import { UsageError } from '../lib/usage-error.js';

const usage = `npm run bench -- pipeline [option ...]

Measures orders from the client's call to the reader's tables: the bare pipeline (bench/bare, the same hops and commits without a domain) and the
platform, in turns, with PostgreSQL and Kafka of its own on this machine.

  --json FILE          write { name, commit, machine, figures } to FILE
  --modes LIST         cluster,standalone (default: both)
  --of LIST            bare,platform (default: both; goals need both)
  --rates LIST         open loops at these orders a second (default: 200,500)
  --seconds N          length of each measured part (default: 10)
  --warm-up N          seconds of load before the first (default: 40; with 8 the platform's are too low by up to a third)
  --runs N             interleaved runs, of which the median counts (default: 3)
  --profile LIST       run once, and print where the time of these processes goes: client, order-gateway, standalone, … or, of the bare one, gateway, all, …
  --quick              a smoke test of a minute: one short run, no verdict
  --help
`;

/** Runs in which others took too much of the machine are made again, in so many more rounds at most. */
const moreRoundsMax = 1;

interface Options extends RunSettings {
  readonly modes: readonly Mode[];
  readonly sides: readonly Side[];
  readonly runs: number;
  readonly isQuick: boolean;
  readonly json: string | undefined;
  readonly profiled: readonly string[];
}

type Side = 'bare' | 'platform';

interface Services {
  readonly dir: string;
  readonly postgres: RunningService;
  readonly kafka: RunningService | undefined;
  readonly redis: RunningService | undefined;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readOptions(args: readonly string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    json: text,
    modes: text,
    of: text,
    rates: text,
    seconds: text,
    'warm-up': text,
    runs: text,
    profile: text,
    quick: flag,
    help: flag,
  };
  const { values } = parseArgs({ args: [...args], options });
  if (values.help === true) return undefined;
  const isQuick = values.quick === true;
  const once = isQuick || values.profile !== undefined;
  return {
    modes: listOf(values.modes ?? 'cluster,standalone', ['cluster', 'standalone']),
    sides: listOf(values.of ?? 'bare,platform', ['bare', 'platform']),
    rates: (values.rates ?? (isQuick ? '200' : '200,500')).split(',').filter(Boolean).map(positive),
    seconds: positive(values.seconds ?? (isQuick ? '3' : '10')),
    warmUpSeconds: positive(values['warm-up'] ?? (isQuick ? '2' : '40')),
    runs: positive(values.runs ?? (once ? '1' : '3')),
    inFlight: inFlightAtMax,
    steps: once ? [] : [0.95, 0.85, 0.75, 0.6],
    attempts: once ? 1 : 4,
    isQuick,
    json: values.json,
    profiled: values.profile?.split(',') ?? [],
  };
}

function listOf<T extends string>(text: string, known: readonly T[]): T[] {
  return text.split(',').map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined) throw new UsageError(`${name} is none of ${known.join(', ')}`);
    return found;
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`${text} is not a number above 0`);
  return value;
}

/** @param root the top of the repository. Resolves to the figures, or undefined where only the usage was wanted. */
export async function benchPipeline(args: readonly string[], root: string): Promise<readonly Figure[] | undefined> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stdout.write(usage);
    return undefined;
  }
  const dir = path.join(root, '.switchyard', 'bench');
  mkdirSync(dir, { recursive: true });
  const machine = describeMachine(dir);
  say(machineLine(machine));
  const services = await startServices(dir, options);
  return stoppedAfter(
    () => stopServices(services),
    async () => {
      const commitMs = await commitAloneMs(services.postgres);
      say(`a commit of one row, alone: ${commitMs.toFixed(2)} ms (median); fsync and synchronous_commit on, Kafka acks of all replicas`);
      const comparisons = await compare(options, services, commitMs);
      const figures = [
        figure('fdatasync of 16 kB, median', machine.fsyncMs, 'ms'),
        figure('commit of one row, median', commitMs, 'ms'),
        ...comparisons.flatMap((comparison) => tell(comparison, options)),
      ];
      if (options.json !== undefined) writeReport(options.json, { name: 'pipeline', commit: commitOf(root), machine, figures });
      return figures;
    },
  );
}

async function stopServices({ postgres, kafka, redis }: Services): Promise<void> {
  await Promise.all([redis?.stop(), kafka?.stop()]);
  await postgres.stop();
}

async function commitAloneMs(postgres: RunningService): Promise<number> {
  const client = await openClient(postgres.address);
  const ms = await commitMedianMs(client);
  await client.end();
  return ms;
}

async function checkpointNow(postgres: RunningService): Promise<void> {
  const client = await openClient(postgres.address);
  await client.query('CHECKPOINT');
  await client.end();
}

/** Always its own: it needs the commits' times, and nobody else's load. */
async function startServices(dir: string, { modes, sides }: Options): Promise<Services> {
  const onProgress = say;
  const isCluster = modes.includes('cluster');
  // A checkpoint falls between two runs (`checkpointNow`), never into the one that happens to be measured when it is due.
  const settings = { track_commit_timestamp: 'on', track_wal_io_timing: 'on', max_wal_size: '16GB', checkpoint_timeout: '1h' };
  const postgres = await startPostgres({ dataDir: path.join(dir, 'postgres'), database: 'bench', settings, onProgress });
  const kafka = isCluster ? await startKafka({ dataDir: path.join(dir, 'kafka'), onProgress }) : undefined;
  const redis = isCluster && sides.includes('platform') ? await startRedis({ dataDir: path.join(dir, 'redis'), onProgress }) : undefined;
  return { dir, postgres, kafka, redis };
}

/** Interleaved, so that what the machine does meanwhile falls on both. Rounds go on until each has had its quiet runs, or too many were made. */
async function compare(options: Options, services: Services, commitMs: number): Promise<Comparison[]> {
  const runs = options.modes.map((mode) => ({ mode, bare: [] as PipelineRun[], platform: [] as PipelineRun[], commitMs }));
  const isQuiet = (run: PipelineRun): boolean => run.othersShare <= othersShareMax;
  for (let round = 0; round < options.runs + (options.isQuick ? 0 : moreRoundsMax); round++) {
    for (const comparison of runs) {
      for (const side of options.sides) {
        if (comparison[side].filter(isQuiet).length === options.runs) continue;
        const run = await runOnce(side, comparison.mode, options, services);
        say(isQuiet(run) ? runLine(run) : `${runLine(run)}: dropped where there are enough quieter ones`);
        comparison[side].push(run);
      }
    }
  }
  const quietest = (some: readonly PipelineRun[]) => some.toSorted((a, b) => a.othersShare - b.othersShare).slice(0, options.runs);
  return runs.map((comparison) => ({ ...comparison, bare: quietest(comparison.bare), platform: quietest(comparison.platform) }));
}

async function runOnce(side: Side, mode: Mode, options: Options, services: Services): Promise<PipelineRun> {
  const { dir, postgres, kafka, redis } = services;
  await checkpointNow(postgres);
  const profiles = path.join(dir, 'profiles', `${side}-${mode}-${Date.now()}`);
  const flags = (name: string): string[] => ['--cpu-prof', `--cpu-prof-dir=${path.join(profiles, name)}`, '--cpu-prof-interval=500'];
  const execArgv = Object.fromEntries(options.profiled.map((name) => [name, flags(name)]));
  const pipeline: Pipeline =
    side === 'bare'
      ? await startBare({ mode, dir, postgres, kafka, execArgv })
      : await startPlatformPipeline({ mode, dir, postgres, kafka, redis, execArgv });
  const profiled = options.profiled.filter((name) => pipeline.processes.some((process) => process.name === name));
  const run = await stoppedAfter(
    () => pipeline.stop(),
    () => measurePipeline(pipeline, options),
  );
  for (const name of profiled) tellProfile(`${name} of ${pipeline.name}`, path.join(profiles, name), run);
  return run;
}

function tellProfile(title: string, dir: string, { window, orders }: PipelineRun): void {
  const { busyMs, functions, packages } = readProfile(dir, window);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  say(`\nAt the highest rate ${title} spent ${(busyMs / orders).toFixed(3)} ms per order. By package:`);
  say(
    table(
      ['package', 'self'],
      packages.map(({ name, share }) => [name, percent(share)]),
    ),
  );
  say('\nby function:');
  say(
    table(
      ['function', 'self', 'where'],
      functions.map(({ name, share, where }) => [name, percent(share), where]),
    ),
  );
}

function tell(comparison: Comparison, { isQuick }: Options): Figure[] {
  const { mode, bare } = comparison;
  const busy = whyNoVerdict(comparison);
  say(`\n${mode}`);
  say(costTable(comparison));
  say('');
  say(workTable(comparison));
  if (comparison.platform.length > 0) say(`\n${hopsTable(comparison)}`);
  const figures = bare.length === 0 ? [] : figuresOf(comparison).map((each) => (isQuick ? { ...each, met: null } : each));
  say('');
  say(table(['figure', 'value', 'unit', 'goal', ''], figureRows(figures)));
  if (isQuick) say('A quick run gives no verdict.');
  else if (busy !== undefined) say(`No verdict: ${busy}.`);
  return figures;
}
