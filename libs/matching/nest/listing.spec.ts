import { describe, expect, it } from '@jest/globals';
import { Instrument } from '@switchyard/contracts/gen/instruments/v1/service';
import { listingOf } from './listing.js';

const infy = {
  instrumentId: 'I000005',
  exchange: 'NSE',
  series: 'EQ',
  currency: 'INR',
  tickSize: '0.1',
  lotSize: '1',
  freezeQty: '100000',
  previousClose: '1505',
};

describe('what the venue trades an instrument by', () => {
  it('is what the master says of it', () => {
    expect(listingOf(Instrument.fromPartial(infy), 0)).toEqual({
      instrumentId: 'I000005',
      tickSize: '0.1',
      lotSize: '1',
      freezeQty: '100000',
      bandLow: '',
      bandHigh: '',
      referencePrice: '1505',
      segment: 'EQUITY',
    });
  });

  it.each([
    [{ exchange: 'BSE', series: 'A' }, 'EQUITY_BSE'],
    [{ exchange: 'BSE', series: 'XT' }, 'EQUITY_BSE_X'],
    [{ exchange: 'BSE', series: 'M' }, 'EQUITY_BSE_SME'],
    [{ exchange: 'BSE', series: 'EQ' }, ''],
    [{ series: 'BE' }, 'EQUITY'],
    [{ series: 'GB' }, ''],
    [{ exchange: 'NASDAQ' }, ''],
    [{ currency: 'USD' }, ''],
  ])('with %j its trades are charged as %p', (given, segment) => {
    expect(listingOf(Instrument.fromPartial({ ...infy, ...given }), 0).segment).toBe(segment);
  });

  it.each([
    [20, '1505', '1204', '1806'],
    [20, '0.333333333', '0.266666667', '0.399999999'],
    [10, '', '', ''],
    [0, '1505', '', ''],
  ])('a band of %s percent around %p is %p to %p', (percent, previousClose, bandLow, bandHigh) => {
    expect(listingOf(Instrument.fromPartial({ ...infy, previousClose }), percent)).toMatchObject({ bandLow, bandHigh });
  });
});
