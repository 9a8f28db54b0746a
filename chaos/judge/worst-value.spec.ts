// What an order of each type can come to, fact by fact.
import { describe, expect, it } from '@jest/globals';
import { type Message } from '../wire.js';
import { scaled } from './decimal.js';
import { type Fact } from './facts.js';
import { WorstValue } from './worst-value.js';

const open = { ordStatus: 'ORD_STATUS_NEW', cumQty: '0', replaceQty: '', replacePrice: '', replaceStopPx: '' };
const fact = (content: Message, state: Message = {}, referencePrice = ''): Fact => ({
  ...{ accountId: 'ACC', accountSeq: 1, atMs: 1000, name: '', where: '' },
  value: { risk: { referencePrice } },
  state: { ...open, content: { orderQty: '10', ...content }, ...state },
});
const limit = { ordType: 'ORD_TYPE_LIMIT', price: '100' };
const stop = { ordType: 'ORD_TYPE_STOP', stopPx: '100.01' };
const stopLimit = { ordType: 'ORD_TYPE_STOP_LIMIT', price: '100', stopPx: '104' };
const market = { ordType: 'ORD_TYPE_MARKET' };
const replacing = { replaceQty: '12', replacePrice: '90' };

const stories: readonly [what: string, facts: readonly Fact[], values: readonly string[]][] = [
  ['a limit, filled in part, then whole', [fact(limit), fact(limit, { cumQty: '4' }), fact(limit, { ordStatus: 'ORD_STATUS_FILLED' })], ['1000', '600', '0']], // prettier-ignore
  ['a limit to be replaced by more at less, and by less at more', [fact(limit, replacing), fact(limit, { replaceQty: '5', replacePrice: '110' }), fact(limit)], ['1200', '1100', '1000']], // prettier-ignore
  ['a stop, with the protection that the venue takes, rounded up', [fact(stop)], ['1030.103']],
  ['a stop with a protection of its own', [fact({ ...stop, marketProtection: '5' })], ['1050.105']],
  ['a stop that was triggered', [fact(stop), fact({ ...stop, ordType: 'ORD_TYPE_MARKET' })], ['1030.103', '1030.103']],
  ['a stop limit at the higher of its prices, until it is a limit', [fact(stopLimit), fact({ ...stopLimit, ordType: 'ORD_TYPE_LIMIT' })], ['1040', '1000']], // prettier-ignore
  ['a stop limit that is triggered while its replace is pending', [fact(stopLimit, replacing), fact({ ...stopLimit, ordType: 'ORD_TYPE_LIMIT' }, replacing)], ['1248', '1248']], // prettier-ignore
  ['a stop to be replaced by a higher one', [fact(stop, { replaceQty: '10', replaceStopPx: '200' }), fact(stop)], ['2060', '1030.103']],
  ['a market order at what risk judged it by', [fact(market, {}, '100'), fact(market, { cumQty: '9' })], ['1030', '103']],
  ['a market order replaced when the market is lower', [fact(market, {}, '100'), fact(market, { replaceQty: '11' }, '90'), fact(market)], ['1030', '1133', '1030']], // prettier-ignore
  ['a market order that rests at a limit', [fact({ ordType: 'ORD_TYPE_MARKET_TO_LIMIT' }, {}, '100'), fact(limit)], ['1030', '1000']],
];

describe('the worst value of an order', () => {
  it.each(stories)('%s', (_what, facts, values) => {
    const worst = new WorstValue();
    expect(facts.map((one) => worst.fold(one))).toEqual(values.map((value) => scaled(value) * scaled('1')));
  });

  it('rounds up what a protection adds', () => {
    expect(new WorstValue().fold(fact({ ...stop, orderQty: '1', stopPx: '0.000000001' }))).toBe(2n * scaled('1'));
  });
});
