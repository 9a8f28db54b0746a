import { InstrumentStatus, type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';

/** Infosys at NSE, but for what is given. */
export function anInstrument(given: Partial<Instrument> = {}): Instrument {
  return {
    instrumentId: 'I000001',
    exchange: 'NSE',
    mic: 'XNSE',
    symbol: 'INFY',
    name: 'Infosys',
    isin: 'INE009A01021',
    series: 'EQ',
    tickSize: '0.1',
    lotSize: '1',
    freezeQty: '',
    currency: 'INR',
    status: InstrumentStatus.ACTIVE,
    previousClose: '1505',
    masterDate: '2026-01-05',
    ...given,
  };
}
