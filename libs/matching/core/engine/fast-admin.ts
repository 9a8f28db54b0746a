// Administrative commands: they list books, move phases and the clock, and end many orders at once.
import { CommandType, InForce, type Phase, stepsMax, typeMask } from './command.js';
import { isWellFormedAdmin } from './fast-checks.js';
import { FastAuction } from './fast-auction.js';
import { scratchMin } from './fast-ladder.js';
import { bookField, extraField, orderField, tagBits } from './fast-layout.js';
import { inForceOf } from './fast-orders.js';
import { EngineReason, ReportKind } from './report.js';

const { ID, TAG, NEXT_OF_ACCOUNT } = orderField;
const { EXPIRE_AT } = extraField;
const { NUMBER, LOWEST, HIGHEST, LARGEST, REFERENCE, FREEZE, BAND_LOW, BAND_HIGH } = bookField;
const { SELL } = tagBits;

export class FastAdmin extends FastAuction {
  protected administer(words: Int32Array, at: number): void {
    const type = words[at]! & typeMask;
    if (!isWellFormedAdmin(words, at)) return this.#refuse(words, at, EngineReason.MALFORMED);
    const number = words[at + 1]!;
    const account = words[at + 5]!;
    const value6 = words[at + 6]!;
    const isForAll = number === -1;
    const book = this.bookOf(number);
    switch (type as Exclude<CommandType, 1 | 2 | 3>) {
      case CommandType.LIST_BOOK:
        return this.#listBook(words, at, book === 0 ? this.newBook(number) : book);
      case CommandType.TIME:
        return this.#time(value6 >>> 0);
      case CommandType.SET_ACCOUNT_GROUP:
        this.setGroup(account, value6);
        return this.reportDone(type, 0, 0, 0);
      case CommandType.MASS_CANCEL:
        if (book === 0 && !isForAll) return this.#refuse(words, at, EngineReason.UNKNOWN_BOOK);
        return this.#massCancel(number, book, account, value6);
      case CommandType.SET_PHASE:
        if (book === 0 && !isForAll) return this.#refuse(words, at, EngineReason.UNKNOWN_BOOK);
        for (const each of isForAll ? this.listedBooks() : [book]) this.enterPhase(each, value6 as Phase);
        return;
      case CommandType.DAY_END:
        if (book === 0 && !isForAll) return this.#refuse(words, at, EngineReason.UNKNOWN_BOOK);
        return this.#dayEnd(number, book);
      default:
        return this.#refuse(words, at, EngineReason.MALFORMED);
    }
  }

  /** Listed books by their number. */
  protected listedBooks(): number[] {
    return [...this.books].filter((book) => book !== 0);
  }

  #refuse(words: Int32Array, at: number, reason: EngineReason): void {
    this.reportRejected(words, at, reason, 0, 0, words[at + 5]!);
  }

  #listBook(words: Int32Array, at: number, book: number): void {
    this.setRules(book, words[at + 3]!, words[at + 4]!, words[at + 6]!, words[at + 7]!);
    this.reportDone(CommandType.LIST_BOOK, this.words[book | NUMBER]!, 0, 0);
  }

  protected setRules(book: number, reference: number, freezeQty: number, bandLow: number, bandHigh: number): void {
    const { words } = this;
    words[book | REFERENCE] = reference;
    words[book | FREEZE] = freezeQty;
    words[book | BAND_LOW] = bandLow;
    words[book | BAND_HIGH] = bandHigh;
    words[book | LOWEST] = Math.max(1, bandLow);
    words[book | HIGHEST] = bandHigh === 0 ? stepsMax : bandHigh;
    words[book | LARGEST] = freezeQty === 0 ? stepsMax : freezeQty;
  }

  #time(nowSec: number): void {
    this.clockSec = Math.max(this.clockSec, nowSec);
    let count = 0;
    for (; this.dateCount > 0 && this.words[this.dates[0]! + EXPIRE_AT]! >>> 0 <= this.clockSec; count++) {
      this.endWaiting(ReportKind.EXPIRED, EngineReason.GTD, this.dates[0]!);
    }
    this.reportDone(CommandType.TIME, 0, 0, count);
  }

  #massCancel(number: number, book: number, account: number, side: number): void {
    const fits = (order: number): boolean => {
      const isOfSide = side === -1 || (this.words[order | TAG]! & SELL) === side;
      return isOfSide && (book === 0 || this.bookOfOrder(order) === book);
    };
    const orders = account === -1 ? this.#ordersOfBooks(book) : this.#ordersOfAccount(account);
    const count = this.#endAll(orders, fits, ReportKind.CANCELED, EngineReason.MASS_CANCEL);
    this.reportDone(CommandType.MASS_CANCEL, number, 0, count);
  }

  #dayEnd(number: number, book: number): void {
    const isOfDay = (order: number): boolean => endsWithDay(inForceOf(this.words[order | TAG]!));
    const count = this.#endAll(this.#ordersOfBooks(book), isOfDay, ReportKind.EXPIRED, EngineReason.DAY_END);
    this.reportDone(CommandType.DAY_END, number, 0, count);
  }

  /** Ends the orders that fit, by ascending id. Returns how many. */
  #endAll(orders: Iterable<number>, fits: (order: number) => boolean, kind: ReportKind, reason: EngineReason): number {
    let count = 0;
    for (const order of orders) {
      if (!fits(order)) continue;
      if (count === this.scratch.length) this.#growScratch();
      this.scratch[count++] = this.words[order | ID]!;
    }
    const ids = this.scratch.slice(0, count).sort();
    this.scratch = new Int32Array(scratchMin);
    for (const orderId of ids) this.endWaiting(kind, reason, this.find(orderId));
    return count;
  }

  #growScratch(): void {
    const grown = new Int32Array(this.scratch.length * 2);
    grown.set(this.scratch);
    this.scratch = grown;
  }

  /** @param book 0 for all. */
  *#ordersOfBooks(book: number): Generator<number> {
    for (const each of book === 0 ? this.listedBooks() : [book]) yield* this.ordersOfBook(each);
  }

  *#ordersOfAccount(account: number): Generator<number> {
    if (account >= this.accountsRoom) return;
    const ends = this.accountEnds(account);
    for (let order = this.words[ends + NEXT_OF_ACCOUNT]!; order !== ends; order = this.words[order + NEXT_OF_ACCOUNT]!) yield order;
  }
}

/** A day takes with it what waits for an auction that it did not have. */
function endsWithDay(inForce: number): boolean {
  return inForce === InForce.DAY || inForce === InForce.AT_OPEN || inForce === InForce.AT_CLOSE;
}
