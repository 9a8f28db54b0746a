// The reference engine's state as words, both ways; the layout is in state.ts.
import { accountMax, bookMax, BookSide, Phase } from './command.js';
import { type WordSink } from './engine.js';
import { ReferenceBook } from './reference-book.js';
import { type AccountGroups } from './reference-matching.js';
import { Order } from './reference-order.js';
import { type OpenOrders } from './reference-orders.js';
import { areBookRules, isSteps } from './rules.js';
import { readStateOrder, places, writeStateOrder, type Place } from './state-order.js';
import { StateReader, writeStateCounters, type StateCounters } from './state.js';

/** What a state fills. */
export interface ReferenceParts {
  readonly groups: AccountGroups;
  readonly orders: OpenOrders;
  readonly books: Map<number, ReferenceBook>;
}

/** What a state is made of. */
export interface ReferenceState extends StateCounters {
  readonly groups: AccountGroups;
  /** By their number. */
  readonly listed: readonly ReferenceBook[];
}

/** The lists of a book in the order in which a state has them. */
const lists = places.flatMap((place) => [
  { place, side: BookSide.BUY },
  { place, side: BookSide.SELL },
]);

export function writeReferenceState({ groups, listed, ...counters }: ReferenceState, out: WordSink): void {
  writeStateCounters(counters, out);
  const entries = groups.entries();
  out.add(entries.length);
  for (const [account, group] of entries) {
    out.add(account);
    out.add(group);
  }
  out.add(listed.length);
  for (const book of listed) writeBook(book, out);
}

function writeBook(book: ReferenceBook, out: WordSink): void {
  const { referencePrice, freezeQty, bandLow, bandHigh } = book.rules;
  for (const word of [book.id, book.phase, referencePrice, freezeQty, bandLow, bandHigh, book.lastPrice]) out.add(word);
  for (const { place, side } of lists) {
    const orders = ordersOf(book, place, side);
    out.add(orders.length);
    for (const order of orders) writeStateOrder(order, place === 'book' ? book.marketsAhead(order) : 0, out);
  }
}

function ordersOf(book: ReferenceBook, place: Place, side: BookSide): Order[] {
  if (place === 'book') return [...book.limits[side].orders()];
  if (place === 'stop') return [...book.stops[side].orders()];
  return [...(place === 'market' ? book.markets : book.atClose)[side]];
}

/** Fills the empty parts of `into`, and returns the counters. Throws StateFormatError. */
export function readReferenceState(words: Int32Array, into: ReferenceParts): StateCounters {
  const input: StateReader = new StateReader(words);
  const clockSec = input.next() >>> 0;
  const counters = { clockSec, commandSeq: input.counter(), reportSeq: input.counter(), tradeNo: input.counter() };
  let previous = -1;
  for (let rest = input.count(); rest > 0; rest--) {
    const account = input.next();
    const group = input.next();
    input.expect(account > previous && account <= accountMax && group > 0, 'accounts with a group, ascending');
    into.groups.set(account, group);
    previous = account;
  }
  previous = -1;
  for (let rest = input.count(); rest > 0; rest--) {
    const book = readBook(input, into.orders, clockSec);
    input.expect(book.id > previous && book.id <= bookMax, 'books ascending');
    into.books.set(book.id, book);
    previous = book.id;
  }
  input.expect(input.isAtEnd, 'nothing after the last book');
  return counters;
}

function readBook(input: StateReader, orders: OpenOrders, clockSec: number): ReferenceBook {
  const id = input.next();
  const phase = input.next();
  const [referencePrice, freezeQty, bandLow, bandHigh] = [input.next(), input.next(), input.next(), input.next()] as const;
  const rules = { referencePrice, freezeQty, bandLow, bandHigh };
  const book = new ReferenceBook(id, rules);
  input.expect(phase >= Phase.CLOSED && phase <= Phase.HALT && areBookRules(rules), 'a phase and rules of a book');
  book.phase = phase as Phase;
  book.lastPrice = input.next();
  input.expect(book.lastPrice === 0 || isSteps(book.lastPrice), 'a last price');
  for (const { place, side } of lists) {
    let last: Order | undefined;
    for (let rest = place === 'market' ? input.marketCount() : input.count(); rest > 0; rest--) {
      const { openQty, shownQty, marketsAhead, ...terms } = readStateOrder(input, place, side, clockSec);
      const order = new Order(book, terms, openQty);
      input.expect(last === undefined || !isAhead(order, last, place), 'a list in the order of its prices');
      input.expect(orders.get(order.orderId) === undefined, 'an order once');
      book.append(order, place, shownQty);
      // Read from a state, market orders have the turns 1, 2, 3 …
      if (place === 'book') order.turn = marketsAhead;
      input.expect(
        order.previous === undefined || place !== 'book' || order.previous.turn <= order.turn,
        'a level in the order of its time',
      );
      orders.add(order);
      last = order;
    }
  }
  for (const order of book.ordersIn('book')) input.expect(order.turn <= book.markets[order.side].count, 'market orders that are there');
  input.expect(book.isSettled, 'nothing in continuous trading that would trade');
  return book;
}

/** Whether the price of an order puts it before another in such a list. */
function isAhead(order: Order, other: Order, place: Place): boolean {
  const { limits, stops } = order.book;
  if (place === 'book') return limits[order.side].isBetter(order.price, other.price);
  return place === 'stop' && stops[order.side].isBetter(order.stopPrice, other.stopPrice);
}
