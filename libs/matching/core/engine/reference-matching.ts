// Continuous trading: what an incoming order does to a book, and what stops do when the price reaches them.
import { assert, assertNever } from '@switchyard/kernel';
import { BookSide, InForce, OrderType, SelfTrade } from './command.js';
import { EngineReason, ReportKind, Role } from './report.js';
import { type ReferenceBook } from './reference-book.js';
import { type Order } from './reference-order.js';
import { type OpenOrders } from './reference-orders.js';

/** Account groups: accounts of one group do not trade with each other when the incoming order says so. */
export class AccountGroups {
  readonly #groupOf = new Map<number, number>();

  /** @param group 0 for none. */
  set(account: number, group: number): void {
    if (group === 0) this.#groupOf.delete(account);
    else this.#groupOf.set(account, group);
  }

  areOne(account: number, other: number): boolean {
    const group = this.#groupOf.get(account);
    return group !== undefined && group === this.#groupOf.get(other);
  }

  /** Accounts with a group, ascending. */
  entries(): [account: number, group: number][] {
    return [...this.#groupOf].sort(([one], [other]) => one - other);
  }
}

export class Matching {
  readonly #orders: OpenOrders;
  readonly #groups: AccountGroups;

  constructor(orders: OpenOrders, groups: AccountGroups) {
    this.#orders = orders;
    this.#groups = groups;
  }

  /** An order on its way into its book in continuous trading: it trades as far as it may; the rest of it rests, or is canceled. */
  enter(order: Order): void {
    const { book } = order;
    if (order.ordType === OrderType.MARKET_TO_LIMIT) {
      const best = book.opposite(order.side).best;
      if (best === undefined) return this.#orders.cancel(order, EngineReason.NO_LIQUIDITY);
      order.price = best.price;
    }
    const limit = limitOf(order);
    if (order.timeInForce === InForce.FOK && !this.#isFillable(order, limit)) {
      return this.#orders.cancel(order, EngineReason.FOK_UNFILLABLE);
    }
    this.#take(order, limit);
    if (order.openQty > 0) this.#settleRest(order);
  }

  /** Lets every stop execute that the last price has reached, one after the other: each may move the price. */
  triggerStops(book: ReferenceBook): void {
    for (let stop = book.nextTriggered; stop !== undefined; stop = book.nextTriggered) {
      book.remove(stop);
      const becomes = stop.ordType === OrderType.STOP ? OrderType.MARKET : OrderType.LIMIT;
      const shownQty = becomes === OrderType.LIMIT ? stop.sliceQty : 0;
      this.#orders.reports.effect(ReportKind.TRIGGERED, EngineReason.NONE, stop, { price: stop.stopPrice, shownQty });
      if (becomes === OrderType.LIMIT) stop.becomeLimit(stop.price);
      else stop.ordType = OrderType.MARKET;
      stop.stopPrice = 0;
      this.enter(stop);
    }
  }

  /** Trades with the best order against it until nothing is left of one of the two sides, within the limit. */
  #take(taker: Order, limit: number): void {
    const opposite = taker.book.opposite(taker.side);
    while (taker.openQty > 0) {
      const level = opposite.best;
      if (level === undefined || opposite.isBetter(limit, level.price)) return;
      const maker = level.first;
      assert(maker !== undefined, 'a level holds an order');
      if (taker.selfTrade !== SelfTrade.ALLOW && this.#groups.areOne(taker.account, maker.account)) this.#preventSelfTrade(taker, maker);
      else this.#trade(taker, maker);
    }
  }

  #trade(taker: Order, maker: Order): void {
    const { reports } = this.#orders;
    const { book, price } = maker;
    const qty = Math.min(taker.openQty, maker.shownQty);
    maker.openQty -= qty;
    taker.openQty -= qty;
    maker.queue?.show(maker, maker.shownQty - qty);
    book.lastPrice = price;
    reports.tradeNo++;
    reports.trade(Role.MAKER, maker, price, qty);
    reports.trade(Role.TAKER, taker, price, qty);
    if (taker.openQty === 0) this.#orders.close(taker);
    if (maker.openQty === 0) this.#orders.close(maker);
    else if (maker.shownQty === 0) {
      book.remove(maker);
      book.append(maker, 'book');
      reports.effect(ReportKind.RESTATED, EngineReason.ICEBERG_REFRESH, maker, { shownQty: maker.shownQty });
    }
  }

  #preventSelfTrade(taker: Order, maker: Order): void {
    const mode = taker.selfTrade;
    switch (mode) {
      case SelfTrade.CANCEL_NEWEST:
        return this.#orders.cancel(taker, EngineReason.SELF_TRADE);
      case SelfTrade.CANCEL_OLDEST:
        return this.#orders.cancel(maker, EngineReason.SELF_TRADE);
      case SelfTrade.CANCEL_BOTH:
        this.#orders.cancel(maker, EngineReason.SELF_TRADE);
        return this.#orders.cancel(taker, EngineReason.SELF_TRADE);
      case SelfTrade.DECREMENT: {
        const qty = Math.min(taker.openQty, maker.openQty);
        this.#decrement(maker, qty);
        return this.#decrement(taker, qty);
      }
      case SelfTrade.ALLOW:
        return assert(false, 'a mode that allows self-trades prevents none');
      default:
        return assertNever(mode, 'selfTrade');
    }
  }

  #decrement(order: Order, qty: number): void {
    if (qty === order.openQty) return this.#orders.cancel(order, EngineReason.SELF_TRADE);
    order.openQty -= qty;
    order.queue?.show(order, Math.min(order.shownQty, order.openQty));
    const shownQty = order.queue === undefined ? order.shownIfRested : order.shownQty;
    this.#orders.reports.effect(ReportKind.RESTATED, EngineReason.SELF_TRADE, order, { shownQty });
  }

  #settleRest(order: Order): void {
    const { book, ordType } = order;
    assert(order.timeInForce !== InForce.FOK, 'an order that is filled whole or not at all is filled whole once it trades');
    if (ordType === OrderType.MARKET) {
      const isProtected = order.protectionBps > 0 && book.opposite(order.side).best !== undefined;
      return this.#orders.cancel(order, isProtected ? EngineReason.PRICE_PROTECTION : EngineReason.NO_LIQUIDITY);
    }
    if (order.timeInForce === InForce.IOC) return this.#orders.cancel(order, EngineReason.NO_LIQUIDITY);
    if (ordType === OrderType.MARKET_TO_LIMIT) {
      order.becomeLimit(order.price);
      this.#orders.reports.effect(ReportKind.RESTATED, EngineReason.MARKET_TO_LIMIT, order, { shownQty: order.shownIfRested });
    }
    book.append(order, 'book');
  }

  /** Whether matching would fill all of it: counted order by order, as matching would meet them. */
  #isFillable(taker: Order, limit: number): boolean {
    const opposite = taker.book.opposite(taker.side);
    let fillable = 0;
    for (const level of opposite) {
      if (opposite.isBetter(limit, level.price)) break;
      let shown = 0;
      let open = 0;
      for (const maker of level) {
        const isOwn = taker.selfTrade !== SelfTrade.ALLOW && this.#groups.areOne(taker.account, maker.account);
        // At an own order matching stops. What orders ahead of it hide would come back behind it, so only their shown parts count.
        if (isOwn && taker.selfTrade !== SelfTrade.CANCEL_OLDEST) return fillable + shown >= taker.openQty;
        if (isOwn) continue;
        shown += maker.shownQty;
        open += maker.openQty;
      }
      fillable += open;
      if (fillable >= taker.openQty) return true;
    }
    return false;
  }
}

/** The worst price at which an order may trade. */
function limitOf({ ordType, side, price, protectionBps, book }: Order): number {
  if (ordType !== OrderType.MARKET) return price;
  const best = book.opposite(side).best;
  if (protectionBps === 0 || best === undefined) return side === BookSide.BUY ? Infinity : 0;
  return protectedLimit(side, best.price, protectionBps);
}

/** The worst price at which an order may trade that is protected from prices further than this from `from`. */
export function protectedLimit(side: BookSide, from: number, protectionBps: number): number {
  const basisPoints = 10_000;
  return side === BookSide.BUY
    ? Math.floor((from * (basisPoints + protectionBps)) / basisPoints)
    : Math.ceil((from * (basisPoints - protectionBps)) / basisPoints);
}
