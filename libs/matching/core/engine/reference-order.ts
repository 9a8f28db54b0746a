// An open order of the reference engine, and the queue in which it waits for its turn.
import { assert } from '@switchyard/kernel';
import { type InForce, OrderType, type BookSide, type SelfTrade } from './command.js';
import { type OpenOrder } from './engine.js';
import { type ReferenceBook } from './reference-book.js';
import { isImmediate } from './rules.js';
import { type Place } from './state-order.js';

/** What an order says when it is placed. */
export type OrderTerms = Omit<OpenOrder, 'book' | 'openQty' | 'shownQty'>;

export class Order {
  readonly orderId: number;
  readonly account: number;
  readonly side: BookSide;
  readonly timeInForce: InForce;
  readonly selfTrade: SelfTrade;
  readonly postOnly: boolean;
  /** 0: all of it is shown. */
  readonly displayQty: number;
  readonly expireAtSec: number;
  ordType: OrderType;
  price: number;
  stopPrice: number;
  protectionBps: number;
  /** Hidden lots included. */
  openQty: number;
  shownQty = 0;
  /** When it joined where it waits: a market order stands behind those of a lower turn, a limit order behind the market orders of a turn that is no higher. */
  turn = 0;

  /** Undefined while it is on its way: not yet in the book, or out of it. */
  place: Place | undefined;
  queue: OrderQueue | undefined;
  previous: Order | undefined;
  next: Order | undefined;

  constructor(
    readonly book: ReferenceBook,
    terms: OrderTerms,
    openQty: number,
  ) {
    this.orderId = terms.orderId;
    this.account = terms.account;
    this.side = terms.side;
    this.timeInForce = terms.timeInForce;
    this.selfTrade = terms.selfTrade;
    this.postOnly = terms.postOnly;
    this.displayQty = terms.displayQty;
    this.expireAtSec = terms.expireAtSec;
    this.ordType = terms.ordType;
    this.price = terms.price;
    this.stopPrice = terms.stopPrice;
    this.protectionBps = terms.protectionBps;
    this.openQty = openQty;
  }

  /** One slice: what it shows when it joins a price level. */
  get sliceQty(): number {
    return this.displayQty === 0 ? this.openQty : Math.min(this.displayQty, this.openQty);
  }

  /** What others would see of it if it came to rest now: nothing of an order that does not rest at a price. */
  get shownIfRested(): number {
    return this.ordType === OrderType.LIMIT && !isImmediate(this.timeInForce) ? this.sliceQty : 0;
  }

  /** From now on a limit order with this price. */
  becomeLimit(price: number): void {
    this.ordType = OrderType.LIMIT;
    this.price = price;
    this.stopPrice = 0;
    this.protectionBps = 0;
  }

  snapshot(): OpenOrder {
    const { orderId, account, side, ordType, timeInForce, selfTrade, postOnly } = this;
    const { price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps } = this;
    const attributes = { orderId, book: this.book.id, account, side, ordType, timeInForce, selfTrade, postOnly };
    return { ...attributes, price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps };
  }
}

/** Orders in time order, linked, so that any of them leaves in one step. */
export class OrderQueue implements Iterable<Order> {
  first: Order | undefined;
  last: Order | undefined;
  /** How many orders, and how much they show together. */
  count = 0;
  shownQty = 0;

  /** @param price of a level; 0 where the queue has none. */
  constructor(readonly price = 0) {}

  /** Joins at the back. */
  append(order: Order): void {
    this.#link(this.last, order, undefined);
  }

  #link(previous: Order | undefined, order: Order, next: Order | undefined): void {
    assert(order.queue === undefined, 'an order waits in one queue');
    order.queue = this;
    order.previous = previous;
    order.next = next;
    if (previous === undefined) this.first = order;
    else previous.next = order;
    if (next === undefined) this.last = order;
    else next.previous = order;
    this.count++;
    this.shownQty += order.shownQty;
  }

  /** Joins behind those that came before it. */
  insertByTurn(order: Order): void {
    let ahead = this.last;
    while (ahead !== undefined && ahead.turn >= order.turn) ahead = ahead.previous;
    this.#link(ahead, order, ahead === undefined ? this.first : ahead.next);
  }

  remove(order: Order): void {
    assert(order.queue === this, 'an order leaves the queue in which it waits');
    if (order.previous === undefined) this.first = order.next;
    else order.previous.next = order.next;
    if (order.next === undefined) this.last = order.previous;
    else order.next.previous = order.previous;
    order.queue = order.previous = order.next = undefined;
    this.count--;
    this.shownQty -= order.shownQty;
  }

  /** Shows another quantity of an order, which keeps its turn. */
  show(order: Order, shownQty: number): void {
    assert(order.queue === this, 'an order shows itself where it waits');
    this.shownQty += shownQty - order.shownQty;
    order.shownQty = shownQty;
  }

  *[Symbol.iterator](): Iterator<Order> {
    for (let order = this.first; order !== undefined; order = order.next) yield order;
  }
}
