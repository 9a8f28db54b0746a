import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ORDERS_TOPIC, Reason, Side, StatusCode, TradingState } from '@switchyard/contracts';
import { PositionEvent } from '@switchyard/contracts/gen/positions/v1/events';
import { type StreamPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { genesisHash, hashChain } from '@switchyard/kernel';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { aCashFact, aFact, aTradeFact } from '@switchyard/positions-core/testing';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { type Pool } from 'pg';
import { OrderJournal, TrackerWorld } from './testing/tracker-world.js';

let database: TestDatabase;
let pool: Pool;
let journal: OrderJournal;
let world: TrackerWorld;
let open: TrackerWorld[] = [];

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'positions', { max: 8 });
}, 120_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query(`DELETE FROM positions.accounts; DELETE FROM positions.positions; DELETE FROM positions.trades; DELETE FROM positions.cash; DELETE FROM positions.ledger;
    DELETE FROM positions.journal; DELETE FROM positions.watermarks; DELETE FROM positions.cursors; DELETE FROM positions.parked`);
  journal = new OrderJournal();
  world = await aProcess();
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

/** A process with a tracker, on the same database and journal as the others. */
async function aProcess(): Promise<TrackerWorld> {
  const made = await new TrackerWorld(pool, journal).start();
  open.push(made);
  return made;
}

const stream = 'orders/7f';
const demo = { token: 'demo', timeoutMs: 5_000 };
const ops = { token: 'ops', timeoutMs: 5_000 };
const list = (includeFlat = false, of = world) => of.positions.listPositions({ accountId: 'DEMO', includeFlat }, demo);
const folded = (accountSeq: number, of = world, accountId = 'DEMO') =>
  eventually(async () => (await of.positions.listPositions({ accountId, includeFlat: true }, ops)).accountSeq === accountSeq, { what: `${accountId} folded up to ${accountSeq}` });
const refusal = (promise: Promise<unknown>) =>
  promise.then(() => undefined, (error: { code: number; reason: number; violations: { field: string }[] }) => ({ code: error.code, reason: error.reason, field: error.violations[0]?.field }));

const sold = (accountSeq: number, tradeId: string, given = {}) => aTradeFact(accountSeq, { tradeId, side: Side.SELL, lastQty: '4', lastPx: '1510', ...given });

describe('facts of orders.v1', () => {
  it('become positions, cash and postings', async () => {
    await world.tell(stream, aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }), aCashFact(2), aTradeFact(3), sold(4, 'T2'));
    await folded(4);
    expect(await list()).toEqual({
      positions: [
        {
          accountId: 'DEMO',
          brokerAccountId: 'PAPER-1',
          instrumentId: 'I000005',
          product: 'DELIVERY',
          netQty: '6',
          avgPx: '1500',
          realisedPnl: '40',
          unrealisedPnl: '',
          markPx: '',
          markAtMs: 0,
          currency: 'INR',
          accountSeq: 4,
          stale: false,
          boughtQty: '10',
          soldQty: '4',
        },
      ],
      accountSeq: 4,
      stale: false,
      cash: [{ currency: 'INR', balance: '-7960' }],
    });
  });

  it('that move no money only move the sequence of their account', async () => {
    await world.tell(stream, aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }));
    await folded(1);
    expect(await list(true)).toEqual({ positions: [], accountSeq: 1, stale: false, cash: [] });
  });

  it('count once when they come again, in other batches', async () => {
    const rows = await world.tell(stream, aCashFact(1), aTradeFact(2), sold(3, 'T2'));
    await folded(3);
    await world.bus.publish(ORDERS_TOPIC, rows.slice(1));
    await world.bus.publish(ORDERS_TOPIC, rows);
    await world.tell(stream, sold(4, 'T3'));
    await folded(4);
    expect((await list()).positions.map((position) => position.netQty)).toEqual(['2']);
    expect((await pool.query('SELECT FROM positions.ledger')).rowCount).toBe(2 + 2 + 3 + 3);
  });

  it('fill a gap from the journal', async () => {
    await world.tell(stream, aCashFact(1));
    await folded(1);
    journal.append(stream, aTradeFact(2));
    journal.append(stream, sold(3, 'T2'));
    await world.tell(stream, sold(4, 'T3'));
    await folded(4);
    expect((await list()).positions.map((position) => position.netQty)).toEqual(['2']);
  });

  it('book a fill once, also when another fact tells it again', async () => {
    await world.tell(stream, aTradeFact(1), aTradeFact(2));
    await world.tell(stream, aTradeFact(3));
    await folded(3);
    expect((await list()).positions.map((position) => [position.netQty, position.accountSeq])).toEqual([['10', 1]]);
    expect(world.published.length).toBeLessThanOrEqual(1);
  });

  it('of many accounts and streams fold side by side', async () => {
    const accounts = Array.from({ length: 20 }, (_, at) => `ACC-${at}`);
    await Promise.all(
      accounts.map((accountId, at) =>
        world.tell(`orders/0${(at % 4).toString(16)}`, ...Array.from({ length: 30 }, (_, n) => aTradeFact(n + 1, { tradeId: `${accountId}-${n}`, lastQty: '1' }, { accountId }))),
      ),
    );
    for (const accountId of accounts) {
      await folded(30, world, accountId);
      const { positions } = await world.positions.listPositions({ accountId, includeFlat: false }, ops);
      expect(positions.map((position) => position.netQty)).toEqual(['30']);
    }
  });
});

describe('a fact that can not be folded', () => {
  it.each([
    ['a price that is none', aTradeFact(2, { tradeId: 'T2', lastPx: 'x' }), 'the price of trade T2 is malformed'],
    ['an unknown side', aTradeFact(2, { tradeId: 'T2', side: 7 as Side }), 'the side 7 of trade T2 is unknown'],
    ['the fill of before with another quantity', aTradeFact(2, { lastQty: '11' }), 'was booked for DEMO'],
    ['a kind that this version does not know', aFact(2, undefined), 'does not know the fact'],
    ['a sequence that goes back', aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }), 'account_seq goes back'],
  ])('(%s) parks its account and no other', async (_what, poison, sentence) => {
    world.areOwnersDown = true;
    await world.tell(stream, aTradeFact(1), poison, sold(3, 'T3'), aTradeFact(1, { tradeId: 'T9' }, { accountId: 'OTHER' }));
    await world.tell(stream, sold(4, 'T4'), aTradeFact(2, { tradeId: 'T10' }, { accountId: 'OTHER' }));
    await folded(2, world, 'OTHER');
    await eventually(async () => (await list()).stale, { what: 'stale positions' });
    world.areOwnersDown = false; // The owner is told until it has taken it.
    await eventually(() => world.tradingStates.length > 0, { what: 'the account is stopped' });
    expect(world.tradingStates[0]).toMatchObject({ accountId: 'DEMO', tradingState: TradingState.CANCEL_ONLY, text: expect.stringContaining(sentence) });
    expect(await list()).toMatchObject({ stale: true, accountSeq: 1, positions: [{ netQty: '10', stale: true }] });
    expect((await world.positions.listPositions({ accountId: 'OTHER', includeFlat: false }, ops)).stale).toBe(false);
    expect(world.tracker.ready()).toBe(true);
  });

  it('and bytes that are no fact park the account too', async () => {
    await world.tell(stream, aTradeFact(1));
    const row = journal.append(stream, aCashFact(2), Buffer.from([0xff, 0xff]));
    await world.bus.publish(ORDERS_TOPIC, [row]);
    await eventually(async () => (await list()).stale, { what: 'stale positions' });
  });

  it('is applied with all that came after it, once somebody has repaired what was wrong', async () => {
    await pool.query(`INSERT INTO positions.trades VALUES ('PAPER-1', 'T2', 'SOMEBODY', 1, 'booked by a mistake')`);
    await world.tell(stream, aTradeFact(1), sold(2, 'T2'), sold(3, 'T3'));
    await eventually(async () => (await list()).stale, { what: 'stale positions' });
    const { parked } = await world.readers.listParked({}, ops);
    expect(parked).toMatchObject([{ reader: 'position-tracker', stream, key: 'DEMO', fromSeq: 2, error: expect.stringContaining('booked for SOMEBODY') }]);
    const replay = () => world.readers.replayParked({ reader: 'position-tracker', stream, key: 'DEMO' }, ops);
    expect(await replay()).toMatchObject({ applied: 0, ended: false });
    await pool.query(`DELETE FROM positions.trades WHERE trade_id = 'T2'`);
    expect(await replay()).toEqual({ applied: 2, ended: true, error: '' });
    expect(await list()).toMatchObject({ stale: false, accountSeq: 3, positions: [{ netQty: '2' }] });
    expect((await world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
    await eventually(() => world.published.length === 3, { what: 'the publication of what was replayed' });
  });
});

describe('after a restart', () => {
  it('what came meanwhile is folded, and nothing twice', async () => {
    await world.tell(stream, aCashFact(1), aTradeFact(2));
    await folded(2);
    await world.stop();
    open = [];
    journal.append(stream, sold(3, 'T2'));
    const next = await aProcess();
    await folded(3, next);
    expect((await list(false, next)).positions.map((position) => position.netQty)).toEqual(['6']);
    expect((await next.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
  });

  it('what was not published is published, without a gap', async () => {
    world.isBusDown = true;
    await world.tell(stream, aTradeFact(1), sold(2, 'T2'));
    await folded(2);
    await world.stop();
    open = [];
    const next = await aProcess();
    await next.tell(stream, sold(3, 'T3'));
    await eventually(() => next.published.length === 3, { what: 'three positions' });
    expect(next.published.map((row) => [row.stream, row.seq, row.key])).toEqual([1, 2, 3].map((seq) => ['positions/7f', seq, 'DEMO']));
  });
});

describe('positions.v1', () => {
  it('tells each position after its trade, gapless and chained, when the bus is back', async () => {
    world.isBusDown = true;
    await world.tell(stream, aCashFact(1), aTradeFact(2), sold(3, 'T2'));
    await folded(3);
    await world.tell(stream, sold(4, 'T3'));
    await folded(4);
    expect(world.published).toEqual([]);
    world.isBusDown = false;
    await eventually(() => world.published.length === 3, { what: 'three positions' });
    const events = world.published.map((row) => PositionEvent.decode(row.payload));
    expect(events.map((event) => [event.tradeId, event.position?.netQty, event.position?.unrealisedPnl])).toEqual([['T1', '10', ''], ['T2', '6', ''], ['T3', '2', '']]);
    let hash: Uint8Array = genesisHash;
    for (const row of world.published) expect(row.hash).toEqual(Buffer.from((hash = hashChain(hash, row.payload))));
  });

  it('is published once a row by two processes on one database, each stream in order', async () => {
    const second = await aProcess();
    for (let n = 1; n <= 40; n++) await world.tell('orders/01', aTradeFact(n, { tradeId: `T${n}` }));
    const all = () => [...world.published, ...second.published].map((row) => row.seq);
    await eventually(() => all().length >= 40, { what: 'forty positions' });
    expect(all().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    for (const each of [world, second]) expect(each.published.map((row) => row.seq)).toEqual(each.published.map((row) => row.seq).sort((a, b) => a - b));
  });
});

describe('a mark', () => {
  it('gives an open position its unrealised P&L, and a flat one none to realise', async () => {
    await world.tell(stream, aTradeFact(1), aTradeFact(2, { tradeId: 'T2', instrumentId: 'I000006' }), aTradeFact(3, { tradeId: 'T3', instrumentId: 'I000006', side: Side.SELL }));
    await folded(3);
    await world.quote('I000005', '1512.5', 7);
    await eventually(async () => (await list()).positions[0]?.markPx !== '', { what: 'the mark' });
    expect((await list(true)).positions).toMatchObject([
      { instrumentId: 'I000005', netQty: '10', unrealisedPnl: '125', markPx: '1512.5', markAtMs: 7 },
      { instrumentId: 'I000006', netQty: '0', unrealisedPnl: '0', markPx: '' },
    ]);
    expect((await list(false)).positions).toHaveLength(1);
  });
});

describe('a stream of positions', () => {
  const follow = (of = world, accountId = 'DEMO', token = 'demo') => {
    const messages: StreamPositionsResponse[] = [];
    const errors: unknown[] = [];
    const call = of.positions.streamPositions({ accountId }, { token });
    call.onMessage((message) => messages.push(message));
    call.onClose((error) => errors.push(error));
    return { messages, errors, call };
  };

  it('begins with all, and goes on with what facts and quotes change', async () => {
    await world.tell(stream, aTradeFact(1), aTradeFact(2, { tradeId: 'T2', instrumentId: 'I000006' }));
    await folded(2);
    const { messages, call } = follow();
    await eventually(() => messages.length === 1, { what: 'the snapshot' });
    expect(messages[0]).toMatchObject({ accountSeq: 2, positions: [{ instrumentId: 'I000005' }, { instrumentId: 'I000006' }] });
    await world.tell(stream, sold(3, 'T3'));
    await eventually(() => messages.length === 2, { what: 'the trade' });
    expect(messages[1]).toMatchObject({ accountSeq: 3, positions: [{ instrumentId: 'I000005', netQty: '6' }] });
    await world.quote('I000006', '1490', 1);
    await eventually(() => messages.length === 3, { what: 'the quote' });
    expect(messages[2]?.positions).toMatchObject([{ instrumentId: 'I000006', unrealisedPnl: '-100' }]);
    call.cancel();
  });

  it('tells what another process folded, and that the account is parked', async () => {
    await world.tell(stream, aTradeFact(1));
    await folded(1);
    const second = await aProcess();
    const { messages, call } = follow(second);
    await eventually(() => messages.length === 1, { what: 'the snapshot' });
    await world.tell(stream, sold(2, 'T2'), aTradeFact(3, { tradeId: 'T3', lastPx: 'x' }));
    await eventually(() => messages.at(-1)?.positions[0]?.stale, { what: 'the parking' });
    expect(messages.at(-1)?.positions).toMatchObject([{ netQty: '6', stale: true }]);
    call.cancel();
  });

  it.each([
    ['an account that is not known', 'NOBODY', 'ops'],
    ['an account that the caller may not see', 'OTHER', 'demo'],
  ])('closes with NOT_FOUND for %s', async (_what, accountId, token) => {
    const { errors } = follow(world, accountId, token);
    await eventually(() => errors.length === 1, { what: 'the close' });
    expect(errors[0]).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN });
  });
});

describe('verify', () => {
  it('finds the stored state equal to the fold, and a changed digit unequal', async () => {
    await world.tell(stream, aCashFact(1), aTradeFact(2), sold(3, 'T2'), aTradeFact(4), sold(5, 'T4', { lastQty: '0.333333333', lastPx: '1510.123456789' }));
    await folded(5);
    const good = await world.positions.verifyAccount({ accountId: 'DEMO' }, ops);
    expect(good).toMatchObject({ equal: true, facts: 5 });
    expect(good.storedSha256).toMatch(/^[0-9a-f]{64}$/);
    await pool.query(`UPDATE positions.ledger SET amount = amount + 0.000000001 WHERE account_seq = 3 AND line = 1`);
    expect(await world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toMatchObject({ equal: false, foldedSha256: good.foldedSha256 });
  });

  it('compares up to where the account is folded, also while it is parked', async () => {
    await world.tell(stream, aTradeFact(1), aTradeFact(2, { tradeId: 'T2', lastPx: 'x' }), sold(3, 'T3'));
    await eventually(async () => (await list()).stale, { what: 'the parking' });
    expect(await world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).toMatchObject({ equal: true, facts: 1 });
  });

  it('is for operators, and for accounts that exist', async () => {
    expect(await refusal(world.positions.verifyAccount({ accountId: 'DEMO' }, demo))).toMatchObject({ code: StatusCode.PERMISSION_DENIED });
    expect(await refusal(world.positions.verifyAccount({ accountId: 'NOBODY' }, ops))).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN });
  });
});

describe('the ledger', () => {
  it('is read newest fact first, in pages', async () => {
    await world.tell(stream, aCashFact(1), aTradeFact(2), sold(3, 'T2'));
    await folded(3);
    const pages: string[][] = [];
    let pageToken = '';
    do {
      const page = await world.positions.listLedger({ accountId: 'DEMO', pageSize: 3, pageToken }, demo);
      pages.push(page.postings.map((posting) => `${posting.accountSeq} ${posting.book} ${posting.amount}`));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(pages).toEqual([
      ['3 cash 6040', '3 securities:I000005 -6000', '3 realised-pnl -40'],
      ['2 cash -15000', '2 securities:I000005 15000', '1 cash 1000'],
      ['1 capital -1000'],
    ]);
  });
});

describe('a read is refused', () => {
  beforeEach(async () => {
    await world.tell(stream, aTradeFact(1));
    await folded(1);
  });
  const key = { accountId: 'DEMO', brokerAccountId: 'PAPER-1', instrumentId: 'I000005', product: 'DELIVERY' };
  const ledger = { accountId: 'DEMO', pageSize: 0, pageToken: '' };

  it.each([
    ['without an account', () => world.positions.listPositions({ accountId: '', includeFlat: false }, demo), StatusCode.INVALID_ARGUMENT, Reason.FIELD_REQUIRED, 'accountId'],
    ['of an account that the caller may not see', () => world.positions.listPositions({ accountId: 'DEMO', includeFlat: false }, { ...demo, token: 'other' }), StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN, undefined],
    ['of an account that does not exist', () => world.positions.listPositions({ accountId: 'NOBODY', includeFlat: false }, ops), StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN, undefined],
    ['without a broker account', () => world.positions.getPosition({ ...key, brokerAccountId: '' }, demo), StatusCode.INVALID_ARGUMENT, Reason.FIELD_REQUIRED, 'brokerAccountId'],
    ['by a symbol instead of an id', () => world.positions.getPosition({ ...key, instrumentId: 'NSE:INFY' }, demo), StatusCode.INVALID_ARGUMENT, Reason.FIELD_MALFORMED, 'instrumentId'],
    ['of an unknown product', () => world.positions.getPosition({ ...key, product: 'CNC' }, demo), StatusCode.INVALID_ARGUMENT, Reason.ENUM_UNKNOWN, 'product'],
    ['with a page of 501', () => world.positions.listLedger({ ...ledger, pageSize: 501 }, demo), StatusCode.INVALID_ARGUMENT, Reason.OUT_OF_RANGE, 'pageSize'],
    ['with a token of its own', () => world.positions.listLedger({ ...ledger, pageToken: '1' }, demo), StatusCode.INVALID_ARGUMENT, Reason.FIELD_MALFORMED, 'pageToken'],
  ])('%s', async (_what, read, code, reason, field) => expect(await refusal(read())).toEqual({ code, reason, field }));

  it('but one position is found, and one without trades is flat', async () => {
    expect((await world.positions.getPosition(key, demo)).position).toMatchObject({ netQty: '10', currency: 'INR' });
    expect((await world.positions.getPosition({ ...key, product: 'MARGIN' }, demo)).position).toMatchObject({ netQty: '0', avgPx: '0', unrealisedPnl: '0' });
  });
});
