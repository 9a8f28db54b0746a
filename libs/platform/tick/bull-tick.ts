import { type Worker } from 'bullmq';
import { type Logger } from '../log/index.js';
import { type StopTick, type Tick } from './tick.js';

/** What stops waits so long for Redis. */
const leaveMs = 1_000;

/** Ticks from a job scheduler in Redis: one process of those that registered the name gets each. Redis holds nothing else: without it, ticks wait, and nobody for it. */
export class BullTick implements Tick {
  readonly #url: string;
  readonly #prefix: string;
  readonly #log: Logger;
  readonly #running = new Set<StopTick>();
  /** Said, until Redis is there again. */
  #isAway = false;

  /** @param environment Keeps the ticks of several environments on one Redis apart. */
  constructor(url: string, environment: string, log: Logger) {
    this.#url = url;
    this.#prefix = `{switchyard-${environment}}`;
    this.#log = log;
  }

  /** Does not wait for Redis. */
  async every(name: string, intervalMs: number, handler: () => Promise<void>): Promise<StopTick> {
    // Loaded by the first tick: 8 MB, which most roles have no use for.
    const bullmq = await import('bullmq');
    const queueName = name.replaceAll(':', '-');
    const connection = { url: this.#url, maxRetriesPerRequest: null };
    let isStopping = false;
    let running: Promise<void> | undefined;
    const lost = (error: Error): void => {
      if (!isStopping) this.#away(error);
    };
    const tick = async (): Promise<void> => {
      this.#isAway = false;
      if (!isStopping) await (running = handler());
    };
    const open = (): Worker => {
      const opened = new bullmq.Worker(queueName, tick, { connection, prefix: this.#prefix, concurrency: 1 });
      opened.on('failed', (_, error) => this.#log.error({ err: error, tick: name }, 'a tick failed'));
      opened.on('error', lost);
      return opened;
    };
    let worker: Worker | undefined;
    const queue = new bullmq.Queue(queueName, { connection, prefix: this.#prefix });
    queue.on('error', lost);
    // Each time that Redis comes: it may have lost its memory.
    queue.getBackend().on('ready', () => {
      if (isStopping) return;
      this.#isAway = false;
      worker ??= open();
      queue.upsertJobScheduler(name, { every: intervalMs }, { name, opts: { removeOnComplete: true, removeOnFail: 10 } }).catch(lost);
    });
    const stop = async (): Promise<void> => {
      isStopping = true;
      this.#running.delete(stop);
      // The queue is closed once, by force: of its backend's ways to close the first one counts, and the other would wait for a Redis that is silent.
      const left = Promise.resolve(worker?.pause()).catch((error: unknown) =>
        this.#log.debug({ err: error, tick: name }, 'a tick did not end in order'),
      );
      await running?.catch(() => undefined);
      await atMost(leaveMs, left);
      // Waits for nothing; in order, both would wait for a Redis that is away for ever.
      await Promise.all([worker?.close(true), queue.getBackend().close(true)]);
    };
    this.#running.add(stop);
    return stop;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((stop) => stop()));
  }

  #away(error: Error): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#log.warn({ err: error }, 'Redis can not be reached: ticks wait until it can. Start it, or correct SWITCHYARD_REDIS_URL');
  }
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
