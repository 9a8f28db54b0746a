import { describe, expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { indianEquities } from './data/indian-equities.js';
import { InstrumentBook } from './instrument-book.js';
import { readMaster } from './master.js';
import { anInstrument } from './testing/index.js';

const book = new InstrumentBook(readMaster(indianEquities, '2026-01-05'));

describe('a name', () => {
  it.each([
    ['I000005', 'NSE:INFY'],
    ['NSE:INFY', 'NSE:INFY'],
    ['BSE:INFY', 'BSE:INFY'],
    ['NSE:M&M', 'NSE:M&M'],
    ['WIPRO', 'NSE:WIPRO'],
  ])('%s finds %s', (name, listing) => {
    const found = book.resolve(name);
    expect(found.ok && `${found.value.exchange}:${found.value.symbol}`).toBe(listing);
  });

  it.each([
    ['NSE:NOTHING', Reason.INSTRUMENT_UNKNOWN, 'there is no instrument NSE:NOTHING'],
    ['nse:infy', Reason.INSTRUMENT_UNKNOWN, 'there is no instrument nse:infy'],
    ['', Reason.INSTRUMENT_UNKNOWN, 'there is no instrument '],
    ['INFY', Reason.INSTRUMENT_AMBIGUOUS, 'INFY names more than one instrument: say NSE:INFY or BSE:INFY'],
  ])('%s is refused', (name, reason, text) => expect(book.resolve(name)).toEqual({ ok: false, error: { reason, text } }));
});

describe('a search', () => {
  const symbols = (query: string, limit = 20) =>
    book.search(query, limit).map((instrument) => `${instrument.exchange}:${instrument.symbol}`);

  it.each([
    ['infy', ['NSE:INFY', 'BSE:INFY']],
    ['infosys', ['NSE:INFY', 'BSE:INFY']],
    ['  InFoSy ', ['NSE:INFY', 'BSE:INFY']],
    ['motors', ['NSE:EICHERMOT']],
    ['sbi', ['NSE:SBICARD', 'NSE:SBILIFE', 'NSE:SBIN', 'BSE:SBIN']],
    ['m&m', ['NSE:M&M']],
    ['zzz', []],
    ['  ', []],
  ])('for "%s" finds %j', (query, expected) => expect(symbols(query)).toEqual(expected));

  it('puts the exact symbol first, then symbols that begin so, then names', () => {
    expect(symbols('tata', 3)).toEqual(['NSE:TATACHEM', 'NSE:TATACOMM', 'NSE:TATACONSUM']);
    expect(symbols('itc', 5)).toEqual(['NSE:ITC', 'BSE:ITC']);
  });

  it('gives at most as many as asked for', () => expect(symbols('b', 3)).toHaveLength(3));
});

describe('a book', () => {
  it('finds an expired instrument by its id only, and gives its listing to the next', () => {
    const old = anInstrument({ instrumentId: 'I1', status: InstrumentStatus.EXPIRED });
    const next = anInstrument({ instrumentId: 'I2', isin: 'INE002A01018' });
    const both = new InstrumentBook([old, next]);
    expect(both.resolve('I1')).toEqual({ ok: true, value: old });
    expect(both.resolve('NSE:INFY')).toEqual({ ok: true, value: next });
    expect(both.search('infy', 5)).toEqual([next]);
    expect(both.size).toBe(2);
    expect(both.all()).toEqual([old, next]);
  });

  it.each([
    ['an id', [anInstrument(), anInstrument({ symbol: 'X', isin: 'INE002A01018' })]],
    ['a listing', [anInstrument(), anInstrument({ instrumentId: 'I2', isin: 'INE002A01018' })]],
    ['a natural key', [anInstrument(), anInstrument({ instrumentId: 'I2', symbol: 'X' })]],
    ['a malformed one', [anInstrument({ tickSize: '0' })]],
  ])('never holds %s twice or wrong', (_what, instruments) => expect(() => new InstrumentBook(instruments)).toThrow('Invariant'));
});
