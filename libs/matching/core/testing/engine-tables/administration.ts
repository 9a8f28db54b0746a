// Mass cancels, time, the end of the day, rules and groups.
import { type EngineTable } from '../engine-table.js';

const phase = 'CONTINUOUS';

const threeOrders = `
      list book=4              | DONE LIST_BOOK 0@0 in 4
      phase CONTINUOUS book=4  | DONE SET_PHASE 0@0 in 4
      5 buy 5 @100 by=7        | NEW 5 5@100 shows 5
      4 sell 5 @101 by=7       | NEW 4 5@101 shows 5
      3 buy 5 @100 by=8        | NEW 3 5@100 shows 5
      2 sell 5 market stop=90 by=7 | NEW 2 STOP 5@0
      1 buy 5 @100 AT_CLOSE by=7 book=4 | NEW 1 AT_CLOSE 5@100 in 4`;

export const administrationTables: readonly EngineTable[] = [
  {
    name: 'a mass cancel of an account ends all its orders, by number, wherever they wait',
    phase,
    rows: `${threeOrders}
      mass by=7                | CANCELED 1 AT_CLOSE 5@100 MASS_CANCEL in 4; CANCELED 2 STOP 5@0 MASS_CANCEL; CANCELED 4 5@101 MASS_CANCEL
                               | CANCELED 5 5@100 MASS_CANCEL; DONE MASS_CANCEL 4@0 in -1
      mass by=7                | DONE MASS_CANCEL 0@0 in -1
      open                     | 1`,
  },
  {
    name: 'a mass cancel of a book, of a side, of all that is asked together',
    phase,
    rows: `${threeOrders}
      mass book=4 side=sell    | DONE MASS_CANCEL 0@0 in 4
      mass book=0 side=sell by=7 | CANCELED 2 STOP 5@0 MASS_CANCEL; CANCELED 4 5@101 MASS_CANCEL; DONE MASS_CANCEL 2@0
      mass book=0 by=8         | CANCELED 3 5@100 MASS_CANCEL; DONE MASS_CANCEL 1@0
      mass                     | CANCELED 1 AT_CLOSE 5@100 MASS_CANCEL in 4; CANCELED 5 5@100 MASS_CANCEL; DONE MASS_CANCEL 2@0 in -1`,
  },
  {
    name: 'the end of the day expires DAY orders and those for an auction, of one book or of all',
    phase,
    rows: `${threeOrders}
      6 buy 5 @99 GTC          | NEW 6 GTC 5@99 shows 5
      7 buy 5 @99 book=4       | NEW 7 5@99 shows 5 in 4
      day                      | EXPIRED 2 STOP 5@0 DAY_END; EXPIRED 3 5@100 DAY_END; EXPIRED 4 5@101 DAY_END; EXPIRED 5 5@100 DAY_END; DONE DAY_END 4@0
      day book=all             | EXPIRED 1 AT_CLOSE 5@100 DAY_END in 4; EXPIRED 7 5@99 DAY_END in 4; DONE DAY_END 2@0 in -1
      orders                   | 6:5@99 / -
      open                     | 1`,
  },
  {
    name: 'time expires what is due, the earliest first, then by number, and never goes back',
    phase,
    rows: `
      time 50                          | DONE TIME 0@0
      4 buy 5 @100 GTD until=61        | NEW 4 GTD 5@100 shows 5
      3 buy 5 @100 GTD until=62        | NEW 3 GTD 5@100 shows 5
      2 buy 5 @100 stop=200 GTD until=61 | NEW 2 STOP_LIMIT GTD 5@100
      1 buy 5 @100 GTD until=63        | NEW 1 GTD 5@100 shows 5
      time 60                          | DONE TIME 0@0
      time 55                          | DONE TIME 0@0
      5 buy 5 @100 GTD until=60        | REJECTED 5 GTD 5@100 INVALID_EXPIRY      # it is 60, though someone said 55
      time 62                          | EXPIRED 2 STOP_LIMIT GTD 5@100 GTD; EXPIRED 4 GTD 5@100 GTD; EXPIRED 3 GTD 5@100 GTD; DONE TIME 3@0
      5 buy 5 @100 GTD until=4000000000 | NEW 5 GTD 5@100 shows 5
      time 3000000000                  | EXPIRED 1 GTD 5@100 GTD; DONE TIME 1@0   # times are without a sign
      time 4000000000                  | EXPIRED 5 GTD 5@100 GTD; DONE TIME 1@0
      raw 7 0 0 0 0 0 -1 0             | DONE TIME 0@0`,
  },
  {
    name: 'a replaced GTD order keeps its time',
    phase,
    rows: `
      1 buy 5 @100 GTD until=61        | NEW 1 GTD 5@100 shows 5
      replace 1 6 @101                 | REPLACED 1 GTD 6@101 shows 6
      time 61                          | EXPIRED 1 GTD 6@101 GTD; DONE TIME 1@0`,
  },
  {
    name: 'other rules for a listed book leave its phase and its orders as they are',
    phase,
    rows: `
      1 buy 5 @100                     | NEW 1 5@100 shows 5
      list low=200 freeze=1 ref=300    | DONE LIST_BOOK 0@0
      in                               | CONTINUOUS
      book                             | 100x5 / -
      2 sell 1 @100                    | REJECTED 2 1@100 OFF_BAND
      2 sell 1 market                  | NEW 2 MARKET 1@0; TRADE 1 1@100 open 4 maker; TRADE 2 MARKET 1@100 taker`,
  },
];
