// The orders of the fast engine: how they are made, where they wait, what is told of them, and how they end.
import { InForce, OrderType } from './command.js';
import {
  annexWords,
  bookField,
  bookWords,
  extraField,
  levelField,
  noKey,
  orderField,
  pointerBits,
  sideField,
  sideKind,
  sideWords,
  tagBits,
} from './fast-layout.js';
import { FastLadder } from './fast-ladder.js';
import { EngineReason, ReportKind } from './report.js';

const { NEXT, PREV, LEVEL, QTY, ID, TAG } = orderField;
const { HIDDEN, DISPLAY, STOP, EXPIRE_AT, PROTECTION, LIMIT, TURN } = extraField;
const { KEY, SIDE } = levelField;
const { BOOK, KIND, FLIP, BEST, QUEUE } = sideField;
const { NUMBER, ANNEX, WAITING, BIDS } = bookField;
const { BUY_STOPS, ASKS } = sideKind;
const { EXTENDED, TYPE, TYPE_SHIFT, IN_FORCE_SHIFT, ACCOUNT_SHIFT } = tagBits;
const pointer = pointerBits;
const limitType = OrderType.LIMIT << TYPE_SHIFT;

export class FastOrders extends FastLadder {
  /** Listed books by their number; 0 is not listed. */
  protected books = new Int32Array(64);
  protected bookCount = 0;
  /** Books that have an annex now. */
  protected annexCount = 0;
  #freeAnnexes = 0;
  /** The turn of the market order that came last to wait for an auction, in any book. */
  protected turns = 0;

  /** The book with this number, or 0. */
  protected bookOf(number: number): number {
    return number >>> 0 < this.books.length >>> 0 ? this.books[number]! : 0;
  }

  protected newBook(number: number): number {
    if (number >= this.books.length) {
      const grown = new Int32Array(2 ** Math.ceil(Math.log2(number + 1)));
      grown.set(this.books);
      this.books = grown;
    }
    const book = this.takeNew(bookWords, bookWords);
    this.words[book | NUMBER] = number;
    for (let kind: number = sideKind.BIDS; kind <= ASKS; kind++) this.#initSide(book, kind, book + BIDS + kind * sideWords);
    this.books[number] = book;
    this.bookCount++;
    return book;
  }

  #initSide(book: number, kind: number, side: number): void {
    const { words } = this;
    words[side | BOOK] = book;
    words[side | KIND] = kind;
    words[side | FLIP] = kind === ASKS || kind === BUY_STOPS ? -1 : 0;
    words[side | BEST] = noKey;
    if (kind <= ASKS) return;
    const queue = side | QUEUE;
    words[queue | NEXT] = words[queue | PREV] = queue;
    words[queue | SIDE] = side;
  }

  /** A side of a book, or 0 for one of an annex that it does not have now. */
  protected sideOf(book: number, kind: number): number {
    if (kind <= ASKS) return book + BIDS + kind * sideWords;
    const annex = this.words[book | ANNEX]!;
    return annex === 0 ? 0 : annex + (kind - 2) * sideWords;
  }

  /** Makes room for orders that do not stand at a price. May replace `words`. */
  #ensureAnnex(book: number): void {
    if (this.words[book | ANNEX] !== 0) return;
    const annex = this.#takeAnnex();
    this.annexCount++;
    this.words[book | ANNEX] = annex;
    for (let kind: number = sideKind.MARKET_BUYS; kind <= sideKind.CLOSE_SELLS; kind++)
      this.#initSide(book, kind, annex + (kind - 2) * sideWords);
  }

  #takeAnnex(): number {
    const annex = this.#freeAnnexes;
    if (annex === 0) return this.takeNew(annexWords, sideWords);
    this.#freeAnnexes = this.words[annex]!;
    this.words.fill(0, annex, annex + annexWords);
    return annex;
  }

  #leaveAnnex(book: number): void {
    const { words } = this;
    if (--words[book | WAITING]! > 0) return;
    this.annexCount--;
    words[words[book | ANNEX]!] = this.#freeAnnexes;
    this.#freeAnnexes = words[book | ANNEX]!;
    words[book | ANNEX] = 0;
  }

  protected clearOrders(): void {
    this.clearIndex();
    this.books = new Int32Array(64);
    this.bookCount = this.annexCount = this.#freeAnnexes = this.turns = 0;
  }

  /** A new record, found by its id and account, on its way. The caller made sure of its room. */
  protected newPlainOrder(orderId: number, tag: number, qty: number, slot: number): number {
    const { words } = this;
    const order = this.freeOrders & pointer;
    this.freeOrders = words[order]! & pointer;
    words[order + LEVEL] = 0;
    words[order + QTY] = qty;
    words[order + ID] = orderId;
    words[order + TAG] = tag;
    this.ids[slot] = order;
    this.joinAccount(order, tag >>> ACCOUNT_SHIFT);
    this.openCount++;
    return order;
  }

  /** The same with a record for what few orders say. */
  protected newExtendedOrder(
    orderId: number,
    tag: number,
    qty: number,
    displayQty: number,
    stopPrice: number,
    expireAtSec: number,
    protectionBps: number,
  ): number {
    const { words } = this;
    const order = this.freeExtended;
    this.freeExtended = words[order]!;
    words[order | LEVEL] = 0;
    words[order | QTY] = qty;
    words[order | ID] = orderId;
    words[order | TAG] = tag | EXTENDED;
    words[order + HIDDEN] = 0;
    words[order + DISPLAY] = displayQty;
    words[order + STOP] = stopPrice;
    words[order + EXPIRE_AT] = expireAtSec;
    words[order + PROTECTION] = protectionBps;
    words[order + LIMIT] = 0;
    words[order + TURN] = 0;
    this.ids[this.slotOf(orderId)] = order;
    this.joinAccount(order, tag >>> ACCOUNT_SHIFT);
    if (inForceOf(tag) === InForce.GTD) this.joinDates(order);
    this.openCount++;
    return order;
  }

  /** An order joins a level at its back. */
  protected append(order: number, level: number): void {
    const { words } = this;
    const last = words[level + PREV]! & pointer;
    words[order + NEXT] = level;
    words[order + PREV] = last;
    words[order + LEVEL] = level;
    words[last + NEXT] = order;
    words[level + PREV] = order;
  }

  /** An order of a level goes before another one of it. */
  protected moveBefore(order: number, behind: number): void {
    const { words } = this;
    const next = words[order | NEXT]!;
    const prev = words[order | PREV]!;
    words[prev | NEXT] = next;
    words[next | PREV] = prev;
    const ahead = words[behind | PREV]!;
    words[order | NEXT] = behind;
    words[order | PREV] = ahead;
    words[ahead | NEXT] = order;
    words[behind | PREV] = order;
  }

  /** An order leaves its level, which closes when it was the only one. May replace `words`. */
  protected unlink(order: number): void {
    const { words } = this;
    const next = words[order + NEXT]! & pointer;
    const prev = words[order + PREV]! & pointer;
    words[prev + NEXT] = next;
    words[next + PREV] = prev;
    if (next === prev) this.closeLevel(next);
  }

  /** Forgets an order that waits nowhere any more; its record is free. @param slot its place in the id map. */
  protected release(order: number, slot: number): void {
    if ((this.words[order | TAG]! & EXTENDED) === 0) this.releasePlain(order, slot);
    else this.#releaseExtended(order, slot);
  }

  protected releasePlain(order: number, slot: number): void {
    this.emptySlot(slot);
    this.leaveAccount(order);
    this.openCount--;
    this.words[order] = this.freeOrders;
    this.freeOrders = order;
  }

  #releaseExtended(order: number, slot: number): void {
    this.emptySlot(slot);
    this.leaveAccount(order);
    this.openCount--;
    if (inForceOf(this.words[order | TAG]!) === InForce.GTD) this.leaveDates(order);
    this.words[order] = this.freeExtended;
    this.freeExtended = order;
  }

  /** An order on its way comes to rest at a limit price, showing one slice. May replace `words`. */
  protected rest(book: number, order: number, price: number): void {
    const open = this.openOf(order);
    const shown = this.sliceOf(order, open);
    const kind = this.words[order | TAG]! & 1;
    const side = this.sideOf(book, kind);
    const level = this.levelFor(side, price ^ (0 - kind));
    this.words[order | QTY] = shown;
    if (shown !== open) this.words[order + HIDDEN] = open - shown;
    this.append(order, level);
  }

  /** An order on its way waits where no limit price is looked at; `kind` is that of the side for buys. May replace `words`. */
  protected park(book: number, order: number, price: number, kind: number): void {
    this.#ensureAnnex(book);
    this.words[book | WAITING]!++;
    const isSell = this.words[order | TAG]! & 1;
    const side = this.sideOf(book, kind + isSell);
    this.words[order + LIMIT] = price;
    const level = kind === BUY_STOPS ? this.levelFor(side, this.words[order + STOP]! ^ this.words[side | FLIP]!) : side | QUEUE;
    this.append(order, level);
  }

  /** A market order on its way waits for an auction, behind all that came before it. May replace `words`. */
  protected parkMarket(book: number, order: number): void {
    this.park(book, order, 0, sideKind.MARKET_BUYS);
    this.words[order + TURN] = ++this.turns;
  }

  /** A limit order on its way comes to rest before an auction: the market orders that wait came before it. May replace `words`. */
  protected restBeforeAuction(book: number, order: number, price: number): void {
    const timed = this.hasMarkets(book, this.words[order | TAG]! & 1) ? this.#extended(order) : order;
    if ((this.words[timed | TAG]! & EXTENDED) !== 0) this.words[timed + TURN] = this.turns;
    this.rest(book, timed, price);
  }

  /** Whether market orders of this side wait for an auction. */
  protected hasMarkets(book: number, isSell: number): boolean {
    const side = this.sideOf(book, sideKind.MARKET_BUYS + isSell);
    return side !== 0 && this.words[side | QUEUE | NEXT] !== (side | QUEUE);
  }

  /** The turn of an order in the book or among the market orders. */
  protected turnOf(order: number): number {
    return (this.words[order | TAG]! & EXTENDED) === 0 ? 0 : this.words[order + TURN]!;
  }

  /** An order on its way, in a record that has a word for its turn. May replace `words`. */
  #extended(order: number): number {
    if ((this.words[order | TAG]! & EXTENDED) !== 0) return order;
    this.makeExtendedRoom();
    this.fitIds();
    const { words } = this;
    const orderId = words[order | ID]!;
    const tag = words[order | TAG]!;
    const qty = words[order | QTY]!;
    this.releasePlain(order, this.slotOf(orderId));
    return this.newExtendedOrder(orderId, tag, qty, 0, 0, 0, 0);
  }

  /** An order leaves where it waits, and is on its way with nothing hidden. May replace `words`. */
  protected leave(order: number): void {
    const { words } = this;
    const side = words[words[order | LEVEL]! | SIDE]!;
    const book = words[side | BOOK]!;
    const kind = words[side | KIND]!;
    const open = this.openOf(order);
    this.unlink(order);
    if (kind > ASKS) this.#leaveAnnex(book);
    this.words[order | LEVEL] = 0;
    this.setOpen(order, open, open);
  }

  /** Sets what is open and what of it is shown: the order keeps its turn. */
  protected setOpen(order: number, open: number, shown: number): void {
    this.words[order | QTY] = shown;
    if ((this.words[order | TAG]! & EXTENDED) !== 0) this.words[order + HIDDEN] = open - shown;
  }

  /** Open lots, hidden ones included. */
  protected openOf(order: number): number {
    const { words } = this;
    return (words[order | TAG]! & EXTENDED) === 0 ? words[order | QTY]! : words[order | QTY]! + words[order + HIDDEN]!;
  }

  /** One slice of so many open lots. */
  protected sliceOf(order: number, open: number): number {
    const { words } = this;
    const display = (words[order | TAG]! & EXTENDED) === 0 ? 0 : words[order + DISPLAY]!;
    return display === 0 || display > open ? open : display;
  }

  /** What others would see of an order on its way if it came to rest now. */
  protected shownIfRested(order: number, open: number): number {
    const tag = this.words[order | TAG]!;
    const inForce = inForceOf(tag);
    return (tag & TYPE) === limitType && inForce !== InForce.IOC && inForce !== InForce.FOK ? this.sliceOf(order, open) : 0;
  }

  /** The limit price of an order that waits; 0 without one. */
  protected priceOf(order: number): number {
    const { words } = this;
    const level = words[order | LEVEL]!;
    const side = words[level | SIDE]!;
    if (words[side | KIND]! <= ASKS) return words[level | KEY]! ^ words[side | FLIP]!;
    return words[order + LIMIT]!;
  }

  /** The stop price of an order; 0 without one. */
  protected stopOf(order: number): number {
    return (this.words[order | TAG]! & EXTENDED) === 0 ? 0 : this.words[order + STOP]!;
  }

  /** The book in which an order waits. */
  protected bookOfOrder(order: number): number {
    const { words } = this;
    return words[words[words[order | LEVEL]! | SIDE]! | BOOK]!;
  }

  /** From now on a limit order. */
  protected becomeType(order: number, ordType: OrderType): void {
    const { words } = this;
    words[order | TAG] = (words[order | TAG]! & ~TYPE) | (ordType << TYPE_SHIFT);
    words[order + STOP] = 0;
    if (ordType === OrderType.LIMIT) words[order + PROTECTION] = 0;
  }

  /** An order on its way, or at rest, with this price and open quantity: what happened to it. */
  protected tell(kind: ReportKind, reason: EngineReason, book: number, order: number, price: number, open: number, shown: number): void {
    const { words } = this;
    this.reportEffect(kind, reason, words[order | TAG]!, words[book | NUMBER]!, words[order | ID]!, price, open, open, shown);
  }

  /** Ends an order on its way: so much of it is canceled or expires. */
  protected end(kind: ReportKind, reason: EngineReason, book: number, order: number, price: number, qty: number): void {
    const { words } = this;
    this.reportEffect(kind, reason, words[order | TAG]!, words[book | NUMBER]!, words[order | ID]!, price, qty, 0, 0);
    this.release(order, this.slotOf(words[order | ID]!));
  }

  /** Ends an order where it waits. May replace `words`. */
  protected endWaiting(kind: ReportKind, reason: EngineReason, order: number): void {
    const book = this.bookOfOrder(order);
    const price = this.priceOf(order);
    const open = this.openOf(order);
    this.leave(order);
    this.end(kind, reason, book, order, price, open);
  }

  /** The shown slice of an iceberg is gone: it shows the next one from the back of its level. */
  protected refreshIceberg(book: number, order: number, price: number): void {
    const { words } = this;
    const level = words[order | LEVEL]!;
    const open = words[order + HIDDEN]!;
    const shown = this.sliceOf(order, open);
    const next = words[order | NEXT]!;
    const prev = words[order | PREV]!;
    words[prev | NEXT] = next;
    words[next | PREV] = prev;
    this.append(order, level);
    this.setOpen(order, open, shown);
    this.tell(ReportKind.RESTATED, EngineReason.ICEBERG_REFRESH, book, order, price, open, shown);
  }
}

export function inForceOf(tag: number): number {
  return (tag >>> IN_FORCE_SHIFT) & 7;
}

export function typeOf(tag: number): number {
  return (tag >>> TYPE_SHIFT) & 7;
}

/** Side kinds of stops and queues, as `park` wants them. */
export const parkedIn = { MARKET: sideKind.MARKET_BUYS, STOP: BUY_STOPS, CLOSE: sideKind.CLOSE_BUYS } as const;
