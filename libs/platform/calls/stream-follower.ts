/** Follows a server's stream of a snapshot and then changes, for as long as the process lives. What is known stays known while the stream is down, and grows old. */
import { type MessageStream } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { type Logger } from 'pino';

const retryMsMin = 100;
const retryMsMax = 2_000;

export interface StreamFollowerOptions<Message> {
  /** For the log and for readiness: "the instruments". */
  readonly what: string;
  readonly log: Logger;
  open(): MessageStream<Message, never>;
  /** Takes a message. @returns true when the snapshot is complete with it, or was before. */
  take(message: Message): boolean;
}

export class StreamFollower<Message> {
  readonly #options: StreamFollowerOptions<Message>;
  readonly #complete = new Deferred<void>();
  #isComplete = false;
  #stopped = false;
  #retryMs = retryMsMin;
  #timer: NodeJS.Timeout | undefined;
  #stream: MessageStream<Message, never> | undefined;

  constructor(options: StreamFollowerOptions<Message>) {
    this.#options = options;
  }

  /** Resolves when the first snapshot is complete. */
  get whenComplete(): Promise<void> {
    return this.#complete.promise;
  }

  /** True once the first snapshot was complete; what was seen stays good while the stream is broken. */
  ready(): true | string {
    return this.#isComplete || `${this.#options.what} are not known yet`;
  }

  start(): void {
    if (this.#stopped) return;
    const { what, log, open, take } = this.#options;
    const stream = open();
    this.#stream = stream;
    stream.onMessage((message) => {
      if (this.#stopped || !take(message)) return;
      this.#retryMs = retryMsMin;
      this.#isComplete = true;
      this.#complete.resolve();
    });
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      if (this.#stopped) return;
      log.info({ err: error, what, retryMs: this.#retryMs }, 'a stream ended; it is opened again');
      this.#timer = setTimeout(() => this.start(), this.#retryMs);
      this.#retryMs = Math.min(retryMsMax, this.#retryMs * 2);
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }
}
