import { describe, expect, it } from '@jest/globals';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { isMultipleOf, Price, Prng, Quantity } from '@switchyard/kernel';
import fc from 'fast-check';
import { anInstrument } from './testing/index.js';
import { bandPercent, levelsPerSide, nextQuote, QuoteBoard, simulatedSource, toQuoted } from './index.js';

const infosys = toQuoted(anInstrument());

/** A walk of some quotes. */
function walk(given: Parameters<typeof anInstrument>[0], seed: number, count: number): Quote[] {
  const instrument = toQuoted(anInstrument(given));
  if (instrument === undefined) throw new Error('the instrument can be quoted');
  const prng = new Prng(seed);
  const quotes: Quote[] = [];
  for (let seq = 1; seq <= count; seq++) quotes.push(nextQuote(instrument, quotes.at(-1), seq, prng, seq * 1_000));
  return quotes;
}

const instruments = fc
  .record({
    tick: fc.constantFrom('0.01', '0.05', '0.1', '0.5', '1', '5'),
    ticks: fc.integer({ min: 100, max: 60_000 }),
    lotSize: fc.constantFrom('1', '25', '0.001'),
  })
  .map(({ tick, ticks, lotSize }) => ({ tickSize: tick, lotSize, previousClose: String((Number(tick) * 100 * ticks) / 100) }))
  .filter(({ previousClose }) => /^\d+(\.\d{1,2})?$/.test(previousClose));

/** What is wrong with a quote, in words. */
function faultsOf(quote: Quote, given: { tickSize: string; lotSize: string; previousClose: string }): string[] {
  const [tick, close, lot] = [Price(given.tickSize), Price(given.previousClose), Quantity(given.lotSize)];
  const [bids, asks] = [quote.bids.map((level) => Price(level.price)), quote.asks.map((level) => Price(level.price))];
  const [last, spread] = [Price(quote.lastPx), asks[0]! - bids[0]!];
  const quantities = [...quote.bids, ...quote.asks].map((level) => Quantity(level.qty));
  const rules: [boolean, string][] = [
    [[...bids, ...asks, last].every((price) => isMultipleOf(price, tick)), 'every price is on the tick'],
    [
      [...bids, ...asks, last].every(
        (price) => price * 100n >= close * BigInt(100 - bandPercent) && price * 100n <= close * BigInt(100 + bandPercent),
      ),
      'every price is in the band',
    ],
    [bids.length === levelsPerSide && asks.length === levelsPerSide, 'there are five levels a side'],
    [spread >= tick && spread <= tick * 3n, 'the spread is one to three ticks'],
    [last >= bids[0]! && last <= asks[0]!, 'the last price is within the spread'],
    [
      bids.every((price, at) => at === 0 || price < bids[at - 1]!) && asks.every((price, at) => at === 0 || price > asks[at - 1]!),
      'levels are best first',
    ],
    [quantities.every((qty) => qty > 0n && isMultipleOf(qty, lot)), 'quantities are lots'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => `${rule}: ${JSON.stringify(quote)}`);
}

describe('a walk', () => {
  it('keeps to the grid, the band and a book that is not crossed, with five levels a side', () => {
    fc.assert(
      fc.property(instruments, fc.integer(), (given, seed) => {
        expect(walk(given, seed, 60).flatMap((quote) => faultsOf(quote, given))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('begins at the previous close, and moves', () => {
    const quotes = walk({}, 42, 200);
    expect(quotes[0]?.lastPx).toBe('1505');
    expect(new Set(quotes.map((quote) => quote.lastPx)).size).toBeGreaterThan(10);
  });

  it('is the same again for the same seed, and another for another', () => {
    expect(walk({}, 7, 50)).toEqual(walk({}, 7, 50));
    expect(walk({}, 7, 50)).not.toEqual(walk({}, 8, 50));
  });

  it('says when it was made, its sequence and where it comes from', () => {
    expect(walk({}, 1, 2)[1]).toMatchObject({
      instrumentId: 'I000001',
      seq: 2,
      atMs: 2_000,
      previousClose: '1505',
      source: simulatedSource,
    });
  });

  it('comes back when it has reached the end of the band', () => {
    const prng = new Prng(3);
    let quote = { ...nextQuote(infosys!, undefined, 1, prng, 0), lastPx: '1654' };
    for (let seq = 2; seq < 400; seq++) quote = nextQuote(infosys!, quote, seq, prng, seq);
    expect(Price(quote.lastPx)).toBeLessThan(Price('1640'));
  });
});

describe('an instrument that is not quoted', () => {
  it.each([
    ['has a close of a few ticks', { tickSize: '0.05', previousClose: '0.5' }],
    ['has a tick of zero', { tickSize: '0' }],
    ['has a lot that is no decimal', { lotSize: '' }],
    ['has no previous close', { previousClose: '' }],
  ])('%s', (_what, given) => expect(toQuoted(anInstrument(given))).toBeUndefined());
});

describe('the quote board', () => {
  const board = (count: number) => {
    const made = new QuoteBoard(new Prng(1), 1_000);
    for (let at = 1; at <= count; at++) made.put(anInstrument({ instrumentId: `I${at}` }));
    return made;
  };
  const ids = (quotes: Quote[]) => quotes.map((quote) => quote.instrumentId);

  it('quotes every instrument with the first tick, however few it was asked for', () => {
    const made = board(5);
    expect(made.all()).toEqual([]);
    expect(ids(made.tick(1, 10)).sort()).toEqual(['I1', 'I2', 'I3', 'I4', 'I5']);
    expect(made.all()).toHaveLength(5);
  });

  it('then goes round', () => {
    const made = board(3);
    made.tick(3, 10);
    expect([made.tick(2, 11), made.tick(2, 12), made.tick(2, 13)].map(ids)).toEqual([
      ['I1', 'I2'],
      ['I3', 'I1'],
      ['I2', 'I3'],
    ]);
    expect(ids(made.tick(99, 14))).toHaveLength(3);
  });

  it('quotes a new instrument with the next tick', () => {
    const made = board(3);
    made.tick(3, 10);
    made.put(anInstrument({ instrumentId: 'I4' }));
    expect(ids(made.tick(1, 11))).toContain('I4');
    expect(made.size).toBe(4);
  });

  it('gives sequences from the first on, without a gap', () => {
    const made = board(1);
    expect([made.tick(1, 10), made.tick(1, 11), made.tick(1, 12)].flat().map((quote) => quote.seq)).toEqual([1_000, 1_001, 1_002]);
  });

  it('moves no walk when an instrument is added', () => {
    const [few, more] = [board(2), board(3)];
    few.tick(0, 10);
    more.tick(0, 10);
    expect(more.get('I1')).toEqual(few.get('I1'));
    expect(more.get('I2')).toEqual(few.get('I2'));
  });

  it('goes on where it was when the master of a new day says the same, and begins anew around another close', () => {
    const made = board(1);
    for (let at = 0; at < 50; at++) made.tick(1, at);
    const before = made.get('I1');
    made.put(anInstrument({ instrumentId: 'I1', masterDate: '2026-01-06' }));
    expect(made.get('I1')).toEqual(before);
    made.put(anInstrument({ instrumentId: 'I1', previousClose: '300' }));
    const after = made.tick(1, 99)[0]!;
    expect(Math.abs(Number(after.lastPx) - 300)).toBeLessThan(5);
    expect(after.seq).toBe(before!.seq + 1);
  });

  it('forgets an instrument that can no longer be quoted, and knows none that it was not given', () => {
    const made = board(2);
    made.tick(2, 10);
    expect(made.put(anInstrument({ instrumentId: 'I1', previousClose: '' }))).toBe(false);
    expect(made.get('I1')).toBeUndefined();
    expect(ids(made.tick(9, 11))).toEqual(['I2']);
    expect(made.get('I9')).toBeUndefined();
    expect(new QuoteBoard(new Prng(1), 0).tick(5, 1)).toEqual([]);
  });
});
