// What risk needs of instruments and quotes, parsed once when they arrive and not with every check.
import { type Instrument, type InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { Price, Quantity } from '@switchyard/kernel';

/** An instrument as the checks see it. */
export interface TradableInstrument {
  readonly instrumentId: string;
  readonly status: InstrumentStatus;
  readonly tickSize: Price;
  readonly lotSize: Quantity;
  /** Largest quantity of one order that the exchange takes; undefined where none is known. */
  readonly freezeQty: Quantity | undefined;
  readonly previousClose: Price | undefined;
  /** Start (UTC) of the trading date of the master that it comes from, epoch milliseconds; undefined where the master has none. */
  readonly masterAtMs: number | undefined;
}

/** A quote as the checks see it. */
export interface MarketQuote {
  readonly instrumentId: string;
  readonly seq: number;
  /** When it was made, by its source's clock, epoch milliseconds. */
  readonly atMs: number;
  /** Last traded price, else the middle of best bid and ask, else the previous close; undefined where the quote has none of them. */
  readonly referencePx: Price | undefined;
}

/** Where the checks look instruments and quotes up: memory, never a call. */
export interface Market {
  instrument(instrumentId: string): TradableInstrument | undefined;
  quote(instrumentId: string): MarketQuote | undefined;
}

const dayMs = 86_400_000;

/**
 * Weekdays (UTC) after the day of one instant up to that of another, epoch milliseconds; 0 where the other is not later. How old a master is in trading
 * days, as far as that can be said without a calendar of the exchange's holidays: never less.
 */
export function weekdaysBetween(fromMs: number, toMs: number): number {
  const [from, to] = [Math.floor(fromMs / dayMs), Math.floor(toMs / dayMs)];
  if (to <= from) return 0;
  const weeks = Math.floor((to - from) / 7);
  let weekdays = weeks * 5;
  // Day 0 of the epoch was a Thursday: with Monday as 0 that is 3.
  for (let day = from + weeks * 7 + 1; day <= to; day++) if ((day + 3) % 7 < 5) weekdays++;
  return weekdays;
}

/** An instrument or quote that can't be read. */
export class MalformedMarketDataError extends Error {
  override readonly name = 'MalformedMarketDataError';
}

/**
 * Reads an instrument of the master.
 * @throws MalformedMarketDataError or InvalidDecimalError where a figure is malformed; the caller keeps such an instrument out, so its orders are refused.
 */
export function tradableInstrument(instrument: Instrument): TradableInstrument {
  const masterAtMs = instrument.masterDate === '' ? undefined : Date.parse(`${instrument.masterDate}T00:00:00Z`);
  return {
    instrumentId: instrument.instrumentId,
    status: instrument.status,
    tickSize: step('tick', Price(instrument.tickSize)),
    lotSize: step('lot', Quantity(instrument.lotSize)),
    freezeQty: instrument.freezeQty === '' ? undefined : Quantity(instrument.freezeQty),
    previousClose: positivePrice(instrument.previousClose),
    masterAtMs: masterAtMs !== undefined && Number.isNaN(masterAtMs) ? undefined : masterAtMs,
  };
}

/**
 * Reads a quote.
 * @throws InvalidDecimalError where a price is malformed; the caller keeps the former quote, which grows stale.
 */
export function marketQuote(quote: Quote): MarketQuote {
  const bid = positivePrice(quote.bids[0]?.price);
  const ask = positivePrice(quote.asks[0]?.price);
  const middle = bid !== undefined && ask !== undefined ? Price.fromScaled((bid + ask) / 2n) : undefined;
  return {
    instrumentId: quote.instrumentId,
    seq: quote.seq,
    atMs: quote.atMs,
    referencePx: positivePrice(quote.lastPx) ?? middle ?? positivePrice(quote.previousClose),
  };
}

function step<T extends bigint>(name: string, value: T): T {
  if (value <= 0n) throw new MalformedMarketDataError(`a ${name} is greater than zero`);
  return value;
}

/** Feeds send an empty text or zero where they have no price: neither is a price. */
function positivePrice(text: string | undefined): Price | undefined {
  if (text === undefined || text === '') return undefined;
  const price = Price(text);
  return price > 0n ? price : undefined;
}
