// One book of the reference engine: where its orders wait, and its rules. It moves orders; it reports nothing.
import { assert } from '@switchyard/kernel';
import { BookSide, OrderType, Phase, type BookRules } from './command.js';
import { PriceLadder } from './reference-ladder.js';
import { OrderQueue, type Order } from './reference-order.js';
import { isStop } from './rules.js';
import { places, type Place } from './state-order.js';
import { turnsUpTo } from './state.js';

export class ReferenceBook {
  phase: Phase = Phase.CLOSED;
  /** Ticks; 0 before the first trade. */
  lastPrice = 0;
  /** Limit orders, by side. */
  readonly limits = [new PriceLadder('highest first'), new PriceLadder('lowest first')] as const;
  /** Market orders that wait for an auction, by side. */
  readonly markets = [new OrderQueue(), new OrderQueue()] as const;
  /** Stops by their stop price, by side: the one that triggers first is the best. */
  readonly stops = [new PriceLadder('lowest first'), new PriceLadder('highest first')] as const;
  /** Orders that wait for the closing auction, by side. */
  readonly atClose = [new OrderQueue(), new OrderQueue()] as const;
  /** The turn of the market order that came last, by side. */
  readonly #turns: [number, number] = [0, 0];

  constructor(
    readonly id: number,
    public rules: BookRules,
  ) {}

  /** Limit orders that an order of this side trades with. */
  opposite(side: BookSide): PriceLadder {
    return this.limits[side === BookSide.BUY ? BookSide.SELL : BookSide.BUY];
  }

  /** Whether an order of this side and price would trade with the best order against it. */
  crosses(side: BookSide, price: number): boolean {
    const opposite = this.opposite(side);
    return opposite.best !== undefined && !opposite.isBetter(price, opposite.best.price);
  }

  /** The stop that executes next: the buy stop with the lowest price, then the sell stop with the highest. */
  get nextTriggered(): Order | undefined {
    if (this.phase !== Phase.CONTINUOUS || this.lastPrice === 0) return undefined;
    const buys = this.stops[BookSide.BUY].best;
    if (buys !== undefined && buys.price <= this.lastPrice) return buys.first;
    const sells = this.stops[BookSide.SELL].best;
    return sells !== undefined && sells.price >= this.lastPrice ? sells.first : undefined;
  }

  /** Between two commands always: in continuous trading nothing waits that would trade. */
  get isSettled(): boolean {
    const bid = this.limits[BookSide.BUY].best;
    const isCrossed = bid !== undefined && this.crosses(BookSide.BUY, bid.price);
    const someMarket = this.markets[BookSide.BUY].first ?? this.markets[BookSide.SELL].first;
    return this.phase !== Phase.CONTINUOUS || (!isCrossed && someMarket === undefined && this.nextTriggered === undefined);
  }

  /** Where an order of its type waits outside the at-close lists. */
  placeOf(order: Order): Place {
    if (isStop(order.ordType)) return 'stop';
    return order.ordType === OrderType.LIMIT ? 'book' : 'market';
  }

  /** Puts an order at the back of its level or list. Only in the book something of it is shown. */
  append(order: Order, place: Place, shownQty = place === 'book' ? order.sliceQty : 0): void {
    assert(order.place === undefined, 'an order is in one place');
    order.place = place;
    order.shownQty = shownQty;
    order.turn = place === 'market' ? ++this.#turns[order.side] : this.#turns[order.side];
    if (place === 'book') this.limits[order.side].append(order, order.price);
    else if (place === 'stop') this.stops[order.side].append(order, order.stopPrice);
    else this.#list(order, place).append(order);
  }

  /** A market order that an auction left becomes a limit order of this price. It keeps the time at which it came. */
  settle(order: Order, price: number): void {
    this.remove(order);
    order.becomeLimit(price);
    order.place = 'book';
    order.shownQty = order.openQty;
    this.limits[order.side].insertByTurn(order, price);
  }

  /** How many of the market orders that wait on the side of a limit order came before it. */
  marketsAhead(order: Order): number {
    const turns = Array.from(this.markets[order.side], ({ turn }) => turn);
    return turnsUpTo(turns, order.turn);
  }

  /** Takes an order out of where it waits; one on its way is nowhere. */
  remove(order: Order): void {
    const { place } = order;
    if (place === undefined) return;
    if (place === 'book') this.limits[order.side].remove(order);
    else if (place === 'stop') this.stops[order.side].remove(order);
    else this.#list(order, place).remove(order);
    order.place = undefined;
    order.shownQty = 0;
  }

  /** Every order that waits in this place, buys first. */
  *ordersIn(place: Place): Generator<Order> {
    for (const side of [BookSide.BUY, BookSide.SELL]) {
      if (place === 'book') yield* this.limits[side].orders();
      else if (place === 'stop') yield* this.stops[side].orders();
      else yield* place === 'market' ? this.markets[side] : this.atClose[side];
    }
  }

  /** Every order, in the order in which a state lists them. */
  *orders(): Generator<Order> {
    for (const place of places) yield* this.ordersIn(place);
  }

  #list(order: Order, place: 'market' | 'atClose'): OrderQueue {
    return (place === 'market' ? this.markets : this.atClose)[order.side];
  }
}
