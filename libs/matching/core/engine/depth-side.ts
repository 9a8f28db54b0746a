// One side of a book as a feed knows it, and what it told of it last.
import { assert } from '@switchyard/kernel';
import { type DepthLevel } from './engine.js';
import { PriceLevels, type BestPrice } from './price-levels.js';

export class DepthSide {
  readonly #levels: PriceLevels<{ price: number; qty: number; orders: number }>;
  #told: DepthLevel[] = [];

  constructor(best: BestPrice) {
    this.#levels = new PriceLevels(best);
  }

  get best(): DepthLevel | undefined {
    const { best } = this.#levels;
    return best && { ...best };
  }

  /** So many shown lots and orders more, or fewer. */
  change(price: number, qty: number, orders: number): void {
    let level = this.#levels.at(price);
    if (level === undefined) this.#levels.add((level = { price, qty: 0, orders: 0 }));
    level.qty += qty;
    level.orders += orders;
    assert(level.orders >= 0 && level.qty >= level.orders, 'every order of a level shows something');
    if (level.orders === 0) this.#levels.delete(level);
  }

  /** The levels that are not as they were told, among the `count` best; without orders for those that have gone from them. */
  tellChanges(count: number): { levels: DepthLevel[]; isBestChanged: boolean } {
    const before = this.#told;
    const now = this.#levels.top(count).map((level) => ({ ...level }));
    this.#told = now;
    const prices = new Map(now.map((level) => [level.price, level]));
    const gone = before.filter(({ price }) => !prices.has(price)).map(({ price }) => ({ price, qty: 0, orders: 0 }));
    for (const level of before) if (areSame(level, prices.get(level.price))) prices.delete(level.price);
    return { levels: [...gone, ...prices.values()], isBestChanged: !areSame(before[0], now[0]) };
  }
}

function areSame(level: DepthLevel | undefined, other: DepthLevel | undefined): boolean {
  return level?.price === other?.price && level?.qty === other?.qty && level?.orders === other?.orders;
}
