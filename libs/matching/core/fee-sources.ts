// The documents behind the fee table. Where the document itself was not to be had, the address is of what tells its content, and the words say so.

export interface FeeDocument {
  /** Act, regulation, notice or circular, with number and date; and what of it needs to be known. */
  readonly document: string;
  readonly address: string;
}

export const feeSources = {
  'STT-2013': {
    document: 'Finance (No. 2) Act 2004, section 98, as amended up to the Finance Act 2013, in force on 2013-06-01',
    address: 'https://taxmanagementindia.com/visitor/detail_act.asp?ID=9934',
  },
  'STT-2023': {
    document: 'Finance Act 2023, amending section 98: BSE notice 20230331-71, master circular on STT and CTT',
    address: 'https://bseindia.com/markets/MarketInfo/DispNewNoticesCirculars.aspx?page=20230331-71',
  },
  'STT-2024': {
    document: 'Finance (No. 2) Act 2024, amending section 98 from 2024-10-01; its rates are those that the Finance Act 2026 replaced',
    address: 'https://www.taxtmi.com/acts?id=43885',
  },
  'STT-2026': {
    document: 'Finance Act 2026, amending section 98 (clause 143 of the Bill), from 2026-04-01',
    address: 'https://www.taxtmi.com/acts?id=53945',
  },
  'CTT-2018': {
    document: 'Finance Act 2018, substituting sections 117 and 118 of the Finance Act 2013 (clause 215 of the Bill), from 2018-04-01',
    address: 'https://taxmanagementindia.com/visitor/detail_act.asp?ID=31991',
  },
  'NSE-2023': {
    document:
      'NSE circular NSE/FA/56129 of 2023-03-24: the 6 % of 2021 are taken back, IPFT is raised; first slab. As told by the press and by cost schedules made from it',
    address: 'https://www.thehindu.com/business/nse-to-roll-back-6-increase-in-transaction-charges/article66657383.ece',
  },
  'NSE-2024-04': {
    document:
      'NSE circular NSE/FA/61137 of 2024-03-14: 1 % less; first slab. The cut is told by the press, the rates by cost schedules made from the circular',
    address: 'https://moltolindia.com/?p=2105',
  },
  'NSE-2024-10': {
    document:
      'NSE circular NSE/FA/64232 of 2024-09-27, uniform charges after SEBI/HO/MRD/TPD-1/P/CIR/2024/92 of 2024-07-01. As told by the press',
    address: 'https://www.ndtvprofit.com/markets/nse-revises-cash-fno-market-fees-october-1',
  },
  'NSE-2026': {
    document:
      'NSE circular NSE/FA/73061 of 2026-02-27: IPFT back to what it was before 2023-04-01, the charge raised by as much. As told by a digest of circulars and by cost schedules, which agree on the sums; of options one has 3,552 and 1 a crore for 3,552.99 and 0.01',
    address: 'https://nsearchives.nseindia.com/content/circulars/FA73061.pdf',
  },
  'BSE-2016': {
    document:
      'BSE notices 20151217-28 and 20151221-17: 10,000 a crore in the groups XC, XD, XT, Z and ZP; XC and XD became X on 2017-12-01',
    address: 'https://www.bseindia.com/markets/MarketInfo/DispNewNoticesCirculars.aspx?page=20151221-17',
  },
  'BSE-2022': {
    document:
      'BSE notice 20221109-7 of 2022-11-09: 375 a crore in the groups A, B and of what is not exclusive to BSE. As told by a charge list',
    address: 'https://capovex.in/charges.html',
  },
  'BSE-SME': {
    document:
      'The same charge list: 275 a crore in the groups M and MT; it does not say since when, so it counts since its newest dated line',
    address: 'https://capovex.in/charges.html',
  },
  'BSE-2024': {
    document:
      'BSE notice 20240927-37 of 2024-09-27: 3,250 a crore of premium for Sensex and Bankex options, nothing for futures. As told by the press',
    address:
      'https://www.hindustantimes.com/business/nse-bse-revise-transaction-fees-here-are-new-charges-effective-from-october-1-101727449498861.html',
  },
  'MCX-2024': {
    document: 'MCX circular MCX/F&A/631/2024 of 2024-09-24. As told by the press',
    address: 'https://ndtvprofit.com/markets/mcx-revises-transaction-fees-on-fo-contracts-after-sebi-mandates-uniform-charge-structure',
  },
  'SEBI-2019': {
    document:
      'SEBI (Payment of Fees) (Amendment) Regulations 2019, SEBI/L.A.D.-N.R.O./G.N./2019/03 of 2019-03-22: 10 a crore; from 2020-06-01 to 2021-03-31 it was half',
    address: 'https://taxguru.in/sebi/sebi-payment-of-fees-amendment-regulations-2019.html',
  },
  'IPFT-CURRENCY': {
    document:
      'NSE/F&A/18608 of 2011-08-12 and NSE/FA/56129: 2 a lakh of premium, as brokers list it; of currency futures their lists differ, so there is no row',
    address: 'https://help.upstox.com/support/solutions/articles/260397-what-are-ipft-charges-',
  },
  'STAMP-2020': {
    document: 'Indian Stamp Act 1899 as amended by the Finance Act 2019, in force since 2020-07-01: NSE’s page on it',
    address: 'https://nseindia.com/invest/first-time-investor-stamp-duty-charges-taxes',
  },
  'CDSL-2024': {
    document: 'CDSL announcement of 2024-09-26: uniform tariff for a debit; what a participant adds is not in it',
    address: 'https://www.lokmattimes.com/business/cdsl-announce-uniform-tariff-of-rs-350-per-transaction-effective-october-1st/',
  },
  'GST-2022': {
    document: 'CGST Act 2017; on SEBI’s fee too since 2022-07-18: BSE notice 20221031-4',
    address: 'https://bseindia.com/markets/MarketInfo/DispNewNoticesCirculars.aspx?page=20221031-4',
  },
} as const satisfies Record<string, FeeDocument>;

export type FeeSource = keyof typeof feeSources;
