// Instruments and quotes in memory, followed by stream; a quote that is missing or too old for a decision is fetched.
import { type Calls, INSTRUMENT_SERVICE, MARKET_DATA_SERVICE } from '@switchyard/contracts';
import { type Instrument, InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock } from '@switchyard/kernel';
import { StreamFollower } from '@switchyard/platform/calls';
import { type Logger } from '@switchyard/platform/log';
import { type Market, type MarketQuote, MarketTable, type TradableInstrument } from '@switchyard/risk-core';

/** After a fetch that brought nothing, the next one for this instrument waits: orders must not queue behind a feed that is down. */
const fetchPauseMs = 1_000;

export class MarketWatch implements Market {
  readonly #table = new MarketTable();
  /** EXCHANGE:SYMBOL → ids, of every instrument that was told, whether its rules can be read or not. */
  readonly #idsBySymbol = new Map<string, Set<string>>();
  readonly #symbols = new Map<string, string>();
  readonly #expired = new Set<string>();
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #fetchFailedAtMs = new Map<string, number>();
  readonly #instrumentStream;
  readonly #quoteStream;

  constructor(
    private readonly calls: Calls,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#instrumentStream = new StreamFollower({
      what: 'the instruments',
      log,
      open: () => calls.any(INSTRUMENT_SERVICE).watchInstruments({}, {}),
      take: ({ instruments, snapshotEnd }) => {
        for (const instrument of instruments) this.#putInstrument(instrument);
        return snapshotEnd;
      },
    });
    this.#quoteStream = new StreamFollower({
      what: 'the quotes',
      log,
      open: () => calls.any(MARKET_DATA_SERVICE).streamQuotes({ instrumentIds: [] }, {}),
      take: ({ quotes, snapshotEnd }) => {
        for (const quote of quotes) this.#putQuote(quote);
        return snapshotEnd;
      },
    });
  }

  start(): void {
    this.#instrumentStream.start();
    this.#quoteStream.start();
  }

  stop(): void {
    this.#instrumentStream.stop();
    this.#quoteStream.stop();
  }

  /** Quotes are not waited for: what has none is fetched, and a market without quotes refuses by itself. */
  ready(): true | string {
    return this.#instrumentStream.ready();
  }

  /** Resolves when all instruments are known: before that an order would be refused for an instrument that exists. */
  get whenReady(): Promise<void> {
    return this.#instrumentStream.whenComplete;
  }

  instrument(instrumentId: string): TradableInstrument | undefined {
    return this.#table.instrument(instrumentId);
  }

  /**
   * The ids that a text may mean: itself, or those of the symbol; more than one is ambiguous. Empty: there is no such instrument. An exchange may give a
   * listing of an expired instrument to another one: until then the last one keeps it.
   */
  resolve(text: string): readonly string[] {
    if (this.#symbols.has(text)) return [text];
    const ids = [...(this.#idsBySymbol.get(text.toUpperCase()) ?? [])];
    const living = ids.filter((id) => !this.#expired.has(id));
    return living.length > 0 ? living : ids.slice(-1);
  }

  quote(instrumentId: string): MarketQuote | undefined {
    return this.#table.quote(instrumentId);
  }

  /** Fetches an instrument's quote, at the latest until the deadline; never rejects: what then is missing, the checks refuse. */
  fetch(instrumentId: string, deadlineMs: number): Promise<void> {
    const nowMs = this.clock.nowMs();
    const failedAtMs = this.#fetchFailedAtMs.get(instrumentId);
    if (failedAtMs !== undefined && nowMs - failedAtMs < fetchPauseMs && nowMs >= failedAtMs) return Promise.resolve();
    let fetching = this.#fetching.get(instrumentId);
    if (fetching === undefined) {
      fetching = this.#fetch(instrumentId, Math.max(1, deadlineMs - nowMs)).finally(() => this.#fetching.delete(instrumentId));
      this.#fetching.set(instrumentId, fetching);
    }
    return fetching;
  }

  async #fetch(instrumentId: string, timeoutMs: number): Promise<void> {
    try {
      const { quotes } = await this.calls.any(MARKET_DATA_SERVICE).getQuotes({ instrumentIds: [instrumentId] }, { timeoutMs });
      for (const quote of quotes) this.#putQuote(quote);
      if (quotes.length > 0) this.#fetchFailedAtMs.delete(instrumentId);
      else this.#fetchFailedAtMs.set(instrumentId, this.clock.nowMs());
    } catch (error) {
      this.#fetchFailedAtMs.set(instrumentId, this.clock.nowMs());
      this.log.warn({ err: error, instrumentId }, 'a quote could not be fetched');
    }
  }

  #putInstrument(instrument: Instrument): void {
    const { instrumentId } = instrument;
    const symbol = `${instrument.exchange}:${instrument.symbol}`.toUpperCase();
    this.#idsBySymbol.get(this.#symbols.get(instrumentId) ?? '')?.delete(instrumentId);
    this.#symbols.set(instrumentId, symbol);
    this.#idsBySymbol.set(symbol, (this.#idsBySymbol.get(symbol) ?? new Set()).add(instrumentId));
    if (instrument.status === InstrumentStatus.EXPIRED) this.#expired.add(instrumentId);
    else this.#expired.delete(instrumentId);
    try {
      this.#table.putInstrument(instrument);
    } catch (error) {
      // Without its rules nothing can be judged: its orders are refused until the master is mended.
      this.log.error({ err: error, instrumentId: instrument.instrumentId }, 'an instrument can not be read: its orders are refused');
    }
  }

  #putQuote(quote: Quote): void {
    try {
      this.#table.putQuote(quote);
    } catch (error) {
      this.log.error({ err: error, instrumentId: quote.instrumentId }, 'a quote can not be read: the former one stays and grows old');
    }
  }
}
