/** Lists, streams from a cursor, cancel-all, previews, limits, and an order that is larger than the market. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason, Side, StatusCode } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { formatDecimal } from '@switchyard/kernel';
import { Desk, type GetWorld, limit, market, marketOf, priceAwayFromBid, scaled, sumsOf } from './world.js';

export function describeReading(world: GetWorld): void {
  describe('reading', () => {
    let desk: Desk;
    let resting: OrderState[];
    let filled: OrderState;
    beforeAll(async () => {
      desk = await Desk.open(world(), 'READ');
      const now = await marketOf(world().client, 'NSE:RELIANCE');
      resting = [];
      for (const qty of ['1', '2', '3', '4', '5'])
        resting.push(await desk.placed(limit('NSE:RELIANCE', Side.BUY, qty, priceAwayFromBid(now, -3)), OrdStatus.NEW));
      filled = await desk.placed(market('NSE:SBIN', Side.BUY, '2'), OrdStatus.FILLED);
    });

    it('ListOrders gives the newest first, in pages', async () => {
      const { accountId } = desk;
      const newestFirst = [filled, ...[...resting].reverse()].map(({ orderId }) => orderId);
      for (const client of world().atGateway) {
        const pages: string[][] = [];
        for (let pageToken = ''; pages.length === 0 || pageToken !== '';) {
          const page = await client.orders.list({ accountId, pageSize: 4, pageToken });
          pages.push(page.orders.map(({ orderId }) => orderId));
          pageToken = page.nextPageToken;
        }
        expect(pages).toEqual([newestFirst.slice(0, 4), newestFirst.slice(4)]);
      }
    });

    it('ListOrders filters by status, openness and instrument', async () => {
      const { accountId } = desk;
      const idsOf = async (filter: object) =>
        (await world().client.orders.list({ accountId, ...filter })).orders.map(({ orderId }) => orderId);
      const restingIds = resting.map(({ orderId }) => orderId).reverse();
      expect(await idsOf({ openOnly: true })).toEqual(restingIds);
      expect(await idsOf({ ordStatuses: [OrdStatus.FILLED] })).toEqual([filled.orderId]);
      expect(await idsOf({ ordStatuses: [OrdStatus.NEW, OrdStatus.FILLED] })).toEqual([filled.orderId, ...restingIds]);
      expect(await idsOf({ instrument: 'NSE:SBIN' })).toEqual([filled.orderId]);
      expect(await idsOf({ instrument: filled.content?.instrument, openOnly: true })).toEqual([]);
    });

    it('ListOrders refuses what it does not understand', async () => {
      const ask = (filter: object) => world().client.orders.list({ accountId: desk.accountId, ...filter });
      await expect(ask({ pageSize: 201 })).rejects.toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        violations: [{ field: 'pageSize', reason: Reason.OUT_OF_RANGE }],
      });
      await expect(ask({ pageToken: 'x' })).rejects.toMatchObject({ violations: [{ field: 'pageToken', reason: Reason.FIELD_MALFORMED }] });
      await expect(ask({ instrument: 'NSE:NONESUCH' })).rejects.toMatchObject({
        violations: [{ field: 'instrument', reason: Reason.INSTRUMENT_UNKNOWN }],
      });
    });

    it('StreamOrderEvents goes on after its cursor, with the same facts at every gateway', async () => {
      const all = await desk.events();
      expect(all.map(({ accountSeq }) => accountSeq)).toEqual(all.map((_, at) => at + 1));
      for (const client of world().atGateway) {
        expect(await desk.as(client).events()).toEqual(all);
        expect(await desk.as(client).events(7)).toEqual(all.slice(7));
        expect(await desk.as(client).events(all.length)).toEqual([]);
      }
    });

    it('PreviewOrder judges as PlaceOrder would, and stores nothing', async () => {
      const { client } = world();
      const before = await desk.events();
      const good = await client.orders.preview({ accountId: desk.accountId, content: market('NSE:SBIN', Side.BUY, '2') });
      expect(good).toMatchObject({ decision: { approved: true }, route: { sessionId: 'paper-read' } });
      const bad = await client.orders.preview({ accountId: desk.accountId, content: market('NSE:SBIN', Side.BUY, '100001') });
      expect(bad.decision).toMatchObject({ approved: false, field: 'content.orderQty' });
      expect(await desk.events()).toEqual(before);
    });

    it('CancelAll cancels what is open, once', async () => {
      const { client } = world();
      const { cancels } = await client.orders.cancelAll({ accountId: desk.accountId, clOrdId: 'all-1' });
      expect(cancels.map(({ order }) => order?.orderId).sort()).toEqual(resting.map(({ orderId }) => orderId).sort());
      for (const { orderId } of resting) await desk.until(orderId, OrdStatus.CANCELED);
      expect((await client.orders.list({ accountId: desk.accountId, openOnly: true })).orders).toEqual([]);
      const requested = (await desk.events()).filter(({ event }) => event?.$case === 'cancelRequested');
      expect(requested).toHaveLength(resting.length);
      // Again: the first answer, and what was ordered since then stays.
      const later = await desk.placed(
        limit('NSE:SBIN', Side.BUY, '1', priceAwayFromBid(await marketOf(client, 'NSE:SBIN'), -3)),
        OrdStatus.NEW,
      );
      const before = await desk.events();
      const again = await client.orders.cancelAll({ accountId: desk.accountId, clOrdId: 'all-1' });
      expect(again).toEqual({ cancels: cancels.map((cancel) => ({ ...cancel, replayed: true })), replayed: true });
      expect(await desk.events()).toEqual(before);
      expect((await desk.order(later.orderId)).ordStatus).toBe(OrdStatus.NEW);
      expect((await client.orders.cancelAll({ accountId: desk.accountId, clOrdId: 'all-2' })).cancels).toHaveLength(1);
      await desk.until(later.orderId, OrdStatus.CANCELED);
    });

    it('CancelAll of nothing cancels nothing later, and keeps its id', async () => {
      const { client } = world();
      const nothing = await client.orders.cancelAll({ accountId: desk.accountId, clOrdId: 'none-1' });
      expect(nothing).toEqual({ cancels: [], replayed: false });
      const later = await desk.placed(
        limit('NSE:SBIN', Side.BUY, '1', priceAwayFromBid(await marketOf(client, 'NSE:SBIN'), -3)),
        OrdStatus.NEW,
      );
      expect(await client.orders.cancelAll({ accountId: desk.accountId, clOrdId: 'none-1' })).toEqual({ cancels: [], replayed: true });
      await expect(desk.place(market('NSE:SBIN', Side.BUY, '1'), 'none-1')).rejects.toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
      expect((await desk.order(later.orderId)).ordStatus).toBe(OrdStatus.NEW);
      await client.orders.cancel({ accountId: desk.accountId, orderId: later.orderId });
      await desk.until(later.orderId, OrdStatus.CANCELED);
    });
  });

  describe('limits', () => {
    it('hold from the answer of SetLimits on, and their version is stored with each decision', async () => {
      const { client, atGateway } = world();
      const desk = await Desk.open(world(), 'LIMITS');
      await desk.placed(market('NSE:SBIN', Side.BUY, '11'), OrdStatus.FILLED);
      const { limits } = await client.risk.setLimits({ accountId: desk.accountId, limits: { orderQtyMax: '10' }, text: 'smaller orders' });
      expect(limits?.version).toBeGreaterThan(0);
      for (const gateway of atGateway) {
        const { order, field } = await desk.as(gateway).place(market('NSE:SBIN', Side.BUY, '11'));
        expect({ order, field }).toMatchObject({
          field: 'content.orderQty',
          order: { ordStatus: OrdStatus.DENIED, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM },
        });
      }
      const denials = (await desk.events()).flatMap(({ event }) => (event?.$case === 'orderDenied' ? [event.value.risk] : []));
      expect(denials.map((risk) => risk?.limitsVersion)).toEqual(atGateway.map(() => limits?.version));
      expect(denials[0]?.inputs).toMatchObject({ MAX_ORDER_QTY: '11 10' });
      await desk.placed(market('NSE:SBIN', Side.BUY, '10'), OrdStatus.FILLED);
    });
  });

  describe('a risk group', () => {
    it('is administered as its accounts are: its limits count what all of them have open, and bind nobody else', async () => {
      const { client } = world();
      const [first, second] = [
        await Desk.open(world(), 'TEAM-A', { riskGroupId: 'TEAM' }),
        await Desk.open(world(), 'TEAM-B', { riskGroupId: 'TEAM' }),
      ];
      const stranger = await Desk.open(world(), 'LONER');
      expect((await client.accounts.get({ accountId: 'TEAM-B' })).account?.riskGroupId).toBe('TEAM');
      const price = priceAwayFromBid(await marketOf(client, 'NSE:SBIN'), -3);
      const order = limit('NSE:SBIN', Side.BUY, '10', price);
      // Room for one such order, and not for two.
      const openValueMax = formatDecimal(scaled(price) * 15n);
      const { limits } = await client.risk.setLimits({ riskGroupId: 'TEAM', limits: { openValueMax }, text: 'a small team' });
      const resting = await first.placed(order, OrdStatus.NEW);
      expect((await second.place(order)).order).toMatchObject({ ordStatus: OrdStatus.DENIED, reason: Reason.OPEN_VALUE_EXCEEDS_MAXIMUM });
      const [denial] = (await second.events()).flatMap(({ event }) => (event?.$case === 'orderDenied' ? [event.value.risk] : []));
      expect(denial?.limitsVersion).toBe(limits?.version);
      const strangers = await stranger.placed(order, OrdStatus.NEW);
      await client.orders.cancel({ accountId: 'TEAM-A', orderId: resting.orderId });
      await first.until(resting.orderId, OrdStatus.CANCELED);
      const seconds = await second.placed(order, OrdStatus.NEW);
      for (const [desk, { orderId }] of [
        [second, seconds],
        [stranger, strangers],
      ] as const)
        await client.orders.cancel({ accountId: desk.accountId, orderId });
      await expect(
        client.accounts.put({ accountId: 'TEAM-A', name: 'moved', baseCurrency: 'INR', riskGroupId: 'OTHERS', routes: [] }),
      ).rejects.toMatchObject({ violations: [{ field: 'riskGroupId' }] });
    });
  });

  describe('an order at market that is larger than the shown depth', () => {
    it('takes what there is, through at least five levels, and the rest is canceled for want of liquidity', async () => {
      const desk = await Desk.open(world(), 'LARGE');
      const { order } = await desk.place(market('NSE:WIPRO', Side.BUY, '20000'));
      const canceled = await desk.until(order?.orderId ?? '', OrdStatus.CANCELED);
      expect(canceled).toMatchObject({ reason: Reason.VENUE_NO_LIQUIDITY, leavesQty: '0' });
      const events = await desk.events();
      const prices = new Set(events.flatMap(({ event }) => (event?.$case === 'tradeBooked' ? [event.value.lastPx] : [])));
      expect(prices.size).toBeGreaterThanOrEqual(5);
      expect(BigInt(canceled.cumQty) * 10n ** 9n).toBe(sumsOf(events).boughtQty);
      const { positions } = await desk.positions();
      expect(positions.map(({ netQty }) => netQty)).toEqual([canceled.cumQty]);
    });
  });
}
