// What an engine refuses, and with which of its reasons; where several fit, the first of them is told.
import { type EngineTable } from '../engine-table.js';

const phase = 'CONTINUOUS';

export const refusalTables: readonly EngineTable[] = [
  {
    name: 'a NEW is checked in the order of the reasons',
    rows: `
      list low=90 high=110 freeze=50 | DONE LIST_BOOK 0@0
      phase CONTINUOUS               | DONE SET_PHASE 0@0
      list book=1 low=90 high=110 freeze=50 | DONE LIST_BOOK 0@0 in 1
      1 sell 5 @100                  | NEW 1 5@100 shows 5
      0 buy 0 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post by=-1 book=9 | REJECTED 0 STOP_LIMIT AT_OPEN 0@0 UNKNOWN_BOOK in 9
      0 buy 0 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post by=-1  | REJECTED 0 STOP_LIMIT AT_OPEN 0@0 INVALID_ORDER_ID
      1 buy 0 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post by=-1  | REJECTED 1 STOP_LIMIT AT_OPEN 0@0 DUPLICATE_ORDER_ID
      2 buy 0 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post by=-1  | REJECTED 2 STOP_LIMIT AT_OPEN 0@0 INVALID_ACCOUNT
      2 buy 0 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post        | REJECTED 2 STOP_LIMIT AT_OPEN 0@0 INVALID_QTY
      2 buy 60 @0 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post       | REJECTED 2 STOP_LIMIT AT_OPEN 60@0 INVALID_PRICE
      2 buy 60 @200 AT_OPEN type=STOP_LIMIT stop=-1 display=-1 until=5 protect=-1 post     | REJECTED 2 STOP_LIMIT AT_OPEN 60@200 INVALID_STOP_PRICE
      2 buy 60 @200 AT_OPEN stop=200 display=-1 until=5 protect=-1 post                    | REJECTED 2 STOP_LIMIT AT_OPEN 60@200 INVALID_DISPLAY_QTY
      2 buy 60 @200 AT_OPEN stop=200 until=5 protect=-1 post                               | REJECTED 2 STOP_LIMIT AT_OPEN 60@200 INVALID_TIME_IN_FORCE
      2 buy 60 @200 DAY stop=200 until=5 protect=-1 post   | REJECTED 2 STOP_LIMIT 60@200 INVALID_EXPIRY
      2 buy 60 @200 DAY stop=200 protect=-1 post           | REJECTED 2 STOP_LIMIT 60@200 INVALID_PROTECTION
      2 buy 60 @200 DAY stop=200 post                      | REJECTED 2 STOP_LIMIT 60@200 INVALID_POST_ONLY
      2 buy 60 @200 DAY stop=200 book=1                    | REJECTED 2 STOP_LIMIT 60@200 WRONG_PHASE in 1
      2 buy 60 @200 DAY stop=200                           | REJECTED 2 STOP_LIMIT 60@200 OFF_BAND
      2 buy 60 @200 DAY post                               | REJECTED 2 60@200 OFF_BAND
      2 buy 60 @110 DAY post                               | REJECTED 2 60@110 ABOVE_FREEZE_QTY
      2 buy 50 @110 DAY post                               | REJECTED 2 50@110 POST_ONLY_WOULD_TRADE
      2 buy 50 @99 DAY post                                | NEW 2 50@99 shows 50`,
  },
  {
    name: 'a REPLACE is checked in the order of the reasons',
    rows: `
      list low=90 high=110 freeze=50 | DONE LIST_BOOK 0@0
      phase CONTINUOUS               | DONE SET_PHASE 0@0
      1 sell 5 @100                  | NEW 1 5@100 shows 5
      2 buy 5 @99 post               | NEW 2 5@99 shows 5
      phase HALT                     | DONE SET_PHASE 0@0
      replace 2 0 @0 stop=-1 book=9  | REJECTED 2 0@0 UNKNOWN_BOOK in 9
      replace 3 0 @0 stop=-1         | REJECTED 3 0@0 UNKNOWN_ORDER
      replace 2 0 @0 stop=-1         | REJECTED 2 0@0 open 5 INVALID_QTY
      replace 2 60 @0 stop=-1        | REJECTED 2 60@0 open 5 INVALID_PRICE
      replace 2 60 @200 stop=-1      | REJECTED 2 60@200 open 5 INVALID_STOP_PRICE
      replace 2 60 @200              | REJECTED 2 60@200 open 5 WRONG_PHASE
      phase CONTINUOUS               | DONE SET_PHASE 0@0
      replace 2 60 @200              | REJECTED 2 60@200 open 5 OFF_BAND
      replace 2 60 @100              | REJECTED 2 60@100 open 5 ABOVE_FREEZE_QTY
      replace 2 50 @100              | REJECTED 2 50@100 open 5 POST_ONLY_WOULD_TRADE
      orders                         | 2:5@99 / 1:5@100`,
  },
  {
    name: 'quantities and prices lie from 1 to 2^30 - 1',
    phase,
    rows: `
      1 buy 0 @100                    | REJECTED 1 0@100 INVALID_QTY
      1 buy -1 @100                   | REJECTED 1 -1@100 INVALID_QTY
      1 buy 1073741824 @100           | REJECTED 1 1073741824@100 INVALID_QTY
      1 buy 1 @0                      | REJECTED 1 1@0 INVALID_PRICE
      1 buy 1 @-1                     | REJECTED 1 1@-1 INVALID_PRICE
      1 buy 1 @1073741824             | REJECTED 1 1@1073741824 INVALID_PRICE
      1 buy 1 @1 type=MARKET          | REJECTED 1 MARKET 1@1 INVALID_PRICE
      1 buy 1 @1 type=MARKET_TO_LIMIT | REJECTED 1 MARKET_TO_LIMIT 1@1 INVALID_PRICE
      1 buy 1 @1 type=STOP stop=9     | REJECTED 1 STOP 1@1 INVALID_PRICE
      1 buy 1 market type=STOP        | REJECTED 1 STOP 1@0 INVALID_STOP_PRICE
      1 buy 1 market stop=1073741824  | REJECTED 1 STOP 1@0 INVALID_STOP_PRICE
      1 buy 1 @5 type=LIMIT stop=5    | REJECTED 1 1@5 INVALID_STOP_PRICE
      1 buy 1 @5 type=STOP_LIMIT      | REJECTED 1 STOP_LIMIT 1@5 INVALID_STOP_PRICE
      1 buy 1 @1                      | NEW 1 1@1 shows 1
      2 sell 1 @1073741823            | NEW 2 1@1073741823 shows 1
      3 buy 1 market stop=1073741823  | NEW 3 STOP 1@0
      replace 1 1073741824 @1         | REJECTED 1 1073741824@1 open 1 INVALID_QTY
      replace 1 1 @1073741824         | REJECTED 1 1@1073741824 open 1 INVALID_PRICE
      replace 3 1 @0 stop=1073741824  | REJECTED 3 STOP 1@0 open 1 INVALID_STOP_PRICE
      replace 3 1 @5 stop=1           | REJECTED 3 STOP 1@5 open 1 INVALID_PRICE
      replace 3 1 @0                  | REJECTED 3 STOP 1@0 open 1 INVALID_STOP_PRICE`,
  },
  {
    name: 'numbers of orders begin at 1, of accounts at 0',
    phase,
    rows: `
      0 buy 1 @1                    | REJECTED 0 1@1 INVALID_ORDER_ID
      -1 buy 1 @1                   | REJECTED -1 1@1 INVALID_ORDER_ID
      1 buy 1 @1 by=-1              | REJECTED 1 1@1 INVALID_ACCOUNT
      1 buy 1 @1 by=1048576         | REJECTED 1 1@1 INVALID_ACCOUNT
      1 buy 1 @1 by=1048575         | NEW 1 1@1 shows 1
      2147483647 buy 1 @1 by=0      | NEW 2147483647 1@1 shows 1
      2147483647 buy 1 @1 by=0      | REJECTED 2147483647 1@1 DUPLICATE_ORDER_ID
      cancel 0                      | REJECTED 0 0@0 UNKNOWN_ORDER
      cancel -5                     | REJECTED -5 0@0 UNKNOWN_ORDER`,
  },
  {
    name: 'only orders with a limit price that can rest show a part of themselves',
    phase,
    rows: `
      1 buy 5 market display=2      | REJECTED 1 MARKET 5@0 INVALID_DISPLAY_QTY
      1 buy 5 mtl display=2         | REJECTED 1 MARKET_TO_LIMIT 5@0 INVALID_DISPLAY_QTY
      1 buy 5 market display=2 stop=5 | REJECTED 1 STOP 5@0 INVALID_DISPLAY_QTY
      1 buy 5 @9 IOC display=2      | REJECTED 1 IOC 5@9 INVALID_DISPLAY_QTY
      1 buy 5 @9 FOK display=2      | REJECTED 1 FOK 5@9 INVALID_DISPLAY_QTY
      1 buy 5 @9 display=-2         | REJECTED 1 5@9 INVALID_DISPLAY_QTY
      1 buy 5 @9 stop=9 display=2   | NEW 1 STOP_LIMIT 5@9
      2 buy 5 @9 GTC display=5      | NEW 2 GTC 5@9 shows 5
      3 buy 5 @9 GTC display=2147483647 | NEW 3 GTC 5@9 shows 5`,
  },
  {
    name: 'an iceberg shows at least a hundredth of its quantity',
    phase,
    rows: `
      1 sell 101 @9 display=1             | REJECTED 1 101@9 INVALID_DISPLAY_QTY
      1 sell 1073741823 @9 display=1      | REJECTED 1 1073741823@9 INVALID_DISPLAY_QTY
      1 sell 101 @9 stop=9 display=1      | REJECTED 1 STOP_LIMIT 101@9 INVALID_DISPLAY_QTY
      1 sell 100 @9 display=1             | NEW 1 100@9 shows 1
      replace 1 101 @9                    | REJECTED 1 101@9 open 100 INVALID_DISPLAY_QTY
      replace 1 101 @0                    | REJECTED 1 101@0 open 100 INVALID_PRICE    # looked at before
      replace 1 50 @9                     | REPLACED 1 50@9 shows 1
      replace 1 100 @10                   | REPLACED 1 100@10 shows 1
      2 sell 5 @11 display=5              | NEW 2 5@11 shows 5
      replace 2 501 @11                   | REPLACED 2 501@11 shows 501    # no iceberg: it showed all
      3 buy 200 @8 stop=20 display=2      | NEW 3 STOP_LIMIT 200@8
      replace 3 201 @8 stop=20            | REJECTED 3 STOP_LIMIT 201@8 open 200 INVALID_DISPLAY_QTY
      phase HALT                          | DONE SET_PHASE 0@0
      replace 1 101 @9                    | REJECTED 1 101@9 open 100 INVALID_DISPLAY_QTY    # the phase is looked at after`,
  },
  {
    name: 'not every time in force goes with every order type',
    phase,
    rows: `
      1 buy 5 market GTC            | REJECTED 1 MARKET GTC 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 market GTD until=9    | REJECTED 1 MARKET GTD 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 market IOC stop=5     | REJECTED 1 STOP IOC 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 market FOK stop=5     | REJECTED 1 STOP FOK 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 market AT_OPEN stop=5 | REJECTED 1 STOP AT_OPEN 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 @9 AT_CLOSE stop=5    | REJECTED 1 STOP_LIMIT AT_CLOSE 5@9 INVALID_TIME_IN_FORCE
      1 buy 5 @9 IOC stop=5         | REJECTED 1 STOP_LIMIT IOC 5@9 INVALID_TIME_IN_FORCE
      1 buy 5 mtl AT_OPEN           | REJECTED 1 MARKET_TO_LIMIT AT_OPEN 5@0 INVALID_TIME_IN_FORCE
      1 buy 5 mtl AT_CLOSE          | REJECTED 1 MARKET_TO_LIMIT AT_CLOSE 5@0 INVALID_TIME_IN_FORCE`,
  },
  {
    name: 'only a GTD order bears a time, and one to come',
    phase,
    rows: `
      1 buy 5 @9 GTD                | REJECTED 1 GTD 5@9 INVALID_EXPIRY
      time 60                       | DONE TIME 0@0
      1 buy 5 @9 GTD until=60       | REJECTED 1 GTD 5@9 INVALID_EXPIRY
      1 buy 5 @9 GTC until=61       | REJECTED 1 GTC 5@9 INVALID_EXPIRY
      1 buy 5 @9 GTD until=61       | NEW 1 GTD 5@9 shows 5
      2 buy 5 @9 GTD until=4294967295 | NEW 2 GTD 5@9 shows 5      # times are without a sign
      order 2                       | buy LIMIT GTD 5@9 shows 5 until=4294967295 by=2`,
  },
  {
    name: 'protection is for market orders and stops, below 100 percent',
    phase,
    rows: `
      1 buy 5 @9 protect=1          | REJECTED 1 5@9 INVALID_PROTECTION
      1 buy 5 mtl protect=1         | REJECTED 1 MARKET_TO_LIMIT 5@0 INVALID_PROTECTION
      1 buy 5 @9 stop=5 protect=1   | REJECTED 1 STOP_LIMIT 5@9 INVALID_PROTECTION
      1 buy 5 market protect=10000  | REJECTED 1 MARKET 5@0 INVALID_PROTECTION
      1 buy 5 market protect=-1     | REJECTED 1 MARKET 5@0 INVALID_PROTECTION
      1 buy 5 market stop=5 protect=9999 | NEW 1 STOP 5@0
      order 1                       | buy STOP DAY 5@0 shows 0 stop=5 protect=9999 by=1`,
  },
  {
    name: 'post-only is for limit orders that can rest for long',
    phase,
    rows: `
      1 buy 5 market post           | REJECTED 1 MARKET 5@0 INVALID_POST_ONLY
      1 buy 5 mtl post              | REJECTED 1 MARKET_TO_LIMIT 5@0 INVALID_POST_ONLY
      1 buy 5 @9 stop=5 post        | REJECTED 1 STOP_LIMIT 5@9 INVALID_POST_ONLY
      1 buy 5 @9 IOC post           | REJECTED 1 IOC 5@9 INVALID_POST_ONLY
      1 buy 5 @9 FOK post           | REJECTED 1 FOK 5@9 INVALID_POST_ONLY
      1 buy 5 @9 AT_OPEN post       | REJECTED 1 AT_OPEN 5@9 INVALID_POST_ONLY
      1 buy 5 @9 AT_CLOSE post      | REJECTED 1 AT_CLOSE 5@9 INVALID_POST_ONLY
      1 buy 5 @9 GTD until=9 post   | NEW 1 GTD 5@9 shows 5`,
  },
  {
    name: 'the band holds for prices and stop prices, of new orders and of replaced ones, and may have one bound only',
    phase,
    rows: `
      list low=90 high=110          | DONE LIST_BOOK 0@0
      1 buy 5 @89                   | REJECTED 1 5@89 OFF_BAND
      1 sell 5 @111                 | REJECTED 1 5@111 OFF_BAND
      1 buy 5 market stop=111       | REJECTED 1 STOP 5@0 OFF_BAND
      1 buy 5 @100 stop=111         | REJECTED 1 STOP_LIMIT 5@100 OFF_BAND
      1 buy 5 @111 stop=100         | REJECTED 1 STOP_LIMIT 5@111 OFF_BAND
      1 buy 5 @90                   | NEW 1 5@90 shows 5
      2 sell 5 @110                 | NEW 2 5@110 shows 5
      3 buy 5 market stop=110       | NEW 3 STOP 5@0
      replace 1 5 @89               | REJECTED 1 5@89 open 5 OFF_BAND
      replace 3 5 @0 stop=111       | REJECTED 3 STOP 5@0 open 5 OFF_BAND
      list low=95                   | DONE LIST_BOOK 0@0
      replace 1 4 @90               | REJECTED 1 4@90 open 5 OFF_BAND       # as it is now
      replace 1 5 @1000             | REPLACED 1 5@1000 shows 5; TRADE 2 5@110 maker; TRADE 1 5@110 taker
                                    | TRIGGERED 3 STOP 5@110; CANCELED 3 MARKET 5@0 NO_LIQUIDITY
      list high=95                  | DONE LIST_BOOK 0@0
      4 buy 5 @1                    | NEW 4 5@1 shows 5
      4 buy 5 market                | REJECTED 4 MARKET 5@0 DUPLICATE_ORDER_ID
      5 buy 5 @96                   | REJECTED 5 5@96 OFF_BAND
      list                          | DONE LIST_BOOK 0@0
      5 buy 5 @96                   | NEW 5 5@96 shows 5`,
  },
  {
    name: 'the freeze quantity holds for every type of order',
    phase,
    rows: `
      list freeze=10                | DONE LIST_BOOK 0@0
      1 buy 11 market               | REJECTED 1 MARKET 11@0 ABOVE_FREEZE_QTY
      1 buy 11 mtl                  | REJECTED 1 MARKET_TO_LIMIT 11@0 ABOVE_FREEZE_QTY
      1 buy 11 market stop=5        | REJECTED 1 STOP 11@0 ABOVE_FREEZE_QTY
      1 buy 11 @9 display=2         | REJECTED 1 11@9 ABOVE_FREEZE_QTY
      1 buy 10 @9                   | NEW 1 10@9 shows 10
      replace 1 11 @9               | REJECTED 1 11@9 open 10 ABOVE_FREEZE_QTY`,
  },
  {
    name: 'a book that is not listed is unknown, whatever is asked of it',
    rows: `
      in                            | not listed
      last                          | 0
      1 buy 5 @9                    | REJECTED 1 5@9 UNKNOWN_BOOK
      1 buy 5 @9 book=-1            | REJECTED 1 5@9 UNKNOWN_BOOK in -1
      1 buy 5 @9 book=65536         | REJECTED 1 5@9 UNKNOWN_BOOK in 65536
      cancel 1                      | REJECTED 1 0@0 UNKNOWN_BOOK
      cancel 1 book=-1              | REJECTED 1 0@0 UNKNOWN_BOOK in -1
      replace 1 5 @9                | REJECTED 1 5@9 UNKNOWN_BOOK
      mass                          | DONE MASS_CANCEL 0@0 in -1
      mass book=7                   | REJECTED 0 0@0 UNKNOWN_BOOK in 7
      phase CONTINUOUS              | REJECTED 0 0@0 UNKNOWN_BOOK
      phase CONTINUOUS book=all     |                               # every listed one: none
      day book=5                    | REJECTED 0 0@0 UNKNOWN_BOOK in 5
      day book=all                  | DONE DAY_END 0@0 in -1
      list                          | DONE LIST_BOOK 0@0
      in                            | CLOSED`,
  },
  {
    name: 'a command that says what no command can say is malformed',
    phase,
    rows: `
      1 sell 5 @100                 | NEW 1 5@100 shows 5
      raw 0 0 0 0 0 0 0 0           | REJECTED 0 0@0 MALFORMED        # no type
      raw 10 0 1 100 5 1 0 0        | REJECTED 1 5@100 MALFORMED      # no such type
      raw 65825 0 2 100 5 1 0 0     | REJECTED 2 5@100 MALFORMED      # bit 16
      raw -2147483359 9 2 100 5 1 0 0 | REJECTED 2 5@100 MALFORMED in 9 # bit 31; before the book is looked at
      raw 257 0 2 100 5 1 0 0       | REJECTED 2 5@100 MALFORMED      # order type 0
      raw 449 0 2 100 5 1 0 0       | REJECTED 2 5@100 MALFORMED      # order type 6
      raw 481 0 2 100 5 1 0 0       | REJECTED 2 5@100 MALFORMED      # order type 7
      raw 33 0 2 100 5 1 0 0        | REJECTED 2 5@100 MALFORMED      # time in force 0
      raw 10529 0 2 100 5 1 0 0     | REJECTED 2 5@100 MALFORMED      # self-trade mode 5
      raw 14625 0 2 100 5 1 0 0     | REJECTED 2 5@100 MALFORMED      # self-trade mode 7
      raw 289 0 2 100 5 1 1 0       | REJECTED 2 5@100 MALFORMED      # word 6
      raw 289 0 2 100 5 1 0 1       | REJECTED 2 5@100 MALFORMED      # word 7
      raw 33057 0 2 100 5 1 0 0 0 0 0 0 1 0 0 0 | REJECTED 2 5@100 MALFORMED    # word 12
      raw 33057 0 2 100 5 1 0 0 0 0 0 0 0 0 0 1 | REJECTED 2 5@100 MALFORMED    # word 15
      raw 33057 0 2 99 5 1 0 0 0 0 0 0 0 0 0 0  | NEW 2 5@99 shows 5            # nothing in its further words
      raw 18 0 1 0 0 0 0 0          | REJECTED 1 0@0 MALFORMED        # a side on a cancel
      raw 258 0 1 0 0 0 0 0         | REJECTED 1 0@0 MALFORMED        # a time in force on a cancel
      raw 2 0 1 100 0 0 0 0         | REJECTED 1 0@100 MALFORMED
      raw 2 0 1 0 5 0 0 0           | REJECTED 1 5@0 MALFORMED
      raw 2 0 1 0 0 1 0 0           | REJECTED 1 0@0 MALFORMED
      raw 2 0 1 0 0 0 0 -1          | REJECTED 1 0@0 MALFORMED
      raw 32770 0 1 0 0 0 0 0 1 0 0 0 0 0 0 0   | REJECTED 1 0@0 MALFORMED      # a stop price on a cancel
      raw 16387 0 1 100 4 0 0 0     | REJECTED 1 4@100 MALFORMED      # post-only on a replace
      raw 3 0 1 100 4 1 0 0         | REJECTED 1 4@100 MALFORMED
      raw 3 0 1 100 4 0 1 0         | REJECTED 1 4@100 MALFORMED
      raw 32771 0 1 100 4 0 0 0 0 2 0 0 0 0 0 0 | REJECTED 1 4@100 MALFORMED    # a display quantity on a replace
      raw 32771 0 1 100 4 0 0 0 0 0 0 1 0 0 0 0 | REJECTED 1 4@100 MALFORMED    # protection on a replace
      raw 32771 0 1 100 4 0 0 0 0 0 0 0 0 0 0 0 | REPLACED 1 4@100 shows 4
      raw 32770 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0   | CANCELED 1 4@100 REQUESTED`,
  },
  {
    name: 'an administrative command that says what none can say is malformed',
    phase,
    rows: `
      raw 4 -1 0 0 0 -2 -1 0        | REJECTED 0 0@0 MALFORMED in -1  # mass cancel: account
      raw 4 -1 0 0 0 1048576 -1 0   | REJECTED 0 0@0 MALFORMED in -1
      raw 4 -1 0 0 0 -1 2 0         | REJECTED 0 0@0 MALFORMED in -1  # side
      raw 4 -1 0 0 0 -1 -2 0        | REJECTED 0 0@0 MALFORMED in -1
      raw 4 -1 1 0 0 -1 -1 0        | REJECTED 1 0@0 MALFORMED in -1
      raw 4 -1 0 0 0 -1 -1 1        | REJECTED 0 0@0 MALFORMED in -1
      raw 5 0 0 0 0 0 6 0           | REJECTED 0 0@0 MALFORMED        # phase
      raw 5 0 0 0 0 0 -1 0          | REJECTED 0 0@0 MALFORMED
      raw 5 0 0 0 0 1 3 0           | REJECTED 0 0@0 MALFORMED
      raw 5 7 0 0 0 0 6 0           | REJECTED 0 0@0 MALFORMED in 7   # before the book is looked at
      raw 21 0 0 0 0 0 3 0          | REJECTED 0 0@0 MALFORMED        # a side
      raw 6 -1 0 0 0 0 0 0          | REJECTED 0 0@0 MALFORMED in -1  # rules of a book
      raw 6 65536 0 0 0 0 0 0       | REJECTED 0 0@0 MALFORMED in 65536
      raw 6 1 0 -1 0 0 0 0          | REJECTED 0 0@-1 MALFORMED in 1
      raw 6 1 0 1073741824 0 0 0 0  | REJECTED 0 0@1073741824 MALFORMED in 1
      raw 6 1 0 0 -1 0 0 0          | REJECTED 0 -1@0 MALFORMED in 1
      raw 6 1 0 0 1073741824 0 0 0  | REJECTED 0 1073741824@0 MALFORMED in 1
      raw 6 1 0 0 0 0 -1 0          | REJECTED 0 0@0 MALFORMED in 1
      raw 6 1 0 0 0 0 0 1073741824  | REJECTED 0 0@0 MALFORMED in 1
      raw 6 1 0 0 0 0 11 10         | REJECTED 0 0@0 MALFORMED in 1   # low above high
      raw 6 1 1 0 0 0 0 0           | REJECTED 1 0@0 MALFORMED in 1
      raw 6 1 0 0 0 1 0 0           | REJECTED 0 0@0 MALFORMED in 1
      raw 6 1 0 1073741823 1073741823 0 10 10 | DONE LIST_BOOK 0@0 in 1
      raw 7 1 0 0 0 0 5 0           | REJECTED 0 0@0 MALFORMED in 1   # time
      raw 7 0 0 0 0 0 5 1           | REJECTED 0 0@0 MALFORMED
      raw 8 0 0 0 0 0 1 0           | REJECTED 0 0@0 MALFORMED        # day end
      raw 8 0 0 0 0 1 0 0           | REJECTED 0 0@0 MALFORMED
      raw 9 0 0 0 0 1048576 1 0     | REJECTED 0 0@0 MALFORMED        # account group
      raw 9 0 0 0 0 -1 1 0          | REJECTED 0 0@0 MALFORMED
      raw 9 0 0 0 0 1 -1 0          | REJECTED 0 0@0 MALFORMED
      raw 9 1 0 0 0 1 1 0           | REJECTED 0 0@0 MALFORMED in 1
      raw 32777 0 0 0 0 1 1 0 0 0 0 0 0 0 0 1 | REJECTED 0 0@0 MALFORMED
      raw 9 0 0 0 0 1048575 2147483647 0 | DONE SET_ACCOUNT_GROUP 0@0`,
  },
];
