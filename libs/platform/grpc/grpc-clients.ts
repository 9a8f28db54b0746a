/** Calls whose server is in another process. One connection per address, kept, and made again by grpc-js when it breaks. */
import { type CallOptions as GrpcOptions, Client, connectivityState, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { type CallOptions, CallError, type MessageStream, Reason, type ServiceContract, StatusCode } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type Auth } from '../auth/index.js';
import { cancelled } from '../calls/errors.js';
import { maxMessageBytes } from '../calls/limits.js';
import { methodName, streamDeadline, unaryDeadline } from '../calls/serve.js';
import { type Logger } from '../log/index.js';
import { activeTraceparent, openSpan } from '../telemetry/index.js';
import { asIs, codecOf, encode } from './codec.js';
import { clientCredentials, type TlsFiles } from './credentials.js';
import { GrpcClientStream } from './grpc-stream.js';
import { writeMetadata } from './metadata.js';
import { fromGrpcError } from './status.js';

const channelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // A peer that is stopped or unplugged keeps its connection open: pings find out.
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc-node.flow_control_window': 1024 * 1024,
};

export interface GrpcClientsOptions {
  /** Gives the token of calls that bring none. */
  readonly auth: Pick<Auth, 'serviceToken'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<Logger, 'error'>;
  readonly tls?: TlsFiles;
}

export class GrpcClients {
  readonly #options: GrpcClientsOptions;
  readonly #clients = new Map<string, Client>();
  #next = 0;

  constructor(options: GrpcClientsOptions) {
    this.#options = options;
  }

  /** The methods of the contract; each call goes to the next of the addresses whose connection is not broken. */
  calls(contract: ServiceContract, addresses: readonly string[]): Record<string, unknown> {
    const calls: Record<string, unknown> = {};
    for (const key of Object.keys(contract.definition.methods)) calls[key] = this.#method(contract, key, addresses);
    return calls;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #method(contract: ServiceContract, key: string, addresses: readonly string[]): unknown {
    const definition = contract.definition.methods[key];
    if (definition === undefined) return undefined;
    const name = methodName(contract, key);
    if (!definition.requestStream && !definition.responseStream) {
      return (request: unknown, call: CallOptions) =>
        this.#unary(name, addresses, encode(definition.requestType, request), codecOf(definition.responseType), call);
    }
    const stream = {
      method: name,
      log: this.#options.log,
      encode: (message: unknown) => encode(definition.requestType, message),
      decode: (bytes: Buffer) => codecOf(definition.responseType).decode(bytes),
    };
    if (definition.requestStream) return (call: CallOptions) => this.#stream(stream, addresses, undefined, call);
    return (request: unknown, call: CallOptions) => this.#stream(stream, addresses, encode(definition.requestType, request), call);
  }

  async #unary(
    method: string,
    addresses: readonly string[],
    request: Buffer,
    response: { decode(bytes: Uint8Array): unknown },
    call: CallOptions,
  ): Promise<unknown> {
    const deadline = unaryDeadline(call, this.#options.clock.nowMs());
    const span = openSpan(call.traceparent ?? activeTraceparent(), method, undefined, 'client');
    try {
      const metadata = this.#metadataOf(call, span.traceparent);
      const bytes = await new Promise<Buffer>((resolve, reject) => {
        if (call.signal?.aborted === true) return reject(cancelled());
        const options: GrpcOptions = { deadline };
        const abort = () => running.cancel();
        const running = this.#client(addresses).makeUnaryRequest(
          `/${method}`,
          asIs,
          asIs,
          request,
          metadata,
          options,
          (error: ServiceError | null, bytes?: Buffer) => {
            call.signal?.removeEventListener('abort', abort);
            if (error !== null) reject(fromGrpcError(error, method));
            else resolve(bytes ?? Buffer.alloc(0));
          },
        );
        call.signal?.addEventListener('abort', abort, { once: true });
      });
      span.end();
      return response.decode(bytes);
    } catch (error) {
      span.end(error);
      throw error;
    }
  }

  #stream(
    options: ConstructorParameters<typeof GrpcClientStream>[1],
    addresses: readonly string[],
    only: Buffer | undefined,
    call: CallOptions,
  ): MessageStream<unknown, unknown> {
    const traceparent = call.traceparent ?? activeTraceparent();
    const deadline = streamDeadline(call, this.#options.clock.nowMs());
    const metadata = this.#metadataOf(call, traceparent);
    const client = this.#client(addresses);
    const path = `/${options.method}`;
    const running =
      only === undefined
        ? client.makeBidiStreamRequest(path, asIs, asIs, metadata, { deadline })
        : client.makeServerStreamRequest(path, asIs, asIs, only, metadata, { deadline });
    const stream = new GrpcClientStream(running, options);
    const abort = () => stream.cancel();
    call.signal?.addEventListener('abort', abort, { once: true });
    stream.whenOver(() => call.signal?.removeEventListener('abort', abort));
    if (call.signal?.aborted === true) abort();
    return stream;
  }

  #metadataOf(call: CallOptions, traceparent: string): Metadata {
    const { auth } = this.#options;
    const token = call.token ?? auth.serviceToken();
    return writeMetadata({ token, traceparent, forwardedBy: call.forwarded === true ? auth.serviceToken() : '', entered: call.entered });
  }

  /** The client of the next address, passing over broken connections unless all are. */
  #client(addresses: readonly string[]): Client {
    if (addresses.length === 0)
      throw new CallError('no address is known for this service', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
    const start = this.#next++;
    let first: Client | undefined;
    for (let i = 0; i < addresses.length; i++) {
      const client = this.#clientAt(addresses[(start + i) % addresses.length] ?? '');
      first ??= client;
      if (client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE) return client;
    }
    return first as Client;
  }

  #clientAt(address: string): Client {
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = new Client(address, clientCredentials(this.#options.tls), channelOptions);
      this.#clients.set(address, client);
    }
    return client;
  }
}
