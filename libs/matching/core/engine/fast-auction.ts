// Phases of a book and their auctions. They run a few times a day: plainly written, with arrays of their own.
import { CommandType, InForce, OrderType, Phase } from './command.js';
import { FastChecked } from './fast-checked.js';
import { bookField, extraField, levelField, noKey, orderField, sideField, sideKind, sideKinds } from './fast-layout.js';
import { inForceOf, typeOf } from './fast-orders.js';
import { EngineReason, ReportKind } from './report.js';

const { NEXT, LEVEL, ID, TAG } = orderField;
const { PROTECTION } = extraField;
const { KEY, SIDE } = levelField;
const { BEST, FLIP, KIND, QUEUE } = sideField;
const { NUMBER, PHASE, LAST_PRICE, REFERENCE } = bookField;
const { BIDS, ASKS, MARKET_BUYS, MARKET_SELLS, CLOSE_BUYS, CLOSE_SELLS } = sideKind;
const basisPoints = 10_000;

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
    const anchor = this.#anchorOf(book);
    this.words[book | PHASE] = phase;
    let price = 0;
    let trades = 0;
    if (phase === Phase.OPENING_AUCTION || phase === Phase.CONTINUOUS || phase === Phase.CLOSED) {
      price = this.#equilibriumPrice(book, anchor);
      if (price !== 0) trades = this.#uncross(book, price, anchor);
      this.#expireAuctionOrders(book, phase);
      this.#settleMarketOrders(book, phase, price === 0 ? anchor : price, anchor);
    }
    if (phase === Phase.CLOSING_AUCTION) this.#joinAtClose(book);
    this.triggerStops(book);
    this.reportDone(CommandType.SET_PHASE, this.words[book | NUMBER]!, price, trades);
  }

  /** The price that an auction leans on: at the end of a closing auction the last price, else the reference price; the other one where that is 0. */
  #anchorOf(book: number): number {
    const last = this.words[book | LAST_PRICE]!;
    const reference = this.words[book | REFERENCE]!;
    const isOfClose = this.words[book | PHASE] === Phase.CLOSING_AUCTION;
    if (last === 0 || reference === 0) return last + reference;
    return isOfClose ? last : reference;
  }

  /** The price at which most lots trade; then the fewest are left unmatched; then it is nearest to the anchor price. 0 when nothing trades. */
  #equilibriumPrice(book: number, anchor: number): number {
    const candidates = this.#candidates(book, anchor);
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
    return most === 0 ? 0 : nearest(prices, anchor);
  }

  /** Every limit price of the book, ascending, and the anchor price where market orders meet market orders. */
  #candidates(book: number, anchor: number): Candidate[] {
    const limits = new Set<number>();
    const bids = this.#openByLimit(book, BIDS, anchor, limits);
    const asks = this.#openByLimit(book, ASKS, anchor, limits);
    if (anchor > 0 && this.#hasOrders(book, MARKET_BUYS) && this.#hasOrders(book, MARKET_SELLS)) limits.add(anchor);
    const prices = [...limits, ...bids.keys(), ...asks.keys()].sort(ascending);
    let buys = 0;
    for (const open of bids.values()) buys += open;
    let sells = 0;
    const candidates: Candidate[] = [];
    for (const price of new Set(prices)) {
      sells += asks.get(price) ?? 0;
      if (limits.has(price)) candidates.push({ price, buys, sells });
      buys -= bids.get(price) ?? 0;
    }
    return candidates;
  }

  /** Open lots of a side's limit and market orders by the worst price at which they trade. Limit prices are added to `limits`. */
  #openByLimit(book: number, kind: number, anchor: number, limits: Set<number>): Map<number, number> {
    const open = new Map<number, number>();
    for (const order of this.ordersOf(book, kind)) limits.add(addTo(open, this.priceOf(order), this.openOf(order)));
    for (const order of this.ordersOf(book, MARKET_BUYS + kind)) addTo(open, this.#worstOf(order, anchor), this.openOf(order));
    return open;
  }

  #hasOrders(book: number, kind: number): boolean {
    return this.ordersOf(book, kind).next().done !== true;
  }

  /** The worst price at which a market order trades in an auction. Protection that nothing can be measured by keeps it out. */
  #worstOf(order: number, anchor: number): number {
    const protectionBps = this.words[order + PROTECTION]!;
    const isSell = (this.words[order | TAG]! & 1) === 1;
    if (protectionBps === 0) return isSell ? 0 : Infinity;
    if (anchor === 0) return isSell ? Infinity : 0;
    const bound = anchor * (isSell ? basisPoints - protectionBps : basisPoints + protectionBps);
    return isSell ? Math.ceil(bound / basisPoints) : Math.floor(bound / basisPoints);
  }

  /** Whether a market order may trade at this price in an auction. */
  #tradesAt(order: number, price: number, anchor: number): boolean {
    const worst = this.#worstOf(order, anchor);
    return (this.words[order | TAG]! & 1) === 1 ? worst <= price : worst >= price;
  }

  protected priceOfLevel(level: number): number {
    return this.words[level | KEY]! ^ this.words[this.words[level | SIDE]! | FLIP]!;
  }

  /** Trades what trades at this price: of each side the limit orders by price and time, then the market orders by time. Returns how many trades. */
  #uncross(book: number, price: number, anchor: number): number {
    const buys = this.#allocation(book, BIDS, price, anchor);
    const sells = this.#allocation(book, ASKS, price, anchor);
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
  #allocation(book: number, kind: number, price: number, anchor: number): Iterator<number> {
    const orders: number[] = [];
    for (const level of this.levelsOf(book, kind)) {
      const isBeyond = kind === BIDS ? this.priceOfLevel(level) < price : this.priceOfLevel(level) > price;
      if (isBeyond) break;
      for (const order of this.ordersOfLevel(level)) orders.push(order); // Spread arguments are on the stack, where 125,000 have no room.
    }
    for (const order of this.ordersOf(book, MARKET_BUYS + kind)) if (this.#tradesAt(order, price, anchor)) orders.push(order);
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

  /** Market orders that the auction left become limit orders at its price, where their time puts them; without one, at the anchor price. */
  #settleMarketOrders(book: number, phase: Phase, price: number, anchor: number): void {
    for (const side of [BIDS, ASKS]) this.#settleSide(book, side, phase, price, anchor);
  }

  #settleSide(book: number, side: number, phase: Phase, price: number, anchor: number): void {
    let behind = 0;
    for (const order of [...this.ordersOf(book, MARKET_BUYS + side)]) {
      if (price !== 0 && !this.#tradesAt(order, price, anchor)) {
        this.endWaiting(ReportKind.CANCELED, EngineReason.PRICE_PROTECTION, order);
        continue;
      }
      if (phase === Phase.CLOSED || price === 0 || this.crosses(this.oppositeOf(book, side), price ^ (0 - side))) {
        this.endWaiting(ReportKind.CANCELED, EngineReason.NO_LIQUIDITY, order);
        continue;
      }
      this.leave(order);
      this.becomeType(order, OrderType.LIMIT);
      this.rest(book, order, price);
      behind = this.#standInTime(order, behind);
      this.#tellWaiting(EngineReason.AUCTION_PRICE, book, order);
    }
  }

  /**
   * Moves a market order from the back of its level to where its time puts it. Returns what stands behind it now, from where the next one looks on.
   * @param from not behind its place; 0 is the first of the level.
   */
  #standInTime(order: number, from: number): number {
    const { words } = this;
    const turn = this.turnOf(order);
    let behind = from === 0 ? words[words[order | LEVEL]! | NEXT]! : from;
    while (behind !== order && this.turnOf(behind) < turn) behind = words[behind | NEXT]!;
    if (behind !== order) this.moveBefore(order, behind);
    return behind;
  }

  /** The at-close orders take part in the closing auction from now on. */
  #joinAtClose(book: number): void {
    for (const kind of [CLOSE_BUYS, CLOSE_SELLS]) {
      for (const order of [...this.ordersOf(book, kind)]) {
        const price = this.priceOf(order);
        this.leave(order);
        if (typeOf(this.words[order | TAG]!) === OrderType.LIMIT) this.restBeforeAuction(book, order, price);
        else this.parkMarket(book, order);
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
function nearest(prices: readonly number[], anchor: number): number {
  let best = prices[0]!;
  if (anchor === 0) return best;
  for (const price of prices.slice(1)) {
    const distance = Math.abs(price - anchor);
    const leastDistance = Math.abs(best - anchor);
    if (distance < leastDistance) best = price;
    else if (distance === leastDistance) return anchor;
  }
  return best;
}

/** Adds a quantity to what is there at a price, and returns the price. */
function addTo(open: Map<number, number>, price: number, qty: number): number {
  open.set(price, (open.get(price) ?? 0) + qty);
  return price;
}

function ascending(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
