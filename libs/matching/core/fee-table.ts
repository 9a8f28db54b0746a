// What trading in India costs by law and tariff, as data; the document of each row is in fee-sources.ts. A row is never changed after a release: a new rate is a
// new row. What was told stays as it was told, also where a row comes late. What no public document says is not here, and not charged.
import { type FeeSource } from './fee-sources.js';

/** Who charges what, as the executions name it (FIX 891). */
export type ChargeName = 'STT' | 'CTT' | 'NSE' | 'BSE' | 'MCX' | 'SEBI' | 'IPFT' | 'STAMP_DUTY' | 'DP' | 'GST';

/** What is traded, as far as rates differ. */
export type ChargeClass =
  | 'EQUITY_DELIVERY'
  | 'EQUITY_INTRADAY'
  | 'FUTURES'
  | 'OPTIONS'
  | 'CURRENCY_FUTURES'
  | 'CURRENCY_OPTIONS'
  | 'COMMODITY_FUTURES'
  | 'COMMODITY_OPTIONS';

/** Where, as far as an exchange's tariff differs: BSE_X are its groups X, XT and Z, BSE_SME its groups M and MT. */
export type Market = 'NSE' | 'BSE' | 'BSE_X' | 'BSE_SME' | 'MCX';

export interface ChargeRate {
  readonly name: ChargeName;
  /** Undefined: everywhere. */
  readonly market?: Market;
  readonly classes: readonly ChargeClass[];
  readonly sides: 'BUY' | 'SELL' | 'BOTH';
  /** What it is taken from: price times quantity, of an option the premium times quantity; what the taxed charges come to; or once a day and instrument. */
  readonly of: 'TURNOVER' | 'PREMIUM' | 'CHARGES' | 'DELIVERY_SELL_DAY';
  /** Percent, decimal; for DELIVERY_SELL_DAY rupees, decimal. */
  readonly rate: string;
  /** First trading date, in India, on which it holds: until the next row of its charge, market, class and side. */
  readonly from: string;
  readonly source: FeeSource;
}

/** What an instrument is listed by: its market, and what trades there; of shares the order's product says whether they are delivered. */
export const segments = {
  EQUITY: { market: 'NSE', trades: 'SHARES' },
  EQUITY_BSE: { market: 'BSE', trades: 'SHARES' },
  EQUITY_BSE_X: { market: 'BSE_X', trades: 'SHARES' },
  EQUITY_BSE_SME: { market: 'BSE_SME', trades: 'SHARES' },
  FUTURES: { market: 'NSE', trades: 'FUTURES' },
  OPTIONS: { market: 'NSE', trades: 'OPTIONS' },
  /** Of an index or a share: BSE charges nothing for them. */
  FUTURES_BSE: { market: 'BSE', trades: 'FUTURES' },
  /** On Sensex and Bankex. */
  OPTIONS_BSE: { market: 'BSE', trades: 'OPTIONS' },
  CURRENCY_FUTURES: { market: 'NSE', trades: 'CURRENCY_FUTURES' },
  CURRENCY_OPTIONS: { market: 'NSE', trades: 'CURRENCY_OPTIONS' },
  /** Of metals, energy and what else is not agricultural. */
  COMMODITY_FUTURES: { market: 'MCX', trades: 'COMMODITY_FUTURES' },
  /** On those. */
  COMMODITY_OPTIONS: { market: 'MCX', trades: 'COMMODITY_OPTIONS' },
} as const satisfies Record<string, { readonly market: Market; readonly trades: ChargeClass | 'SHARES' }>;

export type Segment = keyof typeof segments;

export const isSegment = (text: string): text is Segment => Object.hasOwn(segments, text);

/** What goods and services tax is taken from: services, and no taxes. */
export const taxedCharges: readonly ChargeName[] = ['NSE', 'BSE', 'MCX', 'SEBI', 'IPFT', 'DP'];

const delivery = ['EQUITY_DELIVERY'] as const;
const intraday = ['EQUITY_INTRADAY'] as const;
const equity = [...delivery, ...intraday];
const futures = ['FUTURES'] as const;
const options = ['OPTIONS'] as const;
const everyFutures = ['FUTURES', 'CURRENCY_FUTURES', 'COMMODITY_FUTURES'] as const;
const everyOptions = ['OPTIONS', 'CURRENCY_OPTIONS', 'COMMODITY_OPTIONS'] as const;
const all = [...equity, ...everyFutures, ...everyOptions];

const sell = { sides: 'SELL' } as const;
const buy = { sides: 'BUY' } as const;
const ofTurnover = { sides: 'BOTH', of: 'TURNOVER' } as const;
const ofPremium = { sides: 'BOTH', of: 'PREMIUM' } as const;

/** By charge, market and date. Dates before the first row of a charge are not covered: nothing is charged. */
export const chargeRates: readonly ChargeRate[] = [
  { name: 'STT', classes: delivery, ...ofTurnover, rate: '0.1', from: '2013-06-01', source: 'STT-2013' },
  { name: 'STT', classes: intraday, ...ofTurnover, ...sell, rate: '0.025', from: '2013-06-01', source: 'STT-2013' },
  { name: 'STT', classes: futures, ...ofTurnover, ...sell, rate: '0.0125', from: '2023-04-01', source: 'STT-2023' },
  { name: 'STT', classes: futures, ...ofTurnover, ...sell, rate: '0.02', from: '2024-10-01', source: 'STT-2024' },
  { name: 'STT', classes: futures, ...ofTurnover, ...sell, rate: '0.05', from: '2026-04-01', source: 'STT-2026' },
  { name: 'STT', classes: options, ...ofPremium, ...sell, rate: '0.0625', from: '2023-04-01', source: 'STT-2023' },
  { name: 'STT', classes: options, ...ofPremium, ...sell, rate: '0.1', from: '2024-10-01', source: 'STT-2024' },
  { name: 'STT', classes: options, ...ofPremium, ...sell, rate: '0.15', from: '2026-04-01', source: 'STT-2026' },
  { name: 'CTT', classes: ['COMMODITY_FUTURES'], ...ofTurnover, ...sell, rate: '0.01', from: '2018-04-01', source: 'CTT-2018' },
  { name: 'CTT', classes: ['COMMODITY_OPTIONS'], ...ofPremium, ...sell, rate: '0.05', from: '2018-04-01', source: 'CTT-2018' },

  { name: 'NSE', market: 'NSE', classes: equity, ...ofTurnover, rate: '0.00325', from: '2023-04-01', source: 'NSE-2023' },
  { name: 'NSE', market: 'NSE', classes: equity, ...ofTurnover, rate: '0.00322', from: '2024-04-01', source: 'NSE-2024-04' },
  { name: 'NSE', market: 'NSE', classes: equity, ...ofTurnover, rate: '0.00297', from: '2024-10-01', source: 'NSE-2024-10' },
  { name: 'NSE', market: 'NSE', classes: equity, ...ofTurnover, rate: '0.0030699', from: '2026-03-01', source: 'NSE-2026' },
  { name: 'NSE', market: 'NSE', classes: futures, ...ofTurnover, rate: '0.0019', from: '2023-04-01', source: 'NSE-2023' },
  { name: 'NSE', market: 'NSE', classes: futures, ...ofTurnover, rate: '0.00188', from: '2024-04-01', source: 'NSE-2024-04' },
  { name: 'NSE', market: 'NSE', classes: futures, ...ofTurnover, rate: '0.00173', from: '2024-10-01', source: 'NSE-2024-10' },
  { name: 'NSE', market: 'NSE', classes: futures, ...ofTurnover, rate: '0.0018299', from: '2026-03-01', source: 'NSE-2026' },
  { name: 'NSE', market: 'NSE', classes: options, ...ofPremium, rate: '0.05', from: '2023-04-01', source: 'NSE-2023' },
  { name: 'NSE', market: 'NSE', classes: options, ...ofPremium, rate: '0.0495', from: '2024-04-01', source: 'NSE-2024-04' },
  { name: 'NSE', market: 'NSE', classes: options, ...ofPremium, rate: '0.03503', from: '2024-10-01', source: 'NSE-2024-10' },
  { name: 'NSE', market: 'NSE', classes: options, ...ofPremium, rate: '0.0355299', from: '2026-03-01', source: 'NSE-2026' },
  { name: 'NSE', market: 'NSE', classes: ['CURRENCY_FUTURES'], ...ofTurnover, rate: '0.00035', from: '2024-10-01', source: 'NSE-2024-10' },
  { name: 'NSE', market: 'NSE', classes: ['CURRENCY_OPTIONS'], ...ofPremium, rate: '0.0311', from: '2024-10-01', source: 'NSE-2024-10' },

  { name: 'BSE', market: 'BSE', classes: equity, ...ofTurnover, rate: '0.00375', from: '2022-12-01', source: 'BSE-2022' },
  { name: 'BSE', market: 'BSE', classes: options, ...ofPremium, rate: '0.0325', from: '2024-10-01', source: 'BSE-2024' },
  { name: 'BSE', market: 'BSE_X', classes: equity, ...ofTurnover, rate: '0.1', from: '2017-12-01', source: 'BSE-2016' },
  { name: 'BSE', market: 'BSE_SME', classes: equity, ...ofTurnover, rate: '0.00275', from: '2022-12-01', source: 'BSE-SME' },

  { name: 'MCX', market: 'MCX', classes: ['COMMODITY_FUTURES'], ...ofTurnover, rate: '0.0021', from: '2024-10-01', source: 'MCX-2024' },
  { name: 'MCX', market: 'MCX', classes: ['COMMODITY_OPTIONS'], ...ofPremium, rate: '0.0418', from: '2024-10-01', source: 'MCX-2024' },

  { name: 'SEBI', classes: [...equity, ...everyFutures], ...ofTurnover, rate: '0.0001', from: '2021-04-01', source: 'SEBI-2019' },
  { name: 'SEBI', classes: everyOptions, ...ofPremium, rate: '0.0001', from: '2021-04-01', source: 'SEBI-2019' },

  { name: 'IPFT', market: 'NSE', classes: [...equity, ...futures], ...ofTurnover, rate: '0.0001', from: '2023-04-01', source: 'NSE-2023' },
  {
    name: 'IPFT',
    market: 'NSE',
    classes: [...equity, ...futures],
    ...ofTurnover,
    rate: '0.0000001',
    from: '2026-03-01',
    source: 'NSE-2026',
  },
  { name: 'IPFT', market: 'NSE', classes: options, ...ofPremium, rate: '0.0005', from: '2023-04-01', source: 'NSE-2023' },
  { name: 'IPFT', market: 'NSE', classes: options, ...ofPremium, rate: '0.0000001', from: '2026-03-01', source: 'NSE-2026' },
  { name: 'IPFT', market: 'NSE', classes: ['CURRENCY_OPTIONS'], ...ofPremium, rate: '0.002', from: '2023-04-01', source: 'IPFT-CURRENCY' },

  { name: 'STAMP_DUTY', classes: delivery, ...ofTurnover, ...buy, rate: '0.015', from: '2020-07-01', source: 'STAMP-2020' },
  { name: 'STAMP_DUTY', classes: intraday, ...ofTurnover, ...buy, rate: '0.003', from: '2020-07-01', source: 'STAMP-2020' },
  {
    name: 'STAMP_DUTY',
    classes: ['FUTURES', 'COMMODITY_FUTURES'],
    ...ofTurnover,
    ...buy,
    rate: '0.002',
    from: '2020-07-01',
    source: 'STAMP-2020',
  },
  {
    name: 'STAMP_DUTY',
    classes: ['OPTIONS', 'COMMODITY_OPTIONS'],
    ...ofPremium,
    ...buy,
    rate: '0.003',
    from: '2020-07-01',
    source: 'STAMP-2020',
  },
  { name: 'STAMP_DUTY', classes: ['CURRENCY_FUTURES'], ...ofTurnover, ...buy, rate: '0.0001', from: '2020-07-01', source: 'STAMP-2020' },
  { name: 'STAMP_DUTY', classes: ['CURRENCY_OPTIONS'], ...ofPremium, ...buy, rate: '0.0001', from: '2020-07-01', source: 'STAMP-2020' },

  { name: 'DP', classes: delivery, ...sell, of: 'DELIVERY_SELL_DAY', rate: '3.5', from: '2024-10-01', source: 'CDSL-2024' },

  { name: 'GST', classes: all, sides: 'BOTH', of: 'CHARGES', rate: '18', from: '2022-07-18', source: 'GST-2022' },
];
