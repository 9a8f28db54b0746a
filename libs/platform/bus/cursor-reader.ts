/** Turns rows that come at least once, from Kafka or this process, into effects that happen once: cursors, gaps, conflicts, parked keys. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Deferred, genesisHash, type Clock } from '@switchyard/kernel';
import { type Calls } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Logger } from 'pino';
import { failpoint } from '../failpoint/index.js';
import { inTraces } from '../journal/relay.js';
import { type TracePort } from '../journal/types.js';
import { cursorsSql, type CursorsSql } from './cursors.sql.js';
import { applySegments, type Segment } from './effect.js';
import { rowsFromProducer } from './journal-calls.js';
import { replayParked } from './replay.js';
import { planStream, type Cursor } from './stream-plan.js';
import { isTransient, NotYetError } from './transient.js';
import { type ParkedKey, type ReaderOptions, type ReplayResult } from './types.js';

export interface ReaderEnvironment {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly trace?: TracePort;
}

interface StreamState {
  cursor: Cursor;
  /** Keys that may be parked; the transaction looks again. */
  readonly parked: Set<string>;
}

interface Submission {
  readonly rows: readonly JournalRow[];
  readonly signal: AbortSignal | undefined;
  readonly done: Deferred<void>;
}

const retryFirstMs = 100;
const retryMaxMs = 30_000;
/** A reader that fails for this long says so in `ready`. */
const patienceMs = 5_000;
const maxRowsOfStream = 500;
const maxRowsOfTransaction = 1_000;

export class CursorReader {
  readonly #options: ReaderOptions;
  readonly #environment: ReaderEnvironment;
  readonly #sql: CursorsSql;
  readonly #states = new Map<string, StreamState>();
  readonly #stopped = new Map<string, string>();
  readonly #stopping = new AbortController();
  #queue: Submission[] = [];
  #isRunning = false;
  #progressMs: number;
  #failing: { readonly sinceMs: number; readonly message: string } | undefined;

  constructor(options: ReaderOptions, environment: ReaderEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#sql = cursorsSql(options.schema);
    this.#progressMs = environment.clock.monotonicMs();
  }

  /** When an attempt last came to an end, whatever end; by the monotonic clock. Now, where there is nothing to do. */
  get progressMs(): number {
    return this.#isRunning ? this.#progressMs : this.#environment.clock.monotonicMs();
  }

  /** Resolves when the rows have had their effect, now or before. Rejects only when the reader stops, or the signal aborts before their turn. */
  submit(rows: readonly JournalRow[], signal?: AbortSignal): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(new NotYetError('the reader has stopped'));
    const done = new Deferred<void>();
    this.#queue.push({ rows, signal, done });
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#progressMs = this.#environment.clock.monotonicMs();
      setImmediate(() => void this.#run());
    }
    return done.promise;
  }

  /** The cursor of a stream. Rejects when the database can't be read. */
  async cursorOf(stream: string): Promise<Cursor> {
    await this.#load([stream]);
    return this.#stateOf(stream).cursor;
  }

  ready(): true | string {
    const [stopped] = this.#stopped.values();
    if (stopped !== undefined) return stopped;
    if (this.#failing && this.#environment.clock.monotonicMs() - this.#failing.sinceMs > patienceMs) {
      return `The reader ${this.#options.group} can't apply events for now: ${this.#failing.message}`;
    }
    return true;
  }

  /** Finishes the transaction in flight and takes no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    while (this.#isRunning) await sleep(2);
  }

  async parkedKeys(): Promise<readonly ParkedKey[]> {
    const { pool, group } = this.#options;
    const { rows } = await pool.query<{ stream: string; key: string; from_seq: string; error: string; parked_at_ms: number }>(
      this.#sql.allParked,
      [group],
    );
    return rows.map((row) => ({
      reader: group,
      stream: row.stream,
      key: row.key,
      fromSeq: Number(row.from_seq),
      error: row.error,
      parkedAtMs: Math.round(row.parked_at_ms),
    }));
  }

  replayParked(stream: string, key: string): Promise<ReplayResult> {
    const { producer } = this.#options;
    return replayParked(this.#options, this.#sql, stream, key, (fromSeq, limit) =>
      rowsFromProducer(this.#environment.calls, producer, { stream, fromSeq, limit, key }),
    );
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const taken = this.#queue;
      this.#queue = [];
      const live = taken.filter(({ signal }) => signal?.aborted !== true && !this.#stopping.signal.aborted);
      const work = new Map<string, JournalRow[]>();
      for (const { rows } of live) {
        for (const row of rows) {
          const some = work.get(row.stream);
          if (some === undefined) work.set(row.stream, [row]);
          else some.push(row);
        }
      }
      const isDone = await this.#workOff(work);
      for (const submission of taken) {
        if (isDone && live.includes(submission)) submission.done.resolve();
        else submission.done.reject(new NotYetError('the rows were not applied; they come again'));
      }
    }
    this.#isRunning = false;
  }

  /** Applies everything, however often it has to try. False when the reader stops before. */
  async #workOff(work: Map<string, readonly JournalRow[]>): Promise<boolean> {
    const { log, clock } = this.#environment;
    let waitMs = retryFirstMs;
    while (work.size > 0) {
      if (this.#stopping.signal.aborted) return false;
      try {
        await this.#step(work);
        this.#failing = undefined;
        waitMs = retryFirstMs;
      } catch (error) {
        // The cursors in memory may be wrong now, so the next attempt reads them.
        for (const stream of work.keys()) this.#states.delete(stream);
        const message = error instanceof Error ? error.message : String(error);
        this.#failing ??= { sinceMs: clock.monotonicMs(), message };
        log.warn({ err: error, reader: this.#options.group, retryInMs: waitMs }, 'events could not be applied; trying again');
        this.#progressMs = clock.monotonicMs();
        await this.#backOff(waitMs);
        waitMs = Math.min(waitMs * 2, retryMaxMs);
      }
      this.#progressMs = clock.monotonicMs();
    }
    return true;
  }

  /** Sleeps in slices: a reader that waits is no reader that stands still. */
  async #backOff(waitMs: number): Promise<void> {
    for (let leftMs = waitMs; leftMs > 0 && !this.#stopping.signal.aborted; leftMs -= 1_000) {
      await sleep(Math.min(leftMs, 1_000), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      this.#progressMs = this.#environment.clock.monotonicMs();
    }
  }

  /** One transaction over as many streams as fit. Removes from `work` what is done. */
  async #step(work: Map<string, readonly JournalRow[]>): Promise<void> {
    await this.#load([...work.keys()]);
    const segments: Segment[] = [];
    const rest = new Map<string, readonly JournalRow[]>();
    let rowsCount = 0;
    for (const [stream, rows] of work) {
      if (rowsCount >= maxRowsOfTransaction) break;
      const segment = await this.#segment(stream, rows);
      if (segment === undefined) {
        work.delete(stream);
        continue;
      }
      segments.push(segment);
      rest.set(stream, segment.rest);
      rowsCount += segment.rows.length;
    }
    if (segments.length === 0) return;
    const all = segments.flatMap((segment) => segment.rows);
    const transaction = applySegments(this.#options, this.#sql, segments);
    inTraces(this.#environment.trace, all, `read ${this.#options.topic.name}`, transaction);
    const { applied, parked } = await transaction;
    failpoint('reader.after-effect');
    for (const segment of segments) this.#stateOf(segment.stream).cursor = segment.to;
    for (const [stream, rows] of rest) {
      if (rows.length === 0) work.delete(stream);
      else work.set(stream, rows);
    }
    for (const { row, error } of parked) {
      this.#stateOf(row.stream).parked.add(row.key);
      this.#environment.log.error(
        { reader: this.#options.group, stream: row.stream, key: row.key, seq: row.seq, error },
        'an event can not be applied: its key is parked',
      );
      void this.#tellParked(row.stream, row.key);
    }
    try {
      if (applied.length > 0) this.#options.afterCommit?.(applied);
    } catch (error) {
      this.#environment.log.error({ err: error, reader: this.#options.group }, 'afterCommit failed');
    }
  }

  /** The next rows of a stream to apply; undefined when nothing is left to do with `rows`. */
  async #segment(stream: string, rows: readonly JournalRow[]): Promise<Segment | undefined> {
    const { topic, producer, group } = this.#options;
    const isGapless = topic.kind === 'stream';
    const { cursor, parked } = this.#stateOf(stream);
    if (this.#stopped.has(stream)) return undefined;
    let plan = planStream(cursor, rows, isGapless, maxRowsOfStream);
    let rest: readonly JournalRow[] | undefined;
    if (plan.kind === 'gap') {
      const { untilSeq } = plan;
      const limit = Math.min(untilSeq - cursor.seq - 1, maxRowsOfStream);
      this.#environment.log.info({ reader: group, stream, fromSeq: cursor.seq + 1, untilSeq }, 'fills a gap from the journal');
      plan = planStream(
        cursor,
        await rowsFromProducer(this.#environment.calls, producer, { stream, fromSeq: cursor.seq + 1, limit }),
        isGapless,
        limit,
      );
      rest = rows;
      if (plan.kind === 'gap' || plan.kind === 'done')
        throw new NotYetError(`${stream} has a gap after ${cursor.seq} that the producer's journal does not fill`);
    }
    switch (plan.kind) {
      case 'done':
        return undefined;
      case 'conflict': {
        const sentence = `The reader ${group} stopped ${stream} at ${plan.atSeq}: its content is not what continues what was applied. Compare it with the producer's journal.`;
        this.#environment.log.fatal({ reader: group, stream, seq: plan.atSeq, cursor: cursor.seq }, sentence);
        this.#stopped.set(stream, sentence);
        return undefined;
      }
      case 'apply': {
        const last = plan.rows.at(-1);
        const to = last === undefined ? cursor : { seq: last.seq, hash: last.hash };
        return { stream, rows: plan.rows, from: cursor, to, rest: rest ?? plan.rest, mayBeParked: parked.size > 0 };
      }
    }
  }

  async #load(streams: readonly string[]): Promise<void> {
    const unknown = streams.filter((stream) => !this.#states.has(stream));
    if (unknown.length === 0) return;
    const { pool, group } = this.#options;
    const cursors = await pool.query<{ stream: string; last_seq: string; last_hash: Buffer }>(this.#sql.cursors, [group, unknown]);
    const parked = await pool.query<{ stream: string; key: string }>(this.#sql.parkedKeys, [group, unknown]);
    for (const stream of unknown) this.#states.set(stream, { cursor: { seq: 0, hash: genesisHash }, parked: new Set() });
    for (const row of cursors.rows) this.#stateOf(row.stream).cursor = { seq: Number(row.last_seq), hash: row.last_hash };
    for (const row of parked.rows) {
      this.#stateOf(row.stream).parked.add(row.key);
      // Said again: the process that parked the key may have died before it could tell.
      void this.#tellParked(row.stream, row.key);
    }
  }

  #stateOf(stream: string): StreamState {
    let state = this.#states.get(stream);
    if (state === undefined) this.#states.set(stream, (state = { cursor: { seq: 0, hash: genesisHash }, parked: new Set() }));
    return state;
  }

  /** Tries until it is known, or a replay has ended the parking: who hears of it then would stop what is well. */
  async #tellParked(stream: string, key: string): Promise<void> {
    const { pool, group, parked } = this.#options;
    if (parked === undefined) return;
    const { signal } = this.#stopping;
    for (let waitMs = retryFirstMs; !signal.aborted; waitMs = Math.min(waitMs * 2, retryMaxMs)) {
      try {
        const { rows } = await pool.query<{ from_seq: string; error: string }>(this.#sql.parkedKey, [group, stream, key]);
        for (const { from_seq: fromSeq, error } of rows) await parked(stream, key, Number(fromSeq), error);
        return;
      } catch (error) {
        this.#environment.log.warn(
          { err: error, stream, key, isTransient: isTransient(error) },
          'a parked key could not be made known yet',
        );
        await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
