/** An order's life, as an app with a token of its own sees it; and what everybody else is told of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason, Side } from '@switchyard/contracts';
import { type SwitchyardClient } from '@switchyard/client';
import { formatDecimal } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { QuoteTape } from './quote-tape.js';
import { TopicTape } from './topic-tape.js';
import { Desk, type GetWorld, limit, market, marketOf, openingCash, priceAwayFromBid, scaled, sumsOf } from './world.js';

const symbol = 'NSE:INFY';

export function describeLife(world: GetWorld): void {
  describe("an order's life", () => {
    let app: SwitchyardClient;
    let desk: Desk;
    beforeAll(async () => {
      const opened = await Desk.open(world(), 'LIFE');
      const { platform } = world();
      const token = platform.token({ subject: 'app', accounts: { LIFE: ['trader'] } });
      app = platform.client(platform.running('order-gateway'), token);
      desk = opened.as(app);
    });

    it('an app finds the instrument', async () => {
      const { instruments } = await app.instruments.search({ query: 'infy', limit: 5 });
      expect(instruments.map(({ exchange, symbol: name }) => `${exchange}:${name}`)).toContain(symbol);
    });

    it('a limit order away from the market rests, is replaced and canceled', async () => {
      const now = await marketOf(app, symbol);
      const resting = await desk.placed(limit(symbol, Side.BUY, '10', priceAwayFromBid(now, -2)), OrdStatus.NEW);
      const { accountId } = desk;
      const price = priceAwayFromBid(now, -3);
      const replaced = await app.orders.replace({ accountId, orderId: resting.orderId, orderQty: '12', price });
      expect(replaced).toMatchObject({ reason: Reason.UNSPECIFIED, order: { ordStatus: OrdStatus.PENDING_REPLACE, replaceQty: '12' } });
      expect(await desk.until(resting.orderId, OrdStatus.NEW)).toMatchObject({ content: { orderQty: '12', price }, leavesQty: '12' });
      const canceled = await app.orders.cancel({ accountId, orderId: resting.orderId });
      expect(canceled).toMatchObject({ reason: Reason.UNSPECIFIED, order: { ordStatus: OrdStatus.PENDING_CANCEL } });
      expect(await desk.until(resting.orderId, OrdStatus.CANCELED)).toMatchObject({ cumQty: '0', leavesQty: '0' });
    });

    it('an order at market is filled within the spread and its walk', async () => {
      // The venue's maker stands at the quotes; which one it had when the order came is between the first and the last one seen here.
      const quotes = await QuoteTape.open(app, symbol);
      const filled = await desk.placed(market(symbol, Side.BUY, '16'), OrdStatus.FILLED);
      const { bestAsk, deepestAsk } = await quotes.close();
      expect(filled).toMatchObject({ cumQty: '16', leavesQty: '0', inDoubt: false });
      const fills = (await desk.events()).flatMap(({ event }) =>
        event?.$case === 'tradeBooked' && event.value.orderId === filled.orderId ? [scaled(event.value.lastPx)] : [],
      );
      expect(fills.length).toBeGreaterThan(0);
      for (const price of [...fills, scaled(filled.avgPx)])
        expect(`${price >= bestAsk && price <= deepestAsk}: ${price} in ${bestAsk}..${deepestAsk}`).toMatch(/^true/);
      await desk.placed(market(symbol, Side.SELL, '4'), OrdStatus.FILLED);
    });

    it('an order that breaks a rule is denied, and says which', async () => {
      const { tick, bid } = await marketOf(app, symbol);
      const denied = await desk.place(limit(symbol, Side.BUY, '10', formatDecimal(bid + tick / 2n)));
      expect(denied).toMatchObject({ field: 'content.price', order: { ordStatus: OrdStatus.DENIED, reason: Reason.PRICE_OFF_TICK } });
    });

    it('positions, cash and profit agree with the fills and what they were charged', async () => {
      const { boughtQty, soldQty, bought, sold, fees } = sumsOf(await desk.events());
      const { positions, cash } = await desk.positions();
      // 16 divides any price on the tick, so nothing here is rounded.
      const averageCost = bought / boughtQty;
      const realisedPnl = (sold - averageCost * soldQty) / 10n ** 9n;
      expect(positions).toHaveLength(1);
      expect(positions[0]).toMatchObject({
        netQty: formatDecimal(boughtQty - soldQty),
        avgPx: formatDecimal(averageCost),
        realisedPnl: formatDecimal(realisedPnl),
        fees: formatDecimal(fees),
        netRealisedPnl: formatDecimal(realisedPnl - fees),
      });
      expect(fees).toBeGreaterThan(0n);
      const { markPx, unrealisedPnl } = positions[0]!;
      const markedUp = ((scaled(markPx) - averageCost) * (boughtQty - soldQty)) / 10n ** 9n;
      expect(unrealisedPnl).toBe(formatDecimal(markedUp));
      expect(cash).toEqual([{ currency: 'INR', balance: formatDecimal(scaled(openingCash) + (sold - bought) / 10n ** 9n - fees) }]);
      expect(await world().client.positions.verify({ accountId: desk.accountId })).toMatchObject({ equal: true });
    });

    it('explain tells the order from the call to the fill, in time order', async () => {
      const [filled] = (await app.orders.list({ accountId: desk.accountId, ordStatuses: [OrdStatus.FILLED] })).orders.slice(-1);
      const { entries, order } = await app.orders.explain({ accountId: desk.accountId, orderId: filled?.orderId ?? '' });
      expect(order).toMatchObject({ orderId: filled?.orderId, ordStatus: OrdStatus.FILLED });
      const titles = entries.map(({ title }) => title.replace(/ [0-9a-z]{24}\.1$/, ''));
      const steps = [
        'call received from app',
        'risk approved',
        'order accepted',
        'SENDING written: NEW',
        'bytes left: NEW',
        "broker's word heard: trade booked",
        'trade booked',
      ];
      expect(titles.filter((title, at) => steps.includes(title) && titles.indexOf(title) === at)).toEqual(steps);
      expect(entries.map(({ atMs }) => atMs)).toEqual(entries.map(({ atMs }) => atMs).sort((a, b) => a - b));
      expect(entries.find(({ source }) => source === 'risk')?.facts).toMatchObject({ limitsVersion: '0', TRADING_STATE: 'ACTIVE ACTIVE' });
      expect(entries.every(({ process }) => process !== '')).toBe(true);
    });

    it('a foreign account does not exist for the app', async () => {
      await Desk.open(world(), 'FOREIGN');
      await expect(app.orders.list({ accountId: 'FOREIGN' })).rejects.toMatchObject({ reason: Reason.ACCOUNT_UNKNOWN });
    });

    describeTopics(world, () => desk);
  });
}

/** What Kafka has of the desk's orders; in one process there is none. */
function describeTopics(world: GetWorld, desk: () => Desk): void {
  describe('on Kafka', () => {
    const tapes: TopicTape[] = [];
    afterAll(() => Promise.all(tapes.map((tape) => tape.close())));

    it('orders.v1 has every fact without a gap, and executions.v1 the trades', async () => {
      const { kafka } = world().platform;
      if (kafka === undefined) return expect(world().mode).toBe('standalone');
      const [orders, executions] = await Promise.all(
        ['sim.orders.v1', 'sim.executions.v1'].map((topic) => TopicTape.open(kafka.address, topic)),
      );
      if (orders === undefined || executions === undefined) throw new Error('two topics were opened');
      tapes.push(orders, executions);
      const events = await desk().events();
      const trades = events.filter(({ event }) => event?.$case === 'tradeBooked');
      await eventually(
        () => orders.of(desk().accountId).length >= events.length && executions.of(desk().accountId).length >= trades.length,
        {
          what: 'the topics have it all',
        },
      );
      expect(orders.of(desk().accountId).map(({ event }) => event)).toEqual(events);
      expect(executions.of(desk().accountId).map(({ event }) => event)).toEqual(trades);
      const { stream } = orders.of(desk().accountId)[0]!;
      const seqs = new Set(orders.rows.filter((row) => row.stream === stream).map(({ seq }) => seq));
      expect([...seqs].sort((a, b) => a - b)).toEqual(Array.from(seqs, (_, at) => at + 1));
    });
  });
}
