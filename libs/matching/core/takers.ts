// Simulated takers: now and then one trades what the best level of a book offers, so that resting orders are filled by others. What a taker does is a command
// in the venue's log: a replay needs neither the seed nor the clock.
import { Side } from '@switchyard/contracts';
import { type TakerOrder } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { Prng } from '@switchyard/kernel';
import { type Increments } from './increments.js';

export interface TakerSettings {
  /** Decides when takers come and what they take; the same seed, times and books give the same orders. */
  readonly seed: number | string;
  /** On average, in each instrument in which a session's order rests; 0: none. */
  readonly perMinute: number;
}

export const noTakers: TakerSettings = { seed: 1, perMinute: 0 };

/** Takers of one instrument. */
interface Visits {
  readonly prng: Prng;
  nextMs: number;
}

const minuteMs = 60_000;

export class Takers {
  readonly #settings: TakerSettings;
  readonly #visits = new Map<string, Visits>();

  constructor(settings: TakerSettings) {
    this.#settings = settings;
  }

  /** Whether one comes now. Asked at rising times; one that is late comes once, and the next not before its own time. */
  isDue(instrumentId: string, nowMs: number): boolean {
    if (this.#settings.perMinute === 0) return false;
    const visits = this.#visitsOf(instrumentId, nowMs);
    if (nowMs < visits.nextMs) return false;
    visits.nextMs = nowMs + this.#gapMs(visits.prng);
    return true;
  }

  /** What one takes: a side, and at most what its best level shows, at that level's price. Undefined where nothing is offered. */
  orderFor(
    instrumentId: string,
    best: { readonly bid?: Level | undefined; readonly ask?: Level | undefined },
    increments: Increments,
  ): TakerOrder | undefined {
    const { prng } = this.#visitsOf(instrumentId, 0);
    const wantsToBuy = prng.chance(1, 2);
    const isBuy = best.bid === undefined || (best.ask !== undefined && wantsToBuy);
    const level = isBuy ? best.ask : best.bid;
    const lots = level && increments.lots(level.qty);
    if (level === undefined || !lots?.ok) return undefined;
    const orderQty = increments.qty(1 + prng.below(lots.value));
    return { instrumentId, side: isBuy ? Side.BUY : Side.SELL, orderQty, price: level.price };
  }

  #visitsOf(instrumentId: string, nowMs: number): Visits {
    let visits = this.#visits.get(instrumentId);
    if (visits === undefined) {
      const prng = new Prng(this.#settings.seed).fork(`takers/${instrumentId}`);
      this.#visits.set(instrumentId, (visits = { prng, nextMs: nowMs + this.#gapMs(prng) }));
    }
    return visits;
  }

  /** From nothing to twice the mean, each as likely. */
  #gapMs(prng: Prng): number {
    return prng.below(Math.max(1, Math.round((2 * minuteMs) / Math.max(1, this.#settings.perMinute))) + 1);
  }
}
