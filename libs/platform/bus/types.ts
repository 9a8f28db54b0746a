/** The words of the bus: topics are published to and read from through these, whether Kafka or this process carries the rows. */
import { type ServiceContract, type ServiceHandlers, type Topic } from '@switchyard/contracts';
import {
  type JournalRow,
  type JournalServiceDefinition,
  type ReaderServiceDefinition,
} from '@switchyard/contracts/gen/platform/v1/journal';
import { type Pool, type PoolClient } from 'pg';

/** The type of JOURNAL contracts, for example ORDERS_JOURNAL. */
export type JournalContract = ServiceContract<JournalServiceDefinition>;

/** What rows do to the noun's tables, as a part of one statement. */
export interface Effect {
  /** Of the prepared statement: another text has another name. */
  readonly name: string;
  /** CTEs that write (`a AS (…), b AS (…)`), or nothing. Parameters are numbered from `firstParam`. The names `cursor_moves`, `cursors_created` and `cursors_moved` are taken. */
  ctes(firstParam: number): string;
  readonly params: readonly unknown[];
}

/** The effect of rows that change no table. */
export const noEffect: Effect = Object.freeze({ name: 'no effect', ctes: () => '', params: [] });

export interface ReaderOptions {
  /** The reader's name: its cursors, its parked keys, its Kafka group. */
  readonly group: string;
  readonly topic: Topic;
  readonly pool: Pool;
  /** The Postgres schema with the tables `cursors` and `parked`. */
  readonly schema: string;
  /** Whose journal fills gaps. */
  readonly producer: JournalContract;
  /**
   * The effect of rows of several streams, in order per stream; it is written by the statement that moves their cursors. What it builds on is read through `from`,
   * and nobody else changes that before: whoever does moves a cursor too, and then this is not written. So where `from` is the pool, it may also build on what it read
   * or wrote itself at the rows before these; in a transaction, parked keys may have been replayed since. Throw CannotApplyError to park a row's key.
   * Transient errors (database, network) are tried again for ever; an error of another kind counts as CannotApplyError of the row that throws it alone.
   */
  effect(from: Pool | PoolClient, rows: readonly JournalRow[]): Promise<Effect>;
  /** A key was parked, or was found parked at start: make it known. Tried again until it resolves, so it must be idempotent. */
  parked?(stream: string, key: string, fromSeq: number, error: string): Promise<void>;
  /** The rows applied by a transaction that has committed. */
  afterCommit?(rows: readonly JournalRow[]): void;
}

/** What became of a replay. */
export interface ReplayResult {
  /** Rows applied now. */
  readonly applied: number;
  /** The key is no longer parked. */
  readonly ended: boolean;
  /** Why it is parked still; empty when it is not. */
  readonly error: string;
}

export interface ParkedKey {
  readonly reader: string;
  readonly stream: string;
  readonly key: string;
  /** The first row that was not applied. */
  readonly fromSeq: number;
  readonly error: string;
  readonly parkedAtMs: number;
}

/** A reader of a topic: each row's effect exactly once. Implements Lifecycle. */
export interface Reader {
  readonly group: string;
  start(): Promise<void>;
  /** Finishes the transaction in flight, commits offsets, leaves. */
  stop(): Promise<void>;
  /** False with a sentence: not reading yet, a stream stopped by a conflict, a transient error that lasts, no connection. */
  ready(): true | string;
  /** False with a sentence: the reader stands still and only a restart helps. */
  healthy(): true | string;
  /** Applies a parked key's rows again, from the producer's journal. */
  replayParked(stream: string, key: string): Promise<ReplayResult>;
  parkedKeys(): Promise<readonly ParkedKey[]>;
  /** This reader's operator commands; `readerHandlers` joins several readers. */
  readonly handlers: ServiceHandlers<ReaderServiceDefinition>;
}

/** A running `latest` subscription. */
export interface Subscription {
  stop(): Promise<void>;
  ready(): true | string;
}

/** What a journal tells the direct bus, so that readers find what was published before they were there. */
export interface JournalSource {
  /** Every stream with its last sequence. */
  heads(): Promise<readonly { readonly stream: string; readonly seq: number }[]>;
  /** The topics of a row. */
  topicsOf(row: JournalRow): readonly Topic[];
  read(stream: string, fromSeq: number, limit: number): Promise<readonly JournalRow[]>;
}

export interface EventBus {
  start(): Promise<void>;
  stop(): Promise<void>;
  ready(): true | string;
  /** False with a sentence: a producer or reader stands still and only a restart helps. */
  healthy(): true | string;
  /** Resolves when the rows are safe with the bus, in order per stream. Rejects when they may not be: publish them again. Never runs a reader in the caller's turn. */
  publish(topic: Topic, rows: readonly JournalRow[]): Promise<void>;
  /** A reader with cursors; start it yourself. */
  read(options: ReaderOptions): Reader;
  /**
   * The newest row of every key, then each newer one; an older seq of the same (stream, key) is dropped, so a producer's seq must rise over its restarts.
   * No cursor: for state that is replaced. An error of the handler is logged and the row dropped.
   */
  latest(topic: Topic, handler: (row: JournalRow) => void): Subscription;
  /** Called by a Journal that publishes on this bus. */
  attach(source: JournalSource): void;
}
