// StreamOrderEvents and ExplainOrder: everything that happened, once and in order.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason, RequestKind } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { aDecision, aReport } from '@switchyard/orders-core/testing';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { type Followed, had, options, refusal, shardOfGroup, World } from './testing/world.js';

const world = World.forSpec();
let gateway: RunningProcess;

beforeAll(async () => {
  gateway = await world.start();
}, 60_000);

/** "3 orderConfirmed" of one account. */
const told = ({ events }: Followed, accountId: string): string[] =>
  events.filter((event) => event.accountId === accountId).map((event) => `${event.accountSeq} ${event.event?.$case}`);

describe('a stream of order events', () => {
  it('tells the history of its accounts, says that it is live, and goes on, each fact once', async () => {
    const [one, two] = [await world.anAccount(gateway), await world.anAccount(gateway)];
    const orderId = await world.confirmed(gateway, one, 'A-1');
    await world.place(gateway, two, 'B-1');
    const followed = world.follow(gateway, [
      { accountId: one, accountSeq: 0 },
      { accountId: two, accountSeq: 1 },
    ]);
    await eventually(() => followed.live, { what: 'the end of the catch-up' });
    expect(followed.live).toBe(4);
    world.brokers.trade(orderId, `T-${orderId}`, '10');
    await world.place(gateway, two, 'B-2');
    await eventually(() => followed.events.length >= 6, { what: 'what comes' });
    expect(told(followed, one)).toEqual(['1 accountOpened', '2 orderAccepted', '3 orderConfirmed', '4 tradeBooked']);
    expect(told(followed, two)).toEqual(['2 orderAccepted', '3 orderAccepted']);
    expect(followed.events.find((event) => event.event?.$case === 'tradeBooked')?.state).toMatchObject({
      ordStatus: OrdStatus.FILLED,
      orderId,
    });
    followed.cancel();
    await eventually(() => followed.closed === 'CANCELLED' || followed.closed !== undefined, { what: 'the end' });
  });

  it('from -1 tells only what comes', async () => {
    const accountId = await world.anAccount(gateway);
    const followed = world.follow(gateway, [{ accountId, accountSeq: -1 }]);
    await eventually(() => followed.live !== undefined, { what: 'the stream to be live' });
    await world.place(gateway, accountId, 'A-1');
    await eventually(() => followed.events.length > 0, { what: 'what comes' });
    expect(told(followed, accountId)).toEqual(['2 orderAccepted']);
  });

  it('of a long history is whole', async () => {
    const accountId = await world.anAccount(gateway);
    const count = 700;
    await Promise.all(Array.from({ length: count }, (_, at) => world.place(gateway, accountId, `A-${at}`)));
    const followed = world.follow(gateway, [{ accountId, accountSeq: 0 }]);
    await eventually(() => followed.live !== undefined, { what: 'the end of the catch-up' });
    expect(followed.events.map(({ accountSeq }) => accountSeq)).toEqual(Array.from({ length: count + 1 }, (_, at) => at + 1));
  });

  it.each([
    ['of no account', [], 'FIELD_REQUIRED'],
    ['of an account that there is not', [{ accountId: 'NOBODY', accountSeq: 0 }], 'ACCOUNT_UNKNOWN'],
  ])('%s is refused', async (_, cursors, expected) => {
    const followed = world.follow(gateway, cursors);
    await eventually(() => followed.closed !== undefined, { what: 'the refusal' });
    expect(followed.closed).toBe(expected);
  });

  it('that names an account twice is refused', async () => {
    const accountId = await world.anAccount(gateway);
    const followed = world.follow(
      gateway,
      [0, 1].map((accountSeq) => ({ accountId, accountSeq })),
    );
    await eventually(() => followed.closed !== undefined, { what: 'the refusal' });
    expect([followed.closed, followed.events]).toEqual(['FIELD_NOT_ALLOWED', []]);
  });

  it('from beyond the end is refused, and from the end is not', async () => {
    const accountId = await world.anAccount(gateway);
    await world.place(gateway, accountId, 'A-1');
    const beyond = world.follow(gateway, [{ accountId, accountSeq: 3 }]);
    const atEnd = world.follow(gateway, [{ accountId, accountSeq: 2 }]);
    await eventually(() => beyond.closed !== undefined && atEnd.live !== undefined, { what: 'the refusal and the live stream' });
    expect([beyond.closed, beyond.live, atEnd.closed]).toEqual(['OUT_OF_RANGE', undefined, undefined]);
    await world.place(gateway, accountId, 'A-2');
    await eventually(() => atEnd.events.length > 0, { what: 'what comes' });
    expect(told(atEnd, accountId)).toEqual(['3 orderAccepted']);
  });

  it('from before the beginning, or of an account that the token does not show, is refused', async () => {
    const accountId = await world.anAccount(gateway);
    const early = world.follow(gateway, [{ accountId, accountSeq: -2 }]);
    const stranger = world.follow(gateway, [{ accountId, accountSeq: 0 }], world.as([], { OTHER: ['viewer'] }));
    await eventually(() => early.closed !== undefined && stranger.closed !== undefined, { what: 'the refusals' });
    expect([early.closed, stranger.closed]).toEqual(['OUT_OF_RANGE', 'ACCOUNT_UNKNOWN']);
  });
});

describe('an order that is explained', () => {
  const explain = (accountId: string, orderId: string, call = options) => world.orders(gateway).explainOrder({ accountId, orderId }, call);

  it('is one timeline of the call, risk, the journal and the exchange with the broker', async () => {
    const accountId = await world.anAccount(gateway);
    world.risk.decide = () => aDecision({ inputs: { LOT: '10 1' } });
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    await world.place(gateway, accountId, 'A-2');
    world.brokers.trade(orderId, `T-${orderId}`, '4', '1499.5');
    const { createdAtMs } = await world.until(gateway, accountId, orderId, ({ cumQty }) => cumQty === '4');
    const request = {
      brokerRequestId: `${orderId}.1`,
      kind: RequestKind.NEW,
      tag: 'tag',
      orderId,
      placementId: `${orderId}-1`,
      brokerOrderId: 'B1',
      text: '',
      process: 'connector-0',
    };
    const times = { sendingAtMs: createdAtMs + 1, writeAheads: 1, sentAtMs: createdAtMs + 2, answeredAtMs: createdAtMs + 3 };
    const never = {
      ...request,
      brokerRequestId: `${orderId}.2`,
      state: RequestState.NOT_SENT,
      sendingAtMs: createdAtMs + 4,
      writeAheads: 0,
      sentAtMs: 0,
      answeredAtMs: createdAtMs + 4,
      text: 'canceled before it was sent',
    };
    world.brokers.exchange = { requests: [{ ...request, state: RequestState.ACCEPTED, ...times }, never], reports: [] };
    const { order, entries } = await explain(accountId, orderId);
    expect(order).toMatchObject({ orderId, cumQty: '4', ordStatus: OrdStatus.PARTIALLY_FILLED });
    const titles = entries.map(({ title }) => title);
    expect(titles).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^call received from /),
        'risk approved',
        'order accepted',
        `SENDING written: NEW ${orderId}.1`,
        `bytes left: NEW ${orderId}.1`,
        `ACCEPTED: NEW ${orderId}.1`,
        `NOT_SENT: NEW ${orderId}.2`,
        'order confirmed',
        'trade booked',
      ]),
    );
    expect(titles).not.toContain(`SENDING written: NEW ${orderId}.2`);
    expect(entries.find(({ title }) => title === 'risk approved')?.facts).toMatchObject({ LOT: '10 1', referencePrice: '1500' });
    expect(entries.find(({ title }) => title === 'trade booked')?.facts).toMatchObject({
      lastQty: '4',
      lastPx: '1499.5',
      ordStatus: 'PARTIALLY_FILLED',
      avgPx: '1499.5',
    });
    expect(entries.find(({ title }) => title.startsWith('NOT_SENT'))?.reason).toBe('canceled before it was sent');
    const times_ = entries.map(({ atMs }) => atMs);
    expect(times_).toEqual([...times_].sort((a, b) => a - b));
    expect(entries.map(({ sinceFormerMs }) => sinceFormerMs)).toEqual(times_.map((atMs, at) => atMs - (times_[at - 1] ?? atMs)));
  });

  it('tells reports that changed nothing, and which request was denied', async () => {
    const accountId = await world.anAccount(gateway);
    const orderId = await world.confirmed(gateway, accountId, 'A-1');
    world.brokers.trade(orderId, `T-${orderId}`, '10');
    await world.until(gateway, accountId, orderId, ({ ordStatus }) => ordStatus === OrdStatus.FILLED);
    const cancel = { accountId, clOrdId: 'C-1', orderId, origClOrdId: '' };
    expect((await world.orders(gateway).cancelOrder(cancel, options)).reason).toBe(Reason.ORDER_FINAL);
    const { command } = had(world.brokers.commandOf(orderId));
    const reports = world.brokers.journal('paper-1', shardOfGroup(accountId)).rows.map(({ payload }) => Report.decode(payload));
    const again = aReport(
      command,
      { $case: 'accepted', value: {} },
      { sessionId: 'paper-1', receivedAtMs: Date.now(), process: 'connector-1' },
    );
    world.brokers.exchange = { requests: [], reports: [...reports, again] };
    const { entries } = await explain(accountId, orderId);
    world.brokers.exchange = { requests: [], reports: [] };
    const heard = entries.filter(({ title }) => title.startsWith("broker's word heard"));
    expect(heard.filter(({ title }) => title.includes('not in')).map(({ title, process }) => [title, process])).toEqual([
      ["broker's word heard, not in the order's journal: accepted", 'connector-1'],
    ]);
    expect(entries.find(({ title }) => title === 'request denied')?.facts).toMatchObject({ kind: 'CANCEL', clOrdId: 'C-1' });
    expect(entries.find(({ title }) => title === 'risk approved')?.process).toBe('risk-0');
  });

  it('says so when the exchange with the broker can not be read', async () => {
    const accountId = await world.anAccount(gateway);
    const { orderId } = await world.place(gateway, accountId, 'A-1');
    world.brokers.isDown = true;
    const { entries } = await explain(accountId, orderId);
    world.brokers.isDown = false;
    expect(entries.at(-1)).toMatchObject({ source: 'broker-request', title: 'the exchange with the broker could not be read' });
    expect(entries.map(({ title }) => title)).toContain('order accepted');
    // The instant is one that can be shown and subtracted.
    expect(entries.at(-1)?.sinceFormerMs).toBeLessThan(60_000);
  });

  it('is found in the journal while its row is yet to be written', async () => {
    const accountId = await world.anAccount(gateway);
    const client = await world.admin.connect();
    try {
      await client.query('BEGIN; LOCK TABLE orders.accounts IN EXCLUSIVE MODE'); // No flush passes it.
      const { orderId } = await world.place(gateway, accountId, 'A-1');
      const { order, entries } = await explain('', orderId);
      expect((await client.query('SELECT FROM orders.orders WHERE order_id = $1', [orderId])).rowCount).toBe(0);
      expect(order?.orderId).toBe(orderId);
      expect(entries.map(({ title }) => title)).toContain('order accepted');
      expect(await refusal(explain('', `${orderId.slice(0, -1)}${orderId.endsWith('0') ? '1' : '0'}`))).toBe('ORDER_UNKNOWN orderId');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('shows why it was denied', async () => {
    const accountId = await world.anAccount(gateway);
    world.risk.decide = () => aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM, text: 'too much', referencePrice: '' });
    const { orderId } = await world.place(gateway, accountId, 'A-1');
    world.risk.decide = () => aDecision();
    const { entries } = await explain(accountId, orderId);
    expect(entries.find(({ title }) => title === 'risk refused')?.reason).toBe('QUANTITY_EXCEEDS_MAXIMUM: too much');
    expect(entries.find(({ title }) => title === 'order denied')?.reason).toBe('QUANTITY_EXCEEDS_MAXIMUM: too much');
  });

  it('is so to who may see it', async () => {
    const [accountId, other] = [await world.anAccount(gateway), await world.anAccount(gateway)];
    const { orderId } = await world.place(gateway, accountId, 'A-1');
    expect((await explain('', orderId, world.as(['ops']) as never)).order?.orderId).toBe(orderId);
    expect(await refusal(explain('', orderId, world.as([], { [accountId]: ['viewer'] }) as never))).toBe('PERMISSION_DENIED');
    expect(await refusal(explain(other, orderId))).toBe('ORDER_UNKNOWN orderId');
    expect(await refusal(explain(accountId, 'nobody'))).toBe('ORDER_UNKNOWN orderId');
  });
});
