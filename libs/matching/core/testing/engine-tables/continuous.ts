// Continuous trading: price and time, what happens to the rest, icebergs, replace, market protection.
import { type EngineTable } from '../engine-table.js';

const phase = 'CONTINUOUS';

export const continuousTables: readonly EngineTable[] = [
  {
    name: 'the better price trades first, then the earlier order, at the price of the order that rests',
    phase,
    rows: `
      1 sell 5 @102    | NEW 1 5@102 shows 5
      2 sell 5 @101    | NEW 2 5@101 shows 5
      3 sell 5 @101    | NEW 3 5@101 shows 5
      book             | - / 101x10(2) 102x5
      4 buy 12 @102    | NEW 4 12@102 shows 12
                       | TRADE 2 5@101 maker; TRADE 4 5@101 open 7 taker
                       | TRADE 3 5@101 maker; TRADE 4 5@101 open 2 taker
                       | TRADE 1 2@102 open 3 maker; TRADE 4 2@102 taker
      book             | - / 102x3
      last             | 102
      open             | 1`,
  },
  {
    name: 'the rest of a limit order rests at its price; nothing trades beyond it',
    phase,
    rows: `
      1 buy 5 @100     | NEW 1 5@100 shows 5
      2 buy 5 @99      | NEW 2 5@99 shows 5
      3 sell 8 @100    | NEW 3 8@100 shows 8; TRADE 1 5@100 maker; TRADE 3 5@100 open 3 taker
      orders           | 2:5@99 / 3:3@100
      level sell 100   | 100x3
      level sell 101   | 101x0(0)
      order 3          | sell LIMIT DAY 3@100 shows 3 by=3
      order 1          | none`,
  },
  {
    name: 'the rest of an IOC or a MARKET order is canceled',
    phase,
    rows: `
      1 sell 5 @100          | NEW 1 5@100 shows 5
      2 buy 8 @100 IOC       | NEW 2 IOC 8@100; TRADE 1 5@100 maker; TRADE 2 IOC 5@100 open 3 taker; CANCELED 2 IOC 3@100 NO_LIQUIDITY
      3 buy 8 @100 IOC       | NEW 3 IOC 8@100; CANCELED 3 IOC 8@100 NO_LIQUIDITY
      4 sell 5 @100          | NEW 4 5@100 shows 5
      5 buy 8 market         | NEW 5 MARKET 8@0; TRADE 4 5@100 maker; TRADE 5 MARKET 5@100 open 3 taker; CANCELED 5 MARKET 3@0 NO_LIQUIDITY
      6 sell 1 market IOC    | NEW 6 MARKET IOC 1@0; CANCELED 6 MARKET IOC 1@0 NO_LIQUIDITY
      open                   | 0`,
  },
  {
    name: 'a FOK order trades whole or not at all',
    phase,
    rows: `
      1 sell 5 @100            | NEW 1 5@100 shows 5
      2 sell 5 @101            | NEW 2 5@101 shows 5
      3 buy 6 @100 FOK         | NEW 3 FOK 6@100; CANCELED 3 FOK 6@100 FOK_UNFILLABLE
      4 buy 11 market FOK      | NEW 4 MARKET FOK 11@0; CANCELED 4 MARKET FOK 11@0 FOK_UNFILLABLE
      5 buy 6 market FOK protect=50 | NEW 5 MARKET FOK 6@0; CANCELED 5 MARKET FOK 6@0 FOK_UNFILLABLE
      6 buy 6 @101 FOK         | NEW 6 FOK 6@101; TRADE 1 5@100 maker; TRADE 6 FOK 5@100 open 1 taker; TRADE 2 1@101 open 4 maker; TRADE 6 FOK 1@101 taker
      7 sell 1 market FOK      | NEW 7 MARKET FOK 1@0; CANCELED 7 MARKET FOK 1@0 FOK_UNFILLABLE
      book                     | - / 101x4`,
  },
  {
    name: 'a FOK order counts what icebergs hide',
    phase,
    rows: `
      1 sell 9 @100 display=2  | NEW 1 9@100 shows 2
      2 buy 10 @100 FOK        | NEW 2 FOK 10@100; CANCELED 2 FOK 10@100 FOK_UNFILLABLE
      3 buy 3 @100 FOK         | NEW 3 FOK 3@100; TRADE 1 2@100 open 7 maker; TRADE 3 FOK 2@100 open 1 taker; RESTATED 1 7@100 shows 2 ICEBERG_REFRESH
                               | TRADE 1 1@100 open 6 maker; TRADE 3 FOK 1@100 taker
      book                     | - / 100x1`,
  },
  {
    name: 'an iceberg shows a slice, and each new slice goes to the back of its level',
    phase,
    rows: `
      1 sell 10 @100 display=4   | NEW 1 10@100 shows 4
      2 sell 3 @100              | NEW 2 3@100 shows 3
      book                       | - / 100x7(2)
      3 buy 5 @100               | NEW 3 5@100 shows 5; TRADE 1 4@100 open 6 maker; TRADE 3 4@100 open 1 taker; RESTATED 1 6@100 shows 4 ICEBERG_REFRESH
                                 | TRADE 2 1@100 open 2 maker; TRADE 3 1@100 taker
      orders                     | - / 2:2@100 1:4@100
      4 buy 9 @100 IOC           | NEW 4 IOC 9@100; TRADE 2 2@100 maker; TRADE 4 IOC 2@100 open 7 taker
                                 | TRADE 1 4@100 open 2 maker; TRADE 4 IOC 4@100 open 3 taker; RESTATED 1 2@100 shows 2 ICEBERG_REFRESH
                                 | TRADE 1 2@100 maker; TRADE 4 IOC 2@100 open 1 taker; CANCELED 4 IOC 1@100 NO_LIQUIDITY
      book                       | - / -`,
  },
  {
    name: 'an iceberg takes with all that it has, and shows a slice of its rest',
    phase,
    rows: `
      1 sell 5 @100              | NEW 1 5@100 shows 5
      2 buy 12 @100 display=3    | NEW 2 12@100 shows 3; TRADE 1 5@100 maker; TRADE 2 5@100 open 7 taker
      book                       | 100x3 / -
      order 2                    | buy LIMIT DAY 7@100 shows 3 display=3 by=2
      3 buy 4 @99 display=4      | NEW 3 4@99 shows 4    # shows all of it: no iceberg
      order 3                    | buy LIMIT DAY 4@99 shows 4 by=3`,
  },
  {
    name: 'post-only is refused when it would trade, and rests otherwise',
    phase,
    rows: `
      1 sell 5 @100            | NEW 1 5@100 shows 5
      2 buy 5 @100 post        | REJECTED 2 5@100 POST_ONLY_WOULD_TRADE
      3 buy 5 @99 post GTC     | NEW 3 GTC 5@99 shows 5
      replace 3 5 @100         | REJECTED 3 GTC 5@100 open 5 POST_ONLY_WOULD_TRADE
      replace 3 6 @98          | REPLACED 3 GTC 6@98 shows 6
      book                     | 98x6 / 100x5
      order 3                  | buy LIMIT GTC 6@98 shows 6 post by=3`,
  },
  {
    name: 'less quantity at the same price keeps its turn; everything else loses it',
    phase,
    rows: `
      1 buy 5 @100         | NEW 1 5@100 shows 5
      2 buy 5 @100         | NEW 2 5@100 shows 5
      3 buy 5 @100         | NEW 3 5@100 shows 5
      replace 1 4 @100     | REPLACED 1 4@100 shows 4
      replace 2 5 @100     | REPLACED 2 5@100 shows 5
      orders               | 1:4@100 2:5@100 3:5@100 / -
      replace 1 5 @100     | REPLACED 1 5@100 shows 5
      orders               | 2:5@100 3:5@100 1:5@100 / -
      replace 2 5 @101     | REPLACED 2 5@101 shows 5
      replace 2 5 @100     | REPLACED 2 5@100 shows 5
      orders               | 3:5@100 1:5@100 2:5@100 / -
      replace 3 0 @100     | REJECTED 3 0@100 open 5 INVALID_QTY`,
  },
  {
    name: 'a replaced order that reaches the other side trades as one that comes in',
    phase,
    rows: `
      1 sell 3 @101        | NEW 1 3@101 shows 3
      2 buy 5 @100         | NEW 2 5@100 shows 5
      replace 2 7 @101     | REPLACED 2 7@101 shows 7; TRADE 1 3@101 maker; TRADE 2 3@101 open 4 taker
      book                 | 101x4 / -
      3 sell 9 @105        | NEW 3 9@105 shows 9
      replace 2 9 @105     | REPLACED 2 9@105 shows 9; TRADE 3 9@105 maker; TRADE 2 9@105 taker
      open                 | 0`,
  },
  {
    name: 'a replaced iceberg keeps its slice with its turn, and shows a new one without',
    phase,
    rows: `
      1 sell 10 @100 display=4   | NEW 1 10@100 shows 4
      2 buy 3 @100               | NEW 2 3@100 shows 3; TRADE 1 3@100 open 7 maker; TRADE 2 3@100 taker
      replace 1 6 @100           | REPLACED 1 6@100 shows 1
      replace 1 6 @101           | REPLACED 1 6@101 shows 4
      replace 1 3 @101           | REPLACED 1 3@101 shows 3
      replace 1 8 @101           | REPLACED 1 8@101 shows 4
      order 1                    | sell LIMIT DAY 8@101 shows 4 display=4 by=1`,
  },
  {
    name: 'cancel ends an order of the book that it names',
    phase,
    rows: `
      list book=1              | DONE LIST_BOOK 0@0 in 1
      1 buy 5 @100 by=7        | NEW 1 5@100 shows 5
      cancel 1 book=1          | REJECTED 1 0@0 UNKNOWN_ORDER in 1
      cancel 1 book=2          | REJECTED 1 0@0 UNKNOWN_BOOK in 2
      cancel 1                 | CANCELED 1 5@100 REQUESTED
      cancel 1                 | REJECTED 1 0@0 UNKNOWN_ORDER
      replace 1 5 @100         | REJECTED 1 5@100 UNKNOWN_ORDER
      1 buy 6 @100 by=8        | NEW 1 6@100 shows 6     # a number is free again once its order has ended`,
  },
  {
    name: 'protection holds a MARKET order to a band around the best price when it executes',
    phase,
    rows: `
      1 sell 1 @1000               | NEW 1 1@1000 shows 1
      2 sell 1 @1010               | NEW 2 1@1010 shows 1
      3 sell 1 @1011               | NEW 3 1@1011 shows 1
      4 buy 5 market protect=105   | NEW 4 MARKET 5@0; TRADE 1 1@1000 maker; TRADE 4 MARKET 1@1000 open 4 taker   # up to 1010.5, so 1010
                                   | TRADE 2 1@1010 maker; TRADE 4 MARKET 1@1010 open 3 taker; CANCELED 4 MARKET 3@0 PRICE_PROTECTION
      5 buy 5 market protect=1     | NEW 5 MARKET 5@0; TRADE 3 1@1011 maker; TRADE 5 MARKET 1@1011 open 4 taker; CANCELED 5 MARKET 4@0 NO_LIQUIDITY
      6 buy 1 @1000                | NEW 6 1@1000 shows 1
      7 buy 1 @990                 | NEW 7 1@990 shows 1
      8 buy 1 @989                 | NEW 8 1@989 shows 1
      9 sell 3 market protect=105  | NEW 9 MARKET 3@0; TRADE 6 1@1000 maker; TRADE 9 MARKET 1@1000 open 2 taker   # down to 989.5, so 990
                                   | TRADE 7 1@990 maker; TRADE 9 MARKET 1@990 open 1 taker; CANCELED 9 MARKET 1@0 PRICE_PROTECTION
      10 sell 9 market protect=9999 | NEW 10 MARKET 9@0; TRADE 8 1@989 maker; TRADE 10 MARKET 1@989 open 8 taker; CANCELED 10 MARKET 8@0 NO_LIQUIDITY
      11 sell 9 market protect=100 | NEW 11 MARKET 9@0; CANCELED 11 MARKET 9@0 NO_LIQUIDITY`,
  },
  {
    name: 'a MARKET_TO_LIMIT order takes the best price, and what is left rests there as a limit order',
    phase,
    rows: `
      1 sell 3 @100      | NEW 1 3@100 shows 3
      2 sell 3 @101      | NEW 2 3@101 shows 3
      3 buy 5 mtl GTC    | NEW 3 MARKET_TO_LIMIT GTC 5@0; TRADE 1 3@100 maker; TRADE 3 MARKET_TO_LIMIT GTC 3@100 open 2 taker
                         | RESTATED 3 GTC 2@100 shows 2 MARKET_TO_LIMIT
      book               | 100x2 / 101x3
      order 3            | buy LIMIT GTC 2@100 shows 2 by=3
      4 buy 3 mtl        | NEW 4 MARKET_TO_LIMIT 3@0; TRADE 2 3@101 maker; TRADE 4 MARKET_TO_LIMIT 3@101 taker
      5 buy 1 mtl        | NEW 5 MARKET_TO_LIMIT 1@0; CANCELED 5 MARKET_TO_LIMIT 1@0 NO_LIQUIDITY
      6 buy 1 mtl FOK    | NEW 6 MARKET_TO_LIMIT FOK 1@0; CANCELED 6 MARKET_TO_LIMIT FOK 1@0 NO_LIQUIDITY
      7 sell 5 mtl IOC   | NEW 7 MARKET_TO_LIMIT IOC 5@0; TRADE 3 GTC 2@100 maker; TRADE 7 MARKET_TO_LIMIT IOC 2@100 open 3 taker
                         | CANCELED 7 MARKET_TO_LIMIT IOC 3@100 NO_LIQUIDITY
      8 buy 2 @100       | NEW 8 2@100 shows 2
      9 buy 2 @99        | NEW 9 2@99 shows 2
      10 sell 3 mtl FOK  | NEW 10 MARKET_TO_LIMIT FOK 3@0; CANCELED 10 MARKET_TO_LIMIT FOK 3@100 FOK_UNFILLABLE
      11 sell 2 mtl FOK  | NEW 11 MARKET_TO_LIMIT FOK 2@0; TRADE 8 2@100 maker; TRADE 11 MARKET_TO_LIMIT FOK 2@100 taker`,
  },
  {
    name: 'books do not touch each other',
    phase,
    rows: `
      list book=65535                  | DONE LIST_BOOK 0@0 in 65535
      phase CONTINUOUS book=65535      | DONE SET_PHASE 0@0 in 65535
      1 sell 5 @100                    | NEW 1 5@100 shows 5
      2 buy 5 @100 book=65535          | NEW 2 5@100 shows 5 in 65535
      1 buy 5 @100 book=65535          | REJECTED 1 5@100 DUPLICATE_ORDER_ID in 65535
      book                             | - / 100x5
      book book=65535                  | 100x5 / -
      book book=3                      | - / -
      order 2                          | buy LIMIT DAY 5@100 shows 5 by=2 in 65535`,
  },
  {
    name: 'a level holds more than 2^31 lots',
    phase,
    rows: `
      1 sell 1073741823 @1073741823    | NEW 1 1073741823@1073741823 shows 1073741823
      2 sell 1073741823 @1073741823    | NEW 2 1073741823@1073741823 shows 1073741823
      3 sell 1073741823 @1073741823 display=10737419 | NEW 3 1073741823@1073741823 shows 10737419
      2147483647 sell 1073741823 @1073741823 by=1048575 | NEW 2147483647 1073741823@1073741823 shows 1073741823
      book                             | - / 1073741823x3231962888(4)
      4 buy 1073741823 market FOK      | NEW 4 MARKET FOK 1073741823@0; TRADE 1 1073741823@1073741823 maker; TRADE 4 MARKET FOK 1073741823@1073741823 taker
      best                             | - / 1073741823x2158221065(3)`,
  },
];
