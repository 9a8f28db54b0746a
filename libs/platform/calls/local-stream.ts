/** Both ends of a stream inside the process. */
import { type CallError, type MessageStream, StatusCode } from '@switchyard/contracts';
import { cancelled, overloaded, toCallError } from './errors.js';
import { type FreezeDepth, freezeMessage } from './freeze.js';
import { streamBound, streamOverload } from './limits.js';
import { nextTurn } from './next-turn.js';
import { type Logger } from '../log/index.js';

interface Options {
  readonly method: string;
  readonly freeze: FreezeDepth;
  readonly log: Logger;
}

/** A stream of two ends: the caller's and the serving one's. */
export function localStream<Request, Response>(
  options: Options,
): { caller: LocalStream<Response, Request>; server: LocalStream<Request, Response> } {
  const caller = new LocalStream<Response, Request>(false, options);
  const server = new LocalStream<Request, Response>(true, options);
  caller.connect(server);
  server.connect(caller);
  return { caller, server };
}

export class LocalStream<In, Out> implements MessageStream<In, Out> {
  readonly #serving: boolean;
  readonly #options: Options;
  #peer!: LocalStream<Out, In>;
  #inbox: In[] = [];
  #scheduled = false;
  /** The peer waits for room in our inbox. */
  #peerBlocked = false;
  #peerEnded = false;
  #ended = false;
  #closed = false;
  #closedWith: CallError | undefined;
  #endTold = false;
  #message: ((message: In) => void) | undefined;
  #drain: (() => void) | undefined;
  #end: (() => void) | undefined;
  #close: ((error: CallError | undefined) => void) | undefined;
  #closeTold = false;
  #over: ((error: CallError | undefined) => void) | undefined;

  constructor(serving: boolean, options: Options) {
    this.#serving = serving;
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#closed;
  }

  /** For the platform itself: told at once when the stream is over, before anybody's `onClose`. */
  whenOver(handler: (error: CallError | undefined) => void): void {
    this.#over = handler;
    if (this.#closed) handler(this.#closedWith);
  }

  connect(peer: LocalStream<Out, In>): void {
    this.#peer = peer;
  }

  send(message: Out): boolean {
    if (this.#closed || this.#ended) return false;
    return this.#peer.#receive(freezeMessage(message, this.#options.freeze));
  }

  onMessage(handler: (message: In) => void): void {
    this.#message = handler;
    this.#schedule();
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onEnd(handler: () => void): void {
    this.#end = handler;
    if (this.#peerEnded) this.#schedule();
  }

  onClose(handler: (error: CallError | undefined) => void): void {
    this.#close = handler;
    if (this.#closed) this.#schedule();
  }

  end(): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.#peer.#peerEnded = true;
    this.#peer.#schedule();
  }

  cancel(error: CallError = cancelled()): void {
    this.#closeWith(error);
    this.#peer.#closeWith(this.#serving || error.code === StatusCode.DEADLINE_EXCEEDED ? error : cancelled());
  }

  #receive(message: In): boolean {
    if (this.#inbox.push(message) >= streamOverload) {
      const error = overloaded();
      this.#closeWith(error);
      this.#peer.#closeWith(error);
      return false;
    }
    this.#schedule();
    if (this.#inbox.length < streamBound) return true;
    this.#peerBlocked = true;
    return false;
  }

  #closeWith(error: CallError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closedWith = error;
    this.#inbox = [];
    this.#over?.(error);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    nextTurn(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#message !== undefined) {
      const messages = this.#inbox;
      this.#inbox = [];
      for (const message of messages) {
        if (this.#closed) break;
        try {
          this.#message(message);
        } catch (error) {
          this.#failed(error);
        }
      }
      if (this.#peerBlocked && this.#inbox.length < streamBound) {
        this.#peerBlocked = false;
        this.#peer.#tellDrain();
      }
    }
    if (!this.#closed && this.#peerEnded && this.#inbox.length === 0) {
      if (!this.#endTold && this.#end !== undefined) {
        this.#endTold = true;
        this.#guard(() => this.#end?.());
      }
      // The caller has all that the serving side sent: the stream is over for both.
      if (!this.#serving) {
        this.#closeWith(undefined);
        this.#peer.#closeWith(undefined);
      }
    }
    if (this.#closed && !this.#closeTold && this.#close !== undefined) {
      this.#closeTold = true;
      this.#close(this.#closedWith);
    }
  }

  #tellDrain(): void {
    if (!this.#closed) this.#guard(() => this.#drain?.());
  }

  /** A handler that throws ends the stream. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.cancel(toCallError(error, this.#options.method, this.#options.log));
  }
}
