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

async function feed(host: WorkerHost, words: Int32Array, from: number): Promise<void> {
  const waiting: Promise<readonly ShardReports[]>[] = [];
  for (let at = from; at < words.length; at += batchWords) {
    waiting.push(host.execute(words.subarray(at, Math.min(at + batchWords, words.length))));
    if (waiting.length > inFlight) host.recycle((await waiting.shift()) ?? []);
  }
  await Promise.all(waiting);
}

const parts = hosts.map((host, at) => ({ host, workload: workloads[at] as (typeof workloads)[number] }));
await Promise.all(parts.map(({ host, workload: { words, measuredFrom } }) => feed(host, words.subarray(0, measuredFrom), 0)));
// The first million warms up.
const warmWords = 1_000_000 * 8;
await Promise.all(
  parts.map(({ host, workload: { words, measuredFrom } }) => feed(host, words.subarray(0, measuredFrom + warmWords), measuredFrom)),
);
const began = performance.now();
await Promise.all(parts.map(({ host, workload: { words, measuredFrom } }) => feed(host, words, measuredFrom + warmWords)));
const seconds = (performance.now() - began) / 1_000;
const commands = parts.reduce((sum, { workload: { words, measuredFrom } }) => sum + (words.length - measuredFrom - warmWords) / 8, 0);
await Promise.all(hosts.map((host) => host.close()));
process.stdout.write(`${JSON.stringify({ seconds, commands })}\n`);
