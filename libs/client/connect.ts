/** The typed client of the public edge: what internal apps, the command line, the demo and the tests use. */
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  type CallOptions,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  type MessageStream,
  ORDER_READERS,
  ORDER_SERVICE,
  POSITION_SERVICE,
  type RequestOf,
  type ResponseOf,
  RISK_SERVICE,
  type ServiceContract,
  type ServiceDefinition,
} from '@switchyard/contracts';
import { type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import {
  type AccountCursor,
  type StreamOrderEventsRequest,
  type StreamOrderEventsResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type StreamPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { systemClock } from '@switchyard/kernel';
import { GrpcClients, type TlsFiles } from '@switchyard/platform/grpc-client';
import { newClOrdId } from './cl-ord-id.js';
import { followOrders, type FollowOptions, followSnapshots } from './follow.js';
import { callSafely, type Repeat } from './safe-call.js';

export interface ConnectOptions {
  /** host:port of an order-gateway, or of several: a call goes to one that can be reached. */
  readonly address: string | readonly string[];
  /** The token, or what gives it before each call: a provider hands out a new one before the old one expires. */
  readonly token: string | (() => string | Promise<string>);
  /** Deadline of a call that names none. Default 5000; of more than 30000 the platform counts 30000. */
  readonly timeoutMs?: number;
  readonly tls?: TlsFiles;
}

/** What one call may say. */
export interface CallSettings {
  /** Give up after this long. */
  readonly timeoutMs?: number;
  /** W3C trace context to continue. */
  readonly traceparent?: string;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** A message of which fields may be left out; the platform names those that it needs. */
export type Given<T> = T extends readonly (infer U)[]
  ? readonly Given<U>[]
  : T extends object
    ? { readonly [K in keyof T]?: Given<T[K]> }
    : T;

type Ask<M> = (request: Given<RequestOf<M>>, settings?: CallSettings) => Promise<ResponseOf<M>>;

const defaultTimeoutMs = 5_000;

export type SwitchyardClient = ReturnType<typeof connect>;

/** Connects to the platform. Nothing is sent before the first call, and a broken connection is made again by itself. Close it in the end. */
export function connect(options: ConnectOptions) {
  const { token, timeoutMs = defaultTimeoutMs } = options;
  const addresses = typeof options.address === 'string' ? [options.address] : options.address;
  if (addresses.length === 0) throw new Error('connect needs the address of at least one order-gateway');
  const log = { error: () => undefined };
  const clients = new GrpcClients({ auth: { serviceToken: () => '' }, clock: systemClock, log, tls: options.tls });
  const tokenOf = async () => (typeof token === 'string' ? token : await token());

  /** A unary method. `idField` is the caller's id in the request: made here where it is not given, so that repeating the call is safe. */
  function unary<D extends ServiceDefinition, K extends keyof D['methods'] & string>(
    contract: ServiceContract<D>,
    method: K,
    repeat: Repeat,
    idField?: 'clOrdId' | 'adjustmentId',
  ): Ask<D['methods'][K]> {
    const call = clients.calls(contract, addresses)[method] as (
      request: unknown,
      options: CallOptions,
    ) => Promise<ResponseOf<D['methods'][K]>>;
    const type = contract.definition.methods[method]?.requestType as unknown as { fromPartial(given: object): Record<string, unknown> };
    return async (given, settings = {}) => {
      const request = type.fromPartial(given as object);
      if (idField !== undefined && request[idField] === '') request[idField] = newClOrdId();
      const { signal, traceparent } = settings;
      const deadlineMs = Date.now() + (settings.timeoutMs ?? timeoutMs);
      const id = idField === undefined ? undefined : String(request[idField]);
      return callSafely(repeat, id, deadlineMs, signal, async () =>
        call(request, { deadlineMs, traceparent, signal, token: await tokenOf() }),
      );
    };
  }

  /** A method that answers with a stream. */
  function streaming<Message, Request = unknown>(
    contract: ServiceContract,
    method: string,
  ): (request: Request) => Promise<MessageStream<Message, never>> {
    const call = clients.calls(contract, addresses)[method] as (request: unknown, options: CallOptions) => MessageStream<Message, never>;
    return async (request) => call(request, { token: await tokenOf() });
  }

  const getAccount = unary(ACCOUNT_SERVICE, 'getAccount', 'read');
  const openOrderEvents = streaming<StreamOrderEventsResponse, StreamOrderEventsRequest>(ORDER_SERVICE, 'streamOrderEvents');
  const openPositions = streaming<StreamPositionsResponse>(POSITION_SERVICE, 'streamPositions');
  const openQuotes = streaming<StreamQuotesResponse>(MARKET_DATA_SERVICE, 'streamQuotes');

  /** "Only what comes" is turned into a cursor at once: across a break it would leave a gap. */
  async function fromNow({ accountId, accountSeq }: AccountCursor): Promise<AccountCursor> {
    if (accountSeq !== -1) return { accountId, accountSeq };
    const { account } = await getAccount({ accountId });
    return { accountId, accountSeq: account?.accountSeq ?? 0 };
  }

  return {
    orders: {
      /** Places an order; a clOrdId is made where none is given. A refusal is an answer: `order.ordStatus` DENIED, with reason, text and field. */
      place: unary(ORDER_SERVICE, 'placeOrder', 'same-id', 'clOrdId'),
      /** Cancels what is left of an order, named by `orderId` or `origClOrdId`. */
      cancel: unary(ORDER_SERVICE, 'cancelOrder', 'same-id', 'clOrdId'),
      /** Replaces total quantity and prices of an order. */
      replace: unary(ORDER_SERVICE, 'replaceOrder', 'same-id', 'clOrdId'),
      /** Cancels every open order of an account. */
      cancelAll: unary(ORDER_SERVICE, 'cancelAll', 'same-id', 'clOrdId'),
      /** Judges an order as `place` would, without placing it. */
      preview: unary(ORDER_SERVICE, 'previewOrder', 'read'),
      /** Reads an order by `orderId` or `clOrdId`. */
      get: unary(ORDER_SERVICE, 'getOrder', 'read'),
      /** Reads a page of orders, newest first. */
      list: unary(ORDER_SERVICE, 'listOrders', 'read'),
      /** An order's life on one timeline. */
      explain: unary(ORDER_SERVICE, 'explainOrder', 'read'),
      /** Every fact of the accounts after their cursors (`accountSeq` 0: from the beginning; -1: only what comes), each once and in order, over every break. */
      async *follow(cursors: readonly AccountCursor[], followOptions?: FollowOptions): AsyncGenerator<OrderEvent> {
        yield* followOrders(openOrderEvents, await Promise.all(cursors.map(fromNow)), followOptions);
      },
    },
    accounts: {
      /** Opens an account or changes its name and routes. Role `admin`. */
      put: unary(ACCOUNT_SERVICE, 'putAccount', 'never'),
      get: getAccount,
      /** The accounts that the token may see. */
      list: unary(ACCOUNT_SERVICE, 'listAccounts', 'read'),
      /** Books cash once per `adjustmentId`. Role `admin`. */
      adjustCash: unary(ACCOUNT_SERVICE, 'adjustCash', 'same-id', 'adjustmentId'),
      /** Changes what an account may do. Role `risk-officer`. */
      setTradingState: unary(ACCOUNT_SERVICE, 'setTradingState', 'never'),
    },
    positions: {
      list: unary(POSITION_SERVICE, 'listPositions', 'read'),
      get: unary(POSITION_SERVICE, 'getPosition', 'read'),
      /** The ledger of an account, newest first. */
      ledger: unary(POSITION_SERVICE, 'listLedger', 'read'),
      /** Folds an account again from the journal and compares it with what is stored. Role `ops`. */
      verify: unary(POSITION_SERVICE, 'verifyAccount', 'read'),
      /** The positions of an account, then those that change. */
      follow: (accountId: string, followOptions?: FollowOptions) => followSnapshots(() => openPositions({ accountId }), followOptions),
    },
    instruments: {
      /** Reads an instrument by its id or EXCHANGE:SYMBOL. */
      get: unary(INSTRUMENT_SERVICE, 'getInstrument', 'read'),
      search: unary(INSTRUMENT_SERVICE, 'searchInstruments', 'read'),
    },
    quotes: {
      /** The latest quotes of `instrumentIds`. */
      get: unary(MARKET_DATA_SERVICE, 'getQuotes', 'read'),
      /** The quotes of the instruments (all where none is named), then those that change. */
      follow: (instrumentIds: readonly string[], followOptions?: FollowOptions) =>
        followSnapshots(() => openQuotes({ instrumentIds }), followOptions),
    },
    risk: {
      /** Limits, exposure and trading state of an account. */
      state: unary(RISK_SERVICE, 'getRiskState', 'read'),
      /** Changes limits: a new version. Role `risk-officer`. */
      setLimits: unary(RISK_SERVICE, 'setLimits', 'never'),
      /** Engages a halt. Role `risk-officer`. */
      halt: unary(RISK_SERVICE, 'halt', 'never'),
      /** Releases a halt. Role `risk-officer`. */
      release: unary(RISK_SERVICE, 'release', 'never'),
      /** The halts in force. */
      halts: unary(RISK_SERVICE, 'listHalts', 'read'),
    },
    sessions: {
      /** Creates or changes a broker session. Role `admin`. */
      put: unary(BROKER_SERVICE, 'putSession', 'never'),
      list: unary(BROKER_SERVICE, 'listSessions', 'read'),
      /** An operator decides a broker request in doubt. Role `ops`. */
      resolveDoubt: unary(BROKER_SERVICE, 'resolveDoubt', 'never'),
    },
    /** What could not be applied and waits for an operator. Role `ops`. */
    readers: {
      /** What a `reader` parked: `orders` or `positions`. */
      parked: unary(ORDER_READERS, 'listParked', 'read'),
      /** Applies what is parked of a `key` again; asked twice it is done once. */
      replay: unary(ORDER_READERS, 'replayParked', 'never'),
    },
    /** Closes the connections; streams end. */
    close: () => clients.close(),
  };
}
