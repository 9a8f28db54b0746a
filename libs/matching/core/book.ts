// One instrument's price-time book, written to be read: it is the reference twin that faster engines are compared with.
import { OrdType, Side, TimeInForce } from '@switchyard/contracts';
import { assert } from '@switchyard/kernel';
import { type DepthLevel, type EngineOrder, type Fill, type Placement, type RestingOrder } from './engine.js';

interface Resting {
  readonly orderId: number;
  readonly side: Side.BUY | Side.SELL;
  readonly price: number;
  openQty: number;
}

/** All orders at one price, the oldest first: a Map keeps the order of insertion, and lets go of any of them at once. */
interface Level {
  readonly price: number;
  totalQty: number;
  readonly orders: Map<number, Resting>;
}

/** One side: its levels sorted so that the best is the last, where adding and removing is cheapest. */
class BookSide {
  readonly levels: Level[] = [];

  constructor(readonly side: Side.BUY | Side.SELL) {}

  get best(): Level | undefined {
    return this.levels.at(-1);
  }

  /** Whether price `a` is served before price `b`: buyers want to pay most, sellers to ask least. */
  isBetter(a: number, b: number): boolean {
    return this.side === Side.BUY ? a > b : a < b;
  }

  add(order: Resting): void {
    const at = this.#indexOf(order.price);
    let level = this.levels[at];
    if (level?.price !== order.price) {
      level = { price: order.price, totalQty: 0, orders: new Map() };
      this.levels.splice(at, 0, level);
    }
    level.orders.set(order.orderId, order);
    level.totalQty += order.openQty;
  }

  /** Lowers an order's open quantity where it stands; at zero it leaves, and its level with it when it was the last. */
  take(order: Resting, qty: number): void {
    const at = this.#indexOf(order.price);
    const level = this.levels[at];
    assert(level?.price === order.price && qty <= order.openQty, 'a resting order has a level, and no more is taken than it has');
    order.openQty -= qty;
    level.totalQty -= qty;
    if (order.openQty === 0) level.orders.delete(order.orderId);
    if (level.orders.size === 0) this.levels.splice(at, 1);
  }

  /** Where the level of this price is, or would be. The best levels are looked at first: most orders come near them. */
  #indexOf(price: number): number {
    let at = this.levels.length;
    while (at > 0) {
      const level = this.levels[at - 1] as Level;
      if (level.price === price) return at - 1;
      if (this.isBetter(price, level.price)) return at;
      at--;
    }
    return 0;
  }
}

/** A book. Prices in ticks, quantities in lots; order ids are the caller's. */
export class Book {
  readonly #bids = new BookSide(Side.BUY);
  readonly #asks = new BookSide(Side.SELL);
  readonly #resting = new Map<number, Resting>();

  constructor(readonly book: number) {}

  place(order: EngineOrder): Placement {
    assert(!this.#resting.has(order.orderId), 'an orderId is used once');
    const opposite = order.side === Side.BUY ? this.#asks : this.#bids;
    const limit = order.ordType === OrdType.LIMIT ? order.price : undefined;
    if (order.timeInForce === TimeInForce.FOK && !this.#canFill(opposite, limit, order.qty)) {
      return { fills: [], outcome: 'unfillable', leavesQty: order.qty };
    }
    const fills: Fill[] = [];
    const leavesQty = this.#match(opposite, limit, order.qty, fills);
    if (leavesQty === 0) return { fills, outcome: 'filled', leavesQty };
    if (limit === undefined || order.timeInForce === TimeInForce.IOC) return { fills, outcome: 'no-liquidity', leavesQty };
    this.#rest({ orderId: order.orderId, side: order.side, price: limit, openQty: leavesQty });
    return { fills, outcome: 'rests', leavesQty };
  }

  cancel(orderId: number): number | undefined {
    const order = this.#resting.get(orderId);
    if (order === undefined) return undefined;
    const openQty = order.openQty;
    this.#sideOf(order.side).take(order, openQty);
    this.#resting.delete(orderId);
    return openQty;
  }

  replace(orderId: number, price: number, openQty: number): Placement | undefined {
    const order = this.#resting.get(orderId);
    if (order === undefined) return undefined;
    if (price === order.price && openQty <= order.openQty) {
      this.#sideOf(order.side).take(order, order.openQty - openQty);
      return { fills: [], outcome: 'rests', leavesQty: openQty };
    }
    this.cancel(orderId);
    return this.place({
      orderId,
      book: this.book,
      side: order.side,
      ordType: OrdType.LIMIT,
      timeInForce: TimeInForce.DAY,
      price,
      qty: openQty,
    });
  }

  rests(orderId: number): boolean {
    return this.#resting.has(orderId);
  }

  depth(side: Side.BUY | Side.SELL, levels: number): DepthLevel[] {
    const all = this.#sideOf(side).levels;
    return all
      .slice(Math.max(0, all.length - levels))
      .reverse()
      .map((level) => ({ price: level.price, qty: level.totalQty, orders: level.orders.size }));
  }

  *resting(): Iterable<RestingOrder> {
    for (const side of [this.#bids, this.#asks]) {
      for (const level of side.levels) {
        for (const { orderId, openQty } of level.orders.values())
          yield { orderId, book: this.book, side: side.side, price: level.price, qty: openQty };
      }
    }
  }

  validateInternalState(): void {
    let count = 0;
    for (const side of [this.#bids, this.#asks]) {
      side.levels.forEach((level, at) => {
        const next = side.levels[at + 1];
        assert(next === undefined || side.isBetter(next.price, level.price), 'levels are sorted, the best last, and no price comes twice');
        assert(level.orders.size > 0, 'a level has orders');
        let total = 0;
        for (const [orderId, order] of level.orders) {
          assert(
            order.openQty > 0 && order.price === level.price && order.side === side.side,
            'an order rests on its own level with an open quantity',
          );
          assert(this.#resting.get(orderId) === order, 'every order on a level is in the index');
          total += order.openQty;
          count++;
        }
        assert(total === level.totalQty, "a level's quantity is the sum of its orders'");
      });
    }
    assert(count === this.#resting.size, 'every order in the index is on a level');
    const bid = this.#bids.best;
    const ask = this.#asks.best;
    assert(bid === undefined || ask === undefined || bid.price < ask.price, 'a book at rest is not crossed');
  }

  #sideOf(side: Side.BUY | Side.SELL): BookSide {
    return side === Side.BUY ? this.#bids : this.#asks;
  }

  #rest(order: Resting): void {
    this.#sideOf(order.side).add(order);
    this.#resting.set(order.orderId, order);
  }

  #canFill(opposite: BookSide, limit: number | undefined, qty: number): boolean {
    let missing = qty;
    for (let at = opposite.levels.length - 1; at >= 0 && missing > 0; at--) {
      const level = opposite.levels[at] as Level;
      if (limit !== undefined && opposite.isBetter(limit, level.price)) break;
      missing -= level.totalQty;
    }
    return missing <= 0;
  }

  /** Trades against the best levels, the oldest order first, as far as the limit allows; returns what is left. */
  #match(opposite: BookSide, limit: number | undefined, qty: number, fills: Fill[]): number {
    let leavesQty = qty;
    for (let level = opposite.best; leavesQty > 0 && level !== undefined; level = opposite.best) {
      // The opposite side would serve our limit before this level: the level asks for more than we give.
      if (limit !== undefined && opposite.isBetter(limit, level.price)) break;
      for (const maker of level.orders.values()) {
        const lastQty = Math.min(leavesQty, maker.openQty);
        leavesQty -= lastQty;
        opposite.take(maker, lastQty);
        if (maker.openQty === 0) this.#resting.delete(maker.orderId);
        fills.push({ makerOrderId: maker.orderId, price: level.price, qty: lastQty });
        if (leavesQty === 0) break;
      }
    }
    return leavesQty;
  }
}
