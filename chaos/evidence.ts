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
  /** The tracker's own replay agrees with what it stored. */
  readonly verified: boolean;
}

export interface PositionEvidence {
  readonly accountId: string;
  readonly instrumentId: string;
  readonly netQty: string;
}

export interface PostingEvidence {
  readonly accountId: string;
  readonly accountSeq: number;
  readonly book: string;
  readonly currency: string;
  readonly amount: string;
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
  readonly accounts: readonly AccountEvidence[];
  readonly load: readonly LoadRecord[];
  readonly commands: readonly VenueCommand[];
  readonly executions: readonly VenueExecution[];
  /** By stream and sequence. */
  readonly facts: readonly JournalFact[];
  /** "stream#seq" of every message of orders.v1. */
  readonly published: ReadonlySet<string>;
  readonly requests: readonly {
    readonly accountId: string;
    readonly requestId: string;
    readonly orderId: string;
    readonly scope: string;
  }[];
  readonly positions: readonly PositionEvidence[];
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
