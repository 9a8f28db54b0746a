/** The words of the journal library: what a noun appends, what it is told, and what it may set. */
import { type Clock } from '@switchyard/kernel';
import { type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type EventBus } from '../bus/types.js';

export { type JournalRow };

/** The numbers of an entry, known when its statement is built. */
export interface EntryNumbers {
  /** In the stream, from 1, gapless. */
  readonly seq: number;
  /** In (unit, key), from 1, gapless: the accountSeq of orders. */
  readonly keySeq: number;
  /** When the statement was built, epoch milliseconds. */
  readonly atMs: number;
}

/** One event to be appended. */
export interface Entry {
  /** The unit itself, or `<unit>/<anything>`. */
  readonly stream: string;
  /** What keeps its order inside the stream for readers, and what is parked alone: an account. */
  readonly key: string;
  /** W3C trace context of what caused it; may be empty. */
  readonly traceparent: string;
  /** The event's bytes. Called again with other numbers if the statement has to be built again, so it must not remember. */
  encode(numbers: EntryNumbers): Uint8Array;
}

/** How far a unit has folded a stream of somebody else's journal; stored in the statement of what was folded. */
export interface CursorMove {
  readonly reader: string;
  readonly stream: string;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** What commits together: all of it or nothing. */
export interface Change<Extra = never> {
  readonly unit: string;
  readonly entries: readonly Entry[];
  readonly cursors?: readonly CursorMove[];
  /** Rows for the noun's own tables, written by its `FencedSql`. */
  readonly extra?: Extra;
  /** Asked whenever the statement is built: throws where the change may not be written any more, and the append rejects with that. */
  readonly check?: () => void;
}

/** The noun's own part of the append statement. */
export interface FencedSql<Extra> {
  /** One or more CTEs (`a AS (…), b AS (…)`), each of which writes only `WHERE EXISTS (SELECT FROM me)`. Parameters are numbered from `firstParam`. */
  ctes(firstParam: number): string;
  /** The CTEs' parameters, always as many; called after `encode` of every entry of the statement. */
  params(extras: readonly Extra[]): unknown[];
  /** Unique constraints whose violation is a caller's mistake, and the one SELECT that finds the changes at fault. */
  readonly conflicts?: {
    readonly constraints: readonly string[];
    offenders(pool: Pool, changes: readonly Change<Extra>[]): Promise<readonly Change<Extra>[]>;
  };
  /**
   * A further condition on this process' holder row, for example `attrs_version = ALL($9::bigint[])`. Where it is false nothing is written: the changes
   * that it `appliesTo` (all when absent) reject with GateClosedError, and with them, in order, those that queued behind; the others go again.
   */
  readonly gate?: {
    sql(firstParam: number): string;
    params(changes: readonly Change<Extra>[]): unknown[];
    appliesTo?(change: Change<Extra>): boolean;
  };
}

/** How the library tells the noun about the units that it owns. */
export interface UnitHooks {
  /**
   * This process owns the unit now, and everything written before is visible. Recover; `append` works once this has resolved (see `onOwnershipChanged`).
   * Without `keySeqs` they are read from the journal, which takes as long as the unit's journal is.
   */
  acquired(unit: string): Promise<{ readonly keySeqs?: ReadonlyMap<string, number> }>;
  /** Planned move: finish what is in flight (appends still work), take no more. The unit is given away when this resolves. */
  released(unit: string): Promise<void>;
  /**
   * The holder is dead (fenced, or an unknown commit): drop everything of every unit at once. `acquired` follows when the library has started anew. `isFenced` says that
   * another process has marked it dead, and so has the units or takes them; otherwise the database was out of reach. It matters to who has another lock of its own.
   */
  lost(reason: string, isFenced: boolean): void;
}

/** Who owns a unit. */
export interface UnitOwner {
  readonly process: string;
  /** host:port of its gRPC server. */
  readonly address: string;
  readonly holderId: string;
}

export interface JournalSettings {
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  /** A holder without a heartbeat for this long (by the database's clock) is taken over. */
  readonly holderTimeoutMs: number;
  /** A process whose own heartbeat is later than `holderTimeoutMs` less this marks itself dead. */
  readonly holderMarginMs: number;
  /** An append statement without an answer for this long is an unknown commit. */
  readonly appendTimeoutMs: number;
  /** Most entries of one statement. */
  readonly maxEntriesPerStatement: number;
  /** Most units that move to another process at a time. */
  readonly maxMovesAtATime: number;
  /** How long the relay gathers rows that no reader waits for; others it publishes at once. */
  readonly relayLingerMs: number;
  /** Most rows of one publication. */
  readonly relayBatchRows: number;
  /** Rows kept in memory for the relay; beyond, they are read back from the journal later. */
  readonly relayMemoryRows: number;
  /** Between two writes of the watermarks. */
  readonly watermarkMs: number;
}

/** A narrow port to tracing: runs `run` in a span named `name`, child of the trace context. */
export interface TracePort {
  continue<T>(traceparent: string, name: string, run: () => Promise<T>): Promise<T>;
}

export interface JournalOptions<Extra> {
  /** The Postgres schema of the noun: holds the seven tables of the README. */
  readonly schema: string;
  /** Reads, takeovers. Its options also open the two connections of the journal's own. */
  readonly pool: Pool;
  readonly process: { readonly name: string; readonly address: string };
  /** Every unit that must have an owner; asked again at every check, so new ones may appear. */
  readonly units: () => Promise<readonly string[]> | readonly string[];
  readonly hooks: UnitHooks;
  /**
   * Whether this process could serve its units, or why not yet. Until then it joins only where no other process is alive: nobody gives units to who would
   * answer NOT_READY for them. Where the database could not be asked, or others have not beaten for long, that is known after `holderTimeoutMs` of looking.
   * Absent: always.
   */
  readonly canServe?: () => true | string;
  readonly sql?: FencedSql<Extra>;
  /** The topics of a row; none where absent. */
  readonly publish?: (row: JournalRow) => readonly Topic[];
  /** Whether a reader waits for the row; for every one where absent. */
  readonly isAwaited?: (row: JournalRow) => boolean;
  readonly bus?: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  readonly trace?: TracePort;
  readonly settings?: Partial<JournalSettings>;
}

export const journalDefaults: JournalSettings = Object.freeze({
  heartbeatMs: 500,
  holderTimeoutMs: 3_000,
  holderMarginMs: 1_000,
  appendTimeoutMs: 5_000,
  maxEntriesPerStatement: 512,
  maxMovesAtATime: 16,
  relayLingerMs: 50,
  relayBatchRows: 500,
  relayMemoryRows: 20_000,
  watermarkMs: 500,
});
