import { describe, expect, it } from '@jest/globals';
import { ORDERS_TOPIC, POSITIONS_JOURNAL, POSITIONS_TOPIC, Reason, Side, TradingState } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { PositionEvent } from '@switchyard/contracts/gen/positions/v1/events';
import { Deferred, genesisHash, hashChain, systemClock } from '@switchyard/kernel';
import { DirectBus, noEffect } from '@switchyard/platform/bus';
import { aCashFact, aFact, aTradeFact } from '@switchyard/positions-core/testing';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { ops, TrackerSuite } from './testing/tracker-suite.js';

const suite = new TrackerSuite();
const stream = 'orders/7f';
const fees = [
  { name: 'STT', amount: '15' },
  { name: 'GST', amount: '0.57' },
];
const sold = (accountSeq: number, tradeId: string, given = {}) =>
  aTradeFact(accountSeq, { tradeId, side: Side.SELL, lastQty: '4', lastPx: '1510', ...given });

describe('facts of orders.v1', () => {
  it('become positions, cash and postings', async () => {
    await suite.world.tell(
      stream,
      aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }),
      aCashFact(2),
      aTradeFact(3, { fees }),
      sold(4, 'T2', { fees: [{ name: 'STT', amount: '6.04' }] }),
    );
    await suite.folded(4);
    expect(await suite.list()).toEqual({
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
          fees: '21.61',
          netRealisedPnl: '18.39',
        },
      ],
      accountSeq: 4,
      stale: false,
      cash: [{ currency: 'INR', balance: '-7981.61' }],
    });
  });

  it('that move no money only move the sequence of their account', async () => {
    await suite.world.tell(stream, aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }));
    await suite.folded(1);
    expect(await suite.list(true)).toEqual({ positions: [], accountSeq: 1, stale: false, cash: [] });
  });

  it('count once when they come again, in other batches', async () => {
    const rows = await suite.world.tell(stream, aCashFact(1), aTradeFact(2, { fees }), sold(3, 'T2'));
    await suite.folded(3);
    await suite.world.bus.publish(ORDERS_TOPIC, rows.slice(1));
    await suite.world.bus.publish(ORDERS_TOPIC, rows);
    await suite.world.tell(stream, sold(4, 'T3'));
    await suite.folded(4);
    expect(await suite.list()).toMatchObject({ positions: [{ netQty: '2', fees: '15.57' }], cash: [{ balance: '-1935.57' }] });
    expect((await suite.pool.query('SELECT unnest(books) FROM positions.ledger')).rowCount).toBe(2 + 4 + 3 + 3);
  });

  it('fill a gap from the journal', async () => {
    await suite.world.tell(stream, aCashFact(1));
    await suite.folded(1);
    suite.journal.append(stream, aTradeFact(2));
    suite.journal.append(stream, sold(3, 'T2'));
    await suite.world.tell(stream, sold(4, 'T3'));
    await suite.folded(4);
    expect((await suite.list()).positions.map((position) => position.netQty)).toEqual(['2']);
  });

  it('book a fill once, also when another fact tells it again', async () => {
    await suite.world.tell(stream, aTradeFact(1, { fees }), aTradeFact(2, { fees }));
    await suite.world.tell(stream, aTradeFact(3, { fees }));
    await suite.folded(3);
    expect(await suite.list()).toMatchObject({
      positions: [{ netQty: '10', accountSeq: 1, fees: '15.57' }],
      cash: [{ balance: '-15015.57' }],
    });
    expect((await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
    expect(suite.world.published.length).toBeLessThanOrEqual(1);
  });

  it('are folded in turns by two processes, each from where the other one stopped', async () => {
    const second = await suite.aProcess();
    for (let n = 1; n <= 9; n++) {
      await (n % 3 === 0 ? second : suite.world).tell(stream, aTradeFact(n, { tradeId: `T${n}`, lastQty: '1', fees }));
      await suite.folded(n);
    }
    expect(await suite.list()).toMatchObject({ positions: [{ netQty: '9', fees: '140.13' }], cash: [{ balance: '-13640.13' }] });
    expect((await second.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
  });

  it('of many accounts and streams fold side by side', async () => {
    const accounts = Array.from({ length: 20 }, (_, at) => `ACC-${at}`);
    await Promise.all(
      accounts.map((accountId, at) =>
        suite.world.tell(
          `orders/0${(at % 4).toString(16)}`,
          ...Array.from({ length: 30 }, (_, n) => aTradeFact(n + 1, { tradeId: `${accountId}-${n}`, lastQty: '1' }, { accountId })),
        ),
      ),
    );
    for (const accountId of accounts) {
      await suite.folded(30, suite.world, accountId);
      const { positions } = await suite.world.positions.listPositions({ accountId, includeFlat: false }, ops);
      expect(positions.map((position) => position.netQty)).toEqual(['30']);
    }
  });
});

describe('a fact that can not be folded', () => {
  it.each([
    ['a price that is none', aTradeFact(2, { tradeId: 'T2', lastPx: 'x' }), 'the price of trade T2 is malformed'],
    ['an unknown side', aTradeFact(2, { tradeId: 'T2', side: 7 as Side }), 'the side 7 of trade T2 is unknown'],
    ['a charge that is none', aTradeFact(2, { tradeId: 'T2', fees: [{ name: 'STT', amount: 'x' }] }), 'the STT of trade T2 is malformed'],
    ['the fill of before with a charge', aTradeFact(2, { fees }), 'now comes as'],
    ['the fill of before with another quantity', aTradeFact(2, { lastQty: '11' }), 'was booked for DEMO'],
    ['a kind that this version does not know', aFact(2, undefined), 'does not know the fact'],
    ['a sequence that goes back', aFact(1, { $case: 'accountChanged', value: { name: 'x', routes: [] } }), 'account_seq goes back'],
  ])('(%s) parks its account and no other', async (_what, poison, sentence) => {
    suite.world.areOwnersDown = true;
    await suite.world.tell(stream, aTradeFact(1), poison, sold(3, 'T3'), aTradeFact(1, { tradeId: 'T9' }, { accountId: 'OTHER' }));
    await suite.world.tell(stream, sold(4, 'T4'), aTradeFact(2, { tradeId: 'T10' }, { accountId: 'OTHER' }));
    await suite.folded(2, suite.world, 'OTHER');
    await eventually(async () => (await suite.list()).stale, { what: 'stale positions' });
    suite.world.areOwnersDown = false; // The owner is told until it has taken it.
    await eventually(() => suite.world.tradingStates.length > 0, { what: 'the account is stopped' });
    expect(suite.world.tradingStates[0]).toMatchObject({
      accountId: 'DEMO',
      tradingState: TradingState.CANCEL_ONLY,
      text: expect.stringContaining(sentence),
    });
    expect(await suite.list()).toMatchObject({ stale: true, accountSeq: 1, positions: [{ netQty: '10', stale: true }] });
    expect((await suite.world.positions.listPositions({ accountId: 'OTHER', includeFlat: false }, ops)).stale).toBe(false);
    expect(suite.world.tracker.ready()).toBe(true);
  });

  it('and bytes that are no fact park the account too', async () => {
    await suite.world.tell(stream, aTradeFact(1));
    const row = suite.journal.append(stream, aCashFact(2), Buffer.from([0xff, 0xff]));
    await suite.world.bus.publish(ORDERS_TOPIC, [row]);
    await eventually(async () => (await suite.list()).stale, { what: 'stale positions' });
  });

  it('is applied with all that came after it, once somebody has repaired what was wrong', async () => {
    await suite.pool.query(`INSERT INTO positions.trades VALUES ('PAPER-1', 'T2', 'SOMEBODY', 1, 'booked by a mistake')`);
    await suite.world.tell(stream, aTradeFact(1, { fees }), sold(2, 'T2', { fees }), sold(3, 'T3', { fees }));
    await eventually(async () => (await suite.list()).stale, { what: 'stale positions' });
    const { parked } = await suite.world.readers.listParked({ reader: '' }, ops);
    expect(parked).toMatchObject([
      { reader: 'position-tracker', stream, key: 'DEMO', fromSeq: 2, error: expect.stringContaining('booked for SOMEBODY') },
    ]);
    const replay = (key = 'DEMO') => suite.world.readers.replayParked({ reader: 'position-tracker', stream, key }, ops);
    await expect(replay('DE\0MO')).rejects.toMatchObject({ reason: Reason.FIELD_MALFORMED, violations: [{ field: 'key' }] });
    expect(await replay()).toMatchObject({ applied: 0, ended: false });
    await suite.pool.query(`DELETE FROM positions.trades WHERE trade_id = 'T2'`);
    expect(await replay()).toEqual({ applied: 2, ended: true, error: '' });
    expect(await suite.list()).toMatchObject({ stale: false, accountSeq: 3, positions: [{ netQty: '2', fees: '46.71' }] });
    expect((await suite.world.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
    await eventually(() => suite.world.published.length === 3, { what: 'the publication of what was replayed' });
  });
});

describe('after a restart', () => {
  it('what came meanwhile is folded, and nothing twice', async () => {
    await suite.world.tell(stream, aCashFact(1), aTradeFact(2, { fees }));
    await suite.folded(2);
    await suite.stop(suite.world);
    suite.journal.append(stream, sold(3, 'T2', { fees }));
    const next = await suite.aProcess();
    await suite.folded(3, next);
    expect((await suite.list(false, next)).positions.map((position) => [position.netQty, position.fees])).toEqual([['6', '31.14']]);
    expect((await next.positions.verifyAccount({ accountId: 'DEMO' }, ops)).equal).toBe(true);
  });

  it('what was not published is published, without a gap', async () => {
    suite.world.isBusDown = true;
    await suite.world.tell(stream, aTradeFact(1), sold(2, 'T2'));
    await suite.folded(2);
    await suite.stop(suite.world);
    const next = await suite.aProcess();
    await next.tell(stream, sold(3, 'T3'));
    await eventually(() => next.published.length === 3, { what: 'three positions' });
    expect(next.published.map((row) => [row.stream, row.seq, row.key])).toEqual([1, 2, 3].map((seq) => ['positions/7f', seq, 'DEMO']));
  });
});

describe('positions.v1', () => {
  it('tells each position after its trade, gapless and chained, when the bus is back', async () => {
    suite.world.isBusDown = true;
    await suite.world.tell(stream, aCashFact(1), aTradeFact(2, { fees }), sold(3, 'T2'));
    await suite.folded(3);
    await suite.world.tell(stream, sold(4, 'T3', { fees }));
    await suite.folded(4);
    expect(suite.world.published).toEqual([]);
    suite.world.isBusDown = false;
    await eventually(() => suite.world.published.length === 3, { what: 'three positions' });
    const events = suite.world.published.map((row) => PositionEvent.decode(row.payload));
    expect(events.map(({ tradeId, position }) => [tradeId, position?.netQty, position?.unrealisedPnl, position?.fees])).toEqual([
      ['T1', '10', '', '15.57'],
      ['T2', '6', '', '15.57'],
      ['T3', '2', '', '31.14'],
    ]);
    let hash: Uint8Array = genesisHash;
    for (const row of suite.world.published) expect(row.hash).toEqual(Buffer.from((hash = hashChain(hash, row.payload))));
  });

  it('fills the gaps of its readers from the journal of its producer', async () => {
    await suite.world.tell(stream, aTradeFact(1), sold(2, 'T2'), sold(3, 'T3'));
    await eventually(() => suite.world.published.length === 3, { what: 'three positions' });
    const [first, , third] = suite.world.published;
    // A bus that knows nothing of the journal, and lost the second message.
    const bus = new DirectBus({ calls: suite.world.calls, clock: systemClock, log: pino({ level: 'silent' }) });
    const read: number[] = [];
    const reader = bus.read({
      group: 'a-team',
      topic: POSITIONS_TOPIC,
      pool: suite.pool,
      schema: 'positions',
      producer: POSITIONS_JOURNAL,
      effect: (_from, rows) => {
        read.push(...rows.map(({ seq }) => seq));
        return Promise.resolve(noEffect);
      },
    });
    await reader.start();
    await bus.publish(POSITIONS_TOPIC, [first, third] as JournalRow[]);
    await eventually(() => read.length === 3, { what: 'every position' });
    expect([read, reader.ready()]).toEqual([[1, 2, 3], true]);
    await reader.stop();
    await bus.stop();
  });

  it('is published once a row by two processes on one database, each stream in order', async () => {
    const second = await suite.aProcess();
    for (let n = 1; n <= 40; n++) await suite.world.tell('orders/01', aTradeFact(n, { tradeId: `T${n}` }));
    const all = () => [...suite.world.published, ...second.published].map((row) => row.seq);
    await eventually(() => all().length >= 40, { what: 'forty positions' });
    expect(all().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    for (const each of [suite.world, second])
      expect(each.published.map((row) => row.seq)).toEqual(each.published.map((row) => row.seq).sort((a, b) => a - b));
  });

  it('is left to the process that is publishing it, however long that takes', async () => {
    const gate = new Deferred<void>();
    suite.world.publishGate = gate.promise;
    await suite.world.tell(stream, aTradeFact(1));
    const locked = `SELECT FROM positions.watermarks WHERE stream = 'positions/7f' FOR UPDATE SKIP LOCKED`;
    await suite.folded(1);
    await eventually(async () => (await suite.pool.query(locked)).rowCount === 0, { what: 'a publication under way' });
    const second = await suite.aProcess();
    await second.tell('orders/01', aTradeFact(1, { tradeId: 'T2' }, { accountId: 'OTHER' })); // Many looks later, since it is published itself.
    await eventually(() => second.published.length === 1, { what: 'the other stream' });
    await suite.world.tell(stream, sold(2, 'T3'));
    await suite.folded(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(second.published.map((row) => row.stream)).toEqual(['positions/01']);
    gate.resolve();
    const seqs = () => [...suite.world.published, ...second.published].filter((row) => row.stream === 'positions/7f').map((row) => row.seq);
    await eventually(() => seqs().length === 2, { what: 'both positions' });
    expect(seqs()).toEqual([1, 2]);
  });
});
