// Levels of one side, best first, whatever a level holds.

/** Lowest first for asks and buy stops, highest first for bids and sell stops. */
export type BestPrice = 'lowest first' | 'highest first';

export class PriceLevels<Level extends { readonly price: number }> implements Iterable<Level> {
  readonly #levels: Level[] = [];
  readonly #levelAt = new Map<number, Level>();
  readonly #isLowestFirst: boolean;

  constructor(best: BestPrice) {
    this.#isLowestFirst = best === 'lowest first';
  }

  get best(): Level | undefined {
    return this.#levels[0];
  }

  at(price: number): Level | undefined {
    return this.#levelAt.get(price);
  }

  /** At most so many of the best. */
  top(count: number): Level[] {
    return this.#levels.slice(0, count);
  }

  /** Adds a level; there is none at its price yet. */
  add(level: Level): void {
    this.#levelAt.set(level.price, level);
    this.#levels.splice(this.#indexOf(level.price), 0, level);
  }

  delete(level: Level): void {
    this.#levelAt.delete(level.price);
    this.#levels.splice(this.#indexOf(level.price), 1);
  }

  /** Whether `price` has its turn before `other`. */
  isBetter(price: number, other: number): boolean {
    return this.#isLowestFirst ? price < other : price > other;
  }

  [Symbol.iterator](): Iterator<Level> {
    return this.#levels[Symbol.iterator]();
  }

  /** Where the level of this price is, or would be. */
  #indexOf(price: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBetter((this.#levels[middle] as Level).price, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
