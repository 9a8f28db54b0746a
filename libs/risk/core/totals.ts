import { Side } from '@switchyard/contracts';

/** What an account or a risk group holds and may come to hold in one instrument; quantities scaled 1e9. */
export interface InstrumentTotals {
  /** Net, negative is short. */
  position: bigint;
  openBuyQty: bigint;
  openSellQty: bigint;
}

/** Quantity and value of open orders, in doubt and reserved counted at their worst. */
export interface Worst {
  /** Scaled 1e9. */
  readonly qty: bigint;
  /** Exact, scaled 1e18. */
  readonly value: bigint;
}

/** Sums over the orders and trades of an account or a risk group, kept as they change. */
export class Totals {
  /** Value of all open orders, exact, scaled 1e18. */
  openValue = 0n;
  openOrders = 0;
  readonly #instruments = new Map<string, InstrumentTotals>();

  instrument(instrumentId: string): Readonly<InstrumentTotals> {
    return this.#instruments.get(instrumentId) ?? none;
  }

  instruments(): IterableIterator<[string, Readonly<InstrumentTotals>]> {
    return this.#instruments.entries();
  }

  /** Books a trade: buys add, sells take away. */
  addTrade(instrumentId: string, side: Side.BUY | Side.SELL, qty: bigint): void {
    const totals = this.#own(instrumentId);
    totals.position += side === Side.BUY ? qty : -qty;
    this.#dropIfNone(instrumentId, totals);
  }

  /** Changes what an open order counts, from one worst case to another. */
  changeOpen(instrumentId: string, side: Side.BUY | Side.SELL, from: Worst, to: Worst): void {
    const totals = this.#own(instrumentId);
    if (side === Side.BUY) totals.openBuyQty += to.qty - from.qty;
    else totals.openSellQty += to.qty - from.qty;
    this.openValue += to.value - from.value;
    this.#dropIfNone(instrumentId, totals);
  }

  #own(instrumentId: string): InstrumentTotals {
    let totals = this.#instruments.get(instrumentId);
    if (totals === undefined) {
      totals = { position: 0n, openBuyQty: 0n, openSellQty: 0n };
      this.#instruments.set(instrumentId, totals);
    }
    return totals;
  }

  #dropIfNone(instrumentId: string, totals: InstrumentTotals): void {
    if (totals.position === 0n && totals.openBuyQty === 0n && totals.openSellQty === 0n) this.#instruments.delete(instrumentId);
  }
}

const none: Readonly<InstrumentTotals> = Object.freeze({ position: 0n, openBuyQty: 0n, openSellQty: 0n });
