// Phases of a book and their auctions. They run a few times a day: plainly written, with arrays of their own.
import { CommandType, InForce, OrderType, Phase } from './command.js';
import { FastChecked } from './fast-checked.js';
import { bookField, levelField, noKey, orderField, sideField, sideKind, sideKinds } from './fast-layout.js';
import { inForceOf, parkedIn, typeOf } from './fast-orders.js';
import { EngineReason, ReportKind } from './report.js';

const { NEXT, LEVEL, ID, TAG } = orderField;
const { KEY, SIDE } = levelField;
const { BEST, FLIP, KIND, QUEUE } = sideField;
const { NUMBER, PHASE, LAST_PRICE, REFERENCE } = bookField;
const { BIDS, ASKS, MARKET_BUYS, MARKET_SELLS, CLOSE_BUYS, CLOSE_SELLS } = sideKind;

/** A price, and what would be bought and sold at it. */
interface Candidate {
  readonly price: number;
  readonly buys: number;
  readonly sells: number;
}

export class FastAuction extends FastChecked {
  /** The levels of one side of a book, best first: of a queue, the queue. */
  *levelsOf(book: number, kind: number): Generator<number> {
    const side = this.sideOf(book, kind);
    if (side === 0) return;
    if (kind !== BIDS && kind !== ASKS && kind !== sideKind.BUY_STOPS && kind !== sideKind.SELL_STOPS) return yield side | QUEUE;
    if (this.words[side | BEST] === noKey) return;
    for (let level = this.bestLevel(side); level !== 0;) {
      const below = this.levelBelow(side, this.words[level | KEY]!);
      yield level;
      level = below;
    }
  }

  *ordersOfLevel(level: number): Generator<number> {
    for (let order = this.words[level | NEXT]!; order !== level;) {
      const next = this.words[order | NEXT]!;
      yield order;
      order = next;
    }
  }

  /** Every order of one side, in its order. */
  *ordersOf(book: number, kind: number): Generator<number> {
    for (const level of this.levelsOf(book, kind)) yield* this.ordersOfLevel(level);
  }

  /** Every order of a book, in the order in which a state lists them. */
  *ordersOfBook(book: number): Generator<number> {
    for (let kind = 0; kind < sideKinds; kind++) yield* this.ordersOf(book, kind);
  }

  /** The ids of these orders, ascending. */
  protected idsOf(orders: Iterable<number>): number[] {
    return Array.from(orders, (order) => this.words[order | ID]!).sort((one, other) => one - other);
  }

  /** A book enters a phase; any phase follows any other. */
  protected enterPhase(book: number, phase: Phase): void {
    this.words[book | PHASE] = phase;
    let price = 0;
    let trades = 0;
    if (phase === Phase.OPENING_AUCTION || phase === Phase.CONTINUOUS || phase === Phase.CLOSED) {
      price = this.#equilibriumPrice(book);
      if (price !== 0) trades = this.#uncross(book, price);
      this.#expireAuctionOrders(book, phase);
      this.#settleMarketOrders(book, phase, price === 0 ? this.words[book | REFERENCE]! : price);
    }
    if (phase === Phase.CLOSING_AUCTION) this.#joinAtClose(book);
    this.triggerStops(book);
    this.reportDone(CommandType.SET_PHASE, this.words[book | NUMBER]!, price, trades);
  }

  /** The price at which most lots trade; then the fewest are left unmatched; then it is nearest to the reference price. 0 when nothing trades. */
  #equilibriumPrice(book: number): number {
    const reference = this.words[book | REFERENCE]!;
    const marketBuys = this.#openOfSide(book, MARKET_BUYS);
    const marketSells = this.#openOfSide(book, MARKET_SELLS);
    const candidates = this.#candidates(book, marketBuys, marketSells);
    if (candidates.length === 0) return marketBuys > 0 && marketSells > 0 ? reference : 0;
    let most = 0;
    let least = Infinity;
    let prices: number[] = [];
    for (const { price, buys, sells } of candidates) {
      const executable = Math.min(buys, sells);
      const unmatched = Math.abs(buys - sells);
      if (executable < most || (executable === most && unmatched > least)) continue;
      if (executable > most || unmatched < least) prices = [];
      prices.push(price);
      most = executable;
      least = unmatched;
    }
    return most === 0 ? 0 : nearest(prices, reference);
  }

  #openOfSide(book: number, kind: number): number {
    let sum = 0;
    for (const order of this.ordersOf(book, kind)) sum += this.openOf(order);
    return sum;
  }

  /** Every limit price of the book, ascending. */
  #candidates(book: number, marketBuys: number, marketSells: number): Candidate[] {
    const bids = this.#openByPrice(book, BIDS);
    const asks = this.#openByPrice(book, ASKS);
    const prices = [...new Set([...bids.keys(), ...asks.keys()])].sort((one, other) => one - other);
    let buys = marketBuys;
    for (const open of bids.values()) buys += open;
    let sells = marketSells;
    return prices.map((price) => {
      sells += asks.get(price) ?? 0;
      const candidate = { price, buys, sells };
      buys -= bids.get(price) ?? 0;
      return candidate;
    });
  }

  #openByPrice(book: number, kind: number): Map<number, number> {
    const open = new Map<number, number>();
    for (const level of this.levelsOf(book, kind)) {
      let sum = 0;
      for (const order of this.ordersOfLevel(level)) sum += this.openOf(order);
      open.set(this.priceOfLevel(level), sum);
    }
    return open;
  }

  protected priceOfLevel(level: number): number {
    return this.words[level | KEY]! ^ this.words[this.words[level | SIDE]! | FLIP]!;
  }

  /** Trades what trades at this price: each side's market orders by time, then by price and time. Returns how many trades. */
  #uncross(book: number, price: number): number {
    const buys = this.#allocation(book, MARKET_BUYS, BIDS, price);
    const sells = this.#allocation(book, MARKET_SELLS, ASKS, price);
    let trades = 0;
    let buy = buys.next();
    let sell = sells.next();
    while (buy.done !== true && sell.done !== true) {
      const buyOpen = this.openOf(buy.value);
      const sellOpen = this.openOf(sell.value);
      const qty = Math.min(buyOpen, sellOpen);
      this.tradeLow = (this.tradeLow + 1) | 0;
      trades++;
      const isBuyDone = this.#tradeInAuction(book, buy.value, price, qty, buyOpen - qty);
      const isSellDone = this.#tradeInAuction(book, sell.value, price, qty, sellOpen - qty);
      if (isBuyDone) this.#endFilled(buy.value);
      if (isSellDone) this.#endFilled(sell.value);
      if (isBuyDone) buy = buys.next();
      if (isSellDone) sell = sells.next();
    }
    this.words[book | LAST_PRICE] = price;
    return trades;
  }

  /** Returns whether the order is filled. */
  #tradeInAuction(book: number, order: number, price: number, qty: number, open: number): boolean {
    const { words } = this;
    this.reportAuctionTrade(words[book | NUMBER]!, price, qty, words[order | ID]!, words[order | TAG]!, open);
    if (open === 0) return true;
    this.setOpen(order, open, this.#kindOf(order) <= ASKS ? this.sliceOf(order, open) : open);
    return false;
  }

  #endFilled(order: number): void {
    this.leave(order);
    this.release(order, this.slotOf(this.words[order | ID]!));
  }

  #kindOf(order: number): number {
    return this.words[this.words[this.words[order | LEVEL]! | SIDE]! | KIND]!;
  }

  /** The orders of a side that may trade at this price, in their turn; read before any of them trades. */
  #allocation(book: number, marketKind: number, limitKind: number, price: number): Iterator<number> {
    const orders = [...this.ordersOf(book, marketKind)];
    for (const level of this.levelsOf(book, limitKind)) {
      const isBeyond = limitKind === BIDS ? this.priceOfLevel(level) < price : this.priceOfLevel(level) > price;
      if (isBeyond) break;
      orders.push(...this.ordersOfLevel(level));
    }
    return orders.values();
  }

  /** Orders for an auction end with it, or when the book closes before it. */
  #expireAuctionOrders(book: number, phase: Phase): void {
    const isOver = (order: number): boolean => {
      const inForce = inForceOf(this.words[order | TAG]!);
      if (inForce === InForce.AT_OPEN) return true;
      if (inForce !== InForce.AT_CLOSE) return false;
      return this.#kindOf(order) >= CLOSE_BUYS ? phase === Phase.CLOSED : phase !== Phase.OPENING_AUCTION;
    };
    const over = [...this.ordersOfBook(book)].filter(isOver);
    for (const orderId of this.idsOf(over)) this.endWaiting(ReportKind.EXPIRED, EngineReason.AUCTION_ENDED, this.find(orderId));
  }

  /** Market orders that the auction left become limit orders at its price; without one, at the reference price. */
  #settleMarketOrders(book: number, phase: Phase, price: number): void {
    for (const orderId of this.idsOf([...this.ordersOf(book, MARKET_BUYS), ...this.ordersOf(book, MARKET_SELLS)])) {
      const order = this.find(orderId);
      const side = this.words[order | TAG]! & 1;
      if (phase === Phase.CLOSED || price === 0 || this.crosses(this.oppositeOf(book, side), price ^ (0 - side))) {
        this.endWaiting(ReportKind.CANCELED, EngineReason.NO_LIQUIDITY, order);
        continue;
      }
      this.leave(order);
      this.becomeType(order, OrderType.LIMIT);
      this.rest(book, order, price);
      this.#tellWaiting(EngineReason.AUCTION_PRICE, book, order);
    }
  }

  /** The at-close orders take part in the closing auction from now on. */
  #joinAtClose(book: number): void {
    for (const kind of [CLOSE_BUYS, CLOSE_SELLS]) {
      for (const order of [...this.ordersOf(book, kind)]) {
        const price = this.priceOf(order);
        this.leave(order);
        if (typeOf(this.words[order | TAG]!) === OrderType.LIMIT) this.rest(book, order, price);
        else this.park(book, order, price, parkedIn.MARKET);
        this.#tellWaiting(EngineReason.CLOSING_AUCTION, book, order);
      }
    }
  }

  #tellWaiting(reason: EngineReason, book: number, order: number): void {
    const open = this.openOf(order);
    const shown = this.#kindOf(order) <= ASKS ? this.sliceOf(order, open) : 0;
    this.tell(ReportKind.RESTATED, reason, book, order, this.priceOf(order), open, shown);
  }
}

/** @param prices ascending, at least one. */
function nearest(prices: readonly number[], reference: number): number {
  let best = prices[0]!;
  if (reference === 0) return best;
  for (const price of prices.slice(1)) {
    const distance = Math.abs(price - reference);
    const leastDistance = Math.abs(best - reference);
    if (distance < leastDistance) best = price;
    else if (distance === leastDistance) return reference;
  }
  return best;
}
