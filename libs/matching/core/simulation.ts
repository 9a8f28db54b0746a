// The market around the orders of sessions: the maker follows the quotes, and takers come by.
import { type MakerQuote } from '@switchyard/contracts/gen/matching/v1/events';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type Clock } from '@switchyard/kernel';
import { type BookRules } from './engine/index.js';
import { type Increments } from './increments.js';
import { makerQuote, type MakerSettings } from './maker.js';
import { areSameLevels, LeftLevels, type MakerLevel, makerQuoteOf } from './maker-levels.js';
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

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #takers: Takers;
  /** By instrument: the sequence of the quote that the maker looked at last, set when the venue has it. */
  readonly #shown = new Map<string, number>();
  /** By instrument, with the increments that its ticks and lots are of: what is left of the maker's levels. */
  readonly #levels = new Map<string, { readonly increments: Increments; readonly left: LeftLevels }>();
  /** By instrument: the maker's whole levels around the quote, which every order there asks for. */
  readonly #whole = new Map<
    string,
    { readonly quote: Quote; readonly rules: BookRules | undefined; readonly levels: readonly MakerLevel[] | undefined }
  >();
  /** Instruments with levels of an earlier life of the venue: of quotes that nobody stands for any more. */
  readonly #outlived: Set<string>;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#takers = new Takers(options.takers);
    this.#outlived = new Set([...options.venue.instrumentIds].filter((instrumentId) => options.venue.hasMakerOrders(instrumentId)));
  }

  /** Whether the maker is behind: there is a quote that it has not looked at, what was taken is due, or it shows what is of an earlier life of the venue. */
  isBehind(instrumentId: string): boolean {
    const quote = this.#options.quoteOf(instrumentId);
    return (
      this.#outlived.has(instrumentId) ||
      this.#isRefillDue(instrumentId) ||
      (quote !== undefined && quote.seq !== this.#shown.get(instrumentId))
    );
  }

  /** Something may have been taken of the maker's levels just now. */
  noteTaken(instrumentId: string): void {
    const { venue, clock } = this.#options;
    if (venue.isMakerTouched(instrumentId))
      this.#levels.get(instrumentId)?.left.note(venue.openMakerLevels(instrumentId), clock.monotonicMs());
  }

  /** Whether the maker should look at its quote now: where that matters to an order or a watcher, and where it shows nothing yet. */
  wantsQuote(instrumentId: string, isWatched: boolean): boolean {
    const { venue } = this.#options;
    const matters = !this.#shown.has(instrumentId) || isWatched || venue.hasResting(instrumentId) || this.#isRefillDue(instrumentId);
    return matters && this.#levelsToShow(instrumentId) !== undefined;
  }

  /** What the newest quote is, and whether it is to be shown, is judged when its turn comes: now. */
  showQuote(instrumentId: string, apply: Apply): void {
    const { venue, clock, quoteOf } = this.#options;
    this.noteTaken(instrumentId);
    const value = this.#levelsToShow(instrumentId);
    if (value !== undefined) {
      apply({ atMs: clock.nowMs(), sessionId: '', command: { $case: 'makerQuote', value } });
      // An order that rested may have taken some at once.
      this.#leftOf(instrumentId)?.set(venue.makerLevels(value) ?? [], venue.openMakerLevels(instrumentId), clock.monotonicMs());
    }
    this.#leftOf(instrumentId)?.refill(clock.monotonicMs());
    const quote = quoteOf(instrumentId);
    // A quote that the phase kept out is looked at again when the phase has passed.
    if (quote !== undefined && venue.takesMakerQuote(instrumentId)) this.#shown.set(instrumentId, quote.seq);
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
    this.noteTaken(instrumentId);
  }

  #isRefillDue(instrumentId: string): boolean {
    return this.#levels.get(instrumentId)?.left.isDue(this.#options.clock.monotonicMs()) ?? false;
  }

  /** Another tick or lot is another book: nothing was taken of that. */
  #leftOf(instrumentId: string): LeftLevels | undefined {
    const increments = this.#options.venue.incrementsOf(instrumentId);
    if (increments === undefined) return undefined;
    let levels = this.#levels.get(instrumentId);
    if (levels?.increments !== increments) this.#levels.set(instrumentId, (levels = { increments, left: new LeftLevels() }));
    return levels.left;
  }

  /** What is left of the maker's levels for the newest quote; none instead of those of an earlier life; undefined when nothing is to be changed. */
  #levelsToShow(instrumentId: string): MakerQuote | undefined {
    const { venue, quoteOf, clock } = this.#options;
    const quote = quoteOf(instrumentId);
    const increments = venue.incrementsOf(instrumentId);
    if (increments === undefined) return undefined;
    const whole = (quote && this.#wholeLevels(quote, increments)) ?? (this.#outlived.has(instrumentId) ? [] : undefined);
    const left = whole && this.#leftOf(instrumentId)?.leftOf(whole, clock.monotonicMs());
    // Most often nothing is to be changed; texts are made only where something may be.
    if (left === undefined || areSameLevels(left, venue.openMakerLevels(instrumentId))) return undefined;
    const value = makerQuoteOf(instrumentId, left, increments);
    return venue.showsMakerQuote(value) ? undefined : value;
  }

  /** The maker's levels around a quote before anything was taken; undefined where it can't be shown. */
  #wholeLevels(quote: Quote, increments: Increments): readonly MakerLevel[] | undefined {
    const { venue, maker } = this.#options;
    const rules = venue.rulesOf(quote.instrumentId);
    const kept = this.#whole.get(quote.instrumentId);
    if (kept?.quote === quote && kept.rules === rules) return kept.levels;
    const quoted = makerQuote(quote, increments, maker);
    const levels = quoted && venue.makerLevels(quoted);
    this.#whole.set(quote.instrumentId, { quote, rules, levels });
    return levels;
  }
}
