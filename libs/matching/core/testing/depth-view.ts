// What someone who hears only of changes knows of a book: the other end of a depth feed.
import { assert } from '@switchyard/kernel';
import { BookSide } from '../engine/command.js';
import { type DepthDeltas, type OrderDelta } from '../engine/depth-feed.js';
import { type DepthLevel, type MatchingEngine, type ShownOrder } from '../engine/engine.js';

/** Snapshots of one side. */
export interface SideView {
  readonly orders: readonly ShownOrder[];
  readonly levels: readonly DepthLevel[];
  readonly best: DepthLevel | undefined;
}

export class DepthView {
  /** By book and side; of each order what is shown, in the order in which they joined. */
  readonly #orders = new Map<string, Map<number, ShownOrder>>();
  readonly #levels = new Map<string, Map<number, DepthLevel>>();
  readonly #bests = new Map<string, DepthLevel | undefined>();

  apply({ orders, levels, tops }: DepthDeltas): void {
    for (const delta of orders) this.#applyOrder(delta);
    for (const { book, side, price, qty, orders: count } of levels) {
      const known = entry(this.#levels, keyOf(book, side));
      assert(count > 0 || known.has(price), 'only a level that was told can go');
      if (count === 0) known.delete(price);
      else known.set(price, { price, qty, orders: count });
    }
    for (const { book, bid, ask } of tops) this.#bests.set(keyOf(book, BookSide.BUY), bid).set(keyOf(book, BookSide.SELL), ask);
  }

  side(book: number, side: BookSide): SideView {
    const key = keyOf(book, side);
    const bestFirst = (one: { price: number }, other: { price: number }): number =>
      side === BookSide.BUY ? other.price - one.price : one.price - other.price;
    return {
      orders: [...entry(this.#orders, key).values()].sort(bestFirst),
      levels: [...entry(this.#levels, key).values()].sort(bestFirst),
      best: this.#bests.get(key),
    };
  }

  #applyOrder({ kind, book, side, orderId, price, qty }: OrderDelta): void {
    const known = entry(this.#orders, keyOf(book, side));
    assert(known.has(orderId) === (kind !== 'add'), 'an order is added once, then changed, then removed');
    if (kind === 'remove') known.delete(orderId);
    else known.set(orderId, { orderId, price, qty });
  }
}

/** The same view, asked of the engine itself. */
export function sideOf(engine: MatchingEngine, book: number, side: BookSide, levels: number): SideView {
  const depth = engine.depth(book, side, levels);
  return { orders: [...engine.orders(book, side)], levels: depth, best: depth[0] };
}

function keyOf(book: number, side: BookSide): string {
  return `${book} ${side}`;
}

function entry<T>(map: Map<string, Map<number, T>>, key: string): Map<number, T> {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = new Map()));
  return found;
}
