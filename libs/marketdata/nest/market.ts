// The market of this process: ticks, and tells who streams and who reads the topic.
import { type Calls, INSTRUMENT_SERVICE, QUOTES_TOPIC } from '@switchyard/contracts';
import { type Instrument, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock, genesisHash, Prng } from '@switchyard/kernel';
import { QuoteBoard } from '@switchyard/marketdata-core';
import { type EventBus } from '@switchyard/platform/bus';
import { StreamFollower } from '@switchyard/platform/calls';
import { type Lifecycle } from '@switchyard/platform/run-roles';
import { type Logger } from 'pino';
import { type MarketdataConfig } from './marketdata.config.js';

/** Messages where only the newest counts are no chain. */
const unchained = Buffer.from(genesisHash);

export interface MarketOptions {
  readonly config: MarketdataConfig;
  readonly calls: Calls;
  readonly bus: Pick<EventBus, 'publish'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Market implements Lifecycle {
  readonly #options: MarketOptions;
  readonly #board: QuoteBoard;
  /** The instrument master over gRPC: what an order needs now does not wait for Kafka. */
  readonly #instruments: StreamFollower<WatchInstrumentsResponse>;
  /** Ids of every instrument that was told, whether it can be quoted or not. */
  readonly #known = new Set<string>();
  readonly #listeners = new Set<(quote: Quote) => void>();
  /** Quotes that the topic does not have yet, the newest per instrument. */
  readonly #unpublished = new Map<string, Quote>();
  #isPublishing = false;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: MarketOptions) {
    const { config, calls, clock, log } = options;
    this.#options = options;
    this.#board = new QuoteBoard(new Prng(config.seed), clock.nowMs());
    this.#instruments = new StreamFollower({
      what: 'the instruments',
      log,
      open: () => calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {}),
      take: ({ instruments, snapshotEnd }) => {
        this.#learn(instruments);
        return snapshotEnd;
      },
    });
  }

  async start(): Promise<void> {
    const { config } = this.#options;
    this.#instruments.start();
    this.#timers = [setInterval(() => this.#tick(), config.tickMs), setInterval(() => this.#publish(), config.publishIntervalMs)];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#instruments.stop();
  }

  ready(): true | string {
    return this.#instruments.ready();
  }

  /** Whether there is such an instrument. */
  knows(instrumentId: string): boolean {
    return this.#known.has(instrumentId);
  }

  /** The latest quote; undefined for an instrument that is not known or can't be quoted. */
  quoteOf(instrumentId: string): Quote | undefined {
    return this.#board.get(instrumentId);
  }

  /** Every latest quote. */
  quotes(): readonly Quote[] {
    return this.#board.all();
  }

  /** Calls back with every quote from now on; returns what ends it. */
  onQuote(listener: (quote: Quote) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #learn(instruments: readonly Instrument[]): void {
    for (const instrument of instruments) {
      this.#known.add(instrument.instrumentId);
      if (!this.#board.put(instrument))
        this.#options.log.warn(
          { instrumentId: instrument.instrumentId, symbol: instrument.symbol },
          'the instrument can not be quoted: its tick is too large or its previous close is missing',
        );
    }
    // A new instrument is quoted at once, not with the next tick: an order may come for it.
    this.#tell(this.#board.tick(0, this.#options.clock.nowMs()));
  }

  #tick(): void {
    const { config, clock } = this.#options;
    this.#tell(this.#board.tick(Math.ceil((this.#board.size * config.tickMs) / config.quoteIntervalMs), clock.nowMs()));
  }

  #tell(quotes: readonly Quote[]): void {
    for (const quote of quotes) {
      this.#unpublished.set(quote.instrumentId, quote);
      for (const listener of this.#listeners) listener(quote);
    }
  }

  /** One publication at a time; what can't be published stays, newest per instrument, for the next time. */
  #publish(): void {
    if (this.#isPublishing || this.#unpublished.size === 0) return;
    const { bus, log } = this.#options;
    const quotes = [...this.#unpublished.values()];
    this.#unpublished.clear();
    const rows = quotes.map((quote) => ({
      stream: `quotes/${quote.instrumentId}`,
      seq: quote.seq,
      hash: unchained,
      key: quote.instrumentId,
      payload: Buffer.from(Quote.encode(quote).finish()),
      traceparent: '',
      atMs: quote.atMs,
    }));
    this.#isPublishing = true;
    void bus
      .publish(QUOTES_TOPIC, rows)
      .catch((error: unknown) => {
        log.warn({ err: error, quotes: quotes.length }, 'quotes could not be published; the newest will be tried again');
        for (const quote of quotes) if (!this.#unpublished.has(quote.instrumentId)) this.#unpublished.set(quote.instrumentId, quote);
      })
      .finally(() => (this.#isPublishing = false));
  }
}
