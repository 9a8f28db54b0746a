/** One end of a stream over gRPC: the same words, bounds and order of events as a stream inside the process. */
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { CallError, type MessageStream, Reason, StatusCode } from '@switchyard/contracts';
import { cancelled, overloaded, toCallError } from '../calls/errors.js';
import { streamBound, streamOverload } from '../calls/limits.js';
import { type Logger } from '../log/index.js';
import { fromGrpcError, toGrpcStatus } from './status.js';

export type ClientEnd = ClientDuplexStream<Buffer, Buffer> | ClientReadableStream<Buffer>;
export type ServerEnd = ServerDuplexStream<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

interface Options {
  readonly method: string;
  readonly log: Pick<Logger, 'error'>;
  encode(message: unknown): Buffer;
  decode(bytes: Buffer): unknown;
}

abstract class GrpcStream implements MessageStream<unknown, unknown> {
  protected readonly options: Options;
  protected closed = false;
  #closedWith: CallError | undefined;
  #message: ((message: unknown) => void) | undefined;
  #drain: (() => void) | undefined;
  #end: (() => void) | undefined;
  #close: ((error: CallError | undefined) => void) | undefined;
  #blocked = false;
  #peerEnded = false;
  #endTold = false;
  #over: ((error: CallError | undefined) => void) | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  send(message: unknown): boolean {
    if (this.closed || this.writable === undefined || this.writable.writableEnded) return false;
    const bytes = this.options.encode(message);
    if (this.writable.writableLength >= streamOverload) {
      this.cancel(overloaded());
      return false;
    }
    this.writable.write(bytes);
    this.#blocked = this.writable.writableLength >= streamBound;
    return !this.#blocked;
  }

  onMessage(handler: (message: unknown) => void): void {
    const first = this.#message === undefined;
    this.#message = handler;
    // Messages wait, and the sender feels it, until somebody listens.
    if (first) this.readable?.on('data', (bytes: Buffer) => this.#receive(bytes));
  }

  onDrain(handler: () => void): void {
    this.#drain = handler;
  }

  onEnd(handler: () => void): void {
    this.#end = handler;
    if (this.#peerEnded) setImmediate(() => this.#tellEnd());
  }

  onClose(handler: (error: CallError | undefined) => void): void {
    this.#close = handler;
    if (this.closed) setImmediate(() => handler(this.#closedWith));
  }

  get isOver(): boolean {
    return this.closed;
  }

  /** For the platform itself: told when the stream is over. */
  whenOver(handler: (error: CallError | undefined) => void): void {
    this.#over = handler;
    if (this.closed) handler(this.#closedWith);
  }

  abstract end(): void;
  abstract cancel(error?: CallError): void;
  protected abstract readonly writable:
    { write(bytes: Buffer): boolean; readonly writableLength: number; readonly writableEnded: boolean } | undefined;
  protected abstract readonly readable: { on(event: 'data', listener: (bytes: Buffer) => void): unknown } | undefined;

  protected drained(): void {
    if (!this.#blocked || this.closed) return;
    this.#blocked = false;
    this.guard(() => this.#drain?.());
  }

  protected peerEnded(): void {
    this.#peerEnded = true;
    this.#tellEnd();
  }

  protected closeWith(error: CallError | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#closedWith = error;
    this.#over?.(error);
    const close = this.#close;
    if (close !== undefined) setImmediate(() => close(error));
  }

  /** A handler that throws ends the stream. */
  protected guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.cancel(toCallError(error, this.options.method, this.options.log));
    }
  }

  #tellEnd(): void {
    if (this.closed || this.#endTold || this.#end === undefined) return;
    this.#endTold = true;
    this.guard(() => this.#end?.());
  }

  #receive(bytes: Buffer): void {
    if (this.closed) return;
    let message: unknown;
    try {
      message = this.options.decode(bytes);
    } catch (error) {
      return this.cancel(
        new CallError('a message of the stream can not be decoded', {
          code: StatusCode.INVALID_ARGUMENT,
          reason: Reason.FIELD_MALFORMED,
          cause: error,
        }),
      );
    }
    this.guard(() => this.#message?.(message));
  }
}

/** The caller's end. */
export class GrpcClientStream extends GrpcStream {
  readonly #call: ClientEnd;

  constructor(call: ClientEnd, options: Options) {
    super(options);
    this.#call = call;
    call.on('error', (error: ServiceError) => this.closeWith(fromGrpcError(error, options.method)));
    call.on('end', () => {
      this.peerEnded();
      this.closeWith(undefined);
    });
    call.on('drain', () => this.drained());
  }

  protected get writable() {
    return 'write' in this.#call ? this.#call : undefined;
  }

  protected get readable() {
    return this.#call;
  }

  end(): void {
    if ('end' in this.#call && !this.closed) this.#call.end();
  }

  cancel(error: CallError = cancelled()): void {
    this.closeWith(error);
    this.#call.cancel();
  }
}

/** The serving end. */
export class GrpcServerStream extends GrpcStream {
  readonly #call: ServerEnd;

  constructor(call: ServerEnd, options: Options) {
    super(options);
    this.#call = call;
    call.on('cancelled', () => this.closeWith(cancelled()));
    call.on('error', (error: Error) => this.closeWith(error instanceof CallError ? error : cancelled()));
    call.on('finish', () => this.closeWith(undefined));
    call.on('end', () => this.peerEnded());
    call.on('drain', () => this.drained());
  }

  protected get writable() {
    return this.#call;
  }

  protected get readable() {
    return 'read' in this.#call ? (this.#call as ServerDuplexStream<Buffer, Buffer>) : undefined;
  }

  end(): void {
    if (!this.closed) this.#call.end();
  }

  cancel(error: CallError = cancelled()): void {
    if (this.closed) return;
    this.closeWith(error);
    // grpc-js sends an error that is emitted as the status, after what was written before.
    this.#call.emit('error', toGrpcStatus(error));
  }
}
