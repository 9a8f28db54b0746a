import { describe, expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { InstrumentStatus, type Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { anInstrument } from './testing/index.js';
import { checkInstrument, isIsin, listingOf, naturalKeyOf } from './instrument.js';

describe('an ISIN', () => {
  it.each(['INE009A01021', 'INE002A01018', 'US0378331005', 'IN0020230085'])('%s has the right check digit', (isin) =>
    expect(isIsin(isin)).toBe(true),
  );
  it.each(['INE009A01022', 'INE009A0102', 'INE009A010211', 'ine009a01021', '1NE009A01021', 'INE090A01012', ''])('"%s" is none', (isin) =>
    expect(isIsin(isin)).toBe(false),
  );

  it('is broken by every single wrong digit', () => {
    const isin = 'INE009A01021';
    for (const digit of '023456789') expect(isIsin(`${isin.slice(0, 11)}${digit}`)).toBe(false);
  });
});

describe('an instrument is refused', () => {
  it.each<[string, Partial<Instrument>, keyof Instrument, Reason]>([
    ['with an id that has a colon', { instrumentId: 'NSE:INFY' }, 'instrumentId', Reason.FIELD_MALFORMED],
    ['without a symbol', { symbol: ' ' }, 'symbol', Reason.FIELD_REQUIRED],
    ['without a name', { name: '' }, 'name', Reason.FIELD_REQUIRED],
    ['with a colon in its exchange', { exchange: 'NSE:' }, 'symbol', Reason.FIELD_MALFORMED],
    ['with a wrong ISIN', { isin: 'INE009A01020' }, 'isin', Reason.FIELD_MALFORMED],
    ['with a currency that is none', { currency: 'rupee' }, 'currency', Reason.FIELD_MALFORMED],
    ['with a date that is none', { masterDate: '5 January' }, 'masterDate', Reason.FIELD_MALFORMED],
    ['without a status', { status: InstrumentStatus.UNSPECIFIED }, 'status', Reason.ENUM_UNKNOWN],
    ['with a status of a later version', { status: InstrumentStatus.UNRECOGNIZED }, 'status', Reason.ENUM_UNKNOWN],
    ['with a tick of zero', { tickSize: '0' }, 'tickSize', Reason.NOT_POSITIVE],
    ['with a negative lot', { lotSize: '-1' }, 'lotSize', Reason.NOT_POSITIVE],
    ['with a lot that is no decimal', { lotSize: 'one' }, 'lotSize', Reason.FIELD_MALFORMED],
    ['with a freeze quantity of zero', { freezeQty: '0' }, 'freezeQty', Reason.NOT_POSITIVE],
    ['without a previous close', { previousClose: '' }, 'previousClose', Reason.FIELD_MALFORMED],
    ['with a previous close off the tick', { previousClose: '1505.05' }, 'previousClose', Reason.PRICE_OFF_TICK],
  ])('%s', (_what, given, field, reason) => {
    expect(checkInstrument(anInstrument(given))).toEqual([{ field, reason, text: expect.stringMatching(/\w/) }]);
  });

  it('with every broken rule at once', () => {
    expect(checkInstrument(anInstrument({ isin: '', tickSize: '0', currency: '' })).map((problem) => problem.field)).toEqual([
      'isin',
      'currency',
      'tickSize',
    ]);
  });
});

describe('a good instrument', () => {
  it('breaks no rule', () => expect(checkInstrument(anInstrument({ freezeQty: '100000' }))).toEqual([]));
  it('is known by market, ISIN and series, whatever its symbol', () => {
    expect(naturalKeyOf(anInstrument({ symbol: 'INFOSYSTCH' }))).toBe('XNSE/INE009A01021/EQ');
    expect(listingOf(anInstrument())).toBe('NSE:INFY');
  });
});
