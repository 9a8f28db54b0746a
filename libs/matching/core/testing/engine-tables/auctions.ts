// Call auctions: the equilibrium price with each of its tie-breaks, and who trades with whom.
import { type EngineTable } from '../engine-table.js';

const phase = 'PRE_OPEN';

export const auctionTables: readonly EngineTable[] = [
  {
    name: 'orders wait while they are collected, and the book may be crossed',
    phase,
    rows: `
      1 buy 5 @102             | NEW 1 5@102 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      3 buy 4 market           | NEW 3 MARKET 4@0
      4 sell 9 @101 display=2  | NEW 4 9@101 shows 2
      book                     | 102x5 / 100x5 101x2
      last                     | 0
      order 3                  | buy MARKET DAY 4@0 shows 0 by=3`,
  },
  {
    name: 'first rule: the price at which most trades',
    phase,
    rows: `
      1 buy 5 @103             | NEW 1 5@103 shows 5
      2 buy 5 @102             | NEW 2 5@102 shows 5
      3 buy 5 @100             | NEW 3 5@100 shows 5
      4 sell 4 @99             | NEW 4 4@99 shows 4
      5 sell 5 @102            | NEW 5 5@102 shows 5
      6 sell 5 @104            | NEW 6 5@104 shows 5
      # At 102: 10 to buy, 9 to sell.
      phase OPENING_AUCTION    | TRADE 1 4@102 open 1 auction; TRADE 4 4@102 auction
                               | TRADE 1 1@102 auction; TRADE 5 1@102 open 4 auction
                               | TRADE 2 4@102 open 1 auction; TRADE 5 4@102 auction; DONE SET_PHASE 3@102
      orders                   | 2:1@102 3:5@100 / 6:5@104
      last                     | 102`,
  },
  {
    name: 'second rule: of these the one that leaves the least unmatched',
    rows: `
      list ref=100             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 @103             | NEW 1 5@103 shows 5
      2 buy 2 @101             | NEW 2 2@101 shows 2
      3 buy 1 @100             | NEW 3 1@100 shows 1
      4 sell 5 @100            | NEW 4 5@100 shows 5
      # 5 trade at 100, 101 and 103; unmatched 3, 2 and 0.
      phase OPENING_AUCTION    | TRADE 1 5@103 auction; TRADE 4 5@103 auction; DONE SET_PHASE 1@103`,
  },
  {
    name: 'third rule: of these the one nearest to the reference price',
    rows: `
      list ref=102             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 @105             | NEW 1 5@105 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      phase OPENING_AUCTION    | TRADE 1 5@100 auction; TRADE 2 5@100 auction; DONE SET_PHASE 1@100
      list ref=103             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 @105             | NEW 1 5@105 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      phase OPENING_AUCTION    | TRADE 1 5@105 auction; TRADE 2 5@105 auction; DONE SET_PHASE 1@105`,
  },
  {
    name: 'between two prices equally near to the reference price, the reference price itself',
    rows: `
      list ref=102             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 @104             | NEW 1 5@104 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      phase CONTINUOUS         | TRADE 1 5@102 auction; TRADE 2 5@102 auction; DONE SET_PHASE 1@102
      last                     | 102`,
  },
  {
    name: 'without a reference price the lowest',
    phase,
    rows: `
      1 buy 5 @104             | NEW 1 5@104 shows 5
      2 sell 5 @100            | NEW 2 5@100 shows 5
      phase CLOSED             | TRADE 1 5@100 auction; TRADE 2 5@100 auction; DONE SET_PHASE 1@100`,
  },
  {
    name: 'nothing trades when the prices do not meet',
    rows: `
      list ref=102             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 @100             | NEW 1 5@100 shows 5
      2 sell 5 @101            | NEW 2 5@101 shows 5
      phase OPENING_AUCTION    | DONE SET_PHASE 0@0
      book                     | 100x5 / 101x5
      last                     | 0`,
  },
  {
    name: 'limit orders go first: the better price, then the earlier order; then market orders in their time',
    phase,
    rows: `
      1 buy 3 @101             | NEW 1 3@101 shows 3
      2 buy 3 @102             | NEW 2 3@102 shows 3
      5 buy 3 market           | NEW 5 MARKET 3@0
      4 buy 2 @101             | NEW 4 2@101 shows 2
      3 buy 3 market AT_OPEN   | NEW 3 MARKET AT_OPEN 3@0
      6 sell 9 market          | NEW 6 MARKET 9@0
      7 sell 4 @101            | NEW 7 4@101 shows 4
      # 13 trade at 101, 9 at 102.
      phase OPENING_AUCTION    | TRADE 2 3@101 auction; TRADE 7 3@101 open 1 auction
                               | TRADE 1 1@101 open 2 auction; TRADE 7 1@101 auction
                               | TRADE 1 2@101 auction; TRADE 6 MARKET 2@101 open 7 auction
                               | TRADE 4 2@101 auction; TRADE 6 MARKET 2@101 open 5 auction
                               | TRADE 5 MARKET 3@101 auction; TRADE 6 MARKET 3@101 open 2 auction
                               | TRADE 3 MARKET AT_OPEN 2@101 open 1 auction; TRADE 6 MARKET 2@101 auction
                               | EXPIRED 3 MARKET AT_OPEN 1@0 AUCTION_ENDED; DONE SET_PHASE 6@101`,
  },
  {
    name: 'a market order gets what the limit orders of its side leave',
    phase,
    rows: `
      1 buy 100 market         | NEW 1 MARKET 100@0
      2 buy 100 @105           | NEW 2 100@105 shows 100
      3 sell 150 @105          | NEW 3 150@105 shows 150
      phase OPENING_AUCTION    | TRADE 2 100@105 auction; TRADE 3 100@105 open 50 auction
                               | TRADE 1 MARKET 50@105 open 50 auction; TRADE 3 50@105 auction
                               | RESTATED 1 50@105 shows 50 AUCTION_PRICE; DONE SET_PHASE 2@105`,
  },
  {
    name: 'orders of one price trade in their time, and the last of them keeps its turn with its rest',
    phase,
    rows: `
      1 buy 3 @101             | NEW 1 3@101 shows 3
      2 buy 3 @101             | NEW 2 3@101 shows 3
      3 buy 3 @101             | NEW 3 3@101 shows 3
      4 sell 5 @101            | NEW 4 5@101 shows 5
      phase OPENING_AUCTION    | TRADE 1 3@101 auction; TRADE 4 3@101 open 2 auction; TRADE 2 2@101 open 1 auction; TRADE 4 2@101 auction
                               | DONE SET_PHASE 2@101
      orders                   | 2:1@101 3:3@101 / -`,
  },
  {
    name: 'icebergs trade with all that they have, keep their turn, and show a slice of their rest',
    phase,
    rows: `
      1 sell 10 @100 display=3 | NEW 1 10@100 shows 3
      2 sell 5 @100            | NEW 2 5@100 shows 5
      3 buy 8 @100             | NEW 3 8@100 shows 8
      phase CONTINUOUS         | TRADE 3 8@100 auction; TRADE 1 8@100 open 2 auction; DONE SET_PHASE 1@100
      orders                   | - / 1:2@100 2:5@100
      4 sell 9 @101 display=3  | NEW 4 9@101 shows 3
      5 buy 8 @101             | NEW 5 8@101 shows 8; TRADE 1 2@100 maker; TRADE 5 2@100 open 6 taker
                               | TRADE 2 5@100 maker; TRADE 5 5@100 open 1 taker; TRADE 4 1@101 open 8 maker; TRADE 5 1@101 taker
      order 4                  | sell LIMIT DAY 8@101 shows 2 display=3 by=4
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      6 sell 9 @101 display=3  | NEW 6 9@101 shows 3
      7 buy 4 @101             | NEW 7 4@101 shows 4
      phase CLOSED             | TRADE 7 4@101 auction; TRADE 4 4@101 open 4 auction; DONE SET_PHASE 1@101
      orders                   | - / 4:3@101 6:3@101`,
  },
  {
    name: 'market orders alone trade at the reference price, or not at all',
    phase,
    rows: `
      1 buy 3 market           | NEW 1 MARKET 3@0
      2 sell 5 market          | NEW 2 MARKET 5@0
      phase OPENING_AUCTION    | CANCELED 1 MARKET 3@0 NO_LIQUIDITY; CANCELED 2 MARKET 5@0 NO_LIQUIDITY; DONE SET_PHASE 0@0
      list ref=77              | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      3 buy 3 market           | NEW 3 MARKET 3@0
      4 sell 5 market          | NEW 4 MARKET 5@0
      phase OPENING_AUCTION    | TRADE 3 MARKET 3@77 auction; TRADE 4 MARKET 3@77 open 2 auction; RESTATED 4 2@77 shows 2 AUCTION_PRICE; DONE SET_PHASE 1@77
      last                     | 77
      order 4                  | sell LIMIT DAY 2@77 shows 2 by=4`,
  },
  {
    name: 'where market orders meet market orders the reference price is a price too',
    rows: `
      list ref=10000           | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 100 market         | NEW 1 MARKET 100@0
      2 sell 100 market        | NEW 2 MARKET 100@0
      3 buy 1 @1               | NEW 3 1@1 shows 1
      # 100 trade at 1 and at 10,000; at 1 one buyer is left.
      phase OPENING_AUCTION    | TRADE 1 MARKET 100@10000 auction; TRADE 2 MARKET 100@10000 auction; DONE SET_PHASE 1@10000
      orders                   | 3:1@1 / -`,
  },
  {
    name: 'a protected market order trades within its protection from the reference price, and is counted nowhere else',
    rows: `
      list ref=10000           | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 5 market protect=300 | NEW 1 MARKET 5@0
      2 sell 5 @15000          | NEW 2 5@15000 shows 5
      phase OPENING_AUCTION    | RESTATED 1 5@10000 shows 5 AUCTION_PRICE; DONE SET_PHASE 0@0
      orders                   | 1:5@10000 / 2:5@15000
      cancel 2                 | REJECTED 2 0@0 open 5 WRONG_PHASE
      mass                     | CANCELED 1 5@10000 MASS_CANCEL; CANCELED 2 5@15000 MASS_CANCEL; DONE MASS_CANCEL 2@0 in -1
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      3 buy 5 market protect=300 | NEW 3 MARKET 5@0
      4 buy 5 market protect=299 | NEW 4 MARKET 5@0
      5 sell 5 market protect=300 | NEW 5 MARKET 5@0
      6 sell 9 @10300          | NEW 6 9@10300 shows 9
      7 buy 1 market           | NEW 7 MARKET 1@0
      # At 10,300: 6 to buy, 14 to sell; at 10,000: 11 and 5.
      phase OPENING_AUCTION    | TRADE 3 MARKET 5@10300 auction; TRADE 6 5@10300 open 4 auction
                               | TRADE 7 MARKET 1@10300 auction; TRADE 6 1@10300 open 3 auction
                               | CANCELED 4 MARKET 5@0 PRICE_PROTECTION; RESTATED 5 5@10300 shows 5 AUCTION_PRICE; DONE SET_PHASE 2@10300
      orders                   | - / 5:5@10300 6:3@10300`,
  },
  {
    name: 'a protected sell order trades no lower; 97 is three percent below 100',
    rows: `
      list ref=100             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 sell 5 market protect=300 | NEW 1 MARKET 5@0
      2 sell 5 market protect=299 | NEW 2 MARKET 5@0
      3 buy 7 @97              | NEW 3 7@97 shows 7
      phase CLOSED             | TRADE 3 5@97 open 2 auction; TRADE 1 MARKET 5@97 auction; CANCELED 2 MARKET 5@0 PRICE_PROTECTION; DONE SET_PHASE 1@97`,
  },
  {
    name: 'at the close protection is measured from the last price, at the opening from the reference price',
    rows: `
      list ref=100             | DONE LIST_BOOK 0@0
      phase CONTINUOUS         | DONE SET_PHASE 0@0
      1 sell 1 @120            | NEW 1 1@120 shows 1
      2 buy 1 @120             | NEW 2 1@120 shows 1; TRADE 1 1@120 maker; TRADE 2 1@120 taker
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      3 buy 5 market AT_CLOSE protect=300 | NEW 3 MARKET AT_CLOSE 5@0
      4 sell 5 market AT_CLOSE protect=300 | NEW 4 MARKET AT_CLOSE 5@0
      phase CLOSED             | TRADE 3 MARKET AT_CLOSE 5@120 auction; TRADE 4 MARKET AT_CLOSE 5@120 auction; DONE SET_PHASE 1@120
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      5 buy 5 market protect=300 | NEW 5 MARKET 5@0
      6 sell 5 market protect=300 | NEW 6 MARKET 5@0
      phase CONTINUOUS         | TRADE 5 MARKET 5@100 auction; TRADE 6 MARKET 5@100 auction; DONE SET_PHASE 1@100`,
  },
  {
    name: 'protection that no price can be measured from keeps a market order out',
    phase,
    rows: `
      1 buy 5 market protect=300 | NEW 1 MARKET 5@0
      2 sell 5 market protect=300 | NEW 2 MARKET 5@0
      3 sell 3 @100            | NEW 3 3@100 shows 3
      4 buy 2 market           | NEW 4 MARKET 2@0
      phase OPENING_AUCTION    | TRADE 4 MARKET 2@100 auction; TRADE 3 2@100 open 1 auction
                               | CANCELED 1 MARKET 5@0 PRICE_PROTECTION; CANCELED 2 MARKET 5@0 PRICE_PROTECTION; DONE SET_PHASE 1@100
      # The price of that auction is one to measure from.
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      5 buy 5 market protect=300 | NEW 5 MARKET 5@0
      phase CONTINUOUS         | TRADE 5 MARKET 1@100 open 4 auction; TRADE 3 1@100 auction; RESTATED 5 4@100 shows 4 AUCTION_PRICE; DONE SET_PHASE 1@100`,
  },
  {
    name: 'market orders that are left become limit orders at the equilibrium price',
    phase,
    rows: `
      9 sell 2 @100            | NEW 9 2@100 shows 2
      2 buy 3 market           | NEW 2 MARKET 3@0
      8 buy 3 market GTC       | REJECTED 8 MARKET GTC 3@0 INVALID_TIME_IN_FORCE
      8 buy 3 market           | NEW 8 MARKET 3@0
      5 buy 3 market           | NEW 5 MARKET 3@0
      1 buy 1 @100             | NEW 1 1@100 shows 1
      phase OPENING_AUCTION    | TRADE 1 1@100 auction; TRADE 9 1@100 open 1 auction; TRADE 2 MARKET 1@100 open 2 auction; TRADE 9 1@100 auction
                               | RESTATED 2 2@100 shows 2 AUCTION_PRICE; RESTATED 8 3@100 shows 3 AUCTION_PRICE; RESTATED 5 3@100 shows 3 AUCTION_PRICE
                               | DONE SET_PHASE 2@100
      orders                   | 2:2@100 8:3@100 5:3@100 / -
      order 8                  | buy LIMIT DAY 3@100 shows 3 by=8`,
  },
  {
    name: 'market orders that wait keep their time when they become limit orders, and a replace for more loses it',
    rows: `
      list ref=100             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 buy 50 market          | NEW 1 MARKET 50@0
      2 buy 50 market          | NEW 2 MARKET 50@0
      9 buy 5 market protect=5 | NEW 9 MARKET 5@0
      8 buy 5 market           | NEW 8 MARKET 5@0
      replace 1 60 @0          | REPLACED 1 MARKET 60@0
      replace 2 40 @0          | REPLACED 2 MARKET 40@0
      phase CONTINUOUS         | RESTATED 2 40@100 shows 40 AUCTION_PRICE; RESTATED 9 5@100 shows 5 AUCTION_PRICE
                               | RESTATED 8 5@100 shows 5 AUCTION_PRICE; RESTATED 1 60@100 shows 60 AUCTION_PRICE; DONE SET_PHASE 0@0
      orders                   | 2:40@100 9:5@100 8:5@100 1:60@100 / -
      order 9                  | buy LIMIT DAY 5@100 shows 5 by=9`,
  },
  {
    name: 'market orders that are left keep their time against the limit orders of that price',
    phase,
    rows: `
      1 buy 1 @100             | NEW 1 1@100 shows 1
      2 buy 2 market           | NEW 2 MARKET 2@0
      3 buy 3 @100             | NEW 3 3@100 shows 3
      4 buy 4 market           | NEW 4 MARKET 4@0
      5 buy 9 @100 display=5   | NEW 5 9@100 shows 5
      6 buy 6 @99              | NEW 6 6@99 shows 6
      phase HALT               | DONE SET_PHASE 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      # Who comes back comes last; who gives something up keeps its turn.
      replace 1 2 @100         | REPLACED 1 2@100 shows 2
      replace 3 2 @100         | REPLACED 3 2@100 shows 2
      7 buy 7 market           | NEW 7 MARKET 7@0
      replace 2 3 @0           | REPLACED 2 MARKET 3@0
      8 buy 8 @100 GTC         | NEW 8 GTC 8@100 shows 8
      list ref=100             | DONE LIST_BOOK 0@0
      phase CONTINUOUS         | RESTATED 4 4@100 shows 4 AUCTION_PRICE; RESTATED 7 7@100 shows 7 AUCTION_PRICE; RESTATED 2 3@100 shows 3 AUCTION_PRICE
                               | DONE SET_PHASE 0@0
      orders                   | 3:2@100 4:4@100 5:5@100 1:2@100 7:7@100 2:3@100 8:8@100 6:6@99 / -
      # At the next auction all of these are older than who comes then.
      phase CLOSING_AUCTION    | DONE SET_PHASE 0@0
      9 buy 9 market           | NEW 9 MARKET 9@0
      cancel 9                 | CANCELED 9 MARKET 9@0 REQUESTED
      10 buy 1 @100            | NEW 10 1@100 shows 1
      11 buy 1 market          | NEW 11 MARKET 1@0
      12 buy 1 @100            | NEW 12 1@100 shows 1
      phase CONTINUOUS         | RESTATED 11 1@100 shows 1 AUCTION_PRICE; DONE SET_PHASE 0@0
      orders                   | 3:2@100 4:4@100 5:5@100 1:2@100 7:7@100 2:3@100 8:8@100 10:1@100 11:1@100 12:1@100 6:6@99 / -`,
  },
  {
    name: 'the time of an order for the close is that at which it joins the closing auction',
    rows: `
      list ref=100             | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      1 sell 1 market          | NEW 1 MARKET 1@0
      2 sell 2 market AT_CLOSE | NEW 2 MARKET AT_CLOSE 2@0
      3 sell 3 @100 AT_CLOSE   | NEW 3 AT_CLOSE 3@100
      4 sell 4 @100            | NEW 4 4@100 shows 4
      phase CLOSING_AUCTION    | RESTATED 2 MARKET AT_CLOSE 2@0 CLOSING_AUCTION; RESTATED 3 AT_CLOSE 3@100 shows 3 CLOSING_AUCTION; DONE SET_PHASE 0@0
      5 sell 5 @100 AT_CLOSE   | NEW 5 AT_CLOSE 5@100 shows 5
      6 sell 6 market AT_CLOSE | NEW 6 MARKET AT_CLOSE 6@0
      # Only the opening auction lets orders for the close be; a book that closes then ends market orders.
      phase OPENING_AUCTION    | RESTATED 1 1@100 shows 1 AUCTION_PRICE; RESTATED 2 AT_CLOSE 2@100 shows 2 AUCTION_PRICE
                               | RESTATED 6 AT_CLOSE 6@100 shows 6 AUCTION_PRICE; DONE SET_PHASE 0@0
      orders                   | - / 1:1@100 4:4@100 2:2@100 3:3@100 5:5@100 6:6@100`,
  },
  {
    name: 'without an equilibrium they become limit orders at the reference price, or are canceled',
    phase,
    rows: `
      1 sell 3 market          | NEW 1 MARKET 3@0
      phase CONTINUOUS         | CANCELED 1 MARKET 3@0 NO_LIQUIDITY; DONE SET_PHASE 0@0
      list ref=77              | DONE LIST_BOOK 0@0
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      2 sell 3 market          | NEW 2 MARKET 3@0
      3 sell 3 @80             | NEW 3 3@80 shows 3
      phase CONTINUOUS         | RESTATED 2 3@77 shows 3 AUCTION_PRICE; DONE SET_PHASE 0@0
      orders                   | - / 2:3@77 3:3@80
      phase PRE_OPEN           | DONE SET_PHASE 0@0
      4 sell 3 market          | NEW 4 MARKET 3@0
      phase CLOSED             | CANCELED 4 MARKET 3@0 NO_LIQUIDITY; DONE SET_PHASE 0@0
      open                     | 2`,
  },
  {
    name: 'sums of an auction pass 2^31',
    phase,
    rows: `
      1 buy 1073741823 @10     | NEW 1 1073741823@10 shows 1073741823
      2 buy 1073741823 @10     | NEW 2 1073741823@10 shows 1073741823
      3 buy 1073741823 @10     | NEW 3 1073741823@10 shows 1073741823
      4 buy 1073741823 @9      | NEW 4 1073741823@9 shows 1073741823
      5 sell 1073741823 @9     | NEW 5 1073741823@9 shows 1073741823
      6 sell 1073741823 @9     | NEW 6 1073741823@9 shows 1073741823
      7 sell 1073741823 @9     | NEW 7 1073741823@9 shows 1073741823
      # At 9: 4 to buy, 3 to sell; at 10: 3 and 3.
      phase OPENING_AUCTION    | TRADE 1 1073741823@10 auction; TRADE 5 1073741823@10 auction
                               | TRADE 2 1073741823@10 auction; TRADE 6 1073741823@10 auction
                               | TRADE 3 1073741823@10 auction; TRADE 7 1073741823@10 auction; DONE SET_PHASE 3@10`,
  },
  {
    name: 'a replaced order that waits for an auction keeps its turn only with the same price and no more quantity',
    phase,
    rows: `
      1 buy 5 market           | NEW 1 MARKET 5@0
      2 buy 5 market           | NEW 2 MARKET 5@0
      3 buy 5 @100 display=2   | NEW 3 5@100 shows 2
      4 buy 5 @100             | NEW 4 5@100 shows 5
      replace 1 4 @0           | REPLACED 1 MARKET 4@0
      replace 1 5 @100         | REJECTED 1 MARKET 5@100 open 4 INVALID_PRICE
      replace 3 9 @100         | REPLACED 3 9@100 shows 2
      orders                   | 4:5@100 3:2@100 / -
      5 sell 6 @100            | NEW 5 6@100 shows 6
      replace 4 5 @101         | REPLACED 4 5@101 shows 5
      replace 1 5 @0           | REPLACED 1 MARKET 5@0
      # 6 trade at 100 and at 101; at 101 fewer are left unmatched.
      phase OPENING_AUCTION    | TRADE 4 5@101 auction; TRADE 5 5@101 open 1 auction; TRADE 2 MARKET 1@101 open 4 auction; TRADE 5 1@101 auction
                               | RESTATED 2 4@101 shows 4 AUCTION_PRICE; RESTATED 1 5@101 shows 5 AUCTION_PRICE; DONE SET_PHASE 2@101
      orders                   | 2:4@101 1:5@101 3:2@100 / -`,
  },
];
