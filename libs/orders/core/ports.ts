// What the owner of a shard needs from outside: its journal, risk, the connectors, and the books of instruments, sessions and halts.
// Every port says in its type what it can answer; none of them throws for what it can foresee.
import { type Halt, type OrderContent, type Reason, type RequestKind } from '@switchyard/contracts';
import { type Command, type SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Order } from './order.js';

/** The numbers that a row gets when its statement is built. */
export interface EntryNumbers {
  /** Sequence in the stream `orders/<shard>`. */
  readonly seq: number;
  /** accountSeq: gapless per account. */
  readonly keySeq: number;
  readonly atMs: number;
}

/** One row to append; the same shape as the journal library's Entry. */
export interface OwnerEntry {
  readonly stream: string;
  /** The account. */
  readonly key: string;
  readonly traceparent: string;
  /** Encodes the event; called again, with other numbers, when the statement is built again. Throws ApprovalLapsedError. */
  encode(numbers: EntryNumbers): Uint8Array;
}

/** What a caller's id identifies: an order request (clOrdId), or a cash adjustment. */
export type RequestScope = 'clOrdId' | 'adjustmentId';

/** Unique by (accountId, scope, requestId) for ever; points to the journal row that answered the request. */
export interface RequestRow {
  readonly accountId: string;
  readonly scope: RequestScope;
  readonly requestId: string;
  /** The order that the request concerns; empty for an adjustment. */
  readonly orderId: string;
  /** Sequence of the answering row in `orders/<shard>`; readable once the change's entries were encoded. */
  readonly seq: number;
}

/** What belongs to one risk group for ever: an account, and a broker account that accounts of the group route to. */
export type ClaimKind = 'account' | 'brokerAccount';

/** Unique by (kind, id). A claim that the group holds already is no conflict; one that another group holds is. */
export interface ClaimRow {
  readonly kind: ClaimKind;
  readonly id: string;
  readonly riskGroupId: string;
}

/** A report that could not be applied: kept until an operator has it replayed. One row a report. */
export interface ParkedRow {
  readonly reader: string;
  readonly stream: string;
  /** The account. */
  readonly key: string;
  /** Its sequence in the stream. */
  readonly fromSeq: number;
  readonly error: string;
  /** The report as the connector encoded it; empty where an older version parked it. */
  readonly payload: Uint8Array;
}

/** Rows that go into the same statement as the journal rows. */
export interface OwnerRows {
  readonly requests: readonly RequestRow[];
  readonly claims: readonly ClaimRow[];
  /** Parked now, or still parked with another error. */
  readonly parked: readonly ParkedRow[];
  /** Parked no more: their rows are deleted. */
  readonly unparked: readonly ParkedRow[];
}

/** Where a reader of a stream is. */
export interface StreamCursor {
  readonly reader: string;
  readonly stream: string;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What is written by one statement, or not at all. `entries` may be empty where only a cursor moves. */
export interface OwnerChange {
  readonly unit: string;
  readonly entries: readonly OwnerEntry[];
  readonly cursors?: readonly StreamCursor[];
  readonly extra?: OwnerRows;
  /** Asked when the statement is built, each time: false means that risk's approval has lapsed, and nothing of the change may be written. */
  readonly stillValid?: () => boolean;
}

/**
 * `committed`: durable. `conflict`: nothing written, since a request id or a claim is taken. `lapsed`: nothing written, since `stillValid` said no (or `encode`
 * threw ApprovalLapsedError). `refused`: nothing written, the database refused the rows themselves. `lost`: this process owns the shard no more;
 * `maybeWritten` when the commit's outcome is unknown.
 */
export type AppendOutcome =
  | { readonly kind: 'committed'; readonly rows: readonly JournalRow[] }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'lapsed' }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'lost'; readonly maybeWritten: boolean };

/** Thrown by `encode` when the approval behind the entry has lapsed: a journal that did not ask `stillValid` can't write it either. */
export class ApprovalLapsedError extends Error {
  override readonly name = 'ApprovalLapsedError';
}

/** The shard's journal in Postgres. Changes are written, and their outcomes told, in the order of the calls. */
export interface OrderJournal {
  append(change: OwnerChange): Promise<AppendOutcome>;
  /** The committed event that answered the request; undefined when there is none. Rejects when the table can't be read. */
  findRequest(accountId: string, scope: RequestScope, requestId: string): Promise<OrderEvent | undefined>;
  /** The risk group that holds the claim; undefined when nobody does. Rejects when the table can't be read. */
  findClaim(kind: ClaimKind, id: string): Promise<string | undefined>;
  /** The stored row of an order of this account; undefined when there is none. Rejects when the table can't be read. */
  findOrder(accountId: string, orderId: string): Promise<Order | undefined>;
  /** What is parked of an account on a stream, in the stream's order. Rejects when the table can't be read. */
  findParked(stream: string, key: string): Promise<readonly ParkedRow[]>;
}

/** What risk is asked to judge. */
export interface RiskCheck {
  readonly shard: number;
  readonly accountId: string;
  readonly kind: RequestKind.NEW | RequestKind.REPLACE;
  readonly orderId: string;
  /** The order as it would be. */
  readonly content: OrderContent;
  readonly brokerAccountId: string;
  readonly broker: string;
  /** Decide before this instant or not at all. */
  readonly deadlineMs: number;
  readonly traceparent: string;
}

/** Risk's permission, good only while the attach that gave it stands. */
export interface Approval {
  /** False for ever once the attach broke. */
  valid(): boolean;
  /** The approved change will never be in the journal: the reservation is dropped. Does nothing after the attach broke. */
  abandon(): void;
}

export type RiskVerdict =
  | { readonly kind: 'approved'; readonly decision: RiskDecision; readonly approval: Approval }
  | { readonly kind: 'refused'; readonly decision: RiskDecision }
  | { readonly kind: 'unavailable'; readonly text: string };

/** The stream to risk. Verdicts come in the order of the checks of a shard. Never rejects. */
export interface RiskGate {
  check(check: RiskCheck): Promise<RiskVerdict>;
}

/** The streams to the connectors. Whatever is not delivered is sent again by `AccountOwner.redispatch`, so nothing here fails. */
export interface Dispatcher {
  send(shard: number, sessionId: string, command: Command): void;
  /** The journal holds the session's reports up to here. Of several only the last may be told. */
  ack(shard: number, sessionId: string, seq: number): void;
  /** A gap was found: attach again from the owner's cursor. */
  reattach(shard: number, sessionId: string, text: string): void;
}

export interface ResolvedInstrument {
  readonly instrumentId: string;
  /** Currency of its prices, ISO 4217. */
  readonly currency: string;
}

/** The instruments that this process knows. */
export interface InstrumentBook {
  /** By instrument id or EXCHANGE:SYMBOL. NOT_READY while not all of them were read: one that is missing then may be there. */
  resolve(
    text: string,
  ): ResolvedInstrument | { readonly reason: Reason.INSTRUMENT_UNKNOWN | Reason.INSTRUMENT_AMBIGUOUS | Reason.NOT_READY };
}

export interface SessionInfo {
  /** The broker's code. */
  readonly broker: string;
  readonly state: SessionState;
}

/** A refusal as it is stored and answered. */
export interface Refusal {
  readonly reason: Reason;
  /** A sentence. */
  readonly text: string;
  /** Path of the field, for example "content.price"; empty where none is to blame. */
  readonly field: string;
}

/** The broker sessions that this process knows. */
export interface SessionBook {
  session(sessionId: string): SessionInfo | undefined;
  /** Resolves when a session changed, or what one grants; at the latest after so many milliseconds. */
  changed(withinMs: number): Promise<void>;
  /** What the session's broker can't do with this order, by its capabilities. */
  unsupported(sessionId: string, content: OrderContent): Refusal | undefined;
}

/** What a halt may cover. */
export interface HaltSubject {
  readonly accountId: string;
  readonly broker: string;
  readonly strategyId: string;
  readonly instrumentId: string;
}

/** The halts in force at this process. */
export interface HaltBook {
  covering(subject: HaltSubject): Halt | undefined;
}

/** What operators are told at once. */
export type Alarm =
  /** A report contradicts what we know: it is parked, and the account became CANCEL_ONLY. */
  | {
      readonly kind: 'contradiction';
      readonly accountId: string;
      readonly orderId: string;
      readonly stream: string;
      readonly seq: number;
      readonly text: string;
    }
  /** A trade after the final state, or beyond the quantity. */
  | { readonly kind: 'late-trade'; readonly accountId: string; readonly orderId: string; readonly tradeId: string }
  /** A session's reports are not what they were: nothing more is taken from this stream. */
  | { readonly kind: 'stream-conflict'; readonly stream: string; readonly seq: number; readonly text: string };
