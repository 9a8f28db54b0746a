// One end of a stream for a spec whose code has the other: the spec says what comes, and sees what was sent.
import { type MessageStream } from '../calls.js';
import { type CallError } from '../errors.js';

export class ScriptedStream<In, Out> implements MessageStream<In, Out> {
  /** What the code under test has sent, in order. */
  readonly sent: Out[] = [];
  #message: (message: In) => void = () => undefined;
  #drain: () => void = () => undefined;
  #close: (error: CallError | undefined) => void = () => undefined;

  /** @param take what a message that is sent sets off; false: the queue is at its bound. */
  constructor(private readonly take: (message: Out) => boolean | void = () => undefined) {}

  /** Gives a message to the code under test, at once. */
  say(message: In): void {
    this.#message(message);
  }

  /** Tells the code under test that it may send again. */
  drain(): void {
    this.#drain();
  }

  /** Ends the stream for the code under test. */
  break(error?: CallError): void {
    this.#close(error);
  }

  send(message: Out): boolean {
    this.sent.push(message);
    return this.take(message) !== false;
  }

  onMessage(handler: (message: In) => void): void {
    this.#message = handler;
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onEnd(): void {
    // The spec never ends its half.
  }

  onClose(handler: (error: CallError | undefined) => void): void {
    this.#close = handler;
  }

  end(): void {
    // Nothing that a spec here looks at.
  }

  cancel(): void {
    // The same.
  }
}
