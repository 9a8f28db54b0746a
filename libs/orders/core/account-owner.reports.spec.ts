import { beforeEach, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason, RequestKind, StatusCode, TradingState } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { anExpiry, aReport, aTrade, demoAccountId, errorOf, OwnerDriver, OwnerHarness } from './testing/index.js';

const accountId = demoAccountId;
let h: OwnerHarness;
const { place, cancel, replace, stored, sent, report, confirm, trade, placed, working, statusOf } = new OwnerDriver(() => h);

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('reports', () => {
  it('are folded once and acknowledged after the commit', async () => {
    const orderId = await placed();
    h.journal.manual = true;
    await confirm(orderId);
    expect(h.dispatcher.acks).toEqual([]);
    h.journal.runStatement();
    await h.rest();
    expect(h.dispatcher.acks).toEqual([{ sessionId: 'paper-1', seq: 1 }]);
    h.journal.manual = false;
    h.owner.takeReports('paper-1', h.connector.rows);
    await h.rest();
    expect(stored().filter((each) => each === 'orderConfirmed').length).toBe(1);
    expect(h.owner.cursorOf('paper-1')).toMatchObject({ seq: 1, hash: h.connector.rows[0]?.hash });
  });

  it('that queued go into one change, several of one order too', async () => {
    const orderId = await placed();
    const trades = [1, 2, 3].map((n) => h.connector.add(aReport({ orderId, accountId }, aTrade({ tradeId: `T-${n}`, lastQty: '2' }))));
    h.owner.takeReports('paper-1', trades);
    await h.rest();
    expect(h.dispatcher.acks).toEqual([{ sessionId: 'paper-1', seq: 3 }]);
    expect(h.owner.order(orderId)).toMatchObject({ tradeIds: ['T-1', 'T-2', 'T-3'] });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ cumQty: '6', leavesQty: '4', avgPx: '1500' });
  });

  it('wait for a request of the same order that is being written', async () => {
    const orderId = await working();
    h.journal.manual = true;
    const canceling = cancel(orderId);
    await h.rest();
    await trade(orderId, '10');
    expect(h.journal.queued).toBe(1);
    h.journal.runStatement();
    await canceling;
    await h.rest();
    h.journal.runStatement();
    await h.rest();
    expect(stored().slice(-2)).toEqual(['cancelRequested', 'tradeBooked']);
  });

  it('that only acknowledge move the cursor alone', async () => {
    const orderId = await working();
    await cancel(orderId);
    const before = stored().length;
    await report(orderId, { $case: 'accepted', value: {} }, { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` });
    expect([stored().length, h.dispatcher.acks.at(-1)]).toEqual([before, { sessionId: 'paper-1', seq: 2 }]);
  });

  it('with a gap ask for a new attach', async () => {
    const orderId = await placed();
    const [first, second] = [
      h.connector.add(aReport({ orderId, accountId }, { $case: 'accepted', value: {} })),
      h.connector.add(aReport({ orderId, accountId }, anExpiry(''))),
    ];
    h.owner.takeReports('paper-1', [second]);
    await h.rest();
    expect(h.dispatcher.reattached).toMatchObject([{ sessionId: 'paper-1', text: 'report 1 is missing before 2' }]);
    h.owner.takeReports('paper-1', [first, second]);
    await h.rest();
    expect(statusOf(orderId)).toBe('EXPIRED');
  });

  it('of another content under the same number stop the stream and page', async () => {
    const orderId = await working();
    const forged = { ...h.connector.rows[0]!, hash: Buffer.alloc(16, 7) };
    h.owner.takeReports('paper-1', [forged]);
    await h.rest();
    expect(h.alarms).toMatchObject([{ kind: 'stream-conflict', seq: 1 }]);
    await trade(orderId, '1');
    expect(statusOf(orderId)).toBe('NEW');
  });

  it.each([['whose hash does not continue the chain', (row: { payload: Buffer }) => ({ ...row, hash: Buffer.alloc(16, 9) }), /chain/]])(
    '%s stop the stream',
    async (_what, forge, text) => {
      const orderId = await placed();
      h.owner.takeReports('paper-1', [
        { ...h.connector.add(aReport({ orderId, accountId }, { $case: 'accepted', value: {} })), ...forge(h.connector.rows[0]!) },
      ]);
      await h.rest();
      expect(h.alarms).toMatchObject([{ kind: 'stream-conflict', text: expect.stringMatching(text) }]);
    },
  );

  it('that contradict are parked and paged, the account may only cancel, and the rest goes on', async () => {
    const orderId = await working();
    const other = await working('A-2');
    await trade(orderId, '10');
    await report(orderId, anExpiry());
    expect(h.tables.parked).toMatchObject([{ reader: 'orders', key: accountId, fromSeq: 4, error: 'expired, but the order is FILLED' }]);
    expect(h.alarms).toMatchObject([{ kind: 'contradiction', orderId, seq: 4 }]);
    expect(h.owner.account(accountId)?.tradingState).toBe(TradingState.CANCEL_ONLY);
    await trade(other, '10');
    expect(statusOf(other)).toBe('FILLED');
    await report(orderId, anExpiry('again'));
    expect([h.tables.parked.length, stored().filter((each) => each === 'tradingStateChanged').length]).toEqual([2, 1]);
  });

  it('of an order that does not exist are parked, whoever’s it may be', async () => {
    await report('7f'.padEnd(24, '0'), { $case: 'accepted', value: {} });
    await report('7f'.padEnd(24, '0'), { $case: 'accepted', value: {} }, { accountId: 'NOBODY' });
    expect(h.tables.parked.map(({ key }) => key)).toEqual([accountId, 'NOBODY']);
    expect(h.dispatcher.acks.at(-1)?.seq).toBe(2);
  });

  it('that are parked are folded once by a replay when they fit, in their order; what contradicts still stays with its reason', async () => {
    const orderId = await working();
    const ofCancel = { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` };
    await report(orderId, aTrade({ tradeId: 'T-1', lastQty: '4' }), ofCancel);
    await report(orderId, { $case: 'restated', value: { ordType: 1, orderQty: '9', reason: Reason.UNSPECIFIED, text: '' } });
    await report(orderId, aTrade({ tradeId: 'T-2', lastQty: '1' }), ofCancel);
    expect(h.tables.parked.map(({ fromSeq }) => fromSeq)).toEqual([2, 3, 4]);
    const why = `session/paper-1/${h.tables.parked[0]!.stream.slice(-2)}#2: the order has no request ${orderId}.2 (and 2 more)`;
    const replay = () => h.owner.replayParked('paper-1', accountId, '');
    expect(await replay()).toEqual({ applied: 0, ended: false, error: why });
    expect(h.owner.order(orderId)?.tradeIds).toEqual([]);

    await cancel(orderId);
    const [first, second] = await Promise.all([replay(), replay()]);
    expect([first.applied, second.applied, first.ended]).toEqual([2, 0, false]);
    expect(first.error).toContain('#3: ');
    expect(h.tables.parked.map(({ fromSeq }) => fromSeq)).toEqual([3]);
    expect(h.owner.order(orderId)?.tradeIds).toEqual(['T-1', 'T-2']);
    expect(h.tables.events().at(-1)?.state).toMatchObject({ cumQty: '5' });
    await h.restart();
    expect(h.owner.order(orderId)?.tradeIds).toEqual(['T-1', 'T-2']);
  });

  it('that are parked are not lost by a replay that the journal does not take', async () => {
    const orderId = await working();
    await report(orderId, aTrade({ tradeId: 'T-1' }), { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` });
    await cancel(orderId);
    h.journal.faults.push('refused');
    expect(await errorOf(h.owner.replayParked('paper-1', accountId, ''))).toMatchObject({ reason: Reason.INTERNAL });
    expect([h.tables.parked.length, h.owner.order(orderId)?.tradeIds]).toEqual([1, []]);
    expect(await h.owner.replayParked('paper-1', accountId, '')).toEqual({ applied: 1, ended: true, error: '' });
  });

  it('of a late fill change the quantity of a final order, and operators are told', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    await report(orderId, { $case: 'canceled', value: { reason: Reason.UNSPECIFIED, text: '' } });
    h.flush();
    expect(h.owner.order(orderId)).toBeUndefined();
    await trade(orderId, '4', 'T-late');
    expect(h.tables.events().at(-1)?.state).toMatchObject({ ordStatus: OrdStatus.CANCELED, cumQty: '4', leavesQty: '0' });
    expect(h.alarms).toEqual([{ kind: 'late-trade', accountId, orderId, tradeId: 'T-late' }]);
  });

  it('of doubt mark the order until evidence comes', async () => {
    const orderId = await placed();
    await report(orderId, { $case: 'inDoubt', value: { text: 'timeout' } });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ inDoubt: true, ordStatus: OrdStatus.PENDING_NEW });
    await report(orderId, { $case: 'notSent', value: { reason: Reason.PROVEN_ABSENT, text: 'nowhere' } });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ inDoubt: false, ordStatus: OrdStatus.REJECTED, reason: Reason.PROVEN_ABSENT });
  });

  it('wait until rows can be read again', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    await trade(orderId, '10');
    h.flush();
    h.journal.readsFail = true;
    await trade(orderId, '1', 'T-over');
    expect([h.dispatcher.reattached.length, h.owner.cursorOf('paper-1').seq]).toEqual([1, 2]);
    h.journal.readsFail = false;
    h.owner.takeReports('paper-1', h.connector.rows);
    await h.rest();
    expect(h.tables.events().at(-1)?.state).toMatchObject({ ordStatus: OrdStatus.FILLED, cumQty: '11' });
  });

  it('that don’t fit into memory are left to a new attach', async () => {
    h = await new OwnerHarness({ limits: { reportsQueuedMax: 2, reportsPerChangeMax: 2 } }).openDemo();
    const orderId = await placed();
    const rows = [1, 2, 3].map((n) => h.connector.add(aReport({ orderId, accountId }, aTrade({ tradeId: `T-${n}`, lastPx: '1' }))));
    h.owner.takeReports('paper-1', rows);
    await h.rest();
    expect(h.dispatcher.reattached.length).toBe(1);
    for (const row of rows) {
      h.owner.takeReports('paper-1', [row]);
      await h.rest();
    }
    expect(h.owner.order(orderId)?.tradeIds).toEqual(['T-1', 'T-2', 'T-3']);
  });

  it('that the journal refuses stop the stream and page', async () => {
    const orderId = await placed();
    h.journal.faults.push('refused');
    await confirm(orderId);
    expect(h.alarms).toMatchObject([{ kind: 'stream-conflict' }]);
  });
});

describe('redispatch', () => {
  it('sends all that has no report again, with the same ids, cancels first', async () => {
    const [, second, third] = [await placed('A-1'), await placed('A-2'), await working('A-3')];
    await working('A-4');
    await cancel(second);
    await replace(third);
    const before = h.dispatcher.sent.map(({ command }) => command);
    h.dispatcher.sent.length = 0;
    h.owner.redispatch('paper-1');
    expect(sent()).toEqual(['CANCEL .2', 'NEW .1', 'NEW .1', 'REPLACE .2']);
    for (const { command } of h.dispatcher.sent) expect(before).toContainEqual(command);
    h.dispatcher.sent.length = 0;
    await h.restart();
    h.owner.redispatch('paper-1');
    h.owner.redispatch('paper-2');
    expect(sent()).toEqual(['CANCEL .2', 'NEW .1', 'NEW .1', 'REPLACE .2']);
  });
});

describe('redispatch after a clock went back', () => {
  it('sends the orders of an account in the order of their acceptance', async () => {
    const orders = [await placed('A-1')];
    h.nowMs -= 1_000; // Another process took over, and its clock is behind.
    orders.push(await placed('A-2'), await placed('A-3'));
    h.dispatcher.sent.length = 0;
    h.owner.redispatch('paper-1');
    expect(h.dispatcher.sent.map(({ command }) => command.orderId)).toEqual(orders);
  });
});

describe('the life of an owner', () => {
  it('tells listeners of every commit in order', async () => {
    const seen: number[] = [];
    const end = h.owner.onCommitted((events) => seen.push(...events.map(({ seq }) => seq)));
    await Promise.all([place('A-1'), place('A-2')]);
    end();
    await place('A-3');
    expect(seen).toEqual([2, 3]);
    expect([...h.owner.keySeqs()]).toEqual([[accountId, 4]]);
    expect(h.owner.sessionIds()).toEqual(['paper-1']);
    expect([...h.owner.accounts()].length).toBe(1);
  });

  it('lets final orders and their clOrdIds leave memory, but only once they are in their rows', async () => {
    h = await new OwnerHarness({ limits: { finalOrderRetentionMs: 1_000 } }).openDemo();
    const orderId = await working();
    await trade(orderId, '10');
    await place('A-2');
    h.nowMs += 5_000;
    const dirty = h.owner.takeDirty();
    h.owner.flushFailed(dirty!);
    expect(h.owner.sizes()).toEqual({ orders: 2, requests: 2 });
    h.flush();
    expect(h.owner.sizes()).toEqual({ orders: 1, requests: 1 });
    expect(h.owner.takeDirty()).toBeUndefined();
    expect((await place('A-1')).replayed).toBe(true);
  });

  it('keeps a final order that is in no row yet, whatever is flushed meanwhile', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const [first, second] = [await working('A-1'), await working('A-2')];
    await trade(first, '10');
    h.tables.flush(h.owner.takeDirty()!);
    await trade(second, '10');
    const later = h.owner.takeDirty()!;
    h.owner.flushed();
    expect(h.owner.order(second)?.working).toBe('FILLED'); // `later` is under way.
    h.owner.flushFailed(later);
    await place('A-3');
    h.owner.takeDirty();
    h.owner.flushed();
    expect([h.owner.order(first), h.owner.order(second)]).toEqual([undefined, undefined]);
    const third = await working('A-4');
    h.tables.flush(h.owner.takeDirty()!);
    await trade(third, '10');
    h.owner.flushed();
    expect(h.owner.order(third)?.working).toBe('FILLED'); // It changed after its rows were taken.
  });

  it('drains: finishes what is under way, takes no more, and gives its credits back', async () => {
    h.risk.hold = new Deferred();
    const underWay = place();
    await h.rest();
    const drained = h.owner.drain();
    expect(await errorOf(place('A-2'))).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_OWNER });
    h.risk.hold.resolve();
    expect((await underWay).order?.ordStatus).toBe(OrdStatus.PENDING_NEW);
    await drained;
    await h.owner.settled();
    expect(h.credits.held('paper-1')).toBe(0);
    const count = h.dispatcher.sent.length;
    h.owner.redispatch('paper-1');
    h.owner.takeReports('paper-1', []);
    expect(h.dispatcher.sent.length).toBe(count);
  });

  it('that is closed while risk judges stores nothing and says that the outcome is unknown', async () => {
    h.risk.hold = new Deferred();
    const answer = errorOf(place());
    await h.rest();
    h.owner.close();
    h.risk.hold.resolve();
    expect(await answer).toMatchObject({ reason: Reason.UNKNOWN_RETRY_SAME_ID });
    expect([stored(), h.risk.approvals[0]?.isAbandoned]).toEqual([['accountOpened'], true]);
  });
});
