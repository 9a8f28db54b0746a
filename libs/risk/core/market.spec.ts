import { describe, expect, it } from '@jest/globals';
import { InvalidDecimalError } from '@switchyard/kernel';
import { MalformedMarketDataError, marketQuote, tradableInstrument, weekdaysBetween } from './market.js';
import { aMarket, anInstrument, aQuote, testStartMs } from './testing/index.js';

describe('an instrument', () => {
  it('is not taken with a tick or lot that is not a positive decimal', () => {
    expect(() => tradableInstrument(anInstrument({ tickSize: '0' }))).toThrow(MalformedMarketDataError);
    expect(() => tradableInstrument(anInstrument({ lotSize: '-1' }))).toThrow(MalformedMarketDataError);
    expect(() => tradableInstrument(anInstrument({ tickSize: '' }))).toThrow(InvalidDecimalError);
    expect(() => tradableInstrument(anInstrument({ freezeQty: 'many' }))).toThrow(InvalidDecimalError);
  });
});

describe('a quote', () => {
  const reference = (...args: Parameters<typeof aQuote>): bigint | undefined => marketQuote(aQuote(...args)).referencePx;
  const level = (price: string) => [{ price, qty: '1' }];

  it.each([
    ['the last price', { lastPx: '10', bids: level('1'), asks: level('3'), previousClose: '4' }, 10_000_000_000n],
    ['else the middle', { lastPx: '0', bids: level('1'), asks: level('3'), previousClose: '4' }, 2_000_000_000n],
    ['else the close, with one side alone', { lastPx: '', bids: level('1'), previousClose: '4' }, 4_000_000_000n],
    ['else nothing', { lastPx: '' }, undefined],
  ])('refers to %s', (_, differs, px) => {
    expect(reference(differs)).toBe(px);
  });

  it('is not taken with a malformed price', () => {
    expect(() => marketQuote(aQuote({ lastPx: '1,5' }))).toThrow(InvalidDecimalError);
  });
});

describe('the market', () => {
  it('has what it was told last, and keeps a quote that was made later than the one that comes', () => {
    const market = aMarket(anInstrument(), aQuote({ atMs: testStartMs, lastPx: '10' }));
    market.putQuote(aQuote({ atMs: testStartMs - 1, lastPx: '11' }));
    expect(market.quote('INFY')).toMatchObject({ atMs: testStartMs, referencePx: 10_000_000_000n });
    market.putQuote(aQuote({ atMs: testStartMs, lastPx: '12' }));
    expect(market.quote('INFY')).toMatchObject({ referencePx: 12_000_000_000n });
    market.putInstrument(anInstrument({ tickSize: '0.1' }));
    expect(market.instrument('INFY')).toMatchObject({ tickSize: 100_000_000n });
    expect([market.instrument('TCS'), market.quote('TCS')]).toEqual([undefined, undefined]);
  });

  it('has an instrument no more whose rules became unreadable, and keeps the quote before one that can not be read', () => {
    const market = aMarket(anInstrument(), aQuote());
    expect(() => market.putInstrument(anInstrument({ tickSize: '0' }))).toThrow(MalformedMarketDataError);
    expect(() => market.putQuote(aQuote({ atMs: testStartMs + 1, lastPx: '1,5' }))).toThrow(InvalidDecimalError);
    expect([market.instrument('INFY'), market.quote('INFY')?.atMs]).toEqual([undefined, testStartMs]);
  });
});

describe('the weekdays after a day', () => {
  it.each([
    ['2026-01-30', '2026-01-30', 0],
    ['2026-01-30', '2026-02-01', 0],
    ['2026-01-30', '2026-02-02', 1],
    ['2026-01-29', '2026-02-02', 2],
    ['2026-01-31', '2026-02-02', 1],
    ['2026-01-02', '2026-02-02', 21],
    ['2026-02-03', '2026-02-02', 0],
  ])('%s up to %s are %i', (from, to, weekdays) => {
    expect(weekdaysBetween(Date.parse(from), Date.parse(`${to}T23:59:59Z`))).toBe(weekdays);
  });
});
