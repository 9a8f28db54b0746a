// The auction of either engine against the published rule, tried out at every price: what trades, at which price, and who stands where afterwards.
import { describe, expect, it } from '@jest/globals';
import { Prng } from '@switchyard/kernel';
import { BookSide, CommandWriter, InForce, OrderType, Phase } from './command.js';
import { type MatchingEngine } from './engine.js';
import { FastEngine } from './fast-engine.js';
import { ReferenceEngine } from './reference-engine.js';
import { readReport, ReportKind, reportWords, type Report } from './report.js';

const { BUY, SELL } = BookSide;
const highestPrice = 14;

interface Given {
  readonly orderId: number;
  readonly side: BookSide;
  readonly qty: number;
  /** 0 at market. */
  readonly price: number;
}

interface Auction {
  readonly reference: number;
  /** In the order in which they came. */
  readonly orders: readonly Given[];
}

function drawn(seed: number): Auction {
  const prng = new Prng(`auction/${seed}`);
  const orders = Array.from({ length: 1 + prng.below(12) }, (_, at) => ({
    orderId: at + 1,
    side: prng.pick([BUY, SELL]),
    qty: 1 + prng.below(6),
    price: prng.chance(1, 4) ? 0 : 1 + prng.below(highestPrice),
  }));
  return { reference: prng.chance(1, 4) ? 0 : 1 + prng.below(highestPrice), orders };
}

/** What an engine does of it when continuous trading begins. */
function held(engine: MatchingEngine, { reference, orders }: Auction): { price: number; reports: Report[]; standing: string[] } {
  const writer = new CommandWriter();
  writer.listBook(0, { referencePrice: reference, freezeQty: 0, bandLow: 0, bandHigh: 0 }).setPhase(0, Phase.PRE_OPEN);
  for (const { orderId, side, qty, price } of orders) {
    const ordType = price === 0 ? OrderType.MARKET : OrderType.LIMIT;
    writer.newOrder({ orderId, book: 0, account: orderId, side, ordType, timeInForce: InForce.DAY, qty, price });
  }
  engine.execute(writer.words, 0, writer.length);
  engine.clearReports();
  writer.clear();
  writer.setPhase(0, Phase.CONTINUOUS);
  engine.execute(writer.words, 0, writer.length);
  const reports = Array.from({ length: engine.reportsLength / reportWords }, (_, at) => readReport(engine.reports, at * reportWords));
  const standing = [BUY, SELL].map((side) =>
    Array.from(engine.orders(0, side), ({ orderId, price, qty }) => `${orderId}:${qty}@${price}`).join(' '),
  );
  return { price: reports.at(-1)?.price ?? 0, reports, standing };
}

const sum = (orders: readonly Given[]): number => orders.reduce((lots, { qty }) => lots + qty, 0);

function tradable({ orders }: Auction, price: number): { buys: number; sells: number } {
  return {
    buys: sum(orders.filter((order) => order.side === BUY && (order.price === 0 || order.price >= price))),
    sells: sum(orders.filter((order) => order.side === SELL && order.price <= price)),
  };
}

/** Most lots, then fewest unmatched, then nearest to the reference price, which itself is taken where two are equally near; 0 where nothing trades. */
function ruledPrice(auction: Auction): number {
  const { orders, reference } = auction;
  const isMarket = (side: BookSide): boolean => orders.some((order) => order.side === side && order.price === 0);
  const prices = new Set(orders.map(({ price }) => price).filter((price) => price !== 0));
  if (reference !== 0 && isMarket(BUY) && isMarket(SELL)) prices.add(reference);
  const ranked = [...prices].map((price) => {
    const { buys, sells } = tradable(auction, price);
    return { price, rank: [-Math.min(buys, sells), Math.abs(buys - sells), reference === 0 ? price : Math.abs(price - reference)] };
  });
  const compare = (one: readonly number[], other: readonly number[]): number =>
    one.map((rank, at) => rank - (other[at] ?? 0)).find((by) => by !== 0) ?? 0;
  ranked.sort((one, other) => compare(one.rank, other.rank));
  const [best, next] = ranked;
  if (best === undefined || best.rank[0] === 0) return 0;
  return next !== undefined && compare(best.rank, next.rank) === 0 ? reference : best.price;
}

/** Who stands where after the auction: what was given less what traded, market orders at its price, each level in the order in which its orders came. */
function ruledStanding({ orders, reference }: Auction, price: number, traded: ReadonlyMap<number, number>): string[] {
  const at = price === 0 ? reference : price;
  const left = orders.map((order) => ({
    ...order,
    isMarket: order.price === 0,
    price: order.price === 0 ? at : order.price,
    qty: order.qty - (traded.get(order.orderId) ?? 0),
  }));
  const open = left.filter(({ qty }) => qty > 0);
  const limits = open.filter(({ isMarket }) => !isMarket);
  const standing = [...limits];
  // Buys first, then sells: a market order that would trade then has nobody to trade with any more.
  for (const order of [...open.filter(({ side }) => side === BUY), ...open.filter(({ side }) => side === SELL)]) {
    if (!order.isMarket) continue;
    const crosses = standing.some((other) => other.side !== order.side && (order.side === BUY ? other.price <= at : other.price >= at));
    if (at !== 0 && !crosses) standing.push(order);
  }
  return [BUY, SELL].map((side) =>
    standing
      .filter((order) => order.side === side)
      .sort((one, other) => (side === BUY ? other.price - one.price : one.price - other.price) || one.orderId - other.orderId)
      .map(({ orderId, qty, price: level }) => `${orderId}:${qty}@${level}`)
      .join(' '),
  );
}

describe.each([
  ['ReferenceEngine', () => new ReferenceEngine()],
  ['FastEngine', () => new FastEngine()],
] as const)('an auction of the %s', (_name, make) => {
  it('is the published rule, in 3,000 books', () => {
    const seen = { trades: 0, ties: 0, markets: 0 };
    for (let seed = 1; seed <= 3_000; seed++) {
      const auction = drawn(seed);
      const { price, reports, standing } = held(make(), auction);
      const ruled = ruledPrice(auction);
      const trades = reports.filter(({ kind }) => kind === ReportKind.TRADE);
      const traded = new Map<number, number>();
      for (const { orderId, qty } of trades) traded.set(orderId, (traded.get(orderId) ?? 0) + qty);
      const { buys, sells } = tradable(auction, ruled);
      const lots = ruled === 0 ? 0 : Math.min(buys, sells);
      const told = { seed, price, lots: trades.reduce((all, { qty }) => all + qty, 0) / 2, standing };
      const expected = { seed, price: ruled, lots, standing: ruledStanding(auction, ruled, traded) };
      if (JSON.stringify(told) !== JSON.stringify(expected)) expect(told).toEqual(expected);
      if (lots > 0) seen.trades++;
      if (ruled !== 0 && !auction.orders.some((order) => order.price === ruled)) seen.ties++;
      if (reports.some(({ kind }) => kind === ReportKind.RESTATED)) seen.markets++;
    }
    expect(seen.trades).toBeGreaterThan(1_000);
    expect(seen.ties).toBeGreaterThan(10);
    expect(seen.markets).toBeGreaterThan(300);
  });
});
