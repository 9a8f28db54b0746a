// What holds of the reference engine between two commands.
import { assert } from '@switchyard/kernel';
import { BookSide, InForce, OrderType } from './command.js';
import { type ReferenceBook } from './reference-book.js';
import { type PriceLadder } from './reference-ladder.js';
import { type Order, type OrderQueue } from './reference-order.js';
import { type OpenOrders } from './reference-orders.js';
import { isImmediate, isSteps, isStop } from './rules.js';

/** Throws InvariantError. Slow: it looks at every order. */
export function validateReference(books: readonly ReferenceBook[], orders: OpenOrders, clockSec: number): void {
  let count = 0;
  for (const book of books) {
    for (const side of [BookSide.BUY, BookSide.SELL]) {
      count += validateLadder(book.limits[side], (order) => order.price);
      count += validateLadder(book.stops[side], (order) => order.stopPrice);
      count += validateQueue(book.markets[side]) + validateQueue(book.atClose[side]);
    }
    for (const order of book.orders()) {
      assert(order.book === book && orders.get(order.orderId) === order, 'an order in a book is an open order of that book');
      validateOrder(order, clockSec);
      assert(isBehindPrevious(order), 'orders of a level and of the market orders stand in their time');
    }
    assert(book.isSettled, 'in continuous trading nothing waits that would trade');
  }
  assert(count === orders.count, 'every open order waits in a book');
}

function validateLadder(ladder: PriceLadder, priceOf: (order: Order) => number): number {
  let count = 0;
  let last: OrderQueue | undefined;
  for (const level of ladder) {
    assert(level.count > 0, 'a level holds an order');
    assert(last === undefined || ladder.isBetter(last.price, level.price), 'levels stand best first');
    assert(ladder.at(level.price) === level, 'a level is found by its price');
    for (const order of level) assert(priceOf(order) === level.price, 'an order waits at its price');
    count += validateQueue(level);
    last = level;
  }
  return count;
}

function validateQueue(queue: OrderQueue): number {
  let count = 0;
  let shownQty = 0;
  let previous: Order | undefined;
  for (const order of queue) {
    assert(order.queue === queue && order.previous === previous, 'orders of a queue are linked both ways');
    previous = order;
    count++;
    shownQty += order.shownQty;
  }
  assert(queue.last === previous && queue.count === count, 'a queue knows how many wait');
  assert(queue.shownQty === shownQty, 'a queue knows what is shown');
  return count;
}

function validateOrder(order: Order, clockSec: number): void {
  const { place, shownQty, openQty, displayQty, timeInForce, ordType, expireAtSec } = order;
  assert(isSteps(openQty), 'an open order has something open');
  assert(!isImmediate(timeInForce), 'an order that does not rest is not open');
  assert(ordType !== OrderType.MARKET_TO_LIMIT, 'a market-to-limit order rests as a limit order');
  assert(timeInForce === InForce.GTD ? expireAtSec > clockSec : expireAtSec === 0, 'an order that is open is not due');
  assert(isStop(ordType) === (place === 'stop'), 'stops wait behind their stop price');
  if (place !== 'book') return assert(shownQty === 0, 'what waits outside the book shows nothing');
  assert(shownQty >= 1 && shownQty <= openQty, 'an order in the book shows something that it has');
  assert(displayQty === 0 ? shownQty === openQty : shownQty <= displayQty, 'an iceberg shows a slice, any other order all');
}

function isBehindPrevious(order: Order): boolean {
  const { book, place, previous } = order;
  if (previous === undefined || place === 'stop' || place === 'atClose') return true;
  return place === 'market' ? previous.turn < order.turn : book.marketsAhead(previous) <= book.marketsAhead(order);
}
