// The judge's own folds, told as stories: what it says of an order after each fact, and what trades make of a position and a ledger.
import { describe, expect, it } from '@jest/globals';
import { type Message } from '../wire.js';
import { replayBooks } from './books-replay.js';
import { scaled } from './decimal.js';
import { type Fact } from './facts.js';
import { OrderReplay } from './order-replay.js';

let accountSeq = 0;
const fact = (name: string, value: Message): Fact => ({
  accountId: 'ACC',
  accountSeq: ++accountSeq,
  atMs: 1000,
  name,
  value,
  state: undefined,
  where: '',
});
const accepted = fact('orderAccepted', { clOrdId: 'A', content: { orderQty: '10', ordType: 'ORD_TYPE_LIMIT', price: '100' } });
const confirmed = fact('orderConfirmed', {});
const traded = (lastQty: string, lastPx = '100'): Fact => fact('tradeBooked', { lastQty, lastPx });
const cancelAsked = fact('cancelRequested', { clOrdId: 'C' });
const canceled = fact('orderCanceled', { clOrdId: 'C' });
const replaceAsked = (orderQty: string): Fact => fact('replaceRequested', { clOrdId: 'R', orderQty, price: '101' });
const rejected = (kind: string): Fact => fact('requestRejected', { kind });
const doubted = (kind: string): Fact => fact('requestInDoubt', { kind });

/** Status after each fact, without the prefix; "?" where in doubt. */
const stories: readonly [what: string, facts: readonly Fact[], statuses: string][] = [
  ['filled in two steps', [accepted, confirmed, traded('4'), traded('6')], 'PENDING_NEW NEW PARTIALLY_FILLED FILLED'],
  ['a trade that overtakes the confirmation', [accepted, traded('4'), confirmed], 'PENDING_NEW PARTIALLY_FILLED PARTIALLY_FILLED'],
  ['canceled', [accepted, confirmed, cancelAsked, canceled], 'PENDING_NEW NEW PENDING_CANCEL CANCELED'],
  ['a cancel that is refused', [accepted, confirmed, cancelAsked, rejected('REQUEST_KIND_CANCEL')], 'PENDING_NEW NEW PENDING_CANCEL NEW'],
  ['filled while a cancel is pending', [accepted, cancelAsked, traded('10')], 'PENDING_NEW PENDING_CANCEL FILLED'],
  ['late trades that fill all', [accepted, canceled, traded('4'), traded('6')], 'PENDING_NEW CANCELED CANCELED FILLED'],
  ['full, while more may come', [accepted, replaceAsked('12'), traded('10')], 'PENDING_NEW PENDING_REPLACE PENDING_REPLACE'],
  ['full, when no more comes', [accepted, replaceAsked('12'), traded('10'), rejected('REQUEST_KIND_REPLACE')], 'PENDING_NEW PENDING_REPLACE PENDING_REPLACE FILLED'], // prettier-ignore
  ['replaced to what is filled', [accepted, traded('4'), replaceAsked('4'), fact('orderReplaced', { clOrdId: 'R', orderQty: '4' })], 'PENDING_NEW PARTIALLY_FILLED PENDING_REPLACE FILLED'], // prettier-ignore
  ['in doubt, and found', [accepted, doubted('REQUEST_KIND_NEW'), fact('doubtResolved', { kind: 'REQUEST_KIND_NEW' })], 'PENDING_NEW PENDING_NEW? NEW'], // prettier-ignore
  ['in doubt, and never sent', [accepted, doubted('REQUEST_KIND_NEW'), fact('orderRejected', {})], 'PENDING_NEW PENDING_NEW? REJECTED'],
];

describe("the judge's replay of an order", () => {
  it.each(stories)('%s', (_what, facts, statuses) => {
    const replay = new OrderReplay();
    const told = facts.map((one) => replay.fold(one)).map(({ ordStatus, inDoubt }) => `${ordStatus.slice(11)}${inDoubt ? '?' : ''}`);
    expect(told.join(' ')).toBe(statuses);
  });

  it('averages prices over quantities, half to even at nine decimals', () => {
    const replay = new OrderReplay();
    const states = [accepted, traded('1', '100'), traded('2', '100.01')].map((one) => replay.fold(one));
    expect(states.map(({ avgPx }) => avgPx)).toEqual([0n, scaled('100'), scaled('100.006666667')]);
    expect(states.at(-1)).toMatchObject({ cumQty: scaled('3'), leavesQty: scaled('7') });
  });
});

describe("the judge's replay of books", () => {
  const of = { instrumentId: 'I1', brokerAccountId: 'PAPER-1', product: 'PRODUCT_INTRADAY', currency: 'INR' };
  const deal = (side: 'BUY' | 'SELL', tradeId: string, lastQty: string, lastPx: string): Fact =>
    fact('tradeBooked', { ...of, tradeId, side: `SIDE_${side}`, lastQty, lastPx });

  it('carries at average cost, closes its share, turns at the price of the trade, and posts each step', () => {
    const { books, postings } = replayBooks([
      deal('BUY', 'T1', '10', '100'),
      deal('SELL', 'T2', '4', '110'),
      deal('SELL', 'T2', '4', '110'),
      deal('SELL', 'T3', '8', '90'),
    ]);
    expect(books).toMatchObject([
      { product: 'INTRADAY', netQty: '-2', boughtQty: '10', soldQty: '12', openNotional: String(-180n * 10n ** 18n) },
    ]);
    expect(postings.map(({ book, amount }) => `${book} ${amount}`)).toEqual([
      'cash -1000',
      'securities:I1 1000',
      'cash 440',
      'securities:I1 -400',
      'realised-pnl -40',
      'cash 720',
      'securities:I1 -780',
      'realised-pnl 60',
    ]);
  });

  it('takes each charge of a trade from cash, once, and leaves the profit before them', () => {
    const fees = [
      { name: 'STT', amount: '0.4' },
      { name: 'GST', amount: '0.07' },
    ];
    const charged = ({ value, ...of }: Fact): Fact => ({ ...of, value: { ...value, fees } });
    const { books, postings } = replayBooks([
      charged(deal('BUY', 'T1', '10', '100')),
      charged(deal('SELL', 'T2', '10', '110')),
      charged(deal('SELL', 'T2', '10', '110')),
    ]);
    expect(books).toMatchObject([{ netQty: '0', fees: '0.94' }]);
    expect(postings.map(({ book, amount }) => `${book} ${amount}`)).toEqual([
      'cash -1000.47',
      'securities:I1 1000',
      'fees:GST 0.07',
      'fees:STT 0.4',
      'cash 1099.53',
      'securities:I1 -1000',
      'realised-pnl -100',
      'fees:GST 0.07',
      'fees:STT 0.4',
    ]);
  });

  it('posts what cash is put in against capital', () => {
    const { postings } = replayBooks([fact('cashAdjusted', { adjustmentId: 'opening', currency: 'INR', amount: '5000' })]);
    expect(postings).toMatchObject([
      { line: 1, book: 'cash', amount: '5000', ref: 'opening' },
      { line: 2, book: 'capital', amount: '-5000', ref: 'opening' },
    ]);
  });
});
