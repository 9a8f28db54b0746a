// The market around the orders of sessions: the maker follows the quotes, and takers come by.
import { type MakerQuote } from '@switchyard/contracts/gen/matching/v1/events';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock } from '@switchyard/kernel';
import { makerQuote, type MakerSettings } from './maker.js';
import { Takers, type TakerSettings } from './takers.js';
import { type Apply } from './venue-loop.js';
import { type Venue } from './venue.js';

export interface SimulationOptions {
  readonly venue: Venue;
  readonly clock: Clock;
  /** The newest quote of an instrument, if there is one. */
  readonly quoteOf: (instrumentId: string) => Quote | undefined;
  readonly maker: MakerSettings;
  readonly takers: TakerSettings;
}

/** What was traded away of the maker's levels comes back no sooner: an order meets the newest quote anyway, and each refill is a row of the log. */
const refillMs = 1_000;

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #takers: Takers;
  /** By instrument: the sequence of the quote that the maker shows, and since when, set when the venue has it. */
  readonly #shown = new Map<string, { readonly quoteSeq: number; readonly atMs: number }>();
  /** Instruments with levels of an earlier life of the venue: of quotes that nobody stands for any more. */
  readonly #outlived: Set<string>;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#takers = new Takers(options.takers);
    this.#outlived = new Set([...options.venue.instrumentIds].filter((instrumentId) => options.venue.hasMakerOrders(instrumentId)));
  }

  /** Whether the maker is behind: there is a quote that it has not looked at, or it shows what is of an earlier life of the venue. */
  isBehind(instrumentId: string): boolean {
    const quote = this.#options.quoteOf(instrumentId);
    return this.#outlived.has(instrumentId) || (quote !== undefined && quote.seq !== this.#shown.get(instrumentId)?.quoteSeq);
  }

  /** Whether the maker should look at its quote now: where that matters to an order or a watcher, and where it shows nothing yet. */
  wantsQuote(instrumentId: string, isWatched: boolean): boolean {
    const { venue, clock } = this.#options;
    const shown = this.#shown.get(instrumentId);
    const matters =
      shown === undefined ||
      isWatched ||
      venue.hasResting(instrumentId) ||
      (venue.isMakerTouched(instrumentId) && clock.monotonicMs() - shown.atMs >= refillMs);
    return matters && this.#levelsToShow(instrumentId) !== undefined;
  }

  /** What the newest quote is, and whether it is to be shown, is judged when its turn comes: now. */
  showQuote(instrumentId: string, apply: Apply): void {
    const { venue, clock, quoteOf } = this.#options;
    const value = this.#levelsToShow(instrumentId);
    if (value !== undefined) apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'makerQuote', value } });
    const quote = quoteOf(instrumentId);
    // A quote that the phase kept out is looked at again when the phase has passed.
    if (quote !== undefined && venue.takesMakerQuote(instrumentId))
      this.#shown.set(instrumentId, { quoteSeq: quote.seq, atMs: clock.monotonicMs() });
    if (this.#shown.has(instrumentId) || !venue.hasMakerOrders(instrumentId)) this.#outlived.delete(instrumentId);
  }

  /** Whether a taker comes now: only where an order of a session waits for one. */
  isTakerDue(instrumentId: string): boolean {
    const { venue, clock } = this.#options;
    return venue.hasResting(instrumentId) && this.#takers.isDue(instrumentId, clock.monotonicMs());
  }

  /** Takes what the book offers now, after the newest quote. */
  comeBy(instrumentId: string, apply: Apply): void {
    const { venue, clock } = this.#options;
    if (this.isBehind(instrumentId)) this.showQuote(instrumentId, apply);
    const increments = venue.incrementsOf(instrumentId);
    const depth = venue.depth(instrumentId, 1);
    if (increments === undefined || depth === undefined || venue.phaseOf(instrumentId) !== TradingPhase.CONTINUOUS) return;
    const value = this.#takers.orderFor(instrumentId, { bid: depth.bids[0], ask: depth.asks[0] }, increments);
    if (value !== undefined) apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'takerOrder', value } });
  }

  /** The maker's levels for the newest quote; none instead of those of an earlier life; undefined when nothing is to be changed. */
  #levelsToShow(instrumentId: string): MakerQuote | undefined {
    const { venue, quoteOf, maker } = this.#options;
    const quote = quoteOf(instrumentId);
    const increments = venue.incrementsOf(instrumentId);
    if (increments === undefined) return undefined;
    const quoted = quote && makerQuote(quote, increments, maker);
    const levels = quoted ?? (this.#outlived.has(instrumentId) ? { instrumentId, bids: [], asks: [] } : undefined);
    return levels === undefined || venue.showsMakerQuote(levels) ? undefined : levels;
  }
}
