import { type Logger } from '../log/index.js';

/**
 * How the parts of one bus part from Kafka at their end. A Kafka that stands still answers nothing: who waits `leaveMs` in vain is the last one who waits.
 * Nothing is lost by it. The cursors say what was applied and the journals what was published, and Kafka finds out by itself who is gone.
 */
export class KafkaLeaving {
  readonly #leaveMs: number;
  readonly #log: Logger;
  readonly #silent = new AbortController();

  constructor(leaveMs: number, log: Logger) {
    this.#leaveMs = leaveMs;
    this.#log = log;
  }

  /** Resolves when the work has ended, however, or is not waited for any more. */
  async wait(what: string, work: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      this.#log.warn(`${what} has not left Kafka within ${this.#leaveMs} ms: Kafka is not waited for any more`);
      this.#silent.abort();
    }, this.#leaveMs);
    await this.unlessSilent(work).catch((error: unknown) => this.#log.debug({ err: error }, `${what} did not leave Kafka in order`));
    clearTimeout(timer);
  }

  /** What the work comes to; rejects as soon as somebody has waited for Kafka in vain. */
  unlessSilent<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#silent;
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(new Error('Kafka did not answer a bus that stops'));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }
}
