import { describe, expect, it } from '@jest/globals';
import { BookSide, InForce, OrderType } from '../engine/command.js';
import { EngineReason, ReportKind, Role, type Report } from '../engine/report.js';
import { ReportAuditor } from './report-auditor.js';

const { NEW, TRADE, CANCELED, RESTATED } = ReportKind;
const { NO_LIQUIDITY, PRICE_PROTECTION, AUCTION_PRICE } = EngineReason;

/** A report of a limit order of book 0; `side` is buy. */
function report(kind: ReportKind, orderId: number, values: Partial<Report>): Report {
  const { qty = 5, price = 100 } = values;
  const isOpen = kind === NEW;
  return {
    ...{ kind, orderId, price, qty, book: 0, account: orderId, side: BookSide.BUY, ordType: OrderType.LIMIT, timeInForce: InForce.DAY },
    ...{ reason: EngineReason.NONE, role: Role.NONE, leavesQty: isOpen ? qty : 0, shownQty: isOpen ? qty : 0, tradeNo: 0 },
    ...values,
  };
}

const sell = { side: BookSide.SELL };

/** Sell orders 1 and 2 at 100, sell order 3 at 101, buy order 4 at 101, and a trade of 4 with `maker`. */
function tradeWith(maker: number, values: Partial<Report> = {}, takerValues: Partial<Report> = {}): Report[] {
  return [
    report(NEW, 1, sell),
    report(NEW, 2, sell),
    report(NEW, 3, { ...sell, price: 101 }),
    report(NEW, 4, { price: 101 }),
    report(TRADE, maker, { ...sell, price: maker === 3 ? 101 : 100, role: Role.MAKER, tradeNo: 1, ...values }),
    report(TRADE, 4, { price: maker === 3 ? 101 : 100, role: Role.TAKER, tradeNo: 1, ...values, side: BookSide.BUY, ...takerValues }),
  ];
}

const market = { ordType: OrderType.MARKET, price: 0, shownQty: 0 };

/** Buy order 1 at 100, market buy orders 2 and 3, sell order 4 at 100; in an auction order 4 trades with these, one after the other. */
function auctionWith(...buyers: number[]): Report[] {
  const told = [report(NEW, 1, {}), report(NEW, 2, market), report(NEW, 3, market), report(NEW, 4, { ...sell, qty: 15 })];
  const trades = buyers.flatMap((buyer, index) => {
    const trade = { role: Role.AUCTION, tradeNo: index + 1 };
    return [report(TRADE, buyer, trade), report(TRADE, 4, { ...sell, ...trade, leavesQty: 10 - 5 * index })];
  });
  return [...told, ...trades];
}

/** Market buy order 2, then buy order 3 at 100. */
const waiting = [report(NEW, 2, market), report(NEW, 3, {})];

/** Sell order 4 takes all of this buyer. */
function soldTo(maker: number): Report[] {
  const trade = { tradeNo: 1 };
  return [
    report(NEW, 4, sell),
    report(TRADE, maker, { ...trade, role: Role.MAKER }),
    report(TRADE, 4, { ...trade, ...sell, role: Role.TAKER }),
  ];
}

function audited(reports: readonly Report[]): ReportAuditor {
  const auditor = new ReportAuditor();
  for (const each of reports) auditor.take(each);
  auditor.checkConserved();
  return auditor;
}

describe('ReportAuditor', () => {
  it('finds no fault with a trade at the best price in its time', () => {
    expect(audited(tradeWith(1)).quantities).toMatchObject({ ordered: 20, traded: 10, open: 10 });
  });

  it('finds no fault with an auction in which limit orders go first, then market orders in their time', () => {
    expect(audited(auctionWith(1, 2, 3)).quantities).toMatchObject({ traded: 30, open: 0 });
    expect(audited([...auctionWith(1, 3), report(CANCELED, 2, { price: 0, reason: PRICE_PROTECTION })]).openCount).toBe(1);
  });

  it('finds no fault with a market order that kept its time when it became a limit order, and trades in it', () => {
    const settled = [report(RESTATED, 2, { leavesQty: 5, shownQty: 5, reason: AUCTION_PRICE })];
    expect(audited([...waiting, ...settled, ...soldTo(2)]).quantities).toMatchObject({ traded: 10, open: 5 });
    expect(() => audited([...waiting, ...settled, ...soldTo(3)])).toThrow('order 3 is the first of the best price');
  });

  it.each<[rule: string, reports: Report[]]>([
    ['order 2 is the first of its side in the auction', auctionWith(2)],
    ['order 2 was passed over in the auction', auctionWith(1, 3, 2)],
    ['order 2 was passed over in the auction', [...auctionWith(1, 3), report(CANCELED, 2, { price: 0, reason: NO_LIQUIDITY })]],
    [
      'order 3 becomes a limit order before 2, which is older',
      [...auctionWith(1), report(RESTATED, 3, { leavesQty: 5, shownQty: 5, reason: AUCTION_PRICE })],
    ],
    ['order 2 is the first of the best price', tradeWith(2)],
    ['order 3 is the first of the best price', tradeWith(3)],
    ['order 4 trades at 102, within its limit 101', tradeWith(1, {}, { price: 102 })],
    ['a resting order trades at its own price', tradeWith(1, { price: 101 })],
    ['both sides of a trade trade the same', tradeWith(1, {}, { qty: 4, leavesQty: 1 })],
    ['trades are numbered without a gap', tradeWith(1, { tradeNo: 2 })],
    ['both sides of a trade are told together', [...tradeWith(1).slice(0, -1), report(NEW, 5, {})]],
    ['what is open is what the reports leave open', tradeWith(1, { leavesQty: 1 })],
    ['an order trades what it has', tradeWith(1, { qty: 6 })],
    ['order 9 is open', [report(CANCELED, 9, {})]],
    ['an order that ends ends with all that was open', [report(NEW, 1, {}), report(CANCELED, 1, { qty: 4 })]],
    ['an order keeps its side', [report(NEW, 1, {}), report(CANCELED, 1, sell)]],
    ['order 1 is opened once', [report(NEW, 1, {}), report(NEW, 1, {})]],
  ])('finds that not: %s', (rule, reports) => {
    expect(() => audited(reports)).toThrow(rule);
  });

  it('finds a crossed book', () => {
    const auditor = audited([report(NEW, 1, sell), report(NEW, 2, { price: 99 })]);
    expect(() => auditor.checkNotCrossed(0)).not.toThrow();
    auditor.take(report(NEW, 3, { price: 100 }));
    expect(() => auditor.checkNotCrossed(0)).toThrow('book 0 is not crossed');
  });
});
