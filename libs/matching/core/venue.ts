// The paper venue: one command after the other, each with everything it caused. Pure: the same commands give the same events, byte for byte.
import { hash } from 'node:crypto';
import { type ListInstrument, type MakerQuote, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type Level } from '@switchyard/contracts/gen/matching/v1/depth';
import { type TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { assert, assertNever, formatDecimal } from '@switchyard/kernel';
import { type BookRules, BookSide, type MatchingEngine } from './engine/index.js';
import { type Increments } from './increments.js';
import { areSameLevels, type MakerLevel } from './maker-levels.js';
import { Turn, type VenueInput } from './turn.js';
import { changesListing, takesMaker, VenueAdministration } from './venue-admin.js';
import { VenueBooks, type OnReports } from './venue-books.js';
import { readLevels, sameLevels } from './venue-checks.js';
import { OrderEntry } from './venue-orders.js';
import { historyRowsOf, restoreVenue, snapshotHeadOf, type HistoryRow, type VenueSnapshot } from './venue-snapshot.js';
import { checkpointEvery, positionKey, VenueState, type History } from './venue-state.js';
import { tradingPhases } from './venue-words.js';

/** An order as others see it (L3). */
export interface VisibleOrder {
  readonly venueOrderId: string;
  /** Decimal. */
  readonly price: string;
  /** Shown, decimal. */
  readonly qty: string;
}

/** The venue's books, orders, sessions and positions. Every command is answered by executions; nothing a session sends makes it throw. */
export class Venue {
  readonly #engine: MatchingEngine;
  readonly #state: VenueState;
  readonly #books: VenueBooks;
  readonly #entry: OrderEntry;
  readonly #administration: VenueAdministration;

  /** @param engine an empty one, which from now on is the venue's alone. */
  constructor(engine: MatchingEngine, snapshot?: VenueSnapshot) {
    this.#engine = engine;
    this.#state = snapshot === undefined ? new VenueState() : restoreVenue(snapshot, engine);
    this.#books = new VenueBooks(engine, this.#state);
    this.#entry = new OrderEntry(this.#books, this.#state);
    this.#administration = new VenueAdministration(this.#books, this.#state);
  }

  /** Number of the last event; events are 1, 2, 3 … */
  get seq(): number {
    return this.#state.seq;
  }

  get instrumentsCount(): number {
    return this.#state.listings.size;
  }

  get instrumentIds(): Iterable<string> {
    return this.#state.listings.keys();
  }

  /** The last trading date that ended; empty before the first. */
  get tradingDate(): string {
    return this.#state.tradingDate;
  }

  /** Whether the time of an open order has come, which it learns by being told the time. */
  isExpiryDue(nowMs: number): boolean {
    return this.#engine.nextExpirySec * 1_000 <= nowMs;
  }

  /** Told what the engine reports of each command, which says more than sessions learn; the words change with the next command. */
  set onReports(take: OnReports | undefined) {
    this.#books.onReports = take;
  }

  /** Takes a command; the event holds it and its executions. Replaying is the same: `apply(event)` gives the event again. */
  apply(input: VenueInput): VenueEvent {
    const { atMs, sessionId, command } = input;
    this.#state.seq++;
    const turn = new Turn(this.#state, input);
    this.#take(turn, command);
    return { atMs, sessionId, command, executions: turn.executions, eventSeq: this.#state.seq };
  }

  #take(turn: Turn, command: VenueInput['command']): void {
    const administration = this.#administration;
    switch (command?.$case) {
      case 'orderCommand':
        return this.#entry.take(turn, command.value);
      case 'makerQuote':
        return administration.makerQuote(turn, command.value);
      case 'takerOrder':
        return administration.takerOrder(turn, command.value);
      case 'timePassed':
        return administration.timePassed(turn, command.value);
      case 'dayEnd':
        return administration.dayEnd(turn, command.value);
      case 'listInstrument':
        return administration.listInstrument(turn, command.value);
      case 'massCancel':
        return administration.massCancel(turn, command.value);
      case 'setPhase':
        return administration.setPhase(turn, command.value);
      case undefined:
        return;
      default:
        assertNever(command, 'the command');
    }
  }

  /** Sequence of the session's last execution; 0 when it has none. */
  lastSeqOf(sessionId: string): number {
    return this.#state.sessions.get(sessionId)?.lastSeq ?? 0;
  }

  /** The number of an event at or before the one that holds this execution of the session: where reading starts. */
  eventSeqBefore(sessionId: string, executionSeq: number): number {
    const checkpoints = this.#state.sessions.get(sessionId)?.checkpoints ?? [];
    return checkpoints[Math.min(Math.floor((executionSeq - 1) / checkpointEvery), checkpoints.length - 1)] ?? this.#state.seq + 1;
  }

  /** Where the executions about the tag are; undefined when the venue has never seen it. */
  historyOf(tag: string): Readonly<History> | undefined {
    return this.#state.histories.get(tag);
  }

  /** The instrument of the open order with this tag; undefined where there is none. */
  instrumentOf(orderTag: string): string | undefined {
    return this.#state.liveByTag.get(orderTag)?.listing.instrumentId;
  }

  /** Net quantity, decimal. */
  position(brokerAccountId: string, instrumentId: string): string {
    return formatDecimal(this.#state.positions.get(positionKey(brokerAccountId, instrumentId)) ?? 0n);
  }

  /** Whether an order of the account has come. */
  knowsAccount(brokerAccountId: string): boolean {
    return this.#state.accounts.has(brokerAccountId);
  }

  /** The visible book, best first; undefined for an instrument that is not traded here. */
  depth(instrumentId: string, levels: number): { bids: Level[]; asks: Level[] } | undefined {
    const listing = this.#state.listings.get(instrumentId);
    if (listing === undefined) return undefined;
    const side = (which: BookSide): Level[] =>
      this.#engine.depth(listing.book, which, levels).map(({ price, qty, orders }) => ({
        price: listing.increments.price(price),
        qty: listing.increments.qty(qty),
        orders,
      }));
    return { bids: side(BookSide.BUY), asks: side(BookSide.SELL) };
  }

  /** Every visible order of a side, best level first, in time order; undefined for an instrument that is not traded here. */
  orders(instrumentId: string, side: BookSide): VisibleOrder[] | undefined {
    const listing = this.#state.listings.get(instrumentId);
    if (listing === undefined) return undefined;
    return [...this.#engine.orders(listing.book, side)].map(({ orderId, price, qty }) => ({
      // The maker's orders have an id that no other open order has.
      venueOrderId: `V${this.#state.liveByOrderId.get(orderId)?.orderNo ?? orderId}`,
      price: listing.increments.price(price),
      qty: listing.increments.qty(qty),
    }));
  }

  /** Undefined for an instrument that is not traded here. */
  phaseOf(instrumentId: string): TradingPhase | undefined {
    const book = this.#state.listings.get(instrumentId)?.book;
    const phase = book === undefined ? undefined : this.#engine.phase(book);
    return phase === undefined ? undefined : tradingPhases[phase];
  }

  /** The tick and lot that the venue trades the instrument by. */
  incrementsOf(instrumentId: string): Increments | undefined {
    return this.#state.listings.get(instrumentId)?.increments;
  }

  /** What the venue asks of prices and quantities there, in ticks and lots: another object after each change, of the tick or lot too. */
  rulesOf(instrumentId: string): BookRules | undefined {
    return this.#state.listings.get(instrumentId)?.rules;
  }

  /** Whether the listing would change nothing: the instrument is traded by these rules, or the rules cannot be read. */
  isListedAs(request: ListInstrument): boolean {
    return !changesListing(this.#state.listings.get(request.instrumentId), request);
  }

  /** The levels of a quote as the maker would show them: no more than the freeze quantity, none off the band; undefined where they can't be shown. */
  makerLevels(quote: MakerQuote): MakerLevel[] | undefined {
    const listing = this.#state.listings.get(quote.instrumentId);
    if (listing === undefined) return undefined;
    const { bandLow, bandHigh } = listing.rules;
    return readLevels(quote, listing)?.filter(({ price }) => price >= bandLow && (bandHigh === 0 || price <= bandHigh));
  }

  /** What is open of the maker's levels. */
  openMakerLevels(instrumentId: string): MakerLevel[] {
    const open: MakerLevel[] = [];
    for (const orderId of this.#state.listings.get(instrumentId)?.maker.orderIds ?? []) {
      const order = this.#engine.order(orderId);
      if (order !== undefined) open.push({ side: order.side, price: order.price, qty: order.openQty });
    }
    return open;
  }

  /** Whether the quote would change nothing: exactly these levels of the maker are open, or the phase lets it change none. */
  showsMakerQuote(quote: MakerQuote): boolean {
    const listing = this.#state.listings.get(quote.instrumentId);
    if (listing === undefined) return false;
    if (!takesMaker(this.#engine.phase(listing.book), quote)) return true;
    const { maker } = listing;
    if (!maker.isTouched) return sameLevels(maker.bids, quote.bids) && sameLevels(maker.asks, quote.asks);
    const levels = readLevels(quote, listing);
    return levels !== undefined && areSameLevels(levels, this.openMakerLevels(quote.instrumentId));
  }

  /** Whether the phase of the instrument lets the maker set its levels. */
  takesMakerQuote(instrumentId: string): boolean {
    const book = this.#state.listings.get(instrumentId)?.book;
    return book !== undefined && takesMaker(this.#engine.phase(book));
  }

  /** Whether something of the maker's is open there. */
  hasMakerOrders(instrumentId: string): boolean {
    return (this.#state.listings.get(instrumentId)?.maker.orderIds.size ?? 0) > 0;
  }

  /** Whether an order of a session is open there. */
  hasResting(instrumentId: string): boolean {
    return (this.#state.listings.get(instrumentId)?.openCount ?? 0) > 0;
  }

  /** Whether something of the maker's levels was traded or canceled since they were shown. */
  isMakerTouched(instrumentId: string): boolean {
    return this.#state.listings.get(instrumentId)?.maker.isTouched ?? false;
  }

  /** Everything, so that a venue made from it goes on as this one. Make it a text before the next command: parts of it live on. */
  snapshot(): VenueSnapshot {
    return { ...snapshotHeadOf(this.#state, this.#engine), histories: [...historyRowsOf(this.#state)] };
  }

  /** The same in two parts: the head, which is a text at once, and the histories as they are now, to be read while the venue goes on. */
  snapshotParts(): { seq: number; headJson: string; histories: Iterable<HistoryRow> } {
    const headJson = JSON.stringify(snapshotHeadOf(this.#state, this.#engine));
    return { seq: this.#state.seq, headJson, histories: historyRowsOf(this.#state) };
  }

  /** Equal for equal venues, hexadecimal. */
  stateHash(): string {
    return hash('sha256', JSON.stringify(this.snapshot()));
  }

  /** Asserts what holds between two commands, in the engine and between it and the venue; slow. */
  validateInternalState(): void {
    this.#engine.validateInternalState();
    const { liveByOrderId, listings, accounts, tradesCount } = this.#state;
    for (const order of liveByOrderId.values()) {
      const open = this.#engine.order(order.orderId);
      assert(open !== undefined, 'every live order is open in its engine');
      assert(
        open.openQty === order.orderLots - order.cumLots &&
          open.price === order.priceTicks &&
          open.side === order.side &&
          open.ordType === order.ordType &&
          open.timeInForce === order.timeInForce &&
          open.displayQty === order.displayLots &&
          open.book === order.listing.book &&
          open.account === accounts.get(order.brokerAccountId),
        'the venue and its engine agree on an order',
      );
      assert(open.stopPrice === 0 || open.stopPrice === order.stopTicks, 'the venue and its engine agree on a stop price');
    }
    let count = liveByOrderId.size;
    for (const { maker } of listings.values()) {
      for (const orderId of maker.orderIds) assert(this.#engine.order(orderId)?.account === 0, "the maker's orders are open in its engine");
      count += maker.orderIds.size;
    }
    assert(count === this.#engine.openCount, 'no order is open that nobody has');
    assert(tradesCount === this.#engine.tradeNo, 'every trade is counted');
  }
}
