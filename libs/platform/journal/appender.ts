/** Appends: one statement in flight, and everything that queued meanwhile goes into the next. One appender lives as long as its holder. */
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, Deferred, type Clock } from '@switchyard/kernel';
import { type Client, type Pool, type QueryConfig } from 'pg';
import { type Logger } from 'pino';
import { failpoint } from '../failpoint/index.js';
import { closeConnection, isDefiniteFailure, mayPass } from './connection.js';
import { AppendRefusedError, CommitUnknownError, ConflictError, GateClosedError, HolderLostError, UniqueConflictError } from './errors.js';
import { type JournalSql } from './rows.sql.js';
import { buildStatement, type Statement, type UnitNumbers } from './statement.js';
import { type Change, type FencedSql, type JournalRow, type JournalSettings } from './types.js';

interface Pending<Extra> {
  readonly change: Change<Extra>;
  readonly done: Deferred<readonly JournalRow[]>;
}

interface OpenUnit extends UnitNumbers {
  /** Changes queued or in flight. */
  pending: number;
  isClosing: boolean;
  readonly idle: Deferred<void>;
}

/**
 * Why an appender ended. `conflict`: a stream holds what this process did not write, and a person must look. `resources`: the database can't write for
 * now (its disk is full); who waits for their own changes would wait for ever, so all start anew when it can.
 */
export type AppenderEnd = 'unknown commit' | 'fenced' | 'conflict' | 'resources';

export interface AppenderOptions<Extra> {
  readonly holderId: string;
  /** The lane: a connection for nothing else. */
  readonly client: Client;
  readonly schema: string;
  readonly sql: JournalSql;
  readonly noun: FencedSql<Extra> | undefined;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: JournalSettings;
  /** Called in commit order, before the appends resolve. */
  onCommitted(rows: readonly JournalRow[]): void;
  /** The appender has ended by itself; every append is rejected already. */
  onEnd(end: AppenderEnd, error: unknown): void;
}

const retryWaitsMs = [5, 25, 100];

export class Appender<Extra> {
  readonly #options: AppenderOptions<Extra>;
  readonly #text: string;
  readonly #units = new Map<string, OpenUnit>();
  #queue: Pending<Extra>[] = [];
  #inFlight: readonly Pending<Extra>[] = [];
  #isScheduled = false;
  /** After a failure that nobody could be blamed for: so many changes go alone, which finds the one at fault. */
  #single = 0;
  #ended: Error | undefined;

  constructor(options: AppenderOptions<Extra>) {
    this.#options = options;
    this.#text = options.sql.append(options.noun);
  }

  /** Changes of this unit are taken from now on. */
  open(unit: string, numbers: UnitNumbers): void {
    assert(!this.#units.has(unit), 'a unit is opened once');
    this.#units.set(unit, { ...numbers, pending: 0, isClosing: false, idle: new Deferred() });
  }

  /** Takes no more of this unit; resolves when what it had is done. */
  async close(unit: string): Promise<void> {
    const open = this.#units.get(unit);
    if (open === undefined) return;
    open.isClosing = true;
    if (open.pending === 0) open.idle.resolve();
    await open.idle.promise;
    this.#units.delete(unit);
  }

  append(change: Change<Extra>): Promise<readonly JournalRow[]> {
    const unit = this.#units.get(change.unit);
    if (this.#ended) return Promise.reject(this.#ended);
    if (unit === undefined || unit.isClosing) return Promise.reject(new HolderLostError(`${change.unit} is not owned by this process`));
    const pending: Pending<Extra> = { change, done: new Deferred() };
    unit.pending += 1;
    this.#queue.push(pending);
    this.#schedule();
    return pending.done.promise;
  }

  /** Rejects what is queued (not written) and in flight (unknown), and closes the lane. */
  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    const unknown = new CommitUnknownError(`${error.message}; the statement in flight may have been written`, { cause: error });
    for (const pending of this.#inFlight) this.#reject(pending, unknown);
    for (const pending of this.#queue) this.#reject(pending, error);
    this.#inFlight = [];
    this.#queue = [];
    closeConnection(this.#options.client);
  }

  /** The next statement takes what this turn of the event loop queued. */
  #schedule(): void {
    if (this.#isScheduled || this.#ended) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#run()
        .catch((error: unknown) => this.#fail('unknown commit', error))
        .finally(() => {
          this.#isScheduled = false;
          if (this.#queue.length > 0) this.#schedule();
        });
    });
  }

  async #run(): Promise<void> {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#inFlight = batch;
    const { holderId, noun, clock } = this.#options;
    const statement = buildStatement(
      holderId,
      batch.map((pending) => pending.change),
      (unit) => this.#numbersOf(unit),
      noun,
      clock.nowMs(),
    );
    for (const pending of batch) {
      const refusal = statement.refused.get(pending.change);
      if (refusal !== undefined) this.#reject(pending, refusal);
    }
    const rest = batch.filter((pending) => statement.rows.has(pending.change));
    this.#inFlight = rest;
    if (rest.length > 0) await this.#execute(rest, statement);
    this.#inFlight = [];
  }

  #takeBatch(): Pending<Extra>[] {
    if (this.#ended) return [];
    if (this.#single > 0) {
      this.#single -= 1;
      return this.#queue.splice(0, 1);
    }
    let count = 0;
    let entries = 0;
    for (const { change } of this.#queue) {
      entries += Math.max(1, change.entries.length);
      if (count > 0 && entries > this.#options.settings.maxEntriesPerStatement) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #numbersOf(unit: string): UnitNumbers {
    const open = this.#units.get(unit);
    assert(open !== undefined, 'a unit stays open while it has changes');
    return open;
  }

  async #execute(batch: readonly Pending<Extra>[], statement: Statement<Extra>): Promise<void> {
    const query: QueryConfig = { name: 'append', text: this.#text, values: statement.values };
    let result: { me: number; appended: number } | undefined;
    for (let attempt = 0; result === undefined; attempt++) {
      try {
        failpoint('journal.before-append');
        result = (await this.#options.client.query<{ me: number; appended: number }>(query)).rows[0];
        failpoint('journal.after-append');
        assert(result !== undefined, 'the append statement answers with one row');
      } catch (error) {
        if (this.#ended) return;
        if (!isDefiniteFailure(error)) return this.#fail('unknown commit', error);
        const waitMs = retryWaitsMs[attempt];
        if (!mayPass(error)) return this.#refused(batch, error);
        if (waitMs === undefined) return this.#exhausted(batch, error);
        this.#options.log.warn({ err: error }, 'append failed for now; trying again');
        await sleep(waitMs);
      }
      if (this.#ended) return;
    }
    if (result.me === 0) return this.#gateWasShut(batch);
    assert(result.appended === statement.rowsCount, 'the append statement wrote every row');
    statement.commit();
    this.#inFlight = [];
    const { onCommitted } = this.#options;
    onCommitted([...statement.rows.values()].flat());
    for (const pending of batch) {
      pending.done.resolve(statement.rows.get(pending.change) ?? []);
      this.#finished(pending);
    }
  }

  /** It did not pass: nothing was written, and no change is to blame, so none may be passed over by those behind it. */
  #exhausted(batch: readonly Pending<Extra>[], error: unknown): void {
    for (const pending of batch)
      this.#reject(pending, new HolderLostError('the database could not write; nothing was written', { cause: error }));
    this.#inFlight = [];
    this.#fail('resources', error);
  }

  /** Nothing was written: this holder is dead, or the noun's gate is closed. */
  async #gateWasShut(batch: readonly Pending<Extra>[]): Promise<void> {
    const { client, sql, holderId, noun } = this.#options;
    let isAlive: boolean;
    try {
      isAlive = (await client.query<{ alive: boolean }>(sql.isAlive, [holderId])).rows[0]?.alive ?? false;
    } catch (error) {
      return this.#fail('unknown commit', error);
    }
    if (this.#ended) return;
    if (!isAlive) {
      for (const pending of batch) this.#reject(pending, new HolderLostError('another process has taken over; nothing was written'));
      this.#inFlight = [];
      return this.#fail('fenced', new Error('another process marked this holder dead'));
    }
    assert(noun?.gate !== undefined, 'only a dead holder or the gate of the noun holds rows back');
    const isJudged = noun.gate.appliesTo?.bind(noun.gate) ?? (() => true);
    const isBack = ({ change }: Pending<Extra>): boolean => isJudged(change);
    assert(batch.some(isBack), 'a closed gate applies to at least one of the changes');
    // Who queued behind them goes back too: the gate may be open for the next statement, and those would overtake what is judged again.
    const all = [...batch, ...this.#queue];
    this.#queue = all.filter((pending) => !isBack(pending));
    this.#inFlight = [];
    for (const pending of all.filter(isBack)) this.#reject(pending, new GateClosedError());
  }

  /** The database refused the statement, so nothing was written: find who is at fault, the rest goes again with new numbers. */
  async #refused(
    batch: readonly Pending<Extra>[],
    error: { code?: string; schema?: string; table?: string; constraint?: string },
  ): Promise<void> {
    const { noun, pool, schema, log } = this.#options;
    const isUnique = error.code === '23505';
    if (isUnique && error.table === 'journal' && error.schema === schema) {
      const conflict = new ConflictError('a row of this stream and sequence exists: another writer, or a change by hand', { cause: error });
      log.fatal(
        { err: conflict, units: [...new Set(batch.map(({ change }) => change.unit))] },
        'the journal stops: a stream holds what this process did not write',
      );
      for (const pending of batch) this.#reject(pending, conflict);
      return this.#fail('conflict', conflict);
    }
    const isCallers = isUnique && noun?.conflicts?.constraints.includes(error.constraint ?? '') === true;
    const offenders = new Set(
      isCallers
        ? await noun.conflicts
            .offenders(
              pool,
              batch.map(({ change }) => change),
            )
            .catch(() => [])
        : [],
    );
    if (this.#ended) return;
    if (offenders.size === 0 && batch.length === 1) {
      const [only] = batch as [Pending<Extra>];
      this.#reject(
        only,
        isCallers
          ? new UniqueConflictError(error.constraint ?? '', { cause: error })
          : new AppendRefusedError('the database refused the change', { cause: error }),
      );
      return;
    }
    // Nobody to blame among several: two of them clash with each other, or one holds what the database refuses. Alone, each shows what it is.
    if (offenders.size === 0) this.#single = batch.length;
    for (const pending of batch)
      if (offenders.has(pending.change)) this.#reject(pending, new UniqueConflictError(error.constraint ?? '', { cause: error }));
    this.#goAgain(batch.filter((pending) => !offenders.has(pending.change)));
  }

  #goAgain(batch: readonly Pending<Extra>[]): void {
    this.#queue = [...batch, ...this.#queue];
    this.#inFlight = [];
  }

  #fail(end: AppenderEnd, error: unknown): void {
    if (this.#ended) return;
    const message = error instanceof Error ? error.message : String(error);
    this.end(end === 'conflict' ? (error as Error) : new HolderLostError(`the journal starts anew (${end}: ${message})`, { cause: error }));
    this.#options.onEnd(end, error);
  }

  #reject(pending: Pending<Extra>, error: unknown): void {
    pending.done.reject(error);
    this.#finished(pending);
  }

  #finished({ change }: Pending<Extra>): void {
    const unit = this.#units.get(change.unit);
    if (unit === undefined) return;
    unit.pending -= 1;
    if (unit.pending === 0 && unit.isClosing) unit.idle.resolve();
  }
}
