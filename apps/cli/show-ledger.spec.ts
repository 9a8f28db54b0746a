import { describe, expect, it } from '@jest/globals';
import { Posting } from '@switchyard/contracts/gen/positions/v1/service';
import { instrumentsIn, showLedger } from './show.js';

const of = { currency: 'INR', text: 'bought 10 I000005 at 1500', ref: 'T1', accountSeq: 2, atMs: 1 };
const postings = [
  { ...of, book: 'cash', amount: '-15001.5' },
  { ...of, book: 'securities:I000005', amount: '15000' },
  { ...of, book: 'fees:STT', amount: '1.5' },
  { ...of, book: 'capital', amount: '-10', accountSeq: 1, text: 'opening: cash', ref: 'A1' },
].map((posting) => Posting.fromPartial(posting));

describe('the ledger', () => {
  it('is shown a posting a line, instruments by their symbols', () => {
    expect(showLedger(postings, new Map([['I000005', 'NSE:INFY']])).split('\n')).toEqual([
      'time          fact  book                   amount  currency  for                         reference',
      '00:00:00.001     2  cash                 -15001.5  INR       bought 10 NSE:INFY at 1500  T1',
      '00:00:00.001     2  securities:NSE:INFY     15000  INR       bought 10 NSE:INFY at 1500  T1',
      '00:00:00.001     2  fees:STT                  1.5  INR       bought 10 NSE:INFY at 1500  T1',
      '00:00:00.001     1  capital                   -10  INR       opening: cash               A1',
    ]);
  });

  it('names the instruments that it needs', () => expect(instrumentsIn([...postings, ...postings])).toEqual(['I000005']));

  it('says that it is empty', () => expect(showLedger([], new Map())).toBe('no postings'));
});
