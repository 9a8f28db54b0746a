import { describe, expect, it } from '@jest/globals';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import fc from 'fast-check';
import { Increments } from './increments.js';
import { makerDefaults, makerQuote } from './maker.js';
import { command, INFY, venueWithInstruments } from './testing/venue-builder.js';

const parsed = Increments.parse('0.05', '1');
if (!parsed.ok) throw new Error('increments');
const increments = parsed.value;

function quote(bids: string, asks: string): Quote {
  const levels = (text: string): { price: string; qty: string }[] =>
    text === '' ? [] : text.split(' ').map((word) => ({ price: word.split('x')[0] as string, qty: word.split('x')[1] as string }));
  return Quote.fromPartial({ instrumentId: INFY, bids: levels(bids), asks: levels(asks) });
}

function shown(bids: string, asks: string, settings = makerDefaults): { bids: string[]; asks: string[] } | undefined {
  const made = makerQuote(quote(bids, asks), increments, settings);
  return made && { bids: made.bids.map(({ price, qty }) => `${price}x${qty}`), asks: made.asks.map(({ price, qty }) => `${price}x${qty}`) };
}

describe('the maker around a quote', () => {
  it('shows at least five levels a side, one tick apart, the best one as quoted', () => {
    const made = shown('1499.95x100', '1500.05x200');
    expect(made?.bids.map((level) => level.split('x')[0])).toEqual(['1499.95', '1499.9', '1499.85', '1499.8', '1499.75']);
    expect(made?.asks.map((level) => level.split('x')[0])).toEqual(['1500.05', '1500.1', '1500.15', '1500.2', '1500.25']);
    expect([made?.bids[0], made?.asks[0]]).toEqual(['1499.95x100', '1500.05x200']);
  });

  it('keeps the levels that a quote has, and goes on from the last', () => {
    const made = shown('1499x10 1498x20', '1500x10 1501x20 1502x30 1503x40 1504x50 1505x60');
    expect(made?.bids.slice(0, 3).map((level) => level.split('x')[0])).toEqual(['1499', '1498', '1497.95']);
    expect(made?.asks).toEqual(['1500x10', '1501x20', '1502x30', '1503x40', '1504x50', '1505x60']);
  });

  it('has the same depth for the same seed and price, and another one for another seed', () => {
    expect(shown('1499x100', '1500x100')).toEqual(shown('1499x100', '1500x100'));
    expect(shown('1499x100', '1500x100')).not.toEqual(shown('1499x100', '1500x100', { ...makerDefaults, seed: 2 }));
  });

  it('rounds prices off the tick away from the spread, and quantities down to lots but never to nothing', () => {
    const made = shown('1499.98x10.9', '1500.01x0.4');
    expect([made?.bids[0], made?.asks[0]]).toEqual(['1499.95x10', '1500.05x1']);
  });

  it('joins levels that fall on one tick', () => {
    expect(shown('1499.99x1 1499.96x2', '1501x1')?.bids[0]).toBe('1499.95x3');
  });

  it('stands as many ticks further out as it is told, and shows as much of the depth', () => {
    const settings = { ...makerDefaults, spreadTicks: 2, depthPercent: 50 };
    const made = shown('1499.95x100 1499x7', '1500.05x200 1500.1x1', settings);
    expect(made?.bids.slice(0, 2)).toEqual(['1499.85x50', '1498.9x3']);
    expect(made?.asks.slice(0, 2)).toEqual(['1500.15x100', '1500.2x1']);
    expect(shown('1499.95x100', '1500.05x200', { ...settings, depthPercent: 300 })?.bids[0]).toBe('1499.85x300');
  });

  it('leaves out what moving outwards takes below the first tick; without a bid that is left it shows nothing', () => {
    expect(shown('0.2x5 0.1x5', '0.25x5', { ...makerDefaults, spreadTicks: 2 })?.bids.map((level) => level.split('x')[0])).toEqual([
      '0.1',
      '0.05',
    ]);
    expect(shown('0.1x5', '0.25x5', { ...makerDefaults, spreadTicks: 2 })).toBeUndefined();
  });

  it('shows fewer levels where prices would reach zero', () => {
    expect(shown('0.10x5', '0.15x5')?.bids).toHaveLength(2);
  });

  it.each([
    ['no bid', '', '1500x1'],
    ['no ask', '1500x1', ''],
    ['crossed sides', '1500x1', '1499x1'],
    ['locked sides', '1500x1', '1500x1'],
    ['a malformed price', '1,5x1', '1500x1'],
    ['a price of zero', '0x1', '1500x1'],
    ['a bid below one tick', '0.01x1', '1500x1'],
    ['bids out of order', '1499x1 1499.5x1', '1500x1'],
    ['asks out of order', '1499x1', '1501x1 1500x1'],
    ['a quantity of zero', '1499x1', '1500x0'],
  ])('shows nothing for a quote with %s', (_fact, bids, asks) => {
    expect(shown(bids, asks)).toBeUndefined();
  });

  it('what it shows is what the venue takes, for every quote', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400_000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 100_000 }),
        (bidHundredths, spreadHundredths, lots) => {
          const text = (hundredths: number): string => (hundredths / 100).toFixed(2);
          const made = makerQuote(
            quote(`${text(bidHundredths)}x${lots}`, `${text(bidHundredths + spreadHundredths)}x${lots}`),
            increments,
            makerDefaults,
          );
          if (made === undefined) return;
          const venue = venueWithInstruments();
          venue.apply({ ...command.maker(INFY, '', ''), command: { $case: 'makerQuote', value: made } });
          expect(venue.showsMakerQuote(made)).toBe(true);
          expect(venue.depth(INFY, 50)?.asks).toEqual(made.asks);
          expect(made.asks.length).toBeGreaterThanOrEqual(5);
        },
      ),
    );
  });
});
