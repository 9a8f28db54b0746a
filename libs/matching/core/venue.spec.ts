import { describe, expect, it } from '@jest/globals';
import { OrdType, Reason, type SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type NewOrder } from '@switchyard/contracts/gen/matching/v1/service';
import { command, INFY, openingMs, TCS, told, venueWithInstruments } from './testing/venue-builder.js';
import { executionsAbout, executionsOf } from './turn.js';
import { checkpointEvery } from './venue-state.js';

const { SELL, BUY } = Side;
const { IOC, FOK } = TimeInForce;

describe('a new order', () => {
  it('is told as NEW before its trades, and both sides of a trade are told, the resting one first', () => {
    const venue = venueWithInstruments();
    expect(told(venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, price: '1500.05', orderQty: '4' })))).toEqual([
      's1#1 NEW a cum 0 leaves 4',
    ]);
    expect(told(venue.apply(command.newOrder('s2', { tag: 'b', side: BUY, price: '1500.10', orderQty: '10' })))).toEqual([
      's2#1 NEW b cum 0 leaves 10',
      's1#2 TRADE a 4@1500.05 cum 4 leaves 0',
      's2#2 TRADE b 4@1500.05 cum 4 leaves 6',
    ]);
    venue.validateInternalState();
  });

  it('carries its trace, the time of its command, the venue’s id, and a trade id of its own side', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, price: '1500', orderQty: '4' }));
    const event = venue.apply(command.newOrder('s1', { tag: 'b', side: BUY, orderQty: '4' }, openingMs + 7));
    const trades = executionsOf(event, 's1', 3);
    expect(
      trades.map(({ tag, tradeId, venueOrderId, atMs, traceparent, price }) => ({ tag, tradeId, venueOrderId, atMs, traceparent, price })),
    ).toEqual([
      { tag: 'a', tradeId: '1S', venueOrderId: 'V1', atMs: openingMs + 7, traceparent: 'trace-b', price: '1500' },
      { tag: 'b', tradeId: '1B', venueOrderId: 'V2', atMs: openingMs + 7, traceparent: 'trace-b', price: '' },
    ]);
  });

  const refused: readonly (readonly [fact: string, order: Partial<NewOrder>, reason: Reason, text: RegExp])[] = [
    ['without a tag', { tag: '' }, Reason.FIELD_REQUIRED, /has a tag/],
    ['with a tag of 65 characters', { tag: 'x'.repeat(65) }, Reason.FIELD_MALFORMED, /at most 64/],
    ['with a tag that has a NUL', { tag: 'a\u0000b' }, Reason.FIELD_MALFORMED, /printable ASCII/],
    ['with a tag that has a blank', { tag: 'a b' }, Reason.FIELD_MALFORMED, /printable ASCII/],
    ['without a broker account', { brokerAccountId: '' }, Reason.FIELD_MALFORMED, /brokerAccountId/],
    ['for an instrument that is not traded', { instrumentId: 'ghost' }, Reason.VENUE_INSTRUMENT_UNKNOWN, /ghost/],
    ['without a side', { side: Side.UNSPECIFIED }, Reason.ENUM_UNKNOWN, /side/],
    ['with a side of a later version', { side: 9 as Side }, Reason.ENUM_UNKNOWN, /side/],
    ['without a type', { ordType: OrdType.UNSPECIFIED }, Reason.ENUM_UNKNOWN, /no type/],
    ['of a type of a later version', { ordType: 9 as OrdType }, Reason.ENUM_UNKNOWN, /no type/],
    ['without a time in force', { timeInForce: TimeInForce.UNSPECIFIED }, Reason.ENUM_UNKNOWN, /no time in force/],
    [
      'with a self-trade prevention of a later version',
      { selfTradePrevention: 9 as SelfTradePrevention },
      Reason.ENUM_UNKNOWN,
      /no self-trade prevention/,
    ],
    ['for no quantity', { orderQty: '' }, Reason.FIELD_REQUIRED, /quantity/],
    ['for zero', { orderQty: '0' }, Reason.NOT_POSITIVE, /quantity/],
    ['for less than nothing', { orderQty: '-1' }, Reason.NOT_POSITIVE, /quantity/],
    ['off the lot', { orderQty: '1.5' }, Reason.VENUE_INVALID_INCREMENT, /1\.5 is not a multiple of the lot 1/],
    ['for more lots than the venue counts', { orderQty: '1073741824' }, Reason.OUT_OF_RANGE, /limit/],
    ['LIMIT without a price', { ordType: OrdType.LIMIT, price: '' }, Reason.FIELD_REQUIRED, /the price must be given/],
    ['STOP without a stop price', { ordType: OrdType.STOP, price: '' }, Reason.FIELD_REQUIRED, /the stop price must be given/],
    ['off the tick', { price: '1500.07' }, Reason.VENUE_INVALID_INCREMENT, /1500\.07 is not a multiple of the tick 0\.05/],
    ['at zero', { price: '0' }, Reason.NOT_POSITIVE, /price/],
    ['MARKET with a price', { ordType: OrdType.MARKET, price: '1500' }, Reason.FIELD_NOT_ALLOWED, /no price/],
  ];
  it.each(refused)('%s is refused', (_fact, order, reason, text) => {
    const venue = venueWithInstruments();
    const before = venue.depth(INFY, 5);
    const event = venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', ...order }));
    expect(event.executions).toHaveLength(1);
    expect(event.executions[0]?.execution).toMatchObject({
      seq: 1,
      kind: 2,
      // Nothing that is too long is repeated.
      tag: order.tag?.length === 65 ? '' : (order.tag ?? 'a'),
      reason,
      text: expect.stringMatching(text),
      venueOrderId: '',
    });
    expect(venue.depth(INFY, 5)).toEqual(before);
  });

  it('takes the largest quantity that the venue counts', () => {
    const venue = venueWithInstruments();
    expect(told(venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '1073741823' })))).toEqual([
      's1#1 NEW a cum 0 leaves 1073741823',
    ]);
  });

  it('of a seen tag is refused, from any session, and the first one stays as it was', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '4' }));
    for (const session of ['s1', 's2']) {
      const event = venue.apply(command.newOrder(session, { tag: 'a', price: '1501', orderQty: '9' }));
      expect(event.executions[0]?.execution).toMatchObject({ kind: 2, reason: Reason.VENUE_DUPLICATE_TAG });
    }
    expect(venue.depth(INFY, 5)?.bids).toEqual([{ price: '1500', qty: '4', orders: 1 }]);
  });

  it('of a tag that was refused before is refused again: a tag is used once', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '0' }));
    const event = venue.apply(command.newOrder('s1', { tag: 'a', price: '1500' }));
    expect(event.executions[0]?.execution).toMatchObject({ kind: 2, reason: Reason.VENUE_DUPLICATE_TAG });
  });
});

describe('an order that does not rest', () => {
  it.each([
    ['MARKET', { orderQty: '9' }, Reason.VENUE_NO_LIQUIDITY, 5],
    ['IOC', { orderQty: '9', price: '1500', timeInForce: IOC }, Reason.VENUE_NO_LIQUIDITY, 5],
    ['FOK', { orderQty: '9', price: '1500', timeInForce: FOK }, Reason.VENUE_FOK_UNFILLABLE, 0],
  ])('%s: its rest is canceled with the reason', (_type, order, reason, cum) => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '', '1500x5'));
    const executions = executionsOf(venue.apply(command.newOrder('s1', { tag: 'a', ...order })), 's1', 1);
    expect(executions.at(-1)).toMatchObject({ kind: 4, tag: 'a', reason, cumQty: String(cum), leavesQty: '0' });
    expect(executions.filter(({ kind }) => kind === 3)).toHaveLength(cum === 0 ? 0 : 1);
    venue.validateInternalState();
  });
});

describe('cancel and replace', () => {
  it('a cancel answers with its own tag and names the order', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '4' }));
    expect(told(venue.apply(command.cancel('s1', 'c', 'a')))).toEqual(['s1#2 CANCELED c>a cum 0 leaves 0']);
    expect(venue.depth(INFY, 5)?.bids).toEqual([]);
  });

  it.each([
    ['an order that was never placed', 'ghost', Reason.VENUE_ORDER_UNKNOWN],
    ['another session’s order', 'other', Reason.VENUE_ORDER_UNKNOWN],
    ['an order that is filled', 'filled', Reason.ORDER_FINAL],
    ['an order that was refused', 'refused', Reason.ORDER_FINAL],
    ['a request that is no order', 'canceler', Reason.VENUE_ORDER_UNKNOWN],
  ])('of %s is refused', (_fact, target, reason) => {
    for (const request of [command.cancel('s1', 'c', target), command.replace('s1', 'c', target, '5')]) {
      const venue = venueWithInstruments();
      venue.apply(command.newOrder('s2', { tag: 'other', price: '1400' }));
      venue.apply(command.newOrder('s1', { tag: 'refused', price: '0' }));
      venue.apply(command.maker(INFY, '', '1500x50'));
      venue.apply(command.newOrder('s1', { tag: 'filled' }));
      venue.apply(command.newOrder('s1', { tag: 'canceled', price: '1400' }));
      venue.apply(command.cancel('s1', 'canceler', 'canceled'));
      expect(venue.apply(request).executions[0]?.execution).toMatchObject({ kind: 2, tag: 'c', orderTag: target, reason });
      venue.validateInternalState();
    }
  });

  it('a cancel or replace of a seen tag is refused and changes nothing', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '4' }));
    venue.apply(command.replace('s1', 'r', 'a', '5'));
    for (const request of [command.cancel('s1', 'r', 'a'), command.cancel('s1', 'a', 'a'), command.replace('s1', 'r', 'a', '9')]) {
      expect(venue.apply(request).executions[0]?.execution).toMatchObject({ kind: 2, reason: Reason.VENUE_DUPLICATE_TAG });
    }
    expect(venue.depth(INFY, 5)?.bids).toEqual([{ price: '1500', qty: '5', orders: 1 }]);
  });

  it('a replace carries the total quantity, and keeps the price where it names none', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '10' }));
    venue.apply(command.newOrder('s2', { tag: 'b', side: SELL, price: '1500', orderQty: '4' }));
    expect(told(venue.apply(command.replace('s1', 'r', 'a', '7')))).toEqual(['s1#3 REPLACED r>a cum 4 leaves 3']);
    expect(venue.depth(INFY, 5)?.bids).toEqual([{ price: '1500', qty: '3', orders: 1 }]);
    venue.validateInternalState();
  });

  it.each(['4', '3'])('a replace to %s, with 4 filled, closes the order with what is filled', (total) => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '10' }));
    venue.apply(command.newOrder('s2', { tag: 'b', side: SELL, price: '1500', orderQty: '4' }));
    const event = venue.apply(command.replace('s1', 'r', 'a', total));
    expect(told(event)).toEqual(['s1#3 REPLACED r>a cum 4 leaves 0']);
    expect(event.executions[0]?.execution?.orderQty).toBe('4');
    expect(told(venue.apply(command.cancel('s1', 'c', 'a')))).toEqual(['s1#4 REJECTED c>a']);
    venue.validateInternalState();
  });

  it('a replace that meets the other side is told before its trades, which carry the order’s tag', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '', '1500x3'));
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1400', orderQty: '10' }));
    expect(told(venue.apply(command.replace('s1', 'r', 'a', '10', '1500')))).toEqual([
      's1#2 REPLACED r>a cum 0 leaves 10',
      's1#3 TRADE a 3@1500 cum 3 leaves 7',
    ]);
    expect(venue.depth(INFY, 5)).toEqual({ bids: [{ price: '1500', qty: '7', orders: 1 }], asks: [] });
  });

  it.each([
    ['a price off the tick', '10', '1500.01', Reason.VENUE_INVALID_INCREMENT],
    ['a quantity of zero', '0', '', Reason.NOT_POSITIVE],
  ])('a replace to %s is refused and the order stays', (_fact, qty, price, reason) => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '10' }));
    const event = venue.apply(command.replace('s1', 'r', 'a', qty, price));
    expect(event.executions[0]?.execution).toMatchObject({ kind: 2, tag: 'r', orderTag: 'a', venueOrderId: 'V1', reason, leavesQty: '10' });
    expect(told(venue.apply(command.cancel('s1', 'c', 'a')))).toEqual(['s1#3 CANCELED c>a cum 0 leaves 0']);
  });
});

describe('the maker', () => {
  it('is met level by level, and a market order beyond what it shows leaves a rest', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '1499.95x10', '1500x10 1500.05x10 1500.10x10 1500.15x10 1500.20x10'));
    const executions = executionsOf(venue.apply(command.newOrder('s1', { tag: 'a', orderQty: '60' })), 's1', 2);
    expect(executions.map(({ kind, lastPx, cumQty }) => [kind, lastPx, cumQty])).toEqual([
      [3, '1500', '10'],
      [3, '1500.05', '20'],
      [3, '1500.1', '30'],
      [3, '1500.15', '40'],
      [3, '1500.2', '50'],
      [4, '', '50'],
    ]);
  });

  it('fills a resting order, at its price, when its quote moves through it', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '1499.95x10', '1500.05x10'));
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '4' }));
    expect(told(venue.apply(command.maker(INFY, '1499.80x10', '1499.90x10')))).toEqual(['s1#2 TRADE a 4@1500 cum 4 leaves 0']);
    expect(venue.depth(INFY, 5)).toEqual({
      bids: [{ price: '1499.8', qty: '10', orders: 1 }],
      asks: [{ price: '1499.9', qty: '6', orders: 1 }],
    });
    venue.validateInternalState();
  });

  it('takes its former levels away', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '1499x10 1498x5', '1501x10'));
    venue.apply(command.maker(INFY, '1400x10', ''));
    expect(venue.depth(INFY, 5)).toEqual({ bids: [{ price: '1400', qty: '10', orders: 1 }], asks: [] });
  });

  it.each([
    ['crosses', '1500x1', '1500x1'],
    ['is off the tick', '1499.99x1', '1500x1'],
    ['is out of order', '1498x1 1499x1', '1500x1'],
    ['shows one price twice', '1499x1', '1500x1 1500x1'],
    ['has an empty level', '1499x0', '1500x1'],
  ])('keeps its levels when a quote %s', (_fact, bids, asks) => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '1400x10', '1600x10'));
    const before = venue.depth(INFY, 5);
    venue.apply(command.maker(INFY, bids, asks));
    expect(venue.depth(INFY, 5)).toEqual(before);
  });

  it('is known to show a quote until something of it was traded', () => {
    const venue = venueWithInstruments();
    const input = command.maker(INFY, '1499x10', '1501x10');
    const quote = input.command?.$case === 'makerQuote' ? input.command.value : undefined;
    if (quote === undefined) throw new Error('a maker quote');
    expect(venue.showsMakerQuote(quote)).toBe(false);
    venue.apply(input);
    expect(venue.showsMakerQuote(quote)).toBe(true);
    expect(venue.showsMakerQuote({ ...quote, asks: [] })).toBe(false);
    venue.apply(command.newOrder('s1', { tag: 'a', orderQty: '1' }));
    expect(venue.showsMakerQuote(quote)).toBe(false);
    venue.apply(input);
    expect(venue.showsMakerQuote(quote)).toBe(true);
  });
});

describe('the day’s end and a changed listing', () => {
  it('expires what rests, the oldest first, once a day', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500' }));
    venue.apply(command.newOrder('s2', { tag: 'b', price: '1499', instrumentId: TCS }));
    venue.apply(command.replace('s1', 'r', 'a', '12'));
    expect(told(venue.apply(command.dayEnd('2026-04-01')))).toEqual(['s1#3 EXPIRED a cum 0 leaves 0', 's2#2 EXPIRED b cum 0 leaves 0']);
    venue.apply(command.newOrder('s1', { tag: 'c', price: '1500' }));
    expect(told(venue.apply(command.dayEnd('2026-04-01')))).toEqual([]);
    expect(venue.tradingDate).toBe('2026-04-01');
    expect(told(venue.apply(command.dayEnd('2026-04-02')))).toEqual(['s1#5 EXPIRED c cum 0 leaves 0']);
    venue.validateInternalState();
  });

  it('a changed tick cancels what rests in that book, and the maker’s levels; the same listing again changes nothing', () => {
    const venue = venueWithInstruments();
    venue.apply(command.maker(INFY, '1499x10', '1501x10'));
    venue.apply(command.newOrder('s1', { tag: 'a', price: '1500' }));
    venue.apply(command.newOrder('s1', { tag: 'b', price: '1500', instrumentId: TCS }));
    expect(told(venue.apply(command.list(INFY)))).toEqual([]);
    expect(told(venue.apply(command.list(INFY, '0.050', '1.0')))).toEqual([]);
    expect(told(venue.apply(command.list(INFY, '0.10')))).toEqual(['s1#3 CANCELED a cum 0 leaves 0']);
    expect(venue.depth(INFY, 5)).toEqual({ bids: [], asks: [] });
    expect(venue.depth(TCS, 5)?.bids).toHaveLength(1);
    expect(told(venue.apply(command.newOrder('s1', { tag: 'c', price: '1500.05' })))).toEqual(['s1#4 REJECTED c']);
  });

  it.each([
    ['0', '1'],
    ['0.05', '-1'],
    ['x', '1'],
  ])('an instrument of tick %s and lot %s is not listed', (tick, lot) => {
    const venue = venueWithInstruments();
    venue.apply(command.list('odd', tick, lot));
    expect(venue.incrementsOf('odd')).toBeUndefined();
    expect(venue.depth('odd', 5)).toBeUndefined();
  });
});

describe('what the venue remembers', () => {
  it('positions: of each broker account and instrument, by both sides', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, price: '1500', orderQty: '7', brokerAccountId: 'PAPER-2' }));
    venue.apply(command.newOrder('s1', { tag: 'b', orderQty: '5' }));
    expect(venue.position('PAPER-1', INFY)).toBe('5');
    expect(venue.position('PAPER-2', INFY)).toBe('-5');
    expect(venue.position('PAPER-1', TCS)).toBe('0');
  });

  it('an account that meets itself is flat, with two trades of their own ids', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, price: '1500', orderQty: '7' }));
    const event = venue.apply(command.newOrder('s1', { tag: 'b', orderQty: '7' }));
    expect(executionsOf(event, 's1', 3).map(({ tradeId }) => tradeId)).toEqual(['1S', '1B']);
    expect(venue.position('PAPER-1', INFY)).toBe('0');
  });

  it('where everything about a tag is: of the order by its own tag, its cancel’s and its replace’s', () => {
    const venue = venueWithInstruments();
    const events = [
      command.newOrder('s1', { tag: 'a', price: '1500', orderQty: '10' }),
      command.newOrder('s1', { tag: 'unrelated', price: '1400' }),
      command.newOrder('s2', { tag: 'b', side: SELL, price: '1500', orderQty: '4' }),
      command.replace('s1', 'r', 'a', '7'),
      command.cancel('s1', 'c', 'a'),
      command.cancel('s1', 'late', 'a'),
    ].map((input) => ({ event: venue.apply(input), seq: venue.seq }));
    const about = (tag: string): string[] => {
      const history = venue.historyOf(tag);
      if (history === undefined) return ['absent'];
      const found = events.filter(({ seq }) => history.eventSeqs.includes(seq));
      return found.flatMap(({ event }) => executionsAbout(event, 's1', tag, history.orderTag)).map(({ kind, tag: of }) => `${kind} ${of}`);
    };
    expect(about('a')).toEqual(['1 a', '3 a', '5 r', '4 c', '2 late']);
    expect(about('c')).toEqual(about('a'));
    expect(about('r')).toEqual(about('a'));
    expect(about('never')).toEqual(['absent']);
  });

  it('in which event each execution of a session is, to within a checkpoint', () => {
    const venue = venueWithInstruments();
    const eventOf: number[] = [];
    for (let at = 0; at < 3 * checkpointEvery; at++) {
      for (const { sessionId, execution } of venue.apply(command.newOrder(`s${at % 2}`, { tag: `t${at}`, price: '1500' })).executions) {
        if (sessionId === 's0' && execution !== undefined) eventOf[execution.seq] = venue.seq;
      }
    }
    for (let seq = 1; seq <= venue.lastSeqOf('s0'); seq++) {
      const from = venue.eventSeqBefore('s0', seq);
      expect(from).toBeLessThanOrEqual(eventOf[seq] as number);
      expect((eventOf[seq] as number) - from).toBeLessThan(2 * checkpointEvery);
    }
    expect(venue.eventSeqBefore('nobody', 1)).toBe(venue.seq + 1);
  });

  it('a command that says nothing is an event that says nothing', () => {
    const venue = venueWithInstruments();
    expect(told(venue.apply({ atMs: openingMs, sessionId: 's1', command: undefined }))).toEqual([]);
    expect(
      told(
        venue.apply({
          atMs: openingMs,
          sessionId: 's1',
          command: { $case: 'orderCommand', value: { command: undefined, traceparent: '' } },
        }),
      ),
    ).toEqual([]);
    expect(venue.seq).toBe(4);
  });

  it('an event survives its encoding', () => {
    const venue = venueWithInstruments();
    venue.apply(command.newOrder('s1', { tag: 'a', side: SELL, price: '1500' }));
    const event = venue.apply(command.newOrder('s1', { tag: 'b' }));
    expect(VenueEvent.decode(VenueEvent.encode(event).finish())).toEqual(event);
  });
});
