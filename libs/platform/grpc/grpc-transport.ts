/** The gRPC server of a process, as a transport of Nest, which starts and stops it. */
import { type sendUnaryData, Server as GrpcServer, type ServerUnaryCall, type ServiceDefinition } from '@grpc/grpc-js';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import {
  CallError,
  type MessageStream,
  type MethodDefinition,
  numberBeyond,
  Reason,
  type ServiceContract,
  StatusCode,
} from '@switchyard/contracts';
import { assert, type Clock } from '@switchyard/kernel';
import { type Auth, requireRole } from '../auth/index.js';
import { deadlineRequired, notReady, toCallError, unanswered } from '../calls/errors.js';
import { maxMessageBytes, maxRequestBytes, maxUnaryMs } from '../calls/limits.js';
import {
  type BidiHandler,
  type CallFacts,
  type Handler,
  methodName,
  serveStream,
  type ServerStreamHandler,
  serveUnary,
  type UnaryHandler,
} from '../calls/serve.js';
import { type Logger } from '../log/index.js';
import { asIs, codecOf, encode } from './codec.js';
import { serverCredentials, type TlsFiles } from './credentials.js';
import { GrpcServerStream, type ServerEnd } from './grpc-stream.js';
import { type CallMetadata, readMetadata } from './metadata.js';
import { ListenError } from './listen-error.js';
import { toGrpcStatus } from './status.js';

const serverOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 5_000,
  // Its records of every call cost a twentieth of the call, and nobody reads them.
  'grpc.enable_channelz': 0,
  'grpc-node.flow_control_window': 1024 * 1024,
};
const drainMs = 2_000;
/** For the last answers to leave. */
const flushMs = 100;

export interface GrpcTransportOptions {
  /** host:port to listen on; port 0 for any free one. */
  readonly listen: string;
  readonly auth: Auth;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tls?: TlsFiles;
  /** The handlers of a contract; undefined until the process has built them. */
  handlersOf(contract: ServiceContract): Readonly<Record<string, Handler>> | undefined;
}

/** A unary call that is under way. */
interface Running {
  /** Ends it without the handler's answer. */
  end?: (why?: () => CallError) => void;
}

export class GrpcTransport extends Server implements CustomTransportStrategy {
  readonly server = new GrpcServer(serverOptions);
  readonly #options: GrpcTransportOptions;
  readonly #streams = new Set<GrpcServerStream>();
  /** The unary calls that are under way. */
  readonly #calls = new Set<Running>();
  #port: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(contracts: readonly ServiceContract[], options: GrpcTransportOptions) {
    super();
    this.#options = options;
    for (const alike of Map.groupBy(contracts, (contract) => contract.definition.fullName).values()) this.#serve(alike);
  }

  /** The port that it listens on. */
  get port(): number {
    assert(this.#port !== undefined, 'the gRPC server listens');
    return this.#port;
  }

  /** Opens the port; calls are answered NOT_READY until the handlers are there. */
  bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(this.#options.listen, serverCredentials(this.#options.tls), (error, port) => {
        if (error !== null) return reject(new ListenError('gRPC', this.#options.listen, 'SWITCHYARD_GRPC_LISTEN', error));
        this.#port = port;
        resolve();
      });
    });
  }

  /** Nest calls it when the handlers are built. */
  listen(callback: (error?: unknown) => void): void {
    if (this.#port !== undefined) callback();
    else this.bind().then(() => callback(), callback);
  }

  /** Takes no more calls, ends the streams, waits for unary calls in flight, and answers what is left after two seconds that nobody knows its outcome. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      let cut = setTimeout(() => {
        for (const running of this.#calls) running.end?.(unanswered);
        cut = setTimeout(() => {
          this.server.forceShutdown();
          resolve();
        }, flushMs);
      }, drainMs);
      for (const stream of this.#streams) stream.cancel(notReady('the process is shutting down'));
      this.server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
    });
    return this.#closing;
  }

  on(): void {}

  unwrap<T>(): T {
    return this.server as T;
  }

  /** @param contracts those of one definition. */
  #serve(contracts: readonly ServiceContract[]): void {
    const [contract] = contracts;
    if (contract === undefined) return;
    const definition: Record<string, unknown> = {};
    const implementation: Record<string, (call: never, callback: never) => void> = {};
    for (const [key, method] of Object.entries(contract.definition.methods)) {
      const name = methodName(contract, key);
      definition[key] = {
        path: `/${name}`,
        requestStream: method.requestStream,
        responseStream: method.responseStream,
        // Bytes in both directions: see codec.ts. What can't be decoded is answered with our own errors.
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      };
      const unary = !method.requestStream && !method.responseStream;
      implementation[key] = unary
        ? (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
            void this.#answer(contracts, key, name, method, call, callback)
        : (call: ServerEnd) => void this.#open(contracts, key, name, method, call);
    }
    this.server.addService(definition as ServiceDefinition, implementation as never);
  }

  async #answer(
    contracts: readonly ServiceContract[],
    key: string,
    name: string,
    method: MethodDefinition,
    call: ServerUnaryCall<Buffer, Buffer>,
    callback: sendUnaryData<Buffer>,
  ): Promise<void> {
    const { log } = this.#options;
    try {
      const metadata = readMetadata(call.metadata);
      const deadlineMs = deadlineOf(call.getDeadline());
      const facts = await this.#facts(metadata, Math.min(deadlineMs, this.#options.clock.nowMs() + maxUnaryMs));
      // Who calls comes first: what is wrong with the call is told to who may call.
      if (deadlineMs === Infinity) throw deadlineRequired();
      const request = decodeRequest(method, call.request);
      const handler = this.#handler(contracts, key, name, request) as UnaryHandler;
      // Known before it runs: a handler that throws at once answers before serveUnary returns.
      const running: Running = {};
      this.#calls.add(running);
      running.end = serveUnary(name, handler, request, facts, log, (error, response) => {
        this.#calls.delete(running);
        if (error !== undefined) return callback(toGrpcStatus(error));
        try {
          callback(null, encode(method.responseType, response));
        } catch (failure) {
          callback(toGrpcStatus(toCallError(failure, name, log)));
        }
      });
      call.on('cancelled', () => running.end?.());
      if (call.cancelled) running.end();
    } catch (error) {
      callback(toGrpcStatus(toCallError(error, name, log)));
    }
  }

  async #open(contracts: readonly ServiceContract[], key: string, name: string, method: MethodDefinition, call: ServerEnd): Promise<void> {
    const { log } = this.#options;
    const stream = new GrpcServerStream(call, {
      method: name,
      log,
      encode: (message) => encode(method.responseType, message),
      decode: (bytes) => codecOf(method.requestType).decode(bytes),
    });
    this.#streams.add(stream);
    let served: { abort(error: CallError): void } | undefined;
    stream.whenOver((error) => {
      this.#streams.delete(stream);
      if (error !== undefined) served?.abort(error);
    });
    try {
      const facts = await this.#facts(readMetadata(call.metadata), deadlineOf(call.getDeadline()));
      if (stream.isOver) return;
      const only = 'request' in call ? { request: decodeRequest(method, call.request) } : undefined;
      const handler = this.#handler(contracts, key, name, only?.request);
      served = serveStream(name, stream, facts, log, (of) => {
        if (only === undefined) (handler as BidiHandler)(stream, of);
        else (handler as ServerStreamHandler)(only.request, stream as unknown as MessageStream<never, unknown>, of);
      });
    } catch (error) {
      stream.cancel(toCallError(error, name, log));
    }
  }

  async #facts(metadata: CallMetadata, deadlineMs: number): Promise<CallFacts> {
    const { auth } = this.#options;
    const principal = await auth.verify(metadata.token);
    const forwarded = metadata.forwardedBy !== '';
    // A forwarded call has passed its caller's rate, and says itself when and where it came in: a process of the platform is believed, nobody else.
    if (forwarded) requireRole(await auth.verify(metadata.forwardedBy), 'service');
    return {
      principal,
      token: metadata.token,
      deadlineMs,
      parent: metadata.traceparent,
      forwarded,
      entered: metadata.entered,
    };
  }

  #handler(contracts: readonly ServiceContract[], key: string, name: string, request: unknown): Handler {
    if (this.#closing !== undefined) throw notReady('the process is shutting down');
    const contract = contracts.length === 1 ? contracts[0] : contracts.find((each) => each.takes?.(request));
    if (contract === undefined)
      throw new CallError(`no ${name} of this process takes the request`, { code: StatusCode.NOT_FOUND, reason: Reason.FIELD_MALFORMED });
    const handler = this.#options.handlersOf(contract)?.[key];
    if (handler === undefined) throw notReady(`${name} is not served yet`);
    return handler;
  }
}

function deadlineOf(deadline: Date | number): number {
  return typeof deadline === 'number' ? deadline : deadline.getTime();
}

function decodeRequest(method: MethodDefinition, bytes: Buffer): unknown {
  if (bytes.length > maxRequestBytes) {
    throw new CallError(`the request has ${bytes.length} bytes, at most ${maxRequestBytes} are taken`, {
      code: StatusCode.RESOURCE_EXHAUSTED,
      reason: Reason.REQUEST_TOO_LARGE,
      metadata: { bytes: String(bytes.length), maximum: String(maxRequestBytes) },
    });
  }
  const codec = codecOf(method.requestType);
  try {
    return codec.decode(bytes);
  } catch (error) {
    const beyond = numberBeyond(method.name, (reader) => codec.decode(reader), bytes);
    const why =
      beyond === undefined ? `the request can not be decoded: ${(error as Error).message}` : `${beyond.field}: ${beyond.description}`;
    throw new CallError(why, {
      code: StatusCode.INVALID_ARGUMENT,
      reason: beyond?.reason ?? Reason.FIELD_MALFORMED,
      violations: beyond === undefined ? [] : [beyond],
      cause: error,
    });
  }
}
