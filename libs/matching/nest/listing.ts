// From an instrument of the master to what the venue trades it by.
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type ListInstrument } from '@switchyard/contracts/gen/matching/v1/events';
import { formatDecimal, parseDecimal } from '@switchyard/kernel';
import { type Segment } from '@switchyard/matching-core';

/** Shares, as series of NSE and groups of BSE name them; units of funds, bonds and what else is there cost something else. */
const segmentsOfShares: readonly (readonly [exchange: string, segment: Segment, series: ReadonlySet<string>])[] = [
  ['NSE', 'EQUITY', new Set(['EQ', 'BE', 'BZ', 'SM', 'ST', 'SZ'])],
  ['BSE', 'EQUITY_BSE', new Set(['A', 'B', 'T'])],
  ['BSE', 'EQUITY_BSE_X', new Set(['X', 'XT', 'Z'])],
  ['BSE', 'EQUITY_BSE_SME', new Set(['M', 'MT'])],
];

/** The segment of the fee table; empty for what it does not have: nothing is charged then. */
function segmentOf({ exchange, series, currency }: Instrument): Segment | '' {
  if (currency !== 'INR') return '';
  return segmentsOfShares.find(([at, , listed]) => at === exchange && listed.has(series))?.[1] ?? '';
}

/** @param bandPercent how far from the previous close an order's price may lie; 0: any. */
export function listingOf(instrument: Instrument, bandPercent: number): ListInstrument {
  const { instrumentId, tickSize, lotSize, freezeQty, previousClose } = instrument;
  return {
    instrumentId,
    tickSize,
    lotSize,
    freezeQty,
    ...bandAround(previousClose, bandPercent),
    referencePrice: previousClose,
    segment: segmentOf(instrument),
  };
}

function bandAround(previousClose: string, percent: number): Pick<ListInstrument, 'bandLow' | 'bandHigh'> {
  const close = parseDecimal(previousClose);
  if (percent === 0 || !close.ok || close.value <= 0n) return { bandLow: '', bandHigh: '' };
  const part = (close.value * BigInt(percent)) / 100n;
  return { bandLow: formatDecimal(close.value - part), bandHigh: formatDecimal(close.value + part) };
}
