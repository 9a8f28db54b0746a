// The paper venue: one command after the other, each with everything it caused. Pure: the same commands give the same events, byte for byte.
import { hash } from 'node:crypto';
import { OrdType, Reason, Side, TimeInForce } from '@switchyard/contracts';
import { type DayEnd, type ListInstrument, type MakerQuote, type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import {
  ExecutionKind,
  type CancelOrder,
  type Level,
  type NewOrder,
  type ReplaceOrder,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { assert, assertNever, formatDecimal } from '@switchyard/kernel';
import { type Fill, type MatchingEngine, type Placement } from './engine.js';
import { Increments } from './increments.js';
import { ReferenceEngine } from './reference-engine.js';
import { Turn, wordsOf, type Outcome, type VenueInput } from './turn.js';
import { readLevels, readNewOrder, readReplace, readTag, sameLevels } from './venue-checks.js';
import {
  checkpointEvery,
  noMakerLevels,
  positionKey,
  VenueState,
  type HistoryRow,
  type History,
  type Listing,
  type LiveOrder,
  type VenueSnapshot,
} from './venue-state.js';

/** The venue's books, orders, sessions and positions. Every command is answered by executions; nothing a session sends makes it throw. */
export class Venue {
  readonly #engine: MatchingEngine;
  readonly #state: VenueState;

  constructor(engine: MatchingEngine = new ReferenceEngine(), snapshot?: VenueSnapshot) {
    this.#engine = engine;
    this.#state = snapshot === undefined ? new VenueState() : VenueState.restore(snapshot, engine);
  }

  /** Number of the last event; events are 1, 2, 3 … */
  get seq(): number {
    return this.#state.seq;
  }

  get instrumentsCount(): number {
    return this.#state.listings.size;
  }

  /** The last trading date that ended; empty before the first. */
  get tradingDate(): string {
    return this.#state.tradingDate;
  }

  /** Takes a command; the event holds it and its executions. Replaying is the same: `apply(event)` gives the event again. */
  apply(input: VenueInput): VenueEvent {
    const { atMs, sessionId, command } = input;
    this.#state.seq++;
    const turn = new Turn(this.#state, input);
    switch (command?.$case) {
      case 'orderCommand':
        this.#orderCommand(turn, command.value);
        break;
      case 'makerQuote':
        this.#makerQuote(turn, command.value);
        break;
      case 'dayEnd':
        this.#dayEnd(turn, command.value);
        break;
      case 'listInstrument':
        this.#listInstrument(turn, command.value);
        break;
      case undefined:
        break;
      default:
        assertNever(command, 'the command');
    }
    return { atMs, sessionId, command, executions: turn.executions };
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

  /** Net quantity, decimal. */
  position(brokerAccountId: string, instrumentId: string): string {
    return formatDecimal(this.#state.positions.get(positionKey(brokerAccountId, instrumentId)) ?? 0n);
  }

  /** The visible book, best first; undefined for an instrument that is not traded here. */
  depth(instrumentId: string, levels: number): { bids: Level[]; asks: Level[] } | undefined {
    const listing = this.#state.listings.get(instrumentId);
    if (listing === undefined) return undefined;
    const side = (which: Side.BUY | Side.SELL): Level[] =>
      this.#engine.depth(listing.book, which, levels).map(({ price, qty, orders }) => ({
        price: listing.increments.price(price),
        qty: listing.increments.qty(qty),
        orders,
      }));
    return { bids: side(Side.BUY), asks: side(Side.SELL) };
  }

  /** The tick and lot that the venue trades the instrument by. */
  incrementsOf(instrumentId: string): Increments | undefined {
    return this.#state.listings.get(instrumentId)?.increments;
  }

  /** Whether the maker shows exactly these levels, nothing of them traded. */
  showsMakerQuote(quote: MakerQuote): boolean {
    const maker = this.#state.listings.get(quote.instrumentId)?.maker;
    return maker !== undefined && !maker.isTouched && sameLevels(maker.bids, quote.bids) && sameLevels(maker.asks, quote.asks);
  }

  /** Whether an order of a session rests there. */
  hasResting(instrumentId: string): boolean {
    const listing = this.#state.listings.get(instrumentId);
    return listing !== undefined && (this.#state.restingCount[listing.book] ?? 0) > 0;
  }

  /** Whether something of the maker's levels was traded since they were shown. */
  isMakerTouched(instrumentId: string): boolean {
    return this.#state.listings.get(instrumentId)?.maker.isTouched ?? false;
  }

  /** Everything, so that a venue made from it goes on as this one. Make it a text before the next command: parts of it live on. */
  snapshot(): VenueSnapshot {
    return { ...this.#state.snapshotHead(this.#engine), histories: [...this.#state.historyRows()] };
  }

  /** The same in two parts: the head, which is a text at once, and the histories as they are now, to be read while the venue goes on. */
  snapshotParts(): { seq: number; headJson: string; histories: Iterable<HistoryRow> } {
    return { seq: this.#state.seq, headJson: JSON.stringify(this.#state.snapshotHead(this.#engine)), histories: this.#state.historyRows() };
  }

  /** Equal for equal venues, hexadecimal. */
  stateHash(): string {
    return hash('sha256', JSON.stringify(this.snapshot()));
  }

  validateInternalState(): void {
    this.#engine.validateInternalState();
    const resting = new Map([...this.#engine.resting()].map((order) => [order.orderId, order]));
    for (const order of this.#state.liveByOrderId.values()) {
      const rest = resting.get(order.orderId);
      assert(rest !== undefined, 'every live order rests in its book');
      assert(
        rest.qty === order.orderLots - order.cumLots && rest.price === order.priceTicks && rest.side === order.side,
        'the book and the venue agree on an order',
      );
    }
  }

  #orderCommand(turn: Turn, { command }: VenueCommand): void {
    switch (command?.$case) {
      case 'newOrder':
        return this.#newOrder(turn, command.value);
      case 'cancel':
        return this.#cancel(turn, command.value);
      case 'replace':
        return this.#replace(turn, command.value);
      case 'logon': // It concerns the stream, not the venue.
      case undefined:
        return;
      default:
        assertNever(command, "the session's command");
    }
  }

  #newOrder(turn: Turn, request: NewOrder): void {
    const { tag } = request;
    if (!this.#isNewTag(turn, tag, tag)) return;
    const history: History = { sessionId: turn.sessionId, orderTag: tag, eventSeqs: [] };
    this.#state.histories.set(tag, history);
    const listing = this.#state.listings.get(request.instrumentId);
    const read = readNewOrder(request, listing?.increments);
    if (!read.ok || listing === undefined) {
      assert(!read.ok, 'an order for an instrument that is not traded is refused');
      return turn.reject(
        { tag, orderTag: tag, brokerAccountId: request.brokerAccountId, instrumentId: request.instrumentId },
        read.error,
        history,
      );
    }
    const { side, ordType, timeInForce, price, qty } = read.value;
    const orderId = ++this.#state.ordersCount;
    const { brokerAccountId } = request;
    const order: LiveOrder = {
      sessionId: turn.sessionId,
      tag,
      orderId,
      brokerAccountId,
      listing,
      side,
      ordType,
      timeInForce,
      orderLots: qty,
      cumLots: 0,
      priceTicks: price,
    };
    this.#state.addLive(order);
    turn.report(order, { kind: ExecutionKind.NEW, tag });
    this.#settle(turn, order, this.#engine.place({ orderId, book: listing.book, side, ordType, timeInForce, price, qty }));
  }

  #cancel(turn: Turn, { tag, targetTag }: CancelOrder): void {
    const order = this.#target(turn, tag, targetTag);
    if (order === undefined) return;
    this.#engine.cancel(order.orderId);
    this.#end(turn, order, { kind: ExecutionKind.CANCELED, tag });
  }

  #replace(turn: Turn, request: ReplaceOrder): void {
    const { tag, targetTag } = request;
    const order = this.#target(turn, tag, targetTag);
    if (order === undefined) return;
    const read = readReplace(request, order.listing.increments);
    if (!read.ok) return turn.reject(wordsOf(order, tag), read.error, this.#state.historyOf(order));
    const { orderQty, price } = read.value;
    // A total at or below what is filled closes the order with what is filled.
    order.orderLots = Math.max(orderQty, order.cumLots);
    order.priceTicks = price ?? order.priceTicks;
    const openLots = order.orderLots - order.cumLots;
    if (openLots === 0) {
      this.#engine.cancel(order.orderId);
      return this.#end(turn, order, { kind: ExecutionKind.REPLACED, tag });
    }
    turn.report(order, { kind: ExecutionKind.REPLACED, tag });
    const placement = this.#engine.replace(order.orderId, order.priceTicks, openLots);
    assert(placement !== undefined, 'a live order rests in its book');
    this.#settle(turn, order, placement);
  }

  #makerQuote(turn: Turn, quote: MakerQuote): void {
    const listing = this.#state.listings.get(quote.instrumentId);
    const levels = listing && readLevels(quote, listing.increments);
    if (listing === undefined || levels === undefined) return; // The maker shows what it showed before.
    this.#takeMakerOut(listing);
    const orderIds: number[] = [];
    let isTouched = false;
    for (const { side, price, qty } of levels) {
      const orderId = ++this.#state.ordersCount;
      const order = { orderId, book: listing.book, side, ordType: OrdType.LIMIT, timeInForce: TimeInForce.DAY, price, qty } as const;
      const placement = this.#engine.place(order);
      orderIds.push(orderId);
      isTouched ||= placement.fills.length > 0;
      for (const fill of placement.fills) this.#makerSide(turn, listing, fill, ++this.#state.tradesCount);
    }
    listing.maker = { bids: quote.bids, asks: quote.asks, orderIds, isTouched };
  }

  #dayEnd(turn: Turn, { tradingDate }: DayEnd): void {
    if (tradingDate <= this.#state.tradingDate) return; // A day ends once.
    this.#state.tradingDate = tradingDate;
    for (const order of this.#liveOrders()) {
      this.#engine.cancel(order.orderId);
      this.#end(turn, order, {
        kind: ExecutionKind.EXPIRED,
        tag: order.tag,
        reason: Reason.VENUE_DAY_END,
        text: `the trading day ${tradingDate} ended`,
      });
    }
  }

  #listInstrument(turn: Turn, { instrumentId, tickSize, lotSize }: ListInstrument): void {
    const parsed = Increments.parse(tickSize, lotSize);
    if (!parsed.ok) return; // It is traded by what was known before, or not at all.
    const listing = this.#state.listings.get(instrumentId);
    if (listing === undefined) {
      const book = this.#state.listings.size;
      this.#state.listings.set(instrumentId, {
        instrumentId,
        book,
        increments: parsed.value,
        maker: { ...noMakerLevels, isTouched: false },
      });
      return;
    }
    if (listing.increments.equals(parsed.value)) return;
    for (const order of this.#liveOrders()) {
      if (order.listing !== listing) continue;
      this.#engine.cancel(order.orderId);
      const text = `the tick or lot of ${instrumentId} changed`;
      this.#end(turn, order, { kind: ExecutionKind.CANCELED, tag: order.tag, reason: Reason.VENUE_INVALID_INCREMENT, text });
    }
    this.#takeMakerOut(listing);
    listing.increments = parsed.value;
  }

  #takeMakerOut(listing: Listing): void {
    for (const orderId of listing.maker.orderIds) this.#engine.cancel(orderId);
    listing.maker = { ...noMakerLevels, isTouched: false };
  }

  /** In the order in which they came, whatever a map remembers. */
  #liveOrders(): LiveOrder[] {
    return [...this.#state.liveByOrderId.values()].sort((a, b) => a.orderId - b.orderId);
  }

  /** The order that a cancel or replace names; otherwise the request was refused here. */
  #target(turn: Turn, tag: string, targetTag: string): LiveOrder | undefined {
    if (!this.#isNewTag(turn, tag, targetTag)) return undefined;
    const { histories, liveByTag } = this.#state;
    const order = liveByTag.get(targetTag);
    const history = histories.get(targetTag);
    const isKnown = history?.orderTag === targetTag && history.sessionId === turn.sessionId;
    histories.set(tag, isKnown ? history : { sessionId: turn.sessionId, orderTag: tag, eventSeqs: [] });
    if (order !== undefined && isKnown) return order;
    const error = isKnown
      ? { reason: Reason.ORDER_FINAL, text: `the order of tag ${targetTag} is not open any more` }
      : { reason: Reason.VENUE_ORDER_UNKNOWN, text: `the session has no order of tag ${targetTag}` };
    turn.reject({ tag, orderTag: targetTag }, error, histories.get(tag));
    return undefined;
  }

  /** Refuses a tag that was seen before, or that is none. */
  #isNewTag(turn: Turn, tag: string, orderTag: string): boolean {
    const read = readTag(tag);
    const seen = this.#state.histories.get(tag);
    if (read.ok && seen === undefined) return true;
    const error = read.ok ? { reason: Reason.VENUE_DUPLICATE_TAG, text: `the venue has seen the tag ${tag} before` } : read.error;
    turn.reject({ tag, orderTag }, error, seen);
    return false;
  }

  /** Reports what became of an order in the book, its own trades and those of the orders it met. */
  #settle(turn: Turn, order: LiveOrder, placement: Placement): void {
    for (const fill of placement.fills) {
      const trade = ++this.#state.tradesCount;
      this.#makerSide(turn, order.listing, fill, trade);
      this.#trade(turn, order, fill, trade);
    }
    switch (placement.outcome) {
      case 'rests':
        return;
      case 'filled':
        return this.#state.removeLive(order);
      case 'no-liquidity':
        return this.#end(turn, order, {
          kind: ExecutionKind.CANCELED,
          tag: order.tag,
          reason: Reason.VENUE_NO_LIQUIDITY,
          text: 'nobody is left to trade with',
        });
      case 'unfillable':
        return this.#end(turn, order, {
          kind: ExecutionKind.CANCELED,
          tag: order.tag,
          reason: Reason.VENUE_FOK_UNFILLABLE,
          text: 'the order cannot be filled whole',
        });
      default:
        assertNever(placement.outcome, 'the outcome');
    }
  }

  /** The resting side of a trade: an order of a session, or the maker's. */
  #makerSide(turn: Turn, listing: Listing, fill: Fill, trade: number): void {
    const order = this.#state.liveByOrderId.get(fill.makerOrderId);
    if (order === undefined) {
      listing.maker.isTouched = true;
      return;
    }
    this.#trade(turn, order, fill, trade);
    if (order.cumLots === order.orderLots) this.#state.removeLive(order);
  }

  #trade(turn: Turn, order: LiveOrder, { price, qty }: Fill, trade: number): void {
    const { increments, instrumentId } = order.listing;
    const isBuy = order.side === Side.BUY;
    order.cumLots += qty;
    assert(order.cumLots <= order.orderLots, 'an order is filled at most whole');
    this.#state.addPosition(order.brokerAccountId, instrumentId, isBuy ? increments.scaledQty(qty) : -increments.scaledQty(qty));
    turn.report(order, {
      kind: ExecutionKind.TRADE,
      tag: order.tag,
      // Each side has its own id, so that an account which meets itself has two trades and not one twice.
      tradeId: `${trade}${isBuy ? 'B' : 'S'}`,
      lastQty: increments.qty(qty),
      lastPx: increments.price(price),
    });
  }

  #end(turn: Turn, order: LiveOrder, outcome: Outcome): void {
    this.#state.removeLive(order);
    turn.report(order, { ...outcome, leavesQty: '0' });
  }
}
