import { describe, expect, it } from '@jest/globals';
import { Product, Side } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { formatDecimal } from '@switchyard/kernel';
import fc from 'fast-check';
import { AccountBook, canonicalAccount, canonicalPosting, netRealisedPnlOf, openCostOf, realisedPnlOf, type Posting } from './index.js';
import { aCashFact, aFact, aTradeFact } from './testing/index.js';

function foldAll(events: readonly OrderEvent[], book = new AccountBook('DEMO')) {
  const postings: Posting[] = [];
  for (const event of events) {
    const folded = book.fold(event);
    if (!folded.ok) throw new Error(folded.error);
    postings.push(...folded.value.postings);
  }
  return { book, postings };
}

const told = (postings: readonly Posting[]) =>
  postings.map(({ accountSeq, line, book, amount, text }) => `${accountSeq}.${line} ${book} ${formatDecimal(amount)} ${text}`);

describe('the ledger', () => {
  it('tells each fact twice: what came and from where', () => {
    const { postings, book } = foldAll([
      aCashFact(1),
      aTradeFact(2),
      aTradeFact(3, { tradeId: 'T2', side: Side.SELL, lastQty: '4', lastPx: '1510' }),
      aCashFact(4, { amount: '-100', text: '' }),
    ]);
    expect(told(postings)).toEqual([
      '1.1 cash 1000 opening cash',
      '1.2 capital -1000 opening cash',
      '2.1 cash -15000 bought 10 I000005 at 1500',
      '2.2 securities:I000005 15000 bought 10 I000005 at 1500',
      '3.1 cash 6040 sold 4 I000005 at 1510',
      '3.2 securities:I000005 -6000 sold 4 I000005 at 1510',
      '3.3 realised-pnl -40 sold 4 I000005 at 1510',
      '4.1 cash -100 cash adjusted',
      '4.2 capital 100 cash adjusted',
    ]);
    expect([...book.cash].map(([currency, balance]) => [currency, formatDecimal(balance)])).toEqual([['INR', '-8060']]);
  });

  it('takes each charge from cash into a book of its own, and leaves the profit before it', () => {
    const fees = [
      { name: 'STT', amount: '15' },
      { name: 'GST', amount: '0.57' },
    ];
    const { postings, book } = foldAll([
      aTradeFact(1, { fees }),
      aTradeFact(2, { tradeId: 'T2', side: Side.SELL, lastPx: '1510', fees: [{ name: 'STT', amount: '-1' }] }),
    ]);
    expect(told(postings)).toEqual([
      '1.1 cash -15015.57 bought 10 I000005 at 1500',
      '1.2 securities:I000005 15000 bought 10 I000005 at 1500',
      '1.3 fees:GST 0.57 bought 10 I000005 at 1500',
      '1.4 fees:STT 15 bought 10 I000005 at 1500',
      '2.1 cash 15101 sold 10 I000005 at 1510',
      '2.2 securities:I000005 -15000 sold 10 I000005 at 1510',
      '2.3 realised-pnl -100 sold 10 I000005 at 1510',
      '2.4 fees:STT -1 sold 10 I000005 at 1510',
    ]);
    expect([...book.cash.values()].map(formatDecimal)).toEqual(['85.43']);
    expect(book.positions.map((position) => formatDecimal(position.fees))).toEqual(['14.57']);
  });

  it('posts nothing for a trade at no price', () => expect(foldAll([aTradeFact(1, { lastPx: '0' })]).postings).toEqual([]));
});

const facts = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant('cash' as const),
        currency: fc.constantFrom('INR', 'USD'),
        amount: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
      }),
      fc.record({
        kind: fc.constant('trade' as const),
        instrument: fc.constantFrom('I1', 'I2'),
        brokerAccountId: fc.constantFrom('PAPER-1', 'PAPER-2'),
        product: fc.constantFrom(Product.DELIVERY, Product.INTRADAY),
        side: fc.constantFrom(Side.BUY, Side.SELL),
        qty: fc.bigInt({ min: 1n, max: 10n ** 13n }),
        px: fc.bigInt({ min: 1n, max: 10n ** 13n }),
        fees: fc.array(
          fc.record({ name: fc.constantFrom('STT', 'GST', 'DP'), amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }) }),
          {
            maxLength: 4,
          },
        ),
        // Some trade ids come twice, with the same content.
        again: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('other' as const) }),
    ),
    { maxLength: 60 },
  )
  .map((list) => {
    const events: OrderEvent[] = [];
    for (const each of list) {
      const seq = events.length + 1;
      if (each.kind === 'cash')
        events.push(aCashFact(seq, { currency: each.currency, amount: formatDecimal(each.amount), adjustmentId: `A${seq}` }));
      else if (each.kind === 'other') events.push(aFact(seq, { $case: 'accountChanged', value: { name: 'x', routes: [] } }));
      else {
        const { side, product, brokerAccountId } = each;
        const currency = each.instrument === 'I1' ? 'INR' : 'USD';
        const fact = aTradeFact(seq, {
          tradeId: `T${seq}`,
          instrumentId: each.instrument,
          currency,
          side,
          product,
          brokerAccountId,
          lastQty: formatDecimal(each.qty),
          lastPx: formatDecimal(each.px),
          fees: each.fees.map(({ name, amount }) => ({ name, amount: formatDecimal(amount) })),
        });
        events.push(fact);
        if (each.again) events.push({ ...fact, accountSeq: seq + 1 });
      }
    }
    return events;
  });

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
const balance = (postings: readonly Posting[], book: string, currency: string) =>
  sum(postings.filter((posting) => posting.book === book && posting.currency === currency).map((posting) => posting.amount));

describe('of any facts', () => {
  it('the postings of each sum to zero per currency', () => {
    fc.assert(
      fc.property(facts, (events) => {
        const { postings } = foldAll(events);
        for (const { accountSeq } of events) {
          for (const currency of ['INR', 'USD'])
            expect(
              sum(postings.filter((each) => each.accountSeq === accountSeq && each.currency === currency).map((each) => each.amount)),
            ).toBe(0n);
        }
      }),
    );
  });

  it('the books agree with cash and positions, without any rounding that adds up', () => {
    fc.assert(
      fc.property(facts, (events) => {
        const { book, postings } = foldAll(events);
        for (const currency of ['INR', 'USD']) {
          const positions = book.positions.filter((position) => position.currency === currency);
          expect(balance(postings, 'cash', currency)).toBe(book.cash.get(currency) ?? 0n);
          expect(-balance(postings, 'realised-pnl', currency)).toBe(sum(positions.map(realisedPnlOf)));
          const charges = ['STT', 'GST', 'DP'].map((name) => balance(postings, `fees:${name}`, currency));
          expect(sum(charges)).toBe(sum(positions.map(({ fees }) => fees)));
          // Cash is what was paid in, less what is held at cost, and the net profit.
          const paidIn = -balance(postings, 'capital', currency);
          expect(book.cash.get(currency) ?? 0n).toBe(paidIn - sum(positions.map(openCostOf)) + sum(positions.map(netRealisedPnlOf)));
          for (const instrumentId of ['I1', 'I2']) {
            expect(balance(postings, `securities:${instrumentId}`, currency)).toBe(
              sum(positions.filter((position) => position.instrumentId === instrumentId).map(openCostOf)),
            );
          }
        }
      }),
    );
  });

  it('a fold of their bytes gives the same bytes, in one go or from what was stored', () => {
    fc.assert(
      fc.property(facts, fc.nat(60), (events, cut) => {
        const bytes = (of: ReturnType<typeof foldAll>) =>
          of.postings.map(canonicalPosting).join('') + canonicalAccount(of.book.accountSeq, of.book.positions, of.book.cash);
        const decoded = events.map((event) => OrderEvent.decode(OrderEvent.encode(event).finish()));
        const whole = bytes(foldAll(events));
        expect(bytes(foldAll(decoded))).toBe(whole);
        const trades = new Map();
        const first = foldAll(decoded.slice(0, cut), new AccountBook('DEMO', trades));
        const restored = new AccountBook('DEMO', trades);
        restored.restore(first.book.accountSeq, [...first.book.positions].reverse(), first.book.cash);
        const second = foldAll(decoded.slice(cut), restored);
        expect(bytes({ book: second.book, postings: [...first.postings, ...second.postings] })).toBe(whole);
      }),
    );
  });
});

describe('a fill', () => {
  it('counts once, and its charges too, when it is told again', () => {
    const fees = [{ name: 'STT', amount: '15' }];
    const { book, postings } = foldAll([aTradeFact(1, { fees }), aTradeFact(2, { fees })]);
    expect(book.positions.map((position) => [position.netQty, position.fees].map(formatDecimal))).toEqual([['10', '15']]);
    expect([...book.cash.values()].map(formatDecimal)).toEqual(['-15015']);
    expect(postings).toHaveLength(3);
    expect(book.accountSeq).toBe(2);
  });

  it('counts late as any other', () => expect(foldAll([aTradeFact(1, { late: true })]).book.positions).toHaveLength(1));

  it.each<[string, OrderEvent, string]>([
    [
      'with another charge',
      aTradeFact(2, { fees: [{ name: 'STT', amount: '15' }] }),
      'now comes as "BUY 10 I000005 DELIVERY at 1500 INR order',
    ],
    ['with another quantity', aTradeFact(2, { lastQty: '11' }), 'trade T1 of PAPER-1 was booked for DEMO as "BUY 10 I000005'],
    ['for another order', aTradeFact(2, { orderId: '7f000000000000000000000b' }), 'order 7f000000000000000000000b"'],
    ['in another currency than its position', aTradeFact(2, { tradeId: 'T2', currency: 'USD' }), 'is in USD, but its position is in INR'],
    ['that is malformed', aTradeFact(2, { tradeId: 'T2', lastPx: 'x' }), 'malformed'],
  ])('is refused when it comes %s', (_what, event, sentence) => {
    const { book } = foldAll([aTradeFact(1)]);
    expect(book.fold(event)).toEqual({ ok: false, error: expect.stringContaining(sentence) });
  });

  it('is refused when another account has it', () => {
    const trades = new Map();
    foldAll([aTradeFact(1)], new AccountBook('DEMO', trades));
    const other = new AccountBook('DEMO2', trades);
    expect(other.fold(aTradeFact(1, {}, { accountId: 'DEMO2' }))).toEqual({
      ok: false,
      error: expect.stringContaining('was booked for DEMO'),
    });
  });

  it('is another one at another broker account', () => {
    expect(foldAll([aTradeFact(1), aTradeFact(2, { brokerAccountId: 'PAPER-2' })]).book.positions).toHaveLength(2);
  });
});

describe('a fact is refused', () => {
  it.each<[string, OrderEvent, string]>([
    ['of another account', aTradeFact(2, {}, { accountId: 'OTHER' }), 'a fact of account OTHER came under the key DEMO'],
    ['that came before', aCashFact(1), 'account_seq 1 comes after 1'],
    ['that this version does not know', aFact(2, undefined), 'does not know the fact'],
    ['with a malformed amount', aCashFact(2, { amount: '1e3' }), 'the amount of adjustment A1 is malformed'],
    ['with a malformed currency', aCashFact(2, { currency: 'rupees' }), 'the currency "rupees" of adjustment A1'],
  ])('%s', (_what, event, sentence) => {
    const { book } = foldAll([aCashFact(1)]);
    expect(book.fold(event)).toEqual({ ok: false, error: expect.stringContaining(sentence) });
  });
});

it('the canonical form is in order, whatever the order of what was stored', () => {
  const { book } = foldAll([
    aCashFact(1, { currency: 'USD' }),
    aCashFact(2),
    aTradeFact(3, { instrumentId: 'I2' }),
    aTradeFact(4, { instrumentId: 'I1', tradeId: 'T2' }),
  ]);
  expect(
    canonicalAccount(4, book.positions, book.cash)
      .split('\n')
      .map((line) => line.slice(0, 45)),
  ).toEqual([
    '["account",4]',
    '["position","DEMO/PAPER-1/I1/DELIVERY","INR",',
    '["position","DEMO/PAPER-1/I2/DELIVERY","INR",',
    '["cash","INR","-29000"]',
    '["cash","USD","1000"]',
    '',
  ]);
});
