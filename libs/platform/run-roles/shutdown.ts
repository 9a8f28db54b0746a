import { type Logger } from '../log/index.js';

/** Stops the parts of a process in the reverse of the order in which they were started. */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];
  readonly #log: Logger;
  #running: Promise<void> | undefined;
  #step = '';

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Registers how to stop what has just been started. */
  add(name: string, stop: () => Promise<void> | void): void {
    this.#steps.push({ name, stop });
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** What is being stopped now. */
  get step(): string {
    return this.#step;
  }

  /** Stops everything once. A part that fails to stop is logged, and the rest goes on. */
  run(): Promise<void> {
    this.#running ??= this.#runOnce();
    return this.#running;
  }

  async #runOnce(): Promise<void> {
    for (const { name, stop } of this.#steps.reverse()) {
      this.#step = name;
      try {
        await stop();
      } catch (error) {
        this.#log.error({ err: error }, `stopping ${name} failed`);
      }
    }
    this.#step = '';
  }
}
