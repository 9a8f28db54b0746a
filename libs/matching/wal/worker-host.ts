// Shards in worker threads. Commands and reports are in memory that both threads share, and that is used again: new memory, a page fault every 4 KiB, costs more than what is
// done with it, and transfers cost two workers a fifth of what they do.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Deferred } from '@switchyard/kernel';
import { copyInto, type EngineHost, type ShardReports } from './engine-host.js';
import { type LogSettings } from './log-writer.js';
import { type WorkerAnswer, type WorkerOptions, type WorkerRequest } from './worker-messages.js';

export interface WorkerHostOptions {
  /** A worker thread each. */
  readonly shardsCount: number;
  readonly engine: WorkerOptions['engine'];
  /** Shard n keeps its log in `<folder>/<n>`; undefined keeps none. The number of shards of a folder never changes: a book would lose its past. */
  readonly folder?: string;
  readonly settings?: Partial<LogSettings>;
  readonly warn: (text: string) => void;
  /** The worker's program; for tests, which run from source, the built one. */
  readonly program?: URL;
}

type Waiting = Deferred<WorkerAnswer>;

/** Most pieces of memory of a kind that a shard keeps. */
const sparesMax = 16;

/** A worker thread with one engine. */
class Shard {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  /** Of reports that were given back. */
  readonly #reportSpares: SharedArrayBuffer[] = [];
  #brokenBy: Error | undefined;

  constructor(worker: Worker, warn: (text: string) => void) {
    this.#worker = worker;
    worker.on('message', (answer: WorkerAnswer) => {
      if (answer.kind === 'warning') warn(answer.text);
      else if (answer.kind === 'broken') this.#break(answer.error);
      else this.#waiting.shift()?.resolve(answer);
    });
    worker.on('error', (error) => this.#break(error));
    worker.on('exit', (code) => this.#break(new Error(`The worker of a matching engine's shard ended with code ${code}.`)));
  }

  async ask(request: WorkerRequest): Promise<WorkerAnswer> {
    if (this.#brokenBy !== undefined) throw this.#brokenBy;
    const waiting = new Deferred<WorkerAnswer>();
    this.#worker.postMessage(request);
    // What could not be posted has no answer, and no place among those that wait for one.
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** @param words in shared memory; nobody changes them until this resolves. */
  async execute(words: Int32Array): Promise<Omit<ShardReports, 'shard'>> {
    const answer = await this.ask({ kind: 'execute', words, spare: this.#reportSpares.pop() });
    if (answer.kind !== 'reports') throw new Error(`A worker answered ${answer.kind} to commands.`);
    return { firstSeq: answer.firstSeq, words: answer.words };
  }

  /** Nobody reads these words any more. */
  recycle(words: Int32Array): void {
    if (this.#reportSpares.length < sparesMax) this.#reportSpares.push(words.buffer as SharedArrayBuffer);
  }

  async close(): Promise<void> {
    if (this.#brokenBy !== undefined) return;
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
    await exit;
  }

  #break(error: Error): void {
    this.#brokenBy ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#brokenBy);
  }
}

export class WorkerHost implements EngineHost {
  readonly #shards: readonly Shard[];
  /** Memory of commands that were executed. */
  readonly #commandSpares: SharedArrayBuffer[] = [];

  private constructor(shards: readonly Shard[]) {
    this.#shards = shards;
  }

  /** Starts the shards; resolves when each has recovered. */
  static async open({ shardsCount, engine, folder, settings, warn, program }: WorkerHostOptions): Promise<WorkerHost> {
    const shards = Array.from({ length: shardsCount }, (_, shard) => {
      const workerData: WorkerOptions = {
        shard,
        shardsCount,
        engine,
        settings,
        folder: folder === undefined ? undefined : `${folder}/${shard}`,
      };
      return new Shard(new Worker(program ?? new URL('./engine-worker.js', import.meta.url), { workerData }), warn);
    });
    const host = new WorkerHost(shards);
    await host.stateHashes();
    return host;
  }

  get shardsCount(): number {
    return this.#shards.length;
  }

  execute(words: Int32Array): Promise<readonly ShardReports[]> {
    return this.#execute(copyInto(this.#commandSpares.pop(), words));
  }

  /** As `execute`, with words that the caller has no more use for: their whole memory is the host's from now on. If it is shared, nothing is copied. */
  executeOwn(words: Int32Array): Promise<readonly ShardReports[]> {
    return words.buffer instanceof SharedArrayBuffer ? this.#execute(words) : this.execute(words);
  }

  /** All shards read the same words, and each takes its own: this thread has nothing to do for a command but to copy it. */
  async #execute(words: Int32Array): Promise<readonly ShardReports[]> {
    const reports = await Promise.all(
      this.#shards.map(async (shard, at): Promise<ShardReports> => ({ shard: at, ...(await shard.execute(words)) })),
    );
    if (this.#commandSpares.length < sparesMax) this.#commandSpares.push(words.buffer as SharedArrayBuffer);
    return reports;
  }

  /** Gives back the memory of reports: later ones need none of their own. The caller reads them no more. */
  recycle(reports: readonly ShardReports[]): void {
    for (const { shard, words } of reports) (this.#shards[shard] as Shard).recycle(words);
  }

  async stateHashes(): Promise<readonly string[]> {
    return Promise.all(
      this.#shards.map(async (shard) => {
        const answer = await shard.ask({ kind: 'stateHash' });
        if (answer.kind !== 'stateHash') throw new Error(`A worker answered ${answer.kind} to a question for its state.`);
        return answer.hash;
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }
}
