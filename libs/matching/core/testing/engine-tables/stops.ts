// Stops: when they are triggered, in which order, and what becomes of them.
import { type EngineTable } from '../engine-table.js';

const phase = 'CONTINUOUS';

export const stopTables: readonly EngineTable[] = [
  {
    name: 'a stop waits unseen until the last price reaches its stop price, then executes as a market order',
    phase,
    rows: `
      1 sell 1 @105            | NEW 1 1@105 shows 1
      2 sell 9 @106            | NEW 2 9@106 shows 9
      3 buy 4 market stop=105  | NEW 3 STOP 4@0
      book                     | - / 105x1 106x9
      order 3                  | buy STOP DAY 4@0 shows 0 stop=105 by=3
      4 buy 1 @105             | NEW 4 1@105 shows 1; TRADE 1 1@105 maker; TRADE 4 1@105 taker
                               | TRIGGERED 3 STOP 4@105; TRADE 2 4@106 open 5 maker; TRADE 3 MARKET 4@106 taker
      open                     | 1`,
  },
  {
    name: 'a sell stop waits for a last price at or below it',
    phase,
    rows: `
      1 buy 2 @100             | NEW 1 2@100 shows 2
      2 buy 9 @98              | NEW 2 9@98 shows 9
      3 sell 4 market stop=99  | NEW 3 STOP 4@0
      4 sell 4 @97 stop=98     | NEW 4 STOP_LIMIT 4@97
      5 sell 2 market          | NEW 5 MARKET 2@0; TRADE 1 2@100 maker; TRADE 5 MARKET 2@100 taker
      last                     | 100
      6 sell 1 @98             | NEW 6 1@98 shows 1; TRADE 2 1@98 open 8 maker; TRADE 6 1@98 taker
                               | TRIGGERED 3 STOP 4@99; TRADE 2 4@98 open 4 maker; TRADE 3 MARKET 4@98 taker   # the highest first
                               | TRIGGERED 4 STOP_LIMIT 4@98 shows 4; TRADE 2 4@98 maker; TRADE 4 4@98 taker`,
  },
  {
    name: 'a stop that the last price has passed already is triggered at once; before the first trade none is',
    phase,
    rows: `
      1 buy 1 market stop=100  | NEW 1 STOP 1@0
      2 sell 1 market stop=100 | NEW 2 STOP 1@0
      3 sell 1 @100            | NEW 3 1@100 shows 1
      4 buy 1 @100             | NEW 4 1@100 shows 1; TRADE 3 1@100 maker; TRADE 4 1@100 taker
                               | TRIGGERED 1 STOP 1@100; CANCELED 1 MARKET 1@0 NO_LIQUIDITY
                               | TRIGGERED 2 STOP 1@100; CANCELED 2 MARKET 1@0 NO_LIQUIDITY
      5 buy 3 @99 stop=100     | NEW 5 STOP_LIMIT 3@99; TRIGGERED 5 STOP_LIMIT 3@100 shows 3
      book                     | 99x3 / -
      order 5                  | buy LIMIT DAY 3@99 shows 3 by=5
      6 buy 3 market stop=101  | NEW 6 STOP 3@0
      7 sell 1 market stop=99  | NEW 7 STOP 1@0
      open                     | 3`,
  },
  {
    name: 'one stop sets off the next; buy stops before sell stops, the nearest first, the oldest first',
    phase,
    rows: `
      1 sell 1 @100            | NEW 1 1@100 shows 1
      2 sell 2 @102            | NEW 2 2@102 shows 2
      3 sell 1 @104            | NEW 3 1@104 shows 1
      4 buy 9 @90              | NEW 4 9@90 shows 9
      5 buy 1 market stop=102  | NEW 5 STOP 1@0
      6 buy 1 market stop=100  | NEW 6 STOP 1@0
      7 buy 1 market stop=100  | NEW 7 STOP 1@0
      8 sell 1 market stop=100 | NEW 8 STOP 1@0
      9 sell 1 market stop=95  | NEW 9 STOP 1@0
      10 buy 1 @100            | NEW 10 1@100 shows 1; TRADE 1 1@100 maker; TRADE 10 1@100 taker
                               | TRIGGERED 6 STOP 1@100; TRADE 2 1@102 open 1 maker; TRADE 6 MARKET 1@102 taker
                               | TRIGGERED 7 STOP 1@100; TRADE 2 1@102 maker; TRADE 7 MARKET 1@102 taker
                               | TRIGGERED 5 STOP 1@102; TRADE 3 1@104 maker; TRADE 5 MARKET 1@104 taker
      last                     | 104       # so the sell stops still wait
      11 sell 1 @90            | NEW 11 1@90 shows 1; TRADE 4 1@90 open 8 maker; TRADE 11 1@90 taker
                               | TRIGGERED 8 STOP 1@100; TRADE 4 1@90 open 7 maker; TRADE 8 MARKET 1@90 taker
                               | TRIGGERED 9 STOP 1@95; TRADE 4 1@90 open 6 maker; TRADE 9 MARKET 1@90 taker`,
  },
  {
    name: 'a stop keeps its protection, its self-trade mode and its slices',
    phase,
    rows: `
      group 1 1                | DONE SET_ACCOUNT_GROUP 0@0
      1 sell 1 @100 by=9       | NEW 1 1@100 shows 1
      2 sell 1 @101 by=9       | NEW 2 1@101 shows 1
      3 sell 1 @120 by=9       | NEW 3 1@120 shows 1
      4 buy 5 market stop=100 protect=1000 | NEW 4 STOP 5@0
      5 buy 9 @119 stop=101 display=2 GTC stp=CANCEL_OLDEST by=1 | NEW 5 STOP_LIMIT GTC 9@119
      6 sell 1 @110 by=1       | NEW 6 1@110 shows 1
      7 buy 1 @100             | NEW 7 1@100 shows 1; TRADE 1 1@100 maker; TRADE 7 1@100 taker
                               | TRIGGERED 4 STOP 5@100; TRADE 2 1@101 maker; TRADE 4 MARKET 1@101 open 4 taker
                               | TRADE 6 1@110 maker; TRADE 4 MARKET 1@110 open 3 taker; CANCELED 4 MARKET 3@0 PRICE_PROTECTION
                               | TRIGGERED 5 STOP_LIMIT GTC 9@101 shows 2
      orders                   | 5:2@119 / 3:1@120
      order 5                  | buy LIMIT GTC 9@119 shows 2 display=2 stp=CANCEL_OLDEST by=1`,
  },
  {
    name: 'a replaced stop is tested again, and keeps its turn only with the same prices and no more quantity',
    phase,
    rows: `
      1 sell 1 @100                 | NEW 1 1@100 shows 1
      2 buy 1 @100                  | NEW 2 1@100 shows 1; TRADE 1 1@100 maker; TRADE 2 1@100 taker
      3 buy 5 @104 stop=103         | NEW 3 STOP_LIMIT 5@104
      4 buy 5 @104 stop=103         | NEW 4 STOP_LIMIT 5@104
      5 buy 5 @104 stop=103         | NEW 5 STOP_LIMIT 5@104
      replace 3 4 @104 stop=103     | REPLACED 3 STOP_LIMIT 4@104
      replace 4 5 @105 stop=103     | REPLACED 4 STOP_LIMIT 5@105     # another limit price: to the back
      6 sell 1 @103                 | NEW 6 1@103 shows 1
      7 buy 1 market                | NEW 7 MARKET 1@0; TRADE 6 1@103 maker; TRADE 7 MARKET 1@103 taker
                                    | TRIGGERED 3 STOP_LIMIT 4@103 shows 4; TRIGGERED 5 STOP_LIMIT 5@103 shows 5; TRIGGERED 4 STOP_LIMIT 5@103 shows 5
      orders                        | 4:5@105 3:4@104 5:5@104 / -
      8 buy 2 market stop=110       | NEW 8 STOP 2@0
      replace 8 3 @0 stop=103       | REPLACED 8 STOP 3@0; TRIGGERED 8 STOP 3@103; CANCELED 8 MARKET 3@0 NO_LIQUIDITY
      9 sell 2 market stop=90       | NEW 9 STOP 2@0
      cancel 9                      | CANCELED 9 STOP 2@0 REQUESTED`,
  },
  {
    name: 'stops wait through the other phases; an auction price triggers them when continuous trading begins',
    phase: 'PRE_OPEN',
    rows: `
      1 sell 1 @100            | NEW 1 1@100 shows 1
      2 buy 1 @100             | NEW 2 1@100 shows 1
      3 buy 5 @99 stop=100     | NEW 3 STOP_LIMIT 5@99
      4 sell 5 market stop=100 GTC | NEW 4 STOP GTC 5@0
      phase OPENING_AUCTION    | TRADE 2 1@100 auction; TRADE 1 1@100 auction; DONE SET_PHASE 1@100
      open                     | 2
      phase HALT               | DONE SET_PHASE 0@0
      phase CONTINUOUS         | TRIGGERED 3 STOP_LIMIT 5@100 shows 5; TRIGGERED 4 STOP GTC 5@100; TRADE 3 5@99 maker; TRADE 4 MARKET GTC 5@99 taker
                               | DONE SET_PHASE 0@0
      last                     | 99
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      5 sell 5 market stop=100 | NEW 5 STOP 5@0
      replace 5 5 @0 stop=99   | REPLACED 5 STOP 5@0
      phase CONTINUOUS         | TRIGGERED 5 STOP 5@99; CANCELED 5 MARKET 5@0 NO_LIQUIDITY; DONE SET_PHASE 0@0`,
  },
];
