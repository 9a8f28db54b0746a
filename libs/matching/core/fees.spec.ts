import { describe, expect, it } from '@jest/globals';
import { Product, Side } from '@switchyard/contracts';
import { Price, Quantity } from '@switchyard/kernel';
import { readFileSync } from 'node:fs';
import { chargeRates, taxedCharges } from './fee-table.js';
import { dateInIndia, feesOf, isDeliverySell, type ChargedTrade } from './fees.js';

interface Row {
  readonly what: string;
  readonly segment?: string;
  readonly product?: Product;
  readonly side: Side;
  readonly qty: string;
  readonly px: string;
  readonly date: string;
  readonly isFirstDeliverySellOfDay?: boolean;
  /** By hand. */
  readonly fees: Record<string, string>;
}

const { BUY, SELL } = Side;

const table: readonly Row[] = [
  {
    what: 'delivery, buy of 100,000.00',
    side: BUY,
    qty: '100',
    px: '1000',
    date: '2026-11-20',
    // 0.1 % 100; 0.00297 % 2.97; 0.0001 % 0.10, twice; 0.015 % 15; 18 % of 3.17 is 0.5706.
    fees: { STT: '100', NSE: '2.97', SEBI: '0.1', IPFT: '0.1', STAMP_DUTY: '15', GST: '0.57' },
  },
  {
    what: 'delivery, the first sell of 100,000.00 on its day',
    side: SELL,
    qty: '100',
    px: '1000',
    date: '2026-11-20',
    isFirstDeliverySellOfDay: true,
    // No stamp duty; 18 % of 3.17 + 3.50 is 1.2006.
    fees: { STT: '100', NSE: '2.97', SEBI: '0.1', IPFT: '0.1', DP: '3.5', GST: '1.2' },
  },
  {
    what: 'delivery, a later sell of the day',
    side: SELL,
    qty: '100',
    px: '1000',
    date: '2026-11-20',
    fees: { STT: '100', NSE: '2.97', SEBI: '0.1', IPFT: '0.1', GST: '0.57' },
  },
  {
    what: 'delivery at BSE: taxes, the regulator and the depository, and no charge of an exchange',
    segment: 'EQUITY_BSE',
    side: SELL,
    qty: '100',
    px: '1000',
    date: '2026-11-20',
    isFirstDeliverySellOfDay: true,
    // 18 % of 0.10 + 3.50 is 0.648.
    fees: { STT: '100', SEBI: '0.1', DP: '3.5', GST: '0.65' },
  },
  {
    what: 'bought with funding: delivered',
    product: Product.MARGIN,
    side: BUY,
    qty: '100',
    px: '1000',
    date: '2026-11-20',
    fees: { STT: '100', NSE: '2.97', SEBI: '0.1', IPFT: '0.1', STAMP_DUTY: '15', GST: '0.57' },
  },
  {
    what: 'the day before the depository had one tariff: none is known',
    side: SELL,
    qty: '100',
    px: '1000',
    date: '2024-09-30',
    isFirstDeliverySellOfDay: true,
    // 0.00322 % 3.22; 18 % of 3.42 is 0.6156.
    fees: { STT: '100', NSE: '3.22', SEBI: '0.1', IPFT: '0.1', GST: '0.62' },
  },
  {
    what: 'its first day',
    side: SELL,
    qty: '100',
    px: '1000',
    date: '2024-10-01',
    isFirstDeliverySellOfDay: true,
    fees: { STT: '100', NSE: '2.97', SEBI: '0.1', IPFT: '0.1', DP: '3.5', GST: '1.2' },
  },
  {
    what: 'intraday, buy of 2,345,678.90',
    product: Product.INTRADAY,
    side: BUY,
    qty: '2000',
    px: '1172.83945',
    date: '2026-11-20',
    // 0.00297 % 69.66666…; 0.0001 % 2.3456…, twice; 0.003 % 70.370367; 18 % of 69.67 + 2.35 + 2.35 is 13.3866.
    fees: { NSE: '69.67', SEBI: '2.35', IPFT: '2.35', STAMP_DUTY: '70.37', GST: '13.39' },
  },
  {
    what: 'intraday, sell: never a debit at the depository',
    product: Product.INTRADAY,
    side: SELL,
    qty: '10',
    px: '1523.15',
    date: '2026-11-20',
    isFirstDeliverySellOfDay: true,
    // 15,231.50: 0.025 % 3.807875; 0.00297 % 0.45237…; 0.0001 % 0.0152…; 18 % of 0.45 + 0.02 + 0.02 is 0.0882.
    fees: { STT: '3.81', NSE: '0.45', SEBI: '0.02', IPFT: '0.02', GST: '0.09' },
  },
  {
    what: 'futures, sell of 1,500,000.00, the day before 2024-10-01',
    segment: 'FUTURES',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '20000',
    date: '2024-09-30',
    // 0.0125 % 187.50; 0.00188 % 28.20; 0.0001 % 1.50, twice; 18 % of 31.20 is 5.616.
    fees: { STT: '187.5', NSE: '28.2', SEBI: '1.5', IPFT: '1.5', GST: '5.62' },
  },
  {
    what: 'futures, the same on 2024-10-01',
    segment: 'FUTURES',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '20000',
    date: '2024-10-01',
    // 0.02 % 300; 0.00173 % 25.95; 18 % of 28.95 is 5.211.
    fees: { STT: '300', NSE: '25.95', SEBI: '1.5', IPFT: '1.5', GST: '5.21' },
  },
  {
    what: 'futures, the same on 2026-03-31',
    segment: 'FUTURES',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '20000',
    date: '2026-03-31',
    fees: { STT: '300', NSE: '25.95', SEBI: '1.5', IPFT: '1.5', GST: '5.21' },
  },
  {
    what: 'futures, the same on 2026-04-01',
    segment: 'FUTURES',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '20000',
    date: '2026-04-01',
    // 0.05 % 750.
    fees: { STT: '750', NSE: '25.95', SEBI: '1.5', IPFT: '1.5', GST: '5.21' },
  },
  {
    what: 'futures, buy',
    segment: 'FUTURES',
    product: Product.INTRADAY,
    side: BUY,
    qty: '75',
    px: '20000',
    date: '2026-04-01',
    // 0.002 % 30.
    fees: { NSE: '25.95', SEBI: '1.5', IPFT: '1.5', STAMP_DUTY: '30', GST: '5.21' },
  },
  {
    what: 'options, sell of a premium of 7,500.00, on 2026-03-31',
    segment: 'OPTIONS',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '100',
    date: '2026-03-31',
    // 0.1 % 7.50; 0.03503 % 2.62725; 0.0001 % 0.0075; 0.0005 % 0.0375; 18 % of 2.63 + 0.01 + 0.04 is 0.4824.
    fees: { STT: '7.5', NSE: '2.63', SEBI: '0.01', IPFT: '0.04', GST: '0.48' },
  },
  {
    what: 'options, the same on 2026-04-01',
    segment: 'OPTIONS',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '100',
    date: '2026-04-01',
    // 0.15 % 11.25.
    fees: { STT: '11.25', NSE: '2.63', SEBI: '0.01', IPFT: '0.04', GST: '0.48' },
  },
  {
    what: 'options, buy',
    segment: 'OPTIONS',
    product: Product.CARRY,
    side: BUY,
    qty: '75',
    px: '100',
    date: '2026-04-01',
    // 0.003 % 0.225: half a paisa goes up.
    fees: { NSE: '2.63', SEBI: '0.01', IPFT: '0.04', STAMP_DUTY: '0.23', GST: '0.48' },
  },
  {
    what: 'a trade so small that most charges are less than half a paisa',
    side: BUY,
    qty: '1',
    px: '10.05',
    date: '2026-11-20',
    // 0.1 % 0.01005; 0.00297 % 0.0003; 0.015 % 0.0015.
    fees: { STT: '0.01' },
  },
  { what: 'an instrument without a segment', segment: '', side: BUY, qty: '100', px: '1000', date: '2026-11-20', fees: {} },
  { what: 'a segment that the table does not know', segment: 'CRYPTO', side: BUY, qty: '100', px: '1000', date: '2026-11-20', fees: {} },
  { what: 'an order without a product', product: Product.UNSPECIFIED, side: BUY, qty: '100', px: '1000', date: '2026-11-20', fees: {} },
  { what: 'a date before any row', side: BUY, qty: '100', px: '1000', date: '1970-01-01', fees: {} },
];

describe('the fees of a trade', () => {
  it.each(table)('$what: as computed by hand', (row) => {
    const fees = feesOf(tradeOf(row));
    expect(Object.fromEntries(fees.map(({ name, amount }) => [name, amount]))).toEqual(row.fees);
    expect(fees).toHaveLength(Object.keys(row.fees).length);
  });

  it('are exact where a floating point number is not', () => {
    // (1e10 - 1e-9) shares at (1e7 - 1e-9): 0.1 % of 99,999,999,999,999,989.99 and a little is 99,999,999,999,999.98999…
    const fees = feesOf({ ...tradeOf(table[0] as Row), qty: 9_999_999_999_999_999_999n, px: 9_999_999_999_999_999n });
    expect(fees[0]).toEqual({ name: 'STT', amount: '99999999999999.99' });
  });
});

describe('a delivery sell', () => {
  it.each([
    ['EQUITY', Product.DELIVERY, SELL, true],
    ['EQUITY', Product.MARGIN, SELL, true],
    ['EQUITY', Product.DELIVERY, BUY, false],
    ['EQUITY', Product.INTRADAY, SELL, false],
    ['FUTURES', Product.CARRY, SELL, false],
    ['', Product.DELIVERY, SELL, false],
  ] as const)('%s, product %s, side %s: %s', (segment, product, side, expected) => {
    expect(isDeliverySell(segment, product, side)).toBe(expected);
  });
});

describe('the trading date in India', () => {
  it.each([
    ['2026-11-20T18:29:59.999Z', '2026-11-20'],
    ['2026-11-20T18:30:00.000Z', '2026-11-21'],
    ['2024-02-28T18:30:00.000Z', '2024-02-29'],
    ['2026-12-31T18:30:00.000Z', '2027-01-01'],
  ])('%s is %s', (at, date) => {
    expect(dateInIndia(Date.parse(at))).toBe(date);
  });
});

describe('the table of charges', () => {
  it('has one row of a charge, class and side for a date, by rising date, each with its source', () => {
    const last = new Map<string, string>();
    for (const { name, classes, sides, from, source } of chargeRates) {
      expect(from).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(source).not.toBe('');
      for (const chargeClass of classes) {
        for (const side of sides === 'BOTH' ? ['BUY', 'SELL'] : [sides]) {
          const key = `${name}/${chargeClass}/${side}`;
          expect(from > (last.get(key) ?? '')).toBe(true);
          last.set(key, from);
        }
      }
    }
  });

  it('is the table that docs/paper-venue.md shows', () => {
    const page = readFileSync(new URL('../../../docs/paper-venue.md', import.meta.url), 'utf8');
    const shown = page
      .split('\n')
      .filter((line) => /^\| [A-Z_]+ +\| [A-Z_, ]+ \| (BUY|SELL|BOTH) +\|/.test(line))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .filter((cell) => cell !== ''),
      );
    const words = {
      TURNOVER: ' %',
      CHARGES: ` % of ${taxedCharges.join(', ').replace(/, (?=[^,]+$)/, ' and ')}`,
      DELIVERY_SELL_DAY: ' rupees, once a day and instrument',
    };
    expect(shown).toEqual(
      chargeRates.map(({ name, classes, sides, of, rate, from }) => [name, classes.join(', '), sides, `${rate}${words[of]}`, from]),
    );
  });

  it('has the tax last: it is taken from what stands before it', () => {
    expect(chargeRates.at(-1)?.name).toBe('GST');
  });
});

function tradeOf({
  segment = 'EQUITY',
  product = Product.DELIVERY,
  side,
  qty,
  px,
  date,
  isFirstDeliverySellOfDay = false,
}: Row): ChargedTrade {
  return { segment, product, side, qty: Quantity(qty), px: Price(px), tradingDate: date, isFirstDeliverySellOfDay };
}
