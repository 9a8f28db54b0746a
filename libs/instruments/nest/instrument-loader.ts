// Loads the master at start and on every new day, keeps it in memory, and tells who watches and who reads the topic.
import { Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { INSTRUMENTS_TOPIC } from '@switchyard/contracts';
import { diffMaster, InstrumentBook, masterDateOf, MasterRefusedError, readMaster } from '@switchyard/instruments-core';
import { type Clock, genesisHash } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { type Lifecycle } from '@switchyard/platform/run-roles';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type InstrumentsConfig } from './instruments.config.js';
import { lockMaster, putInstruments, readInstruments, type StoredInstrument } from './instruments.sql.js';

/** Messages where only the newest counts are no chain. */
const unchained = Buffer.from(genesisHash);
const loadRetryMsMin = 100;
const loadRetryMsMax = 2_000;

export interface InstrumentLoaderOptions {
  /** The table of instruments, as `readMaster` takes it. */
  readonly table: string;
  readonly config: InstrumentsConfig;
  readonly pool: Pool;
  readonly bus: Pick<EventBus, 'publish'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class InstrumentLoader implements Lifecycle {
  readonly #options: InstrumentLoaderOptions;
  #book: InstrumentBook | undefined;
  #loadedDate = '';
  #stored: readonly StoredInstrument[] = [];
  /** Not on the topic yet, newest per id. */
  readonly #unpublished = new Map<string, StoredInstrument>();
  #isPublishing = false;
  #retry: NodeJS.Timeout | undefined;
  #dayTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #stopping = new AbortController();
  /** Why the first load has to wait, for readiness. */
  #waitsFor = '';
  #loading: Promise<void> | undefined;
  readonly #watchers = new Set<(instrument: Instrument) => void>();

  constructor(options: InstrumentLoaderOptions) {
    this.#options = options;
  }

  /** The book as it was last loaded; undefined before the first load. */
  get book(): InstrumentBook | undefined {
    return this.#book;
  }

  /** Calls back with every instrument that changes from now on; returns what ends it. */
  onChange(handler: (instrument: Instrument) => void): () => void {
    this.#watchers.add(handler);
    return () => void this.#watchers.delete(handler);
  }

  /** Resolves when the master is loaded. A database that is away is waited for; a master that is refused ends the start. */
  async start(): Promise<void> {
    this.#loading = this.#loadFirst();
    try {
      await this.#loading;
    } finally {
      this.#loading = undefined;
    }
    if (this.#stopped) return;
    this.#dayTimer = setInterval(() => void this.#loadNewDay(), this.#options.config.masterCheckMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.abort();
    clearTimeout(this.#retry);
    clearInterval(this.#dayTimer);
    await this.#loading?.catch(() => undefined);
  }

  ready(): true | string {
    return this.#book === undefined ? `the instrument master is not loaded yet${this.#waitsFor}` : true;
  }

  /**
   * Brings the stored master up to today's, in one transaction; it may run any number of times. The first load publishes every instrument, since nobody knows whether
   * the topic still has them (it may be new, or this process' direct bus); later ones publish what changed.
   * @throws MasterRefusedError, or what the database says; the former book stays.
   */
  async load(): Promise<void> {
    const { clock, log, table } = this.#options;
    const isFirst = this.#book === undefined;
    const date = masterDateOf(clock.nowMs());
    const { stored, added, changed } = await this.#store(readMaster(table, date));
    const before = new Map(this.#stored.map(({ instrument, version }) => [instrument.instrumentId, version]));
    const news = stored.filter(({ instrument, version }) => before.get(instrument.instrumentId) !== version);
    this.#book = new InstrumentBook(stored.map(({ instrument }) => instrument));
    this.#stored = stored;
    this.#loadedDate = date;
    log.info(
      {
        date,
        instruments: stored.length,
        added: added.length,
        changed: changed.length,
        symbolsAdded: symbolsOf(added),
        symbolsChanged: symbolsOf(changed),
      },
      'instrument master loaded',
    );
    for (const item of news) {
      this.#unpublished.set(item.instrument.instrumentId, item);
      if (!isFirst) for (const watcher of this.#watchers) watcher(item.instrument);
    }
    this.#publish();
  }

  async #loadFirst(): Promise<void> {
    for (let waitMs = loadRetryMsMin; !this.#stopped; waitMs = Math.min(2 * waitMs, loadRetryMsMax)) {
      try {
        return await this.load();
      } catch (error) {
        if (error instanceof MasterRefusedError) throw error;
        this.#waitsFor = `: ${error instanceof Error ? error.message : String(error)}`;
        this.#options.log.warn({ err: error, waitMs }, 'the instrument master could not be loaded yet; it is tried again');
        await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** A day that can't be loaded now is tried again with the next look; until then the former master serves, and risk judges its age. */
  async #loadNewDay(): Promise<void> {
    if (this.#loading !== undefined || masterDateOf(this.#options.clock.nowMs()) === this.#loadedDate) return;
    this.#loading = this.load().catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'the master of the new day was not loaded'),
    );
    await this.#loading;
    this.#loading = undefined;
  }

  async #store(
    master: readonly Instrument[],
  ): Promise<{ stored: readonly StoredInstrument[]; added: readonly Instrument[]; changed: readonly Instrument[] }> {
    const tx = await this.#options.pool.connect();
    try {
      await tx.query('BEGIN');
      await lockMaster(tx);
      const before = await readInstruments(tx);
      const { added, changed } = diffMaster(
        before.map(({ instrument }) => instrument),
        master,
      );
      if (added.length + changed.length > 0) await putInstruments(tx, [...added, ...changed]);
      const stored = added.length + changed.length > 0 ? await readInstruments(tx) : before;
      await tx.query('COMMIT');
      return { stored, added, changed };
    } catch (error) {
      await tx.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      tx.release();
    }
  }

  /** Publishes what was not published yet; again and again until the bus has it. Nobody waits for it: who trades asks over gRPC. */
  #publish(): void {
    clearTimeout(this.#retry);
    if (this.#isPublishing || this.#unpublished.size === 0 || this.#stopped) return;
    const { bus, clock, config, log } = this.#options;
    const items = [...this.#unpublished.values()];
    const rows = items.map(({ instrument, version }) => ({
      stream: `instruments/${instrument.instrumentId}`,
      seq: version,
      hash: unchained,
      key: instrument.instrumentId,
      payload: Buffer.from(Instrument.encode(instrument).finish()),
      traceparent: '',
      atMs: clock.nowMs(),
    }));
    this.#isPublishing = true;
    void bus
      .publish(INSTRUMENTS_TOPIC, rows)
      .then(
        () => {
          for (const item of items)
            if (this.#unpublished.get(item.instrument.instrumentId) === item) this.#unpublished.delete(item.instrument.instrumentId);
        },
        (error: unknown) =>
          log.warn({ err: error, instruments: items.length }, 'instruments could not be published; they will be tried again'),
      )
      .finally(() => {
        this.#isPublishing = false;
        if (this.#unpublished.size > 0 && !this.#stopped) this.#retry = setTimeout(() => this.#publish(), config.publishRetryMs);
      });
  }
}

/** A few symbols for the log. */
function symbolsOf(instruments: readonly Instrument[]): string {
  const shown = instruments
    .slice(0, 10)
    .map((instrument) => `${instrument.symbol}${instrument.status === InstrumentStatus.EXPIRED ? ' (expired)' : ''}`);
  return shown.join(', ') + (instruments.length > shown.length ? ', …' : '');
}
