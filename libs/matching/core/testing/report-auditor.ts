// Judges an engine by its reports alone, with none of an engine's code: quantity is conserved, price and time decide, nothing trades beyond its limit, and no book
// in continuous trading is crossed.
import { assert } from '@switchyard/kernel';
import { BookSide, InForce, OrderType } from '../engine/command.js';
import { EngineReason, ReportKind, Role, type Report } from '../engine/report.js';

interface AuditedOrder {
  readonly orderId: number;
  readonly book: number;
  readonly side: BookSide;
  readonly account: number;
  readonly timeInForce: InForce | 0;
  ordType: OrderType | 0;
  price: number;
  openQty: number;
  shownQty: number;
  sliceQty: number;
  /** A greater number stands behind a smaller one of the same price. */
  joined: number;
}

/** What became of all quantity that was ever ordered. */
export interface AuditedQuantities {
  readonly ordered: number;
  readonly traded: number;
  readonly canceled: number;
  readonly expired: number;
  /** By replaces: more is positive. */
  readonly replaced: number;
  /** Taken by self-trade prevention from orders that stayed. */
  readonly decremented: number;
  readonly open: number;
}

export class ReportAuditor {
  readonly #orders = new Map<number, AuditedOrder>();
  readonly #lastPrices = new Map<number, number>();
  /** Market orders that a younger one went ahead of in an auction. Only their protection, which no report tells, may have kept them out of it. */
  readonly #passedOver = new Set<AuditedOrder>();
  readonly #sums = { ordered: 0, traded: 0, canceled: 0, expired: 0, replaced: 0, decremented: 0 };
  #joins = 0;
  #tradeNo = 0;
  /** The first side of a trade, until the second is told. */
  #half: Report | undefined;

  get quantities(): AuditedQuantities {
    let open = 0;
    for (const { openQty } of this.#orders.values()) open += openQty;
    return { ...this.#sums, open };
  }

  get openCount(): number {
    return this.#orders.size;
  }

  /** Takes the next report. Throws InvariantError when it breaks a rule. */
  take(report: Report): void {
    assert(this.#half === undefined || report.kind === ReportKind.TRADE, 'both sides of a trade are told together');
    if (report.kind === ReportKind.DONE || report.kind === ReportKind.REJECTED) return;
    if (report.kind === ReportKind.NEW) return this.#open(report);
    const order = this.#orders.get(report.orderId);
    assert(order !== undefined, `order ${report.orderId} is open`);
    assert(
      order.side === report.side && order.account === report.account && order.book === report.book,
      'an order keeps its side, account and book',
    );
    this.#takeEffect(order, report);
    assert(order.openQty === report.leavesQty && report.leavesQty >= 0, 'what is open is what the reports leave open');
    assert(order.shownQty >= 0 && order.shownQty <= order.openQty, 'an order shows no more than it has');
    if (order.openQty === 0) this.#orders.delete(order.orderId);
  }

  /** Between two commands: the book has no bid at or above an ask, as others see it. */
  checkNotCrossed(book: number): void {
    const bid = this.#best(book, BookSide.BUY);
    const ask = this.#best(book, BookSide.SELL);
    if (bid !== undefined && ask !== undefined)
      assert(bid.price < ask.price, `book ${book} is not crossed: ${bid.price} below ${ask.price}`);
  }

  /** Everything that was ordered has been traded, canceled or expired, or is open. */
  checkConserved(): void {
    const { ordered, replaced, traded, canceled, expired, decremented, open } = this.quantities;
    assert(ordered + replaced === traded + canceled + expired + decremented + open, 'quantity is conserved');
  }

  #open({ orderId, book, side, account, timeInForce, ordType, price, qty, shownQty, leavesQty }: Report): void {
    assert(!this.#orders.has(orderId), `order ${orderId} is opened once`);
    assert(qty === leavesQty, 'a new order is open whole');
    const order = { orderId, book, side, account, timeInForce, ordType, price, openQty: qty, shownQty: 0, sliceQty: Infinity, joined: 0 };
    this.#orders.set(orderId, order);
    this.#join(order, shownQty);
    this.#sums.ordered += qty;
  }

  #takeEffect(order: AuditedOrder, report: Report): void {
    const { kind, qty, leavesQty, price, shownQty, reason } = report;
    if (kind === ReportKind.TRADE) return this.#trade(order, report);
    const before = order.openQty;
    order.openQty = leavesQty;
    if (kind === ReportKind.CANCELED || kind === ReportKind.EXPIRED) {
      assert(leavesQty === 0 && qty === before, 'an order that ends ends with all that was open');
      const isKeptOut = reason === EngineReason.PRICE_PROTECTION || reason === EngineReason.AUCTION_ENDED;
      assert(isKeptOut || !this.#passedOver.has(order), `order ${order.orderId} was passed over in the auction`);
      this.#passedOver.delete(order);
      order.shownQty = 0;
      this.#sums[kind === ReportKind.CANCELED ? 'canceled' : 'expired'] += qty;
    } else if (kind === ReportKind.REPLACED) {
      this.#sums.replaced += leavesQty - before;
      const keepsTurn = order.price === price && leavesQty <= before;
      order.price = price;
      if (keepsTurn) order.shownQty = shownQty;
      else this.#join(order, shownQty);
    } else if (kind === ReportKind.TRIGGERED) {
      assert(before === leavesQty, 'a trigger leaves the quantity as it is');
      const last = this.#lastPrices.get(order.book) ?? 0;
      assert(
        last > 0 && (order.side === BookSide.BUY ? last >= price : last <= price),
        'a stop is triggered by a last price at or beyond it',
      );
      order.ordType = order.ordType === OrderType.STOP ? OrderType.MARKET : OrderType.LIMIT;
      this.#join(order, shownQty);
    } else if (reason === EngineReason.SELF_TRADE) {
      assert(leavesQty < before, 'a decremented order has less');
      this.#sums.decremented += before - leavesQty;
      order.shownQty = shownQty;
    } else {
      assert(before === leavesQty && qty === leavesQty, 'a restated order has what it had');
      if (reason === EngineReason.AUCTION_PRICE) this.#checkSettled(order);
      order.price = price;
      order.ordType = report.ordType;
      // An auction's rest keeps the time at which it came.
      if (reason === EngineReason.AUCTION_PRICE) order.shownQty = shownQty;
      else this.#join(order, shownQty);
    }
  }

  #trade(order: AuditedOrder, report: Report): void {
    const { role, price, qty } = report;
    const isMarket = order.ordType === OrderType.MARKET;
    // A market-to-limit order takes the price of its first trade.
    if (order.ordType === OrderType.MARKET_TO_LIMIT && order.price === 0) order.price = price;
    const isWithin = order.side === BookSide.BUY ? price <= order.price : price >= order.price;
    assert(isMarket || isWithin, `order ${order.orderId} trades at ${price}, within its limit ${order.price}`);
    assert(qty >= 1 && qty <= order.openQty, 'an order trades what it has');
    if (role === Role.MAKER) {
      assert(price === order.price, 'a resting order trades at its own price');
      assert(qty <= order.shownQty, 'a resting order trades what it shows');
      assert(this.#best(order.book, order.side) === order, `order ${order.orderId} is the first of the best price of its side`);
      order.shownQty -= qty;
    } else if (role === Role.AUCTION) {
      this.#checkTurnInAuction(order, price);
    }
    order.openQty -= qty;
    if (role !== Role.MAKER && order.shownQty > 0) order.shownQty = Math.min(order.sliceQty, order.openQty);
    this.#sums.traded += qty;
    this.#pair(report);
  }

  #pair(report: Report): void {
    const first = this.#half;
    if (first === undefined) {
      this.#half = report;
      return;
    }
    assert(report.tradeNo === first.tradeNo && report.tradeNo === this.#tradeNo + 1, 'trades are numbered without a gap');
    assert(report.qty === first.qty && report.price === first.price && report.book === first.book, 'both sides of a trade trade the same');
    assert(report.side !== first.side && report.orderId !== first.orderId, 'a trade has a buyer and a seller');
    this.#lastPrices.set(report.book, report.price);
    this.#tradeNo = report.tradeNo;
    this.#half = undefined;
  }

  #join(order: AuditedOrder, shownQty: number): void {
    order.joined = ++this.#joins;
    order.shownQty = shownQty;
    if (shownQty > 0 && shownQty < order.openQty) order.sliceQty = shownQty;
  }

  /** The shown order that has the first turn. */
  #best(book: number, side: BookSide): AuditedOrder | undefined {
    return this.#first(book, side, (order) => order.shownQty > 0);
  }

  /** Limit orders go first, by price and time; then market orders by time. */
  #checkTurnInAuction(order: AuditedOrder, price: number): void {
    const { orderId, book, side, ordType } = order;
    const best = this.#best(book, side);
    const isLimitLeft = best !== undefined && (side === BookSide.BUY ? best.price >= price : best.price <= price);
    const isFirst = ordType === OrderType.MARKET ? !isLimitLeft : best === order;
    assert(isFirst, `order ${orderId} is the first of its side in the auction`);
    assert(!this.#passedOver.has(order), `order ${orderId} was passed over in the auction`);
    if (ordType === OrderType.MARKET) for (const older of this.#olderMarketOrders(order)) this.#passedOver.add(older);
  }

  /** What an auction leaves of market orders becomes limit orders in their time. */
  #checkSettled(order: AuditedOrder): void {
    assert(!this.#passedOver.has(order), `order ${order.orderId} was passed over in the auction`);
    const [older] = this.#olderMarketOrders(order);
    assert(older === undefined, `order ${order.orderId} becomes a limit order before ${older?.orderId}, which is older`);
  }

  /** Those of its side that wait longer. Orders for the close may be parked still, which reports do not tell: they are not among them. */
  #olderMarketOrders({ book, side, joined }: AuditedOrder): AuditedOrder[] {
    return [...this.#orders.values()].filter(
      (other) =>
        other.book === book &&
        other.side === side &&
        other.ordType === OrderType.MARKET &&
        other.timeInForce !== InForce.AT_CLOSE &&
        other.joined < joined,
    );
  }

  /** The first by price, then by turn, of those that fit. */
  #first(book: number, side: BookSide, fits: (order: AuditedOrder) => boolean): AuditedOrder | undefined {
    let first: AuditedOrder | undefined;
    for (const order of this.#orders.values()) {
      if (order.book !== book || order.side !== side || !fits(order)) continue;
      if (first === undefined || isAhead(order, first)) first = order;
    }
    return first;
  }
}

function isAhead(order: AuditedOrder, other: AuditedOrder): boolean {
  if (order.price === other.price) return order.joined < other.joined;
  return order.side === BookSide.BUY ? order.price > other.price : order.price < other.price;
}
