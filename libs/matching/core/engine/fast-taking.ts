// Incoming orders with more to say than a plain limit: market and market-to-limit orders, self-trade prevention, stops. They have a record
// before they trade, unlike the plain ones.
import { assert } from '@switchyard/kernel';
import { BookSide, InForce, OrderType, Phase, SelfTrade, stepsMax } from './command.js';
import { bookField, extraField, levelField, noKey, orderField, sideField, sideKind, tagBits } from './fast-layout.js';
import { FastMatching } from './fast-matching.js';
import { inForceOf, typeOf } from './fast-orders.js';
import { EngineReason, ReportKind } from './report.js';

const { NEXT, QTY, ID, TAG } = orderField;
const { PROTECTION, STOP } = extraField;
const { KEY } = levelField;
const { BEST, FLIP } = sideField;
const { LAST_PRICE, PHASE, ANNEX } = bookField;
const { SELF_TRADE_SHIFT, ACCOUNT_SHIFT } = tagBits;
const basisPoints = 10_000;
/** Below every key that a side can have, and above that of a side without levels. */
const anyKey = -(2 ** 31) + 1;

export class FastTaking extends FastMatching {
  /** An order on its way into its book in continuous trading: it trades as far as it may; the rest of it rests, or is canceled. */
  protected enter(book: number, order: number, limitPrice: number): void {
    const tag = this.words[order | TAG]!;
    const opposite = this.oppositeOf(book, tag & 1);
    let price = limitPrice;
    if (typeOf(tag) === OrderType.MARKET_TO_LIMIT) {
      if (this.words[opposite | BEST] === noKey) return this.#cancelTaker(EngineReason.NO_LIQUIDITY, book, order, price);
      price = this.words[opposite | BEST]! ^ this.words[opposite | FLIP]!;
    }
    const limit = this.#limitOf(opposite, order, price);
    const group = this.#guardedGroup(tag);
    if (inForceOf(tag) === InForce.FOK && !this.#isFillable(opposite, limit, order, group)) {
      return this.#cancelTaker(EngineReason.FOK_UNFILLABLE, book, order, price);
    }
    if (group === 0) {
      const { words } = this;
      const left = this.take(book, opposite, limit, words[order | QTY]!, words[order | ID]!, tag);
      this.words[order | QTY] = left;
      if (left === 0) this.release(order, this.slotOf(this.words[order | ID]!));
      else this.#settleRest(book, opposite, order, price);
    } else if (this.#takeGuarded(book, opposite, limit, order, price, group)) this.#settleRest(book, opposite, order, price);
  }

  /** Executes every stop that the last price has reached, one after the other: each may move the price. May replace `words`. */
  protected triggerStops(book: number): void {
    for (let stop = this.#nextTriggered(book); stop !== 0; stop = this.#nextTriggered(book)) {
      const isMarket = typeOf(this.words[stop | TAG]!) === OrderType.STOP;
      const stopPrice = this.words[stop + STOP]!;
      const price = this.priceOf(stop);
      this.leave(stop);
      const open = this.openOf(stop);
      this.tell(ReportKind.TRIGGERED, EngineReason.NONE, book, stop, stopPrice, open, isMarket ? 0 : this.sliceOf(stop, open));
      this.becomeType(stop, isMarket ? OrderType.MARKET : OrderType.LIMIT);
      this.enter(book, stop, price);
    }
  }

  /** The stop that executes next, or 0: the buy stop with the lowest price, then the sell stop with the highest. */
  #nextTriggered(book: number): number {
    const last = this.words[book | LAST_PRICE]!;
    if (this.words[book | ANNEX] === 0 || this.words[book | PHASE] !== Phase.CONTINUOUS || last === 0) return 0;
    for (const kind of [sideKind.BUY_STOPS, sideKind.SELL_STOPS]) {
      const side = this.sideOf(book, kind);
      if (this.words[side | BEST]! >= (last ^ this.words[side | FLIP]!)) return this.words[this.bestLevel(side) | NEXT]!;
    }
    return 0;
  }

  /** Between two commands always: in continuous trading nothing waits that would trade. */
  protected isSettled(book: number): boolean {
    if (this.words[book | PHASE] !== Phase.CONTINUOUS) return true;
    const asks = this.oppositeOf(book, BookSide.BUY);
    if (this.crosses(asks, this.words[this.sideOf(book, sideKind.BIDS) | BEST]!)) return false;
    return !this.hasMarkets(book, BookSide.BUY) && !this.hasMarkets(book, BookSide.SELL) && this.#nextTriggered(book) === 0;
  }

  /** The worst opposite key with which an order may trade. */
  #limitOf(opposite: number, order: number, price: number): number {
    const { words } = this;
    const tag = words[order | TAG]!;
    const isSell = tag & 1;
    if (typeOf(tag) !== OrderType.MARKET) return ~(price ^ (0 - isSell));
    const protectionBps = words[order + PROTECTION]!;
    if (protectionBps === 0 || words[opposite | BEST] === noKey) return anyKey;
    const best = words[opposite | BEST]! ^ words[opposite | FLIP]!;
    const worst =
      isSell === 0
        ? Math.min(stepsMax, Math.floor((best * (basisPoints + protectionBps)) / basisPoints))
        : Math.ceil((best * (basisPoints - protectionBps)) / basisPoints);
    return ~(worst ^ (0 - isSell));
  }

  /** The account group whose orders this one must not trade with; 0 when it may trade with all. */
  #guardedGroup(tag: number): number {
    return selfTradeOf(tag) === SelfTrade.ALLOW ? 0 : this.groupOf(tag >>> ACCOUNT_SHIFT);
  }

  /** As `take`, with self-trade prevention. Returns whether something of the order is left; else it has ended. */
  #takeGuarded(book: number, opposite: number, limit: number, order: number, price: number, group: number): boolean {
    const takerId = this.words[order | ID]!;
    const tag = this.words[order | TAG]!;
    while (this.words[opposite | BEST]! >= limit) {
      const maker = this.words[this.bestLevel(opposite) | NEXT]!;
      if (this.#isOf(group, maker)) {
        if (!this.#preventSelfTrade(book, order, price, maker)) return false;
        continue;
      }
      const left = this.words[order | QTY]!;
      const traded = this.tradeWith(book, opposite, maker, left, takerId, tag);
      this.words[order | QTY] = left - traded;
      if (left === traded) {
        this.release(order, this.slotOf(takerId));
        return false;
      }
    }
    return true;
  }

  #isOf(group: number, maker: number): boolean {
    return this.groupOf(this.words[maker | TAG]! >>> ACCOUNT_SHIFT) === group;
  }

  /** Returns whether something of the incoming order is left. */
  #preventSelfTrade(book: number, order: number, price: number, maker: number): boolean {
    const mode = selfTradeOf(this.words[order | TAG]!);
    if (mode === SelfTrade.DECREMENT) return this.#decrementBoth(book, order, price, maker);
    if (mode !== SelfTrade.CANCEL_NEWEST) this.endWaiting(ReportKind.CANCELED, EngineReason.SELF_TRADE, maker);
    if (mode === SelfTrade.CANCEL_OLDEST) return true;
    this.#cancelTaker(EngineReason.SELF_TRADE, book, order, price);
    return false;
  }

  #decrementBoth(book: number, order: number, price: number, maker: number): boolean {
    const left = this.words[order | QTY]!;
    const open = this.openOf(maker);
    const qty = Math.min(left, open);
    if (qty === open) this.endWaiting(ReportKind.CANCELED, EngineReason.SELF_TRADE, maker);
    else {
      const shown = Math.min(this.words[maker | QTY]!, open - qty);
      this.setOpen(maker, open - qty, shown);
      this.tell(ReportKind.RESTATED, EngineReason.SELF_TRADE, book, maker, this.priceOf(maker), open - qty, shown);
    }
    if (qty === left) {
      this.#cancelTaker(EngineReason.SELF_TRADE, book, order, price);
      return false;
    }
    this.words[order | QTY] = left - qty;
    this.tell(ReportKind.RESTATED, EngineReason.SELF_TRADE, book, order, price, left - qty, this.shownIfRested(order, left - qty));
    return true;
  }

  #cancelTaker(reason: EngineReason, book: number, order: number, price: number): void {
    this.end(ReportKind.CANCELED, reason, book, order, price, this.words[order | QTY]!);
  }

  /** What is left of an order after it took what it could. */
  #settleRest(book: number, opposite: number, order: number, price: number): void {
    const tag = this.words[order | TAG]!;
    const inForce = inForceOf(tag);
    assert(inForce !== InForce.FOK, 'an order that is filled whole or not at all is filled whole once it trades');
    if (typeOf(tag) === OrderType.MARKET) {
      const isProtected = this.words[order + PROTECTION] !== 0 && this.words[opposite | BEST] !== noKey;
      return this.#cancelTaker(isProtected ? EngineReason.PRICE_PROTECTION : EngineReason.NO_LIQUIDITY, book, order, price);
    }
    if (inForce === InForce.IOC) return this.#cancelTaker(EngineReason.NO_LIQUIDITY, book, order, price);
    if (typeOf(tag) === OrderType.MARKET_TO_LIMIT) {
      this.becomeType(order, OrderType.LIMIT);
      const open = this.words[order | QTY]!;
      this.tell(ReportKind.RESTATED, EngineReason.MARKET_TO_LIMIT, book, order, price, open, this.shownIfRested(order, open));
    }
    this.rest(book, order, price);
  }

  /** Whether matching would fill all of an order: counted order by order, as it would meet them. */
  #isFillable(opposite: number, limit: number, taker: number, group: number): boolean {
    const { words } = this;
    const qty = words[taker | QTY]!;
    if (group === 0) return this.canFill(opposite, limit, qty);
    const skipsOwn = selfTradeOf(words[taker | TAG]!) === SelfTrade.CANCEL_OLDEST;
    let fillable = 0;
    let level = words[opposite | BEST] === noKey ? 0 : this.bestLevel(opposite);
    for (; level !== 0 && words[level | KEY]! >= limit; level = this.levelBelow(opposite, words[level | KEY]!)) {
      let shown = 0;
      let open = 0;
      for (let maker = words[level | NEXT]!; maker !== level; maker = words[maker | NEXT]!) {
        if (this.#isOf(group, maker)) {
          // At an own order matching stops. What orders ahead of it hide would come back behind it, so only their shown parts count.
          if (!skipsOwn) return fillable + shown >= qty;
          continue;
        }
        shown += words[maker | QTY]!;
        open += this.openOf(maker);
      }
      fillable += open;
      if (fillable >= qty) return true;
    }
    return false;
  }
}

function selfTradeOf(tag: number): number {
  return (tag >>> SELF_TRADE_SHIFT) & 7;
}
