// The fast engine's state as words, both ways; the layout is in state.ts. Reading one is also how it moves into a smaller memory.
import { accountMax, bookMax, InForce, Phase, stepsMax, threeBits, type BookSide, type OrderType, type SelfTrade } from './command.js';
import { type OpenOrder, type WordSink } from './engine.js';
import {
  annexWords,
  bookField,
  bookWords,
  extraField,
  levelField,
  orderField,
  sideField,
  sideKind,
  sideKinds,
  tagBits,
} from './fast-layout.js';
import { inForceOf, typeOf } from './fast-orders.js';
import { FastPlain } from './fast-plain.js';
import { reportWords } from './report.js';
import { readStateOrder, places, writeStateOrder, type StateOrder } from './state-order.js';
import { lowWord, StateReader, StateWords, turnsUpTo, writeStateCounters } from './state.js';

const { PREV, LEVEL, QTY, ID, TAG } = orderField;
const { DISPLAY, EXPIRE_AT, PROTECTION, TURN } = extraField;
const { KEY, SIDE } = levelField;
const { KIND } = sideField;
const { NUMBER, PHASE, LAST_PRICE, REFERENCE, FREEZE, BAND_LOW, BAND_HIGH } = bookField;
const { EXTENDED, POST_ONLY, TYPE_SHIFT, IN_FORCE_SHIFT, SELF_TRADE_SHIFT, ACCOUNT_SHIFT } = tagBits;
const { ASKS, MARKET_BUYS, MARKET_SELLS } = sideKind;
/** Words in use beyond twice what the state needs: worth moving together. */
const wordsToCompact = 1 << 18;
/** What an open order may need with its level and its part of a ladder. */
const wordsOfOrder = 64;
/** No batch has so many market orders. */
const turnsMax = 2 ** 30;

export class FastState extends FastPlain {
  /** Commands before this batch, and those of it. */
  protected commandsBefore = 0;
  protected commands = 0;
  /** While a book is read: the most market orders that a limit order of either side says came before it. */
  readonly #marketsAhead = new Int32Array(2);

  get commandSeq(): number {
    return this.commandsBefore + this.commands;
  }

  protected openOrder(order: number): OpenOrder {
    const { words } = this;
    const tag = words[order | TAG]!;
    const isExtended = (tag & EXTENDED) !== 0;
    const kind = words[words[words[order | LEVEL]! | SIDE]! | KIND]!;
    return {
      orderId: words[order | ID]!,
      book: words[this.bookOfOrder(order) | NUMBER]!,
      account: tag >>> ACCOUNT_SHIFT,
      side: (tag & 1) as OpenOrder['side'],
      ordType: typeOf(tag) as OrderType,
      timeInForce: inForceOf(tag) as InForce,
      selfTrade: ((tag >>> SELF_TRADE_SHIFT) & threeBits) as SelfTrade,
      postOnly: (tag & POST_ONLY) !== 0,
      price: this.priceOf(order),
      stopPrice: this.stopOf(order),
      openQty: this.openOf(order),
      shownQty: kind <= ASKS ? words[order | QTY]! : 0,
      displayQty: isExtended ? words[order + DISPLAY]! : 0,
      expireAtSec: isExtended ? words[order + EXPIRE_AT]! >>> 0 : 0,
      protectionBps: isExtended ? words[order + PROTECTION]! : 0,
    };
  }

  writeState(out: WordSink): void {
    const { clockSec, commandSeq, reportSeq, tradeNo } = this;
    writeStateCounters({ clockSec, commandSeq, reportSeq, tradeNo }, out);
    out.add(this.groups.reduce((count, group) => count + (group === 0 ? 0 : 1), 0));
    this.groups.forEach((group, account) => {
      if (group === 0) return;
      out.add(account);
      out.add(group);
    });
    const books = this.listedBooks();
    out.add(books.length);
    for (const book of books) this.#writeBook(book, out);
  }

  #writeBook(book: number, out: WordSink): void {
    for (const field of [NUMBER, PHASE, REFERENCE, FREEZE, BAND_LOW, BAND_HIGH, LAST_PRICE]) out.add(this.words[book | field]!);
    for (let kind = 0; kind < sideKinds; kind++) {
      let count = 0;
      for (const _order of this.ordersOf(book, kind)) count++;
      out.add(count);
      const turns = kind <= ASKS ? this.marketTurns(book, kind) : [];
      for (const order of this.ordersOf(book, kind)) writeStateOrder(this.openOrder(order), turnsUpTo(turns, this.turnOf(order)), out);
    }
  }

  /** The turns of the market orders that wait on the side of these limit orders. */
  protected marketTurns(book: number, kind: number): number[] {
    return Array.from(this.ordersOf(book, MARKET_BUYS + kind), (order) => this.turnOf(order));
  }

  /** Fills an empty engine. Throws StateFormatError. */
  protected fill(words: Int32Array): void {
    const input: StateReader = new StateReader(words);
    this.clockSec = input.next() >>> 0;
    this.commandsBefore = input.counter();
    this.commands = 0;
    this.reportsBefore = input.counter() - this.reportsLength / reportWords;
    this.tradesBefore = input.counter();
    this.tradeLow = lowWord(this.tradesBefore);
    let previous = -1;
    for (let rest = input.count(); rest > 0; rest--) {
      const account = input.next();
      const group = input.next();
      input.expect(account > previous && account <= accountMax && group > 0, 'accounts with a group, ascending');
      this.setGroup(account, group);
      previous = account;
    }
    previous = -1;
    for (let rest = input.count(); rest > 0; rest--) previous = this.#readBook(input, previous);
    input.expect(input.isAtEnd, 'nothing after the last book');
  }

  #readBook(input: StateReader, previous: number): number {
    const number = input.next();
    input.expect(number > previous && number <= bookMax, 'books ascending');
    const book = this.newBook(number);
    const phase = input.next();
    const [reference, freezeQty, low, high, last] = [input.next(), input.next(), input.next(), input.next(), input.next()];
    for (const steps of [reference, freezeQty, low, high, last]) input.expect(steps >= 0 && steps <= stepsMax, 'rules of a book');
    input.expect(phase >= Phase.CLOSED && phase <= Phase.HALT && (high === 0 || low <= high), 'a phase and a band');
    this.setRules(book, reference, freezeQty, low, high);
    this.words[book | PHASE] = phase;
    this.words[book | LAST_PRICE] = last;
    this.#marketsAhead.fill(0);
    for (let kind = 0; kind < sideKinds; kind++) {
      if (kind === MARKET_BUYS || kind === MARKET_SELLS) this.#readMarkets(input, book, kind);
      else for (let rest = input.count(), level = 0; rest > 0; rest--) level = this.#readOrder(input, book, kind, level);
    }
    input.expect(this.isSettled(book), 'nothing in continuous trading that would trade');
    return number;
  }

  /** Market orders have the turns 1, 2, 3 …, which limit orders before them in the state say already. */
  #readMarkets(input: StateReader, book: number, kind: number): void {
    const count = input.marketCount();
    input.expect(this.#marketsAhead[kind & 1]! <= count, 'market orders that are there');
    for (let turn = 1; turn <= count; turn++) {
      const queue = this.#readOrder(input, book, kind, 0);
      this.words[this.words[queue | PREV]! + TURN] = turn;
    }
    this.turns = Math.max(this.turns, count);
  }

  /** Appends the next order to its list. Returns its level. @param before level of the order before it, or 0. */
  #readOrder(input: StateReader, book: number, kind: number, before: number): number {
    const read = readStateOrder(input, places[kind >>> 1]!, (kind & 1) as BookSide, this.clockSec);
    const { orderId, account, price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps, marketsAhead } = read;
    input.expect(this.find(orderId) === 0, 'an order once');
    this.makeRoom(account);
    const tag = tagOf(read);
    const isExtended = marketsAhead !== 0 || displayQty !== 0 || expireAtSec !== 0 || kind > ASKS || read.timeInForce === InForce.AT_CLOSE;
    const order = isExtended
      ? this.newExtendedOrder(orderId, tag, openQty, displayQty, stopPrice, expireAtSec, protectionBps)
      : this.newPlainOrder(orderId, tag, openQty, this.slotOf(orderId));
    if (kind > ASKS) this.park(book, order, price, kind & ~1);
    else this.rest(book, order, price);
    if (kind <= ASKS) this.setOpen(order, openQty, isExtended ? shownQty : openQty);
    const level = this.words[order | LEVEL]!;
    if (kind <= ASKS) this.#readTurn(input, order, level, marketsAhead);
    input.expect(before === 0 || this.words[before | KEY]! >= this.words[level | KEY]!, 'a list in the order of its prices');
    return level;
  }

  #readTurn(input: StateReader, order: number, level: number, marketsAhead: number): void {
    if (marketsAhead !== 0) this.words[order + TURN] = marketsAhead;
    const previous = this.words[order | PREV]!;
    input.expect(previous === level || this.turnOf(previous) <= marketsAhead, 'a level in the order of its time');
    const kind = this.words[order | TAG]! & 1;
    this.#marketsAhead[kind] = Math.max(this.#marketsAhead[kind]!, marketsAhead);
  }

  /** Between batches: moves into a memory of the right size when most of this one is unused. Turns begin anew with it, long before they leave their word. */
  protected compactIfSparse(): void {
    const { bookCount, annexCount, openCount, accountsRoom } = this;
    const needed = bookCount * bookWords + annexCount * annexWords + openCount * wordsOfOrder + 2 * accountsRoom;
    if (this.wordsUsed < 2 * needed + wordsToCompact && this.turns < turnsMax) return;
    const state = new StateWords();
    this.writeState(state);
    this.clearOrders();
    this.fill(state.words);
  }
}

function tagOf({ side, ordType, timeInForce, selfTrade, postOnly, account }: StateOrder): number {
  const attributes = side | (ordType << TYPE_SHIFT) | (timeInForce << IN_FORCE_SHIFT) | (selfTrade << SELF_TRADE_SHIFT);
  return attributes | (postOnly ? POST_ONLY : 0) | (account << ACCOUNT_SHIFT);
}
