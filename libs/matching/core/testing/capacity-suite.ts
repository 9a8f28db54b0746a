// What every matching engine does when as many orders are open as it takes.
import { expect, it } from '@jest/globals';
import { BookSide, CommandWriter, InForce, OrderType, Phase } from '../engine/command.js';
import { type MatchingEngine } from '../engine/engine.js';
import { EngineReason, readReport, ReportKind, reportWords, type Report } from '../engine/report.js';
import { stateHashOf } from '../engine/state.js';
import { restoredFrom } from './compare-engines.js';

const terms = { book: 0, account: 1, side: BookSide.BUY, ordType: OrderType.LIMIT, timeInForce: InForce.GTC, qty: 1 } as const;

function run(engine: MatchingEngine, write: (writer: CommandWriter) => void): Report[] {
  const writer = new CommandWriter();
  write(writer);
  engine.clearReports();
  engine.execute(writer.words, 0, writer.length);
  return Array.from({ length: engine.reportsLength / reportWords }, (_, index) => readReport(engine.reports, index * reportWords));
}

function open(engine: MatchingEngine): MatchingEngine {
  run(engine, (writer) => {
    writer.listBook(0, { referencePrice: 0, freezeQty: 0, bandLow: 0, bandHigh: 0 }).setPhase(0, Phase.CONTINUOUS);
  });
  return engine;
}

function placeBids(writer: CommandWriter, from: number, to: number, apart: number): void {
  for (let orderId = from; orderId <= to; orderId++)
    writer.newOrder({ ...terms, orderId, account: orderId % 7, price: 5_000_000 - (orderId - from) * apart });
}

function countFull(reports: readonly Report[]): number {
  return reports.filter(({ reason }) => reason === EngineReason.BOOK_FULL).length;
}

/** @param make a new engine, empty, that takes so many open orders. */
export function capacitySuite(make: (ordersMax: number) => MatchingEngine): void {
  it('refuses every NEW while it is full, changes nothing by that, and takes them again when an order has left', () => {
    const engine = open(make(2));
    run(engine, (writer) => placeBids(writer, 1, 2, 1));
    const refused = { kind: ReportKind.REJECTED, reason: EngineReason.BOOK_FULL, orderId: 3, leavesQty: 0 };
    const sell = { ...terms, orderId: 3, side: BookSide.SELL, price: 5_000_000 };
    const orders = [
      { ...terms, orderId: 3, price: 5 },
      { ...sell, timeInForce: InForce.IOC },
      { ...sell, timeInForce: InForce.IOC, ordType: OrderType.MARKET, price: 0 },
      { ...terms, orderId: 3, ordType: OrderType.STOP_LIMIT, price: 5, stopPrice: 6 },
    ];
    for (const order of orders) expect(run(engine, (writer) => writer.newOrder(order))).toMatchObject([refused]);
    const wouldTrade = { kind: ReportKind.REJECTED, reason: EngineReason.POST_ONLY_WOULD_TRADE };
    expect(run(engine, (writer) => writer.newOrder({ ...sell, postOnly: true }))).toMatchObject([wouldTrade]);
    expect([engine.openCount, engine.tradeNo]).toEqual([2, 0]);
    engine.validateInternalState();

    run(engine, (writer) => writer.cancel(0, 1));
    expect(run(engine, (writer) => writer.newOrder({ ...terms, orderId: 3, price: 5 }))).toMatchObject([{ kind: ReportKind.NEW }]);
    expect(engine.openCount).toBe(2);
  });

  it('refuses the same after it was made anew from its state, however its orders lay in memory', () => {
    const live = open(make(1_500));
    expect(countFull(run(live, (writer) => placeBids(writer, 1, 1_600, 999)))).toBe(100);
    run(live, (writer) => {
      for (let orderId = 1; orderId <= 1_400; orderId++) writer.cancel(0, orderId);
    });
    const restored = restoredFrom(live, () => make(1_500));
    for (const from of [2_001, 5_001]) {
      const [told, toldByRestored] = [live, restored].map((engine) => run(engine, (writer) => placeBids(writer, from, from + 1_999, 1)));
      expect(countFull(told ?? [])).toBe(from === 2_001 ? 600 : 1_990);
      expect(toldByRestored).toEqual(told);
      for (const engine of [live, restored]) {
        run(engine, (writer) => {
          for (let orderId = 2_001; orderId <= 2_010; orderId++) writer.cancel(0, orderId);
        });
      }
    }
    expect(stateHashOf(restored)).toBe(stateHashOf(live));
    expect(live.openCount).toBe(1_490 + 10);
  });
}
