// Which instrument is quoted next, and the latest quote of each.
import { type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { assert, type Prng } from '@switchyard/kernel';
import { nextQuote, toQuoted, type QuotedInstrument } from './simulated-feed.js';

interface Line {
  readonly instrument: QuotedInstrument;
  readonly prng: Prng;
  quote: Quote | undefined;
}

/** The latest quote of every instrument; pure but for what it remembers. */
export class QuoteBoard {
  readonly #prng: Prng;
  readonly #firstSeq: number;
  readonly #lines = new Map<string, Line>();
  /** Ids in the order in which they are quoted. */
  #round: string[] = [];
  #next = 0;

  /**
   * @param prng each instrument walks on a fork of its own, so one more instrument moves none of the others.
   * @param firstSeq the first sequence of every instrument. The time of the start in milliseconds keeps sequences rising over restarts, as long as an
   * instrument is quoted less than once a millisecond.
   */
  constructor(prng: Prng, firstSeq: number) {
    this.#prng = prng;
    this.#firstSeq = firstSeq;
  }

  /** Instruments that are quoted. */
  get size(): number {
    return this.#lines.size;
  }

  /** Adds an instrument, or takes note of what changed in it; false when it can't be quoted, and then it no longer is. */
  put(instrument: Instrument): boolean {
    const quoted = toQuoted(instrument);
    const line = this.#lines.get(instrument.instrumentId);
    if (quoted === undefined) {
      this.#lines.delete(instrument.instrumentId);
      this.#round = this.#round.filter((id) => id !== instrument.instrumentId);
      return false;
    }
    // A walk goes on where it was, unless the grid or its middle has moved.
    const same =
      line !== undefined &&
      line.instrument.tickSize === quoted.tickSize &&
      line.instrument.previousCloseTicks === quoted.previousCloseTicks;
    if (same) this.#lines.set(quoted.instrumentId, { ...line, instrument: quoted });
    else
      this.#lines.set(quoted.instrumentId, {
        instrument: quoted,
        prng: line?.prng ?? this.#prng.fork(quoted.instrumentId),
        quote: line?.quote && { ...line.quote, lastPx: quoted.previousClose },
      });
    if (line === undefined) this.#round.push(quoted.instrumentId);
    return true;
  }

  /** The latest quote; undefined for an instrument that has none. */
  get(instrumentId: string): Quote | undefined {
    return this.#lines.get(instrumentId)?.quote;
  }

  /** Every latest quote. */
  all(): Quote[] {
    return [...this.#lines.values()].flatMap(({ quote }) => (quote === undefined ? [] : [quote]));
  }

  /** Quotes the next `count` instruments of the round, and first of all those that were never quoted. */
  tick(count: number, nowMs: number): Quote[] {
    const fresh = this.#round.filter((id) => this.#lines.get(id)?.quote === undefined);
    const ids = new Set(fresh);
    for (let turn = 0; turn < Math.min(count, this.#round.length); turn++) {
      if (this.#next >= this.#round.length) this.#next = 0;
      ids.add(this.#round[this.#next] as string);
      this.#next += 1;
    }
    return [...ids].map((id) => this.#quote(id, nowMs));
  }

  #quote(instrumentId: string, nowMs: number): Quote {
    const line = this.#lines.get(instrumentId);
    assert(line !== undefined, 'the round holds instruments of the board');
    line.quote = nextQuote(line.instrument, line.quote, line.quote === undefined ? this.#firstSeq : line.quote.seq + 1, line.prng, nowMs);
    return line.quote;
  }
}
