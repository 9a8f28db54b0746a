// Trading: what an incoming order takes, from the best price on, in time order. The part that runs for almost every order.
import { bookField, extraField, levelField, orderField, pointerBits, sideField, sideWords, tagBits } from './fast-layout.js';
import { FastOrders } from './fast-orders.js';

const { NEXT, QTY, ID, TAG } = orderField;
const { HIDDEN } = extraField;
const { KEY } = levelField;
const { BEST, FLIP } = sideField;
const { NUMBER, LAST_PRICE, ASKS } = bookField;
const { EXTENDED, ACCOUNT_SHIFT } = tagBits;
const pointer = pointerBits;
const wordsOfSide = sideWords;

export class FastMatching extends FastOrders {
  /** The side whose orders an order of this side (0 buys, 1 sells) trades with. */
  protected oppositeOf(book: number, side: number): number {
    return book + ASKS - side * wordsOfSide;
  }

  /** Whether an order with this key would trade. A price of one side is ~key on the other. */
  protected crosses(opposite: number, key: number): boolean {
    return this.words[opposite | BEST]! >= ~key;
  }

  /** Trades with the best order against it until nothing is left of `qty`, or no key there reaches `limit`. Returns what is left. May replace `words`. */
  protected take(book: number, opposite: number, limit: number, qty: number, takerId: number, takerTag: number): number {
    let left = qty;
    while (left > 0 && this.words[opposite | BEST]! >= limit) {
      const maker = this.words[this.bestLevel(opposite) + NEXT]! & pointer;
      left -= this.tradeWith(book, opposite, maker, left, takerId, takerTag);
    }
    return left;
  }

  /** One trade with the first order of the best level, of at most `left` lots. Returns how many. May replace `words`. */
  protected tradeWith(book: number, opposite: number, maker: number, left: number, takerId: number, takerTag: number): number {
    const { words } = this;
    const makerId = words[maker + ID]!;
    const makerTag = words[maker + TAG]!;
    const shown = words[maker + QTY]!;
    const hidden = (makerTag & EXTENDED) === 0 ? 0 : words[maker + HIDDEN]!;
    const excess = left - shown;
    const qty = shown + (excess & (excess >> 31));
    const rest = shown - qty;
    const price = words[opposite | BEST]! ^ words[opposite | FLIP]!;
    words[book | LAST_PRICE] = price;
    this.reportTrade(words[book | NUMBER]!, price, qty, makerId, makerTag, rest + hidden, takerId, takerTag, left - qty);
    if (rest !== 0) words[maker + QTY] = rest;
    else if (hidden !== 0) this.refreshIceberg(book, maker, price);
    else {
      this.unlink(maker);
      this.release(maker, this.slotOf(makerId));
    }
    return qty;
  }

  /** Whether orders with keys that reach `limit` have `qty` open lots together, hidden ones included. */
  protected canFill(opposite: number, limit: number, qty: number): boolean {
    const { words } = this;
    let key = words[opposite | BEST]!;
    if (key < limit) return false;
    let open = 0;
    for (let level = this.bestLevel(opposite); level !== 0 && key >= limit; level = this.levelBelow(opposite, key)) {
      key = words[level | KEY]!;
      if (key < limit) break;
      for (let maker = words[level | NEXT]!; maker !== level; maker = words[maker | NEXT]!) {
        open += this.openOf(maker);
        if (open >= qty) return true;
      }
    }
    return false;
  }

  /** Whether an order of this account group, for so many lots down to `limit`, would meet one of its own group. */
  protected meetsGroup(opposite: number, limit: number, qty: number, group: number): boolean {
    const { words } = this;
    if (words[opposite | BEST]! < limit) return false;
    let met = 0;
    for (let level = this.bestLevel(opposite); level !== 0; level = this.levelBelow(opposite, words[level | KEY]!)) {
      if (words[level | KEY]! < limit) return false;
      // What is hidden comes back behind the others.
      for (let maker = words[level | NEXT]!; maker !== level; maker = words[maker | NEXT]!) {
        if (this.groupOf(words[maker | TAG]! >>> ACCOUNT_SHIFT) === group) return true;
        met += words[maker | QTY]!;
        if (met >= qty) return false;
      }
    }
    return false;
  }
}
