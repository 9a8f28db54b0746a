// Call auctions: the one price at which most trades, and who trades at it. The rules are those that NSE and BSE publish for their pre-open sessions.
import { BookSide, OrderType } from './command.js';
import { Role } from './report.js';
import { type ReferenceBook } from './reference-book.js';
import { protectedLimit } from './reference-matching.js';
import { type Order } from './reference-order.js';
import { type OpenOrders } from './reference-orders.js';

/** What buyers and sellers would trade at a price. */
interface Candidate {
  readonly price: number;
  readonly buys: number;
  readonly sells: number;
}

/** What one side would trade at a price and at every better one for the other side. */
interface Offer {
  readonly price: number;
  readonly qty: number;
}

/**
 * The price at which the book's orders trade in an auction, or undefined when none can. In this order: the most lots trade; the fewest are left
 * unmatched; it is the nearest to `anchor` (`anchor` itself when two are equally near; without one, the lowest).
 * @param anchor the price that the auction leans on; 0 without one.
 */
export function equilibriumPrice(book: ReferenceBook, anchor: number): number | undefined {
  const candidates = candidatesOf(book, anchor);
  const most = candidates.reduce((most, candidate) => Math.max(most, executable(candidate)), 0);
  if (most === 0) return undefined;
  const mostExecutable = candidates.filter((candidate) => executable(candidate) === most);
  const least = mostExecutable.reduce((so, candidate) => Math.min(so, unmatched(candidate)), Infinity);
  const prices = mostExecutable.filter((candidate) => unmatched(candidate) === least).map(({ price }) => price);
  return nearest(prices, anchor);
}

/** Whether an order may trade at this price in an auction. */
export function tradesAt(order: Order, price: number, anchor: number): boolean {
  const limit = auctionLimit(order, anchor);
  return order.side === BookSide.BUY ? limit >= price : limit <= price;
}

/** The worst price at which an order trades in an auction. Protection that nothing can be measured by keeps a market order out of it. */
function auctionLimit({ ordType, side, price, protectionBps }: Order, anchor: number): number {
  if (ordType === OrderType.LIMIT) return price;
  if (protectionBps > 0 && anchor > 0) return protectedLimit(side, anchor, protectionBps);
  const isForAnyPrice = protectionBps === 0;
  return isForAnyPrice === (side === BookSide.BUY) ? Infinity : 0;
}

/** Trades what trades at the equilibrium price: of each side the limit orders by price and time, then the market orders by time. */
export function uncross(book: ReferenceBook, orders: OpenOrders, anchor: number): { price: number; trades: number } {
  const price = equilibriumPrice(book, anchor);
  if (price === undefined) return { price: 0, trades: 0 };
  const { reports } = orders;
  const buys = allocation(book, BookSide.BUY, price, anchor);
  const sells = allocation(book, BookSide.SELL, price, anchor);
  let trades = 0;
  let buy = buys.next();
  let sell = sells.next();
  while (buy.done !== true && sell.done !== true) {
    const qty = Math.min(buy.value.openQty, sell.value.openQty);
    buy.value.openQty -= qty;
    sell.value.openQty -= qty;
    reports.tradeNo++;
    trades++;
    for (const order of [buy.value, sell.value]) reports.trade(Role.AUCTION, order, price, qty);
    for (const order of [buy.value, sell.value]) settle(order, orders);
    if (buy.value.openQty === 0) buy = buys.next();
    if (sell.value.openQty === 0) sell = sells.next();
  }
  book.lastPrice = price;
  return { price, trades };
}

/** An order that traded ends, or shows what it has now; it keeps its turn. */
function settle(order: Order, orders: OpenOrders): void {
  if (order.openQty === 0) orders.close(order);
  else if (order.place === 'book') order.queue?.show(order, order.sliceQty);
}

/** The orders of a side that may trade at `price`, in their turn. */
function allocation(book: ReferenceBook, side: BookSide, price: number, anchor: number): Iterator<Order> {
  const orders = [...book.limits[side].orders(), ...book.markets[side]];
  return orders.filter((order) => tradesAt(order, price, anchor)).values();
}

/** Every limit price of the book, and `anchor` where market orders meet market orders; ascending, with what would trade at it. */
function candidatesOf(book: ReferenceBook, anchor: number): Candidate[] {
  const bids = offersOf(book, BookSide.BUY, anchor);
  const asks = offersOf(book, BookSide.SELL, anchor);
  const limits = [...book.ordersIn('book')].map(({ price }) => price);
  const isOfMarkets = anchor > 0 && book.markets.every(({ count }) => count > 0);
  const prices = [...new Set([...limits, ...(isOfMarkets ? [anchor] : [])])].sort((one, other) => one - other);
  let buys = bids.reduce((sum, { qty }) => sum + qty, 0);
  let sells = 0;
  let bid = 0;
  let ask = 0;
  return prices.map((price) => {
    for (let offer = bids[bid]; offer !== undefined && offer.price < price; offer = bids[++bid]) buys -= offer.qty;
    for (let offer = asks[ask]; offer !== undefined && offer.price <= price; offer = asks[++ask]) sells += offer.qty;
    return { price, buys, sells };
  });
}

/** A side's orders, whole, by the worst price at which they trade, ascending. Hidden lots included: an auction trades whole orders. */
function offersOf(book: ReferenceBook, side: BookSide, anchor: number): Offer[] {
  const orders = [...book.limits[side].orders(), ...book.markets[side]];
  const offers = orders.map((order) => ({ price: auctionLimit(order, anchor), qty: order.openQty }));
  return offers.sort((one, other) => (one.price < other.price ? -1 : one.price > other.price ? 1 : 0));
}

function executable({ buys, sells }: Candidate): number {
  return Math.min(buys, sells);
}

function unmatched({ buys, sells }: Candidate): number {
  return Math.abs(buys - sells);
}

/** @param prices ascending, at least one. */
function nearest(prices: readonly number[], anchor: number): number {
  const distance = (price: number): number => Math.abs(price - anchor);
  const least = prices.reduce((so, price) => Math.min(so, distance(price)), Infinity);
  const [price = 0, other] = prices.filter((candidate) => distance(candidate) === least);
  if (anchor === 0) return prices[0] ?? price;
  return other === undefined ? price : anchor;
}
