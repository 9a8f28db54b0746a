import { describe, expect, it } from '@jest/globals';
import { InvariantError } from '@switchyard/kernel';
import { OrdType, Side, TimeInForce } from '@switchyard/contracts';
import { ReferenceEngine } from './reference-engine.js';
import { answerTable, expectedTable } from './testing/book-table.js';

const tables: readonly (readonly [fact: string, table: string])[] = [
  [
    'an order that meets nobody rests',
    `
    1 buy 10 @100 | rests 10
    2 sell 5 @101 | rests 5
    book          | 100x10 / 101x5`,
  ],
  [
    'orders trade at the price of the one that rests',
    `
    1 sell 10 @100 | rests 10
    2 buy 4 @105   | 1:4@100 filled
    book           | - / 100x6`,
  ],
  [
    'a sell trades against the highest bid at the price of the bid',
    `
    1 buy 10 @100 | rests 10
    2 buy 10 @102 | rests 10
    3 sell 15 @99 | 2:10@102 1:5@100 filled
    book          | 100x5 / -`,
  ],
  [
    'the better price trades before the older order',
    `
    1 sell 5 @102 | rests 5
    2 sell 5 @101 | rests 5
    3 buy 7 @102  | 2:5@101 1:2@102 filled`,
  ],
  [
    'at one price the older order trades first',
    `
    1 sell 5 @100 | rests 5
    2 sell 5 @100 | rests 5
    3 buy 6 @100  | 1:5@100 2:1@100 filled
    book          | - / 100x4`,
  ],
  [
    'what an order cannot trade within its limit rests',
    `
    1 sell 5 @100 | rests 5
    2 sell 5 @103 | rests 5
    3 buy 9 @102  | 1:5@100 rests 4
    book          | 102x4 / 103x5`,
  ],
  [
    'a limit one tick short of the other side does not trade',
    `
    1 sell 5 @100 | rests 5
    2 buy 5 @99   | rests 5
    book          | 99x5 / 100x5`,
  ],
  [
    'a market order takes what there is, and its rest is canceled',
    `
    1 sell 5 @100 | rests 5
    2 sell 5 @900 | rests 5
    3 buy 12      | 1:5@100 2:5@900 no-liquidity 2
    book          | - / -`,
  ],
  [
    'a market order in an empty book is canceled whole',
    `
    1 buy 12 | no-liquidity 12
    2 sell 1 | no-liquidity 1
    book     | - / -`,
  ],
  [
    'IOC trades within its limit and rests never',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @102    | rests 5
    3 buy 9 @101 IOC | 1:5@100 no-liquidity 4
    4 buy 1 @90 IOC  | no-liquidity 1
    book             | - / 102x5`,
  ],
  [
    'FOK that fits exactly is filled',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @101    | rests 5
    3 buy 10 @101 FOK | 1:5@100 2:5@101 filled`,
  ],
  [
    'FOK with one lot missing within its limit touches nothing',
    `
    1 sell 5 @100     | rests 5
    2 sell 4 @101     | rests 4
    3 sell 99 @102    | rests 99
    4 buy 10 @101 FOK | unfillable 10
    book              | - / 100x5 101x4 102x99`,
  ],
  [
    'a market order may be FOK',
    `
    1 sell 5 @100 | rests 5
    2 buy 6 FOK   | unfillable 6
    3 buy 5 FOK   | 1:5@100 filled`,
  ],
  [
    'a canceled order trades no more',
    `
    1 sell 5 @100 | rests 5
    2 sell 5 @100 | rests 5
    cancel 1      | 5
    cancel 1      | unknown
    3 buy 5 @100  | 2:5@100 filled
    cancel 2      | unknown`,
  ],
  [
    'a cancel takes what is left after a part was traded',
    `
    1 sell 5 @100 | rests 5
    2 buy 2 @100  | 1:2@100 filled
    cancel 1      | 3
    book          | - / -`,
  ],
  [
    'less quantity at the same price keeps the place',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @100    | rests 5
    replace 1 3 @100 | rests 3
    3 buy 4 @100     | 1:3@100 2:1@100 filled`,
  ],
  [
    'the same quantity at the same price keeps the place',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @100    | rests 5
    replace 1 5 @100 | rests 5
    3 buy 1 @100     | 1:1@100 filled`,
  ],
  [
    'more quantity loses the place',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @100    | rests 5
    replace 1 6 @100 | rests 6
    3 buy 6 @100     | 2:5@100 1:1@100 filled`,
  ],
  [
    'another price loses the place, also when it comes back',
    `
    1 sell 5 @100    | rests 5
    2 sell 5 @100    | rests 5
    replace 1 5 @101 | rests 5
    replace 1 5 @100 | rests 5
    3 buy 5 @100     | 2:5@100 filled`,
  ],
  [
    'a replaced order trades when its new price meets the other side',
    `
    1 sell 5 @105    | rests 5
    2 buy 8 @100     | rests 8
    replace 2 9 @105 | 1:5@105 rests 4
    book             | 105x4 / -`,
  ],
  [
    'an order that left cannot be replaced',
    `
    1 sell 5 @100    | rests 5
    2 buy 5 @100     | 1:5@100 filled
    replace 1 5 @100 | unknown
    replace 9 5 @100 | unknown`,
  ],
  [
    'levels show the sum of their orders, the best first',
    `
    1 buy 1 @99   | rests 1
    2 buy 2 @101  | rests 2
    3 buy 3 @100  | rests 3
    4 buy 4 @101  | rests 4
    5 sell 5 @104 | rests 5
    6 sell 6 @103 | rests 6
    book          | 101x6(2) 100x3 99x1 / 103x6 104x5`,
  ],
];

describe('the book', () => {
  it.each(tables)('%s', (_fact, table) => {
    const engine = new ReferenceEngine();
    expect(answerTable(engine, table)).toBe(expectedTable(table));
    engine.validateInternalState();
  });

  it('keeps instruments apart', () => {
    const engine = new ReferenceEngine();
    const order = { ordType: OrdType.LIMIT, timeInForce: TimeInForce.DAY, price: 100, qty: 5 } as const;
    engine.place({ ...order, orderId: 1, book: 0, side: Side.SELL });
    expect(engine.place({ ...order, orderId: 2, book: 3, side: Side.BUY })).toEqual({ fills: [], outcome: 'rests', leavesQty: 5 });
    expect([...engine.resting()]).toEqual([
      { orderId: 1, book: 0, side: Side.SELL, price: 100, qty: 5 },
      { orderId: 2, book: 3, side: Side.BUY, price: 100, qty: 5 },
    ]);
  });

  it('has a hash that tells the place in a level', () => {
    const engine = new ReferenceEngine();
    answerTable(
      engine,
      `
      1 buy 5 @100 |
      2 buy 5 @100 |`,
    );
    const before = engine.stateHash();
    answerTable(engine, 'replace 1 4 @100 |');
    answerTable(engine, 'replace 1 5 @100 |');
    expect(engine.stateHash()).not.toBe(before);
  });

  it('refuses to use an order id twice', () => {
    const engine = new ReferenceEngine();
    answerTable(engine, '1 buy 5 @100 |');
    expect(() => answerTable(engine, '1 buy 5 @100 |')).toThrow(InvariantError);
  });
});
