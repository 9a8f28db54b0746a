import { type CallError, type MessageStream } from '@switchyard/contracts';

/** How a stream ended: with an error, by its server, or because the reader was too slow and cut it. */
export interface StreamEnd {
  readonly error?: CallError;
}

/** Reads a stream message by message. A stream can't be slowed down from here, so one whose messages pile up is cut: its reader opens it again where it stands. */
export class StreamReader<Message> {
  readonly #stream: MessageStream<Message, never>;
  readonly #waiting: Message[] = [];
  #end: StreamEnd | undefined;
  #wake: () => void = () => undefined;

  /** @param waitingMax Messages that may wait for the reader. */
  constructor(stream: MessageStream<Message, never>, waitingMax: number) {
    this.#stream = stream;
    stream.onMessage((message) => {
      this.#waiting.push(message);
      if (this.#waiting.length > waitingMax) stream.cancel();
      this.#wake();
    });
    stream.onClose((error) => {
      this.#end = { error };
      this.#wake();
    });
  }

  /** The next message; how the stream ended, once all messages were read. */
  async next(): Promise<{ message: Message } | { end: StreamEnd }> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) return { message };
      if (this.#end !== undefined) return { end: this.#end };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  cancel(): void {
    if (this.#end === undefined) this.#stream.cancel();
  }
}
