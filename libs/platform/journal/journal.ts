import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@switchyard/kernel';
import { type ServiceHandlers } from '@switchyard/contracts';
import { type JournalServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { HolderLostError } from './errors.js';
import { markHolderDead, ownersOf, readHolders } from './holder.js';
import { journalHandlers } from './handlers.js';
import { JournalReads, type ReadOptions } from './reads.js';
import { inTraces } from './relay.js';
import { journalSql } from './rows.sql.js';
import { type Head } from './statement.js';
import { Term, type TermEnd } from './term.js';
import { journalDefaults, type Change, type JournalOptions, type JournalRow, type JournalSettings, type UnitOwner } from './types.js';

/**
 * The journal of one noun. A process that starts one registers as a holder, takes its share of the units and appends to their streams; when its holder is
 * lost it starts anew under another id, by the same path as at first. Implements Lifecycle.
 */
export class Journal<Extra = never> {
  /** ReadJournal, for others to fill their gaps. Any process with the schema can serve it. */
  readonly handlers: ServiceHandlers<JournalServiceDefinition>;
  readonly #options: JournalOptions<Extra>;
  readonly #settings: JournalSettings;
  readonly #sql;
  readonly #reads: JournalReads;
  readonly #stopping = new AbortController();
  readonly #watchers: ((unit: string, owner: UnitOwner | undefined) => void)[] = [];
  #term: Term<Extra> | undefined;
  /** Who owned what at the last look, while this process leaves the units to others: its callers are forwarded to them. */
  #seen: ReadonlyMap<string, UnitOwner> = new Map();
  /** This process could not reach the database, or not in time: the others neither, perhaps. */
  #wasAway = false;
  #life: Promise<void> | undefined;
  #state = 'The journal has not started.';

  constructor(options: JournalOptions<Extra>) {
    this.#options = options;
    this.#settings = { ...journalDefaults, ...options.settings };
    assert(
      this.#settings.holderMarginMs + this.#settings.heartbeatMs < this.#settings.holderTimeoutMs,
      'a holder gives up before others may take over',
    );
    this.#sql = journalSql(options.schema);
    this.#reads = new JournalReads(options.pool, this.#sql);
    this.handlers = journalHandlers(this.#reads);
    const { bus, publish } = options;
    if (bus && publish) {
      bus.attach({
        heads: async () => [...(await this.#reads.heads()).values()].map(({ stream, seq }) => ({ stream, seq })),
        topicsOf: publish,
        read: (stream, fromSeq, limit) => this.#reads.page(stream, fromSeq, limit),
      });
    }
  }

  /**
   * Resolves when this process is a holder, or leaves its units to others for now; units follow (`onOwnershipChanged`). While the database can't be
   * reached it goes on trying.
   */
  async start(): Promise<void> {
    assert(this.#life === undefined, 'a journal is started once');
    const registered = new Promise<void>((resolve) => (this.#life = this.#live(resolve)));
    await registered;
  }

  /** Gives every unit away in order: hooks, appends, relay; then marks the holder dead, so that others take the units at once. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#state = 'The journal has stopped.';
    this.#stopping.abort();
    const term = this.#term;
    if (term) await term.leave();
    await this.#life;
  }

  ready(): true | string {
    const { acquiringCount: acquiring, hasLooked } = this.#term?.ownership ?? { acquiringCount: 0, hasLooked: false };
    if (this.#state === '' && !hasLooked) return `The journal ${this.#options.schema} has not looked yet which units are its own.`;
    if (this.#state === '' && acquiring > 0) return `The journal ${this.#options.schema} recovers ${acquiring} units.`;
    return this.#state === '' ? true : this.#state;
  }

  /**
   * Appends a change to the journal of a unit that this process owns. Resolves after the commit, with the rows as they are stored.
   * @throws HolderLostError, GateClosedError, UniqueConflictError, AppendRefusedError, ConflictError: nothing was written.
   * @throws CommitUnknownError: it may have been written; `acquired` will show.
   */
  append(change: Change<Extra>): Promise<readonly JournalRow[]> {
    const appended = this.#term?.append(change) ?? Promise.reject(new HolderLostError(this.#state));
    inTraces(this.#options.trace, change.entries, `append ${this.#options.schema}`, appended);
    return appended;
  }

  /** True while this process takes appends of the unit. */
  owns(unit: string): boolean {
    return this.#term?.ownership.owns(unit) ?? false;
  }

  /** Who owns the unit, as of the last look; undefined while nobody alive does. */
  ownerOf(unit: string): UnitOwner | undefined {
    return this.#term === undefined ? this.#seen.get(unit) : this.#term.ownerOf(unit);
  }

  /** The id of this process' present life. */
  get holderId(): string {
    return this.#term?.holderId ?? '';
  }

  /** Calls the handler whenever the owner of a unit changes, and when a unit of this process opens for appends. */
  onOwnershipChanged(handler: (unit: string, owner: UnitOwner | undefined) => void): void {
    this.#watchers.push(handler);
  }

  /** Rows committed and not yet published. */
  get relayLagRows(): number {
    return this.#term?.relay?.lagRows ?? 0;
  }

  /** Pages of rows, in order, up to what is durable when the last page is read. */
  read(stream: string, fromSeq: number, options: ReadOptions = {}): AsyncIterable<readonly JournalRow[]> {
    return this.#reads.pages(stream, fromSeq, options);
  }

  /** The end of a stream; seq 0 and the genesis hash where it is empty. */
  last(stream: string): Promise<Head> {
    return this.#reads.last(stream);
  }

  /** One term after another until stopped: start and recovery are this one path. */
  async #live(onRegistered: () => void): Promise<void> {
    const { log } = this.#options;
    for (let waitMs = 100; !this.#stopping.signal.aborted;) {
      await this.#untilOfUse(onRegistered);
      if (this.#stopping.signal.aborted) break;
      const term = new Term<Extra>(
        randomUUID(),
        { ...this.#options, settings: this.#settings, sql: this.#sql, noun: this.#options.sql },
        this.#reads,
        (unit, owner) => this.#tell(unit, owner),
      );
      this.#term = term;
      try {
        await term.begin();
        this.#state = '';
        waitMs = 100;
        onRegistered();
        const end = await term.ended;
        await this.#after(term, end);
        if (end.kind === 'conflict') break;
      } catch (error) {
        term.abandon();
        this.#term = undefined;
        this.#wasAway = true;
        this.#state = `The journal ${this.#options.schema} can't reach the database.`;
        log.warn({ err: error }, 'the journal could not start; trying again');
        await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, 2_000);
      }
    }
    onRegistered();
  }

  /** Resolves when this process can serve units, or when nobody else alive has them. */
  async #untilOfUse(onWaiting: () => void): Promise<void> {
    const { schema, canServe = () => true, log, clock } = this.#options;
    const { heartbeatMs, holderTimeoutMs } = this.#settings;
    const { signal } = this.#stopping;
    let aloneSinceMs: number | undefined;
    for (let can = canServe(); can !== true && !signal.aborted; can = canServe()) {
      const others = await this.#others();
      this.#wasAway ||= others === 'unknown';
      // After a time without the database the living need one too, to beat or to register anew.
      if (others === 'alive' || others === 'unknown') aloneSinceMs = undefined;
      else aloneSinceMs ??= others === 'none' && !this.#wasAway ? -Infinity : clock.monotonicMs();
      if (aloneSinceMs !== undefined && clock.monotonicMs() - aloneSinceMs > holderTimeoutMs) break;
      if (others === 'unknown') this.#state = `The journal ${schema} can't reach the database.`;
      else {
        if (!this.#state.endsWith(can)) log.info(`the journal ${schema} leaves its units to others: ${can}`);
        this.#state = `The journal ${schema} leaves its units to others: ${can}`;
        onWaiting(); // The rest of the process starts: it forwards calls, and other roles don't wait for this one.
      }
      await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined);
    }
    this.#seen = new Map();
  }

  /** Whether somebody else may own units; and who owns which. What can't be read in the time in which a holder must beat says nothing. */
  async #others(): Promise<'none' | 'stale' | 'alive' | 'unknown'> {
    const { pool, process, clock, log, schema } = this.#options;
    const { holderTimeoutMs, holderMarginMs } = this.#settings;
    const askedMs = clock.monotonicMs();
    const view = await readHolders(pool, this.#sql).catch((error: unknown) => {
      log.warn({ err: error }, `the journal ${schema} could not read who is alive; trying again`);
      return undefined;
    });
    if (view === undefined || clock.monotonicMs() - askedMs > holderTimeoutMs - holderMarginMs) return 'unknown';
    this.#seen = ownersOf(view);
    const others = view.holders.filter((holder) => holder.process !== process.name);
    if (others.some(({ ageMs }) => ageMs <= holderTimeoutMs)) return 'alive';
    return others.length === 0 ? 'none' : 'stale';
  }

  async #after(term: Term<Extra>, end: TermEnd): Promise<void> {
    const { log, pool, schema, hooks } = this.#options;
    this.#term = undefined;
    if (end.kind === 'conflict')
      this.#state = `The journal ${schema} stopped: a stream holds what this process did not write. Compare its rows, then restart.`;
    else if (end.kind === 'lost') this.#state = `The journal ${schema} starts anew: ${end.reason}.`;
    this.#wasAway ||= end.kind === 'lost';
    if (end.kind !== 'left') {
      log.error({ reason: end.reason, holderId: term.holderId }, 'the holder is lost');
      hooks.lost(end.reason, end.isFenced);
      for (const unit of term.ownership.units()) this.#tell(unit, undefined);
    }
    await markHolderDead({ id: term.holderId, pool, schema, sql: this.#sql, log, settings: this.#settings }, this.#patience());
  }

  /** Aborts a while after stop(), should the database stay away: then others take over by the time. */
  #patience(): AbortSignal {
    const { signal } = this.#stopping;
    const patience = new AbortController();
    const begin = (): void => void setTimeout(() => patience.abort(), this.#settings.holderTimeoutMs).unref();
    if (signal.aborted) begin();
    else signal.addEventListener('abort', begin, { once: true });
    return patience.signal;
  }

  #tell(unit: string, owner: UnitOwner | undefined): void {
    for (const watcher of this.#watchers) {
      try {
        watcher(unit, owner);
      } catch (error) {
        this.#options.log.error({ err: error, unit }, 'a handler of ownership changes failed');
      }
    }
  }
}

export { type ReadOptions };
