import { describe, expect, it } from '@jest/globals';
import { Prng } from '@switchyard/kernel';
import { engineSuite } from '../testing/engine-suite.js';
import { BookSide, CommandWriter, InForce, OrderType, Phase } from './command.js';
import { FastEngine } from './fast-engine.js';
import { EngineReason, readReport, ReportKind, type Report } from './report.js';
import { stateHashOf } from './state.js';

engineSuite('FastEngine', (ordersMax) => new FastEngine(ordersMax));

const rules = { referencePrice: 0, freezeQty: 0, bandLow: 0, bandHigh: 0 };
const terms = { book: 0, ordType: OrderType.LIMIT, timeInForce: InForce.GTC, qty: 1 } as const;

function run(engine: FastEngine, write: (writer: CommandWriter) => void): void {
  const writer = new CommandWriter();
  write(writer);
  engine.clearReports();
  engine.execute(writer.words, 0, writer.length);
}

function opened(): FastEngine {
  const engine = new FastEngine();
  run(engine, (writer) => writer.listBook(0, rules).setPhase(0, Phase.CONTINUOUS));
  return engine;
}

function lastReport(engine: FastEngine): Report {
  return readReport(engine.reports, engine.reportsLength - 8);
}

/** Bids from 1,000,000 downwards, so many ticks apart. */
function placeBids(engine: FastEngine, count: number, apart: number): void {
  run(engine, (writer) => {
    for (let each = 0; each < count; each++) {
      writer.newOrder({ ...terms, orderId: 1 + each, account: each % 7, side: BookSide.BUY, price: 1_000_000 - each * apart });
    }
  });
}

describe('the memory of the fast engine', () => {
  it('holds an auction among more orders at one price than arguments have room on the stack', () => {
    const engine = new FastEngine();
    run(engine, (writer) => writer.listBook(0, { ...rules, referencePrice: 1_000_000 }).setPhase(0, Phase.PRE_OPEN));
    placeBids(engine, 200_000, 0);
    run(engine, (writer) => writer.newOrder({ ...terms, orderId: 200_001, account: 9, side: BookSide.SELL, price: 1_000_000, qty: 10 }));
    run(engine, (writer) => writer.setPhase(0, Phase.OPENING_AUCTION).setPhase(0, Phase.CONTINUOUS));
    expect([engine.tradeNo, engine.openCount]).toEqual([10, 199_990]);
  });

  it('replaces an order among market orders that wait also when it is full: the order then needs a larger record', () => {
    const engine = new FastEngine(1_000);
    run(engine, (writer) => writer.listBook(0, { ...rules, referencePrice: 1_000_000 }).setPhase(0, Phase.PRE_OPEN));
    for (const orderId of [1_001, 1_002]) {
      const market = { ...terms, timeInForce: InForce.DAY, ordType: OrderType.MARKET, price: 0 };
      run(engine, (writer) => writer.newOrder({ ...market, orderId, account: 1, side: BookSide.BUY }));
      if (orderId === 1_001) placeBids(engine, 1_000, 0);
    }
    expect(lastReport(engine)).toMatchObject({ kind: ReportKind.REJECTED, reason: EngineReason.BOOK_FULL });
    for (let orderId = 1; orderId <= 300; orderId++)
      run(engine, (writer) => writer.replace({ book: 0, orderId, qty: 2, price: 1_000_000 }));
    expect(lastReport(engine)).toMatchObject({ kind: ReportKind.REPLACED, orderId: 300 });
    engine.validateInternalState();
    run(engine, (writer) => writer.setPhase(0, Phase.CONTINUOUS));
    const [first, second] = engine.orders(0, BookSide.BUY);
    expect([first?.orderId, second?.orderId]).toEqual([1_001, 301]);
    engine.validateInternalState();
  });

  it('gives memory back when most orders have left, and keeps its state and its numbers', () => {
    const engine = opened();
    placeBids(engine, 60_000, 1);
    const bytesOfOrders = (): number => engine.bytesHeld() - engine.reports.byteLength;
    const bytesFull = bytesOfOrders();
    run(engine, (writer) => writer.massCancel({ account: 1 }).massCancel({ account: 2 }));
    run(engine, (writer) => {
      for (let orderId = 1; orderId <= 60_000; orderId++)
        if (engine.order(orderId) !== undefined && orderId % 100 !== 0) writer.cancel(0, orderId);
    });
    const before = [stateHashOf(engine), engine.openCount];
    const { commandSeq, reportSeq } = engine;
    run(engine, (writer) => writer);
    engine.validateInternalState();
    expect(bytesOfOrders()).toBeLessThan(bytesFull / 4);
    expect([stateHashOf(engine), engine.openCount]).toEqual(before);
    expect([engine.commandSeq, engine.reportSeq]).toEqual([commandSeq, reportSeq]);
  });

  it('stays where it is while thousands of books have a stop each: what waits in an annex is no unused memory', () => {
    const engine = new FastEngine();
    for (let book = 0; book < 12_000; book++)
      run(engine, (writer) =>
        writer
          .listBook(book, rules)
          .setPhase(book, Phase.CONTINUOUS)
          .newOrder({
            ...terms,
            book,
            orderId: book + 1,
            account: 1,
            side: BookSide.BUY,
            ordType: OrderType.STOP,
            price: 0,
            stopPrice: 100,
          }),
      );
    const { words } = engine;
    run(engine, (writer) => writer.cancel(0, 1));
    expect(engine.words).toBe(words);
    engine.validateInternalState();
    run(engine, (writer) => writer.massCancel({}));
    run(engine, (writer) => writer);
    expect(engine.words.length).toBeLessThan(words.length / 4);
  });

  it('an emptied side gives its levels back: filling it again and again takes no more words', () => {
    const engine = opened();
    const fillAndEmpty = (apart: number): number => {
      placeBids(engine, 500, apart);
      run(engine, (writer) => writer.massCancel({}));
      engine.validateInternalState();
      return engine.wordsUsed;
    };
    const used = [1, 50, 1_999].map(fillAndEmpty);
    expect([1, 50, 1_999, 1, 50, 1_999].map(fillAndEmpty).every((words) => words === used[2])).toBe(true);
  });

  it.each([1, 3, 40, 2_000])('holds orders wherever the market goes, %j ticks at a time', (stepMax) => {
    const engine = opened();
    const prng = new Prng(`drift ${stepMax}`);
    let middle = 500_000;
    for (let orderId = 1; orderId <= 3_000; orderId++) {
      middle = Math.max(300, middle + prng.below(2 * stepMax + 1) - stepMax);
      const side = orderId % 2 === 0 ? BookSide.BUY : BookSide.SELL;
      const away = prng.below(203) - 2;
      const price = side === BookSide.BUY ? middle - away : middle + away;
      run(engine, (writer) =>
        writer.newOrder({ ...terms, orderId, account: 0, side, price, qty: 1 + prng.below(9) }).cancel(0, 1 + prng.below(orderId)),
      );
      if (orderId % 100 === 0) engine.validateInternalState();
    }
    const [bids, asks] = [BookSide.BUY, BookSide.SELL].map((side) => engine.depth(0, side, 10_000).map(({ price }) => price));
    expect(bids).toEqual([...(bids ?? [])].sort((one, other) => other - one));
    expect(asks).toEqual([...(asks ?? [])].sort((one, other) => one - other));
    expect((bids ?? []).length + (asks ?? []).length).toBeGreaterThan(100);
  });
});
