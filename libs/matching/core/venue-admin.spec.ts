// What the venue's operators, its maker, takers and the clock do to the books, and what sessions learn of it.
import { describe, expect, it } from '@jest/globals';
import { OrdType, Product, Side, TimeInForce } from '@switchyard/contracts';
import { type ListInstrument } from '@switchyard/contracts/gen/matching/v1/events';
import { TradingPhase, type NewOrder } from '@switchyard/contracts/gen/matching/v1/service';
import { BookSide, FastEngine, orderIdMax } from './engine/index.js';
import { command, INFY, openingMs, TCS, toldWhole, venueWithInstruments } from './testing/venue-builder.js';
import { type VenueInput } from './turn.js';
import { Venue } from './venue.js';

const { BUY, SELL } = Side;
const { MARKET } = OrdType;
const { DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE } = TimeInForce;
const { CLOSED, PRE_OPEN, OPENING_AUCTION, CONTINUOUS, CLOSING_AUCTION, HALT } = TradingPhase;

const sell = (tag: string, orderQty: string, price: string, order: Partial<NewOrder> = {}): VenueInput =>
  command.newOrder('s2', { tag, side: SELL, orderQty, price, brokerAccountId: 'PAPER-2', ...order });
const buy = (tag: string, orderQty: string, price: string, order: Partial<NewOrder> = {}): VenueInput =>
  command.newOrder('s1', { tag, side: BUY, orderQty, price, ...order });
const market = { ordType: MARKET };
const phase = (next: TradingPhase): VenueInput => command.phase(INFY, next);

function lastTold(venue: Venue, inputs: readonly VenueInput[]): string[] {
  let last: string[] = [];
  for (const input of inputs) {
    last = toldWhole(venue.apply(input));
    venue.validateInternalState();
  }
  return last;
}

describe('a listing', () => {
  const rules = { freezeQty: '10', bandLow: '90.02', bandHigh: '110.03' };
  it.each([
    ['a quantity at the freeze quantity is taken', buy('a', '10', '100'), 'a NEW LIMIT @100 leaves 10'],
    ['a quantity above it is refused', buy('a', '11', '100'), 'a REJECTED VENUE_ABOVE_FREEZE'],
    ['a price at the first tick of the band is taken', buy('a', '1', '90.05'), 'a NEW LIMIT @90.05 leaves 1'],
    ['a price below the band is refused', buy('a', '1', '90'), 'a REJECTED VENUE_OFF_BAND'],
    ['a price at the last tick of the band is taken', sell('a', '1', '110'), 'a NEW LIMIT @110 leaves 1'],
    ['a price above the band is refused', sell('a', '1', '110.05'), 'a REJECTED VENUE_OFF_BAND'],
    ['a stop price outside the band is refused', buy('a', '1', '', { ordType: OrdType.STOP, stopPx: '111' }), 'a REJECTED VENUE_OFF_BAND'],
  ])('%s', (_fact, order, told) => {
    expect(lastTold(venueWithInstruments(), [command.list(INFY, '0.05', '1', rules), order])).toEqual([told]);
  });

  it('of other rules leaves what rests, and the phase, and counts from now on', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [buy('a', '50', '100'), phase(PRE_OPEN)]);
    expect(lastTold(venue, [command.list(INFY, '0.05', '1', rules)])).toEqual([]);
    expect(venue.phaseOf(INFY)).toBe(PRE_OPEN);
    expect(lastTold(venue, [buy('b', '11', '100')])).toEqual(['b REJECTED VENUE_ABOVE_FREEZE']);
    expect(lastTold(venue, [command.list(INFY), buy('c', '11', '100')])).toEqual(['c NEW LIMIT @100 leaves 11']);
  });

  it.each<[string, Partial<ListInstrument>]>([
    ['a band upside down', { bandLow: '110', bandHigh: '90' }],
    ['a band with no tick in it', { bandLow: '90.01', bandHigh: '90.04' }],
    ['a freeze quantity below a lot', { freezeQty: '0.5' }],
    ['a freeze quantity of nothing', { freezeQty: '0' }],
    ['a reference price that is no number', { referencePrice: 'x' }],
    ['a reference price below zero', { referencePrice: '-1' }],
  ])('of %s is passed over', (_fact, malformed) => {
    const venue = venueWithInstruments();
    lastTold(venue, [command.list('odd', '0.05', '1', malformed), command.list(INFY, '0.10', '1', malformed)]);
    expect([venue.phaseOf('odd'), venue.incrementsOf(INFY)?.tickSize]).toEqual([undefined, '0.05']);
  });

  it('holds bounds beyond what orders can say as the most that they can', () => {
    const venue = venueWithInstruments();
    const huge = { freezeQty: '9000000000', bandHigh: '9000000000' };
    expect(lastTold(venue, [command.list(INFY, '0.05', '1', huge), buy('a', '1073741823', '100')])).toHaveLength(1);
  });

  it('of another tick forgets the last price, so that it triggers no stop, and keeps the phase', () => {
    const venue = venueWithInstruments();
    const stop = { ordType: OrdType.STOP, stopPx: '150' };
    lastTold(venue, [sell('m', '1', '100'), buy('n', '1', '100'), phase(HALT), command.list(INFY, '0.10')]);
    expect(venue.phaseOf(INFY)).toBe(HALT);
    // In ticks of 0.10, 150 is 1500, and the last price of 2000 was in ticks of 0.05.
    expect(lastTold(venue, [phase(CONTINUOUS), buy('a', '1', '', stop)])).toEqual(['a NEW STOP stop 150 leaves 1']);
  });
});

describe('the maker', () => {
  it('shows no more than the freeze quantity, and only what lies in the band', () => {
    const venue = venueWithInstruments();
    const quote = command.maker(INFY, '99x50 89x5', '101x50 111x5');
    lastTold(venue, [command.list(INFY, '0.05', '1', { freezeQty: '10', bandLow: '90', bandHigh: '110' }), quote]);
    const one = (price: string): object[] => [{ price, qty: '10', orders: 1 }];
    expect(venue.depth(INFY, 5)).toEqual({ bids: one('99'), asks: one('101') });
    expect(quote.command?.$case === 'makerQuote' && venue.showsMakerQuote(quote.command.value)).toBe(true);
  });

  it('outlives the day', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [command.maker(INFY, '99x50', '101x50'), command.dayEnd('2026-04-01')]);
    expect(venue.depth(INFY, 5)?.bids).toHaveLength(1);
  });

  it.each([CLOSED, OPENING_AUCTION, HALT])('changes nothing in phase %s, and a quote is none that it should show', (standing) => {
    const venue = venueWithInstruments();
    const quote = command.maker(INFY, '98x50', '102x50');
    lastTold(venue, [command.maker(INFY, '99x50', '101x50'), phase(standing), quote]);
    expect(venue.depth(INFY, 5)?.bids).toEqual([{ price: '99', qty: '50', orders: 1 }]);
    expect(quote.command?.$case === 'makerQuote' && venue.showsMakerQuote(quote.command.value)).toBe(true);
  });

  it('meets stops that its levels trigger, and trades in an auction', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [phase(PRE_OPEN), command.maker(INFY, '99x5', '101x5'), buy('a', '3', '102')]);
    expect(lastTold(venue, [phase(CONTINUOUS)])).toEqual(['a TRADE 3@101 AUCTION leaves 0']);
    expect(venue.isMakerTouched(INFY)).toBe(true);
  });
});

describe('a taker of the simulation', () => {
  it('trades what is on offer within its price, with sessions and with the maker, and leaves nothing', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [buy('a', '3', '100'), command.maker(INFY, '99x5 98x5', '')]);
    const taker = { instrumentId: INFY, side: SELL, orderQty: '20', price: '99' };
    expect(lastTold(venue, [command.taker(taker)])).toEqual(['a TRADE 3@100 ADDED leaves 0']);
    expect(venue.depth(INFY, 5)).toEqual({ bids: [{ price: '98', qty: '5', orders: 1 }], asks: [] });
    expect(venue.isMakerTouched(INFY)).toBe(true);
  });

  it.each([
    ['of an instrument that is not traded', { instrumentId: 'ghost' }],
    ['off the tick', { price: '99.99' }],
    ['off the lot', { orderQty: '0.5' }],
    ['without a side', { side: Side.UNSPECIFIED }],
  ])('%s does nothing', (_fact, wrong) => {
    const venue = venueWithInstruments();
    const taker = { instrumentId: INFY, side: SELL, orderQty: '20', price: '99', ...wrong };
    expect(lastTold(venue, [buy('a', '3', '100'), command.taker(taker)])).toEqual([]);
    expect(venue.depth(INFY, 5)?.bids).toEqual([{ price: '100', qty: '3', orders: 1 }]);
  });
});

describe('phases', () => {
  it('an instrument is traded continuously from its listing on', () => {
    const venue = venueWithInstruments();
    expect([venue.phaseOf(INFY), venue.phaseOf('ghost')]).toEqual([CONTINUOUS, undefined]);
  });

  const takes: readonly (readonly [TradingPhase, readonly TimeInForce[]])[] = [
    [CLOSED, []],
    [PRE_OPEN, [DAY, GTC, GTD, AT_OPEN, AT_CLOSE]],
    [OPENING_AUCTION, []],
    [CONTINUOUS, [DAY, GTC, GTD, IOC, FOK, AT_CLOSE]],
    [CLOSING_AUCTION, [DAY, GTC, GTD, AT_CLOSE]],
    [HALT, []],
  ];
  it.each(takes)('phase %s takes orders for %j', (now, taken) => {
    for (const timeInForce of [DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE]) {
      const expireAtMs = timeInForce === GTD ? openingMs + 1_000 : 0;
      const [first] = lastTold(venueWithInstruments(), [phase(now), buy('a', '5', '100', { timeInForce, expireAtMs })]);
      expect([timeInForce, first]).toEqual([
        timeInForce,
        taken.includes(timeInForce) ? 'a NEW LIMIT @100 leaves 5' : 'a REJECTED VENUE_WRONG_PHASE',
      ]);
    }
  });

  it.each([
    [CLOSED, true],
    [PRE_OPEN, true],
    [OPENING_AUCTION, false],
    [CONTINUOUS, true],
    [CLOSING_AUCTION, true],
    [HALT, true],
  ])('phase %s lets cancels pass: %s', (now, passes) => {
    const told = lastTold(venueWithInstruments(), [buy('a', '5', '100'), phase(now), command.cancel('s1', 'c', 'a')]);
    expect(told).toEqual([passes ? 'c>a CANCELED' : 'c>a REJECTED VENUE_WRONG_PHASE']);
  });

  it('the opening auction trades at one price, tells both sides, and ends what was for it alone', () => {
    const venue = venueWithInstruments();
    const collected = [
      phase(PRE_OPEN),
      buy('a', '5', '', market),
      buy('b', '5', '102'),
      buy('c', '9', '90', { timeInForce: AT_OPEN }),
      sell('d', '4', '99'),
      sell('e', '4', '101'),
      sell('f', '4', '103'),
    ];
    expect(lastTold(venue, [command.list(INFY, '0.05', '1', { referencePrice: '100' }), ...collected, phase(OPENING_AUCTION)])).toEqual([
      'b TRADE 4@101 AUCTION leaves 1',
      'd TRADE 4@101 AUCTION leaves 0',
      'b TRADE 1@101 AUCTION leaves 0',
      'e TRADE 1@101 AUCTION leaves 3',
      'a TRADE 3@101 AUCTION leaves 2',
      'e TRADE 3@101 AUCTION leaves 0',
      'c EXPIRED VENUE_AUCTION_ENDED',
      'a RESTATED LIMIT @101 leaves 2',
    ]);
    expect([venue.position('PAPER-1', INFY), venue.position('PAPER-2', INFY)]).toEqual(['8', '-8']);
  });

  it('a market order trades no further than its protection in an auction either', () => {
    const inputs = [
      command.list(INFY, '0.05', '1', { referencePrice: '100' }),
      phase(PRE_OPEN),
      buy('a', '5', '', { ...market, marketProtection: '3' }),
      buy('b', '5', '150'),
      sell('c', '9', '150'),
      phase(OPENING_AUCTION),
    ];
    expect(lastTold(venueWithInstruments(), inputs)).toEqual([
      'b TRADE 5@150 AUCTION leaves 0',
      'c TRADE 5@150 AUCTION leaves 4',
      'a CANCELED VENUE_PRICE_PROTECTION',
    ]);
  });

  it('a market order that the opening auction left becomes LIMIT at the reference price', () => {
    const inputs = [
      command.list(INFY, '0.05', '1', { referencePrice: '100.02' }),
      phase(PRE_OPEN),
      buy('a', '5', '', market),
      phase(CONTINUOUS),
    ];
    expect(lastTold(venueWithInstruments(), inputs)).toEqual(['a RESTATED LIMIT @100 leaves 5']);
  });

  it('without a reference price it is canceled', () => {
    expect(lastTold(venueWithInstruments(), [phase(PRE_OPEN), buy('a', '5', '', market), phase(CONTINUOUS)])).toEqual([
      'a CANCELED VENUE_NO_LIQUIDITY',
    ]);
  });

  it('the closing auction takes the at-close orders in, untold, and trades when the book closes', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [buy('a', '5', '100', { timeInForce: AT_CLOSE }), sell('b', '9', '101')]);
    expect(lastTold(venue, [phase(CLOSING_AUCTION)])).toEqual([]);
    expect(venue.depth(INFY, 5)?.bids).toHaveLength(1);
    expect(lastTold(venue, [sell('c', '3', '100'), phase(CLOSED)])).toEqual([
      'a TRADE 3@100 AUCTION leaves 2',
      'c TRADE 3@100 AUCTION leaves 0',
      'a EXPIRED VENUE_AUCTION_ENDED',
    ]);
  });

  it('only the instrument that is named changes, and only to a phase that there is', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [
      phase(HALT),
      command.phase('ghost', HALT),
      command.phase(TCS, TradingPhase.UNSPECIFIED),
      command.phase(TCS, 9 as TradingPhase),
    ]);
    expect([venue.phaseOf(INFY), venue.phaseOf(TCS)]).toEqual([HALT, CONTINUOUS]);
  });
});

describe('the day’s end', () => {
  it.each([CLOSED, PRE_OPEN, OPENING_AUCTION, CONTINUOUS, CLOSING_AUCTION, HALT])(
    'ends what waits for an auction in phase %p too',
    (next) => {
      const venue = venueWithInstruments();
      const atClose = buy('a', '5', '100', { timeInForce: AT_CLOSE });
      const told = lastTold(venue, [atClose, phase(next), command.dayEnd('2026-04-01')]);
      // Where the day closes, its closing auction was held.
      expect(told).toEqual(next === CLOSED ? [] : ['a EXPIRED VENUE_DAY_END']);
      expect(venue.hasResting(INFY)).toBe(false);
    },
  );
});

describe('a mass cancel', () => {
  const orders = [
    buy('a', '1', '90'),
    buy('b', '1', '90', { instrumentId: TCS }),
    sell('c', '1', '110'),
    sell('d', '1', '110', { instrumentId: TCS }),
  ];
  it.each([
    ['everything', {}, ['a', 'b', 'c', 'd']],
    ['of an account', { brokerAccountId: 'PAPER-2' }, ['c', 'd']],
    ['of an instrument', { instrumentId: TCS }, ['b', 'd']],
    ['of a side', { side: BUY }, ['a', 'b']],
    ['of all three', { brokerAccountId: 'PAPER-1', instrumentId: INFY, side: BUY }, ['a']],
    ['of an account that nobody saw', { brokerAccountId: 'PAPER-9' }, []],
    ['of an instrument that is not traded', { instrumentId: 'ghost' }, []],
    ['of a side that is none', { side: 9 as Side }, []],
  ])('%s', (_fact, which, canceled) => {
    const told = lastTold(venueWithInstruments(), [...orders, command.massCancel(which)]);
    expect(told).toEqual(canceled.map((tag) => `${tag} CANCELED VENUE_MASS_CANCEL`));
  });

  it('passes in every phase, and takes the maker’s levels where it names no account', () => {
    const venue = venueWithInstruments();
    lastTold(venue, [command.maker(INFY, '99x5', '101x5'), buy('a', '1', '90'), phase(OPENING_AUCTION)]);
    expect(lastTold(venue, [command.massCancel({ brokerAccountId: 'PAPER-1' })])).toEqual(['a CANCELED VENUE_MASS_CANCEL']);
    expect([venue.depth(INFY, 5)?.bids.length, venue.isMakerTouched(INFY)]).toEqual([1, false]);
    expect(lastTold(venue, [command.massCancel()])).toEqual([]);
    expect([venue.depth(INFY, 5)?.bids.length, venue.isMakerTouched(INFY)]).toEqual([0, true]);
  });
});

describe('time', () => {
  it('is due when the first open order that ends at a time has to', () => {
    const venue = venueWithInstruments();
    const isDueAt = (it: Venue, ...seconds: number[]): boolean[] => seconds.map((second) => it.isExpiryDue(openingMs + second * 1_000));
    expect(isDueAt(venue, 1e6)).toEqual([false]);
    const gtd = (tag: string, seconds: number): VenueInput =>
      buy(tag, '1', '90', { timeInForce: GTD, expireAtMs: openingMs + seconds * 1_000 });
    lastTold(venue, [gtd('a', 3), gtd('b', 2)]);
    expect(isDueAt(venue, 1.999, 2)).toEqual([false, true]);
    expect(isDueAt(new Venue(new FastEngine(), venue.snapshot()), 1.999, 2)).toEqual([false, true]);
    expect(lastTold(venue, [command.time(openingMs + 2_000)])).toEqual(['b EXPIRED VENUE_GTD_EXPIRED']);
    expect(isDueAt(venue, 2.999, 3)).toEqual([false, true]);
    expect(lastTold(venue, [command.time(openingMs + 3_000)])).toEqual(['a EXPIRED VENUE_GTD_EXPIRED']);
    expect(isDueAt(venue, 1e6)).toEqual([false]);
  });

  it.each([-1_000, 2 ** 32 * 1_000, Number.NaN])('of %d milliseconds is none', (nowMs) => {
    const venue = venueWithInstruments();
    expect(lastTold(venue, [buy('a', '1', '90', { timeInForce: GTD, expireAtMs: openingMs + 1_000 }), command.time(nowMs)])).toEqual([]);
  });
});

describe('what trades cost', () => {
  it('is charged by the segment, and the depository once a day for an instrument that an account sells for delivery', () => {
    const venue = venueWithInstruments();
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITY' }));
    const charges = (tag: string, atMs: number): string[] => {
      venue.apply(command.maker(INFY, '100x9', ''));
      const order = { tag, side: SELL, orderQty: '1', product: Product.DELIVERY };
      const { executions } = venue.apply(command.newOrder('s1', order, atMs));
      return executions[1]?.execution?.fees.map(({ name }) => name) ?? [];
    };
    const day = 86_400_000;
    expect(charges('a', openingMs)).toContain('DP');
    expect(charges('b', openingMs)).not.toContain('DP');
    expect(charges('c', openingMs + day)).toContain('DP');
    expect(charges('b2', openingMs).length).toBeGreaterThan(0);
  });

  it.each([
    [Product.MARGIN, true],
    [Product.CARRY, true],
    [Product.INTRADAY, false],
  ])('a sell of product %p comes with the depository’s charge: %p', (product, isCharged) => {
    const venue = venueWithInstruments();
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITY' }));
    venue.apply(command.maker(INFY, '100x9', ''));
    const { executions } = venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, orderQty: '1', product }));
    expect(executions[1]?.execution?.fees.some(({ name }) => name === 'DP')).toBe(isCharged);
  });

  it('is never nothing by a slip: what is listed by a segment that the table does not have is not traded', () => {
    const venue = new Venue(new FastEngine());
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITIES' }));
    expect(lastTold(venue, [buy('a', '1', '90')])).toEqual(['a REJECTED VENUE_INSTRUMENT_UNKNOWN']);
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITY' }));
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITIES' }));
    expect(lastTold(venue, [buy('b', '1', '90', { product: Product.DELIVERY })])).toEqual(['b NEW LIMIT @90 leaves 1']);
  });

  it('is nothing where the listing names no segment', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '100x9', ''));
    const { executions } = venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, orderQty: '1', product: Product.DELIVERY }));
    expect(executions.map(({ execution }) => execution?.fees)).toEqual([[], []]);
  });
});

describe('order ids', () => {
  it('of the engine begin again after the last and pass over those that are open; the venue’s own never come again', () => {
    const early = venueWithInstruments();
    lastTold(early, [buy('a', '1', '90'), buy('b', '1', '91'), command.cancel('s1', 'c', 'a'), buy('d', '1', '92')]);
    const late = new Venue(new FastEngine(), { ...early.snapshot(), ordersCount: orderIdMax - 1 });
    lastTold(late, [buy('e', '1', '93'), command.maker(INFY, '94x1 89x1', ''), buy('f', '1', '88')]);
    const ids = late.orders(INFY, BookSide.BUY)?.map(({ venueOrderId, price }) => `${price} ${venueOrderId}`);
    // 2 and 3 are open still: what came after the last id took 1, 4 and 5.
    expect(ids).toEqual(['94 V1', `93 V${orderIdMax}`, '92 V3', '91 V2', '89 V4', `88 V${orderIdMax + 5}`]);
    expect(lastTold(late, [command.cancel('s1', 'g', 'f')])).toEqual(['g>f CANCELED']);
  });
});
