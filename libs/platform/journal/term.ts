/** One life of the journal in this process, from its registration as a holder until it is lost or leaves. */
import { Deferred } from '@switchyard/kernel';
import { Appender } from './appender.js';
import { openConnection } from './connection.js';
import { HolderLostError } from './errors.js';
import { Holder, ownersOf, type View } from './holder.js';
import { Ownership } from './ownership.js';
import { type JournalReads } from './reads.js';
import { Relay } from './relay.js';
import { type JournalSql } from './rows.sql.js';
import { type Head } from './statement.js';
import { type Change, type FencedSql, type JournalOptions, type JournalRow, type JournalSettings, type UnitOwner } from './types.js';

/** How a term ended: `left` by stop(), `lost` to be followed by the next, `conflict` for a person. */
export interface TermEnd {
  readonly kind: 'left' | 'lost' | 'conflict';
  readonly reason: string;
  /** Another process marked the holder dead. */
  readonly isFenced: boolean;
}

export type TermOptions<Extra> = Omit<JournalOptions<Extra>, 'sql' | 'settings'> & {
  readonly settings: JournalSettings;
  readonly sql: JournalSql;
  readonly noun: FencedSql<Extra> | undefined;
};

const acquireRetryMs = 500;
/** For how long a planned move waits for the relay; what is not published then, the next owner publishes. */
const relayPatienceMs = 1_000;

export class Term<Extra> {
  readonly holderId: string;
  readonly ownership: Ownership;
  readonly #options: TermOptions<Extra>;
  readonly #reads: JournalReads;
  readonly #tell: (unit: string, owner: UnitOwner | undefined) => void;
  readonly #holder: Holder;
  readonly #ended = new Deferred<TermEnd>();
  #appender: Appender<Extra> | undefined;
  #relay: Relay | undefined;
  #owners = new Map<string, UnitOwner>();
  #isOver = false;
  #isLeaving = false;

  constructor(
    holderId: string,
    options: TermOptions<Extra>,
    reads: JournalReads,
    tell: (unit: string, owner: UnitOwner | undefined) => void,
  ) {
    this.holderId = holderId;
    this.#options = options;
    this.#reads = reads;
    this.#tell = tell;
    const { process, pool, schema, sql, clock, log, settings, units } = options;
    this.#holder = new Holder({
      id: holderId,
      process: process.name,
      address: process.address,
      pool,
      schema,
      sql,
      clock,
      log,
      settings,
      onView: (view) => this.#see(view),
      onDead: (reason, isFenced) => this.#end('lost', reason, isFenced),
    });
    this.ownership = new Ownership({
      holderId,
      process: process.name,
      units,
      pool,
      schema,
      sql,
      clock,
      log,
      settings,
      beatingForMs: () => this.#holder.beatingForMs,
      acquire: (some) => this.#acquire(some),
      release: (some) => this.#release(some),
      onUnknown: (error) => this.#end('lost', `a planned move may or may not have been written (${String(error)})`),
    });
  }

  get ended(): Promise<TermEnd> {
    return this.#ended.promise;
  }

  get relay(): Relay | undefined {
    return this.#relay;
  }

  ownerOf(unit: string): UnitOwner | undefined {
    return this.#owners.get(unit);
  }

  /** Connects and registers. */
  async begin(): Promise<void> {
    const { schema, pool, sql, settings, clock, log, noun, bus, publish, isAwaited = () => true, trace } = this.#options;
    const client = await openConnection(pool, {
      schema,
      name: `${schema} append`,
      timeoutMs: settings.appendTimeoutMs,
      onLost: (error) => this.#end('lost', `the append connection was lost (${error.message})`),
    });
    this.#appender = new Appender<Extra>({
      holderId: this.holderId,
      client,
      schema,
      sql,
      noun,
      pool,
      clock,
      log,
      settings,
      onCommitted: (rows) => this.#relay?.offer(rows),
      onEnd: (end, error) =>
        this.#end(
          end === 'conflict' ? 'conflict' : 'lost',
          `${end}: ${error instanceof Error ? error.message : String(error)}`,
          end === 'fenced',
        ),
    });
    if (bus && publish) {
      this.#relay = new Relay({
        bus,
        topicsOf: publish,
        isAwaited,
        log,
        trace,
        settings,
        read: (stream, fromSeq, limit) => this.#reads.page(stream, fromSeq, limit),
        moveWatermarks: async (streams, seqs) => void (await pool.query(sql.moveWatermarks, [this.holderId, streams, seqs])),
      });
    }
    await this.#holder.register();
    if (this.#isOver) this.#cleanUp('the connection was lost at once');
  }

  append(change: Change<Extra>): Promise<readonly JournalRow[]> {
    return this.#appender?.append(change) ?? Promise.reject(new HolderLostError('the journal starts'));
  }

  /** Orderly end: every unit is released, drained and published; the caller then marks the holder dead. */
  async leave(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    await this.ownership.end();
    await this.#release(this.ownership.units().filter((unit) => this.ownership.owns(unit)));
    this.#end('left', 'stopped');
  }

  /** Ends a term that did not get to begin. */
  abandon(): void {
    this.#end('lost', 'the database could not be reached');
    this.#cleanUp('the database could not be reached');
  }

  #end(kind: TermEnd['kind'], reason: string, isFenced = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cleanUp(reason);
    this.#ended.resolve({ kind, reason, isFenced });
  }

  #cleanUp(reason: string): void {
    this.#holder.end();
    void this.ownership.end();
    this.#relay?.end();
    this.#appender?.end(new HolderLostError(`not owned any more: ${reason}`));
  }

  #see(view: View): void {
    const former = this.#owners;
    this.#owners = ownersOf(view);
    for (const unit of new Set([...former.keys(), ...this.#owners.keys()])) {
      const owner = this.#owners.get(unit);
      if (former.get(unit)?.holderId !== owner?.holderId) this.#tell(unit, owner);
    }
    if (!this.#isLeaving) this.ownership.see(view);
  }

  /** Recovers units: what was written before is visible now. Each is tried until it works or the term is over. */
  async #acquire(units: readonly string[]): Promise<void> {
    let heads: ReadonlyMap<string, Head & { readonly published: number }> | undefined;
    while (heads === undefined && !this.#isOver)
      heads = await this.#reads.heads().catch((error: unknown) => this.#wait('the ends of the streams', error));
    await Promise.all(
      units.map(async (unit) => {
        const own = new Map([...(heads ?? [])].filter(([stream]) => stream === unit || stream.startsWith(`${unit}/`)));
        while (!this.#isOver && !(await this.#open(unit, own).catch((error: unknown) => this.#wait(unit, error))));
      }),
    );
  }

  async #open(unit: string, heads: ReadonlyMap<string, Head & { readonly published: number }>): Promise<boolean> {
    const recovered = await this.#options.hooks.acquired(unit);
    const keySeqs = recovered.keySeqs ?? (await this.#reads.keySeqs([...heads.keys()]));
    if (this.#isOver || this.#isLeaving) return true;
    this.#appender?.open(unit, { heads: new Map(heads), keySeqs: new Map(keySeqs) });
    for (const [stream, { published, seq }] of heads) this.#relay?.open(stream, published, seq);
    this.ownership.opened(unit);
    const { process } = this.#options;
    const owner = { process: process.name, address: process.address, holderId: this.holderId };
    this.#owners.set(unit, owner);
    this.#tell(unit, owner);
    return true;
  }

  async #wait(what: string, error: unknown): Promise<undefined> {
    if (this.#isOver) return;
    this.#options.log.error({ err: error, what }, 'recovery failed; trying again');
    await new Promise((resolve) => setTimeout(resolve, acquireRetryMs));
  }

  async #release(units: readonly string[]): Promise<void> {
    await Promise.all(
      units.map(async (unit) => {
        await this.#options.hooks
          .released(unit)
          .catch((error: unknown) => this.#options.log.error({ err: error, unit }, 'a unit could not be released in order'));
        await this.#appender?.close(unit);
        await this.#relay?.release(unit, relayPatienceMs);
      }),
    );
  }
}
