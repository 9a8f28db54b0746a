import { describe, expect, it } from '@jest/globals';
import {
  OrdType,
  Product,
  Reason,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingState,
  type FieldViolation,
  type OrderContent,
} from '@switchyard/contracts';
import * as content from './content.js';
import { aContent, aPlace, aReplace } from './testing/index.js';

const shortOf = (violations: readonly FieldViolation[]): string[] => violations.map(({ field, reason }) => `${field} ${Reason[reason]}`);
const digits = (count: number): string => '9'.repeat(count);

/** Market protection and what is wrong with it. */
const protections: readonly (readonly [string, readonly string[]])[] = [
  ['0', ['content.marketProtection NOT_POSITIVE']],
  ['0.01', []],
  ['0.001', ['content.marketProtection FIELD_MALFORMED']],
  ['99.99', []],
  ['100', ['content.marketProtection OUT_OF_RANGE']],
  ['101', ['content.marketProtection OUT_OF_RANGE']],
];

describe('a new order', () => {
  const rows: readonly [string, Partial<OrderContent>, readonly string[]][] = [
    ['as it should be', {}, []],
    ['to the market', { ordType: OrdType.MARKET, price: undefined, marketProtection: '1' }, []],
    [
      'with a stop and a limit, shown in part, good till canceled',
      { ordType: OrdType.STOP_LIMIT, stopPx: '1490', displayQty: '2', timeInForce: TimeInForce.GTC },
      [],
    ],
    ['without an instrument', { instrument: '' }, ['content.instrument FIELD_REQUIRED']],
    ['with a space in the instrument', { instrument: 'NSE INFY' }, ['content.instrument FIELD_MALFORMED']],
    ['without a side', { side: Side.UNSPECIFIED }, ['content.side ENUM_UNKNOWN']],
    ['with an unknown side', { side: Side.UNRECOGNIZED }, ['content.side ENUM_UNKNOWN']],
    ['of an unknown type', { ordType: 77 as OrdType }, ['content.ordType ENUM_UNKNOWN']],
    ['for an unknown time', { timeInForce: TimeInForce.UNSPECIFIED }, ['content.timeInForce ENUM_UNKNOWN']],
    ['of an unknown product', { product: Product.UNRECOGNIZED }, ['content.product ENUM_UNKNOWN']],
    ['without a quantity', { orderQty: '' }, ['content.orderQty FIELD_REQUIRED']],
    ['of a quantity in words', { orderQty: 'ten' }, ['content.orderQty FIELD_MALFORMED']],
    ['of a quantity with an exponent', { orderQty: '1e3' }, ['content.orderQty FIELD_MALFORMED']],
    ['of nothing', { orderQty: '0' }, ['content.orderQty NOT_POSITIVE']],
    ['of less than nothing', { orderQty: '-1' }, ['content.orderQty NOT_POSITIVE']],
    ['of the largest quantity', { orderQty: '10000000000' }, []],
    ['of more than the largest quantity', { orderQty: '10000000000.000000001' }, ['content.orderQty OUT_OF_RANGE']],
    ['of a quantity with 20 digits', { orderQty: digits(20) }, ['content.orderQty OUT_OF_RANGE']],
    ['with ten decimals', { orderQty: '1.0000000001' }, ['content.orderQty FIELD_MALFORMED']],
    ['with a limit but no price', { price: undefined }, ['content.price FIELD_REQUIRED']],
    ['to the market at a price', { ordType: OrdType.MARKET }, ['content.price FIELD_NOT_ALLOWED']],
    ['at a price of nothing', { price: '0' }, ['content.price NOT_POSITIVE']],
    ['at a price beyond the largest', { price: '100000001' }, ['content.price OUT_OF_RANGE']],
    ['with a stop that its type does not have', { stopPx: '1' }, ['content.stopPx FIELD_NOT_ALLOWED']],
    ['without the stop that its type has', { ordType: OrdType.STOP, price: undefined }, ['content.stopPx FIELD_REQUIRED']],
    ['showing more than all', { displayQty: '11' }, ['content.displayQty OUT_OF_RANGE']],
    ['with protection for a limit', { marketProtection: '1' }, ['content.marketProtection FIELD_NOT_ALLOWED']],
    ...protections.map(([marketProtection, expected]): [string, Partial<OrderContent>, readonly string[]] => [
      `with protection of ${marketProtection} percent`,
      { ordType: OrdType.MARKET, price: undefined, marketProtection },
      expected,
    ]),
    ['to the market, the rest at its price', { ordType: OrdType.MARKET_TO_LIMIT, price: undefined }, []],
    ['to the market, the rest at its price, at a price', { ordType: OrdType.MARKET_TO_LIMIT }, ['content.price FIELD_NOT_ALLOWED']],
    [
      'to the market, the rest at its price, protected',
      { ordType: OrdType.MARKET_TO_LIMIT, price: undefined, marketProtection: '1' },
      ['content.marketProtection FIELD_NOT_ALLOWED'],
    ],
    [
      'to the market, shown in part',
      { ordType: OrdType.MARKET, price: undefined, displayQty: '1' },
      ['content.displayQty FIELD_NOT_ALLOWED'],
    ],
    ['shown in part, at once', { displayQty: '1', timeInForce: TimeInForce.IOC }, ['content.displayQty FIELD_NOT_ALLOWED']],
    ['shown in part, whole or not', { displayQty: '1', timeInForce: TimeInForce.FOK }, ['content.displayQty FIELD_NOT_ALLOWED']],
    ['shown as a whole', { displayQty: '10' }, []],
    ['for the opening', { timeInForce: TimeInForce.AT_OPEN }, []],
    ['for the closing', { timeInForce: TimeInForce.AT_CLOSE }, []],
    ['until a second', { timeInForce: TimeInForce.GTD, expireAtMs: 1_800_000_000_000 }, []],
    ['until no second', { timeInForce: TimeInForce.GTD }, ['content.expireAtMs FIELD_REQUIRED']],
    ['until half a second', { timeInForce: TimeInForce.GTD, expireAtMs: 1_800_000_000_500 }, ['content.expireAtMs FIELD_MALFORMED']],
    ['until before 1970', { timeInForce: TimeInForce.GTD, expireAtMs: -1000 }, ['content.expireAtMs OUT_OF_RANGE']],
    ['until the last second', { timeInForce: TimeInForce.GTD, expireAtMs: 4_294_967_295_000 }, []],
    ['until after the last second', { timeInForce: TimeInForce.GTD, expireAtMs: 4_294_967_296_000 }, ['content.expireAtMs OUT_OF_RANGE']],
    ['for the day, until a second', { expireAtMs: 1_800_000_000_000 }, ['content.expireAtMs FIELD_NOT_ALLOWED']],
    ...[TimeInForce.DAY, TimeInForce.GTC].map((timeInForce): [string, Partial<OrderContent>, readonly string[]] => [
      `only to add, ${TimeInForce[timeInForce]}`,
      { postOnly: true, timeInForce },
      [],
    ]),
    ['only to add, GTD', { postOnly: true, timeInForce: TimeInForce.GTD, expireAtMs: 1_800_000_000_000 }, []],
    ...[TimeInForce.IOC, TimeInForce.FOK, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE].map(
      (timeInForce): [string, Partial<OrderContent>, readonly string[]] => [
        `only to add, ${TimeInForce[timeInForce]}`,
        { postOnly: true, timeInForce },
        ['content.postOnly FIELD_NOT_ALLOWED'],
      ],
    ),
    ['only to add, with a stop', { postOnly: true, ordType: OrdType.STOP_LIMIT, stopPx: '1490' }, ['content.postOnly FIELD_NOT_ALLOWED']],
    ...[
      SelfTradePrevention.CANCEL_NEWEST,
      SelfTradePrevention.CANCEL_OLDEST,
      SelfTradePrevention.CANCEL_BOTH,
      SelfTradePrevention.DECREMENT,
    ].map((selfTradePrevention): [string, Partial<OrderContent>, readonly string[]] => [
      `that prevents self-trades by ${SelfTradePrevention[selfTradePrevention]}`,
      { selfTradePrevention },
      [],
    ]),
    [
      'that prevents self-trades in an unknown way',
      { selfTradePrevention: SelfTradePrevention.UNRECOGNIZED },
      ['content.selfTradePrevention ENUM_UNKNOWN'],
    ],
    ['with a malformed strategy', { strategyId: 'a b' }, ['content.strategyId FIELD_MALFORMED']],
    ['with a malformed algorithm', { algoId: 'a b' }, ['content.algoId FIELD_MALFORMED']],
    ['to be sent before 1970', { sendBeforeMs: -1 }, ['content.sendBeforeMs OUT_OF_RANGE']],
    ['to be sent before the last instant of a date', { sendBeforeMs: 8.64e15 }, []],
    ['to be sent after every date', { sendBeforeMs: 8.64e15 + 1 }, ['content.sendBeforeMs OUT_OF_RANGE']],
    ['to be sent before what is no number', { sendBeforeMs: Number.NaN }, ['content.sendBeforeMs OUT_OF_RANGE']],
  ];

  it.each(rows)('%s', (_name, partial, expected) => {
    expect(shortOf(content.violationsOfPlace(aPlace('A-1', partial)))).toEqual(expected);
    expect(shortOf(content.violationsOfPreview({ accountId: 'DEMO', content: aContent(partial) }))).toEqual(expected);
  });

  it('gets all its violations at once, each with a sentence', () => {
    const violations = content.violationsOfPlace({
      accountId: '',
      clOrdId: 'a b',
      content: aContent({ side: Side.UNSPECIFIED, orderQty: '0' }),
    });
    expect(shortOf(violations)).toEqual([
      'accountId FIELD_REQUIRED',
      'clOrdId FIELD_MALFORMED',
      'content.side ENUM_UNKNOWN',
      'content.orderQty NOT_POSITIVE',
    ]);
    for (const { description } of violations) expect(description).toMatch(/^[a-z].*\.$/i);
  });

  it('has content', () => {
    expect(shortOf(content.violationsOfPlace({ accountId: 'DEMO', clOrdId: 'A-1', content: undefined }))).toEqual([
      'content FIELD_REQUIRED',
    ]);
  });
});

describe('other requests', () => {
  const cancel = { accountId: 'DEMO', clOrdId: 'C-1', orderId: '', origClOrdId: 'A-1' };
  const adjust = { accountId: 'DEMO', adjustmentId: 'J-1', currency: 'INR', amount: '10', text: 'opening' };
  const account = {
    accountId: 'DEMO',
    name: '',
    baseCurrency: 'INR',
    riskGroupId: 'DEMO',
    routes: [{ brokerAccountId: 'PAPER-1', sessionId: 'paper-1' }],
  };
  const state = { accountId: 'DEMO', tradingState: TradingState.HALTED, text: 'a test' };
  const orderId = '0'.repeat(24);
  it.each<[string, readonly FieldViolation[], readonly string[]]>([
    ['a cancel', content.violationsOfCancel(cancel), []],
    ['a cancel of nothing', content.violationsOfCancel({ ...cancel, origClOrdId: '' }), ['orderId FIELD_REQUIRED']],
    ['a cancel by two names', content.violationsOfCancel({ ...cancel, orderId }), ['origClOrdId FIELD_NOT_ALLOWED']],
    ['a cancel of no order id', content.violationsOfCancel({ ...cancel, orderId: 'x', origClOrdId: '' }), ['orderId FIELD_MALFORMED']],
    ['a replace', content.violationsOfReplace(aReplace('R-1', orderId)), []],
    [
      'a replace to nothing',
      content.violationsOfReplace(aReplace('R-1', orderId, { orderQty: '0', price: '-1', stopPx: 'x' })),
      ['orderQty NOT_POSITIVE', 'price NOT_POSITIVE', 'stopPx FIELD_MALFORMED'],
    ],
    ['a cancel-all', content.violationsOfCancelAll({ accountId: 'DEMO', clOrdId: 'X'.repeat(24) }), []],
    [
      'a cancel-all whose id has no room',
      content.violationsOfCancelAll({ accountId: 'DEMO', clOrdId: 'X'.repeat(25) }),
      ['clOrdId OUT_OF_RANGE'],
    ],
    ['an account', content.violationsOfPutAccount(account), []],
    [
      'an account in no currency',
      content.violationsOfPutAccount({ ...account, baseCurrency: 'inr', riskGroupId: '' }),
      ['baseCurrency FIELD_MALFORMED', 'riskGroupId FIELD_REQUIRED'],
    ],
    [
      'an account with half a route',
      content.violationsOfPutAccount({ ...account, routes: [{ brokerAccountId: '', sessionId: 'a b' }] }),
      ['routes[0].brokerAccountId FIELD_REQUIRED', 'routes[0].sessionId FIELD_MALFORMED'],
    ],
    ['an adjustment', content.violationsOfAdjustCash({ ...adjust, amount: '-10' }), []],
    ['an adjustment of nothing', content.violationsOfAdjustCash({ ...adjust, amount: '0' }), ['amount OUT_OF_RANGE']],
    ['an adjustment in a novel', content.violationsOfAdjustCash({ ...adjust, text: 'x'.repeat(401) }), ['text REQUEST_TOO_LARGE']],
    ['an adjustment without a reason', content.violationsOfAdjustCash({ ...adjust, text: '' }), ['text FIELD_REQUIRED']],
    ['a trading state', content.violationsOfSetTradingState(state), []],
    ['a trading state without a reason', content.violationsOfSetTradingState({ ...state, text: '' }), ['text FIELD_REQUIRED']],
    ['a trading state with a blank reason', content.violationsOfSetTradingState({ ...state, text: '  ' }), ['text FIELD_REQUIRED']],
    [
      'an unknown trading state',
      content.violationsOfSetTradingState({ ...state, tradingState: TradingState.UNSPECIFIED }),
      ['tradingState ENUM_UNKNOWN'],
    ],
  ])('%s', (_name, violations, expected) => {
    expect(shortOf(violations)).toEqual(expected);
  });
});

describe('the content hash', () => {
  const hash = (partial: Partial<OrderContent>): string => content.hashOfPlace(aPlace('A-1', partial)).toString('hex');

  it('does not see how a decimal is written', () => {
    expect(hash({ orderQty: '10.0', price: '01500.000' })).toBe(hash({ orderQty: '10', price: '1500' }));
  });

  it.each(
    Object.entries({
      instrument: 'NSE:TCS',
      side: Side.SELL,
      ordType: OrdType.STOP_LIMIT,
      timeInForce: TimeInForce.IOC,
      product: Product.DELIVERY,
      orderQty: '11',
      price: '1501',
      stopPx: '1490',
      displayQty: '1',
      marketProtection: '1',
      strategyId: 's',
      algoId: 'a',
      sendBeforeMs: 1,
      selfTradePrevention: SelfTradePrevention.DECREMENT,
      postOnly: true,
      expireAtMs: 1000,
    } satisfies OrderContent),
  )('sees another %s', (field, value) => {
    expect(hash({ [field]: value })).not.toBe(hash({}));
  });

  it('is what it was before orders could be post-only, expire at a time or prevent self-trades, where they do not', () => {
    expect(hash({})).toBe('e7e3c7215f8f3e82b2dc982a5b947e9511befb753e4548abf76f73d49a6a7a44');
  });

  it('tells a place, a cancel, a replace and an adjustment apart', () => {
    const target = { accountId: 'DEMO', clOrdId: 'A-1', orderId: '', origClOrdId: 'A-0' };
    const hashes = [
      content.hashOfPlace(aPlace('A-1')),
      content.hashOfPlace({ ...aPlace('A-1'), content: undefined }),
      content.hashOfCancel(target),
      content.hashOfCancelAll(),
      content.hashOfReplace({ ...target, orderQty: '10' }),
      content.hashOfAdjustCash({ currency: 'INR', amount: '10', text: '' }),
    ];
    expect(new Set(hashes.map(String)).size).toBe(hashes.length);
  });

  it('is stored beside decimals in their canonical form', () => {
    expect(content.storedContent(aContent({ orderQty: '010.50', price: '', displayQty: '1.0' }), 'i-infy')).toMatchObject({
      instrument: 'i-infy',
      orderQty: '10.5',
      price: undefined,
      displayQty: '1',
    });
  });
});
