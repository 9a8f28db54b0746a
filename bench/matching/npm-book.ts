/**
 * nodejs-order-book behind the commands and reports of the bench: one book a symbol, and the reports of the reference book word for word.
 * What a report tells and the book does not give back (after a `modify` it has forgotten the account, and it wants to know nothing of a command's
 * words) is remembered beside it, in the cheapest way that was found: a table by order id.
 */
import { createRequire } from 'node:module';
import { CommandType, EngineReason, InForce, OrderType, reportWords, ReportKind, Role } from '@switchyard/matching-core/engine';
import { type BenchEngine } from './bench-engine.js';

type NpmSide = 'buy' | 'sell';

interface NpmOrder {
  readonly id: string;
  readonly size: number;
  readonly price: number;
}

interface NpmResult {
  readonly done: readonly NpmOrder[];
  readonly partial: NpmOrder | null;
  readonly partialQuantityProcessed: number;
  readonly quantityLeft: number;
  readonly err: unknown;
}

interface NpmBook {
  limit(order: { side: NpmSide; id: string; size: number; price: number; timeInForce?: string }): NpmResult;
  market(order: { side: NpmSide; size: number }): NpmResult;
  modify(id: string, change: { size: number; price: number }): NpmResult;
  cancel(id: string): { readonly order: NpmOrder } | undefined;
}

// Its ES module build names files without extension, which Node does not find.
const { OrderBook } = createRequire(import.meta.url)('nodejs-order-book') as { OrderBook: new () => NpmBook };

const commandTypeBits = 0xf;
/** A tag: side, order type and time in force as word 0 of a command has them, then the account. */
const attributesShift = 4;
const attributeBits = 0x7f;
const accountShift = 7;
const newKind = ReportKind.NEW;
const replacedKind = ReportKind.REPLACED;
const doneKind = ReportKind.DONE;
const canceledOnRequest = ReportKind.CANCELED | (EngineReason.REQUESTED << 8);
const noLiquidity = ReportKind.CANCELED | (EngineReason.NO_LIQUIDITY << 8);
const unfillable = ReportKind.CANCELED | (EngineReason.FOK_UNFILLABLE << 8);
const unknownOrder = ReportKind.REJECTED | (EngineReason.UNKNOWN_ORDER << 8);
const tradeByMaker = ReportKind.TRADE | (Role.MAKER << 17);
const tradeByTaker = ReportKind.TRADE | (Role.TAKER << 17);
const idsOfPage = 1 << 20;
const pageShift = 20;

/** Tags by order id. Nothing is forgotten: ids rise, and a page holds a million of them. */
class Tags {
  readonly #pages: Int32Array[] = [];

  get(orderId: number): number {
    return this.#pages[orderId >>> pageShift]?.[orderId & (idsOfPage - 1)] ?? 0;
  }

  set(orderId: number, tag: number): void {
    (this.#pages[orderId >>> pageShift] ??= new Int32Array(idsOfPage))[orderId & (idsOfPage - 1)] = tag;
  }
}

export class NpmEngine implements BenchEngine {
  reports = new Int32Array(1 << 16);
  reportsLength = 0;
  readonly #books: NpmBook[] = [];
  readonly #tags = new Tags();
  #tradeNo = 0;

  execute(words: Int32Array, from: number, to: number): void {
    for (let at = from; at < to; at += 8) this.#command(words, at);
  }

  clearReports(): void {
    this.reportsLength = 0;
  }

  #command(words: Int32Array, at: number): void {
    const head = words[at] as number;
    const number = words[at + 1] as number;
    const orderId = words[at + 2] as number;
    const price = words[at + 3] as number;
    const size = words[at + 4] as number;
    const book = (this.#books[number] ??= new OrderBook());
    switch (head & commandTypeBits) {
      case CommandType.NEW:
        return this.#new(book, number, orderId, head, price, size, words[at + 5] as number);
      case CommandType.CANCEL: {
        const order = book.cancel(String(orderId))?.order;
        if (order === undefined) return this.#report(unknownOrder, 0, number, orderId, price, size, 0, 0);
        return this.#report(canceledOnRequest, this.#tags.get(orderId), number, orderId, order.price, order.size, 0, 0);
      }
      case CommandType.REPLACE: {
        const tag = this.#tags.get(orderId);
        this.#report(replacedKind, tag, number, orderId, price, size, size, size);
        this.#trades(number, orderId, tag, size, book.modify(String(orderId), { size, price }));
        return;
      }
      default:
        this.#report(doneKind, 0, number, orderId, price, size, 0, 0);
    }
  }

  #new(book: NpmBook, number: number, orderId: number, head: number, price: number, size: number, account: number): void {
    const side = (head & 16) === 0 ? 'buy' : 'sell';
    const tag = ((head >>> attributesShift) & attributeBits) | (account << accountShift);
    const inForce = (head >>> 8) & 7;
    if (((head >>> 5) & 7) === OrderType.MARKET) {
      this.#report(newKind, tag, number, orderId, 0, size, size, 0);
      const left = this.#trades(number, orderId, tag, size, book.market({ side, size }));
      if (left > 0) this.#report(noLiquidity, tag, number, orderId, 0, left, 0, 0);
      return;
    }
    const id = String(orderId);
    if (inForce === InForce.IOC || inForce === InForce.FOK) {
      this.#report(newKind, tag, number, orderId, price, size, size, 0);
      const isFok = inForce === InForce.FOK;
      const result = book.limit({ side, id, size, price, timeInForce: isFok ? 'FOK' : 'IOC' });
      const left = this.#trades(number, orderId, tag, size, result);
      if (left > 0) this.#report(isFok ? unfillable : noLiquidity, tag, number, orderId, price, left, 0, 0);
      return;
    }
    this.#report(newKind, tag, number, orderId, price, size, size, size);
    this.#tags.set(orderId, tag);
    this.#trades(number, orderId, tag, size, book.limit({ side, id, size, price, timeInForce: 'GTC' }));
  }

  /** Two reports a trade: of the orders that were filled whole, then of the one that was filled in part. Returns what is left of the taker. */
  #trades(number: number, orderId: number, tag: number, size: number, result: NpmResult): number {
    const { done, partial } = result;
    let left = size;
    if (done.length === 0 && partial === null) return left;
    const own = String(orderId);
    for (const maker of done) {
      if (maker.id === own) continue;
      left -= maker.size;
      this.#trade(number, Number(maker.id), orderId, tag, maker.price, maker.size, 0, left);
    }
    if (partial !== null && partial.id !== own) {
      const qty = result.partialQuantityProcessed;
      left -= qty;
      this.#trade(number, Number(partial.id), orderId, tag, partial.price, qty, partial.size, left);
    }
    return left;
  }

  #trade(
    number: number,
    makerId: number,
    takerId: number,
    takerTag: number,
    price: number,
    qty: number,
    makerLeaves: number,
    takerLeaves: number,
  ): void {
    const tradeNo = ++this.#tradeNo;
    this.#report(tradeByMaker, this.#tags.get(makerId), number, makerId, price, qty, makerLeaves, tradeNo);
    this.#report(tradeByTaker, takerTag, number, takerId, price, qty, takerLeaves, tradeNo);
  }

  #report(kind: number, tag: number, number: number, orderId: number, price: number, qty: number, leavesQty: number, last: number): void {
    if (this.reportsLength + reportWords > this.reports.length) {
      const grown = new Int32Array(this.reports.length * 2);
      grown.set(this.reports);
      this.reports = grown;
    }
    const at = this.reportsLength;
    const { reports } = this;
    reports[at] = kind | ((tag & 1) << 16) | ((tag & (attributeBits - 1)) << 18);
    reports[at + 1] = number;
    reports[at + 2] = orderId;
    reports[at + 3] = price;
    reports[at + 4] = qty;
    reports[at + 5] = leavesQty;
    reports[at + 6] = tag >>> accountShift;
    reports[at + 7] = last;
    this.reportsLength = at + reportWords;
  }
}
