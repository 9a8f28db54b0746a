// Accounts of one group do not trade with each other: what happens instead is what the incoming order says.
import { type EngineTable } from '../engine-table.js';

const phase = 'CONTINUOUS';

export const selfTradeTables: readonly EngineTable[] = [
  {
    name: 'without a group, without a mode, or in another group orders trade',
    phase,
    rows: `
      1 sell 1 @100 by=1                        | NEW 1 1@100 shows 1
      2 buy 1 @100 by=1 stp=CANCEL_NEWEST       | NEW 2 1@100 shows 1; TRADE 1 1@100 maker; TRADE 2 1@100 taker    # no group, though one account
      group 1 5                                 | DONE SET_ACCOUNT_GROUP 0@0
      group 2 6                                 | DONE SET_ACCOUNT_GROUP 0@0
      3 sell 1 @100 by=1 stp=CANCEL_NEWEST      | NEW 3 1@100 shows 1
      4 buy 1 @100 by=2 stp=CANCEL_NEWEST       | NEW 4 1@100 shows 1; TRADE 3 1@100 maker; TRADE 4 1@100 taker
      group 2 5                                 | DONE SET_ACCOUNT_GROUP 0@0
      5 sell 1 @100 by=1 stp=CANCEL_NEWEST      | NEW 5 1@100 shows 1
      6 buy 1 @100 by=2                         | NEW 6 1@100 shows 1; TRADE 5 1@100 maker; TRADE 6 1@100 taker    # the mode of the one that comes
      group 2 0                                 | DONE SET_ACCOUNT_GROUP 0@0
      7 sell 1 @100 by=1                        | NEW 7 1@100 shows 1
      8 buy 1 @100 by=2 stp=CANCEL_BOTH         | NEW 8 1@100 shows 1; TRADE 7 1@100 maker; TRADE 8 1@100 taker`,
  },
  {
    name: 'CANCEL_NEWEST ends the incoming order where it meets its own',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      group 2 5                               | DONE SET_ACCOUNT_GROUP 0@0
      3 sell 2 @100                           | NEW 3 2@100 shows 2
      4 sell 2 @101 by=1                      | NEW 4 2@101 shows 2
      5 buy 5 @101 by=2 stp=CANCEL_NEWEST     | NEW 5 5@101 shows 5; TRADE 3 2@100 maker; TRADE 5 2@100 open 3 taker; CANCELED 5 3@101 SELF_TRADE
      6 buy 5 market by=1 stp=CANCEL_NEWEST   | NEW 6 MARKET 5@0; CANCELED 6 MARKET 5@0 SELF_TRADE
      7 buy 5 @100 by=1 stp=CANCEL_NEWEST     | NEW 7 5@100 shows 5       # does not reach it
      book                                    | 100x5 / 101x2`,
  },
  {
    name: 'an order that is filled before it meets its own trades, whatever else would stand behind',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 5 @100 display=2                 | NEW 2 5@100 shows 2
      3 sell 2 @100 by=1                      | NEW 3 2@100 shows 2
      4 buy 2 @100 by=1 stp=CANCEL_NEWEST     | NEW 4 2@100 shows 2; TRADE 2 2@100 open 3 maker; TRADE 4 2@100 taker; RESTATED 2 3@100 shows 2 ICEBERG_REFRESH    # behind its own now
      5 buy 1 market by=1 stp=CANCEL_BOTH     | NEW 5 MARKET 1@0; CANCELED 3 2@100 SELF_TRADE; CANCELED 5 MARKET 1@0 SELF_TRADE
      6 sell 2 @101 by=1                      | NEW 6 2@101 shows 2
      7 buy 1 market by=1 stp=CANCEL_BOTH     | NEW 7 MARKET 1@0; TRADE 2 1@100 open 2 maker; TRADE 7 MARKET 1@100 taker
      8 buy 1 @99 by=1 stp=CANCEL_BOTH        | NEW 8 1@99 shows 1
      replace 8 2 @101                        | REPLACED 8 2@101 shows 2; TRADE 2 1@100 open 1 maker; TRADE 8 1@100 open 1 taker; RESTATED 2 1@100 shows 1 ICEBERG_REFRESH
                                              | TRADE 2 1@100 maker; TRADE 8 1@100 taker
      9 buy 2 @101 FOK by=2 stp=CANCEL_BOTH   | NEW 9 FOK 2@101; TRADE 6 2@101 maker; TRADE 9 FOK 2@101 taker`,
  },
  {
    name: 'CANCEL_OLDEST ends the resting order and goes on',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 2 @100 by=1 display=1            | NEW 2 2@100 shows 1
      3 sell 2 @100                           | NEW 3 2@100 shows 2
      4 sell 2 @101 by=1                      | NEW 4 2@101 shows 2
      5 buy 5 @101 by=1 stp=CANCEL_OLDEST     | NEW 5 5@101 shows 5; CANCELED 2 2@100 SELF_TRADE; TRADE 3 2@100 maker; TRADE 5 2@100 open 3 taker
                                              | CANCELED 4 2@101 SELF_TRADE
      book                                    | 101x3 / -
      6 sell 2 market by=1 stp=CANCEL_OLDEST  | NEW 6 MARKET 2@0; CANCELED 5 3@101 SELF_TRADE; CANCELED 6 MARKET 2@0 NO_LIQUIDITY`,
  },
  {
    name: 'CANCEL_BOTH ends the resting order, then the incoming one',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 2 @100                           | NEW 2 2@100 shows 2
      3 sell 2 @100 by=1                      | NEW 3 2@100 shows 2
      4 sell 2 @100                           | NEW 4 2@100 shows 2
      5 buy 6 @101 IOC by=1 stp=CANCEL_BOTH   | NEW 5 IOC 6@101; TRADE 2 2@100 maker; TRADE 5 IOC 2@100 open 4 taker
                                              | CANCELED 3 2@100 SELF_TRADE; CANCELED 5 IOC 4@101 SELF_TRADE
      orders                                  | - / 4:2@100`,
  },
  {
    name: 'DECREMENT takes from both what they would have traded',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 5 @100 by=1                      | NEW 2 5@100 shows 5
      3 sell 5 @100                           | NEW 3 5@100 shows 5
      4 buy 2 @100 by=1 stp=DECREMENT         | NEW 4 2@100 shows 2; RESTATED 2 3@100 shows 3 SELF_TRADE; CANCELED 4 2@100 SELF_TRADE
      orders                                  | - / 2:3@100 3:5@100      # it keeps its turn
      5 buy 7 @100 by=1 stp=DECREMENT         | NEW 5 7@100 shows 7; CANCELED 2 3@100 SELF_TRADE; RESTATED 5 4@100 shows 4 SELF_TRADE
                                              | TRADE 3 4@100 open 1 maker; TRADE 5 4@100 taker
      6 sell 2 @101 by=1                      | NEW 6 2@101 shows 2
      7 buy 3 market by=1 stp=DECREMENT       | NEW 7 MARKET 3@0; TRADE 3 1@100 maker; TRADE 7 MARKET 1@100 open 2 taker
                                              | CANCELED 6 2@101 SELF_TRADE; CANCELED 7 MARKET 2@0 SELF_TRADE
      open                                    | 0`,
  },
  {
    name: 'DECREMENT counts what an iceberg hides, and shows what is left of either',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 9 @100 by=1 display=4            | NEW 2 9@100 shows 4
      3 buy 3 mtl by=1 stp=DECREMENT          | NEW 3 MARKET_TO_LIMIT 3@0; RESTATED 2 6@100 shows 4 SELF_TRADE; CANCELED 3 MARKET_TO_LIMIT 3@100 SELF_TRADE
      4 buy 4 @100 by=1 stp=DECREMENT         | NEW 4 4@100 shows 4; RESTATED 2 2@100 shows 2 SELF_TRADE; CANCELED 4 4@100 SELF_TRADE
      5 buy 9 @100 by=1 display=3 stp=DECREMENT | NEW 5 9@100 shows 3; CANCELED 2 2@100 SELF_TRADE; RESTATED 5 7@100 shows 3 SELF_TRADE
      orders                                  | 5:3@100 / -
      6 sell 9 mtl by=1 stp=DECREMENT         | NEW 6 MARKET_TO_LIMIT 9@0; CANCELED 5 7@100 SELF_TRADE; RESTATED 6 MARKET_TO_LIMIT 2@100 SELF_TRADE
                                              | RESTATED 6 2@100 shows 2 MARKET_TO_LIMIT
      7 buy 3 @100 IOC by=1 stp=DECREMENT     | NEW 7 IOC 3@100; CANCELED 6 2@100 SELF_TRADE; RESTATED 7 IOC 1@100 SELF_TRADE; CANCELED 7 IOC 1@100 NO_LIQUIDITY`,
  },
  {
    name: 'a FOK order counts what others offer, up to its first own order unless that would be canceled',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 3 @100                           | NEW 2 3@100 shows 3
      3 sell 3 @101 by=1                      | NEW 3 3@101 shows 3
      4 sell 3 @101                           | NEW 4 3@101 shows 3
      5 buy 4 @101 FOK by=1 stp=CANCEL_NEWEST | NEW 5 FOK 4@101; CANCELED 5 FOK 4@101 FOK_UNFILLABLE
      6 buy 4 @101 FOK by=1 stp=CANCEL_BOTH   | NEW 6 FOK 4@101; CANCELED 6 FOK 4@101 FOK_UNFILLABLE
      7 buy 4 @101 FOK by=1 stp=DECREMENT     | NEW 7 FOK 4@101; CANCELED 7 FOK 4@101 FOK_UNFILLABLE
      8 buy 7 @101 FOK by=1 stp=CANCEL_OLDEST | NEW 8 FOK 7@101; CANCELED 8 FOK 7@101 FOK_UNFILLABLE
      9 buy 1 @101 FOK by=1 stp=CANCEL_NEWEST | NEW 9 FOK 1@101; TRADE 2 1@100 open 2 maker; TRADE 9 FOK 1@100 taker
      10 buy 1 @101 FOK by=1 stp=CANCEL_BOTH  | NEW 10 FOK 1@101; TRADE 2 1@100 open 1 maker; TRADE 10 FOK 1@100 taker
      11 buy 4 @101 FOK by=1 stp=CANCEL_OLDEST | NEW 11 FOK 4@101; TRADE 2 1@100 maker; TRADE 11 FOK 1@100 open 3 taker
                                              | CANCELED 3 3@101 SELF_TRADE; TRADE 4 3@101 maker; TRADE 11 FOK 3@101 taker
      12 sell 1 @100 by=1                     | NEW 12 1@100 shows 1
      13 buy 1 @100 FOK by=1                  | NEW 13 FOK 1@100; TRADE 12 1@100 maker; TRADE 13 FOK 1@100 taker`,
  },
  {
    name: 'a FOK order does not count what an iceberg ahead of its own order hides, since that would come back behind it',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 9 @99 display=1                  | NEW 2 9@99 shows 1
      3 sell 9 @100 display=2                 | NEW 3 9@100 shows 2
      4 sell 3 @100 by=1                      | NEW 4 3@100 shows 3
      5 buy 12 @100 FOK by=1 stp=CANCEL_BOTH  | NEW 5 FOK 12@100; CANCELED 5 FOK 12@100 FOK_UNFILLABLE
      6 buy 19 @100 FOK by=1 stp=CANCEL_OLDEST | NEW 6 FOK 19@100; CANCELED 6 FOK 19@100 FOK_UNFILLABLE
      replace 2 2 @99                         | REPLACED 2 2@99 shows 1
      7 buy 5 @100 FOK by=1 stp=DECREMENT     | NEW 7 FOK 5@100; CANCELED 7 FOK 5@100 FOK_UNFILLABLE
      8 buy 4 @100 FOK by=1 stp=DECREMENT     | NEW 8 FOK 4@100; TRADE 2 1@99 open 1 maker; TRADE 8 FOK 1@99 open 3 taker; RESTATED 2 1@99 shows 1 ICEBERG_REFRESH
                                              | TRADE 2 1@99 maker; TRADE 8 FOK 1@99 open 2 taker
                                              | TRADE 3 2@100 open 7 maker; TRADE 8 FOK 2@100 taker; RESTATED 3 7@100 shows 2 ICEBERG_REFRESH
      orders                                  | - / 4:3@100 3:2@100`,
  },
  {
    name: 'a replaced order keeps its mode; auctions prevent nothing',
    phase,
    rows: `
      group 1 5                               | DONE SET_ACCOUNT_GROUP 0@0
      2 sell 2 @100 by=1                      | NEW 2 2@100 shows 2
      3 buy 2 @99 by=1 stp=CANCEL_NEWEST      | NEW 3 2@99 shows 2
      replace 3 3 @100                        | REPLACED 3 3@100 shows 3; CANCELED 3 3@100 SELF_TRADE
      phase PRE_OPEN                          | DONE SET_PHASE 0@0
      4 buy 2 @100 by=1 stp=CANCEL_NEWEST     | NEW 4 2@100 shows 2
      phase CONTINUOUS                        | TRADE 4 2@100 auction; TRADE 2 2@100 auction; DONE SET_PHASE 1@100`,
  },
];
