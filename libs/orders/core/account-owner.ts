// The owner of one shard: takes the commands of its accounts one after another, makes them durable, answers, and dispatches (architecture.md 5).
import { type OrderContent } from '@switchyard/contracts';
import { type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type OrderEvent, type Route } from '@switchyard/contracts/gen/orders/v1/events';
import {
  type AdjustCashRequest,
  type AdjustCashResponse,
  type CancelAllRequest,
  type CancelAllResponse,
  type CancelOrderRequest,
  type CancelOrderResponse,
  type PlaceOrderRequest,
  type PlaceOrderResponse,
  type PreviewOrderRequest,
  type PutAccountRequest,
  type PutAccountResponse,
  type ReplaceOrderRequest,
  type ReplaceOrderResponse,
  type SetTradingStateRequest,
  type SetTradingStateResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type Clock } from '@switchyard/kernel';
import { type Account } from './account.js';
import { type CreditBook } from './credits.js';
import { type Order } from './order.js';
import { type Alarm, type Dispatcher, type HaltBook, type InstrumentBook, type OrderJournal, type RiskGate, type SessionBook } from './ports.js';

/** Bounds of one owner, each with its unit. */
export interface OwnerLimits {
  /** How long risk may take for one order. */
  readonly riskDeadlineMs: number;
  /** Final orders kept in memory, at most; older ones leave once they were flushed. */
  readonly finalOrdersMax: number;
  /** How long a final order stays in memory. */
  readonly finalOrderRetentionMs: number;
  /** Reports that go into one change, at most. */
  readonly reportsPerChangeMax: number;
  /** Reports that wait in memory per session, at most; beyond, the stream is attached again. */
  readonly reportsQueuedMax: number;
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

/** What was flushed of a shard, and its cursors: together with the journal after `seq` it is the whole state. */
export interface ShardSnapshot {
  readonly accounts: readonly Account[];
  /** All that are not final by their rows. */
  readonly orders: readonly Order[];
  /** From the journal's cursor rows now, reader `orders`. */
  readonly cursors: readonly SessionCursor[];
}

/** Accounts and orders that changed since they were flushed, as they are now. */
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
  /** Answer before this instant or not at all. */
  readonly deadlineMs: number;
  readonly traceparent: string;
}

/** An event that is in the journal. */
export interface CommittedEvent {
  /** Sequence in `orders/<shard>`. */
  readonly seq: number;
  readonly event: OrderEvent;
  readonly payload: Uint8Array;
}

/** What risk's Preview needs: the order with its instrument id, and where it would go. */
export interface PreparedPreview {
  readonly account: Account;
  readonly content: OrderContent;
  readonly route: Route;
  readonly broker: string;
}

/** The one writer of a shard's accounts. Commands reject with CallError only. */
export declare class AccountOwner {
  /** Builds the owner from what was flushed and the journal's events after it, in order. Call `redispatch` for every session once attached. */
  static recover(options: AccountOwnerOptions, snapshot: ShardSnapshot, tail: readonly { readonly seq: number; readonly event: OrderEvent }[]): AccountOwner;
  readonly shard: number;

  place(request: PlaceOrderRequest, caller: Caller): Promise<PlaceOrderResponse>;
  cancel(request: CancelOrderRequest, caller: Caller): Promise<CancelOrderResponse>;
  replace(request: ReplaceOrderRequest, caller: Caller): Promise<ReplaceOrderResponse>;
  cancelAll(request: CancelAllRequest, caller: Caller): Promise<CancelAllResponse>;
  putAccount(request: PutAccountRequest, caller: Caller): Promise<PutAccountResponse>;
  setTradingState(request: SetTradingStateRequest, caller: Caller): Promise<SetTradingStateResponse>;
  adjustCash(request: AdjustCashRequest, caller: Caller): Promise<AdjustCashResponse>;
  /** Resolves a preview; throws CallError. */
  preparePreview(request: PreviewOrderRequest): PreparedPreview;

  /** Takes reports of `session/<sessionId>/<shard>` in their order; acknowledged through the dispatcher once committed. */
  takeReports(sessionId: string, rows: readonly ReportRow[]): void;
  /** The last report that is in the journal: what to attach with. */
  cursorOf(sessionId: string): SessionCursor;
  /** Sends everything of this session that has no report again, oldest first: call it after every (re)attach. */
  redispatch(sessionId: string): void;
  /** The sessions that the shard's accounts and open orders name: what to attach to. */
  sessionIds(): readonly string[];

  account(accountId: string): Account | undefined;
  accounts(): Iterable<Account>;
  /** An order in memory: every open one, and the final ones of late. */
  order(orderId: string): Order | undefined;
  /** accountSeq by account: what the journal needs at acquisition. */
  keySeqs(): ReadonlyMap<string, number>;
  /** Called after every commit, in journal order, with what was committed. Returns the function that ends it. */
  onCommitted(listener: (events: readonly CommittedEvent[]) => void): () => void;

  /** Resolves when every append that was under way at the call has its outcome. */
  settled(): Promise<void>;
  /** What must be written to the rows; undefined when nothing changed. */
  takeDirty(): DirtyState | undefined;
  /** The rows of `takeDirty` are written: final orders among them may leave memory. */
  flushed(dirty: DirtyState): void;
  /** The rows could not be written: they are dirty again. */
  flushFailed(dirty: DirtyState): void;
  /** Planned move: takes no new command; resolves when what is under way has its outcome. */
  drain(): Promise<void>;
  /** The shard is lost: every call under way and to come gets UNAVAILABLE with UNKNOWN_RETRY_SAME_ID or NOT_OWNER; credits are given back. */
  close(): void;
}
