// What the judge judges by: the load generator's log, the witness' log, the database, the topic and what services answer, as plain records.
import { type LoadRecord } from './load.js';
import { type Message } from './wire.js';

/** A command as the venue was asked. */
export interface VenueCommand {
  readonly atMs: number;
  readonly stream: number;
  readonly kind: 'newOrder' | 'cancel' | 'replace';
  /** True where the wire broke first: the venue never saw it. */
  readonly dropped: boolean;
  readonly tag: string;
  readonly command: Message;
}

/** An execution as the venue told it; the same one may have been told on several streams. */
export interface VenueExecution {
  readonly session: string;
  readonly seq: number;
  readonly execution: Message;
}

/** The journals whose rows are published. */
export const journalNames = ['orders', 'positions', 'risk', 'matching'] as const;
export type JournalName = (typeof journalNames)[number];

/** A row of a journal, or a message of a topic. Both have its bytes. */
export interface SequencedRow {
  readonly stream: string;
  readonly seq: number;
  readonly key: string;
  /** Chained over the stream up to here, in hex. */
  readonly hash: string;
  readonly payload: Buffer;
}

export interface TopicMessage extends SequencedRow {
  readonly partition: number;
}

/** A fact of the journal. */
export interface JournalFact {
  readonly stream: string;
  readonly seq: number;
  readonly event: Message;
}

export interface AccountEvidence {
  readonly accountId: string;
  readonly brokerAccountId: string;
  /** Limit of the value of all open orders, decimal. */
  readonly openValueMax: string;
  /** What risk says. */
  readonly openValue: string;
  readonly openOrders: number;
}

export interface PositionEvidence {
  readonly accountId: string;
  readonly instrumentId: string;
  readonly netQty: string;
}

/** A stored position. Quantities are decimals; costs are whole numbers, scaled by 10^18. */
export interface BookEvidence {
  readonly accountId: string;
  readonly brokerAccountId: string;
  readonly instrumentId: string;
  readonly product: string;
  readonly currency: string;
  readonly netQty: string;
  readonly boughtQty: string;
  readonly soldQty: string;
  readonly openNotional: string;
  readonly boughtNotional: string;
  readonly soldNotional: string;
  /** What its trades were charged, decimal. */
  readonly fees: string;
  /** account_seq of the last trade. */
  readonly accountSeq: number;
}

/** An order's row. Quantities are whole numbers, scaled by 10^9; the notional by 10^18. */
export interface OrderRowEvidence {
  readonly orderId: string;
  /** Name in common.v1.OrdStatus. */
  readonly ordStatus: string;
  readonly isFinal: boolean;
  readonly orderQty: string;
  readonly cumQty: string;
  readonly notional: string;
  /** account_seq of the last fact in it. */
  readonly accountSeq: number;
}

export interface PostingEvidence {
  readonly accountId: string;
  readonly accountSeq: number;
  readonly line: number;
  readonly book: string;
  readonly currency: string;
  readonly amount: string;
  readonly atMs: number;
  readonly ref: string;
}

/** A halt: between these instants every process had it in force. */
export interface HaltEvidence {
  /** Empty: all accounts. */
  readonly accountId: string;
  readonly engagedAtMs: number;
  readonly releasedAtMs: number;
}

export interface Evidence {
  /** Id of each instrument by its listing, "NSE:INFY". */
  readonly instruments: ReadonlyMap<string, string>;
  readonly accounts: readonly AccountEvidence[];
  readonly load: readonly LoadRecord[];
  readonly commands: readonly VenueCommand[];
  readonly executions: readonly VenueExecution[];
  /** By stream and sequence. */
  readonly facts: readonly JournalFact[];
  /** The rows of each journal, by stream and sequence. */
  readonly journals: Readonly<Record<JournalName, readonly SequencedRow[]>>;
  /** The messages of each topic, by the name without its environment; those of one partition in their order. */
  readonly topics: Readonly<Record<string, readonly TopicMessage[]>>;
  readonly requests: readonly {
    readonly accountId: string;
    readonly requestId: string;
    readonly orderId: string;
    readonly scope: string;
  }[];
  readonly positions: readonly PositionEvidence[];
  readonly books: readonly BookEvidence[];
  readonly orderRows: readonly OrderRowEvidence[];
  /** Up to which sequence of each stream the owner says to have written orders to their rows. */
  readonly flushed: ReadonlyMap<string, number>;
  /** The venue's own view. */
  readonly venuePositions: readonly PositionEvidence[];
  /** The trades that the tracker has folded. */
  readonly trackedTrades: readonly { readonly accountId: string; readonly tradeId: string }[];
  readonly parked: readonly string[];
  readonly cash: readonly { readonly accountId: string; readonly currency: string; readonly balance: string }[];
  readonly postings: readonly PostingEvidence[];
  readonly halts: readonly HaltEvidence[];
  /** What was not drained when the time was up; empty when all was. */
  readonly undrained: readonly string[];
}
