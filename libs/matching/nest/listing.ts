// From an instrument of the master to what the venue trades it by.
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type ListInstrument } from '@switchyard/contracts/gen/matching/v1/events';
import { formatDecimal, parseDecimal } from '@switchyard/kernel';

/** Shares, as series of NSE and groups of BSE name them; units of funds, bonds and what else is there cost something else. */
const equitySeries: ReadonlySet<string> = new Set(['EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ', 'A', 'B', 'T', 'X', 'XT', 'Z', 'M', 'MT']);
/** By exchange: the segment of its shares in the fee table. */
const equitySegments: ReadonlyMap<string, string> = new Map([
  ['NSE', 'EQUITY'],
  ['BSE', 'EQUITY_BSE'],
]);

/** @param bandPercent how far from the previous close an order's price may lie; 0: any. */
export function listingOf(instrument: Instrument, bandPercent: number): ListInstrument {
  const { instrumentId, tickSize, lotSize, freezeQty, previousClose, exchange, series, currency } = instrument;
  const isShare = equitySeries.has(series) && currency === 'INR';
  return {
    instrumentId,
    tickSize,
    lotSize,
    freezeQty,
    ...bandAround(previousClose, bandPercent),
    referencePrice: previousClose,
    segment: (isShare ? equitySegments.get(exchange) : undefined) ?? '',
  };
}

function bandAround(previousClose: string, percent: number): Pick<ListInstrument, 'bandLow' | 'bandHigh'> {
  const close = parseDecimal(previousClose);
  if (percent === 0 || !close.ok || close.value <= 0n) return { bandLow: '', bandHigh: '' };
  const part = (close.value * BigInt(percent)) / 100n;
  return { bandLow: formatDecimal(close.value - part), bandHigh: formatDecimal(close.value + part) };
}
