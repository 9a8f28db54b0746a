/** Program that runs engines in worker threads: `workers-run.js <shards> <workload>…`, a workload a shard, each with books of its own. Prints one line of JSON. */
import { type ShardReports, WorkerHost } from '@switchyard/matching-wal';
import { readWorkload } from './workload-file.js';

/** Of 16,384 commands: the longer a batch, the less the feeding thread does for a command; with its reports this one still fits a core's own cache. */
const batchWords = 16_384 * 8;
/** Batches on their way to each worker, so that it never waits for this thread. */
const inFlight = 4;

const [shards = '1', ...files] = process.argv.slice(2);
const shardsCount = Number(shards);
const workloads = files.map(readWorkload);

/** A host a shard: the rate of the engines is asked for, not that of parting commands. */
const hosts = await Promise.all(
  workloads
    .slice(0, shardsCount)
    .map(() => WorkerHost.open({ shardsCount: 1, engine: 'fast', warn: (text) => process.stderr.write(`${text}\n`) })),
);

/** Batches as whoever decodes them for a worker would have them: each in memory of its own, which is shared. */
function batchesOf(words: Int32Array, from: number, to: number): Int32Array[] {
  const batches: Int32Array[] = [];
  for (let at = from; at < to; at += batchWords) {
    const batch = words.subarray(at, Math.min(at + batchWords, to));
    const shared = new Int32Array(new SharedArrayBuffer(batch.byteLength));
    shared.set(batch);
    batches.push(shared);
  }
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
const parts = hosts.map((host, at) => {
  const { words, measuredFrom } = workloads[at] as (typeof workloads)[number];
  const warmTo = measuredFrom + Math.floor((words.length - measuredFrom) / 24) * 8;
  return {
    host,
    warm: batchesOf(words, 0, warmTo),
    measured: batchesOf(words, warmTo, words.length),
    commands: (words.length - warmTo) / 8,
  };
});
await Promise.all(parts.map(({ host, warm }) => feed(host, warm)));
const began = performance.now();
await Promise.all(parts.map(({ host, measured }) => feed(host, measured)));
const seconds = (performance.now() - began) / 1_000;
const commands = parts.reduce((sum, part) => sum + part.commands, 0);
await Promise.all(hosts.map((host) => host.close()));
process.stdout.write(`${JSON.stringify({ seconds, commands })}\n`);
