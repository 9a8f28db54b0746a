/** The bench `matching`: the fast book, its reference twin, an npm book and any engine from outside, in turns on the same workload. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Figure, figureRows, writeReport } from '../lib/figures.js';
import { commitOf, describeMachine, machineLine, type Machine } from '../lib/machine.js';
import { table } from '../lib/table.js';
import { UsageError } from '../lib/usage-error.js';
import { type EngineName } from './bench-engine.js';
import { figuresOf, type Journaled, type Measured, type Throughput } from './goals.js';
import { f1, f100, f1Drift, makeWorkload, type WorkloadSettings } from './obw1.js';
import { type OutsideEngine, outsideEngines, runOutside } from './outside-engine.js';
import { writeWorkload } from './workload-file.js';

const usage = `npm run bench -- matching [option ...]

Runs order books on the workload OBW1, each in a process of its own, in turns: the fast book, the reference book, nodejs-order-book.

  --json FILE       write { name, commit, machine, figures } to FILE
  --runs N          interleaved runs, of which the median counts (default: 5)
  --only LIST       throughput,latency,journal,recovery,workers,curves (default: all)
  --quick           a smoke test: 100,000 commands, one run, no verdict
  --help

BENCH_MATCHING_ENGINES="name=command;other=command" adds engines from outside: bench/matching/README.md has the protocol.
`;

const parts = ['throughput', 'latency', 'journal', 'recovery', 'workers', 'curves'] as const;
type Part = (typeof parts)[number];

interface Options {
  readonly json: string | undefined;
  readonly runs: number;
  readonly only: ReadonlySet<Part>;
  readonly isQuick: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readOptions(args: readonly string[]): Options | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({ args: [...args], options: { json: text, runs: text, only: text, quick: flag, help: flag } });
  if (values.help === true) return undefined;
  const only = (values.only ?? parts.join(',')).split(',').map((name) => {
    const part = parts.find((each) => each === name);
    if (part === undefined) throw new UsageError(`--only ${name} is none of ${parts.join(', ')}`);
    return part;
  });
  const isQuick = values.quick === true;
  const runs = Number(values.runs ?? (isQuick ? 1 : 5));
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError(`--runs ${values.runs ?? ''} is not a whole number above 0`);
  return { json: values.json, runs, only: new Set(only), isQuick };
}

/** Runs the built program and reads the line that it prints. */
async function program<T>(name: string, ...args: string[]): Promise<T> {
  const file = path.join(import.meta.dirname, `${name}.js`);
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as T;
}

class Bench {
  readonly #options: Options;
  readonly #folder: string;
  readonly #files = new Map<string, string>();
  readonly #tradesHashes = new Map<string, number>();
  readonly #warm: string;
  /** Trades of the warming up: engines from outside, which warm up as they like, number theirs from there. */
  #tradesBefore = 0;
  #tradesMade = 0;

  constructor(options: Options, folder: string) {
    this.#options = options;
    this.#folder = folder;
    // In books and with order ids that no other workload has. Its prices drift, so that ladders slide: what V8 has not seen by then makes it throw code away later.
    this.#warm = this.#make(
      { ...f1Drift, name: 'warm-up', symbols: 4, target: 800, targetMin: 20, commands: options.isQuick ? 50_000 : 2_000_000, seed: 99 },
      60_000,
      1_500_000_000,
    );
    this.#tradesBefore = this.#tradesMade;
  }

  #make(settings: WorkloadSettings, firstBook = 0, firstOrderId = 1): string {
    const known = this.#files.get(settings.name);
    if (known !== undefined) return known;
    const began = performance.now();
    const workload = makeWorkload(settings, firstBook, firstOrderId);
    const file = path.join(this.#folder, `${settings.name}.obw1`);
    writeWorkload(file, workload, this.#tradesBefore);
    this.#files.set(settings.name, file);
    this.#tradesHashes.set(settings.name, workload.tradesHash);
    this.#tradesMade = workload.tradesInAll;
    const counts = Object.entries(workload.counts).map(([kind, count]) => `${kind} ${count}`);
    say(
      `${settings.name}: ${workload.commands} commands (${counts.join(', ')}); ${workload.trades} trades, quantity ${workload.tradedLots}, ` +
        `hash of trades ${workload.tradesHash.toString(16).padStart(8, '0')}; made in ${((performance.now() - began) / 1_000).toFixed(1)} s`,
    );
    return file;
  }

  /** Smaller where only a smoke is wanted. */
  #sized(settings: WorkloadSettings): WorkloadSettings {
    return this.#options.isQuick ? { ...settings, commands: Math.min(settings.commands, 100_000) } : settings;
  }

  async throughput(measured: Measured): Promise<void> {
    // What the fast book takes is a tenth of a second: three times as many runs, so that one bad moment does not decide.
    const engines: EngineName[] = ['fast', 'reference', 'fast', 'npm', 'fast'];
    const others = outsideEngines(process.env['BENCH_MATCHING_ENGINES'] ?? '');
    for (const settings of [f1, f100, f1Drift].map((each) => this.#sized(each))) {
      const file = this.#make(settings);
      const { tradesHash } = await program<{ tradesHash: number }>('engine-run', 'trades', 'npm', file, this.#warm);
      measured.npmTradesAgree[settings.name] = tradesHash === this.#tradesHashes.get(settings.name);
      for (let run = 0; run < this.#options.runs; run++) {
        for (const engine of engines) {
          const result = await program<Throughput>('engine-run', 'throughput', engine, file, this.#warm);
          note(measured, settings.name, engine, result);
          say(
            `  ${settings.name} ${engine.padEnd(10)} ${(result.commands / result.seconds / 1e6).toFixed(2)} M/s, hash ${result.hash.toString(16)}, ${result.gc ?? 0} GC`,
          );
        }
        for (const other of others) await this.#outside(other, settings, file, measured);
      }
    }
  }

  /** One that fails is told of, and its reports are not those of the reference book; the run goes on. */
  async #outside(other: OutsideEngine, settings: WorkloadSettings, file: string, measured: Measured): Promise<void> {
    const ofWorkload = (measured.throughput[settings.name] ??= {});
    try {
      const result = await runOutside(other, file, settings.commands);
      note(measured, settings.name, other.name, result);
      say(
        `  ${settings.name} ${other.name.padEnd(10)} ${(result.commands / result.seconds / 1e6).toFixed(2)} M/s, hash ${result.hash.toString(16)}`,
      );
    } catch (error) {
      ofWorkload[other.name] ??= [];
      say(`  ${settings.name} ${other.name.padEnd(10)} ${(error as Error).message}`);
    }
  }

  async latency(measured: Measured): Promise<void> {
    for (let run = 0; run < this.#options.runs; run++)
      measured.latencies.push(await program('engine-run', 'latency', 'fast', this.#make(this.#sized(f1)), this.#warm));
  }

  async journal(measured: Measured): Promise<void> {
    const file = this.#make(this.#sized(f1));
    for (let run = 0; run < this.#options.runs; run++) {
      measured.journaled.bare.push(await program<Throughput>('engine-run', 'throughput', 'fast', file, this.#warm));
      for (const kind of ['none', 'frame'] as const) {
        const folder = mkdtempSync(path.join(this.#folder, 'log-'));
        // What runs before this left for the disk would be written while this one writes: up to a third of its rate.
        await promisify(execFile)('sync');
        measured.journaled[kind].push(await program<Journaled>('engine-run', `journal-${kind}`, 'fast', file, this.#warm, folder));
        rmSync(folder, { recursive: true });
      }
    }
  }

  async recovery(measured: Measured): Promise<void> {
    const file = this.#make(this.#options.isQuick ? this.#sized(f1) : { ...f1, name: 'F1-long', commands: 10_000_000 });
    const folder = mkdtempSync(path.join(this.#folder, 'log-'));
    const recorded = await program<{ stateHash: string }>('engine-run', 'record', 'fast', file, this.#warm, folder);
    for (let run = 0; run < this.#options.runs; run++) {
      const recovered = await program<{ seconds: number; stateHash: string }>('engine-run', 'recover', 'fast', file, this.#warm, folder);
      if (recovered.stateHash !== recorded.stateHash) throw new Error('The recovery ended in another state.');
      measured.recoverySeconds.push(recovered.seconds);
    }
    rmSync(folder, { recursive: true });
  }

  async workers(measured: Measured): Promise<void> {
    const commands = this.#options.isQuick ? 300_000 : 6_000_000;
    const first = this.#make({ ...f1, name: 'worker-1', commands });
    const second = this.#make({ ...f1, name: 'worker-2', commands, seed: 4_711 }, 1, 1_000_000_000);
    for (let run = 0; run < this.#options.runs; run++) {
      for (const how of ['apart', 'together'] as const)
        for (const shards of [1, 2] as const) {
          const { seconds, commands: done } = await program<{ seconds: number; commands: number }>(
            'workers-run',
            how,
            String(shards),
            first,
            second,
          );
          measured.workers[how][shards].push(done / seconds);
        }
    }
  }

  async curves(measured: Measured): Promise<void> {
    const commands = this.#options.isQuick ? 20_000 : 1_000_000;
    const instruments = this.#options.isQuick ? [1, 10] : [1, 10, 100, 1_000, 10_000];
    for (const symbols of instruments) {
      const file = this.#make({
        name: `S${symbols}`,
        symbols,
        target: Math.max(10_000, symbols * 20),
        targetMin: 20,
        commands,
        drifts: false,
      });
      const result = await program<Throughput>('engine-run', 'throughput', 'fast', file, this.#warm);
      measured.curves.push({ kind: 'instruments', of: symbols, result });
    }
    const resting = this.#options.isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000];
    for (const target of resting) {
      // A million orders lie in ten thousand books, a hundred in each, as many as the issue asks for.
      const symbols = this.#options.isQuick ? 10 : Math.max(1, target / 100);
      const file = this.#make({ name: `R${target}`, symbols, target, targetMin: target === 1_000_000 ? 50 : 1, commands, drifts: false });
      const result = await program<Throughput>('engine-run', 'throughput', 'fast', file, this.#warm);
      measured.curves.push({ kind: 'resting orders', of: target, result });
    }
  }
}

function note(measured: Measured, workload: string, engine: string, result: Throughput): void {
  const byEngine = (measured.throughput[workload] ??= {});
  (byEngine[engine] ??= []).push(result);
}

/** @param root the top of the repository. Resolves to the figures, or undefined where only the usage was wanted. */
export async function benchMatching(args: readonly string[], root: string): Promise<readonly Figure[] | undefined> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stdout.write(usage);
    return undefined;
  }
  const dir = path.join(root, '.switchyard', 'bench');
  mkdirSync(dir, { recursive: true });
  const machine: Machine = describeMachine(dir);
  say(machineLine(machine));
  const folder = mkdtempSync(path.join(dir, 'matching-'));
  const measured: Measured = {
    throughput: {},
    npmTradesAgree: {},
    latencies: [],
    journaled: { bare: [], none: [], frame: [] },
    recoverySeconds: [],
    workers: { apart: { 1: [], 2: [] }, together: { 1: [], 2: [] } },
    curves: [],
  };
  try {
    const bench = new Bench(options, folder);
    for (const part of parts) {
      if (!options.only.has(part)) continue;
      say(`${part} ...`);
      await bench[part](measured);
    }
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  }
  const figures = figuresOf(measured, !options.isQuick);
  say('');
  say(table(['figure', 'value', 'unit', 'goal', ''], figureRows(figures)));
  if (options.json !== undefined) writeReport(options.json, { name: 'matching', commit: commitOf(root), machine, figures });
  return figures;
}
