import { beforeEach, describe, expect, it } from '@jest/globals';
import { OrdStatus, OrdType, Reason, RequestKind, TimeInForce } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { aCaller, aReplace, errorOf, OwnerDriver, OwnerHarness } from './testing/index.js';

let h: OwnerHarness;
const { place, replace, report, sent, trade, working } = new OwnerDriver(() => h);

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('a replace', () => {
  it('that risk approved of the order as it was is not written when the venue has changed it meanwhile', async () => {
    const orderId = await working();
    const hold = (h.risk.hold = new Deferred<void>());
    const slow = errorOf(replace(orderId, 'R-1', { orderQty: '20' })); // Judged at the price of now.
    await h.rest();
    const restated = { ordType: OrdType.LIMIT, orderQty: '10', price: '3000', reason: Reason.UNSPECIFIED, text: '' };
    await report(orderId, { $case: 'restated', value: restated });
    hold.resolve();
    expect(await slow).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    expect(h.risk.approvals.map(({ isAbandoned }) => isAbandoned)).toEqual([false, true]);
    expect(sent()).toEqual(['NEW .1']);
    h.risk.hold = undefined;
    expect(await replace(orderId, 'R-1', { orderQty: '20' })).toMatchObject({ reason: Reason.UNSPECIFIED });
    expect(h.risk.checks.at(-1)?.content).toMatchObject({ orderQty: '20', price: '3000' });
  });

  it('of an order that is gone when risk has judged names it as the request did, and the approval is given back', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    const requests = [
      { clOrdId: 'R-1', orderId, origClOrdId: '' },
      { clOrdId: 'R-2', orderId: '', origClOrdId: 'A-1' },
    ];
    const hold = (h.risk.hold = new Deferred<void>());
    const errors = requests.map((request) => errorOf(h.owner.replace({ ...aReplace('', orderId), ...request }, aCaller())));
    await h.rest();
    await trade(orderId, '10');
    h.flush();
    h.tables.orders.clear();
    hold.resolve();
    expect(await Promise.all(errors)).toMatchObject([{ violations: [{ field: 'orderId' }] }, { violations: [{ field: 'origClOrdId' }] }]);
    expect(h.risk.approvals.map(({ isAbandoned }) => isAbandoned)).toEqual([false, true, true]);
  });

  it('of a stop takes its stop price until it is triggered, and its limit after that too', async () => {
    const orderId = await working('A-1', { ordType: OrdType.STOP_LIMIT, price: '1495', stopPx: '1490' });
    await replace(orderId, 'R-1', { orderQty: '10', stopPx: '1480' });
    expect(h.dispatcher.sent.at(-1)?.command.content).toMatchObject({ ordType: OrdType.STOP_LIMIT, price: '1495', stopPx: '1480' });
    const replaced = { $case: 'replaced', value: { orderQty: '10', price: '1495', stopPx: '1480' } } as const;
    await report(orderId, replaced, { kind: RequestKind.REPLACE, brokerRequestId: `${orderId}.2` });
    await report(orderId, { $case: 'triggered', value: { ordType: OrdType.LIMIT } });
    expect(await errorOf(replace(orderId, 'R-2', { orderQty: '10', stopPx: '1470' }))).toMatchObject({
      reason: Reason.FIELD_NOT_ALLOWED,
    });
    await replace(orderId, 'R-3', { orderQty: '10', price: '1496' });
    expect(h.dispatcher.sent.at(-1)?.command.content).toMatchObject({ ordType: OrdType.LIMIT, price: '1496', stopPx: undefined });
  });

  it('of a market-to-limit takes a price once it rests at one', async () => {
    const orderId = await working('A-1', { ordType: OrdType.MARKET_TO_LIMIT, price: undefined });
    expect(await errorOf(replace(orderId, 'R-1', { orderQty: '10', price: '1500' }))).toMatchObject({ reason: Reason.FIELD_NOT_ALLOWED });
    const restated = { ordType: OrdType.LIMIT, orderQty: '10', price: '1501', reason: Reason.UNSPECIFIED, text: '' };
    await report(orderId, { $case: 'restated', value: restated });
    expect(await replace(orderId, 'R-2', { orderQty: '10', price: '1500' })).toMatchObject({ order: { replacePrice: '1500' } });
  });
});

describe('an order until a second', () => {
  it('that has come is denied, and the same clOrdId gets that answer again', async () => {
    const late = { timeInForce: TimeInForce.GTD, expireAtMs: h.nowMs };
    const denied = { order: { ordStatus: OrdStatus.DENIED, reason: Reason.VENUE_GTD_EXPIRED }, field: 'content.expireAtMs' };
    expect(await place('A-1', late)).toMatchObject({ ...denied, replayed: false });
    expect(await place('A-1', late)).toMatchObject({ ...denied, replayed: true });
  });

  it('that is to come is accepted, and still answered when it has come', async () => {
    const good = { timeInForce: TimeInForce.GTD, expireAtMs: h.nowMs + 1000 };
    expect(await place('A-1', good)).toMatchObject({ order: { reason: Reason.UNSPECIFIED }, replayed: false });
    h.nowMs += 2000;
    expect(await place('A-1', good)).toMatchObject({ order: { reason: Reason.UNSPECIFIED }, replayed: true });
  });
});
