// Where engines run: in this thread, or a shard a worker thread. Callers see one interface, and give commands without knowing which.
import { assert } from '@switchyard/kernel';
import { CommandType, stateHashOf, typeMask, wordsOfCommand, type MatchingEngine } from '@switchyard/matching-core/engine';

/** The reports that one shard gave to a call, in order. */
export interface ShardReports {
  readonly shard: number;
  /** Number of the first; each shard counts its own, without gaps. */
  readonly firstSeq: number;
  /** Words of the reports. */
  readonly words: Int32Array;
}

/** Shards share nothing: an id is looked for in the shard of its command's book only, and a command for all books is reported by every shard. */
export interface EngineHost {
  readonly shardsCount: number;
  /**
   * Executes whole commands, each in the shard of its book; those for all books (TIME, groups, book -1) in every shard. Calls are executed in the order in which they are
   * made, also without waiting for one another. Resolves when the commands are as durable as the host keeps them; rejects when a shard broke, and with it every later call.
   */
  execute(words: Int32Array): Promise<readonly ShardReports[]>;
  /** Of each shard, in order: equal for equal states. */
  stateHashes(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The shard that has the book. */
export function shardOfBook(book: number, shardsCount: number): number {
  return book % shardsCount;
}

/** Copies the commands that the shard is to execute into memory of its own, as long as the words at least. @returns how many words they are. */
export function takeOwnCommands(words: Int32Array, { shard, shardsCount }: ShardPlace, own: Int32Array): number {
  let end = 0;
  for (let at = 0; at < words.length;) {
    const next = at + wordsOfCommand(words, at);
    assert(next <= words.length, 'the words are whole commands');
    if (isFor(words, at, shard, shardsCount)) while (at < next) own[end++] = words[at++] as number;
    at = next;
  }
  return end;
}

/** Which of how many. */
export interface ShardPlace {
  readonly shard: number;
  readonly shardsCount: number;
}

function isFor(words: Int32Array, at: number, shard: number, shardsCount: number): boolean {
  const book = words[at + 1] as number;
  switch ((words[at] as number) & typeMask) {
    case CommandType.TIME:
    case CommandType.SET_ACCOUNT_GROUP:
      return true;
    case CommandType.SET_PHASE:
    case CommandType.MASS_CANCEL:
      return book < 0 || shardOfBook(book, shardsCount) === shard;
    default:
      // No book has a number below 0: one shard refuses it.
      return (book < 0 ? 0 : shardOfBook(book, shardsCount)) === shard;
  }
}

/** What a host runs: an engine, or an engine with its log. */
export interface RunningEngine {
  readonly engine: MatchingEngine;
  execute(words: Int32Array, from: number, to: number): void;
  close(): void;
}

/** Executes, and takes the reports out as words of their own. @param spare memory for them, used where it is large enough. */
export function executeAndTake(running: RunningEngine, words: Int32Array, spare?: SharedArrayBuffer): Omit<ShardReports, 'shard'> {
  const { engine } = running;
  const firstSeq = engine.reportSeq + 1;
  running.execute(words, 0, words.length);
  const reports = copyInto(spare, engine.reports.subarray(0, engine.reportsLength));
  engine.clearReports();
  return { firstSeq, words: reports };
}

/** A copy for other threads, too: in memory that somebody is through with, or in new memory with some room for a longer one next time. */
export function copyInto(spare: SharedArrayBuffer | undefined, words: Int32Array): Int32Array {
  const fits = spare !== undefined && spare.byteLength >= words.byteLength;
  const copy = new Int32Array(fits ? spare : new SharedArrayBuffer(4 * Math.ceil(words.length * 1.25)), 0, words.length);
  copy.set(words);
  return copy;
}

/** One shard, in this thread. */
export class LocalHost implements EngineHost {
  readonly shardsCount = 1;
  readonly #running: RunningEngine;

  constructor(running: RunningEngine) {
    this.#running = running;
  }

  execute(words: Int32Array): Promise<readonly ShardReports[]> {
    return attempt(() => [{ shard: 0, ...executeAndTake(this.#running, words) }]);
  }

  stateHashes(): Promise<readonly string[]> {
    return attempt(() => [stateHashOf(this.#running.engine)]);
  }

  close(): Promise<void> {
    return attempt(() => this.#running.close());
  }
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
