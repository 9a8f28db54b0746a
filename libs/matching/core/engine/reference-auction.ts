// Call auctions: the one price at which most trades, and who trades at it. The rule is the one that NSE publishes for its pre-open session.
import { BookSide } from './command.js';
import { Role } from './report.js';
import { type ReferenceBook } from './reference-book.js';
import { type Order, type OrderQueue } from './reference-order.js';
import { type OpenOrders } from './reference-orders.js';

/** What buyers and sellers would trade at a price. */
interface Candidate {
  readonly price: number;
  readonly buys: number;
  readonly sells: number;
}

/**
 * The price at which the book's orders trade in an auction, or undefined when none can. In this order: the most lots trade; the fewest are left
 * unmatched; it is the nearest to the reference price (the reference price itself when two are equally near; without one, the lowest).
 */
export function equilibriumPrice(book: ReferenceBook): number | undefined {
  const marketBuys = openQtyOf(book.markets[BookSide.BUY]);
  const marketSells = openQtyOf(book.markets[BookSide.SELL]);
  const { referencePrice } = book.rules;
  const candidates = candidatesOf(book, marketBuys, marketSells);
  if (candidates.length === 0) return marketBuys > 0 && marketSells > 0 && referencePrice > 0 ? referencePrice : undefined;
  const most = candidates.reduce((most, candidate) => Math.max(most, executable(candidate)), 0);
  if (most === 0) return undefined;
  const mostExecutable = candidates.filter((candidate) => executable(candidate) === most);
  const least = mostExecutable.reduce((so, candidate) => Math.min(so, unmatched(candidate)), Infinity);
  const prices = mostExecutable.filter((candidate) => unmatched(candidate) === least).map(({ price }) => price);
  return nearest(prices, referencePrice);
}

/** Trades what trades at the equilibrium price: each side's market orders by time, then by price and time. */
export function uncross(book: ReferenceBook, orders: OpenOrders): { price: number; trades: number } {
  const price = equilibriumPrice(book);
  if (price === undefined) return { price: 0, trades: 0 };
  const { reports } = orders;
  const buys = allocation(book, BookSide.BUY, price);
  const sells = allocation(book, BookSide.SELL, price);
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
function allocation(book: ReferenceBook, side: BookSide, price: number): Iterator<Order> {
  const ladder = book.limits[side];
  const levels = [...ladder].filter((level) => !ladder.isBetter(price, level.price));
  return [...book.markets[side], ...levels.flatMap((level) => [...level])].values();
}

/** Every limit price of the book, ascending, with what would trade at it. */
function candidatesOf(book: ReferenceBook, marketBuys: number, marketSells: number): Candidate[] {
  const bids = [...book.limits[BookSide.BUY]].map(levelOf).reverse();
  const asks = [...book.limits[BookSide.SELL]].map(levelOf);
  const prices = [...new Set([...bids, ...asks].map(({ price }) => price))].sort((one, other) => one - other);
  let buys = bids.reduce((sum, { qty }) => sum + qty, marketBuys);
  let sells = marketSells;
  let bid = 0;
  let ask = 0;
  return prices.map((price) => {
    for (let level = bids[bid]; level !== undefined && level.price < price; level = bids[++bid]) buys -= level.qty;
    for (let level = asks[ask]; level !== undefined && level.price <= price; level = asks[++ask]) sells += level.qty;
    return { price, buys, sells };
  });
}

function levelOf(level: OrderQueue): { price: number; qty: number } {
  return { price: level.price, qty: openQtyOf(level) };
}

/** Hidden lots included: an auction trades whole orders. */
function openQtyOf(queue: OrderQueue): number {
  let sum = 0;
  for (const { openQty } of queue) sum += openQty;
  return sum;
}

function executable({ buys, sells }: Candidate): number {
  return Math.min(buys, sells);
}

function unmatched({ buys, sells }: Candidate): number {
  return Math.abs(buys - sells);
}

/** @param prices ascending, at least one. */
function nearest(prices: readonly number[], referencePrice: number): number {
  const distance = (price: number): number => Math.abs(price - referencePrice);
  const least = prices.reduce((so, price) => Math.min(so, distance(price)), Infinity);
  const [price = 0, other] = prices.filter((candidate) => distance(candidate) === least);
  if (referencePrice === 0) return prices[0] ?? price;
  return other === undefined ? price : referencePrice;
}
