// Follows a stream that gives a snapshot and then changes, for as long as the process lives. What is known stays known while the stream is down, and grows old.
import { type MessageStream } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { type Logger } from '@switchyard/platform/log';

const retryMsMin = 100;
const retryMsMax = 2_000;

export class StreamFollower<Message extends { readonly snapshotEnd: boolean }> {
  readonly #complete = new Deferred<void>();
  #isComplete = false;
  #stopped = false;
  #retryMs = retryMsMin;
  #timer: NodeJS.Timeout | undefined;
  #stream: MessageStream<Message, never> | undefined;

  /**
   * @param what for the log and for readiness: "the instruments".
   * @param take takes each message.
   */
  constructor(
    private readonly what: string,
    private readonly open: () => MessageStream<Message, never>,
    private readonly take: (message: Message) => void,
    private readonly log: Logger,
  ) {}

  /** Resolves when the first snapshot is complete. */
  get whenComplete(): Promise<void> {
    return this.#complete.promise;
  }

  ready(): true | string {
    return this.#isComplete || `${this.what} are not known yet`;
  }

  start(): void {
    if (this.#stopped) return;
    const stream = this.open();
    this.#stream = stream;
    stream.onMessage((message) => {
      this.take(message);
      if (!message.snapshotEnd) return;
      this.#retryMs = retryMsMin;
      this.#isComplete = true;
      this.#complete.resolve();
    });
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      if (this.#stopped) return;
      this.log.info({ err: error, what: this.what, retryMs: this.#retryMs }, 'a stream ended; it is opened again');
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
