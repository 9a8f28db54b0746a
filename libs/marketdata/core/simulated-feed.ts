// A market that is made up: each instrument's last price walks at random on its tick grid around the previous close, with a book of levels around it.
// Pure: the same seed and instants give the same quotes.
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote, type QuoteLevel } from '@switchyard/contracts/gen/marketdata/v1/service';
import { formatDecimal, Price, type Prng, Quantity } from '@switchyard/kernel';

/** What the feed needs to know of an instrument, with its decimals read. */
export interface QuotedInstrument {
  readonly instrumentId: string;
  readonly tickSize: Price;
  readonly lotSize: Quantity;
  /** In ticks. */
  readonly previousCloseTicks: number;
  /** As the quotes say it. */
  readonly previousClose: string;
}

/** `Quote.source` of what this feed makes. */
export const simulatedSource = 'simulated';
/** Levels on each side. */
export const levelsPerSide = 5;
/** No price is further from the previous close than this. */
export const bandPercent = 10;

const spreadTicksMax = 3;
/** What one level is worth on average, in units of the currency: enough for a demo, little enough to walk through. */
const levelValue = 200_000;
/** Ticks between the last price and the end of the band, so that every level stays inside. */
const marginTicks = spreadTicksMax + levelsPerSide;
/** An instrument whose band has no room for a walk is not quoted. */
const previousCloseTicksMin = (marginTicks + 2) * bandPercent;
/** The largest step, in parts of the price. */
const stepsPerPrice = 4_000;

/** Reads what the feed needs; undefined for an instrument that it can't quote: the tick is so large that ten percent is hardly a step, or a decimal is wrong. */
export function toQuoted(instrument: Instrument): QuotedInstrument | undefined {
  const tickSize = Price.parse(instrument.tickSize);
  const lotSize = Quantity.parse(instrument.lotSize);
  const previousClose = Price.parse(instrument.previousClose);
  if (!tickSize.ok || !lotSize.ok || !previousClose.ok || tickSize.value <= 0n || lotSize.value <= 0n) return undefined;
  const previousCloseTicks = Number(previousClose.value / tickSize.value);
  if (previousCloseTicks < previousCloseTicksMin || !Number.isSafeInteger(previousCloseTicks)) return undefined;
  return {
    instrumentId: instrument.instrumentId,
    tickSize: tickSize.value,
    lotSize: lotSize.value,
    previousCloseTicks,
    previousClose: formatDecimal(previousClose.value),
  };
}

/**
 * The next quote of an instrument, a step from `former`; the first one, at the previous close, without it.
 * @param seq of this quote; rises from quote to quote of an instrument.
 * @param prng the instrument's own stream.
 */
export function nextQuote(instrument: QuotedInstrument, former: Quote | undefined, seq: number, prng: Prng, nowMs: number): Quote {
  const { tickSize, previousCloseTicks } = instrument;
  const lastTicks = former === undefined ? previousCloseTicks : step(instrument, Number(Price(former.lastPx) / tickSize), prng);
  const spreadTicks = 1 + prng.below(spreadTicksMax);
  const bidTicks = lastTicks - prng.below(spreadTicks + 1);
  return {
    instrumentId: instrument.instrumentId,
    seq,
    atMs: nowMs,
    lastPx: priceOf(instrument, lastTicks),
    bids: levels(instrument, bidTicks, -1, prng),
    asks: levels(instrument, bidTicks + spreadTicks, 1, prng),
    previousClose: instrument.previousClose,
    source: simulatedSource,
  };
}

/** A step up or down, sooner towards the previous close the further away it is, never out of the band. */
function step({ previousCloseTicks }: QuotedInstrument, ticks: number, prng: Prng): number {
  const reach = Math.floor((previousCloseTicks * bandPercent) / 100) - marginTicks;
  const away = ticks - previousCloseTicks;
  const upPermille = 500 - Math.round((away / reach) * 400);
  const size = prng.below(Math.max(2, Math.floor(previousCloseTicks / stepsPerPrice) + 1));
  const next = away + (prng.chance(Math.min(1000, Math.max(0, upPermille)), 1000) ? size : -size);
  return previousCloseTicks + Math.min(reach, Math.max(-reach, next));
}

function levels(instrument: QuotedInstrument, bestTicks: number, direction: 1 | -1, prng: Prng): QuoteLevel[] {
  const price = Number(instrument.tickSize) * bestTicks; // Scaled; an average quantity need not be exact.
  const lots = Math.max(1, Math.round((levelValue / price / Number(instrument.lotSize)) * 1e18));
  return Array.from({ length: levelsPerSide }, (_, level) => ({
    price: priceOf(instrument, bestTicks + direction * level),
    qty: formatDecimal(instrument.lotSize * BigInt(1 + prng.below(Math.min(2 * lots * (level + 1), 2 ** 31)))),
  }));
}

function priceOf(instrument: QuotedInstrument, ticks: number): string {
  return formatDecimal(instrument.tickSize * BigInt(ticks));
}
