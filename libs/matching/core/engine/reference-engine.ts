// The readable engine: the contract in plain steps. The fast one must report the same, word for word.
import { assert, assertNever } from '@switchyard/kernel';
import { type BookSide, CommandType, InForce, Phase, wordsOfCommand, type InForce as TimeInForce } from './command.js';
import {
  EngineBrokenError,
  ordersMaxDefault,
  type DepthLevel,
  type MatchingEngine,
  type OpenOrder,
  type ShownOrder,
  type WordSink,
} from './engine.js';
import { EngineReason, ReportKind } from './report.js';
import { ReportWriter } from './report-writer.js';
import { ReferenceBook } from './reference-book.js';
import { AccountGroups, Matching } from './reference-matching.js';
import { Order, type OrderQueue } from './reference-order.js';
import { OpenOrders } from './reference-orders.js';
import { Phases } from './reference-phases.js';
import { readReferenceState, writeReferenceState } from './reference-state.js';
import { validateReference } from './reference-validation.js';
import {
  bookRulesOf,
  isWellFormed,
  readCommand,
  refusalByRules,
  refusalOfNewTerms,
  refusalOfTerms,
  takesNew,
  takesReplace,
  type DecodedCommand,
} from './rules.js';

/** A MatchingEngine to read. */
export class ReferenceEngine implements MatchingEngine {
  readonly #reports = new ReportWriter();
  readonly #orders = new OpenOrders(this.#reports);
  readonly #groups = new AccountGroups();
  readonly #matching = new Matching(this.#orders, this.#groups);
  readonly #phases = new Phases(this.#orders, this.#matching);
  readonly #books = new Map<number, ReferenceBook>();
  readonly #ordersMax: number;
  #clockSec = 0;
  #commandSeq = 0;
  #broken: EngineBrokenError | undefined;

  /** @param ordersMax with so many orders open every NEW is refused (BOOK_FULL). */
  constructor(ordersMax = ordersMaxDefault) {
    this.#ordersMax = ordersMax;
  }

  get reports(): Int32Array {
    return this.#reports.words;
  }

  get reportsLength(): number {
    return this.#reports.length;
  }

  get reportSeq(): number {
    return this.#reports.seq;
  }

  get tradeNo(): number {
    return this.#reports.tradeNo;
  }

  get commandSeq(): number {
    return this.#commandSeq;
  }

  get openCount(): number {
    return this.#orders.count;
  }

  get nextExpirySec(): number {
    return this.#orders.nextExpirySec;
  }

  clearReports(): void {
    this.#reports.clear();
  }

  execute(words: Int32Array, from: number, to: number): void {
    if (this.#broken !== undefined) throw this.#broken;
    for (let at = from; at < to; at += wordsOfCommand(words, at)) {
      this.#commandSeq++;
      try {
        assert(at + wordsOfCommand(words, at) <= to, 'the words end where a command ends');
        this.#executeOne(readCommand(words, at));
      } catch (error) {
        throw (this.#broken = new EngineBrokenError(this.#commandSeq, error));
      }
    }
  }

  phase(book: number): Phase | undefined {
    return this.#books.get(book)?.phase;
  }

  lastPrice(book: number): number {
    return this.#books.get(book)?.lastPrice ?? 0;
  }

  depth(book: number, side: BookSide, levels: number): DepthLevel[] {
    const depth: DepthLevel[] = [];
    for (const level of this.#books.get(book)?.limits[side] ?? []) {
      if (depth.length === levels) break;
      depth.push(depthLevel(level));
    }
    return depth;
  }

  level(book: number, side: BookSide, price: number): DepthLevel {
    const level = this.#books.get(book)?.limits[side].at(price);
    return level === undefined ? { price, qty: 0, orders: 0 } : depthLevel(level);
  }

  *orders(book: number, side: BookSide): Iterable<ShownOrder> {
    for (const { orderId, price, shownQty } of this.#books.get(book)?.limits[side].orders() ?? []) yield { orderId, price, qty: shownQty };
  }

  order(orderId: number): OpenOrder | undefined {
    return this.#orders.get(orderId)?.snapshot();
  }

  /** Only of the reports: what lies in objects, the engine cannot know. */
  bytesHeld(): number {
    return this.#reports.words.byteLength;
  }

  writeState(out: WordSink): void {
    writeReferenceState(
      {
        clockSec: this.#clockSec,
        commandSeq: this.#commandSeq,
        reportSeq: this.#reports.seq,
        tradeNo: this.#reports.tradeNo,
        groups: this.#groups,
        listed: this.#listed(),
      },
      out,
    );
  }

  readState(words: Int32Array): void {
    assert(this.#commandSeq === 0 && this.#books.size === 0, 'a state is read into an empty engine');
    const counters = readReferenceState(words, { groups: this.#groups, orders: this.#orders, books: this.#books });
    this.#clockSec = counters.clockSec;
    this.#commandSeq = counters.commandSeq;
    this.#reports.seq = counters.reportSeq;
    this.#reports.tradeNo = counters.tradeNo;
  }

  validateInternalState(): void {
    validateReference([...this.#books.values()], this.#orders, this.#clockSec);
  }

  #executeOne(command: DecodedCommand): void {
    if (!isWellFormed(command)) return this.#reports.rejected(command, EngineReason.MALFORMED);
    const type = command.type as CommandType;
    switch (type) {
      case CommandType.NEW:
        return this.#new(command);
      case CommandType.CANCEL:
        return this.#cancel(command);
      case CommandType.REPLACE:
        return this.#replace(command);
      case CommandType.MASS_CANCEL:
        return this.#massCancel(command);
      case CommandType.SET_PHASE:
        return this.#setPhase(command);
      case CommandType.LIST_BOOK:
        return this.#listBook(command);
      case CommandType.TIME:
        return this.#time(command);
      case CommandType.DAY_END:
        return this.#dayEnd(command);
      case CommandType.SET_ACCOUNT_GROUP:
        this.#groups.set(command.account, command.value6);
        return this.#reports.done(type, {});
      default:
        return assertNever(type, 'command type');
    }
  }

  #new(command: DecodedCommand): void {
    const book = this.#books.get(command.book);
    const reason = this.#refusalOfNew(command, book);
    if (reason !== EngineReason.NONE || book === undefined) return this.#reports.rejectedNew(command, reason);
    const displayQty = command.displayQty >= command.qty ? 0 : command.displayQty;
    const order = new Order(book, { ...command, displayQty }, command.qty);
    this.#orders.add(order);
    const waitsForClose = isParkedUntilClose(order.timeInForce, book.phase);
    const shownQty = waitsForClose ? 0 : order.shownIfRested;
    this.#reports.effect(ReportKind.NEW, EngineReason.NONE, order, { shownQty });
    if (waitsForClose) book.append(order, 'atClose');
    else this.#enter(order);
    this.#matching.triggerStops(book);
  }

  #refusalOfNew(command: DecodedCommand, book: ReferenceBook | undefined): EngineReason {
    if (book === undefined) return EngineReason.UNKNOWN_BOOK;
    if (command.orderId < 1) return EngineReason.INVALID_ORDER_ID;
    if (this.#orders.get(command.orderId) !== undefined) return EngineReason.DUPLICATE_ORDER_ID;
    const reason = refusalOfTerms(command, this.#clockSec);
    if (reason !== EngineReason.NONE) return reason;
    if (!takesNew(book.phase, command)) return EngineReason.WRONG_PHASE;
    const refused = refusalByRules(book.rules, command);
    if (refused !== EngineReason.NONE) return refused;
    const wouldTrade = command.postOnly && book.crosses(command.side, command.price);
    if (wouldTrade) return EngineReason.POST_ONLY_WOULD_TRADE;
    return this.openCount >= this.#ordersMax ? EngineReason.BOOK_FULL : EngineReason.NONE;
  }

  /** Into its place; in continuous trading what can trade, trades first. */
  #enter(order: Order): void {
    const place = order.book.placeOf(order);
    if (order.book.phase === Phase.CONTINUOUS && place !== 'stop') this.#matching.enter(order);
    else order.book.append(order, place);
  }

  #cancel(command: DecodedCommand): void {
    const { order, reason } = this.#named(command);
    if (order === undefined) return this.#reports.rejected(command, reason);
    if (order.book.phase === Phase.OPENING_AUCTION) return this.#reports.rejected(command, EngineReason.WRONG_PHASE, order);
    this.#orders.cancel(order, EngineReason.REQUESTED);
  }

  #replace(command: DecodedCommand): void {
    const { order, reason } = this.#named(command);
    if (order === undefined) return this.#reports.rejected(command, reason);
    const { book, place } = order;
    assert(place !== undefined, 'an open order waits somewhere');
    const refused = refusalOfReplace(command, order);
    if (refused !== EngineReason.NONE) return this.#reports.rejected(command, refused, order);
    const { price, stopPrice, qty } = command;
    const keepsTurn = price === order.price && stopPrice === order.stopPrice && qty <= order.openQty;
    if (keepsTurn) {
      order.openQty = qty;
      order.queue?.show(order, Math.min(order.shownQty, qty));
      return this.#reports.effect(ReportKind.REPLACED, EngineReason.NONE, order, { shownQty: order.shownQty });
    }
    book.remove(order);
    Object.assign(order, { price, stopPrice, openQty: qty });
    this.#reports.effect(ReportKind.REPLACED, EngineReason.NONE, order, { shownQty: place === 'book' ? order.shownIfRested : 0 });
    if (place === 'atClose') book.append(order, place);
    else this.#enter(order);
    this.#matching.triggerStops(book);
  }

  /** The open order that a command names, in the book that it names. */
  #named({ book, orderId }: DecodedCommand): { order?: Order; reason: EngineReason } {
    if (!this.#books.has(book)) return { reason: EngineReason.UNKNOWN_BOOK };
    const order = this.#orders.get(orderId);
    return order?.book.id === book ? { order, reason: EngineReason.NONE } : { reason: EngineReason.UNKNOWN_ORDER };
  }

  #massCancel(command: DecodedCommand): void {
    const { book, account, value6: side, type } = command;
    if (book !== -1 && !this.#books.has(book)) return this.#reports.rejected(command, EngineReason.UNKNOWN_BOOK);
    const orders = this.#orders.where(
      (order) =>
        (book === -1 || order.book.id === book) && (account === -1 || order.account === account) && (side === -1 || order.side === side),
    );
    for (const order of orders) this.#orders.cancel(order, EngineReason.MASS_CANCEL);
    this.#reports.done(type as CommandType, { book, count: orders.length });
  }

  #setPhase(command: DecodedCommand): void {
    const book = this.#books.get(command.book);
    if (command.book !== -1 && book === undefined) return this.#reports.rejected(command, EngineReason.UNKNOWN_BOOK);
    const books = book === undefined ? this.#listed() : [book];
    for (const each of books) this.#phases.enter(each, command.value6 as Phase);
  }

  #listBook(command: DecodedCommand): void {
    const { book, type } = command;
    const rules = bookRulesOf(command);
    const listed = this.#books.get(book);
    if (listed === undefined) this.#books.set(book, new ReferenceBook(book, rules));
    else listed.rules = rules;
    this.#reports.done(type as CommandType, { book });
  }

  #time({ value6, type }: DecodedCommand): void {
    this.#clockSec = Math.max(this.#clockSec, value6 >>> 0);
    const due = this.#orders.dueAt(this.#clockSec);
    for (const order of due) this.#orders.expire(order, EngineReason.GTD);
    this.#reports.done(type as CommandType, { count: due.length });
  }

  #dayEnd(command: DecodedCommand): void {
    const { book, type } = command;
    if (book !== -1 && !this.#books.has(book)) return this.#reports.rejected(command, EngineReason.UNKNOWN_BOOK);
    const orders = this.#orders.where((order) => endsWithDay(order.timeInForce) && (book === -1 || order.book.id === book));
    for (const order of orders) this.#orders.expire(order, EngineReason.DAY_END);
    this.#reports.done(type as CommandType, { book, count: orders.length });
  }

  /** Listed books by their number. */
  #listed(): ReferenceBook[] {
    return [...this.#books.values()].sort((one, other) => one.id - other.id);
  }
}

function refusalOfReplace(command: DecodedCommand, order: Order): EngineReason {
  const { postOnly, side, book } = order;
  const reason = refusalOfNewTerms(order, command);
  if (reason !== EngineReason.NONE) return reason;
  if (!takesReplace(book.phase)) return EngineReason.WRONG_PHASE;
  const refused = refusalByRules(book.rules, command);
  if (refused !== EngineReason.NONE) return refused;
  const wouldTrade = postOnly && book.phase === Phase.CONTINUOUS && book.crosses(side, command.price);
  return wouldTrade ? EngineReason.POST_ONLY_WOULD_TRADE : EngineReason.NONE;
}

function endsWithDay(timeInForce: TimeInForce): boolean {
  return timeInForce === InForce.DAY || timeInForce === InForce.AT_OPEN || timeInForce === InForce.AT_CLOSE;
}

function isParkedUntilClose(timeInForce: TimeInForce, phase: Phase): boolean {
  return timeInForce === InForce.AT_CLOSE && phase !== Phase.CLOSING_AUCTION;
}

function depthLevel({ price, shownQty, count }: OrderQueue): DepthLevel {
  return { price, qty: shownQty, orders: count };
}
