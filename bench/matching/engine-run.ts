/**
 * Program that runs one engine on a workload and prints one line of JSON: `engine-run.js <what> <engine> <workload> <warm-up workload> [folder]`.
 * One engine a process: a second one in the same isolate would cost both of them.
 */
import { setFlagsFromString } from 'node:v8';
import { PerformanceObserver } from 'node:perf_hooks';
import { DurableEngine, v8Flags } from '@switchyard/matching-wal';
import { CommandWriter, type MatchingEngine, stateHashOf, wordsOfCommand } from '@switchyard/matching-core/engine';
import { type BenchEngine, type EngineName, loadEngine } from './bench-engine.js';
import { ReportsHash } from './reports-hash.js';
import { hashTrades, tradesHashStart } from './trades-hash.js';
import { SyncProbe } from './sync-probe.js';
import { readWorkload, type WorkloadWords } from './workload-file.js';

const batchWords = 512 * 8;
const pieceWords = 32 * batchWords;

/** Collections of garbage since the last call. */
let collections = 0;
const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
observer.observe({ entryTypes: ['gc'] });

async function collectionsSince(): Promise<number> {
  // What happened is told in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const counted = collections;
  collections = 0;
  return counted;
}

/** Executes in batches of 512 commands; returns the hash of the reports and how many there were. */
function run(engine: BenchEngine, words: Int32Array, from: number, to: number): { hash: number; reports: number } {
  const hash = new ReportsHash();
  let reports = 0;
  for (let at = from; at < to; at += batchWords) {
    engine.execute(words, at, Math.min(at + batchWords, to));
    hash.add(engine.reports, engine.reportsLength);
    reports += engine.reportsLength;
    engine.clearReports();
  }
  return { hash: hash.value, reports: reports / 8 };
}

/**
 * Takes the engine through all its hot branches, and leaves its books empty. In pieces: V8 then compiles `run` as it will be called, while from one
 * long call it would make code that gives up where the measured one begins.
 */
function warmUp(engine: BenchEngine, { words }: WorkloadWords): void {
  for (let at = 0; at < words.length; at += pieceWords) run(engine, words, at, Math.min(at + pieceWords, words.length));
  const writer = new CommandWriter();
  const books = new Set<number>();
  for (let at = 0; at < words.length; at += wordsOfCommand(words, at)) books.add(words[at + 1] as number);
  for (const book of books) writer.massCancel({ book });
  engine.execute(writer.words, 0, writer.length);
  engine.clearReports();
}

async function throughput(name: EngineName, workload: WorkloadWords, warm: WorkloadWords): Promise<unknown> {
  const engine = await loadEngine(name);
  warmUp(engine, warm);
  const { words, measuredFrom } = workload;
  run(engine, words, 0, measuredFrom);
  await collectionsSince();
  const began = performance.now();
  const result = run(engine, words, measuredFrom, words.length);
  const seconds = (performance.now() - began) / 1_000;
  const gc = await collectionsSince();
  return { ...result, seconds, commands: (words.length - measuredFrom) / 8, gc, ...memoryOf(engine) };
}

function memoryOf(engine: BenchEngine): { openCount?: number; bytes?: number } {
  return 'bytesHeld' in engine ? { openCount: (engine as MatchingEngine).openCount, bytes: (engine as MatchingEngine).bytesHeld() } : {};
}

/** The hash of the measured trades; nothing is timed. */
async function trades(name: EngineName, { words, measuredFrom }: WorkloadWords): Promise<unknown> {
  const engine = await loadEngine(name);
  run(engine, words, 0, measuredFrom);
  let tradesHash = tradesHashStart;
  for (let at = measuredFrom; at < words.length; at += batchWords) {
    engine.execute(words, at, Math.min(at + batchWords, words.length));
    tradesHash = hashTrades(tradesHash, engine.reports, engine.reportsLength);
    engine.clearReports();
  }
  return { tradesHash: tradesHash >>> 0 };
}

/** One command after the other, each timed, and the same loop without an engine. Nanoseconds. */
async function latency(name: EngineName, workload: WorkloadWords, warm: WorkloadWords): Promise<unknown> {
  const engine = await loadEngine(name);
  warmUp(engine, warm);
  const { words, measuredFrom } = workload;
  run(engine, words, 0, measuredFrom);
  const commands = (words.length - measuredFrom) / 8;
  const nothing: BenchEngine = { execute: () => undefined, reports: new Int32Array(0), reportsLength: 0, clearReports: () => undefined };
  const control = timeEach(nothing, words, measuredFrom, commands);
  await collectionsSince();
  const timed = timeEach(engine, words, measuredFrom, commands);
  const gc = await collectionsSince();
  return { control: percentiles(control), timed: percentiles(timed), gc };
}

function timeEach(engine: BenchEngine, words: Int32Array, from: number, commands: number): Float64Array {
  // Filled, so that its pages are there: making one, every 512 commands, would slow the next command down.
  const took = new Float64Array(commands).fill(1);
  for (let command = 0, at = from; command < commands; command++, at += 8) {
    const began = performance.now();
    engine.execute(words, at, at + 8);
    took[command] = performance.now() - began;
    engine.clearReports();
  }
  return took;
}

function percentiles(ms: Float64Array): Record<string, number> {
  ms.sort();
  const at = (part: number): number => Math.round((ms[Math.min(ms.length - 1, Math.floor(part * ms.length))] as number) * 1e6);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** The engine with a log in the folder, written before each batch is executed. What warms it up is in the log, too. */
function openDurable(
  folder: string,
  sync: 'frame' | 'none',
  makeEngine: () => MatchingEngine,
): { durable: DurableEngine; engine: BenchEngine } {
  const durable = DurableEngine.open({ folder, makeEngine, settings: { sync }, warn: (text) => process.stderr.write(`${text}\n`) });
  const { engine } = durable;
  return {
    durable,
    engine: {
      execute: (words, from, to) => durable.execute(words, from, to),
      get reports() {
        return engine.reports;
      },
      get reportsLength() {
        return engine.reportsLength;
      },
      clearReports: () => engine.clearReports(),
    },
  };
}

/** In the page cache. */
async function journaled(workload: WorkloadWords, warm: WorkloadWords, folder: string): Promise<unknown> {
  const { FastEngine } = await import('@switchyard/matching-core/engine');
  const { durable, engine } = openDurable(folder, 'none', () => new FastEngine());
  const { words, measuredFrom } = workload;
  warmUp(engine, warm);
  run(engine, words, 0, measuredFrom);
  const began = performance.now();
  run(engine, words, measuredFrom, words.length);
  const seconds = (performance.now() - began) / 1_000;
  durable.close();
  return { seconds, commands: (words.length - measuredFrom) / 8 };
}

/** With an fdatasync a batch, and after every second batch a bare fdatasync of 16 kB beside it. Batches of 512 commands; so many of them say enough. */
async function synced(workload: WorkloadWords, warm: WorkloadWords, folder: string): Promise<unknown> {
  const { FastEngine } = await import('@switchyard/matching-core/engine');
  const { durable, engine } = openDurable(folder, 'frame', () => new FastEngine());
  const probe = new SyncProbe(`${folder}.probe`);
  const { words, measuredFrom } = workload;
  const to = Math.min(words.length, measuredFrom + 1_000 * batchWords);
  warmUp(engine, warm);
  run(engine, words, 0, measuredFrom);
  let ms = 0;
  for (let at = measuredFrom; at < to; at += 2 * batchWords) {
    const began = performance.now();
    run(engine, words, at, Math.min(at + 2 * batchWords, to));
    ms += performance.now() - began;
    probe.measure();
  }
  probe.close();
  durable.close();
  return { seconds: ms / 1_000, commands: (to - measuredFrom) / 8, fdatasyncMs: probe.meanMs };
}

/** Executes the whole workload with a log, for `recover`. */
async function record(workload: WorkloadWords, folder: string): Promise<unknown> {
  const { FastEngine } = await import('@switchyard/matching-core/engine');
  const { durable, engine } = openDurable(folder, 'none', () => new FastEngine());
  run(engine, workload.words, 0, workload.words.length);
  const stateHash = stateHashOf(durable.engine);
  durable.close();
  return { commands: durable.engine.commandSeq, stateHash };
}

/** Opens what `record` left, in a process that has run nothing before. */
async function recover(folder: string): Promise<unknown> {
  const { FastEngine } = await import('@switchyard/matching-core/engine');
  const began = performance.now();
  const { durable } = openDurable(folder, 'none', () => new FastEngine());
  const seconds = (performance.now() - began) / 1_000;
  const stateHash = stateHashOf(durable.engine);
  durable.close();
  return { seconds, commands: durable.recovery.replayedCount, stateHash };
}

const [what = '', engine = '', file = '', warmFile = '', folder = ''] = process.argv.slice(2);
// The npm book is some 2 % faster on V8's own settings.
if (engine !== 'npm') for (const flag of v8Flags) setFlagsFromString(flag);
const workload = readWorkload(file);
const warm = readWorkload(warmFile);
const runs: Record<string, () => Promise<unknown>> = {
  throughput: () => throughput(engine as EngineName, workload, warm),
  trades: () => trades(engine as EngineName, workload),
  latency: () => latency(engine as EngineName, workload, warm),
  'journal-none': () => journaled(workload, warm, folder),
  'journal-frame': () => synced(workload, warm, folder),
  record: () => record(workload, folder),
  recover: () => recover(folder),
};
const chosen = runs[what];
if (chosen === undefined) throw new Error(`${what} is none of ${Object.keys(runs).join(', ')}`);
process.stdout.write(`${JSON.stringify(await chosen())}\n`);
