// Every order that sessions can place, and what they learn of it: the rule book of the venue's edge over its engine.
import { describe, expect, it } from '@jest/globals';
import { OrdType, Product, Reason, SelfTradePrevention, Side, TimeInForce } from '@switchyard/contracts';
import { TradingPhase, type NewOrder } from '@switchyard/contracts/gen/matching/v1/service';
import { command, INFY, openingMs, toldWhole, venueWithInstruments } from './testing/venue-builder.js';
import { type VenueInput } from './turn.js';

const { BUY, SELL } = Side;
const { LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT } = OrdType;
const { DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE } = TimeInForce;

const by = (sessionId: string, tag: string, order: Partial<NewOrder>): VenueInput => command.newOrder(sessionId, { tag, ...order });
const sell = (tag: string, orderQty: string, price: string, order: Partial<NewOrder> = {}): VenueInput =>
  by('s2', tag, { side: SELL, orderQty, price, brokerAccountId: 'PAPER-2', ...order });
const buy = (tag: string, orderQty: string, price: string, order: Partial<NewOrder> = {}): VenueInput =>
  by('s1', tag, { side: BUY, orderQty, price, ...order });

/** The commands before the last are what was there; the last one's executions are what is told. */
type Row = readonly [fact: string, inputs: readonly VenueInput[], told: readonly string[]];

function expectTold(inputs: readonly VenueInput[], told: readonly string[]): void {
  const venue = venueWithInstruments();
  let last: string[] = [];
  for (const input of inputs) {
    last = toldWhole(venue.apply(input));
    venue.validateInternalState();
  }
  expect(last).toEqual(told);
}

const types: readonly Row[] = [
  ['LIMIT rests', [buy('a', '5', '100')], ['a NEW LIMIT @100 leaves 5']],
  [
    'MARKET trades level by level, and what finds nobody is canceled',
    [sell('m', '3', '101'), sell('n', '3', '102'), buy('a', '9', '', { ordType: MARKET })],
    [
      'a NEW MARKET leaves 9',
      'm TRADE 3@101 ADDED leaves 0',
      'a TRADE 3@101 REMOVED leaves 6',
      'n TRADE 3@102 ADDED leaves 0',
      'a TRADE 3@102 REMOVED leaves 3',
      'a CANCELED VENUE_NO_LIQUIDITY',
    ],
  ],
  [
    'MARKET with protection goes no further than so many percent beyond the best price',
    [sell('m', '3', '100'), sell('n', '3', '101'), sell('o', '3', '101.05'), buy('a', '9', '', { ordType: MARKET, marketProtection: '1' })],
    [
      'a NEW MARKET leaves 9',
      'm TRADE 3@100 ADDED leaves 0',
      'a TRADE 3@100 REMOVED leaves 6',
      'n TRADE 3@101 ADDED leaves 0',
      'a TRADE 3@101 REMOVED leaves 3',
      'a CANCELED VENUE_PRICE_PROTECTION',
    ],
  ],
  [
    'a protection of hundredths of a percent counts',
    [sell('m', '3', '100'), sell('n', '3', '100.05'), buy('a', '6', '', { ordType: MARKET, marketProtection: '0.04' })],
    ['a NEW MARKET leaves 6', 'm TRADE 3@100 ADDED leaves 0', 'a TRADE 3@100 REMOVED leaves 3', 'a CANCELED VENUE_PRICE_PROTECTION'],
  ],
  [
    'MARKET_TO_LIMIT takes the best price, and its rest becomes LIMIT there',
    [sell('m', '3', '101'), sell('n', '3', '102'), buy('a', '5', '', { ordType: MARKET_TO_LIMIT })],
    ['a NEW MARKET_TO_LIMIT leaves 5', 'm TRADE 3@101 ADDED leaves 0', 'a TRADE 3@101 REMOVED leaves 2', 'a RESTATED LIMIT @101 leaves 2'],
  ],
  [
    'MARKET_TO_LIMIT with nobody there is canceled',
    [buy('a', '5', '', { ordType: MARKET_TO_LIMIT })],
    ['a NEW MARKET_TO_LIMIT leaves 5', 'a CANCELED VENUE_NO_LIQUIDITY'],
  ],
  ['STOP waits for its price', [buy('a', '5', '', { ordType: STOP, stopPx: '105' })], ['a NEW STOP stop 105 leaves 5']],
  [
    'a trade at the stop price makes MARKET of a STOP',
    [buy('a', '2', '', { ordType: STOP, stopPx: '105' }), sell('m', '1', '105'), sell('n', '9', '106'), by('s3', 'b', { orderQty: '1' })],
    [
      'b NEW MARKET leaves 1',
      'm TRADE 1@105 ADDED leaves 0',
      'b TRADE 1@105 REMOVED leaves 0',
      'a TRIGGERED MARKET stop 105 leaves 2',
      'n TRADE 2@106 ADDED leaves 7',
      'a TRADE 2@106 REMOVED leaves 0',
    ],
  ],
  [
    'a trade beyond the stop price makes LIMIT of a STOP_LIMIT, which keeps its stop price in words',
    [sell('a', '2', '94', { ordType: STOP_LIMIT, stopPx: '95' }), buy('m', '1', '93.50'), by('s3', 'b', { side: SELL, orderQty: '1' })],
    ['b NEW MARKET leaves 1', 'm TRADE 1@93.5 ADDED leaves 0', 'b TRADE 1@93.5 REMOVED leaves 0', 'a TRIGGERED LIMIT @94 stop 95 leaves 2'],
  ],
  [
    'post-only rests where it meets nobody',
    [sell('m', '5', '101'), buy('a', '5', '100.95', { postOnly: true })],
    ['a NEW LIMIT @100.95 leaves 5'],
  ],
  [
    'post-only that would trade is refused',
    [sell('m', '5', '101'), buy('a', '5', '101', { postOnly: true })],
    ['a REJECTED VENUE_POST_ONLY'],
  ],
  [
    'an iceberg trades slice by slice behind others of its price, and is not told when it shows the next',
    [sell('a', '5', '100', { displayQty: '2' }), sell('b', '3', '100'), buy('t', '8', '100')],
    [
      't NEW LIMIT @100 leaves 8',
      'a TRADE 2@100 ADDED leaves 3',
      't TRADE 2@100 REMOVED leaves 6',
      'b TRADE 3@100 ADDED leaves 0',
      't TRADE 3@100 REMOVED leaves 3',
      'a TRADE 2@100 ADDED leaves 1',
      't TRADE 2@100 REMOVED leaves 1',
      'a TRADE 1@100 ADDED leaves 0',
      't TRADE 1@100 REMOVED leaves 0',
    ],
  ],
];

const timesInForce: readonly Row[] = [
  ['DAY ends with the day', [buy('a', '5', '100'), command.dayEnd('2026-04-01')], ['a EXPIRED VENUE_DAY_END']],
  ['GTC outlives the day', [buy('a', '5', '100', { timeInForce: GTC }), command.dayEnd('2026-04-01')], []],
  ['GTD outlives the day', [buy('a', '5', '100', { timeInForce: GTD, expireAtMs: openingMs + 1_000 }), command.dayEnd('2026-04-01')], []],
  [
    'GTD ends when its second has come',
    [buy('a', '5', '100', { timeInForce: GTD, expireAtMs: openingMs + 2_000 }), command.time(openingMs + 2_000)],
    ['a EXPIRED VENUE_GTD_EXPIRED'],
  ],
  [
    'GTD stays until then',
    [buy('a', '5', '100', { timeInForce: GTD, expireAtMs: openingMs + 2_000 }), command.time(openingMs + 1_999)],
    [],
  ],
  [
    'GTD of a time that has been told is refused, whatever the clock of the one who asks',
    [command.time(openingMs + 9_000), buy('a', '5', '100', { timeInForce: GTD, expireAtMs: openingMs + 1_000 })],
    ['a REJECTED VENUE_GTD_EXPIRED'],
  ],
  [
    'IOC: what cannot trade at once within its price is canceled',
    [sell('m', '2', '100'), sell('n', '9', '101'), buy('a', '5', '100', { timeInForce: IOC })],
    ['a NEW LIMIT @100 leaves 5', 'm TRADE 2@100 ADDED leaves 0', 'a TRADE 2@100 REMOVED leaves 3', 'a CANCELED VENUE_NO_LIQUIDITY'],
  ],
  [
    'FOK trades whole or not at all',
    [sell('m', '2', '100'), sell('n', '9', '101'), buy('a', '5', '100', { timeInForce: FOK })],
    ['a NEW LIMIT @100 leaves 5', 'a CANCELED VENUE_FOK_UNFILLABLE'],
  ],
  ['AT_OPEN is for the time before the opening', [buy('a', '5', '100', { timeInForce: AT_OPEN })], ['a REJECTED VENUE_WRONG_PHASE']],
  [
    'AT_CLOSE waits and trades with nobody',
    [sell('m', '5', '100'), buy('a', '5', '100', { timeInForce: AT_CLOSE })],
    ['a NEW LIMIT @100 leaves 5'],
  ],
  [
    'AT_CLOSE of a day without a closing auction ends with the day',
    [buy('a', '5', '100', { timeInForce: AT_CLOSE }), command.dayEnd('2026-04-01')],
    ['a EXPIRED VENUE_DAY_END'],
  ],
  [
    'AT_CLOSE that its auction did not fill ends with the auction',
    [
      buy('a', '5', '100', { timeInForce: AT_CLOSE }),
      command.phase(INFY, TradingPhase.CLOSING_AUCTION),
      command.phase(INFY, TradingPhase.CLOSED),
    ],
    ['a EXPIRED VENUE_AUCTION_ENDED'],
  ],
];

const own = { selfTradePrevention: SelfTradePrevention.UNSPECIFIED, brokerAccountId: 'PAPER-1' };
const prevents = (mode: SelfTradePrevention): Partial<NewOrder> => ({ selfTradePrevention: mode, brokerAccountId: 'PAPER-1' });
const selfTrades: readonly Row[] = [
  [
    'is allowed where the order does not say',
    [sell('m', '2', '100', own), buy('a', '3', '100', own)],
    ['a NEW LIMIT @100 leaves 3', 'm TRADE 2@100 ADDED leaves 0', 'a TRADE 2@100 REMOVED leaves 1'],
  ],
  [
    'CANCEL_NEWEST cancels the order that comes',
    [sell('m', '2', '100', own), buy('a', '3', '100', prevents(SelfTradePrevention.CANCEL_NEWEST))],
    ['a NEW LIMIT @100 leaves 3', 'a CANCELED VENUE_SELF_TRADE'],
  ],
  [
    'CANCEL_OLDEST cancels the order that rests',
    [sell('m', '2', '100', own), buy('a', '3', '100', prevents(SelfTradePrevention.CANCEL_OLDEST))],
    ['a NEW LIMIT @100 leaves 3', 'm CANCELED VENUE_SELF_TRADE'],
  ],
  [
    'CANCEL_BOTH cancels both',
    [sell('m', '2', '100', own), buy('a', '3', '100', prevents(SelfTradePrevention.CANCEL_BOTH))],
    ['a NEW LIMIT @100 leaves 3', 'm CANCELED VENUE_SELF_TRADE', 'a CANCELED VENUE_SELF_TRADE'],
  ],
  [
    'DECREMENT takes the smaller quantity from both',
    [sell('m', '2', '100', own), buy('a', '3', '100', prevents(SelfTradePrevention.DECREMENT))],
    ['a NEW LIMIT @100 leaves 3', 'm CANCELED VENUE_SELF_TRADE', 'a RESTATED LIMIT @100 leaves 1 VENUE_SELF_TRADE'],
  ],
  [
    'another account is another account',
    [sell('m', '2', '100'), buy('a', '2', '100', prevents(SelfTradePrevention.CANCEL_BOTH))],
    ['a NEW LIMIT @100 leaves 2', 'm TRADE 2@100 ADDED leaves 0', 'a TRADE 2@100 REMOVED leaves 0'],
  ],
];

const stop = { ordType: STOP_LIMIT, stopPx: '105' };
const replaces: readonly Row[] = [
  [
    'a stop price',
    [buy('a', '5', '106', stop), command.replace('s1', 'r', 'a', '5', '', '104')],
    ['r>a REPLACED STOP_LIMIT @106 stop 104 leaves 5'],
  ],
  [
    'price and stop price',
    [buy('a', '5', '106', stop), command.replace('s1', 'r', 'a', '7', '107', '106')],
    ['r>a REPLACED STOP_LIMIT @107 stop 106 leaves 7'],
  ],
  [
    'a stop to where it is triggered at once',
    [sell('m', '1', '103'), buy('n', '1', '103'), buy('a', '5', '106', stop), command.replace('s1', 'r', 'a', '5', '', '102')],
    ['r>a REPLACED STOP_LIMIT @106 stop 102 leaves 5', 'a TRIGGERED LIMIT @106 stop 102 leaves 5'],
  ],
  [
    'the stop price of a LIMIT is refused',
    [buy('a', '5', '100'), command.replace('s1', 'r', 'a', '5', '', '99')],
    ['r>a REJECTED FIELD_NOT_ALLOWED'],
  ],
  [
    'the price of a STOP is refused',
    [buy('a', '5', '', { ordType: STOP, stopPx: '105' }), command.replace('s1', 'r', 'a', '5', '106')],
    ['r>a REJECTED FIELD_NOT_ALLOWED'],
  ],
  [
    'a post-only order to where it would trade is refused',
    [sell('m', '5', '101'), buy('a', '5', '100', { postOnly: true }), command.replace('s1', 'r', 'a', '5', '101')],
    ['r>a REJECTED VENUE_POST_ONLY'],
  ],
  [
    'an iceberg to more than a hundred times what it shows is refused',
    [buy('a', '100', '100', { displayQty: '1' }), command.replace('s1', 'r', 'a', '101')],
    ['r>a REJECTED VENUE_DISPLAY_TOO_SMALL'],
  ],
  [
    'while trading stands still is refused',
    [buy('a', '5', '100'), command.phase(INFY, TradingPhase.HALT), command.replace('s1', 'r', 'a', '4')],
    ['r>a REJECTED VENUE_WRONG_PHASE'],
  ],
  [
    'to what is filled is refused while trading stands still',
    [buy('a', '5', '100'), sell('m', '2', '100'), command.phase(INFY, TradingPhase.HALT), command.replace('s1', 'r', 'a', '2')],
    ['r>a REJECTED VENUE_WRONG_PHASE'],
  ],
  [
    'less quantity at the same price keeps the place, more loses it',
    [buy('a', '5', '100'), buy('b', '5', '100'), command.replace('s1', 'r', 'a', '4'), sell('t', '4', '100')],
    ['t NEW LIMIT @100 leaves 4', 'a TRADE 4@100 ADDED leaves 0', 't TRADE 4@100 REMOVED leaves 0'],
  ],
  [
    'a triggered stop may say its stop price again',
    [sell('m', '1', '105'), buy('n', '1', '105'), buy('a', '5', '106', stop), command.replace('s1', 'r', 'a', '6', '', '105')],
    ['r>a REPLACED LIMIT @106 stop 105 leaves 6'],
  ],
];

describe('an order of each type', () => {
  it.each(types)('%s', (_fact, inputs, told) => expectTold(inputs, told));
});

describe('an order of each time in force', () => {
  it.each(timesInForce)('%s', (_fact, inputs, told) => expectTold(inputs, told));
});

describe('a trade of a broker account with itself', () => {
  it.each(selfTrades)('%s', (_fact, inputs, told) => expectTold(inputs, told));
});

describe('a replace of', () => {
  it.each(replaces)('%s', (_fact, inputs, told) => expectTold(inputs, told));
});

describe('an order is refused', () => {
  const gtd = { price: '100', timeInForce: GTD };
  it.each<readonly [fact: string, order: Partial<NewOrder>, reason: Reason, text: RegExp]>([
    ['STOP without a stop price', { ordType: STOP }, Reason.FIELD_REQUIRED, /stop price/],
    ['STOP with a limit price', { ordType: STOP, stopPx: '105', price: '106' }, Reason.FIELD_NOT_ALLOWED, /a STOP order has no price/],
    ['STOP_LIMIT without a price', { ordType: STOP_LIMIT, stopPx: '105' }, Reason.FIELD_REQUIRED, /price/],
    ['a stop price off the tick', { ordType: STOP, stopPx: '105.01' }, Reason.VENUE_INVALID_INCREMENT, /stop price 105\.01/],
    ['LIMIT with a stop price', { price: '100', stopPx: '99' }, Reason.FIELD_NOT_ALLOWED, /no stop price/],
    ['MARKET_TO_LIMIT with a price', { ordType: MARKET_TO_LIMIT, price: '100' }, Reason.FIELD_NOT_ALLOWED, /no price/],
    ['MARKET until canceled', { timeInForce: GTC }, Reason.VENUE_NOT_SUPPORTED, /time in force/],
    ['STOP at once', { ordType: STOP, stopPx: '105', timeInForce: IOC }, Reason.VENUE_NOT_SUPPORTED, /time in force/],
    ['MARKET_TO_LIMIT at the close', { ordType: MARKET_TO_LIMIT, timeInForce: AT_CLOSE }, Reason.VENUE_NOT_SUPPORTED, /time in force/],
    ['GTD without a time', gtd, Reason.FIELD_REQUIRED, /when it expires/],
    ['GTD within a second', { ...gtd, expireAtMs: openingMs + 1_500 }, Reason.FIELD_MALFORMED, /whole second/],
    ['GTD of the past', { ...gtd, expireAtMs: openingMs }, Reason.VENUE_GTD_EXPIRED, /come already/],
    ['GTD before time itself', { ...gtd, expireAtMs: -1_000 }, Reason.VENUE_GTD_EXPIRED, /come already/],
    ['GTD beyond 2106', { ...gtd, expireAtMs: 2 ** 32 * 1_000 }, Reason.OUT_OF_RANGE, /too far/],
    ['DAY with a time', { price: '100', timeInForce: DAY, expireAtMs: openingMs + 1_000 }, Reason.FIELD_NOT_ALLOWED, /only a GTD/],
    ['a MARKET iceberg', { displayQty: '1' }, Reason.FIELD_NOT_ALLOWED, /displayed quantity/],
    ['an IOC iceberg', { price: '100', displayQty: '1', timeInForce: IOC }, Reason.FIELD_NOT_ALLOWED, /displayed quantity/],
    ['an iceberg that shows nothing', { price: '100', displayQty: '0' }, Reason.NOT_POSITIVE, /displayed quantity/],
    ['an iceberg off the lot', { price: '100', displayQty: '0.5' }, Reason.VENUE_INVALID_INCREMENT, /displayed quantity/],
    [
      'an iceberg that shows too little',
      { price: '100', orderQty: '301', displayQty: '3' },
      Reason.VENUE_DISPLAY_TOO_SMALL,
      /one part in 100/,
    ],
    ['LIMIT with protection', { price: '100', marketProtection: '1' }, Reason.FIELD_NOT_ALLOWED, /market protection/],
    ['a protection of nothing', { marketProtection: '0' }, Reason.NOT_POSITIVE, /market protection/],
    ['a protection of thousandths', { marketProtection: '0.005' }, Reason.FIELD_MALFORMED, /two decimals/],
    ['a protection of everything', { marketProtection: '100' }, Reason.OUT_OF_RANGE, /below 100/],
    ['a protection that is no number', { marketProtection: '1%' }, Reason.FIELD_MALFORMED, /market protection/],
    ['post-only MARKET', { postOnly: true }, Reason.FIELD_NOT_ALLOWED, /post-only/],
    ['post-only IOC', { price: '100', postOnly: true, timeInForce: IOC }, Reason.FIELD_NOT_ALLOWED, /post-only/],
  ])('%s', (_fact, order, reason, text) => {
    const venue = venueWithInstruments();
    const ordType = order.ordType ?? (order.price === undefined ? MARKET : LIMIT);
    const { executions } = venue.apply(by('s1', 'a', { ...order, ordType }));
    expect(executions.map(({ execution }) => execution)).toEqual([
      expect.objectContaining({ kind: 2, tag: 'a', reason, text: expect.stringMatching(text), venueOrderId: '' }),
    ]);
    venue.validateInternalState();
  });

  it('without a product, where that decides what its trades cost', () => {
    const venue = venueWithInstruments();
    venue.apply(command.list(INFY, '0.05', '1', { segment: 'EQUITY' }));
    for (const product of [Product.UNSPECIFIED, 9 as Product])
      expect(toldWhole(venue.apply(buy(`a${product}`, '1', '100', { product })))).toEqual([`a${product} REJECTED ENUM_UNKNOWN`]);
    expect(toldWhole(venue.apply(buy('b', '1', '100', { product: Product.CARRY })))).toEqual(['b NEW LIMIT @100 leaves 1']);
  });
});
