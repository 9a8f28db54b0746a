import { describe, expect, it } from '@jest/globals';
import { Product, Side } from '@switchyard/contracts';
import { Price, Quantity } from '@switchyard/kernel';
import { readFileSync } from 'node:fs';
import { feeSources } from './fee-sources.js';
import { chargeRates, segments, taxedCharges, type ChargeRate } from './fee-table.js';
import { feesOfACrore } from './testing/fees-of-a-crore.js';
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
const today = '2026-11-20';

/** Trades of today, and where amounts are rounded. */
const table: readonly Row[] = [
  {
    what: 'delivery, buy of 100,000.00',
    side: BUY,
    qty: '100',
    px: '1000',
    date: today,
    // 0.1 % 100; 0.0030699 % 3.0699; 0.0001 % 0.10; 0.0000001 % 0.0001; 0.015 % 15; 18 % of 3.17 is 0.5706.
    fees: { STT: '100', NSE: '3.07', SEBI: '0.1', STAMP_DUTY: '15', GST: '0.57' },
  },
  {
    what: 'delivery, the first sell of 100,000.00 on its day',
    side: SELL,
    qty: '100',
    px: '1000',
    date: today,
    isFirstDeliverySellOfDay: true,
    // No stamp duty; 18 % of 3.17 + 3.50 is 1.2006.
    fees: { STT: '100', NSE: '3.07', SEBI: '0.1', DP: '3.5', GST: '1.2' },
  },
  {
    what: 'delivery, a later sell of the day',
    side: SELL,
    qty: '100',
    px: '1000',
    date: today,
    fees: { STT: '100', NSE: '3.07', SEBI: '0.1', GST: '0.57' },
  },
  {
    what: 'delivery at BSE, with its tariff',
    segment: 'EQUITY_BSE',
    side: SELL,
    qty: '100',
    px: '1000',
    date: today,
    isFirstDeliverySellOfDay: true,
    // 0.00375 % 3.75; 18 % of 3.85 + 3.50 is 1.323.
    fees: { STT: '100', BSE: '3.75', SEBI: '0.1', DP: '3.5', GST: '1.32' },
  },
  {
    what: 'bought with funding: delivered',
    product: Product.MARGIN,
    side: BUY,
    qty: '100',
    px: '1000',
    date: today,
    fees: { STT: '100', NSE: '3.07', SEBI: '0.1', STAMP_DUTY: '15', GST: '0.57' },
  },
  {
    what: 'intraday, buy of 2,345,678.90',
    product: Product.INTRADAY,
    side: BUY,
    qty: '2000',
    px: '1172.83945',
    date: today,
    // 0.0030699 % 72.0099…; 0.0001 % 2.3456…; 0.003 % 70.370367; 18 % of 72.01 + 2.35 is 13.3848.
    fees: { NSE: '72.01', SEBI: '2.35', STAMP_DUTY: '70.37', GST: '13.38' },
  },
  {
    what: 'intraday, sell: never a debit at the depository',
    product: Product.INTRADAY,
    side: SELL,
    qty: '10',
    px: '1523.15',
    date: today,
    isFirstDeliverySellOfDay: true,
    // 15,231.50: 0.025 % 3.807875; 0.0030699 % 0.4675…; 0.0001 % 0.0152…; 18 % of 0.47 + 0.02 is 0.0882.
    fees: { STT: '3.81', NSE: '0.47', SEBI: '0.02', GST: '0.09' },
  },
  {
    what: 'options, sell of a premium of 7,500.00',
    segment: 'OPTIONS',
    product: Product.CARRY,
    side: SELL,
    qty: '75',
    px: '100',
    date: today,
    // 0.15 % 11.25; 0.0355299 % 2.6647…; 0.0001 % 0.0075; 18 % of 2.66 + 0.01 is 0.4806.
    fees: { STT: '11.25', NSE: '2.66', SEBI: '0.01', GST: '0.48' },
  },
  {
    what: 'options, buy',
    segment: 'OPTIONS',
    product: Product.CARRY,
    side: BUY,
    qty: '75',
    px: '100',
    date: today,
    // 0.003 % 0.225: half a paisa goes up.
    fees: { NSE: '2.66', SEBI: '0.01', STAMP_DUTY: '0.23', GST: '0.48' },
  },
  {
    what: 'a trade so small that most charges are less than half a paisa',
    side: BUY,
    qty: '1',
    px: '10.05',
    date: today,
    // 0.1 % 0.01005; 0.0030699 % 0.0003; 0.015 % 0.0015.
    fees: { STT: '0.01' },
  },
  { what: 'an instrument without a segment', segment: '', side: BUY, qty: '100', px: '1000', date: today, fees: {} },
  { what: 'a segment that the table does not know', segment: 'CRYPTO', side: BUY, qty: '100', px: '1000', date: today, fees: {} },
  { what: 'a segment named like what every object has', segment: 'toString', side: BUY, qty: '100', px: '1000', date: today, fees: {} },
  { what: 'an order without a product', product: Product.UNSPECIFIED, side: BUY, qty: '100', px: '1000', date: today, fees: {} },
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

describe('a trade of a crore, 10,000,000.00, the day before a rate changes and on the day', () => {
  it.each(
    feesOfACrore.flatMap(({ segment, product, side, first, days }) =>
      days.map(([date, fees]) => ({
        what: `${segment} ${Product[product]} ${Side[side]} on ${date}`,
        segment,
        product,
        side,
        first,
        date,
        fees,
      })),
    ),
  )('$what', ({ segment, product, side, first, date, fees }) => {
    const told = feesOf({ ...croreOf(segment, product, side, date), isFirstDeliverySellOfDay: first === true });
    expect(told.map(({ name, amount }) => `${name} ${amount}`).join(', ')).toBe(fees);
  });

  it('is there for each row of the table', () => {
    const isTold = ({ market, classes, sides, from }: ChargeRate) =>
      feesOfACrore.some(({ segment, product, side, days }) => {
        const of = segments[segment];
        const chargeClass = of.trades === 'SHARES' ? (product === Product.INTRADAY ? 'EQUITY_INTRADAY' : 'EQUITY_DELIVERY') : of.trades;
        const dates = new Set(days.map(([date]) => date));
        const isOfRow = (market ?? of.market) === of.market && classes.includes(chargeClass) && (sides === 'BOTH' || sides === Side[side]);
        return isOfRow && dates.has(from) && dates.has(dayBefore(from));
      });
    expect(chargeRates.filter((rate) => !isTold(rate))).toEqual([]);
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
  it('has one row of a charge, market, class and side for a date, by rising date, each with its document and address', () => {
    const last = new Map<string, string>();
    for (const { name, market = '', classes, sides, from, source } of chargeRates) {
      expect(from).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(feeSources[source].document).not.toBe('');
      expect(feeSources[source].address).toMatch(/^https:\/\/[a-z0-9.]+\/\S+$/);
      for (const chargeClass of classes) {
        for (const side of sides === 'BOTH' ? ['BUY', 'SELL'] : [sides]) {
          const key = `${name}/${market}/${chargeClass}/${side}`;
          expect(from > (last.get(key) ?? '')).toBe(true);
          last.set(key, from);
        }
      }
    }
  });

  it('names no document that no row needs', () => {
    expect(Object.keys(feeSources).filter((source) => !chargeRates.some((rate) => rate.source === source))).toEqual([]);
  });

  it('is the table that docs/paper-venue.md shows, with the documents', () => {
    const page = readFileSync(new URL('../../../docs/paper-venue.md', import.meta.url), 'utf8');
    const rows = page.split('\n').map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
    const words = {
      TURNOVER: ' %',
      PREMIUM: ' % of the premium',
      CHARGES: ` % of ${taxedCharges.join(', ').replace(/, (?=[^,]+$)/, ' and ')}`,
      DELIVERY_SELL_DAY: ' rupees, once a day and instrument',
    };
    expect(rows.filter(([, , , side]) => side === 'BUY' || side === 'SELL' || side === 'BOTH')).toEqual(
      chargeRates.map(({ name, market = 'ALL', classes, sides, of, rate, from, source }) => [
        name,
        market,
        classes.join(', '),
        sides,
        `${rate}${words[of]}`,
        from,
        source,
      ]),
    );
    expect(rows.filter(([source]) => Object.hasOwn(feeSources, source ?? ''))).toEqual(
      Object.entries(feeSources).map(([source, { document, address }]) => [source, `[${document}](${address})`]),
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

/** A thousand at 10,000. */
function croreOf(segment: string, product: Product, side: Side, tradingDate: string): ChargedTrade {
  return { segment, product, side, qty: Quantity('1000'), px: Price('10000'), tradingDate, isFirstDeliverySellOfDay: false };
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
