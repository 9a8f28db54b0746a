/**
 * Program that runs engines in worker threads and prints one line of JSON: `workers-run.js apart|together <shards> <workload> <workload>`, a book each.
 * Apart: hosts of one shard, each fed its own workload: the rate of the engines. Together: one host, whose shards find their own among the commands of both in turns.
 */
import { type ShardReports, WorkerHost } from '@switchyard/matching-wal';
import { wordsOfCommand } from '@switchyard/matching-core/engine';
import { readWorkload, type WorkloadWords } from './workload-file.js';

/** Of 16,384 commands: the longer a batch, the less the feeding thread does for a command; with its reports this one still fits a core's own cache. */
const batchWords = 16_384 * 8;
/** Batches on their way to the workers, so that they never wait for this thread. */
const inFlight = 4;

const [how = '', shards = '1', ...files] = process.argv.slice(2);
const workloads = files.map(readWorkload);

interface Fed {
  readonly host: WorkerHost;
  readonly workloads: readonly WorkloadWords[];
}

const open = (shardsCount: number): Promise<WorkerHost> =>
  WorkerHost.open({ shardsCount, engine: 'fast', warn: (text) => process.stderr.write(`${text}\n`) });

const fed: Fed[] =
  how === 'together'
    ? [{ host: await open(Number(shards)), workloads }]
    : await Promise.all(workloads.slice(0, Number(shards)).map(async (workload) => ({ host: await open(1), workloads: [workload] })));

/** The commands of all workloads in turns, as one feed would have them, in memory that the workers can read. */
function inTurns(parts: readonly Int32Array[]): Int32Array[] {
  const batches: Int32Array[] = [];
  const at = parts.map(() => 0);
  let batch = new Int32Array(new SharedArrayBuffer(4 * batchWords));
  let filled = 0;
  const isLeft = (): boolean => parts.some((words, part) => (at[part] as number) < words.length);
  while (isLeft()) {
    for (const [part, words] of parts.entries()) {
      const from = at[part] as number;
      if (from >= words.length) continue;
      const end = from + wordsOfCommand(words, from);
      if (filled + end - from > batchWords) {
        batches.push(batch.subarray(0, filled));
        batch = new Int32Array(new SharedArrayBuffer(4 * batchWords));
        filled = 0;
      }
      batch.set(words.subarray(from, end), filled);
      filled += end - from;
      at[part] = end;
    }
  }
  batches.push(batch.subarray(0, filled));
  return batches;
}

async function feed(host: WorkerHost, batches: readonly Int32Array[]): Promise<void> {
  const waiting: Promise<readonly ShardReports[]>[] = [];
  for (const batch of batches) {
    waiting.push(host.executeOwn(batch));
    if (waiting.length > inFlight) host.recycle((await waiting.shift()) ?? []);
  }
  await Promise.all(waiting);
}

/** The first third of the measured commands warms up: of the kinds that are rare (one command in a hundred), V8 compiles the last only after a million. */
const warmTo = ({ words, measuredFrom }: WorkloadWords): number => measuredFrom + Math.floor((words.length - measuredFrom) / 24) * 8;
const parts = fed.map(({ host, workloads: own }) => ({
  host,
  warm: inTurns(own.map((workload) => workload.words.subarray(0, warmTo(workload)))),
  measured: inTurns(own.map((workload) => workload.words.subarray(warmTo(workload)))),
}));
await Promise.all(parts.map(({ host, warm }) => feed(host, warm)));
const began = performance.now();
await Promise.all(parts.map(({ host, measured }) => feed(host, measured)));
const seconds = (performance.now() - began) / 1_000;
const commands = parts.flatMap(({ measured }) => measured).reduce((sum, batch) => sum + batch.length / 8, 0);
await Promise.all(parts.map(({ host }) => host.close()));
process.stdout.write(`${JSON.stringify({ seconds, commands })}\n`);
