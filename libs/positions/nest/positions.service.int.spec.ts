import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reason, Side, StatusCode } from '@switchyard/contracts';
import { type StreamPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { aCashFact, aTradeFact } from '@switchyard/positions-core/testing';
import { eventually } from '@switchyard/testkit';
import { demo, ops, TrackerSuite } from './testing/tracker-suite.js';

const suite = new TrackerSuite();
const stream = 'orders/7f';
const fees = [{ name: 'STT', amount: '1.25' }];
const sold = (accountSeq: number, tradeId: string, given = {}) =>
  aTradeFact(accountSeq, { tradeId, side: Side.SELL, lastQty: '4', lastPx: '1510', ...given });
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: { code: number; reason: number; violations: { field: string }[] }) => ({
      code: error.code,
      reason: error.reason,
      field: error.violations[0]?.field,
    }),
  );

describe('a mark', () => {
  it('gives an open position its unrealised P&L, and a flat one none to realise', async () => {
    await suite.world.tell(
      stream,
      aTradeFact(1),
      aTradeFact(2, { tradeId: 'T2', instrumentId: 'I000006' }),
      aTradeFact(3, { tradeId: 'T3', instrumentId: 'I000006', side: Side.SELL }),
    );
    await suite.folded(3);
    await suite.world.quote('I000005', '1512.5', 7);
    await eventually(async () => (await suite.list()).positions[0]?.markPx !== '', { what: 'the mark' });
    expect((await suite.list(true)).positions).toMatchObject([
      { instrumentId: 'I000005', netQty: '10', unrealisedPnl: '125', markPx: '1512.5', markAtMs: 7 },
      { instrumentId: 'I000006', netQty: '0', unrealisedPnl: '0', markPx: '' },
    ]);
    expect((await suite.list(false)).positions).toHaveLength(1);
  });
});

describe('a stream of positions', () => {
  const follow = (of = suite.world, accountId = 'DEMO', token = 'demo') => {
    const messages: StreamPositionsResponse[] = [];
    const errors: unknown[] = [];
    const call = of.positions.streamPositions({ accountId }, { token });
    call.onMessage((message) => messages.push(message));
    call.onClose((error) => errors.push(error));
    return { messages, errors, call };
  };

  it('begins with all, and goes on with what facts and quotes change', async () => {
    await suite.world.tell(stream, aTradeFact(1), aTradeFact(2, { tradeId: 'T2', instrumentId: 'I000006' }));
    await suite.folded(2);
    const { messages, call } = follow();
    await eventually(() => messages.length === 1, { what: 'the snapshot' });
    expect(messages[0]).toMatchObject({ accountSeq: 2, positions: [{ instrumentId: 'I000005' }, { instrumentId: 'I000006' }] });
    await suite.world.tell(stream, sold(3, 'T3'));
    await eventually(() => messages.length === 2, { what: 'the trade' });
    expect(messages[1]).toMatchObject({ accountSeq: 3, positions: [{ instrumentId: 'I000005', netQty: '6' }] });
    await suite.world.quote('I000006', '1490', 1);
    await eventually(() => messages.length === 3, { what: 'the quote' });
    expect(messages[2]?.positions).toMatchObject([{ instrumentId: 'I000006', unrealisedPnl: '-100' }]);
    call.cancel();
  });

  it('tells what another process folded, and that the account is parked', async () => {
    await suite.world.tell(stream, aTradeFact(1));
    await suite.folded(1);
    const second = await suite.aProcess();
    const { messages, call } = follow(second);
    await eventually(() => messages.length === 1, { what: 'the snapshot' });
    await suite.world.tell(stream, sold(2, 'T2'), aTradeFact(3, { tradeId: 'T3', lastPx: 'x' }));
    await eventually(() => messages.at(-1)?.positions[0]?.stale, { what: 'the parking' });
    expect(messages.at(-1)?.positions).toMatchObject([{ netQty: '6', stale: true }]);
    call.cancel();
  });

  it.each([
    ['an account that is not known', 'NOBODY', 'ops'],
    ['an account that the caller may not see', 'OTHER', 'demo'],
  ])('closes with NOT_FOUND for %s', async (_what, accountId, token) => {
    const { errors } = follow(suite.world, accountId, token);
    await eventually(() => errors.length === 1, { what: 'the close' });
    expect(errors[0]).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN });
  });
});

describe('verify', () => {
  it('finds the stored state equal to the fold, and a changed digit unequal', async () => {
    await suite.world.tell(
      stream,
      aCashFact(1),
      aTradeFact(2),
      sold(3, 'T2', { fees }),
      aTradeFact(4),
      sold(5, 'T4', { lastQty: '0.333333333', lastPx: '1510.123456789', fees }),
    );
    await suite.folded(5);
    const good = await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops);
    expect(good).toMatchObject({ equal: true, facts: 5 });
    expect(good.storedSha256).toMatch(/^[0-9a-f]{64}$/);
    const change = async (sql: string, sign: '+' | '-') => suite.pool.query(sql.replace('+', sign));
    for (const sql of [
      `UPDATE positions.ledger SET amounts[1] = amounts[1] + 0.000000001 WHERE account_seq = 3`,
      `UPDATE positions.ledger SET amounts[4] = amounts[4] + 0.000000001 WHERE books[4] = 'fees:STT' AND account_seq = 5`,
      `UPDATE positions.positions SET fees = fees + 0.000000001`,
    ]) {
      await change(sql, '+');
      expect(await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toMatchObject({
        equal: false,
        foldedSha256: good.foldedSha256,
      });
      await change(sql, '-');
    }
    expect(await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toEqual(good);
  });

  it('reads a ledger of any length', async () => {
    await suite.world.tell(
      stream,
      ...Array.from({ length: 1_050 }, (_, at) => aTradeFact(at + 1, { tradeId: `T${at}`, lastQty: '0.3', lastPx: '10.01' })),
    );
    await suite.folded(1_050);
    expect(await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toMatchObject({ equal: true, facts: 1_050 });
  });

  it('compares up to where the account is folded, also while it is parked', async () => {
    await suite.world.tell(stream, aTradeFact(1), aTradeFact(2, { tradeId: 'T2', lastPx: 'x' }), sold(3, 'T3'));
    await eventually(async () => (await suite.list()).stale, { what: 'the parking' });
    expect(await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toMatchObject({ equal: true, facts: 1 });
  });

  it('is for operators, and for accounts that exist', async () => {
    expect(await refusal(suite.world.positions.verifyAccount({ accountId: 'DEMO' }, demo))).toMatchObject({
      code: StatusCode.PERMISSION_DENIED,
    });
    expect(await refusal(suite.world.positions.verifyAccount({ accountId: 'NOBODY' }, ops))).toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.ACCOUNT_UNKNOWN,
    });
  });
});

describe('the ledger', () => {
  it('keeps every character of a book', async () => {
    const instrumentId = '"A,{B}\\';
    await suite.world.tell(stream, aTradeFact(1, { instrumentId }));
    await suite.folded(1);
    const { postings } = await suite.world.positions.listLedger({ accountId: 'DEMO', pageSize: 0, pageToken: '' }, demo);
    expect(postings.map(({ book, amount }) => [book, amount])).toEqual([
      ['cash', '-15000'],
      [`securities:${instrumentId}`, '15000'],
    ]);
  });

  it('is read newest fact first, in pages', async () => {
    await suite.world.tell(stream, aCashFact(1), aTradeFact(2), sold(3, 'T2', { fees }));
    await suite.folded(3);
    const pages: string[][] = [];
    let pageToken = '';
    do {
      const page = await suite.world.positions.listLedger({ accountId: 'DEMO', pageSize: 3, pageToken }, demo);
      pages.push(page.postings.map((posting) => `${posting.accountSeq} ${posting.book} ${posting.amount}`));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(pages).toEqual([
      ['3 cash 6038.75', '3 securities:I000005 -6000', '3 realised-pnl -40'],
      ['3 fees:STT 1.25', '2 cash -15000', '2 securities:I000005 15000'],
      ['1 cash 1000', '1 capital -1000'],
    ]);
  });
});

describe('a read is refused', () => {
  beforeEach(async () => {
    await suite.world.tell(stream, aTradeFact(1));
    await suite.folded(1);
  });
  const key = { accountId: 'DEMO', brokerAccountId: 'PAPER-1', instrumentId: 'I000005', product: 'DELIVERY' };
  const ledger = { accountId: 'DEMO', pageSize: 0, pageToken: '' };

  it.each([
    [
      'without an account',
      () => suite.world.positions.listPositions({ accountId: '', includeFlat: false }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.FIELD_REQUIRED,
      'accountId',
    ],
    [
      'of an account that the caller may not see',
      () => suite.world.positions.listPositions({ accountId: 'DEMO', includeFlat: false }, { ...demo, token: 'other' }),
      StatusCode.NOT_FOUND,
      Reason.ACCOUNT_UNKNOWN,
      'accountId',
    ],
    [
      'of an account that does not exist',
      () => suite.world.positions.listPositions({ accountId: 'NOBODY', includeFlat: false }, ops),
      StatusCode.NOT_FOUND,
      Reason.ACCOUNT_UNKNOWN,
      'accountId',
    ],
    [
      'without a broker account',
      () => suite.world.positions.getPosition({ ...key, brokerAccountId: '' }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.FIELD_REQUIRED,
      'brokerAccountId',
    ],
    [
      'by a symbol instead of an id',
      () => suite.world.positions.getPosition({ ...key, instrumentId: 'NSE:INFY' }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.FIELD_MALFORMED,
      'instrumentId',
    ],
    [
      'of an unknown product',
      () => suite.world.positions.getPosition({ ...key, product: 'CNC' }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.ENUM_UNKNOWN,
      'product',
    ],
    [
      'with a page of 501',
      () => suite.world.positions.listLedger({ ...ledger, pageSize: 501 }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.OUT_OF_RANGE,
      'pageSize',
    ],
    [
      'with a token of its own',
      () => suite.world.positions.listLedger({ ...ledger, pageToken: '1' }, demo),
      StatusCode.INVALID_ARGUMENT,
      Reason.FIELD_MALFORMED,
      'pageToken',
    ],
  ])('%s', async (_what, read, code, reason, field) => expect(await refusal(read())).toEqual({ code, reason, field }));

  it('but one position is found, and one without trades is flat', async () => {
    expect((await suite.world.positions.getPosition(key, demo)).position).toMatchObject({ netQty: '10', currency: 'INR' });
    expect((await suite.world.positions.getPosition({ ...key, product: 'MARGIN' }, demo)).position).toMatchObject({
      netQty: '0',
      avgPx: '0',
      unrealisedPnl: '0',
    });
  });
});
