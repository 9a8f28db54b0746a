import { type Logger } from '../log/index.js';
import { type StopTick, type Tick } from './tick.js';

/** Ticks from a job scheduler in Redis: one process of those that registered the name gets each. Redis holds nothing else: without it, ticks wait. */
export class BullTick implements Tick {
  readonly #url: string;
  readonly #prefix: string;
  readonly #log: Logger;
  readonly #running = new Set<StopTick>();

  /** @param environment Keeps the ticks of several environments on one Redis apart. */
  constructor(url: string, environment: string, log: Logger) {
    this.#url = url;
    this.#prefix = `{switchyard-${environment}}`;
    this.#log = log;
  }

  async every(name: string, intervalMs: number, handler: () => Promise<void>): Promise<StopTick> {
    // Loaded by the first tick: 8 MB, which most roles have no use for.
    const { Queue, Worker } = await import('bullmq');
    const queueName = name.replaceAll(':', '-');
    const connection = { url: this.#url, maxRetriesPerRequest: null };
    const lost = (error: Error) => this.#log.warn({ err: error, tick: name }, 'Redis can not be reached: ticks wait');
    const worker = new Worker(queueName, () => handler(), { connection, prefix: this.#prefix, concurrency: 1 });
    worker.on('failed', (_, error) => this.#log.error({ err: error, tick: name }, 'a tick failed'));
    worker.on('error', lost);
    const queue = new Queue(queueName, { connection, prefix: this.#prefix });
    queue.on('error', lost);
    const stop = async () => {
      this.#running.delete(stop);
      await worker.close();
      await queue.close();
    };
    this.#running.add(stop);
    await queue.upsertJobScheduler(name, { every: intervalMs }, { name, opts: { removeOnComplete: true, removeOnFail: 10 } });
    return stop;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((stop) => stop()));
  }
}
