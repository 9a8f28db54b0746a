import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Market, marketQuote, type MarketQuote, tradableInstrument, type TradableInstrument } from './market.js';

/** Instruments and quotes as they were told last. */
export class MarketTable implements Market {
  readonly #instruments = new Map<string, TradableInstrument>();
  readonly #quotes = new Map<string, MarketQuote>();

  /**
   * Takes an instrument as it is now.
   * @throws MalformedMarketDataError or InvalidDecimalError where its rules can't be read: nothing can be judged without them, so it is there no more.
   */
  putInstrument(instrument: Instrument): void {
    this.#instruments.delete(instrument.instrumentId);
    this.#instruments.set(instrument.instrumentId, tradableInstrument(instrument));
  }

  /**
   * Takes a quote, unless there is one that was made later.
   * @throws InvalidDecimalError where it can't be read: the former one stays and grows old.
   */
  putQuote(quote: Quote): void {
    const read = marketQuote(quote);
    const former = this.#quotes.get(read.instrumentId);
    if (former === undefined || read.atMs >= former.atMs) this.#quotes.set(read.instrumentId, read);
  }

  instrument(instrumentId: string): TradableInstrument | undefined {
    return this.#instruments.get(instrumentId);
  }

  quote(instrumentId: string): MarketQuote | undefined {
    return this.#quotes.get(instrumentId);
  }
}
