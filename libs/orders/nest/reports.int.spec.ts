// What brokers say becomes facts of the account, each once; and an owner that comes anew knows what the former one knew.
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OrdStatus, OrdType, Reason, RequestKind, TradingState } from '@switchyard/contracts';
import { type ListOrdersRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { aReport, aTrade } from '@switchyard/orders-core/testing';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { had, options, refusal, shardOfGroup, World } from './testing/world.js';

const world = World.forSpec();
let gateway: RunningProcess;
let accountId: string;
let shard: number;

beforeAll(async () => {
  gateway = await world.start();
}, 60_000);

beforeEach(async () => {
  accountId = await world.anAccount(gateway);
  shard = shardOfGroup(accountId);
});

async function restart(): Promise<void> {
  await world.stop(gateway);
  gateway = await world.start();
}

const cursorStored = async (): Promise<number> => {
  const sql = 'SELECT last_seq FROM orders.cursors WHERE stream = $1';
  const { rows } = await world.admin.query<{ last_seq: string }>(sql, [`session/paper-1/${shard.toString(16).padStart(2, '0')}`]);
  return Number(rows[0]?.last_seq ?? 0);
};

describe('reports', () => {
  it('are folded with the cursor in one statement, and acknowledged', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    world.brokers.trade(orderId, `T1-${orderId}`, '4', '1499.5');
    world.brokers.trade(orderId, `T2-${orderId}`, '6', '1500');
    const order = await world.until(gateway, accountId, orderId, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    expect(order).toMatchObject({ cumQty: '10', leavesQty: '0', avgPx: '1499.8', brokerOrderId: 'B1' });
    expect(await cursorStored()).toBe(3);
    await eventually(() => world.brokers.acks.some((ack) => ack.shard === shard && ack.seq === 3), { what: 'the acknowledgement' });
    // AccountOpened, accepted, confirmed, two trades.
    expect(await world.rowsOf(accountId)).toBe(5);
  });

  it('of a trigger and of what an order became by itself are in the order, also for the next owner', async () => {
    const { orderId } = await world.place(gateway, accountId, 'A-1', { ordType: OrdType.STOP_LIMIT, stopPx: '1490', displayQty: '5' });
    const toLimit = await world.confirmed(gateway, accountId, 'A-2', { ordType: OrdType.MARKET_TO_LIMIT, price: undefined });
    await eventually(() => world.brokers.commandOf(orderId), { what: 'the stop at the broker' });
    world.brokers.report(orderId, { $case: 'accepted', value: {} });
    world.brokers.report(orderId, { $case: 'triggered', value: { ordType: OrdType.LIMIT } });
    const self = { reason: Reason.VENUE_SELF_TRADE, text: 'its own order' };
    world.brokers.report(orderId, { $case: 'restated', value: { ordType: OrdType.LIMIT, orderQty: '7', price: '1500', ...self } });
    world.brokers.trade(toLimit, `T-${toLimit}`, '4');
    const rests = { ordType: OrdType.LIMIT, orderQty: '10', price: '1500', reason: Reason.UNSPECIFIED, text: '' };
    world.brokers.report(toLimit, { $case: 'restated', value: rests });
    const stop = { content: { ordType: OrdType.LIMIT, price: '1500', stopPx: '1490', orderQty: '7', displayQty: '5' }, leavesQty: '7' };
    const limit = { content: { ordType: OrdType.LIMIT, price: '1500', orderQty: '10' }, cumQty: '4', leavesQty: '6' };
    await world.until(gateway, accountId, toLimit, ({ content }) => content?.price === '1500');
    expect(await world.order(gateway, accountId, orderId)).toMatchObject({ ...stop, ordStatus: OrdStatus.NEW });
    expect(await world.order(gateway, accountId, toLimit)).toMatchObject(limit);
    await restart();
    expect(await world.until(gateway, accountId, orderId, ({ leavesQty }) => leavesQty === '7')).toMatchObject(stop);
    expect(await world.order(gateway, accountId, toLimit)).toMatchObject(limit);
    world.brokers.report(orderId, { $case: 'expired', value: { reason: Reason.VENUE_GTD_EXPIRED, text: 'its time came' } });
    const ended = await world.until(gateway, accountId, orderId, ({ ordStatus }) => ordStatus === OrdStatus.EXPIRED);
    expect(ended).toMatchObject({ reason: Reason.VENUE_GTD_EXPIRED, text: 'its time came', leavesQty: '0' });
    const { entries } = await world.orders(gateway).explainOrder({ accountId, orderId }, options);
    const told = entries.map(({ title, facts }) => [title, facts['ordType'] ?? '', facts['orderQty'] ?? ''].join(' ').trim());
    expect(told).toEqual(expect.arrayContaining(['order triggered LIMIT', 'order restated LIMIT 7', 'order expired']));
  });

  it('that come again after a broken stream are folded once, and only what has none is dispatched again', async () => {
    const reported = await world.confirmed(gateway, accountId, 'A-1');
    const { orderId: waiting } = await world.place(gateway, accountId, 'A-2');
    await eventually(() => world.brokers.sent(waiting).length === 1, { what: 'the second order at the broker' });
    world.brokers.break();
    await eventually(() => world.brokers.sent(waiting).length === 2, { what: 'the second order once more' });
    expect(world.brokers.sent(reported)).toEqual(['1']);
    world.brokers.say('paper-1', shard, { $case: 'report', value: had(world.brokers.journal('paper-1', shard).rows[0]) });
    world.brokers.trade(reported, `T-${reported}`, '10');
    await world.until(gateway, accountId, reported, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    expect(await world.rowsOf(accountId)).toBe(5);
  });

  it('with a gap between them are taken up again from the cursor', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    const journal = world.brokers.journal('paper-1', shard);
    const { command } = had(world.brokers.commandOf(orderId));
    const trade = (tradeId: string) =>
      aReport(command, aTrade({ tradeId, lastQty: '5', tradedAtMs: 5, brokerAccountId: command.brokerAccountId }));
    journal.add(trade(`T1-${orderId}`));
    world.brokers.say('paper-1', shard, { $case: 'report', value: journal.add(trade(`T2-${orderId}`)) });
    await world.until(gateway, accountId, orderId, ({ cumQty }) => cumQty === '10');
    expect(await world.rowsOf(accountId)).toBe(5);
  });

  it('of an order that there is not are parked: the account may only cancel, and operators are paged', async () => {
    const error = jest.spyOn(gateway.log, 'error').mockImplementation(() => undefined);
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    world.brokers.report(orderId, { $case: 'accepted', value: {} }, { orderId: `${orderId.slice(0, -1)}?` });
    const account = await eventually(
      async () => {
        const { account: now } = await world.accounts(gateway).getAccount({ accountId }, options);
        return now?.tradingState === TradingState.CANCEL_ONLY && now;
      },
      { what: 'the account to be CANCEL_ONLY' },
    );
    expect(account.tradingStateText).toContain('contradicts');
    expect(error.mock.calls).toEqual([[expect.objectContaining({ page: true, kind: 'contradiction', accountId }), 'alarm: contradiction']]);
    error.mockRestore();
    const { rowCount } = await world.admin.query('SELECT FROM orders.parked WHERE key = $1', [accountId]);
    expect(rowCount).toBe(1);
    expect((await world.place(gateway, accountId, 'A-2')).reason).toBe(Reason.TRADING_STATE);
  });

  it('that contradict are all kept, and a replay folds those that fit now', async () => {
    const error = jest.spyOn(gateway.log, 'error').mockImplementation(() => undefined);
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    const { command } = had(world.brokers.commandOf(orderId));
    const ofCancel = { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` };
    for (const tradeId of [`T1-${orderId}`, `T2-${orderId}`]) {
      const trade = aTrade({ tradeId, lastQty: '2', tradedAtMs: 5, brokerAccountId: command.brokerAccountId });
      world.brokers.report(orderId, trade, ofCancel);
    }
    world.brokers.report(orderId, { $case: 'accepted', value: {} }, { orderId: `${orderId.slice(0, -1)}?` });
    const ops = world.as(['ops']);
    const parked = async () =>
      (await world.readers(gateway).listParked({ reader: 'orders' }, ops)).parked.filter(({ key }) => key === accountId);
    await eventually(async () => (await parked()).length === 3, { what: 'three parked reports' });
    expect((await parked()).map(({ reader, fromSeq }) => [reader, fromSeq])).toEqual([
      ['orders', 2],
      ['orders', 3],
      ['orders', 4],
    ]);
    error.mockRestore();
    await world.orders(gateway).cancelOrder({ accountId, clOrdId: 'C-1', orderId, origClOrdId: '' }, options);
    const { stream } = had((await parked())[0]);
    const replay = (key = accountId) => world.readers(gateway).replayParked({ reader: 'orders', stream, key }, ops);
    expect(await refusal(replay('A\0B'))).toBe('FIELD_MALFORMED key');
    const [first, second] = [await replay(), await replay()];
    expect(first).toMatchObject({ applied: 2, ended: false, error: expect.stringContaining('there is no order') });
    expect(second).toEqual({ ...first, applied: 0 });
    expect((await parked()).map(({ fromSeq }) => fromSeq)).toEqual([4]);
    expect(await world.order(gateway, accountId, orderId)).toMatchObject({ cumQty: '4' });
    await restart();
    expect(await world.order(gateway, accountId, orderId)).toMatchObject({ cumQty: '4' });
  });

  it('are taken where the session went: a detach is followed by another attach', async () => {
    const { orderId } = await world.place(gateway, accountId, 'A-1');
    await eventually(() => world.brokers.sent(orderId).length === 1, { what: 'the order at the broker' });
    world.brokers.say('paper-1', shard, { $case: 'detached', value: { text: 'moved', address: '' } });
    await eventually(() => world.brokers.sent(orderId).length === 2, { what: 'the order after another attach' });
  });

  it('in words that this version does not know are paged, and the stream is made anew', async () => {
    const error = jest.spyOn(gateway.log, 'error').mockImplementation(() => undefined);
    const { orderId } = await world.place(gateway, accountId, 'A-1');
    await eventually(() => world.brokers.sent(orderId).length === 1, { what: 'the order at the broker' });
    world.brokers.say('paper-1', shard, undefined);
    await eventually(() => world.brokers.sent(orderId).length === 2, { what: 'the order over another stream' });
    expect(error.mock.calls).toEqual([[expect.objectContaining({ page: true }), expect.stringContaining('does not know')]]);
    error.mockRestore();
  });
});

describe('an owner that comes anew', () => {
  it('knows the same orders, from rows and the journal behind them, and dispatches what has no report', async () => {
    const [partly, filled, unsent] = (
      await Promise.all(['A-1', 'A-2', 'A-3'].map((clOrdId) => world.place(gateway, accountId, clOrdId)))
    ).map(({ orderId }) => orderId);
    if (partly === undefined || filled === undefined || unsent === undefined) throw new Error('three orders were placed');
    const stream = `orders/${shard.toString(16).padStart(2, '0')}`;
    const flushed = async () =>
      (await world.admin.query<{ seq: string }>('SELECT seq FROM orders.flushes WHERE stream = $1', [stream])).rows[0]?.seq;
    await eventually(async () => (await flushed()) === '4', { what: 'the flush of what was accepted' });
    const { rows } = await world.admin.query('SELECT order_id, ord_status, is_final, state FROM orders.orders WHERE account_id = $1', [
      accountId,
    ]);
    const account = (await world.admin.query('SELECT state FROM orders.accounts WHERE account_id = $1', [accountId])).rows[0]?.state;
    await eventually(() => world.brokers.commandOf(partly) && world.brokers.commandOf(filled), { what: 'the orders at the broker' });
    world.brokers.trade(partly, `T1-${partly}`, '4');
    world.brokers.trade(filled, `T1-${filled}`, '10');
    await world.until(gateway, accountId, filled, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    const before = await Promise.all([partly, filled, unsent].map((id) => world.order(gateway, accountId, id)));
    await world.stop(gateway);
    // As if the process had died before it wrote its rows again: the journal makes it good.
    await world.admin.query('UPDATE orders.flushes SET seq = 4 WHERE stream = $1', [stream]);
    await world.admin.query('UPDATE orders.accounts SET state = $2 WHERE account_id = $1', [accountId, account]);
    for (const row of rows)
      await world.admin.query('UPDATE orders.orders SET ord_status = $2, is_final = $3, state = $4 WHERE order_id = $1', [
        row.order_id,
        row.ord_status,
        row.is_final,
        row.state,
      ]);
    const sentBefore = world.brokers.sent(unsent).length;
    gateway = await world.start();
    expect(await Promise.all([partly, filled, unsent].map((id) => world.order(gateway, accountId, id)))).toEqual(before);
    await eventually(() => world.brokers.sent(unsent).length > sentBefore, { what: 'the dispatch' });
    expect(world.brokers.sent(partly)).toEqual(['1']);
    // And goes on where the former one stopped, at the rows too.
    world.brokers.trade(partly, `T2-${partly}`, '6');
    await world.until(gateway, accountId, partly, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    const finals = () => world.admin.query('SELECT FROM orders.orders WHERE account_id = $1 AND is_final', [accountId]);
    await eventually(async () => (await finals()).rowCount === 2, { what: 'the rows' });
  });

  it('has rows that are what the journal folds to', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    world.brokers.trade(orderId, `T1-${orderId}`, '4');
    const order = await world.until(gateway, accountId, orderId, ({ cumQty }) => cumQty === '4');
    await restart();
    const { rows } = await world.admin.query<{ ord_status: number; is_final: boolean; instrument_id: string }>(
      'SELECT ord_status, is_final, instrument_id FROM orders.orders WHERE order_id = $1',
      [orderId],
    );
    expect(rows).toEqual([{ ord_status: OrdStatus.PARTIALLY_FILLED, is_final: false, instrument_id: 'i-infy' }]);
    expect(await world.order(gateway, accountId, orderId)).toEqual(order);
  });

  it('is another life of the same process when its holder was declared dead: nothing is lost, nothing is sent twice', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    const attaches = world.risk.attaches.length;
    await world.admin.query('UPDATE orders.holders SET alive = false');
    await eventually(() => world.risk.attaches.slice(attaches).some((attach) => attach.shard === shard), { what: 'the next life' });
    await eventually(async () => (await world.place(gateway, accountId, 'A-2').catch(() => undefined)) !== undefined, {
      what: 'an order in the next life',
    });
    world.brokers.trade(orderId, `T-${orderId}`, '10');
    await world.until(gateway, accountId, orderId, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    expect(world.brokers.sent(orderId)).toEqual(['1']);
    expect(world.risk.faults).toEqual([]);
  });
});

describe('reading orders', () => {
  const list = (differs: Partial<ListOrdersRequest> = {}) =>
    world
      .orders(gateway)
      .listOrders({ accountId, ordStatuses: [], openOnly: false, instrument: '', pageSize: 0, pageToken: '', ...differs }, options);
  const ids = async (differs: Partial<ListOrdersRequest> = {}): Promise<string[]> =>
    (await list(differs)).orders.map(({ firstClOrdId }) => firstClOrdId);

  it('by filters and pages, the newest first, with what happened a moment ago', async () => {
    const filled = await world.confirmed(gateway, accountId, 'A-1');
    await world.confirmed(gateway, accountId, 'A-2', { instrument: 'NSE:TCS' });
    await world.place(gateway, accountId, 'A-3');
    world.brokers.trade(filled, `T-${filled}`, '10');
    await world.until(gateway, accountId, filled, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    expect(await ids()).toEqual(['A-3', 'A-2', 'A-1']);
    expect(await ids({ openOnly: true })).toEqual(['A-3', 'A-2']);
    expect(await ids({ ordStatuses: [OrdStatus.FILLED, OrdStatus.PENDING_NEW] })).toEqual(['A-3', 'A-1']);
    expect(await ids({ instrument: 'nse:tcs' })).toEqual(['A-2']);
    expect(await ids({ instrument: 'i-infy', openOnly: true })).toEqual(['A-3']);
    const first = await list({ pageSize: 2 });
    expect(first.orders.map(({ clOrdId }) => clOrdId)).toEqual(['A-3', 'A-2']);
    expect(await list({ pageSize: 2, pageToken: first.nextPageToken })).toMatchObject({ orders: [{ clOrdId: 'A-1' }], nextPageToken: '' });
  });

  it.each([
    ['a page of less than nothing', { pageSize: -1 }, 'OUT_OF_RANGE pageSize'],
    ['a page of too many', { pageSize: 201 }, 'OUT_OF_RANGE pageSize'],
    ['a page token that none gave', { pageToken: 'next' }, 'FIELD_MALFORMED pageToken'],
    ['a status that is none', { ordStatuses: [OrdStatus.UNSPECIFIED] }, 'ENUM_UNKNOWN ordStatuses'],
    ['an instrument that there is not', { instrument: 'NSE:NOTHING' }, 'INSTRUMENT_UNKNOWN instrument'],
  ])('with %s is refused with the field', async (_, differs, expected) => {
    expect(await refusal(list(differs))).toBe(expected);
  });

  it('one by its id or by the clOrdId of any of its requests, of its own account only', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    await world.orders(gateway).cancelOrder({ accountId, clOrdId: 'C-1', orderId, origClOrdId: '' }, options);
    const get = (differs: object) => world.orders(gateway).getOrder({ accountId, orderId: '', clOrdId: '', ...differs }, options);
    for (const by of [{ orderId }, { clOrdId: 'A-1' }, { clOrdId: 'C-1' }]) expect((await get(by)).order?.orderId).toBe(orderId);
    const stranger = await world.anAccount(gateway, { riskGroupId: accountId });
    expect(await refusal(get({}))).toBe('FIELD_REQUIRED orderId');
    expect(await refusal(get({ clOrdId: 'A-9' }))).toBe('ORDER_UNKNOWN clOrdId');
    expect(await refusal(get({ accountId: stranger, orderId }))).toBe('ORDER_UNKNOWN orderId');
    expect(await refusal(get({ accountId: 'NOBODY', orderId }))).toBe('ACCOUNT_UNKNOWN accountId');
  });
});
