import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BookSide, CommandWriter, InForce, OrderType, Phase, ReferenceEngine } from '@switchyard/matching-core/engine';
import { LocalHost, takeOwnCommands, type EngineHost } from './engine-host.js';
import { seededCommands } from './testing/seeded-commands.js';
import { WorkerHost } from './worker-host.js';
import { withoutLog } from './worker-serve.js';

// Workers run what is built; these tests run from source.
const program = pathToFileURL(path.join(import.meta.dirname, 'dist/engine-worker.js'));
const seed = 11;
let folder: string;
let hosts: EngineHost[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-shards-'));
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.close();
  rmSync(folder, { recursive: true });
});

function local(): LocalHost {
  const host = new LocalHost(withoutLog(new ReferenceEngine()));
  hosts.push(host);
  return host;
}

async function workers(shardsCount: number, log?: string): Promise<WorkerHost> {
  const host = await WorkerHost.open({
    shardsCount,
    engine: 'fast',
    folder: log,
    settings: { sync: 'none' },
    warn: () => undefined,
    program,
  });
  hosts.push(host);
  return host;
}

async function told(host: EngineHost, from: number, to: number): Promise<number[]> {
  const reports = await host.execute(seededCommands(seed, from, to));
  return reports.flatMap(({ words }) => [...words]);
}

describe('an engine in a worker thread', () => {
  it('tells what one in this thread tells, and is in the same state', async () => {
    const here = local();
    const there = await workers(1);
    for (const [from, to] of [
      [1, 500],
      [501, 501],
      [502, 3_000],
    ] as const)
      expect(await told(there, from, to)).toEqual(await told(here, from, to));
    expect(await there.stateHashes()).toEqual(await here.stateHashes());
  });

  it('takes calls that did not wait for one another in their order', async () => {
    const here = local();
    const there = await workers(1);
    const calls = Array.from({ length: 20 }, (_, at) => [at * 50 + 1, at * 50 + 50] as const);
    const answers = await Promise.all(calls.map(([from, to]) => told(there, from, to)));
    for (const [at, [from, to]] of calls.entries()) expect(answers[at]).toEqual(await told(here, from, to));
  });

  it('tells the same in memory that it was given back, and leaves the caller its commands', async () => {
    const here = local();
    const there = await workers(1);
    for (let round = 0; round < 12; round++) {
      const [from, to] = [1 + round * 100, 100 + round * 100];
      const words = seededCommands(seed, from, to);
      const reports = await there.execute(words);
      expect(reports.flatMap((each) => [...each.words])).toEqual(await told(here, from, to));
      expect(words).toEqual(seededCommands(seed, from, to));
      there.recycle(reports);
    }
    expect(await there.stateHashes()).toEqual(await here.stateHashes());
  });

  it.each([1, 2])('tells the same of words that are given away, shared memory or not, to %d shards', async (shardsCount) => {
    const kept = await workers(shardsCount);
    const given = await workers(shardsCount);
    for (let round = 0; round < 6; round++) {
      const words = seededCommands(seed, 1 + round * 100, 100 + round * 100);
      const own = round % 2 === 0 ? words.slice() : new Int32Array(new SharedArrayBuffer(words.byteLength));
      own.set(words);
      const reports = await given.executeOwn(own);
      expect(reports.map((each) => [...each.words])).toEqual((await kept.execute(words)).map((each) => [...each.words]));
      given.recycle(reports);
    }
    expect(await given.stateHashes()).toEqual(await kept.stateHashes());
  });

  it('that can not be asked goes on with what can', async () => {
    const host = await workers(1);
    // A thread can't be given a function.
    const words = { buffer: new SharedArrayBuffer(32), length: 8, clone: () => undefined } as unknown as Int32Array;
    await expect(host.executeOwn(words)).rejects.toThrow('could not be cloned');
    expect(await host.stateHashes()).toHaveLength(1);
  });

  it('with a log is after a new start what it was', async () => {
    const first = await workers(2, folder);
    await told(first, 1, 2_000);
    const before = await first.stateHashes();
    await first.close();
    const second = await workers(2, folder);
    expect(await second.stateHashes()).toEqual(before);
    expect(before[0]).not.toBe(before[1]);
  });

  it('whose log is damaged does not open, and says why', async () => {
    const { writeFileSync, mkdirSync } = await import('node:fs');
    mkdirSync(path.join(folder, '0'));
    writeFileSync(path.join(folder, '0', '0000000000000001.log'), 'x'.repeat(200));
    await expect(workers(1, folder)).rejects.toThrow(/The log is damaged/);
  });
});

describe('shards', () => {
  it('each gets the commands of its books, and all get those for all', () => {
    const writer = new CommandWriter();
    const rules = { referencePrice: 0, freezeQty: 0, bandLow: 0, bandHigh: 0 };
    for (const book of [0, 1, 2]) writer.listBook(book, rules);
    writer.time(100).setPhase(-1, Phase.CONTINUOUS).setAccountGroup(1, 2).cancel(1, 5).massCancel({ account: 3 }).massCancel({ book: 2 });
    writer.cancel(-1, 6).cancel(-2, 7); // No book has these: the first shard refuses them, once.
    const of = (shard: number, shardsCount: number): Int32Array => {
      const own = new Int32Array(writer.words.length);
      return own.subarray(0, takeOwnCommands(writer.words, { shard, shardsCount }, own));
    };
    const [even, odd] = [of(0, 2), of(1, 2)];
    const books = (words: Int32Array): string[] =>
      Array.from({ length: words.length / 8 }, (_, at) => `${(words[at * 8] as number) & 0xf}:${words[at * 8 + 1]}`);
    expect(books(even)).toEqual(['6:0', '6:2', '7:0', '5:-1', '9:0', '4:-1', '4:2', '2:-1', '2:-2']);
    expect(books(odd)).toEqual(['6:1', '7:0', '5:-1', '9:0', '2:1', '4:-1']);
    expect(of(0, 1)).toEqual(writer.words);
  });

  it('take no words that end within a command', () => {
    const writer = new CommandWriter();
    const terms = { ordType: OrderType.LIMIT, timeInForce: InForce.GTC, qty: 10, price: 100, displayQty: 5 } as const;
    writer.cancel(1, 5).newOrder({ ...terms, book: 1, orderId: 6, account: 1, side: BookSide.BUY });
    const words = writer.words.slice(0, -8);
    for (const shard of [0, 1])
      expect(() => takeOwnCommands(words, { shard, shardsCount: 2 }, new Int32Array(64))).toThrow('the words are whole commands');
  });

  it('execute what one engine would, but for the numbers that each counts itself', async () => {
    const one = local();
    const two = await workers(2);
    const sets = (reports: number[]): string[] => {
      const texts: string[] = [];
      for (let at = 0; at < reports.length; at += 8) {
        const [head = 0, book, orderId, price, qty, leaves, account] = reports.slice(at, at + 8);
        // A trade's number is its engine's own.
        texts.push([head & 0xff, book, orderId, price, qty, leaves, account].join(' '));
      }
      return texts.sort();
    };
    expect(sets(await told(two, 1, 3_000))).toEqual(sets(await told(one, 1, 3_000)));
  });
});
