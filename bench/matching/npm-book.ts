/** nodejs-order-book behind the commands and reports of the bench: one book a symbol, and a report for every command and every trade. */
import { createRequire } from 'node:module';
import { CommandType, InForce, OrderType, reportWords, ReportKind, Role } from '@switchyard/matching-core/engine';
import { type BenchEngine } from './bench-engine.js';

type NpmSide = 'buy' | 'sell';

interface NpmOrder {
  readonly id: string;
  readonly side: NpmSide;
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

export class NpmEngine implements BenchEngine {
  reports = new Int32Array(1 << 16);
  reportsLength = 0;
  readonly #books: NpmBook[] = [];
  #tradeNo = 0;

  execute(words: Int32Array, from: number, to: number): void {
    for (let at = from; at < to; at += 8) this.#command(words, at);
  }

  clearReports(): void {
    this.reportsLength = 0;
  }

  #command(words: Int32Array, at: number): void {
    const head = words[at] as number;
    const index = words[at + 1] as number;
    const orderId = words[at + 2] as number;
    const price = words[at + 3] as number;
    const size = words[at + 4] as number;
    const book = (this.#books[index] ??= new OrderBook());
    switch (head & 0xf) {
      case CommandType.NEW: {
        const side = (head & 16) === 0 ? 'buy' : 'sell';
        const timeInForce = (head >>> 8) & 7;
        this.#report(ReportKind.NEW, index, orderId, price, size, size);
        if (((head >>> 5) & 7) === OrderType.MARKET) return this.#settle(index, orderId, size, book.market({ side, size }), true);
        const terms = timeInForce === InForce.IOC ? 'IOC' : timeInForce === InForce.FOK ? 'FOK' : 'GTC';
        return this.#settle(
          index,
          orderId,
          size,
          book.limit({ side, id: String(orderId), size, price, timeInForce: terms }),
          terms !== 'GTC',
        );
      }
      case CommandType.CANCEL: {
        const canceled = book.cancel(String(orderId));
        return this.#report(
          canceled === undefined ? ReportKind.REJECTED : ReportKind.CANCELED,
          index,
          orderId,
          price,
          canceled?.order.size ?? 0,
          0,
        );
      }
      case CommandType.REPLACE:
        this.#report(ReportKind.REPLACED, index, orderId, price, size, size);
        return this.#settle(index, orderId, size, book.modify(String(orderId), { size, price }), false);
      default:
        this.#report(ReportKind.DONE, index, orderId, price, size, 0);
    }
  }

  /** Two reports a trade; the orders that were filled whole, then the one that was filled in part. */
  #settle(index: number, orderId: number, size: number, result: NpmResult, restEnds: boolean): void {
    const own = String(orderId);
    let leaves = size;
    for (const maker of result.done) {
      if (maker.id === own) continue;
      leaves -= maker.size;
      this.#trade(index, Number(maker.id), orderId, maker.price, maker.size, 0, leaves);
    }
    const { partial } = result;
    if (partial !== null && partial.id !== own) {
      leaves -= result.partialQuantityProcessed;
      this.#trade(index, Number(partial.id), orderId, partial.price, result.partialQuantityProcessed, partial.size, leaves);
    }
    if (restEnds && leaves > 0) this.#report(ReportKind.CANCELED, index, orderId, 0, leaves, 0);
  }

  #trade(index: number, makerId: number, takerId: number, price: number, qty: number, makerLeaves: number, takerLeaves: number): void {
    this.#tradeNo++;
    this.#report(ReportKind.TRADE | (Role.MAKER << 17), index, makerId, price, qty, makerLeaves, this.#tradeNo);
    this.#report(ReportKind.TRADE | (Role.TAKER << 17), index, takerId, price, qty, takerLeaves, this.#tradeNo);
  }

  #report(head: number, book: number, orderId: number, price: number, qty: number, leaves: number, last = 0): void {
    if (this.reportsLength + reportWords > this.reports.length) {
      const grown = new Int32Array(this.reports.length * 2);
      grown.set(this.reports);
      this.reports = grown;
    }
    const at = this.reportsLength;
    this.reports[at] = head;
    this.reports[at + 1] = book;
    this.reports[at + 2] = orderId;
    this.reports[at + 3] = price;
    this.reports[at + 4] = qty;
    this.reports[at + 5] = leaves;
    this.reports[at + 6] = 0;
    this.reports[at + 7] = last;
    this.reportsLength = at + reportWords;
  }
}
