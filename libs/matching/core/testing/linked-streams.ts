// Two ends of a stream, as platform's: in order, never inside the sender's turn. The wire between them can be cut, and can lose or reorder messages.
import { CallError, Reason, StatusCode, type MessageStream } from '@switchyard/contracts';

export interface LinkedStreams<Request, Response> {
  readonly caller: MessageStream<Response, Request>;
  readonly server: MessageStream<Request, Response>;
  /** Breaks the connection: both ends close with UNAVAILABLE, and what was not delivered is lost. */
  cut(): void;
}

/** What arrives of what is sent; by default everything, as it is. */
export interface Wire<Request, Response> {
  toServer?: ((message: Request) => Request[]) | undefined;
  toCaller?: ((message: Response) => Response[]) | undefined;
}

export function linkedStreams<Request, Response>(wire: Wire<Request, Response> = {}, bound = 256): LinkedStreams<Request, Response> {
  const caller = new End<Response, Request>(bound, () => wire.toCaller);
  const server = new End<Request, Response>(bound, () => wire.toServer);
  caller.peer = server;
  server.peer = caller;
  const broken = new CallError('the connection broke', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
  return {
    caller,
    server,
    cut: () => {
      caller.close(broken);
      server.close(broken);
    },
  };
}

class End<In, Out> implements MessageStream<In, Out> {
  peer!: End<Out, In>;
  readonly #bound: number;
  readonly #arriving: () => ((message: In) => In[]) | undefined;
  #inbox: In[] = [];
  #ended = false;
  #isClosed = false;
  #closedWith: CallError | undefined;
  #isScheduled = false;
  #isPeerBlocked = false;
  #message: ((message: In) => void) | undefined;
  #drain: (() => void) | undefined;
  #end: (() => void) | undefined;
  #close: ((error: CallError | undefined) => void) | undefined;

  constructor(bound: number, arriving: () => ((message: In) => In[]) | undefined) {
    this.#bound = bound;
    this.#arriving = arriving;
  }

  send(message: Out): boolean {
    if (this.#isClosed || this.#ended) return false;
    return this.peer.#receive(message);
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
  }

  onClose(handler: (error: CallError | undefined) => void): void {
    this.#close = handler;
    if (this.#isClosed) this.#schedule();
  }

  end(): void {
    this.#ended = true;
    this.peer.#schedule();
    this.#schedule();
  }

  cancel(error = new CallError('canceled', { code: StatusCode.CANCELLED, reason: Reason.UNAVAILABLE })): void {
    this.peer.close(error);
    this.close(error);
  }

  close(error: CallError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closedWith = error;
    this.#inbox = [];
    this.#schedule();
  }

  #receive(message: In): boolean {
    this.#inbox.push(...(this.#arriving()?.(message) ?? [message]));
    this.#schedule();
    this.#isPeerBlocked = this.#inbox.length >= this.#bound;
    return !this.#isPeerBlocked;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#message !== undefined) {
      for (const message of this.#inbox.splice(0)) if (!this.#isClosed) this.#message(message);
      if (this.#isPeerBlocked) {
        this.#isPeerBlocked = false;
        this.peer.#drain?.();
      }
    }
    if (this.peer.#ended && !this.#isClosed) {
      this.#end?.();
      this.#end = undefined;
      if (this.#ended) this.close(undefined);
    }
    if (this.#isClosed) {
      const close = this.#close;
      this.#close = undefined;
      close?.(this.#closedWith);
    }
  }
}
