// Orders of one side by their price, best first.
import { assert } from '@switchyard/kernel';
import { PriceLevels } from './price-levels.js';
import { OrderQueue, type Order } from './reference-order.js';

/** Queues of orders by price. */
export class PriceLadder extends PriceLevels<OrderQueue> {
  /** Joins the back of the level at this price. */
  append(order: Order, price: number): void {
    this.#levelOf(price).append(order);
  }

  /** Joins the level at this price behind those that came before it. */
  insertByTurn(order: Order, price: number): void {
    this.#levelOf(price).insertByTurn(order);
  }

  /** An emptied level goes with its last order. */
  remove(order: Order): void {
    const level = order.queue;
    assert(level !== undefined && this.at(level.price) === level, 'an order leaves the ladder that it is in');
    level.remove(order);
    if (level.count === 0) this.delete(level);
  }

  /** Every order, best level first, then in time order. */
  *orders(): Generator<Order> {
    for (const level of this) yield* level;
  }

  #levelOf(price: number): OrderQueue {
    let level = this.at(price);
    if (level === undefined) this.add((level = new OrderQueue(price)));
    return level;
  }
}
