// What trading at NSE costs by law and tariff, as data with its sources. A row is never changed after a release: a new rate is a new row, because a replay
// of the venue's log charges what was charged.

/** Who charges what, as the executions name it (FIX 891). */
export type ChargeName = 'STT' | 'NSE' | 'SEBI' | 'IPFT' | 'STAMP_DUTY' | 'DP' | 'GST';

/** What is traded, as far as rates differ. */
export type ChargeClass = 'EQUITY_DELIVERY' | 'EQUITY_INTRADAY' | 'FUTURES' | 'OPTIONS';

export interface ChargeRate {
  readonly name: ChargeName;
  readonly classes: readonly ChargeClass[];
  readonly sides: 'BUY' | 'SELL' | 'BOTH';
  /** What it is taken from: price times quantity (for options: the premium); what the charges named below come to; or once a day and instrument. */
  readonly of: 'TURNOVER' | 'CHARGES' | 'DELIVERY_SELL_DAY';
  /** Percent, decimal; for DELIVERY_SELL_DAY rupees, decimal. */
  readonly rate: string;
  /** First trading date, in India, on which it holds. */
  readonly from: string;
  /** Act, circular or announcement. */
  readonly source: string;
}

/** What NSE and its trust take; elsewhere it is not charged. */
export const chargesOfNse: ReadonlySet<ChargeName> = new Set(['NSE', 'IPFT']);

/** What goods and services tax is taken from: services, and no taxes. */
export const taxedCharges: readonly ChargeName[] = ['NSE', 'SEBI', 'IPFT', 'DP'];

const equity = ['EQUITY_DELIVERY', 'EQUITY_INTRADAY'] as const;
const all = ['EQUITY_DELIVERY', 'EQUITY_INTRADAY', 'FUTURES', 'OPTIONS'] as const;

const sttEquity = 'Finance (No. 2) Act 2004, section 98, as amended by the Finance Act 2013';
const stt2023 = 'Finance Act 2023, amending section 98 of the Finance (No. 2) Act 2004';
const stt2024 = 'Finance (No. 2) Act 2024, amending section 98 of the Finance (No. 2) Act 2004';
const stt2026 = 'Finance Act 2026 (Bill: clause 143), amending section 98 of the Finance (No. 2) Act 2004';
const nse2023 = 'NSE announcement of 2023-03-24: the 6 % of 2021 are taken back; first slab';
const nse2024April = '1 % less than before, as brokers passed it on (0.00322, 0.00188 and 0.0495 %); first slab';
const nse2024 =
  'NSE circular of 2024-09-27, uniform charges after the SEBI circular of 2024-07-01 on charges of market infrastructure institutions';
const ipft = 'NSE announcement of 2023-03-24: contribution to the Investor Protection Fund Trust';
const stamp = 'Indian Stamp Act 1899, Schedule I, article 56A, as amended by the Finance Act 2019; in force since 2020-07-01';

/** By charge, then by date. Dates before the first row of a charge are not covered: nothing is charged. */
export const chargeRates: readonly ChargeRate[] = [
  { name: 'STT', classes: ['EQUITY_DELIVERY'], sides: 'BOTH', of: 'TURNOVER', rate: '0.1', from: '2013-06-01', source: sttEquity },
  { name: 'STT', classes: ['EQUITY_INTRADAY'], sides: 'SELL', of: 'TURNOVER', rate: '0.025', from: '2013-06-01', source: sttEquity },
  { name: 'STT', classes: ['FUTURES'], sides: 'SELL', of: 'TURNOVER', rate: '0.0125', from: '2023-04-01', source: stt2023 },
  { name: 'STT', classes: ['FUTURES'], sides: 'SELL', of: 'TURNOVER', rate: '0.02', from: '2024-10-01', source: stt2024 },
  { name: 'STT', classes: ['FUTURES'], sides: 'SELL', of: 'TURNOVER', rate: '0.05', from: '2026-04-01', source: stt2026 },
  { name: 'STT', classes: ['OPTIONS'], sides: 'SELL', of: 'TURNOVER', rate: '0.0625', from: '2023-04-01', source: stt2023 },
  { name: 'STT', classes: ['OPTIONS'], sides: 'SELL', of: 'TURNOVER', rate: '0.1', from: '2024-10-01', source: stt2024 },
  { name: 'STT', classes: ['OPTIONS'], sides: 'SELL', of: 'TURNOVER', rate: '0.15', from: '2026-04-01', source: stt2026 },

  { name: 'NSE', classes: equity, sides: 'BOTH', of: 'TURNOVER', rate: '0.00325', from: '2023-04-01', source: nse2023 },
  { name: 'NSE', classes: equity, sides: 'BOTH', of: 'TURNOVER', rate: '0.00322', from: '2024-04-01', source: nse2024April },
  { name: 'NSE', classes: equity, sides: 'BOTH', of: 'TURNOVER', rate: '0.00297', from: '2024-10-01', source: nse2024 },
  { name: 'NSE', classes: ['FUTURES'], sides: 'BOTH', of: 'TURNOVER', rate: '0.0019', from: '2023-04-01', source: nse2023 },
  { name: 'NSE', classes: ['FUTURES'], sides: 'BOTH', of: 'TURNOVER', rate: '0.00188', from: '2024-04-01', source: nse2024April },
  { name: 'NSE', classes: ['FUTURES'], sides: 'BOTH', of: 'TURNOVER', rate: '0.00173', from: '2024-10-01', source: nse2024 },
  { name: 'NSE', classes: ['OPTIONS'], sides: 'BOTH', of: 'TURNOVER', rate: '0.05', from: '2023-04-01', source: nse2023 },
  { name: 'NSE', classes: ['OPTIONS'], sides: 'BOTH', of: 'TURNOVER', rate: '0.0495', from: '2024-04-01', source: nse2024April },
  { name: 'NSE', classes: ['OPTIONS'], sides: 'BOTH', of: 'TURNOVER', rate: '0.03503', from: '2024-10-01', source: nse2024 },

  {
    name: 'SEBI',
    classes: all,
    sides: 'BOTH',
    of: 'TURNOVER',
    rate: '0.0001',
    from: '2021-04-01',
    source: 'SEBI (Stock Brokers) Regulations 1992, Schedule V: 10 rupees a crore, after the halved fee of 2020-06-01 to 2021-03-31',
  },

  {
    name: 'IPFT',
    classes: ['EQUITY_DELIVERY', 'EQUITY_INTRADAY', 'FUTURES'],
    sides: 'BOTH',
    of: 'TURNOVER',
    rate: '0.0001',
    from: '2023-04-01',
    source: ipft,
  },
  { name: 'IPFT', classes: ['OPTIONS'], sides: 'BOTH', of: 'TURNOVER', rate: '0.0005', from: '2023-04-01', source: ipft },

  { name: 'STAMP_DUTY', classes: ['EQUITY_DELIVERY'], sides: 'BUY', of: 'TURNOVER', rate: '0.015', from: '2020-07-01', source: stamp },
  { name: 'STAMP_DUTY', classes: ['EQUITY_INTRADAY'], sides: 'BUY', of: 'TURNOVER', rate: '0.003', from: '2020-07-01', source: stamp },
  { name: 'STAMP_DUTY', classes: ['FUTURES'], sides: 'BUY', of: 'TURNOVER', rate: '0.002', from: '2020-07-01', source: stamp },
  { name: 'STAMP_DUTY', classes: ['OPTIONS'], sides: 'BUY', of: 'TURNOVER', rate: '0.003', from: '2020-07-01', source: stamp },

  {
    name: 'DP',
    classes: ['EQUITY_DELIVERY'],
    sides: 'SELL',
    of: 'DELIVERY_SELL_DAY',
    rate: '3.5',
    from: '2024-10-01',
    source: 'CDSL announcement of 2024-09-26: uniform tariff for a debit; what a participant adds is not in it',
  },

  {
    name: 'GST',
    classes: all,
    sides: 'BOTH',
    of: 'CHARGES',
    rate: '18',
    from: '2022-07-18',
    source: 'CGST Act 2017; on SEBI fees since 2022-07-18 (Ministry of Finance notification of 2022-07-13)',
  },
];
