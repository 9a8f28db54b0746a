// What sessions ask for: new orders, cancels and replaces. Every request is answered; nothing that one says makes the venue throw.
import { Reason } from '@switchyard/contracts';
import {
  ExecutionKind,
  type CancelOrder,
  type NewOrder,
  type ReplaceOrder,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { assert, assertNever } from '@switchyard/kernel';
import { EngineReason, OrderType, Phase } from './engine/index.js';
import { type Refusal } from './increments.js';
import { wordsOf, type Turn } from './turn.js';
import { type VenueBooks } from './venue-books.js';
import { readNewOrder, readReplace, readTag } from './venue-checks.js';
import { refusals } from './venue-reasons.js';
import { tagLengthMax } from './text-bounds.js';
import { type History, type LiveOrder, type VenueState } from './venue-state.js';

export class OrderEntry {
  readonly #books: VenueBooks;
  readonly #state: VenueState;

  constructor(books: VenueBooks, state: VenueState) {
    this.#books = books;
    this.#state = state;
  }

  take(turn: Turn, { command }: VenueCommand): void {
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
    const { tag, brokerAccountId, instrumentId, product } = request;
    if (!this.#isNewTag(turn, tag, tag)) return;
    const { sessionId } = turn;
    const history: History = { sessionId, orderTag: tag, eventSeqs: [] };
    this.#state.histories.set(tag, history);
    const words = { tag, orderTag: tag, brokerAccountId: unlessLong(brokerAccountId), instrumentId: unlessLong(instrumentId) };
    const refuse = (error: Refusal): void => turn.reject(words, error, history);
    const listing = this.#state.listings.get(instrumentId);
    const read = readNewOrder(request, listing, turn.atMs);
    if (!read.ok) return refuse(read.error);
    assert(listing !== undefined, 'an order for an instrument that is not traded is refused');
    const { side, ordType, timeInForce, qty, price, stopPrice, displayQty } = read.value;
    const { orderId, orderNo } = this.#books.nextOrder();
    const opens: LiveOrder = {
      orderId,
      orderNo,
      sessionId,
      tag,
      brokerAccountId,
      listing,
      side,
      timeInForce,
      product,
      displayLots: displayQty >= qty ? 0 : displayQty,
      ordType,
      orderLots: qty,
      cumLots: 0,
      priceTicks: price,
      stopTicks: stopPrice,
    };
    const account = this.#books.accountOf(brokerAccountId);
    this.#books.commands.newOrder({ ...read.value, book: listing.book, orderId, account });
    const refused = this.#books.execute(turn, { opens, tag });
    if (refused !== EngineReason.NONE) refuse(refusals[refused]);
  }

  #cancel(turn: Turn, { tag, targetTag }: CancelOrder): void {
    const order = this.#target(turn, tag, targetTag);
    if (order === undefined) return;
    this.#books.commands.cancel(order.listing.book, order.orderId);
    this.#answerRefusal(turn, order, tag, this.#books.execute(turn, { tag }));
  }

  #replace(turn: Turn, request: ReplaceOrder): void {
    const { tag, targetTag } = request;
    const order = this.#target(turn, tag, targetTag);
    if (order === undefined) return;
    const { orderId, listing, cumLots, ordType } = order;
    const read = readReplace(request, order);
    if (!read.ok) return turn.reject(wordsOf(order, tag), read.error, this.#state.historyOf(order));
    const { orderLots, price, stopPrice } = read.value;
    if (orderLots <= cumLots) return this.#replaceByFilled(turn, order, tag);
    const isWaiting = ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT;
    this.#books.commands.replace({ book: listing.book, orderId, price, qty: orderLots - cumLots, stopPrice: isWaiting ? stopPrice : 0 });
    this.#answerRefusal(turn, order, tag, this.#books.execute(turn, { tag, stopTicks: stopPrice }));
  }

  /** A total at or below what is filled closes the order with what is filled; as any replace, not while trading stands still. */
  #replaceByFilled(turn: Turn, order: LiveOrder, tag: string): void {
    const { book } = order.listing;
    const phase = this.#books.engine.phase(book);
    if (phase === Phase.HALT || phase === Phase.CLOSED) return this.#answerRefusal(turn, order, tag, EngineReason.WRONG_PHASE);
    this.#books.commands.cancel(book, order.orderId);
    this.#answerRefusal(turn, order, tag, this.#books.execute(turn, { tag, end: { kind: ExecutionKind.REPLACED } }));
  }

  #answerRefusal(turn: Turn, order: LiveOrder, tag: string, refused: EngineReason): void {
    if (refused !== EngineReason.NONE) turn.reject(wordsOf(order, tag), refusals[refused], this.#state.historyOf(order));
  }

  /** The order that a cancel or replace names; otherwise the request was refused here. */
  #target(turn: Turn, tag: string, targetTag: string): LiveOrder | undefined {
    if (!this.#isNewTag(turn, tag, targetTag)) return undefined;
    const { histories, liveByTag } = this.#state;
    const target = readTag(targetTag, 'targetTag');
    const order = liveByTag.get(targetTag);
    const history = histories.get(targetTag);
    const isKnown = history?.orderTag === targetTag && history.sessionId === turn.sessionId;
    histories.set(tag, isKnown ? history : { sessionId: turn.sessionId, orderTag: tag, eventSeqs: [] });
    if (order !== undefined && isKnown) return order;
    let error: Refusal = { reason: Reason.VENUE_ORDER_UNKNOWN, text: `the session has no order of tag ${targetTag}` };
    if (!target.ok) error = target.error;
    else if (isKnown) error = { reason: Reason.ORDER_FINAL, text: `the order of tag ${targetTag} is not open any more` };
    turn.reject({ tag, orderTag: unlessLong(targetTag) }, error, histories.get(tag));
    return undefined;
  }

  /** Refuses a tag that was seen before, or that is none. */
  #isNewTag(turn: Turn, tag: string, orderTag: string): boolean {
    const read = readTag(tag);
    const seen = this.#state.histories.get(tag);
    if (read.ok && seen === undefined) return true;
    const error = read.ok ? { reason: Reason.VENUE_DUPLICATE_TAG, text: `the venue has seen the tag ${tag} before` } : read.error;
    turn.reject({ tag: unlessLong(tag), orderTag: unlessLong(orderTag) }, error, seen);
    return false;
  }
}

/** What is repeated of a request's text: nothing of one that is longer than any that is right. */
function unlessLong(text: string): string {
  return text.length > tagLengthMax ? '' : text;
}
