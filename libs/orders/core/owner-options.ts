// What an owner is built from: its ports, its bounds, and what was flushed.
import { type OrderContent } from '@switchyard/contracts';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { assert, type Clock } from '@switchyard/kernel';
import { type Account } from './account.js';
import { type CreditBook } from './credits.js';
import { type Order } from './order.js';
import {
  type Alarm,
  type Dispatcher,
  type HaltBook,
  type InstrumentBook,
  type OrderJournal,
  type Refusal,
  type RiskGate,
  type SessionBook,
} from './ports.js';

/** Bounds of one owner, each with its unit. */
export interface OwnerLimits {
  /** How long risk may take for one order. */
  readonly riskDeadlineMs: number;
  /** How long a new order waits for a session that takes none yet, at most; then it is refused. */
  readonly sessionWaitMs: number;
  /** How long after its acceptance an order or replace may be sent at the latest; `content.sendBeforeMs` may be earlier. */
  readonly sendWithinMs: number;
  /** Final orders kept in memory, at most; older ones leave once they were flushed. */
  readonly finalOrdersMax: number;
  /** How long a final order stays in memory. */
  readonly finalOrderRetentionMs: number;
  /** Reports that go into one change, at most. */
  readonly reportsPerChangeMax: number;
  /** Reports of one session that wait in memory, at most; beyond, the stream is attached again. */
  readonly reportsQueuedMax: number;
}

/** The bounds where nothing else is said. */
export const ownerLimits: OwnerLimits = Object.freeze({
  riskDeadlineMs: 50,
  sessionWaitMs: 1_000,
  sendWithinMs: 60_000,
  finalOrdersMax: 1_000,
  finalOrderRetentionMs: 5_000,
  reportsPerChangeMax: 256,
  reportsQueuedMax: 4_096,
});

/** Whole bounds from some. @throws InvariantError when they contradict each other. */
export function ownerLimitsOf(some: Partial<OwnerLimits> = {}): OwnerLimits {
  const limits = { ...ownerLimits, ...some };
  for (const [name, value] of Object.entries(limits)) assert(Number.isInteger(value) && value >= 0, `${name} is a whole number from 0`);
  assert(limits.reportsPerChangeMax >= 1, 'a change takes at least one report');
  assert(limits.reportsQueuedMax >= limits.reportsPerChangeMax, 'as many reports may wait as go into one change');
  assert(limits.sendWithinMs > limits.riskDeadlineMs, 'an order may be sent for longer than risk may take');
  return limits;
}

export interface AccountOwnerOptions {
  /** 0 to 255. */
  readonly shard: number;
  /** Name of this process. */
  readonly process: string;
  readonly journal: OrderJournal;
  readonly risk: RiskGate;
  readonly dispatcher: Dispatcher;
  readonly instruments: InstrumentBook;
  readonly sessions: SessionBook;
  readonly halts: HaltBook;
  /** One a process. */
  readonly credits: CreditBook;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** That many random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** "YYYY-MM-DD" in the market's time zone; see `indianTradingDate`. */
  readonly tradingDateOf: (atMs: number) => string;
  readonly alarm: (alarm: Alarm) => void;
  readonly limits?: Partial<OwnerLimits>;
}

/** Where the reports of one session end in the journal. */
export interface SessionCursor {
  readonly sessionId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What was flushed of a shard, and its cursors: together with the journal after the flushed sequence it is the whole state. */
export interface ShardSnapshot {
  readonly accounts: readonly Account[];
  /** All that are not final by their rows. */
  readonly orders: readonly Order[];
  /** The journal's cursor rows as they are now: reader `orders`, stream `session/<id>/<shard>`. */
  readonly cursors: readonly SessionCursor[];
}

/** An event of the journal's tail, with its sequence in `orders/<shard>`. */
export interface TailEvent {
  readonly seq: number;
  readonly event: OrderEvent;
}

/** Accounts and orders that changed since they were taken last, as they are now: to be written together. */
export interface DirtyState {
  /** Every committed event up to this sequence of `orders/<shard>` is in these rows or in earlier ones. */
  readonly seq: number;
  readonly accounts: readonly Account[];
  readonly orders: readonly Order[];
}

/** Who calls, as the edge knows it. */
export interface Caller {
  /** The token's subject. */
  readonly actor: string;
  readonly receivedAtMs: number;
  /** The process that the call came in at; empty where it is this one. */
  readonly receivedBy: string;
  /** Answer before this instant or not at all. */
  readonly deadlineMs: number;
  readonly traceparent: string;
}

/** What risk's Preview needs: the order with its instrument id, and where it would go; or why the door would refuse it. */
export interface PreparedPreview {
  readonly account: Account;
  readonly content: OrderContent;
  readonly route: Route;
  readonly broker: string;
  readonly refusal: Refusal | undefined;
}
