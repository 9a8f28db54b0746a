// What a decision says and writes down, beyond which rule failed.
import { describe, expect, it } from '@jest/globals';
import { deskWith, outcomeOf } from './testing/index.js';

describe('a decision', () => {
  it('holds what every rule saw, and the versions that it was judged by', () => {
    const { decision } = deskWith(
      'limit qty 100; group limit open 40000; open buy 10 @1500; instrument freezeQty 5000; quote age 250',
    ).judge('buy 10 @1510');
    expect(decision).toEqual({
      approved: true,
      reason: 0,
      text: '',
      field: '',
      limitsVersion: 9,
      judgedSeq: 3,
      referencePrice: '1500',
      quoteAgeMs: 250,
      tookUs: 0,
      process: '',
      decidedAtMs: 0,
      inputs: {
        KILL_SWITCH: 'none none',
        ENV_ISOLATION: 'paper sim',
        TRADING_STATE: 'ACTIVE ACTIVE',
        INSTRUMENT_TRADABLE: 'ACTIVE ACTIVE',
        LOT: '10 1',
        TICK: '1510 0.05',
        FREEZE: '10 5000',
        MAX_ORDER_QTY: '10 100',
        MAX_ORDER_VALUE: '15100 10000000',
        PRICE_COLLAR: '0.666666667 5',
        STALE_DATA: '250 10000',
        ORDER_RATE: '1 10000',
        CUM_OPEN_VALUE: '30100 10000000000',
        CUM_OPEN_VALUE_GROUP: '30100 40000',
        MAX_POSITION: '20 10000000',
      },
    });
  });

  it.each([
    ['limit qty 10', 'buy 11 @1500', "order quantity 11 is above the account's limit of 10 for one order"],
    ['limit collar 2', 'buy 1 @1600', "LIMIT order: price 1600 is 6.666666667 % from 1500: that is beyond the account's collar of 2 %"],
    [
      'limit stops 2',
      'buy 1 stop 1600',
      "STOP order: stop price 1600 is 6.666666667 % from 1500: that is beyond the account's stop collar of 2 %",
    ],
    ['limit age 5; quote age 6', 'buy 1 to-limit', 'the quote is 6 ms old, the limit is 5 ms: a MARKET_TO_LIMIT order needs a fresh one'],
    ['limit collar 2', 'buy 1 market 4%', "MARKET order: market protection of 4 % is beyond the account's collar of 2 %"],
    ['group limit open 100', 'buy 1 @1500', "the risk group's open orders would be worth 1500, the limit is 100"],
    ['limit age 5; quote age 6', 'buy 1 market', 'the quote is 6 ms old, the limit is 5 ms: a MARKET order needs a fresh one'],
    ['halt ACCOUNT A1', 'buy 1 @1500', 'halt H1 is in force for A1: test'],
    ['limit rate 1; commands 1', 'buy 1 @1500', 'this would be command 2 of the account in one second, the limit is 1'],
  ])('says in words what is wrong: %s / %s', (given, order, text) => {
    expect(deskWith(given).judge(order).decision.text).toBe(text);
  });

  it('is a refusal where the order is not open any more, or its content is not what the edge lets through', () => {
    expect(outcomeOf(deskWith('ended buy 10 @1500').judge('replace O1 buy 20 @1500'))).toBe('ORDER_FINAL orderId');
    expect(outcomeOf(deskWith('').judge('buy 0 @1500'))).toBe('NOT_POSITIVE content.orderQty');
    expect(outcomeOf(deskWith('').judge('buy 1e3 @1500'))).toBe('FIELD_MALFORMED content.orderQty');
    expect(outcomeOf(deskWith('').judge('buy 1'))).toBe('FIELD_REQUIRED content.price');
    expect(outcomeOf(deskWith('').judge('buy 1 stop -5'))).toBe('NOT_POSITIVE content.stopPx');
    expect(outcomeOf(deskWith('').judge('buy 0 to-limit'))).toBe('NOT_POSITIVE content.orderQty');
    expect(outcomeOf(deskWith('').judge('buy 1 @1500 show 0'))).toBe('NOT_POSITIVE content.displayQty');
    expect(outcomeOf(deskWith('').judge('buy 1 market 0%'))).toBe('NOT_POSITIVE content.marketProtection');
  });
});
