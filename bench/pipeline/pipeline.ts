/** What the bench measures: the bare pipeline and the platform, each in two modes, behind one interface. */
import { type HistogramData } from '../lib/histogram.js';
import { type LoadResult } from '../lib/load.js';
import { type Measured } from '../lib/processes.js';
import { type DatabaseWork } from '../lib/database.js';
import { type Hop } from './hops.js';

export type Mode = 'cluster' | 'standalone';

/** Times of the orders of one load, from when each was due. */
export interface Times {
  /** To the first byte at the venue's socket. */
  readonly wire: HistogramData;
  /** To the commit of its trade in the reader's table. */
  readonly reader: HistogramData;
}

export interface Pipeline {
  readonly name: string;
  readonly mode: Mode;
  /** Everything that works for an order: our processes, PostgreSQL, Kafka, the client. */
  readonly processes: readonly Measured[];
  closed(options: { inFlight: number; seconds: number }): Promise<LoadResult>;
  open(options: { ratePerSecond: number; seconds: number }): Promise<LoadResult>;
  /** Refusals ("try again") of the last load, after which the client tried again with the same id. */
  retries(): Promise<number>;
  /** Orders whose trade the reader has committed, in all. */
  readCount(): Promise<number>;
  /** Orders that ended without a trade, in all: rejected, such as those that the connector found too late to send. */
  unfilledCount(): Promise<number>;
  /** What became of orders without a trade, for a person. */
  unread(): Promise<string>;
  /** Of a load in an open loop, once it was read. */
  times(load: LoadResult, ratePerSecond: number): Promise<Times>;
  /** Where its orders were when, where a pipeline writes that down. */
  hops?(load: LoadResult, ratePerSecond: number): Promise<readonly Hop[]>;
  databaseWork(): Promise<DatabaseWork>;
  stop(): Promise<void>;
}
