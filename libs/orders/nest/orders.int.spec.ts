// An order's way in: durable before the answer, once per clOrdId, never without risk, never without room at the broker.
import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OrdStatus, OrdType, Reason, RequestKind, StatusCode, TimeInForce } from '@switchyard/contracts';
import { BrokerOffer, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aContent, aDecision } from '@switchyard/orders-core/testing';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { options, refusal, shardOfGroup, World } from './testing/world.js';

const world = World.forSpec();
let gateway: RunningProcess;
let accountId: string;

beforeAll(async () => {
  gateway = await world.start('gateway-0', { ORDERS_SEND_BEFORE_MS: '20000' });
}, 60_000);

beforeEach(async () => {
  world.risk.decide = () => aDecision();
  accountId = await world.anAccount(gateway);
});

const place = (clOrdId: string, differs = {}) =>
  world.orders(gateway).placeOrder({ accountId, clOrdId, content: aContent(differs) }, options);

describe('an order', () => {
  it('is durable and judged when it is answered, and then dispatched', async () => {
    const order = await world.place(gateway, accountId, 'A-1');
    expect(order).toMatchObject({
      ordStatus: OrdStatus.PENDING_NEW,
      accountId,
      content: { instrument: 'i-infy' },
      brokerAccountId: `PAPER-${accountId}`,
      replayed: false,
    });
    expect(await world.rowsOf(accountId)).toBe(2);
    const { rowCount } = await world.admin.query('SELECT FROM orders.requests WHERE account_id = $1 AND request_id = $2', [
      accountId,
      'A-1',
    ]);
    expect(rowCount).toBe(1);
    const sent = await eventually(() => world.brokers.commandOf(order.orderId), { what: 'a dispatch' });
    expect(sent).toMatchObject({
      sessionId: 'paper-1',
      shard: shardOfGroup(accountId),
      command: { kind: RequestKind.NEW, content: { orderQty: '10' }, sendBeforeMs: order.createdAtMs + 20_000 },
    });
    expect(world.risk.checks.at(-1)).toMatchObject({
      accountId,
      orderId: order.orderId,
      brokerAccountId: `PAPER-${accountId}`,
      broker: 'paper',
    });
    await eventually(() => world.risk.folded.get(shardOfGroup(accountId)) === 2, { what: 'the event at risk' });
    expect(world.risk.faults).toEqual([]);
  });

  it('which is the first of all at its session is accepted at once', async () => {
    const routes = [{ brokerAccountId: 'PAPER-2', sessionId: 'paper-2' }];
    const newcomer = await world.anAccount(gateway, { routes });
    const request = { accountId: newcomer, clOrdId: 'A-1', content: aContent() };
    expect((await world.orders(gateway).placeOrder(request, options)).order?.ordStatus).toBe(OrdStatus.PENDING_NEW);
  });

  it('that is repeated gets the first answer; the same id with other content is refused', async () => {
    const first = await world.place(gateway, accountId, 'A-1');
    const [again, ...others] = await Promise.all([1, 2, 3].map(() => world.place(gateway, accountId, 'A-1')));
    expect(again).toMatchObject({ orderId: first.orderId, ordStatus: OrdStatus.PENDING_NEW, replayed: true });
    expect(others.map(({ orderId }) => orderId)).toEqual([first.orderId, first.orderId]);
    await expect(place('A-1', { orderQty: '11' })).rejects.toMatchObject({
      code: StatusCode.ALREADY_EXISTS,
      reason: Reason.CL_ORD_ID_REUSED,
    });
    expect(await world.rowsOf(accountId)).toBe(2);
  });

  it('that risk refuses is stored as denied, and stays so', async () => {
    world.risk.decide = () =>
      aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, text: 'too much', field: 'content.orderQty' });
    const { order, field } = await place('A-1');
    expect(order).toMatchObject({ ordStatus: OrdStatus.DENIED, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, text: 'too much' });
    expect(field).toBe('content.orderQty');
    world.risk.decide = () => aDecision();
    expect(await place('A-1')).toMatchObject({ order: { ordStatus: OrdStatus.DENIED }, replayed: true });
    expect(world.brokers.sent(order?.orderId ?? '')).toEqual([]);
  });

  it.each([
    ['an instrument that there is not', { instrument: 'NSE:NOTHING' }, 'INSTRUMENT_UNKNOWN content.instrument'],
    ['a symbol that names two', { instrument: 'nse:twice' }, 'INSTRUMENT_AMBIGUOUS content.instrument'],
    ['a symbol that two exchanges list', { instrument: 'BOTH' }, 'INSTRUMENT_AMBIGUOUS content.instrument'],
    ['a quantity of nothing', { orderQty: '0' }, 'NOT_POSITIVE content.orderQty'],
  ])('of %s is refused, and nothing is stored', async (_, differs, expected) => {
    expect(await refusal(place('A-1', differs))).toBe(expected);
    expect(await world.rowsOf(accountId)).toBe(1);
  });

  it.each(['i-tcs', 'NSE:TCS', 'nse:tcs', 'TCS'])('names its instrument as %s', async (instrument) => {
    expect((await place('A-1', { instrument })).order?.content?.instrument).toBe('i-tcs');
  });

  it('can be previewed', async () => {
    const { decision, route } = await world.orders(gateway).previewOrder({ accountId, content: aContent() }, options);
    expect([decision?.approved, route]).toEqual([true, { brokerAccountId: `PAPER-${accountId}`, sessionId: 'paper-1' }]);
    expect(
      await refusal(world.orders(gateway).previewOrder({ accountId, content: aContent({ instrument: 'NSE:NOTHING' }) }, options)),
    ).toBe('INSTRUMENT_UNKNOWN content.instrument');
    expect(await world.rowsOf(accountId)).toBe(1);
  });

  it.each([
    ['an expiry that has come', { timeInForce: TimeInForce.GTD, expireAtMs: 1_000 }, [Reason.VENUE_GTD_EXPIRED, 'content.expireAtMs']],
    ['what the broker does not offer', { ordType: OrdType.STOP_LIMIT, stopPx: '1490' }, [Reason.VENUE_NOT_SUPPORTED, 'content.ordType']],
  ])('with %s is refused by its preview as it would be denied, without a word of risk', async (_, differs, expected) => {
    world.brokers.offer = BrokerOffer.fromPartial({
      ordTypes: [OrdType.LIMIT],
      timeInForces: [TimeInForce.DAY, TimeInForce.GTD],
      products: [aContent().product],
    });
    world.brokers.tellSessions();
    const preview = () => world.orders(gateway).previewOrder({ accountId, content: aContent(differs) }, options);
    const { decision, route } = await eventually(
      async () => {
        const answer = await preview();
        return answer.decision?.approved === false && answer;
      },
      { what: 'the refusal', timeoutMs: 10_000 },
    );
    const { order, field } = await place('A-1', differs);
    world.brokers.offer = undefined;
    world.brokers.tellSessions();
    expect([decision?.reason, decision?.field]).toEqual(expected);
    expect([order?.ordStatus, order?.reason, field, order?.text]).toEqual([OrdStatus.DENIED, ...expected, decision?.text]);
    expect(route?.sessionId).toBe('paper-1');
    expect(await world.rowsOf(accountId)).toBe(2);
  });

  it('under a halt is denied at the door', async () => {
    const halt = { haltId: 'H1', scope: 3, key: accountId, text: 'stop', actor: 'olga', atMs: 1 };
    expect(await world.owners(gateway).putHalts({ haltVersion: 5, halts: [halt] }, options)).toEqual({ haltVersion: 5 });
    expect(await place('A-1')).toMatchObject({ order: { ordStatus: OrdStatus.DENIED, reason: Reason.KILL_SWITCH } });
    expect(await refusal(world.owners(gateway).putHalts({ haltVersion: 6, halts: [] }, world.as(['admin'])))).toBe('PERMISSION_DENIED');
    // What risk says on its stream counts as much.
    world.risk.say(shardOfGroup(accountId), { $case: 'haltsChanged', value: { haltVersion: 6, halts: [] } });
    await eventually(async () => (await place(`A-${Math.random()}`)).order?.ordStatus === OrdStatus.PENDING_NEW, { what: 'the release' });
  });
});

describe('cancel and replace', () => {
  it('are stored, dispatched and answered by the broker', async () => {
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    const replace = { accountId, clOrdId: 'R-1', orderId, origClOrdId: '', orderQty: '20', price: '1490', stopPx: undefined };
    expect((await world.orders(gateway).replaceOrder(replace, options)).order).toMatchObject({
      ordStatus: OrdStatus.PENDING_REPLACE,
      replaceQty: '20',
    });
    await eventually(() => world.brokers.sent(orderId).includes('2'), { what: 'the replace at the broker' });
    world.brokers.report(
      orderId,
      { $case: 'replaced', value: { orderQty: '20', price: '1490' } },
      { brokerRequestId: `${orderId}.2`, kind: RequestKind.REPLACE },
    );
    await world.until(gateway, accountId, orderId, ({ content }) => content?.orderQty === '20');
    const cancel = { accountId, clOrdId: 'C-1', orderId: '', origClOrdId: 'A-1' };
    expect((await world.orders(gateway).cancelOrder(cancel, options)).order).toMatchObject({ ordStatus: OrdStatus.PENDING_CANCEL });
    expect(await world.orders(gateway).cancelOrder(cancel, options)).toMatchObject({ replayed: true });
    await eventually(() => world.brokers.sent(orderId).includes('3'), { what: 'the cancel at the broker' });
    world.brokers.report(
      orderId,
      { $case: 'canceled', value: { reason: 0, text: '' } },
      { brokerRequestId: `${orderId}.3`, kind: RequestKind.CANCEL },
    );
    const order = await world.until(gateway, accountId, orderId, ({ ordStatus }) => ordStatus === OrdStatus.CANCELED);
    expect(order).toMatchObject({ clOrdId: 'C-1', firstClOrdId: 'A-1', leavesQty: '0' });
  });

  it('of all orders is one request', async () => {
    const orderIds = [await world.confirmed(gateway, accountId, 'A-1'), await world.confirmed(gateway, accountId, 'A-2')];
    const { cancels } = await world.orders(gateway).cancelAll({ accountId, clOrdId: 'ALL' }, options);
    expect(cancels.map(({ order }) => order?.ordStatus)).toEqual([OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_CANCEL]);
    await eventually(() => orderIds.every((orderId) => world.brokers.sent(orderId).includes('2')), { what: 'the cancels' });
  });
});

describe('risk', () => {
  it('whose stream broke: nothing is stored until it has folded the journal again, and the same id may be tried again', async () => {
    world.risk.decide = () => undefined;
    const waiting = refusal(place('A-1'));
    await eventually(() => world.risk.checks.at(-1)?.accountId === accountId, { what: 'the check' });
    world.risk.isDown = true;
    world.risk.break();
    expect(await waiting).toBe('RISK_UNAVAILABLE');
    expect(await refusal(place('A-2'))).toBe('RISK_UNAVAILABLE');
    expect(await world.rowsOf(accountId)).toBe(1);
    world.risk.decide = () => aDecision();
    const shard = shardOfGroup(accountId);
    const before = world.risk.attaches.length;
    world.risk.isDown = false;
    await eventually(async () => (await place('A-1').catch(() => undefined))?.order?.ordStatus === OrdStatus.PENDING_NEW, {
      what: 'an order once risk is back',
    });
    // From where risk had folded to, and no event twice.
    expect(world.risk.attaches.slice(before).find((attach) => attach.shard === shard)).toEqual({ shard, fromSeq: 2 });
    await eventually(() => world.risk.folded.get(shard) === 2, { what: 'the order at risk' });
    expect(world.risk.faults).toEqual([]);
  });

  it('that lost its snapshot gets the whole journal of the shard', async () => {
    await world.place(gateway, accountId, 'A-1');
    const shard = shardOfGroup(accountId);
    await eventually(() => world.risk.folded.get(shard) === 2, { what: 'the order at risk' });
    world.risk.folded.delete(shard);
    world.risk.say(shard, { $case: 'detached', value: { text: 'a gap was found' } });
    await eventually(() => world.risk.folded.get(shard) === 2, { what: 'the journal once more' });
    expect(world.risk.faults).toEqual([]);
    await world.place(gateway, accountId, 'A-2');
  });

  it('that decides too late: nothing is stored, and its approval is abandoned', async () => {
    world.risk.decide = () => undefined;
    expect(await refusal(place('A-1'))).toBe('RISK_UNAVAILABLE');
    const [check] = world.risk.checks.slice(-1);
    if (check === undefined) throw new Error('risk was asked');
    world.risk.answer(check, aDecision());
    await eventually(() => world.risk.abandoned.includes(check.checkId), { what: 'the abandon' });
    expect(await world.rowsOf(accountId)).toBe(1);
  });

  it('that says what this version does not know is paged, and its stream is made anew', async () => {
    const error = jest.spyOn(gateway.log, 'error').mockImplementation(() => undefined);
    const before = world.risk.attaches.length;
    world.risk.say(shardOfGroup(accountId), undefined);
    await eventually(() => world.risk.attaches.length >= before + 256, { what: 'another attach of every shard' });
    expect(error.mock.calls).toEqual([[{ page: true }, expect.stringContaining('does not know')]]);
    error.mockRestore();
    await world.place(gateway, accountId, 'A-1');
  });
});

describe('a broker session', () => {
  it('without credit: the order is refused with the time to wait, before anything is stored', async () => {
    world.brokers.setCredits('paper-1', 0);
    let tries = 0;
    const error = await eventually(
      () =>
        place(`A-${++tries}`).then(
          () => undefined,
          (reason: unknown) => reason,
        ),
      { what: 'a refusal' },
    );
    expect(error).toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.NO_CREDIT, retryAfterMs: 70 });
    expect(await world.rowsOf(accountId)).toBe(tries);
    world.brokers.setCredits('paper-1', 1000);
    await eventually(async () => (await place(`A-${tries}`).catch(() => undefined)) !== undefined, { what: 'an order with credit' });
    expect(await world.rowsOf(accountId)).toBe(tries + 1);
  });

  it('whose broker does not offer what the order asks for is not sent it: it is denied, with the field and what is offered not', async () => {
    const plain = BrokerOffer.fromPartial({ ordTypes: [OrdType.LIMIT], timeInForces: [TimeInForce.DAY], products: [aContent().product] });
    world.brokers.offer = plain;
    world.brokers.tellSessions();
    const denied = await eventually(
      async () => {
        const answer = await place(`S-${Math.random()}`, { ordType: OrdType.STOP_LIMIT, stopPx: '1490' });
        return answer.order?.ordStatus === OrdStatus.DENIED && answer;
      },
      { what: 'a denial' },
    );
    expect(denied).toMatchObject({
      field: 'content.ordType',
      order: { reason: Reason.VENUE_NOT_SUPPORTED, text: 'paper does not support ordType STOP_LIMIT' },
    });
    expect(world.brokers.sent(denied.order?.orderId ?? '')).toEqual([]);
    world.brokers.offer = { ...plain, ordTypes: [OrdType.LIMIT, OrdType.STOP_LIMIT] };
    world.brokers.tellSessions();
    await eventually(
      async () => {
        const { order } = await place(`S-${Math.random()}`, { ordType: OrdType.STOP_LIMIT, stopPx: '1490' });
        return order?.ordStatus === OrdStatus.PENDING_NEW;
      },
      { what: 'an order that is offered now' },
    );
    world.brokers.offer = undefined;
    world.brokers.tellSessions();
  });

  it('that is down is not routed to', async () => {
    world.brokers.setState('paper-1', SessionState.DOWN);
    await eventually(async () => (await refusal(place(`A-${Math.random()}`))) === 'SESSION_DOWN', { what: 'a refusal' });
    world.brokers.setState('paper-1', SessionState.READY);
    await eventually(async () => (await place(`B-${Math.random()}`).catch(() => undefined)) !== undefined, {
      what: 'an order once it is up',
    });
  });
});

describe('after a restart', () => {
  it('a repeated clOrdId gets its first answer from the table, with memory empty', async () => {
    const accepted = await world.place(gateway, accountId, 'A-1');
    world.risk.decide = () => aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, text: 'too much' });
    const denied = await world.place(gateway, accountId, 'D-1');
    await world.stop(gateway);
    gateway = await world.start();
    world.risk.decide = () => aDecision();
    expect(await world.place(gateway, accountId, 'A-1')).toMatchObject({ orderId: accepted.orderId, replayed: true });
    expect(await world.place(gateway, accountId, 'D-1')).toMatchObject({
      orderId: denied.orderId,
      ordStatus: OrdStatus.DENIED,
      replayed: true,
    });
    expect(await refusal(place('A-1', { orderQty: '11' }))).toBe('CL_ORD_ID_REUSED clOrdId');
    expect(await world.rowsOf(accountId)).toBe(3);
  });
});
