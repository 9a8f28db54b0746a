/**
 * How services call each other. A call looks the same whether its server is in this process or behind gRPC: platform implements both and one contract
 * suite holds them to these words.
 */
import { type CallError } from './errors.js';

/** A message type as ts-proto generates it. */
export interface MessageType<T> {
  encode(message: T, writer?: never): { finish(): Uint8Array };
  decode(input: Uint8Array): T;
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}

/** A method as ts-proto generates it. */
export interface MethodDefinition {
  readonly name: string;
  // The generated message types are invariant in T; the concrete types are taken back by RequestOf and ResponseOf.
  readonly requestType: { decode(input: Uint8Array): unknown };
  readonly requestStream: boolean;
  readonly responseType: { decode(input: Uint8Array): unknown };
  readonly responseStream: boolean;
}

/** A service as ts-proto generates it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

/** A service that one role serves: its generated definition, its injection token, and the role's name. */
export interface ServiceContract<D extends ServiceDefinition = ServiceDefinition> {
  readonly definition: D;
  readonly token: symbol;
  readonly role: RoleName;
  /**
   * Whether a request is this one's, where several contracts have one definition (the journals of the nouns). A process with several of them serves the
   * definition once and gives each request to the one that takes it.
   */
  takes?(request: unknown): boolean;
}

/** The processes of architecture.md 4 that serve something. */
export const roleNames = [
  'order-gateway',
  'risk-engine',
  'broker-connector',
  'matching-engine',
  'position-tracker',
  'instrument-loader',
  'market-data',
] as const;
export type RoleName = (typeof roleNames)[number];

/** What a method takes. */
export type RequestOf<M> = M extends { requestType: { decode(input: never): infer T } } ? T : never;
/** What a method answers. */
export type ResponseOf<M> = M extends { responseType: { decode(input: never): infer T } } ? T : never;

/** Who calls: from a verified token. */
export interface Principal {
  /** The token's subject. */
  readonly subject: string;
  /** Roles everywhere: "admin", "ops", "risk-officer", "service". */
  readonly roles: readonly string[];
  /** Roles on accounts: account id (or "*") → "viewer" or "trader". */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
  /** When the token expires, epoch milliseconds. */
  readonly expiresAtMs: number;
}

/** What a handler knows of the call that it answers. */
export interface Call {
  readonly principal: Principal;
  /** The caller's token, to be handed on when the call is forwarded. */
  readonly token: string;
  /** Answer before this instant (epoch milliseconds) or not at all. For streams: Infinity where the caller gave none. */
  readonly deadlineMs: number;
  /** W3C trace context of the span that serves this call. */
  readonly traceparent: string;
  /** True when another process of the same role forwarded the call: it must not be forwarded again. */
  readonly forwarded: boolean;
  /** Where and when a forwarded call came in, as the process that forwarded it says; undefined: here and now. */
  readonly entered?: CallEntry;
  /** Aborted when the caller cancels, its deadline passes, or its connection breaks. */
  readonly signal: AbortSignal;
}

/** Where and when a call came in. */
export interface CallEntry {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Name of the process. */
  readonly process: string;
}

/** What a caller may say. */
export interface CallOptions {
  /** Give up after this many milliseconds; required for unary calls (directly, or by `deadlineMs`). */
  readonly timeoutMs?: number;
  /** Give up at this instant, epoch milliseconds. */
  readonly deadlineMs?: number;
  /** Call with this token instead of the process' own service token. */
  readonly token?: string;
  /** W3C trace context to continue; the active span where absent. */
  readonly traceparent?: string;
  /** Marks a call that was forwarded. */
  readonly forwarded?: boolean;
  /** Where and when a call that is forwarded came in. */
  readonly entered?: CallEntry;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/**
 * One side of a stream of messages. Handlers are set right after the stream was had; messages are delivered in order, never inside the sender's turn.
 * A message belongs to nobody once it was sent: neither side changes it. `onClose` is called once, whatever ended the stream, and nothing after it.
 */
export interface MessageStream<In, Out> {
  /** Sends a message. False: the queue is at its bound; send no more until `onDrain`. A message sent all the same closes the stream with OVERLOADED at four times the bound. */
  send(message: Out): boolean;
  onMessage(handler: (message: In) => void): void;
  onDrain(handler: () => void): void;
  /** The other side will send no more. */
  onEnd(handler: () => void): void;
  /** The stream is over; an error unless the serving side ended it. */
  onClose(handler: (error: CallError | undefined) => void): void;
  /** This side will send no more. From the caller it is a half-close; from the serving side it ends the stream, without an error, for both. */
  end(): void;
  /** Ends the stream at once with an error for both sides (CANCELLED where none is given; the serving side always sees CANCELLED when the caller cancels). */
  cancel(error?: CallError): void;
}

type UnaryHandler<M> = (request: RequestOf<M>, call: Call) => Promise<ResponseOf<M>>;
type ServerStreamHandler<M> = (request: RequestOf<M>, stream: MessageStream<never, ResponseOf<M>>, call: Call) => void;
type BidiHandler<M> = (stream: MessageStream<RequestOf<M>, ResponseOf<M>>, call: Call) => void;

/** What a role implements to serve a contract. */
export type ServiceHandlers<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: D['methods'][K] extends { requestStream: true }
    ? BidiHandler<D['methods'][K]>
    : D['methods'][K] extends { responseStream: true }
      ? ServerStreamHandler<D['methods'][K]>
      : UnaryHandler<D['methods'][K]>;
};

type UnaryCall<M> = (request: RequestOf<M>, options: CallOptions) => Promise<ResponseOf<M>>;
type ServerStreamCall<M> = (request: RequestOf<M>, options: CallOptions) => MessageStream<ResponseOf<M>, never>;
type BidiCall<M> = (options: CallOptions) => MessageStream<ResponseOf<M>, RequestOf<M>>;

/** What a caller of a contract has. Unary calls reject with CallError. */
export type ServiceCalls<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: D['methods'][K] extends { requestStream: true }
    ? BidiCall<D['methods'][K]>
    : D['methods'][K] extends { responseStream: true }
      ? ServerStreamCall<D['methods'][K]>
      : UnaryCall<D['methods'][K]>;
};

/** How a process reaches services. */
export interface Calls {
  /** Any process that serves the contract: this one where it does. */
  any<D extends ServiceDefinition>(contract: ServiceContract<D>): ServiceCalls<D>;
  /** The process at the address (host:port): this one where the address is its own. */
  at<D extends ServiceDefinition>(contract: ServiceContract<D>, address: string): ServiceCalls<D>;
  /** Every known address of processes that serve the contract, own included. */
  addressesOf(contract: ServiceContract): readonly string[];
}
