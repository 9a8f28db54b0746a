// What the venue itself and its operators ask for: listings, the maker's and takers' orders, phases, time and the day's end.
import { Reason } from '@switchyard/contracts';
import {
  type DayEnd,
  type ListInstrument,
  type MakerQuote,
  type TakerOrder,
  type TimePassed,
} from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind, type MassCancelRequest, type SetPhaseRequest } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { bookMax, BookSide, InForce, OrderType, Phase, type BookRules } from './engine/index.js';
import { type MakerLevel } from './maker-levels.js';
import { type Turn } from './turn.js';
import { type VenueBooks } from './venue-books.js';
import { readLevels, readListing, readSides, readTaker } from './venue-checks.js';
import { noMakerLevels, type Listing, type VenueState } from './venue-state.js';
import { phaseOf } from './venue-words.js';

/** The maker and takers: the engine prevents none of their trades with one another. */
const makerAccount = 0;
const secondsMax = 2 ** 32 - 1;

export class VenueAdministration {
  readonly #books: VenueBooks;
  readonly #state: VenueState;

  constructor(books: VenueBooks, state: VenueState) {
    this.#books = books;
    this.#state = state;
  }

  /** What cannot be read leaves the instrument traded by what was known before, or not at all. */
  listInstrument(turn: Turn, request: ListInstrument): void {
    const { instrumentId } = request;
    const read = readListing(request);
    const listing = this.#state.listings.get(instrumentId);
    const needsBook = read !== undefined && listing?.increments.equals(read.increments) !== true;
    if (read === undefined || (needsBook && this.#state.books.length > bookMax)) return;
    if (listing === undefined) return this.#open(turn, { instrumentId, ...read, book: -1, maker: noMakerLevels(), openCount: 0 });
    listing.segment = read.segment;
    if (needsBook) return this.#openAnew(turn, listing, read);
    if (sameRules(listing.rules, read.rules)) return;
    listing.rules = read.rules;
    this.#books.commands.listBook(listing.book, read.rules);
    this.#books.execute(turn);
  }

  #open(turn: Turn, listing: Listing): void {
    this.#state.listings.set(listing.instrumentId, listing);
    this.#listNextBook(listing, Phase.CONTINUOUS);
    this.#books.execute(turn);
  }

  /** Another tick or lot is another book: its prices and what happened in it mean something else. */
  #openAnew(turn: Turn, listing: Listing, { increments, rules }: Pick<Listing, 'increments' | 'rules'>): void {
    const { engine, commands } = this.#books;
    const { book, instrumentId } = listing;
    const phase = engine.phase(book);
    assert(phase !== undefined, 'the book of an instrument is listed');
    listing.maker = noMakerLevels();
    const text = `the tick or lot of ${instrumentId} changed`;
    commands.massCancel({ book });
    this.#books.execute(turn, { end: { kind: ExecutionKind.CANCELED, reason: Reason.VENUE_INVALID_INCREMENT, text } });
    Object.assign(listing, { increments, rules });
    commands.setPhase(book, Phase.CLOSED);
    this.#listNextBook(listing, phase);
    this.#books.execute(turn);
  }

  #listNextBook(listing: Listing, phase: Phase): void {
    listing.book = this.#state.books.push(listing) - 1;
    this.#books.commands.listBook(listing.book, listing.rules).setPhase(listing.book, phase);
  }

  /** A quote that cannot be shown leaves what the maker showed before; one without levels takes it away. */
  makerQuote(turn: Turn, quote: MakerQuote): void {
    const listing = this.#state.listings.get(quote.instrumentId);
    const levels = listing && readLevels(quote, listing);
    if (listing === undefined || levels === undefined || !takesMaker(this.#books.engine.phase(listing.book), quote)) return;
    const { commands } = this.#books;
    const { book } = listing;
    for (const orderId of listing.maker.orderIds) commands.cancel(book, orderId);
    const orderIds = new Set<number>();
    const orders = levels.map((level) => {
      const { orderId } = this.#books.nextOrder();
      orderIds.add(orderId);
      // It outlives the day.
      return { ...level, orderId, book, account: makerAccount, ordType: OrderType.LIMIT, timeInForce: InForce.GTC };
    });
    // Bids that trade may trigger stops to buy: those are to find the new asks.
    if (this.#bidsTrade(listing, levels[0])) orders.sort((one, other) => other.side - one.side);
    for (const order of orders) commands.newOrder(order);
    listing.maker = { bids: quote.bids, asks: quote.asks, orderIds, isTouched: false };
    this.#books.execute(turn);
  }

  /** Whether the maker's best level is a bid that meets an order of a session. */
  #bidsTrade({ book, maker }: Listing, best: MakerLevel | undefined): boolean {
    if (best?.side !== BookSide.BUY) return false;
    for (const { orderId, price } of this.#books.engine.orders(book, BookSide.SELL))
      if (!maker.orderIds.has(orderId)) return price <= best.price;
    return false;
  }

  takerOrder(turn: Turn, request: TakerOrder): void {
    const listing = this.#state.listings.get(request.instrumentId);
    const order = listing && readTaker(request, listing);
    if (listing === undefined || order === undefined) return;
    const { orderId } = this.#books.nextOrder();
    const terms = { ordType: OrderType.LIMIT, timeInForce: InForce.IOC };
    this.#books.commands.newOrder({ ...order, ...terms, orderId, book: listing.book, account: makerAccount });
    this.#books.execute(turn);
  }

  setPhase(turn: Turn, { instrumentId, phase }: SetPhaseRequest): void {
    const listing = this.#state.listings.get(instrumentId);
    const next = phaseOf.get(phase);
    if (listing === undefined || next === undefined) return;
    this.#books.commands.setPhase(listing.book, next);
    this.#books.execute(turn);
  }

  /** Without an account it takes the maker's levels too: they come back with a quote. */
  massCancel(turn: Turn, { brokerAccountId, instrumentId, side }: MassCancelRequest): void {
    const account = brokerAccountId === '' ? -1 : this.#state.accounts.get(brokerAccountId);
    const book = instrumentId === '' ? -1 : this.#state.listings.get(instrumentId)?.book;
    const sides = readSides(side);
    if (account === undefined || book === undefined || sides === undefined) return;
    this.#books.commands.massCancel({ account, book, side: sides });
    this.#books.execute(turn);
  }

  /** A day ends once, whatever the phases. */
  dayEnd(turn: Turn, { tradingDate }: DayEnd): void {
    if (tradingDate <= this.#state.tradingDate) return;
    this.#state.tradingDate = tradingDate;
    this.#books.commands.dayEnd(-1);
    const text = `the trading day ${tradingDate} ended`;
    this.#books.execute(turn, { end: { kind: ExecutionKind.EXPIRED, reason: Reason.VENUE_DAY_END, text } });
  }

  timePassed(turn: Turn, { nowMs }: TimePassed): void {
    const nowSec = Math.floor(nowMs / 1_000);
    if (!(nowSec >= 0 && nowSec <= secondsMax)) return;
    this.#books.commands.time(nowSec);
    this.#books.execute(turn);
  }
}

/** Whether the maker can set its levels anew; a quote without any takes them away, in each phase that cancels pass in. */
export function takesMaker(phase: Phase | undefined, quote?: MakerQuote): boolean {
  if (quote?.bids.length === 0 && quote.asks.length === 0) return phase !== undefined && phase !== Phase.OPENING_AUCTION;
  return phase === Phase.PRE_OPEN || phase === Phase.CONTINUOUS || phase === Phase.CLOSING_AUCTION;
}

/** Whether a listing says something else than what the instrument is traded by; false where it cannot be read. */
export function changesListing(listing: Listing | undefined, request: ListInstrument): boolean {
  const read = readListing(request);
  if (read === undefined) return false;
  return (
    listing === undefined ||
    !listing.increments.equals(read.increments) ||
    listing.segment !== read.segment ||
    !sameRules(listing.rules, read.rules)
  );
}

function sameRules(a: BookRules, b: BookRules): boolean {
  return a.referencePrice === b.referencePrice && a.freezeQty === b.freezeQty && a.bandLow === b.bandLow && a.bandHigh === b.bandHigh;
}
