// Phases of a book: what entering one does to the orders that wait.
import { BookSide, CommandType, InForce, OrderType, Phase } from './command.js';
import { EngineReason, ReportKind } from './report.js';
import { tradesAt, uncross } from './reference-auction.js';
import { type ReferenceBook } from './reference-book.js';
import { type Matching } from './reference-matching.js';
import { type Order } from './reference-order.js';
import { byOrderId, type OpenOrders } from './reference-orders.js';

export class Phases {
  readonly #orders: OpenOrders;
  readonly #matching: Matching;

  constructor(orders: OpenOrders, matching: Matching) {
    this.#orders = orders;
    this.#matching = matching;
  }

  /** Any phase follows any other. */
  enter(book: ReferenceBook, phase: Phase): void {
    const anchor = anchorOf(book);
    book.phase = phase;
    let auction = { price: 0, trades: 0 };
    if (phase === Phase.OPENING_AUCTION || phase === Phase.CONTINUOUS || phase === Phase.CLOSED) {
      auction = uncross(book, this.#orders, anchor);
      this.#expireAuctionOrders(book);
      this.#settleMarketOrders(book, auction.price, anchor);
    }
    if (phase === Phase.CLOSING_AUCTION) this.#joinAtClose(book);
    this.#matching.triggerStops(book);
    this.#orders.reports.done(CommandType.SET_PHASE, { book: book.id, price: auction.price, count: auction.trades });
  }

  /** Orders for an auction end with it, or when the book closes before it. */
  #expireAuctionOrders(book: ReferenceBook): void {
    const isOver = ({ timeInForce, place }: Order): boolean => {
      if (timeInForce === InForce.AT_OPEN) return true;
      if (timeInForce !== InForce.AT_CLOSE) return false;
      return place === 'atClose' ? book.phase === Phase.CLOSED : book.phase !== Phase.OPENING_AUCTION;
    };
    for (const order of byOrderId([...book.orders()].filter(isOver))) this.#orders.expire(order, EngineReason.AUCTION_ENDED);
  }

  /** Market orders that the auction left become limit orders at its price, where their time puts them; without one, at the anchor price. */
  #settleMarketOrders(book: ReferenceBook, auctionPrice: number, anchor: number): void {
    const price = auctionPrice === 0 ? anchor : auctionPrice;
    for (const order of [...book.ordersIn('market')]) {
      if (price !== 0 && !tradesAt(order, price, anchor)) {
        this.#orders.cancel(order, EngineReason.PRICE_PROTECTION);
        continue;
      }
      if (book.phase === Phase.CLOSED || price === 0 || book.crosses(order.side, price)) {
        this.#orders.cancel(order, EngineReason.NO_LIQUIDITY);
        continue;
      }
      book.settle(order, price);
      this.#orders.reports.effect(ReportKind.RESTATED, EngineReason.AUCTION_PRICE, order, { shownQty: order.shownQty });
    }
  }

  /** The at-close orders take part in the closing auction from now on. */
  #joinAtClose(book: ReferenceBook): void {
    for (const side of [BookSide.BUY, BookSide.SELL]) {
      for (const order of [...book.atClose[side]]) {
        book.remove(order);
        book.append(order, order.ordType === OrderType.LIMIT ? 'book' : 'market');
        this.#orders.reports.effect(ReportKind.RESTATED, EngineReason.CLOSING_AUCTION, order, { shownQty: order.shownQty });
      }
    }
  }
}

/** The price that an auction leans on: at the end of a closing auction the last price, else the reference price; the other one where that is 0. */
function anchorOf({ phase, lastPrice, rules: { referencePrice } }: ReferenceBook): number {
  return phase === Phase.CLOSING_AUCTION ? lastPrice || referencePrice : referencePrice || lastPrice;
}
