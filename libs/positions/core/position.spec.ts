import { describe, expect, it } from '@jest/globals';
import { Product, Side } from '@switchyard/contracts';
import { type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { formatDecimal, Money, notional, notionalToMoney, Price, Quantity } from '@switchyard/kernel';
import fc from 'fast-check';
import {
  avgPxOf,
  foldTrade,
  netRealisedPnlOf,
  noPosition,
  openCostOf,
  readTrade,
  realisedPnlOf,
  tradeContentOf,
  unrealisedPnlOf,
  cashFlowOf,
  type Position,
  type Trade,
} from './index.js';
import { aTrade } from './testing/index.js';
import { toPositionMessage } from './position-message.js';

/** A trade in short: `+10 100` buys ten at a hundred, `-10 100` sells them. */
function trade(text: string, accountSeq = 1): Trade {
  const [qty = '', lastPx = ''] = text.split(' ');
  const read = readTrade(
    'DEMO',
    accountSeq,
    aTrade({ side: qty.startsWith('-') ? Side.SELL : Side.BUY, lastQty: qty.slice(1), lastPx, tradeId: `T${accountSeq}` }),
  );
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

function fold(trades: readonly Trade[]): Position {
  return trades.reduce(foldTrade, noPosition(trades[0] ?? trade('+1 1')));
}

const shown = (position: Position) => [position.netQty, avgPxOf(position), realisedPnlOf(position)].map(formatDecimal).join(' ');

describe('a position after trades is net quantity, average cost, realised P&L', () => {
  it.each<[string, string[], string]>([
    ['bought', ['+10 100'], '10 100 0'],
    ['added to: the average moves', ['+10 100', '+30 104'], '40 103 0'],
    ['reduced: the average stays', ['+10 100', '-4 110'], '6 100 40'],
    ['reduced at a loss', ['+10 100', '-4 90'], '6 100 -40'],
    ['closed', ['+10 100', '-10 103'], '0 0 30'],
    ['closed, then opened again', ['+10 100', '-10 103', '+5 50'], '5 50 30'],
    ['sold short', ['-10 100'], '-10 100 0'],
    ['short, added to', ['-10 100', '-10 110'], '-20 105 0'],
    ['short, reduced with a gain', ['-10 100', '+4 90'], '-6 100 40'],
    ['short, closed at a loss', ['-10 100', '+10 101'], '0 0 -10'],
    ['turned from long to short', ['+10 100', '-15 110'], '-5 110 100'],
    ['turned from short to long', ['-10 100', '+15 90'], '5 90 100'],
    ['turned twice', ['+10 100', '-20 110', '+20 100'], '10 100 200'],
    ['bought in thirds, closed without a rest', ['+1 0.1', '+1 0.1', '+1 0.11', '-1 0.2', '-1 0.2', '-1 0.2'], '0 0 0.29'],
    ['an average that does not end', ['+1 1', '+1 1', '+1 2'], '3 1.333333333 0'],
    ['the smallest quantity', ['+0.000000001 1.5'], '0.000000001 1.5 0'],
  ])('%s', (_what, trades, expected) => expect(shown(fold(trades.map((text, at) => trade(text, at + 1))))).toBe(expected));
});

/** Whole ticks and lots, as at an exchange; and anything that the wire can carry. */
const exchangeTrades = fc
  .array(fc.record({ buy: fc.boolean(), qty: fc.integer({ min: 1, max: 500 }), ticks: fc.integer({ min: 1, max: 60_000 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((list) =>
    list.map(({ buy, qty, ticks }, at) => trade(`${buy ? '+' : '-'}${qty} ${formatDecimal(BigInt(ticks) * 50_000_000n)}`, at + 1)),
  );
const anyTrades = fc
  .array(fc.record({ buy: fc.boolean(), qty: fc.bigInt({ min: 1n, max: 10n ** 15n }), px: fc.bigInt({ min: 0n, max: 10n ** 15n }) }), {
    minLength: 1,
    maxLength: 40,
  })
  .map((list) => list.map(({ buy, qty, px }, at) => trade(`${buy ? '+' : '-'}${formatDecimal(qty)} ${formatDecimal(px)}`, at + 1)));

describe('of any trades', () => {
  it('the net quantity is the sum of the signed fills, and bought less sold', () => {
    fc.assert(
      fc.property(anyTrades, (trades) => {
        const position = fold(trades);
        const signed = trades.reduce((sum, each) => sum + (each.side === Side.BUY ? each.qty : -each.qty), 0n);
        expect([position.netQty, position.boughtQty - position.soldQty]).toEqual([signed, signed]);
      }),
    );
  });

  it('realised and unrealised P&L are cash flow and market value, to the last decimal', () => {
    fc.assert(
      fc.property(anyTrades, fc.bigInt({ min: 0n, max: 10n ** 15n }), (trades, px) => {
        const position = fold(trades);
        const mark = { px: Price.fromScaled(px), atMs: 1 };
        const marketValue = notionalToMoney(notional(mark.px, position.netQty), 'half-even');
        expect(realisedPnlOf(position) + unrealisedPnlOf(position, mark)!).toBe(cashFlowOf(position) + marketValue);
      }),
    );
  });

  it('a flat position has no cost: all P&L is realised, and it is what came in less what was paid', () => {
    fc.assert(
      fc.property(anyTrades, (trades) => {
        const open = fold(trades);
        fc.pre(open.netQty !== 0n);
        const flat = foldTrade(
          open,
          trade(`${open.netQty > 0n ? '-' : '+'}${formatDecimal(open.netQty > 0n ? open.netQty : -open.netQty)} 7.5`, 99),
        );
        expect([flat.netQty, flat.openNotional, openCostOf(flat)]).toEqual([0n, 0n, 0n]);
        expect(realisedPnlOf(flat)).toBe(cashFlowOf(flat));
      }),
    );
  });

  it('the open cost has the sign of the position, and the average lies within the prices of the trades', () => {
    fc.assert(
      fc.property(exchangeTrades, (trades) => {
        const position = fold(trades);
        expect(
          position.netQty > 0n
            ? position.openNotional > 0n
            : position.netQty < 0n
              ? position.openNotional < 0n
              : position.openNotional === 0n,
        ).toBe(true);
        const prices = trades.map((each) => each.px).sort((a, b) => (a < b ? -1 : 1));
        if (position.netQty !== 0n) {
          expect(avgPxOf(position)).toBeGreaterThanOrEqual(prices[0]!);
          expect(avgPxOf(position)).toBeLessThanOrEqual(prices.at(-1)!);
        }
      }),
    );
  });
});

describe('a trade is refused', () => {
  it.each<[string, Partial<TradeBooked>, string]>([
    ['without its id', { tradeId: '' }, 'the trade has no tradeId'],
    ['without its order', { orderId: '' }, 'the trade has no orderId'],
    ['without its instrument', { instrumentId: '' }, 'the trade has no instrumentId'],
    ['without its broker account', { brokerAccountId: '' }, 'the trade has no brokerAccountId'],
    ['without a side', { side: Side.UNSPECIFIED }, 'the side 0 of trade T1 is unknown'],
    ['with a side of a later version', { side: Side.UNRECOGNIZED }, 'the side -1 of trade T1 is unknown'],
    ['without a product', { product: Product.UNSPECIFIED }, 'the product 0 of trade T1 is unknown'],
    ['with a product of a later version', { product: 9 as Product }, 'the product 9 of trade T1 is unknown'],
    ['without a currency', { currency: '' }, 'the currency "" of trade T1'],
    ['with a quantity that is none', { lastQty: 'ten' }, 'the quantity of trade T1 is malformed'],
    ['with a quantity of zero', { lastQty: '0' }, 'the quantity 0 of trade T1 is not greater than zero'],
    ['with a negative quantity', { lastQty: '-1' }, 'the quantity -1 of trade T1 is not greater than zero'],
    ['with a price that is none', { lastPx: '' }, 'the price of trade T1 is malformed'],
    ['with a charge that has no name', { fees: [{ name: '', amount: '1' }] }, 'a charge of trade T1 is named ""'],
    ['with a charge whose name could be two', { fees: [{ name: 'A 1 B', amount: '2' }] }, 'a charge of trade T1 is named "A 1 B"'],
    ['with a charge that is none', { fees: [{ name: 'STT', amount: '1e3' }] }, 'the STT of trade T1 is malformed'],
    ['with a charge of no amount', { fees: [{ name: 'STT', amount: '' }] }, 'the STT of trade T1 is malformed'],
    ['with a charge beyond nine decimals', { fees: [{ name: 'GST', amount: '0.0000000001' }] }, 'the GST of trade T1 is malformed'],
  ])('%s', (_what, given, sentence) => {
    expect(readTrade('DEMO', 1, aTrade(given))).toEqual({ ok: false, error: expect.stringContaining(sentence) });
  });

  it.each([Product.INTRADAY, Product.DELIVERY, Product.CARRY, Product.MARGIN])('never for its product %s', (product) => {
    const read = readTrade('DEMO', 1, aTrade({ product }));
    expect(read.ok && read.value.product).toBe(Product[product]);
  });

  it('when it is folded into the position of another key', () => {
    expect(() => foldTrade(fold([trade('+1 1')]), { ...trade('+1 1'), instrumentId: 'I9' })).toThrow('Invariant');
  });
});

/** Bought and sold with charges: `+10 100 1.5` is charged 1.5. */
const charged = (...trades: string[]): Position =>
  fold(
    trades.map((text, at) => {
      const [qty = '', px = '', fee = ''] = text.split(' ');
      return { ...trade(`${qty} ${px}`, at + 1), charges: [{ name: 'STT', amount: Money(fee) }] };
    }),
  );

describe('what trades were charged', () => {
  it.each<[string, string[], string]>([
    ['when it is opened', ['+10 100 1.5'], '0 1.5 -1.5'],
    ['all of it, also of what is still open', ['+10 100 1.5', '-4 110 0.5'], '40 2 38'],
    ['when it is flat', ['+10 100 1.5', '-10 110 2.25'], '100 3.75 96.25'],
    ['when it turns', ['+10 100 1', '-15 110 2'], '100 3 97'],
    ['less what was given back', ['+10 100 1', '-10 100 -1.5'], '0 -0.5 0.5'],
    ['to the last decimal', ['+10 100 0.000000001', '-10 100 0.000000002'], '0 0.000000003 -0.000000003'],
  ])('adds up beside the profit (%s)', (_what, trades, expected) => {
    const position = charged(...trades);
    expect([realisedPnlOf(position), position.fees, netRealisedPnlOf(position)].map(formatDecimal).join(' ')).toBe(expected);
  });

  it('moves neither the average cost nor the unrealised P&L', () => {
    const [plain, withFees] = [fold([trade('+10 100')]), charged('+10 100 9')];
    expect([avgPxOf(withFees), unrealisedPnlOf(withFees, { px: Price('105'), atMs: 1 })]).toEqual([
      avgPxOf(plain),
      unrealisedPnlOf(plain, { px: Price('105'), atMs: 1 }),
    ]);
  });

  it('is one amount a name, in order of name, without what comes to nothing', () => {
    const fees = [
      { name: 'STT', amount: '1' },
      { name: 'GST', amount: '0.18' },
      { name: 'STT', amount: '0.5' },
      { name: 'DP', amount: '0' },
      { name: 'X', amount: '1' },
      { name: 'X', amount: '-1' },
    ];
    const read = readTrade('DEMO', 1, aTrade({ fees }));
    expect(read.ok && read.value.charges).toEqual([
      { name: 'GST', amount: Money('0.18') },
      { name: 'STT', amount: Money('1.5') },
    ]);
    expect(read.ok && tradeContentOf(read.value)).toBe(
      'BUY 10 I000005 DELIVERY at 1500 INR order 7f000000000000000000000a GST 0.18 STT 1.5',
    );
  });
});

it('a trade reads in one canonical line', () => {
  expect(tradeContentOf(trade('-10 1500.50'))).toBe('SELL 10 I000005 DELIVERY at 1500.5 INR order 7f000000000000000000000a');
});

describe('as a message', () => {
  const position = fold([trade('+10 100'), trade('-4 110', 2)]);

  it('shows every figure', () => {
    expect(toPositionMessage(position, { px: Price('105'), atMs: 5 }, false)).toEqual({
      accountId: 'DEMO',
      brokerAccountId: 'PAPER-1',
      instrumentId: 'I000005',
      product: 'DELIVERY',
      netQty: '6',
      avgPx: '100',
      realisedPnl: '40',
      unrealisedPnl: '30',
      markPx: '105',
      markAtMs: 5,
      currency: 'INR',
      accountSeq: 2,
      stale: false,
      boughtQty: '10',
      soldQty: '4',
      fees: '0',
      netRealisedPnl: '40',
    });
  });

  it('says nothing about a value that it does not know', () => {
    expect(toPositionMessage(position, undefined, true)).toMatchObject({ unrealisedPnl: '', markPx: '', markAtMs: 0, stale: true });
  });

  it('has no unrealised P&L when it is flat, quoted or not', () => {
    const flat = fold([trade('+10 100'), trade('-10 110', 2)]);
    expect(toPositionMessage(flat, undefined, false)).toMatchObject({ netQty: '0', avgPx: '0', unrealisedPnl: '0', realisedPnl: '100' });
    expect(unrealisedPnlOf(flat, { px: Price('1'), atMs: 1 })).toBe(Money.zero);
  });

  it('never leaves the range of the database', () => {
    const large = `+${formatDecimal(10n ** 27n)} 1`;
    expect(() => fold(Array.from({ length: 12 }, (_, at) => trade(large, at + 1)))).toThrow('a Quantity fits numeric(28,9)');
    expect(Quantity(formatDecimal(10n ** 27n))).toBe(10n ** 27n);
  });
});
