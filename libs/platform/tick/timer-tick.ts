import { type Logger } from '../log/index.js';
import { type StopTick, type Tick } from './tick.js';

/** Ticks by timers of this process: for one process, and wherever there is no Redis. */
export class TimerTick implements Tick {
  readonly #log: Logger;
  readonly #running = new Set<StopTick>();

  constructor(log: Logger) {
    this.#log = log;
  }

  async every(name: string, intervalMs: number, handler: () => Promise<void>): Promise<StopTick> {
    let running: Promise<void> | undefined;
    const timer = setInterval(() => {
      // A tick that comes while the handler still runs is not needed: it looks for all that is due.
      running ??= handler()
        .catch((error: unknown) => this.#log.error({ err: error, tick: name }, 'a tick failed'))
        .finally(() => {
          running = undefined;
        });
    }, intervalMs);
    const stop = async () => {
      clearInterval(timer);
      this.#running.delete(stop);
      await running;
    };
    this.#running.add(stop);
    return stop;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((stop) => stop()));
  }
}
