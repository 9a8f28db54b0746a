// Phases: what each takes, and what entering one does to the orders that wait.
import { type EngineTable } from '../engine-table.js';

export const phaseTables: readonly EngineTable[] = [
  {
    name: 'PRE_OPEN takes what can wait for the opening',
    phase: 'PRE_OPEN',
    rows: `
      1 buy 5 @100             | NEW 1 5@100 shows 5
      2 buy 5 @100 GTC         | NEW 2 GTC 5@100 shows 5
      3 buy 5 @100 GTD until=9 | NEW 3 GTD 5@100 shows 5
      4 buy 5 @100 AT_OPEN     | NEW 4 AT_OPEN 5@100 shows 5
      5 buy 5 @100 AT_CLOSE    | NEW 5 AT_CLOSE 5@100
      6 buy 5 market           | NEW 6 MARKET 5@0
      7 buy 5 market AT_OPEN   | NEW 7 MARKET AT_OPEN 5@0
      8 buy 5 market AT_CLOSE  | NEW 8 MARKET AT_CLOSE 5@0
      9 buy 5 market stop=9    | NEW 9 STOP 5@0
      10 buy 5 @100 stop=9     | NEW 10 STOP_LIMIT 5@100
      11 buy 5 @100 IOC        | REJECTED 11 IOC 5@100 WRONG_PHASE
      11 buy 5 @100 FOK        | REJECTED 11 FOK 5@100 WRONG_PHASE
      11 buy 5 market IOC      | REJECTED 11 MARKET IOC 5@0 WRONG_PHASE
      11 buy 5 @100 post       | REJECTED 11 5@100 WRONG_PHASE
      11 buy 5 mtl             | REJECTED 11 MARKET_TO_LIMIT 5@0 WRONG_PHASE
      replace 1 4 @100         | REPLACED 1 4@100 shows 4
      cancel 2                 | CANCELED 2 GTC 5@100 REQUESTED
      cancel 5                 | CANCELED 5 AT_CLOSE 5@100 REQUESTED
      cancel 6                 | CANCELED 6 MARKET 5@0 REQUESTED
      cancel 9                 | CANCELED 9 STOP 5@0 REQUESTED
      book                     | 100x14(3) / -
      open                     | 6`,
  },
  {
    name: 'CONTINUOUS takes everything but AT_OPEN',
    phase: 'CONTINUOUS',
    rows: `
      1 buy 5 @100 AT_OPEN     | REJECTED 1 AT_OPEN 5@100 WRONG_PHASE
      1 buy 5 market AT_OPEN   | REJECTED 1 MARKET AT_OPEN 5@0 WRONG_PHASE
      1 buy 5 @100 AT_CLOSE    | NEW 1 AT_CLOSE 5@100
      2 buy 5 market AT_CLOSE  | NEW 2 MARKET AT_CLOSE 5@0
      3 sell 5 market          | NEW 3 MARKET 5@0; CANCELED 3 MARKET 5@0 NO_LIQUIDITY
      book                     | - / -
      order 1                  | buy LIMIT AT_CLOSE 5@100 shows 0 by=1`,
  },
  {
    name: 'CLOSING_AUCTION takes what can wait for the close',
    phase: 'CLOSING_AUCTION',
    rows: `
      1 buy 5 @100             | NEW 1 5@100 shows 5
      2 buy 5 @100 GTC         | NEW 2 GTC 5@100 shows 5
      3 buy 5 @100 GTD until=9 | NEW 3 GTD 5@100 shows 5
      4 buy 5 @100 AT_OPEN     | REJECTED 4 AT_OPEN 5@100 WRONG_PHASE
      5 buy 5 @100 AT_CLOSE    | NEW 5 AT_CLOSE 5@100 shows 5
      6 buy 5 market AT_CLOSE  | NEW 6 MARKET AT_CLOSE 5@0
      7 buy 5 market           | NEW 7 MARKET 5@0
      8 buy 5 market stop=9    | NEW 8 STOP 5@0
      9 buy 5 @100 IOC         | REJECTED 9 IOC 5@100 WRONG_PHASE
      9 buy 5 @100 FOK         | REJECTED 9 FOK 5@100 WRONG_PHASE
      9 buy 5 @100 post        | REJECTED 9 5@100 WRONG_PHASE
      9 buy 5 mtl              | REJECTED 9 MARKET_TO_LIMIT 5@0 WRONG_PHASE
      9 buy 5 market AT_OPEN   | REJECTED 9 MARKET AT_OPEN 5@0 WRONG_PHASE
      replace 5 6 @100         | REPLACED 5 AT_CLOSE 6@100 shows 6
      replace 6 6 @0           | REPLACED 6 MARKET AT_CLOSE 6@0
      cancel 7                 | CANCELED 7 MARKET 5@0 REQUESTED
      orders                   | 1:5@100 2:5@100 3:5@100 5:6@100 / -`,
  },
  {
    name: 'CLOSED and HALT take no order, and cancel what waits',
    phase: 'CONTINUOUS',
    rows: `
      1 buy 5 @100             | NEW 1 5@100 shows 5
      2 buy 5 @100             | NEW 2 5@100 shows 5
      phase HALT               | DONE SET_PHASE 0@0
      3 buy 5 @100             | REJECTED 3 5@100 WRONG_PHASE
      3 buy 5 market IOC       | REJECTED 3 MARKET IOC 5@0 WRONG_PHASE
      replace 1 4 @100         | REJECTED 1 4@100 open 5 WRONG_PHASE
      cancel 1                 | CANCELED 1 5@100 REQUESTED
      in                       | HALT
      phase CLOSED             | DONE SET_PHASE 0@0
      3 buy 5 @100             | REJECTED 3 5@100 WRONG_PHASE
      replace 2 4 @100         | REJECTED 2 4@100 open 5 WRONG_PHASE
      cancel 2                 | CANCELED 2 5@100 REQUESTED
      in                       | CLOSED`,
  },
  {
    name: 'OPENING_AUCTION takes nothing and gives nothing back, but to an operator',
    phase: 'PRE_OPEN',
    rows: `
      1 buy 5 @100 by=7        | NEW 1 5@100 shows 5
      2 buy 5 @99 GTD until=9  | NEW 2 GTD 5@99 shows 5
      phase OPENING_AUCTION    | DONE SET_PHASE 0@0
      3 buy 5 @100             | REJECTED 3 5@100 WRONG_PHASE
      replace 1 4 @100         | REJECTED 1 4@100 open 5 WRONG_PHASE
      cancel 1                 | REJECTED 1 0@0 open 5 WRONG_PHASE
      cancel 4                 | REJECTED 4 0@0 UNKNOWN_ORDER
      mass by=7                | CANCELED 1 5@100 MASS_CANCEL; DONE MASS_CANCEL 1@0 in -1
      time 9                   | EXPIRED 2 GTD 5@99 GTD; DONE TIME 1@0`,
  },
  {
    name: 'AT_OPEN orders end with the opening, by number, whichever way the book leaves the collection',
    phase: 'PRE_OPEN',
    rows: `
      5 buy 5 @101 AT_OPEN     | NEW 5 AT_OPEN 5@101 shows 5
      4 buy 5 market AT_OPEN   | NEW 4 MARKET AT_OPEN 5@0
      3 sell 7 @101 AT_OPEN    | NEW 3 AT_OPEN 7@101 shows 7
      2 sell 5 @102 AT_OPEN    | NEW 2 AT_OPEN 5@102 shows 5
      phase OPENING_AUCTION    | TRADE 5 AT_OPEN 5@101 auction; TRADE 3 AT_OPEN 5@101 open 2 auction
                               | TRADE 4 MARKET AT_OPEN 2@101 open 3 auction; TRADE 3 AT_OPEN 2@101 auction
                               | EXPIRED 2 AT_OPEN 5@102 AUCTION_ENDED; EXPIRED 4 MARKET AT_OPEN 3@0 AUCTION_ENDED; DONE SET_PHASE 2@101
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      6 buy 5 @101 AT_OPEN     | NEW 6 AT_OPEN 5@101 shows 5
      phase HALT               | DONE SET_PHASE 0@0
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      phase CONTINUOUS         | EXPIRED 6 AT_OPEN 5@101 AUCTION_ENDED; DONE SET_PHASE 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      7 buy 5 market AT_OPEN   | NEW 7 MARKET AT_OPEN 5@0
      phase CLOSED             | EXPIRED 7 MARKET AT_OPEN 5@0 AUCTION_ENDED; DONE SET_PHASE 0@0`,
  },
  {
    name: 'AT_CLOSE orders wait unseen and join the closing auction, the oldest first',
    phase: 'PRE_OPEN',
    rows: `
      1 sell 5 @100 AT_CLOSE display=2 | NEW 1 AT_CLOSE 5@100
      2 buy 9 @101 AT_CLOSE    | NEW 2 AT_CLOSE 9@101
      3 buy 2 market AT_CLOSE  | NEW 3 MARKET AT_CLOSE 2@0
      4 sell 3 @100            | NEW 4 3@100 shows 3
      book                     | - / 100x3
      phase CONTINUOUS         | DONE SET_PHASE 0@0
      5 sell 1 @100 AT_CLOSE   | NEW 5 AT_CLOSE 1@100
      6 buy 1 @99              | NEW 6 1@99 shows 1
      phase CLOSING_AUCTION    | RESTATED 2 AT_CLOSE 9@101 shows 9 CLOSING_AUCTION; RESTATED 3 MARKET AT_CLOSE 2@0 CLOSING_AUCTION
                               | RESTATED 1 AT_CLOSE 5@100 shows 2 CLOSING_AUCTION; RESTATED 5 AT_CLOSE 1@100 shows 1 CLOSING_AUCTION; DONE SET_PHASE 0@0
      orders                   | 2:9@101 6:1@99 / 4:3@100 1:2@100 5:1@100
      phase CLOSED             | TRADE 2 AT_CLOSE 3@100 open 6 auction; TRADE 4 3@100 auction
                               | TRADE 2 AT_CLOSE 5@100 open 1 auction; TRADE 1 AT_CLOSE 5@100 auction
                               | TRADE 2 AT_CLOSE 1@100 auction; TRADE 5 AT_CLOSE 1@100 auction
                               | EXPIRED 3 MARKET AT_CLOSE 2@0 AUCTION_ENDED; DONE SET_PHASE 3@100
      orders                   | 6:1@99 / -`,
  },
  {
    name: 'AT_CLOSE orders end when the book closes, parked or not; those that took part also when trading goes on',
    phase: 'CONTINUOUS',
    rows: `
      3 sell 5 @100 AT_CLOSE   | NEW 3 AT_CLOSE 5@100
      2 buy 5 market AT_CLOSE  | NEW 2 MARKET AT_CLOSE 5@0
      phase CLOSED             | EXPIRED 2 MARKET AT_CLOSE 5@0 AUCTION_ENDED; EXPIRED 3 AT_CLOSE 5@100 AUCTION_ENDED; DONE SET_PHASE 0@0
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      4 sell 5 @100 AT_CLOSE   | NEW 4 AT_CLOSE 5@100 shows 5
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      5 sell 5 @100 AT_CLOSE   | NEW 5 AT_CLOSE 5@100
      replace 4 6 @100         | REPLACED 4 AT_CLOSE 6@100 shows 6
      phase OPENING_AUCTION    | DONE SET_PHASE 0@0
      orders                   | - / 4:6@100
      phase CONTINUOUS         | EXPIRED 4 AT_CLOSE 6@100 AUCTION_ENDED; DONE SET_PHASE 0@0
      open                     | 1
      phase CLOSING_AUCTION    | RESTATED 5 AT_CLOSE 5@100 shows 5 CLOSING_AUCTION; DONE SET_PHASE 0@0
      6 sell 2 market AT_CLOSE | NEW 6 MARKET AT_CLOSE 2@0
      7 sell 2 market          | NEW 7 MARKET 2@0
      phase CONTINUOUS         | EXPIRED 5 AT_CLOSE 5@100 AUCTION_ENDED; EXPIRED 6 MARKET AT_CLOSE 2@0 AUCTION_ENDED
                               | CANCELED 7 MARKET 2@0 NO_LIQUIDITY; DONE SET_PHASE 0@0`,
  },
  {
    name: 'a parked AT_CLOSE order is replaced where it is parked, and is no part of continuous trading',
    phase: 'CONTINUOUS',
    rows: `
      1 buy 5 @100 AT_CLOSE    | NEW 1 AT_CLOSE 5@100
      2 buy 5 @100 AT_CLOSE display=2 | NEW 2 AT_CLOSE 5@100
      3 buy 5 @100 AT_CLOSE    | NEW 3 AT_CLOSE 5@100
      4 sell 5 @90             | NEW 4 5@90 shows 5
      replace 1 4 @100         | REPLACED 1 AT_CLOSE 4@100
      replace 2 6 @101         | REPLACED 2 AT_CLOSE 6@101
      5 buy 5 market AT_CLOSE  | NEW 5 MARKET AT_CLOSE 5@0
      replace 5 4 @0           | REPLACED 5 MARKET AT_CLOSE 4@0
      phase CLOSING_AUCTION    | RESTATED 1 AT_CLOSE 4@100 shows 4 CLOSING_AUCTION; RESTATED 3 AT_CLOSE 5@100 shows 5 CLOSING_AUCTION
                               | RESTATED 2 AT_CLOSE 6@101 shows 2 CLOSING_AUCTION; RESTATED 5 MARKET AT_CLOSE 4@0 CLOSING_AUCTION; DONE SET_PHASE 0@0
      orders                   | 2:2@101 1:4@100 3:5@100 / 4:5@90`,
  },
  {
    name: 'a crossed book is left alone by HALT and collected on; continuous trading uncrosses it',
    phase: 'PRE_OPEN',
    rows: `
      1 buy 5 @101             | NEW 1 5@101 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      phase HALT               | DONE SET_PHASE 0@0
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      book                     | 101x5 / 100x5
      phase CONTINUOUS         | TRADE 1 5@100 auction; TRADE 2 5@100 auction; DONE SET_PHASE 1@100
      phase CONTINUOUS         | DONE SET_PHASE 0@0`,
  },
  {
    name: 'expiries, then market orders, then stops, then the end of the command',
    phase: 'PRE_OPEN',
    rows: `
      1 sell 1 market stop=100 | NEW 1 STOP 1@0
      2 buy 2 market           | NEW 2 MARKET 2@0
      3 sell 1 @100            | NEW 3 1@100 shows 1
      4 buy 1 @99 AT_OPEN      | NEW 4 AT_OPEN 1@99 shows 1
      phase CONTINUOUS         | TRADE 2 MARKET 1@100 open 1 auction; TRADE 3 1@100 auction; EXPIRED 4 AT_OPEN 1@99 AUCTION_ENDED
                               | RESTATED 2 1@100 shows 1 AUCTION_PRICE
                               | TRIGGERED 1 STOP 1@100; TRADE 2 1@100 maker; TRADE 1 MARKET 1@100 taker; DONE SET_PHASE 1@100`,
  },
  {
    name: 'all listed books change together, each with its own auction, by number',
    rows: `
      list book=7              | DONE LIST_BOOK 0@0 in 7
      list book=2              | DONE LIST_BOOK 0@0 in 2
      phase PRE_OPEN book=all  | DONE SET_PHASE 0@0 in 2; DONE SET_PHASE 0@0 in 7
      1 buy 5 @101 book=7      | NEW 1 5@101 shows 5 in 7
      2 sell 5 @101 book=7     | NEW 2 5@101 shows 5 in 7
      phase CONTINUOUS book=all | DONE SET_PHASE 0@0 in 2; TRADE 1 5@101 auction in 7; TRADE 2 5@101 auction in 7; DONE SET_PHASE 1@101 in 7
      last book=7              | 101
      last book=2              | 0
      in book=2                | CONTINUOUS`,
  },
];
