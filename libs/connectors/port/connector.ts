// What a broker is to us: one session of it. A connector talks; what is sent, when, and what the answers mean for an order is decided by brokers/core.
import { type Calls, type OrderContent, type Reason } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type BrokerCapabilities } from './capabilities.js';
import { type Execution } from './execution.js';

interface RequestBase {
  /** The request's own tag: unique for ever, at most as the capabilities say. */
  readonly tag: string;
  readonly brokerAccountId: string;
  readonly instrumentId: string;
  /** W3C trace context; may be empty. */
  readonly traceparent: string;
  /**
   * Called once, synchronously, right before the bytes leave; it must not be called earlier. False: they must not leave (the write-ahead is too old, or
   * something came first) and the outcome is `not-sent`. True: the caller noted the instant, and from here on an unclear end is `in-doubt`.
   */
  beforeSocketWrite(): boolean;
}

export interface SubmitRequest extends RequestBase {
  /** The order; `instrument` is the instrument id. */
  readonly content: OrderContent;
}

export interface ReplaceRequest extends RequestBase {
  /** Tag of the request that placed the order. */
  readonly targetTag: string;
  /** The broker's id of the order. */
  readonly brokerOrderId: string;
  /** The order as it should be; `orderQty` is the total. */
  readonly content: OrderContent;
}

export interface CancelRequest extends RequestBase {
  readonly targetTag: string;
  readonly brokerOrderId: string;
}

/** How a request ended, as far as this side can know. */
export type SubmitOutcome =
  /** The broker has the request. A placement is in force; a cancel or replace may still be under way where the broker answers before it acts. */
  | { readonly kind: 'accepted'; readonly brokerOrderId: string }
  /** The broker said no, unambiguously. */
  | { readonly kind: 'refused'; readonly reason: Reason; readonly text: string }
  /** Proven: no byte of it left. */
  | { readonly kind: 'not-sent'; readonly reason: Reason; readonly text: string }
  /** It may have arrived: no answer, a broken connection, an answer that proves nothing. Never to be sent again. */
  | { readonly kind: 'in-doubt'; readonly text: string };

/** What a look-up by tag found. A failed read is `unknown`, never `absent`. */
export type LookUp =
  | {
      readonly kind: 'found';
      /** The broker's id of the order that the request placed or names; empty if the request was refused before there was one. */
      readonly brokerOrderId: string;
      /** Everything the broker has on the request and its order, oldest first, with the ids that the stream gives them too. */
      readonly executions: readonly Execution[];
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly text: string };

/** The broker's view of a position. A failed read is `unknown`, never flat. */
export type BrokerPosition =
  | { readonly kind: 'known'; /** Decimal, negative is short. */ readonly netQty: string }
  | { readonly kind: 'unknown'; readonly text: string };

/**
 * `ready`: logged in, and everything that the broker had at that moment was delivered. `cancels`: the same, but the broker takes cancels only as yet: orders and replaces
 * are answered `not-sent`. `down`: all requests are.
 */
export type ConnectorState = 'ready' | 'cancels' | 'down';

/** Who hears of the session. It is never called inside a call of its own into the connector. */
export interface SessionListener {
  onState(state: ConnectorState, text: string): void;
  /** At least once, in the broker's order: after every reconnect all that follows the last confirmed cursor comes again. */
  onExecution(execution: Execution): void;
}

export interface ConnectOptions {
  /** The cursor of the last execution that is durable on this side; empty for all. */
  readonly fromCursor: string;
  /** Ends the session: pending requests end (`not-sent` or `in-doubt`), and the listener is not called any more. */
  readonly signal: AbortSignal;
}

/** One session of one broker. Every method answers with a value; only a defect throws. */
export interface BrokerConnector {
  readonly capabilities: BrokerCapabilities;
  /** Logs in and stays logged in: reconnects by itself (with growing pauses) until the signal ends it. Called once. */
  connect(listener: SessionListener, options: ConnectOptions): void;
  /** The listener's side has made everything up to this cursor durable: it is not delivered again. */
  confirm(cursor: string): void;
  /**
   * Places an order. The fact that ends it (`new`, `rejected`, …) is delivered to the listener before the promise resolves.
   * @param deadlineMs the instant (epoch milliseconds) at which waiting ends: `not-sent` if nothing has left by then, else `in-doubt`.
   */
  submit(request: SubmitRequest, deadlineMs: number): Promise<SubmitOutcome>;
  replace(request: ReplaceRequest, deadlineMs: number): Promise<SubmitOutcome>;
  cancel(request: CancelRequest, deadlineMs: number): Promise<SubmitOutcome>;
  /** Whether the broker has the request of this tag. */
  lookUp(tag: string, deadlineMs: number): Promise<LookUp>;
  position(brokerAccountId: string, instrumentId: string, deadlineMs: number): Promise<BrokerPosition>;
}

/** What a connector is made from; `broker` picks the factory. */
export interface ConnectorContext {
  readonly sessionId: string;
  readonly brokerAccountIds: readonly string[];
  readonly calls: Calls;
  readonly clock: Clock;
}

export type ConnectorFactory = (context: ConnectorContext) => BrokerConnector;
