import { describe, expect, it } from '@jest/globals';
import { InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { indianEquities } from './data/indian-equities.js';
import { checkInstrument } from './instrument.js';
import { diffMaster, masterDateOf, MasterRefusedError, readMaster } from './master.js';
import { anInstrument } from './testing/index.js';

describe('the table of Indian equities', () => {
  const master = readMaster(indianEquities, '2026-01-05');

  it('has about 200 instruments at NSE and a few at BSE', () => {
    expect(master.filter((instrument) => instrument.exchange === 'NSE').length).toBeGreaterThanOrEqual(200);
    expect(master.filter((instrument) => instrument.exchange === 'BSE').length).toBeGreaterThanOrEqual(5);
  });

  it('breaks no rule: every ISIN has its check digit, every close is on its tick', () => {
    expect(master.flatMap((instrument) => checkInstrument(instrument).map((problem) => `${instrument.symbol}: ${problem.text}`))).toEqual(
      [],
    );
  });

  it('gives ids, listings and natural keys once', () => expect(diffMaster([], master).added).toHaveLength(master.length));

  it('gives each price its tick', () => {
    const ticks = [
      [250, '0.01'],
      [1_000, '0.05'],
      [5_000, '0.1'],
      [10_000, '0.5'],
      [20_000, '1'],
      [Infinity, '5'],
    ] as const;
    const expected = (close: number) => ticks.find(([below]) => close < below)?.[1];
    expect(
      master
        .filter((instrument) => instrument.tickSize !== expected(Number(instrument.previousClose)))
        .map((instrument) => instrument.symbol),
    ).toEqual([]);
  });

  it('refuses an exchange without a market identifier code', () => {
    expect(() => readMaster('I1 NYSE IBM A US4592001014 0.01 250.00 IBM', '2026-01-05')).toThrow('NYSE');
  });
});

describe('the master date', () => {
  it.each([
    ['2026-01-05T18:29:59.999Z', '2026-01-05'],
    ['2026-01-05T18:30:00.000Z', '2026-01-06'],
  ])('at %s is %s: the day begins at midnight in India', (at, date) => expect(masterDateOf(Date.parse(at))).toBe(date));
});

describe('a new master', () => {
  const infosys = anInstrument();
  const reliance = anInstrument({
    instrumentId: 'I000002',
    symbol: 'RELIANCE',
    name: 'Reliance Industries',
    isin: 'INE002A01018',
    previousClose: '1380',
  });

  it('adds what was never stored', () =>
    expect(diffMaster([infosys], [infosys, reliance])).toEqual({ added: [reliance], changed: [], unchangedCount: 1 }));
  it('changes nothing when it is the same', () =>
    expect(diffMaster([infosys, reliance], [{ ...infosys }, reliance])).toEqual({ added: [], changed: [], unchangedCount: 2 }));

  it('changes what reads otherwise, also a symbol', () => {
    const renamed = { ...infosys, symbol: 'INFOSYS', masterDate: '2026-01-06' };
    expect(diffMaster([infosys], [renamed])).toEqual({ added: [], changed: [renamed], unchangedCount: 0 });
  });

  it('lets expire what it no longer has, once', () => {
    const expired = { ...reliance, status: InstrumentStatus.EXPIRED };
    expect(diffMaster([infosys, reliance], [infosys])).toEqual({ added: [], changed: [expired], unchangedCount: 1 });
    expect(diffMaster([infosys, expired], [infosys])).toEqual({ added: [], changed: [], unchangedCount: 1 });
  });

  it.each([
    ['gives a stored id to another instrument', [{ ...reliance, instrumentId: 'I000001' }], 'I000001 is XNSE/INE009A01021/EQ for ever'],
    ['gives a stored instrument a second id', [{ ...infosys, instrumentId: 'I000009' }], "can't get a second id, I000009"],
    ['has an id twice', [reliance, { ...reliance, symbol: 'X', isin: 'INE467B01029' }], 'the id I000002 is there twice'],
    [
      'has a listing twice',
      [reliance, { ...reliance, instrumentId: 'I3', isin: 'INE467B01029' }],
      'the listing NSE:RELIANCE is there twice',
    ],
    ['has a natural key twice', [reliance, { ...reliance, instrumentId: 'I3', symbol: 'X' }], 'XNSE/INE002A01018/EQ is there twice'],
    ['has a malformed instrument', [{ ...reliance, lotSize: '0' }], 'I000002 lotSize'],
  ])('is refused when it %s', (_what, master, sentence) => {
    expect(() => diffMaster([infosys], master)).toThrow(MasterRefusedError);
    expect(() => diffMaster([infosys], master)).toThrow(sentence);
  });
});
