// What others see of the books, as changes: the best prices (L1), the best levels (L2) and every shown order (L3). Made from reports alone.
import { assert } from '@switchyard/kernel';
import { type BookSide } from './command.js';
import { DepthSide } from './depth-side.js';
import { type DepthLevel } from './engine.js';
import { type ReferenceBook } from './reference-book.js';
import { AccountGroups } from './reference-matching.js';
import { type Order } from './reference-order.js';
import { OpenOrders } from './reference-orders.js';
import { readReferenceState } from './reference-state.js';
import { EngineReason, readReport, ReportKind, reportWords, Role, type Report } from './report.js';
import { ReportWriter } from './report-writer.js';

/** L3: `add` joins the back of its level, `change` keeps its place. Within one batch removals come first, then changes, then additions. */
export interface OrderDelta {
  readonly kind: 'add' | 'change' | 'remove';
  readonly book: number;
  readonly side: BookSide;
  readonly orderId: number;
  readonly price: number;
  /** Shown lots afterwards; 0 once it is removed. */
  readonly qty: number;
}

/** L2: how a level is now; without orders it is gone, or no longer among the best. */
export interface LevelDelta extends DepthLevel {
  readonly book: number;
  readonly side: BookSide;
}

/** L1: the best levels now. */
export interface TopDelta {
  readonly book: number;
  readonly bid: DepthLevel | undefined;
  readonly ask: DepthLevel | undefined;
}

/** What a batch of reports changed. */
export interface DepthDeltas {
  readonly tops: readonly TopDelta[];
  readonly levels: readonly LevelDelta[];
  readonly orders: readonly OrderDelta[];
}

/** What the feed knows of an open order. */
interface FeedOrder {
  readonly orderId: number;
  readonly book: number;
  readonly side: BookSide;
  price: number;
  openQty: number;
  /** 0 while others do not see it. */
  shownQty: number;
  /** What it shows at most; infinite unless it is an iceberg. */
  sliceQty: number;
  /** When it joined its level, or the market orders of an auction: a greater number stands behind a smaller one. */
  joined: number;
}

export class DepthFeed {
  readonly #levelCount: number;
  readonly #orders = new Map<number, FeedOrder>();
  readonly #sidesOf = new Map<number, readonly [DepthSide, DepthSide]>();
  /** Orders of which a report told since the last deltas, as they were seen before; undefined: not at all. */
  readonly #before = new Map<number, FeedOrder | undefined>();
  /** Market orders that an auction made limit orders since then: they stand where their time puts them. */
  readonly #settled: FeedOrder[] = [];
  #joins = 0;

  /**
   * @param levels how many levels of a side L2 has.
   * @param state words of the engine's state from which its reports go on; without them the engine is empty. Throws StateFormatError.
   */
  constructor({ levels, state }: { levels: number; state?: Int32Array }) {
    this.#levelCount = levels;
    if (state !== undefined) this.#readState(state);
  }

  /** Takes the reports of a batch of whole commands, words [from, to), and tells what they changed. */
  take(reports: Int32Array, from: number, to: number): DepthDeltas {
    for (let at = from; at < to; at += reportWords) this.#takeReport(readReport(reports, at));
    return this.#deltas();
  }

  #takeReport(report: Report): void {
    if (report.kind === ReportKind.DONE || report.kind === ReportKind.REJECTED) return;
    if (report.kind === ReportKind.NEW) return this.#open(report);
    const order = this.#orders.get(report.orderId);
    assert(order !== undefined, 'a report tells of an order that was reported open');
    this.#touch(order.orderId, order);
    const openQty = order.openQty;
    order.openQty = report.leavesQty;
    if (report.leavesQty === 0) {
      order.shownQty = 0;
      this.#orders.delete(order.orderId);
    } else if (report.kind === ReportKind.TRADE) this.#trade(order, report);
    else if (report.kind === ReportKind.REPLACED) this.#replace(order, report, openQty);
    else if (report.kind === ReportKind.TRIGGERED) this.#join(order, report);
    else this.#restate(order, report);
  }

  #open(report: Report): void {
    const { orderId, book, side, price, qty } = report;
    const order: FeedOrder = { orderId, book, side, price, openQty: qty, shownQty: 0, sliceQty: Infinity, joined: 0 };
    this.#touch(orderId, undefined);
    this.#orders.set(orderId, order);
    this.#join(order, report);
  }

  #trade(order: FeedOrder, { role, qty }: Report): void {
    if (order.shownQty === 0) return;
    order.shownQty = role === Role.MAKER ? order.shownQty - qty : Math.min(order.sliceQty, order.openQty);
  }

  #replace(order: FeedOrder, report: Report, openQtyBefore: number): void {
    const keepsTurn = report.price === order.price && report.leavesQty <= openQtyBefore;
    order.price = report.price;
    if (keepsTurn) order.shownQty = report.shownQty;
    else this.#join(order, report);
  }

  #restate(order: FeedOrder, report: Report): void {
    order.price = report.price;
    if (report.reason === EngineReason.SELF_TRADE || report.reason === EngineReason.AUCTION_PRICE) order.shownQty = report.shownQty;
    else this.#join(order, report);
    if (report.reason === EngineReason.AUCTION_PRICE) this.#settled.push(order);
  }

  /** To the back of its level, if it shows at all. */
  #join(order: FeedOrder, { shownQty, leavesQty }: Report): void {
    order.shownQty = shownQty;
    order.joined = ++this.#joins;
    if (shownQty > 0 && shownQty < leavesQty) order.sliceQty = shownQty;
  }

  #touch(orderId: number, order: FeedOrder | undefined): void {
    if (this.#before.has(orderId)) return;
    this.#before.set(orderId, order !== undefined && order.shownQty > 0 ? { ...order } : undefined);
  }

  #deltas(): DepthDeltas {
    const orders = this.#orderDeltas();
    const levels: LevelDelta[] = [];
    const tops: TopDelta[] = [];
    for (const book of new Set(orders.map((delta) => delta.book))) {
      const [bids, asks] = this.#sides(book);
      const told = [bids, asks].map((side) => side.tellChanges(this.#levelCount));
      for (const [side, changes] of told.entries())
        for (const level of changes.levels) levels.push({ book, side: side as BookSide, ...level });
      if (told.some(({ isBestChanged }) => isBestChanged)) tops.push({ book, bid: bids.best, ask: asks.best });
    }
    return { tops, levels, orders };
  }

  /** What became of every order that was touched; brings the levels up to date. */
  #orderDeltas(): OrderDelta[] {
    const moved = this.#behindSettled();
    const removed: OrderDelta[] = [];
    const changed: OrderDelta[] = [];
    const added: FeedOrder[] = [];
    for (const [orderId, was] of this.#before) {
      const order = this.#orders.get(orderId);
      const now = order !== undefined && order.shownQty > 0 ? order : undefined;
      const stayed = was !== undefined && was.joined === now?.joined && !moved.has(orderId);
      if (was !== undefined && !stayed) removed.push(this.#delta('remove', was, -was.shownQty));
      if (now === undefined) continue;
      if (!stayed) added.push(now);
      else if (was.shownQty !== now.shownQty) changed.push(this.#delta('change', now, now.shownQty - was.shownQty));
    }
    this.#before.clear();
    added.sort((one, other) => one.joined - other.joined);
    return [...removed, ...changed, ...added.map((order) => this.#delta('add', order, order.shownQty))];
  }

  /** Orders behind settled ones: since whoever is added joins the back, they are removed, and added behind those. */
  #behindSettled(): Set<number> {
    const moved = new Set<number>();
    if (this.#settled.length === 0) return moved;
    const firstAt = new Map<string, number>();
    for (const order of this.#settled) firstAt.set(levelOf(order), Math.min(order.joined, firstAt.get(levelOf(order)) ?? Infinity));
    this.#settled.length = 0;
    for (const order of this.#orders.values()) {
      if (order.shownQty === 0 || order.joined <= (firstAt.get(levelOf(order)) ?? Infinity)) continue;
      this.#touch(order.orderId, order);
      moved.add(order.orderId);
    }
    return moved;
  }

  #delta(kind: OrderDelta['kind'], { book, side, orderId, price, shownQty }: FeedOrder, change: number): OrderDelta {
    this.#sides(book)[side].change(price, change, kind === 'change' ? 0 : Math.sign(change));
    return { kind, book, side, orderId, price, qty: kind === 'remove' ? 0 : shownQty };
  }

  #sides(book: number): readonly [DepthSide, DepthSide] {
    let sides = this.#sidesOf.get(book);
    if (sides === undefined) this.#sidesOf.set(book, (sides = [new DepthSide('highest first'), new DepthSide('lowest first')]));
    return sides;
  }

  #readState(state: Int32Array): void {
    const books = new Map<number, ReferenceBook>();
    const orders = new OpenOrders(new ReportWriter());
    readReferenceState(state, { groups: new AccountGroups(), orders, books });
    for (const book of books.values()) {
      for (const { orderId, side, price, openQty, shownQty, displayQty } of ordersByTime(book)) {
        const sliceQty = displayQty === 0 ? Infinity : displayQty;
        this.#orders.set(orderId, { orderId, book: book.id, side, price, openQty, shownQty, sliceQty, joined: ++this.#joins });
        if (shownQty > 0) this.#sides(book.id)[side].change(price, shownQty, 1);
      }
      for (const side of this.#sides(book.id)) side.tellChanges(this.#levelCount);
    }
  }
}

function levelOf({ book, side, price }: FeedOrder): string {
  return `${book}/${side}/${price}`;
}

/** The orders of a book; those of a level, and the market orders that wait, in the order in which they came. */
function ordersByTime(book: ReferenceBook): Order[] {
  const isMarket = (order: Order): number => (order.place === 'market' ? 0 : 1);
  return [...book.orders()].sort((one, other) => one.turn - other.turn || isMarket(one) - isMarket(other));
}
