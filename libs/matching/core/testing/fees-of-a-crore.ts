// What a trade of a crore costs, by hand: the tariffs are told in rupees a crore, so most amounts are the published figures themselves. Each list has the day before
// a rate changes, and the day on which it does.
import { Product, Side } from '@switchyard/contracts';
import { type Segment } from '../fee-table.js';

export interface CroreRow {
  readonly segment: Segment;
  readonly product: Product;
  readonly side: Side;
  /** The account's first delivery sell of the instrument on its day. */
  readonly first?: true;
  /** In the order of the table, the tax last. */
  readonly days: readonly (readonly [date: string, fees: string])[];
}

const { BUY, SELL } = Side;
const { DELIVERY, INTRADAY, CARRY } = Product;

export const feesOfACrore: readonly CroreRow[] = [
  {
    segment: 'EQUITY',
    product: DELIVERY,
    side: BUY,
    days: [
      ['2013-05-31', ''],
      ['2013-06-01', 'STT 10000'],
      ['2020-06-30', 'STT 10000'],
      ['2020-07-01', 'STT 10000, STAMP_DUTY 1500'],
      ['2021-03-31', 'STT 10000, STAMP_DUTY 1500'],
      ['2021-04-01', 'STT 10000, SEBI 10, STAMP_DUTY 1500'],
      ['2022-07-17', 'STT 10000, SEBI 10, STAMP_DUTY 1500'],
      ['2022-07-18', 'STT 10000, SEBI 10, STAMP_DUTY 1500, GST 1.8'],
      ['2023-03-31', 'STT 10000, SEBI 10, STAMP_DUTY 1500, GST 1.8'],
      // 18 % of 345.
      ['2023-04-01', 'STT 10000, NSE 325, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 62.1'],
      ['2024-03-31', 'STT 10000, NSE 325, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 62.1'],
      // 18 % of 342.
      ['2024-04-01', 'STT 10000, NSE 322, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 61.56'],
      ['2024-09-30', 'STT 10000, NSE 322, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 61.56'],
      // 18 % of 317.
      ['2024-10-01', 'STT 10000, NSE 297, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 57.06'],
      ['2026-02-28', 'STT 10000, NSE 297, SEBI 10, IPFT 10, STAMP_DUTY 1500, GST 57.06'],
      // 18 % of 317 again.
      ['2026-03-01', 'STT 10000, NSE 306.99, SEBI 10, IPFT 0.01, STAMP_DUTY 1500, GST 57.06'],
    ],
  },
  {
    segment: 'EQUITY',
    product: DELIVERY,
    side: SELL,
    first: true,
    days: [
      ['2024-09-30', 'STT 10000, NSE 322, SEBI 10, IPFT 10, GST 61.56'],
      // 18 % of 320.50.
      ['2024-10-01', 'STT 10000, NSE 297, SEBI 10, IPFT 10, DP 3.5, GST 57.69'],
      ['2026-03-01', 'STT 10000, NSE 306.99, SEBI 10, IPFT 0.01, DP 3.5, GST 57.69'],
    ],
  },
  {
    segment: 'EQUITY',
    product: INTRADAY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 300'],
      ['2026-11-20', 'NSE 306.99, SEBI 10, IPFT 0.01, STAMP_DUTY 300, GST 57.06'],
    ],
  },
  {
    segment: 'EQUITY',
    product: INTRADAY,
    side: SELL,
    first: true,
    days: [
      ['2013-05-31', ''],
      ['2013-06-01', 'STT 2500'],
      ['2026-11-20', 'STT 2500, NSE 306.99, SEBI 10, IPFT 0.01, GST 57.06'],
    ],
  },
  {
    segment: 'EQUITY_BSE',
    product: DELIVERY,
    side: BUY,
    days: [
      ['2022-11-30', 'STT 10000, SEBI 10, STAMP_DUTY 1500, GST 1.8'],
      // 18 % of 385.
      ['2022-12-01', 'STT 10000, BSE 375, SEBI 10, STAMP_DUTY 1500, GST 69.3'],
      ['2026-11-20', 'STT 10000, BSE 375, SEBI 10, STAMP_DUTY 1500, GST 69.3'],
    ],
  },
  {
    segment: 'EQUITY_BSE_X',
    product: DELIVERY,
    side: SELL,
    days: [
      ['2017-11-30', 'STT 10000'],
      ['2017-12-01', 'STT 10000, BSE 10000'],
      // 18 % of 10,010.
      ['2026-11-20', 'STT 10000, BSE 10000, SEBI 10, GST 1801.8'],
    ],
  },
  {
    segment: 'EQUITY_BSE_SME',
    product: INTRADAY,
    side: SELL,
    days: [
      ['2022-11-30', 'STT 2500, SEBI 10, GST 1.8'],
      // 18 % of 285.
      ['2022-12-01', 'STT 2500, BSE 275, SEBI 10, GST 51.3'],
    ],
  },
  {
    segment: 'FUTURES',
    product: CARRY,
    side: SELL,
    days: [
      ['2023-03-31', 'SEBI 10, GST 1.8'],
      // 18 % of 210.
      ['2023-04-01', 'STT 1250, NSE 190, SEBI 10, IPFT 10, GST 37.8'],
      ['2024-03-31', 'STT 1250, NSE 190, SEBI 10, IPFT 10, GST 37.8'],
      // 18 % of 208.
      ['2024-04-01', 'STT 1250, NSE 188, SEBI 10, IPFT 10, GST 37.44'],
      ['2024-09-30', 'STT 1250, NSE 188, SEBI 10, IPFT 10, GST 37.44'],
      // 18 % of 193.
      ['2024-10-01', 'STT 2000, NSE 173, SEBI 10, IPFT 10, GST 34.74'],
      ['2026-02-28', 'STT 2000, NSE 173, SEBI 10, IPFT 10, GST 34.74'],
      ['2026-03-01', 'STT 2000, NSE 182.99, SEBI 10, IPFT 0.01, GST 34.74'],
      ['2026-03-31', 'STT 2000, NSE 182.99, SEBI 10, IPFT 0.01, GST 34.74'],
      ['2026-04-01', 'STT 5000, NSE 182.99, SEBI 10, IPFT 0.01, GST 34.74'],
    ],
  },
  {
    segment: 'FUTURES',
    product: INTRADAY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 200'],
      ['2026-04-01', 'NSE 182.99, SEBI 10, IPFT 0.01, STAMP_DUTY 200, GST 34.74'],
    ],
  },
  {
    segment: 'FUTURES_BSE',
    product: CARRY,
    side: SELL,
    days: [
      ['2026-03-31', 'STT 2000, SEBI 10, GST 1.8'],
      ['2026-04-01', 'STT 5000, SEBI 10, GST 1.8'],
    ],
  },
  {
    segment: 'OPTIONS',
    product: CARRY,
    side: SELL,
    days: [
      ['2021-03-31', ''],
      ['2021-04-01', 'SEBI 10'],
      ['2023-03-31', 'SEBI 10, GST 1.8'],
      // 18 % of 5,060.
      ['2023-04-01', 'STT 6250, NSE 5000, SEBI 10, IPFT 50, GST 910.8'],
      ['2024-03-31', 'STT 6250, NSE 5000, SEBI 10, IPFT 50, GST 910.8'],
      // 18 % of 5,010.
      ['2024-04-01', 'STT 6250, NSE 4950, SEBI 10, IPFT 50, GST 901.8'],
      ['2024-09-30', 'STT 6250, NSE 4950, SEBI 10, IPFT 50, GST 901.8'],
      // 18 % of 3,563.
      ['2024-10-01', 'STT 10000, NSE 3503, SEBI 10, IPFT 50, GST 641.34'],
      ['2026-02-28', 'STT 10000, NSE 3503, SEBI 10, IPFT 50, GST 641.34'],
      ['2026-03-01', 'STT 10000, NSE 3552.99, SEBI 10, IPFT 0.01, GST 641.34'],
      ['2026-03-31', 'STT 10000, NSE 3552.99, SEBI 10, IPFT 0.01, GST 641.34'],
      ['2026-04-01', 'STT 15000, NSE 3552.99, SEBI 10, IPFT 0.01, GST 641.34'],
    ],
  },
  {
    segment: 'OPTIONS',
    product: CARRY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 300'],
    ],
  },
  {
    segment: 'OPTIONS_BSE',
    product: CARRY,
    side: SELL,
    days: [
      ['2024-09-30', 'STT 6250, SEBI 10, GST 1.8'],
      // 18 % of 3,260.
      ['2024-10-01', 'STT 10000, BSE 3250, SEBI 10, GST 586.8'],
    ],
  },
  {
    segment: 'CURRENCY_FUTURES',
    product: CARRY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 10'],
      ['2024-09-30', 'SEBI 10, STAMP_DUTY 10, GST 1.8'],
      // 18 % of 45.
      ['2024-10-01', 'NSE 35, SEBI 10, STAMP_DUTY 10, GST 8.1'],
    ],
  },
  {
    segment: 'CURRENCY_OPTIONS',
    product: CARRY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 10'],
      ['2023-03-31', 'SEBI 10, STAMP_DUTY 10, GST 1.8'],
      // 18 % of 210.
      ['2023-04-01', 'SEBI 10, IPFT 200, STAMP_DUTY 10, GST 37.8'],
      ['2024-09-30', 'SEBI 10, IPFT 200, STAMP_DUTY 10, GST 37.8'],
      // 18 % of 3,320.
      ['2024-10-01', 'NSE 3110, SEBI 10, IPFT 200, STAMP_DUTY 10, GST 597.6'],
    ],
  },
  {
    segment: 'COMMODITY_FUTURES',
    product: CARRY,
    side: SELL,
    days: [
      ['2018-03-31', ''],
      ['2018-04-01', 'CTT 1000'],
      ['2024-09-30', 'CTT 1000, SEBI 10, GST 1.8'],
      // 18 % of 220.
      ['2024-10-01', 'CTT 1000, MCX 210, SEBI 10, GST 39.6'],
    ],
  },
  {
    segment: 'COMMODITY_OPTIONS',
    product: CARRY,
    side: SELL,
    days: [
      ['2018-03-31', ''],
      ['2018-04-01', 'CTT 5000'],
      ['2024-09-30', 'CTT 5000, SEBI 10, GST 1.8'],
      // 18 % of 4,190.
      ['2024-10-01', 'CTT 5000, MCX 4180, SEBI 10, GST 754.2'],
    ],
  },
  {
    segment: 'COMMODITY_OPTIONS',
    product: CARRY,
    side: BUY,
    days: [
      ['2020-06-30', ''],
      ['2020-07-01', 'STAMP_DUTY 300'],
    ],
  },
];
