// Price levels of one side, best first.
import { assert } from '@switchyard/kernel';
import { OrderQueue, type Order } from './reference-order.js';

/** Queues of orders by price. Lowest first for asks and for buy stops, highest first for bids and for sell stops. */
export class PriceLadder implements Iterable<OrderQueue> {
  readonly #levels: OrderQueue[] = [];
  readonly #levelAt = new Map<number, OrderQueue>();
  readonly #isLowestFirst: boolean;

  constructor(best: 'lowest first' | 'highest first') {
    this.#isLowestFirst = best === 'lowest first';
  }

  get best(): OrderQueue | undefined {
    return this.#levels[0];
  }

  at(price: number): OrderQueue | undefined {
    return this.#levelAt.get(price);
  }

  /** Joins the back of the level at this price. */
  append(order: Order, price: number): void {
    let level = this.#levelAt.get(price);
    if (level === undefined) {
      level = new OrderQueue(price);
      this.#levelAt.set(price, level);
      this.#levels.splice(this.#indexOf(price), 0, level);
    }
    level.append(order);
  }

  /** An emptied level goes with its last order. */
  remove(order: Order): void {
    const level = order.queue;
    assert(level !== undefined && this.#levelAt.get(level.price) === level, 'an order leaves the ladder that it is in');
    level.remove(order);
    if (level.count > 0) return;
    this.#levelAt.delete(level.price);
    this.#levels.splice(this.#indexOf(level.price), 1);
  }

  /** Whether an order here at `price` has its turn before one at `other`. */
  isBetter(price: number, other: number): boolean {
    return this.#isLowestFirst ? price < other : price > other;
  }

  [Symbol.iterator](): Iterator<OrderQueue> {
    return this.#levels[Symbol.iterator]();
  }

  /** Every order, best level first, then in time order. */
  *orders(): Generator<Order> {
    for (const level of this.#levels) yield* level;
  }

  /** Where the level of this price is, or would be. */
  #indexOf(price: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBetter((this.#levels[middle] as OrderQueue).price, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
