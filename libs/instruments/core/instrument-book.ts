// All instruments, found by id, by listing, or by what a person types.
import { Reason } from '@switchyard/contracts';
import { InstrumentStatus, type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { assert, err, ok, type Result } from '@switchyard/kernel';
import { checkInstrument, listingOf, naturalKeyOf } from './instrument.js';

/** Why a name finds no instrument. */
export interface InstrumentRefusal {
  readonly reason: Reason.INSTRUMENT_UNKNOWN | Reason.INSTRUMENT_AMBIGUOUS;
  /** A sentence. */
  readonly text: string;
}

/** An instrument as search sees it: capitals, and the words of its name. */
interface Searchable {
  readonly instrument: Instrument;
  readonly symbol: string;
  readonly words: readonly string[];
}

/** How well an instrument fits a query, best first. */
const noMatch = 3;

/** A book never changes: a new master makes a new book. */
export class InstrumentBook {
  readonly #byId = new Map<string, Instrument>();
  readonly #byListing = new Map<string, Instrument>();
  readonly #bySymbol = new Map<string, Instrument[]>();
  readonly #searchable: readonly Searchable[];

  /** Asserts that every instrument is well-formed, and that ids, listings and natural keys are unique: `master.ts` refuses others before. */
  constructor(instruments: readonly Instrument[]) {
    const naturalKeys = new Set<string>();
    for (const instrument of instruments) {
      const problem = checkInstrument(instrument)[0];
      assert(problem === undefined, `${instrument.instrumentId}: ${problem?.text}`);
      assert(!this.#byId.has(instrument.instrumentId), `the id ${instrument.instrumentId} is given once`);
      assert(!naturalKeys.has(naturalKeyOf(instrument)), `${naturalKeyOf(instrument)} is one instrument`);
      naturalKeys.add(naturalKeyOf(instrument));
      this.#byId.set(instrument.instrumentId, instrument);
      if (instrument.status === InstrumentStatus.EXPIRED) continue; // Found by its id only: an exchange may give its symbol to another one.
      assert(!this.#byListing.has(listingOf(instrument)), `${listingOf(instrument)} names one instrument`);
      this.#byListing.set(listingOf(instrument), instrument);
      this.#bySymbol.set(instrument.symbol, [...(this.#bySymbol.get(instrument.symbol) ?? []), instrument]);
    }
    this.#searchable = [...this.#byListing.values()]
      .map((instrument) => ({
        instrument,
        symbol: instrument.symbol.toUpperCase(),
        words: instrument.name.toUpperCase().split(/[^A-Z0-9]+/),
      }))
      .sort((a, b) => compareTexts(a.symbol, b.symbol) || compareTexts(a.instrument.instrumentId, b.instrument.instrumentId));
  }

  get size(): number {
    return this.#byId.size;
  }

  /** In the order in which they were given. */
  all(): readonly Instrument[] {
    return [...this.#byId.values()];
  }

  /** The instrument with this id, with this listing (`NSE:INFY`), or with this symbol where only one exchange lists it. */
  resolve(name: string): Result<Instrument, InstrumentRefusal> {
    const found = this.#byId.get(name) ?? this.#byListing.get(name);
    if (found !== undefined) return ok(found);
    const [only, ...others] = this.#bySymbol.get(name) ?? [];
    if (only === undefined) return err({ reason: Reason.INSTRUMENT_UNKNOWN, text: `there is no instrument ${name}` });
    if (others.length === 0) return ok(only);
    const choices = [only, ...others].map(listingOf).join(' or ');
    return err({ reason: Reason.INSTRUMENT_AMBIGUOUS, text: `${name} names more than one instrument: say ${choices}` });
  }

  /** At most `limit` instruments whose symbol begins with the query, or whose name has a word that does; the exact symbol first, then by symbol. */
  search(query: string, limit: number): readonly Instrument[] {
    const wanted = query.trim().toUpperCase();
    if (wanted === '') return [];
    return this.#searchable
      .map(({ instrument, symbol, words }) => ({ instrument, rank: rankOf(wanted, symbol, words) }))
      .filter(({ rank }) => rank < noMatch)
      .sort((a, b) => a.rank - b.rank) // Stable: equals stay in order of symbol.
      .slice(0, limit)
      .map(({ instrument }) => instrument);
  }
}

function rankOf(wanted: string, symbol: string, words: readonly string[]): number {
  if (symbol === wanted) return 0;
  if (symbol.startsWith(wanted)) return 1;
  return words.some((word) => word.startsWith(wanted)) ? 2 : noMatch;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
