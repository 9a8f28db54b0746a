// NEW, CANCEL and REPLACE with every check and for every kind of order. The fast paths hand over to these what is not plain.
import { InForce, OrderType, Phase, type Phase as BookPhase } from './command.js';
import {
  displayWord,
  expireWord,
  extra,
  hasTooManySlices,
  isWellFormedChange,
  isWellFormedNew,
  protectionWord,
  refusalOfNew,
  refusalOfTerms,
  stopWord,
  tagOfNew,
  takesNew,
  takesReplace,
} from './fast-checks.js';
import { bookField, extraField, levelField, orderField, sideField, sideKind, tagBits } from './fast-layout.js';
import { inForceOf, parkedIn, typeOf } from './fast-orders.js';
import { reportHead } from './fast-reports.js';
import { FastTaking } from './fast-taking.js';
import { EngineReason, ReportKind } from './report.js';

const { LEVEL, QTY, TAG } = orderField;
const { STOP, DISPLAY } = extraField;
const { SIDE } = levelField;
const { KIND } = sideField;
const { PHASE, LOWEST, HIGHEST, LARGEST } = bookField;
const { EXTENDED, POST_ONLY, ACCOUNT_SHIFT } = tagBits;

export class FastChecked extends FastTaking {
  /** Epoch seconds of the last TIME. */
  protected clockSec = 0;

  protected checkedNew(words: Int32Array, at: number): void {
    if (!isWellFormedNew(words, at)) return this.reportRejected(words, at, EngineReason.MALFORMED, 0, 0, words[at + 5]!);
    const tag = tagOfNew(words, at);
    const book = this.bookOf(words[at + 1]!);
    const reason = this.#refusalOfNew(words, at, book, tag);
    if (reason !== EngineReason.NONE) return this.reportRejected(words, at, reason, reportHead(tag), 0, words[at + 5]!);
    this.makeRoom(words[at + 5]!);
    this.#place(words, at, book, tag);
    this.triggerStops(book);
  }

  #refusalOfNew(words: Int32Array, at: number, book: number, tag: number): EngineReason {
    if (book === 0) return EngineReason.UNKNOWN_BOOK;
    const orderId = words[at + 2]!;
    if (orderId < 1) return EngineReason.INVALID_ORDER_ID;
    if (this.find(orderId) !== 0) return EngineReason.DUPLICATE_ORDER_ID;
    const reason = refusalOfNew(words, at, this.clockSec);
    if (reason !== EngineReason.NONE) return reason;
    if (!takesNew(this.words[book | PHASE]! as BookPhase, words, at)) return EngineReason.WRONG_PHASE;
    const refused = this.#refusalByRules(words, at, book);
    if (refused !== EngineReason.NONE) return refused;
    if (this.#wouldTrade(book, tag, words[at + 3]!)) return EngineReason.POST_ONLY_WOULD_TRADE;
    return this.openCount >= this.ordersMax ? EngineReason.BOOK_FULL : EngineReason.NONE;
  }

  #refusalByRules(words: Int32Array, at: number, book: number): EngineReason {
    if (this.#isOffBand(book, words[at + 3]!) || this.#isOffBand(book, extra(words, at, stopWord))) return EngineReason.OFF_BAND;
    return words[at + 4]! > this.words[book | LARGEST]! ? EngineReason.ABOVE_FREEZE_QTY : EngineReason.NONE;
  }

  #isOffBand(book: number, price: number): boolean {
    return price !== 0 && (price < this.words[book | LOWEST]! || price > this.words[book | HIGHEST]!);
  }

  /** Whether an order that must not trade would. */
  #wouldTrade(book: number, tag: number, price: number): boolean {
    if ((tag & POST_ONLY) === 0 || this.words[book | PHASE] !== Phase.CONTINUOUS) return false;
    return this.crosses(this.oppositeOf(book, tag & 1), price ^ (0 - (tag & 1)));
  }

  /** A new order goes where it belongs; in continuous trading what can trade, trades first. */
  #place(words: Int32Array, at: number, book: number, tag: number): void {
    const orderId = words[at + 2]!;
    const price = words[at + 3]!;
    const qty = words[at + 4]!;
    const displayQty = extra(words, at, displayWord);
    const isIceberg = displayQty > 0 && displayQty < qty;
    const inForce = inForceOf(tag);
    const isExtended = isIceberg || typeOf(tag) !== OrderType.LIMIT || inForce === InForce.GTD || inForce === InForce.AT_CLOSE;
    const order = isExtended
      ? this.newExtendedOrder(
          orderId,
          tag,
          qty,
          isIceberg ? displayQty : 0,
          extra(words, at, stopWord),
          extra(words, at, expireWord),
          extra(words, at, protectionWord),
        )
      : this.newPlainOrder(orderId, tag, qty, this.slotOf(orderId));
    const waitsForClose = inForce === InForce.AT_CLOSE && this.words[book | PHASE] !== Phase.CLOSING_AUCTION;
    this.tell(ReportKind.NEW, EngineReason.NONE, book, order, price, qty, waitsForClose ? 0 : this.shownIfRested(order, qty));
    if (waitsForClose) this.park(book, order, price, parkedIn.CLOSE);
    else this.#arrive(book, order, price);
  }

  #arrive(book: number, order: number, price: number): void {
    const ordType = typeOf(this.words[order | TAG]!);
    if (ordType === OrderType.STOP || ordType === OrderType.STOP_LIMIT) this.park(book, order, price, parkedIn.STOP);
    else if (this.words[book | PHASE] === Phase.CONTINUOUS) this.enter(book, order, price);
    else if (ordType === OrderType.LIMIT) this.restBeforeAuction(book, order, price);
    else this.parkMarket(book, order);
  }

  protected checkedCancel(words: Int32Array, at: number): void {
    const order = this.#namedOrder(words, at);
    if (order === 0) return;
    if (this.words[this.bookOfOrder(order) | PHASE] === Phase.OPENING_AUCTION)
      this.#refuseChange(words, at, EngineReason.WRONG_PHASE, order);
    else this.endWaiting(ReportKind.CANCELED, EngineReason.REQUESTED, order);
  }

  protected checkedReplace(words: Int32Array, at: number): void {
    const order = this.#namedOrder(words, at);
    if (order === 0) return;
    const reason = this.#refusalOfReplace(words, at, order);
    if (reason !== EngineReason.NONE) return this.#refuseChange(words, at, reason, order);
    const book = this.bookOfOrder(order);
    const price = words[at + 3]!;
    const qty = words[at + 4]!;
    const stopPrice = extra(words, at, stopWord);
    const kind = this.words[this.words[this.words[order | LEVEL]! | SIDE]! | KIND]!;
    const isShown = kind <= sideKind.ASKS;
    if (price === this.priceOf(order) && stopPrice === this.stopOf(order) && qty <= this.openOf(order)) {
      const shown = Math.min(this.words[order | QTY]!, qty);
      this.setOpen(order, qty, shown);
      return this.tell(ReportKind.REPLACED, EngineReason.NONE, book, order, price, qty, isShown ? shown : 0);
    }
    this.leave(order);
    this.setOpen(order, qty, qty);
    if (stopPrice !== 0) this.words[order + STOP] = stopPrice;
    this.tell(ReportKind.REPLACED, EngineReason.NONE, book, order, price, qty, isShown ? this.shownIfRested(order, qty) : 0);
    if (kind >= sideKind.CLOSE_BUYS) this.park(book, order, price, parkedIn.CLOSE);
    else this.#arrive(book, order, price);
    this.triggerStops(book);
  }

  #refusalOfReplace(words: Int32Array, at: number, order: number): EngineReason {
    const tag = this.words[order | TAG]!;
    const book = this.bookOfOrder(order);
    const reason = refusalOfTerms(words, at, typeOf(tag));
    if (reason !== EngineReason.NONE) return reason;
    const displayQty = (tag & EXTENDED) === 0 ? 0 : this.words[order + DISPLAY]!;
    if (hasTooManySlices(words[at + 4]!, displayQty)) return EngineReason.INVALID_DISPLAY_QTY;
    if (!takesReplace(this.words[book | PHASE]! as BookPhase)) return EngineReason.WRONG_PHASE;
    const refused = this.#refusalByRules(words, at, book);
    if (refused !== EngineReason.NONE) return refused;
    return this.#wouldTrade(book, tag, words[at + 3]!) ? EngineReason.POST_ONLY_WOULD_TRADE : EngineReason.NONE;
  }

  /** The open order that a CANCEL or REPLACE names, in the book that it names; 0 when it is refused. */
  #namedOrder(words: Int32Array, at: number): number {
    const book = this.bookOf(words[at + 1]!);
    const order = book === 0 ? 0 : this.find(words[at + 2]!);
    let reason: EngineReason = EngineReason.NONE;
    if (!isWellFormedChange(words, at)) reason = EngineReason.MALFORMED;
    else if (book === 0) reason = EngineReason.UNKNOWN_BOOK;
    else if (order === 0 || this.bookOfOrder(order) !== book) reason = EngineReason.UNKNOWN_ORDER;
    if (reason === EngineReason.NONE) return order;
    this.reportRejected(words, at, reason, 0, 0, words[at + 5]!);
    return 0;
  }

  #refuseChange(words: Int32Array, at: number, reason: EngineReason, order: number): void {
    const tag = this.words[order | TAG]!;
    this.reportRejected(words, at, reason, reportHead(tag), this.openOf(order), tag >>> ACCOUNT_SHIFT);
  }
}
