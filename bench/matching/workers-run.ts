/** Program that runs engines in worker threads: `workers-run.js <shards> <workload>…`, a workload a shard, each with books of its own. Prints one line of JSON. */
import { type ShardReports, WorkerHost } from '@switchyard/matching-wal';
import { readWorkload } from './workload-file.js';

const batchWords = 8_192 * 8;
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

/** Batches as whoever decodes them would have them: each in memory of its own. */
function batchesOf(words: Int32Array, from: number, to: number): Int32Array[] {
  const batches: Int32Array[] = [];
  for (let at = from; at < to; at += batchWords) batches.push(words.slice(at, Math.min(at + batchWords, to)));
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

// The first million warms up.
const warmWords = 1_000_000 * 8;
const parts = hosts.map((host, at) => {
  const workload = workloads[at] as (typeof workloads)[number];
  const { words, measuredFrom } = workload;
  const warmTo = measuredFrom + warmWords;
  return { host, workload, warm: batchesOf(words, 0, warmTo), measured: batchesOf(words, warmTo, words.length) };
});
await Promise.all(parts.map(({ host, warm }) => feed(host, warm)));
const began = performance.now();
await Promise.all(parts.map(({ host, measured }) => feed(host, measured)));
const seconds = (performance.now() - began) / 1_000;
const commands = parts.reduce((sum, { workload: { words, measuredFrom } }) => sum + (words.length - measuredFrom - warmWords) / 8, 0);
await Promise.all(hosts.map((host) => host.close()));
process.stdout.write(`${JSON.stringify({ seconds, commands })}\n`);
