// What is left of the maker's levels: what was taken of one is back a second later, not with the next quote.
import { type MakerQuote } from '@switchyard/contracts/gen/matching/v1/events';
import { BookSide } from './engine/index.js';
import { type Increments } from './increments.js';

/** A level of the maker, in ticks and lots. */
export interface MakerLevel {
  readonly side: BookSide;
  readonly price: number;
  readonly qty: number;
}

/** What was taken of a level comes back so long after the first of it was taken: a market does not refill because somebody looked. */
const refillMs = 1_000;

/** The levels of one instrument. */
export class LeftLevels {
  /** What was open when somebody looked last. */
  #open: readonly MakerLevel[] = [];
  /** Lots that were taken, by side and price, and since when. */
  readonly #taken = new Map<number, { readonly lots: number; readonly sinceMs: number }>();

  /** The maker set these, of which so much is open now. */
  set(levels: readonly MakerLevel[], open: readonly MakerLevel[], nowMs: number): void {
    this.#open = levels;
    this.note(open, nowMs);
  }

  /** What is open now: the rest was taken since. */
  note(open: readonly MakerLevel[], nowMs: number): void {
    const left = new Map(open.map((level) => [keyOf(level), level.qty]));
    for (const level of this.#open) {
      const lots = level.qty - (left.get(keyOf(level)) ?? 0);
      if (lots <= 0) continue;
      const before = this.#taken.get(keyOf(level));
      this.#taken.set(keyOf(level), { lots: lots + (before?.lots ?? 0), sinceMs: before?.sinceMs ?? nowMs });
    }
    this.#open = open;
  }

  /** Of whole levels, what is left now. */
  leftOf(levels: readonly MakerLevel[], nowMs: number): MakerLevel[] {
    return levels.map((level) => ({ ...level, qty: level.qty - this.#takenOf(level, nowMs) })).filter(({ qty }) => qty > 0);
  }

  /** Whether something that was taken is to come back. */
  isDue(nowMs: number): boolean {
    for (const { sinceMs } of this.#taken.values()) if (nowMs - sinceMs >= refillMs) return true;
    return false;
  }

  /** What is due is back. */
  refill(nowMs: number): void {
    for (const [key, { sinceMs }] of this.#taken) if (nowMs - sinceMs >= refillMs) this.#taken.delete(key);
  }

  #takenOf(level: MakerLevel, nowMs: number): number {
    const taken = this.#taken.get(keyOf(level));
    return taken === undefined || nowMs - taken.sinceMs >= refillMs ? 0 : taken.lots;
  }
}

/** Levels as a command says them. @param levels of each side best first. */
export function makerQuoteOf(instrumentId: string, levels: readonly MakerLevel[], increments: Increments): MakerQuote {
  const sideOf = (wanted: BookSide): MakerQuote['bids'] =>
    levels
      .filter(({ side }) => side === wanted)
      .map(({ price, qty }) => ({ price: increments.price(price), qty: increments.qty(qty), orders: 1 }));
  return { instrumentId, bids: sideOf(BookSide.BUY), asks: sideOf(BookSide.SELL) };
}

/** Whether these are the same levels, in whatever order. */
export function areSameLevels(some: readonly MakerLevel[], others: readonly MakerLevel[]): boolean {
  const qtyAt = new Map(others.map((level) => [keyOf(level), level.qty]));
  return some.length === others.length && some.every((level) => qtyAt.get(keyOf(level)) === level.qty);
}

/** A number, since each order that trades makes one for every level: prices are below 2^31, so that it is whole. */
function keyOf({ side, price }: MakerLevel): number {
  return 2 * price + side;
}
