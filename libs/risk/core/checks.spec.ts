// The rule book: every rule at limit - 1, limit and limit + 1, in the order in which rules are judged. `deskWith` explains the words.
import { describe, expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { parseTable } from '@switchyard/testkit';
import { riskChecks } from './checks.js';
import { deskWith, outcomeOf } from './testing/index.js';

function checkTable(text: string): void {
  for (const { given, order, outcome } of parseTable(`| given | order | outcome |\n${text}`)) {
    it(`${given} / ${order} / ${outcome}`, () => expect(outcomeOf(deskWith(given!).judge(order!))).toBe(outcome));
  }
}

describe('1 KILL_SWITCH', () => {
  checkTable(`
    | -                     | buy 10 @1500       | ok          |
    | halt ALL              | buy 10 @1500       | KILL_SWITCH |
    | halt BROKER paper     | buy 10 @1500       | KILL_SWITCH |
    | halt BROKER other     | buy 10 @1500       | ok          |
    | halt ACCOUNT A1       | buy 10 @1500       | KILL_SWITCH |
    | halt ACCOUNT A2       | buy 10 @1500       | ok          |
    | halt STRATEGY S1      | buy 10 @1500 of S1 | KILL_SWITCH |
    | halt STRATEGY S1      | buy 10 @1500 of S2 | ok          |
    | halt STRATEGY S1      | buy 10 @1500       | ok          |
    | halt INSTRUMENT INFY  | buy 10 @1500       | KILL_SWITCH |
    | halt INSTRUMENT TCS   | buy 10 @1500       | ok          |
    # A scope that this version does not know stops everything.
    | halt GALAXY TCS       | buy 10 @1500       | KILL_SWITCH |
    | open buy 10 @1500; halt ALL | replace O1 buy 5 @1500 | KILL_SWITCH |
  `);
});

describe('2 ENV_ISOLATION', () => {
  checkTable(`
    | broker paper   | buy 10 @1500 | ok            |
    | broker zerodha | buy 10 @1500 | ENV_ISOLATION |
  `);
});

describe('3 TRADING_STATE', () => {
  checkTable(`
    | state ACTIVE                                                  | buy 10 @1500            | ok                      |
    | state CANCEL_ONLY; position 100                               | sell 10 @1500           | TRADING_STATE accountId |
    | state HALTED; position 100                                    | sell 10 @1500           | TRADING_STATE accountId |
    | state UNSPECIFIED                                             | buy 10 @1500            | TRADING_STATE accountId |
    | no account                                                    | buy 10 @1500            | TRADING_STATE accountId |
    # REDUCE_ONLY: the order fits into the position less what is on its way already.
    | position 10; state REDUCE_ONLY                                | sell 9 @1500            | ok                      |
    | position 10; state REDUCE_ONLY                                | sell 10 @1500           | ok                      |
    | position 10; state REDUCE_ONLY                                | sell 11 @1500           | TRADING_STATE content.orderQty  |
    | position 10; state REDUCE_ONLY                                | buy 1 @1500             | TRADING_STATE content.orderQty  |
    | position -10; state REDUCE_ONLY                               | buy 10 @1500            | ok                      |
    | position -10; state REDUCE_ONLY                               | buy 11 @1500            | TRADING_STATE content.orderQty  |
    | position -10; state REDUCE_ONLY                               | sell 1 @1500            | TRADING_STATE content.orderQty  |
    | state REDUCE_ONLY                                             | buy 1 @1500             | TRADING_STATE content.orderQty  |
    | position 10; open sell 6 @1500; state REDUCE_ONLY             | sell 4 @1500            | ok                      |
    | position 10; open sell 6 @1500; state REDUCE_ONLY             | sell 5 @1500            | TRADING_STATE content.orderQty  |
    | position 10; doubt sell 6 @1500; state REDUCE_ONLY            | sell 5 @1500            | TRADING_STATE content.orderQty  |
    | position 10; reserved sell 6 @1500; state REDUCE_ONLY         | sell 5 @1500            | TRADING_STATE content.orderQty  |
    # Open buys may be canceled, so they make no room.
    | position 10; open buy 6 @1500; state REDUCE_ONLY              | sell 11 @1500           | TRADING_STATE content.orderQty  |
    | position 10; ended sell 6 @1500; state REDUCE_ONLY            | sell 10 @1500           | ok                      |
    | position 10; open sell 6 @1500; state REDUCE_ONLY             | replace O2 sell 10 @1500 | ok                     |
    | position 10; open sell 6 @1500; state REDUCE_ONLY             | replace O2 sell 11 @1500 | TRADING_STATE content.orderQty |
    # Another account's position is not this one's.
    | position of A2 10; state REDUCE_ONLY                          | sell 1 @1500            | TRADING_STATE content.orderQty  |
  `);
});

describe('5 INSTRUMENT_TRADABLE', () => {
  checkTable(`
    | no instrument                                          | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | -                                                      | buy 1 @1500 in TCS | INSTRUMENT_NOT_TRADABLE content.instrument |
    | instrument status SUSPENDED                            | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | instrument status EXPIRED                              | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | instrument status UNSPECIFIED                          | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | profile live-default; instrument masterDate 2026-01-30 | buy 10 @1500 | ok                                 |
    | profile live-default; instrument masterDate 2026-01-29 | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | profile live-default; instrument masterDate            | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | profile live-default; instrument masterDate soon       | buy 10 @1500 | INSTRUMENT_NOT_TRADABLE content.instrument |
    | instrument masterDate 2020-01-01                       | buy 10 @1500 | ok                                 |
  `);
});

describe('8 LOT, TICK, FREEZE', () => {
  checkTable(`
    | instrument lotSize 25   | buy 24 @1500          | QUANTITY_OFF_LOT content.orderQty   |
    | instrument lotSize 25   | buy 25 @1500          | ok                          |
    | instrument lotSize 25   | buy 26 @1500          | QUANTITY_OFF_LOT content.orderQty   |
    | -                       | buy 1.5 @1500         | QUANTITY_OFF_LOT content.orderQty   |
    | instrument lotSize 25   | buy 50 @1500 show 25  | ok                          |
    | instrument lotSize 25   | buy 50 @1500 show 24  | QUANTITY_OFF_LOT content.displayQty |
    | -                       | buy 50 @1500 show 51  | QUANTITY_OFF_LOT content.displayQty |
    | -                       | buy 50 @1500 show 50  | ok                          |
    | -                       | buy 10 @1499.95       | ok                          |
    | -                       | buy 10 @1499.96       | PRICE_OFF_TICK content.price        |
    | -                       | buy 10 @1500.000000001 | PRICE_OFF_TICK content.price       |
    | -                       | buy 10 stop 1510.01   | PRICE_OFF_TICK content.stopPx       |
    | -                       | buy 10 stop 1510.05   | ok                          |
    | -                       | buy 10 stop 1510 @1510.01 | PRICE_OFF_TICK content.price    |
    | -                       | buy 10 stop 1510.01 @1510 | PRICE_OFF_TICK content.stopPx   |
    | open buy 10 stop 1510 @1510 | replace O1 buy 10 stop 1510.01 @1510 | PRICE_OFF_TICK content.stopPx |
    | -                       | buy 10 to-limit       | ok                          |
    # A replace leaves what is shown as it is: with less than that left, all of it is shown.
    | open buy 10 @1500 show 5 | replace O1 buy 4 @1500 show 5 | ok                 |
    # The exchange's freeze is about the whole of an iceberg.
    | instrument freezeQty 10 | buy 11 @1500 show 1   | QUANTITY_ABOVE_FREEZE content.orderQty |
    | instrument freezeQty 10 | buy 9 @1500           | ok                          |
    | instrument freezeQty 10 | buy 10 @1500          | ok                          |
    | instrument freezeQty 10 | buy 11 @1500          | QUANTITY_ABOVE_FREEZE content.orderQty |
    | instrument freezeQty 10; open buy 5 @1500 | replace O1 buy 11 @1500 | QUANTITY_ABOVE_FREEZE content.orderQty |
  `);
});

describe('9 MAX_ORDER_QTY', () => {
  checkTable(`
    | limit qty 10                   | buy 9 @1500             | ok                                 |
    | limit qty 10                   | buy 10 @1500            | ok                                 |
    | limit qty 10                   | buy 11 @1500            | QUANTITY_EXCEEDS_MAXIMUM content.orderQty  |
    | limit qty 10                   | buy 10 @1500 show 1     | ok                                 |
    | limit qty 10                   | buy 11 @1500 show 1     | QUANTITY_EXCEEDS_MAXIMUM content.orderQty  |
    | group limit qty 10             | buy 10 @1500            | ok                                 |
    | group limit qty 10             | buy 11 @1500            | QUANTITY_EXCEEDS_MAXIMUM content.orderQty  |
    | limit qty 10; open buy 5 @1500 | replace O1 buy 10 @1500 | ok                                 |
    | limit qty 10; open buy 5 @1500 | replace O1 buy 11 @1500 | QUANTITY_EXCEEDS_MAXIMUM content.orderQty  |
  `);
});

describe('10 MAX_ORDER_VALUE', () => {
  checkTable(`
    | limit value 15000       | buy 10 @1499.95      | ok                             |
    | limit value 15000       | buy 10 @1500         | ok                             |
    | limit value 15000       | buy 10 @1500.05      | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit value 15000       | sell 10 @1500.05     | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | group limit value 15000 | buy 10 @1500         | ok                             |
    | group limit value 15000 | buy 10 @1500.05      | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # A market order is valued at the last price and its protection; 3 % where it names none. A sell too.
    | limit value 15600       | buy 10 market 3.9%   | ok                             |
    | limit value 15600       | buy 10 market 4%     | ok                             |
    | limit value 15600       | buy 10 market 4.1%   | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit value 15600       | sell 10 market 4.1%  | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit value 15450       | buy 10 market        | ok                             |
    | limit value 15449       | buy 10 market        | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # A market-to-limit order as a market order, an iceberg as a whole.
    | limit value 15450       | buy 10 to-limit      | ok                             |
    | limit value 15449       | buy 10 to-limit      | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit value 15000       | buy 10 @1500 show 1  | ok                             |
    | limit value 14999       | buy 10 @1500 show 1  | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # A stop order at its stop price and protection; a stop limit order at the higher of its prices.
    | limit value 15450       | buy 10 stop 1500     | ok                             |
    | limit value 15449       | buy 10 stop 1500     | VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit value 15100       | sell 10 stop 1510 @1500 | ok                          |
    | limit value 15099       | sell 10 stop 1510 @1500 | VALUE_EXCEEDS_MAXIMUM content.orderQty |
  `);
});

describe('12 PRICE_COLLAR', () => {
  checkTable(`
    | limit collar 2                                       | buy 10 @1529.95        | ok                            |
    | limit collar 2                                       | buy 10 @1530           | ok                            |
    | limit collar 2                                       | buy 10 @1530.05        | PRICE_COLLAR content.price            |
    | limit collar 2                                       | sell 10 @1470          | ok                            |
    | limit collar 2                                       | sell 10 @1469.95       | PRICE_COLLAR content.price            |
    | limit collar 2                                       | buy 10 @1469.95        | PRICE_COLLAR content.price            |
    | group limit collar 2                                 | buy 10 @1530           | ok                            |
    | group limit collar 2                                 | buy 10 @1530.05        | PRICE_COLLAR content.price            |
    # Without a last price the middle of the book counts, then the previous close.
    | limit collar 2; quote book 999 1001                  | buy 10 @1020           | ok                            |
    | limit collar 2; quote book 999 1001                  | buy 10 @1020.05        | PRICE_COLLAR content.price            |
    | limit collar 2; quote lastPx; quote previousClose 1000 | buy 10 @1020         | ok                            |
    | limit collar 2; quote lastPx; quote previousClose 1000 | buy 10 @1020.05      | PRICE_COLLAR content.price            |
    | limit collar 2; no quote; instrument previousClose 1000 | buy 10 @1020        | ok                            |
    | limit collar 2; no quote; instrument previousClose 1000 | buy 10 @1020.05     | PRICE_COLLAR content.price            |
    # What a market order may move is its protection.
    | limit collar 2                                       | buy 10 market 1.9%     | ok                            |
    | limit collar 2                                       | buy 10 market 2%       | ok                            |
    | limit collar 2                                       | buy 10 market 2.1%     | PRICE_COLLAR content.marketProtection |
    | limit collar 2                                       | sell 10 market         | PRICE_COLLAR content.marketProtection |
    # A market-to-limit order trades at the best price on offer and at no other.
    | limit collar 2                                       | buy 10 to-limit        | ok                            |
    # How far away a stop may wait has its own limit.
    | limit stops 10                                       | buy 10 stop 1649.95    | ok                            |
    | limit stops 10                                       | buy 10 stop 1650       | ok                            |
    | limit stops 10                                       | buy 10 stop 1650.05    | PRICE_COLLAR content.stopPx           |
    | limit stops 10                                       | sell 10 stop 1350      | ok                            |
    | limit stops 10                                       | sell 10 stop 1349.95   | PRICE_COLLAR content.stopPx           |
    | limit stops 10                                       | buy 10 stop 1650.05 @1650.05 | PRICE_COLLAR content.stopPx     |
    | limit stops 10; open buy 10 stop 1600                | replace O1 buy 10 stop 1650 | ok                       |
    | limit stops 10; open buy 10 stop 1600                | replace O1 buy 10 stop 1650.05 | PRICE_COLLAR content.stopPx   |
    | group limit stops 10                                 | buy 10 stop 1650.05    | PRICE_COLLAR content.stopPx           |
    | limit stops 10; no quote; instrument previousClose 1000 | buy 10 stop 1100    | ok                            |
    | limit stops 10; no quote; instrument previousClose 1000 | buy 10 stop 1100.05 | PRICE_COLLAR content.stopPx           |
    | profile live-default                                 | sell 10 stop 1200      | ok                            |
    | profile live-default                                 | sell 10 stop 1199.95   | PRICE_COLLAR content.stopPx           |
    # A stop order works when the market is at its stop price.
    | limit collar 2                                       | sell 10 stop 1200 2%   | ok                            |
    | limit collar 2                                       | sell 10 stop 1200 2.1% | PRICE_COLLAR content.marketProtection |
    | limit collar 2                                       | buy 10 stop 2000 @2040 | ok                            |
    | limit collar 2                                       | buy 10 stop 2000 @2040.05 | PRICE_COLLAR content.price         |
  `);
});

describe('15 STALE_DATA', () => {
  checkTable(`
    | limit age 2000; quote age 1999                             | buy 10 market | ok                    |
    | limit age 2000; quote age 2000                             | buy 10 market | ok                    |
    | limit age 2000; quote age 2001                             | buy 10 market | STALE_DATA content.instrument |
    | group limit age 2000; quote age 2000                       | buy 10 market | ok                    |
    | group limit age 2000; quote age 2001                       | buy 10 market | STALE_DATA content.instrument |
    | limit age 2000; quote age 2000                             | buy 10 to-limit | ok                  |
    | limit age 2000; quote age 2001                             | buy 10 to-limit | STALE_DATA content.instrument |
    | limit age 2000; quote age 2001                             | buy 10 stop 1510 | ok                 |
    | no quote; instrument previousClose                         | buy 10 stop 1510 | STALE_DATA content.instrument |
    # The source's clock may be ahead of ours.
    | limit age 2000; quote age -50                              | buy 10 market | ok                    |
    | no quote                                                   | buy 10 market | STALE_DATA content.instrument |
    # The profile of the simulation judges a limit order by a stale price or the close, that of live does not; with nothing to judge by, both refuse.
    | limit age 2000; quote age 2001                             | buy 10 @1500  | ok                    |
    | no quote                                                   | buy 10 @1490  | ok                    |
    | no quote; instrument previousClose                         | buy 10 @1490  | STALE_DATA content.instrument |
    | no quote; instrument previousClose                         | buy 10 market | STALE_DATA content.instrument |
    | quote lastPx; instrument previousClose                     | buy 10 @1490  | STALE_DATA content.instrument |
    | profile live-default; quote age 2000                       | buy 10 @1500  | ok                    |
    | profile live-default; quote age 2001                       | buy 10 @1500  | STALE_DATA content.instrument |
    | profile live-default; no quote                             | buy 10 @1490  | STALE_DATA content.instrument |
  `);
});

describe('17 ORDER_RATE', () => {
  checkTable(`
    | limit rate 10; commands 8              | buy 10 @1500  | ok         |
    | limit rate 10; commands 9              | buy 10 @1500  | ok         |
    | limit rate 10; commands 10             | buy 10 @1500  | ORDER_RATE |
    | limit rate 10; open buy 1 @1500; commands 10 | replace O1 buy 2 @1500 | ORDER_RATE |
    # The first fifth of cancels takes no room from orders.
    | limit rate 10; commands 9; cancels 2   | buy 10 @1500  | ok         |
    | limit rate 10; commands 9; cancels 3   | buy 10 @1500  | ORDER_RATE |
    | limit rate 10; cancels 11              | buy 10 @1500  | ok         |
    | limit rate 10; cancels 12              | buy 10 @1500  | ORDER_RATE |
    # A group's rate counts all of its accounts; an account's only its own.
    | limit rate 10; commands of A2 10       | buy 10 @1500  | ok         |
    | group limit rate 10; commands of A2 9  | buy 10 @1500  | ok         |
    | group limit rate 10; commands of A2 10 | buy 10 @1500  | ORDER_RATE |
  `);
});

describe('19 CUM_OPEN_VALUE', () => {
  checkTable(`
    | limit open 30000; open buy 10 @1500                        | buy 10 @1499.95         | ok                                  |
    | limit open 30000; open buy 10 @1500                        | buy 10 @1500            | ok                                  |
    | limit open 30000; open buy 10 @1500                        | buy 10 @1500.05         | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; open sell 10 @1500                       | buy 10 @1500.05         | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; doubt buy 10 @1500                       | buy 11 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; reserved buy 10 @1500                    | buy 11 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; ended buy 10 @1500                       | buy 20 @1500            | ok                                  |
    | limit open 30000; position 10                              | buy 20 @1500            | ok                                  |
    | limit open 30900; open buy 10 market                       | buy 10 @1545            | ok                                  |
    | limit open 30899; open buy 10 market                       | buy 10 @1545            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # A stop that waits counts as much as an order that rests; an iceberg counts what it hides.
    | limit open 30450; open buy 10 stop 1500                    | buy 10 @1500            | ok                                  |
    | limit open 30449; open buy 10 stop 1500                    | buy 10 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; open buy 10 stop 1490 @1500              | buy 10 @1500            | ok                                  |
    | limit open 29999; open buy 10 stop 1490 @1500              | buy 10 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; open buy 10 @1500 show 1                 | buy 10 @1500            | ok                                  |
    | limit open 29999; open buy 10 @1500 show 1                 | buy 10 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30450; open buy 10 to-limit                     | buy 10 @1500            | ok                                  |
    | limit open 30449; open buy 10 to-limit                     | buy 10 @1500            | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 15965; open buy 10 stop 1500                    | replace O1 buy 10 stop 1550 | ok                              |
    | limit open 15964; open buy 10 stop 1500                    | replace O1 buy 10 stop 1550 | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # A replace is judged at the worst of old and new: larger quantity, higher price.
    | limit open 30000; open buy 10 @1500                        | replace O1 buy 20 @1500 | ok                                  |
    | limit open 30000; open buy 10 @1500                        | replace O1 buy 21 @1500 | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; open buy 20 @1500                        | replace O1 buy 10 @1550 | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; replacing buy 10 @1500 to 15 @1500       | buy 5 @1500             | ok                                  |
    | limit open 30000; replacing buy 10 @1500 to 15 @1500       | buy 6 @1500             | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; replacing buy 15 @1500 to 10 @1500       | buy 6 @1500             | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    # The limit was lowered below what is open: a replace that adds nothing is still let through.
    | limit open 100; open buy 10 @1500                          | replace O1 buy 5 @1500  | ok                                  |
    | group limit open 30000; open of A2 buy 10 @1500            | buy 10 @1500            | ok                                  |
    | group limit open 30000; open of A2 buy 10 @1500            | buy 10 @1500.05         | OPEN_VALUE_EXCEEDS_MAXIMUM content.orderQty |
    | limit open 30000; open of A2 buy 10 @1500                  | buy 20 @1500            | ok                                  |
  `);
});

describe('20 MAX_POSITION', () => {
  checkTable(`
    | limit position 100; position 60; open buy 30 @1500         | buy 9 @1500              | ok                                |
    | limit position 100; position 60; open buy 30 @1500         | buy 10 @1500             | ok                                |
    | limit position 100; position 60; open buy 30 @1500         | buy 11 @1500             | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100; position 60; doubt buy 30 @1500        | buy 11 @1500             | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100; position 60; reserved buy 30 @1500     | buy 11 @1500             | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100; position -60; open sell 30 @1500       | sell 10 @1500            | ok                                |
    | limit position 100; position -60; open sell 30 @1500       | sell 11 @1500            | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    # The other side's open orders make no room: they may be canceled.
    | limit position 100; position 60; open sell 50 @1500        | buy 41 @1500             | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100                                         | buy 101 @1500            | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100                                         | sell 101 @1500           | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    # Beyond a limit that was lowered, the way back is open.
    | limit position 100; position 500                           | sell 10 @1500            | ok                                |
    | limit position 100; position 500                           | buy 1 @1500              | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100; open buy 60 @1500                      | replace O1 buy 100 @1500 | ok                                |
    | limit position 100; open buy 60 @1500                      | replace O1 buy 101 @1500 | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 10; open buy 60 @1500                       | replace O1 buy 50 @1500  | ok                                |
    | group limit position 100; position of A2 60                | buy 40 @1500             | ok                                |
    | group limit position 100; position of A2 60                | buy 41 @1500             | POSITION_EXCEEDS_MAXIMUM content.orderQty |
    | limit position 100; position of A2 60                      | buy 100 @1500            | ok                                |
  `);
});

/** Each row breaks every rule of the rows below it too: the first one in the table answers. */
describe('precedence', () => {
  const all = [
    'halt ALL',
    'broker zerodha',
    'state CANCEL_ONLY',
    'instrument status SUSPENDED',
    'instrument lotSize 7',
    'instrument tickSize 0.07',
    'instrument freezeQty 1',
    'limit qty 1',
    'limit value 1',
    'limit collar 0.1',
    'profile live-default; quote age 60000; instrument masterDate 2026-02-02',
    'limit rate 1; commands 5',
    'limit open 1',
    'limit position 1',
  ];
  riskChecks.forEach((check, at) => {
    it(`${check.id} ${check.name} before the later ones`, () => {
      const { decision } = deskWith(all.slice(at).join('; ')).judge('buy 10 @1510');
      expect(decision.reason).toBe(check.reason);
    });
  });

  it('is in the order of the checks, and of the closed list of reasons', () => {
    const ids = riskChecks.map((check) => check.id);
    expect(ids).toEqual([1, 2, 3, 5, 8, 8, 8, 9, 10, 12, 15, 17, 19, 20]);
    // The list is in the order of precedence; the second and third reason of one check have 100 and 200 more than the first one.
    const listed = Object.values(Reason).filter((reason) => typeof reason === 'number');
    const places = riskChecks.map((check) => listed.indexOf(check.reason));
    expect(places.every((place, at) => place >= 0 && (at === 0 || place > (places[at - 1] ?? 0)))).toBe(true);
  });
});
