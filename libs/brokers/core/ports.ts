// What a broker session needs from outside: durable storage, time, and somebody to tell.
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { type Clock } from '@switchyard/kernel';
import { type BrokerRequest } from './request.js';

/** A report and the stream it belongs to, `session/<id>/<shard>`. */
export interface ShardReport {
  readonly shard: number;
  readonly report: Report;
  /** W3C trace context; may be empty. */
  readonly traceparent: string;
}

/** A trade as the session keeps it: unique by broker account and trade id. */
export interface SessionTrade {
  readonly brokerAccountId: string;
  readonly tradeId: string;
  readonly instrumentId: string;
  /** Scaled, negative for a sell. */
  readonly signedQty: bigint;
}

/** What becomes durable together, in one fenced statement. */
export interface SessionChange {
  readonly sessionId: string;
  /** New rows, SENDING or NOT_SENT. */
  readonly inserts: readonly BrokerRequest[];
  /** Rows that moved to another state. */
  readonly updates: readonly BrokerRequest[];
  readonly trades: readonly SessionTrade[];
  readonly reports: readonly ShardReport[];
  /** The broker's cursor up to which everything is contained; undefined leaves it. */
  readonly cursor: string | undefined;
  /** Write only while this is the halt version in force; undefined writes always. */
  readonly judgedHaltVersion: number | undefined;
}

/**
 * How a change ended. `halts-changed`: nothing written, judge again; every judged change that was appended after it ends so too, in order. `exists`: nothing written, a request of this id is stored already.
 * Everything else rejects with SessionLostError: the process no longer owns the session, or can't know whether the change was written.
 */
export type ChangeOutcome = 'committed' | 'halts-changed' | 'exists';

export interface SessionStore {
  append(change: SessionChange): Promise<ChangeOutcome>;
  /** The stored request of this id; undefined when there is none. Rejects when it can't be read. */
  requestById(brokerRequestId: string): Promise<BrokerRequest | undefined>;
  /** The stored request of this tag; undefined when there is none. Rejects when it can't be read. */
  requestByTag(tag: string): Promise<BrokerRequest | undefined>;
  /** Sum of the stored trades, scaled, negative is short. Rejects when it can't be read. */
  netQty(brokerAccountId: string, instrumentId: string): Promise<bigint>;
}

/** The session is not this process' any more: drop everything. */
export class SessionLostError extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = 'SessionLostError';
  }
}

/** Calls something later. */
export interface Timers {
  /** @returns cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** Who must be told what can't be helped by the machine. */
export interface Pager {
  page(text: string, facts: Readonly<Record<string, string>>): void;
}

/** Named points at which a test ends the process; nothing in production. */
export type Failpoint = (name: 'brokers.after-write-ahead' | 'brokers.before-report') => void | Promise<void>;

export interface SessionContext {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly store: SessionStore;
  readonly pager: Pager;
  readonly failpoint: Failpoint;
  /** Name of this process, for reports. */
  readonly process: string;
}
