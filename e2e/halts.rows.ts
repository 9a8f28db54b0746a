/** The kill switch: what is covered stops, what is beside it goes on, and facts are always taken. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { HaltScope, OrdStatus, Reason, Side, TimeInForce } from '@switchyard/contracts';
import { HaltState } from '@switchyard/contracts/gen/risk/v1/service';
import { formatDecimal } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { Desk, type GetWorld, limit, market, marketOf, priceAwayFromBid } from './world.js';

const symbol = 'NSE:TCS';

export function describeHalts(world: GetWorld): void {
  describe('a halted account', () => {
    let halted: Desk;
    let beside: Desk;
    let haltId = '';
    /** Orders of the halted account that rest at the venue. */
    let toBeFilled = '';
    let toBeCanceled = '';
    let fillPrice = '';
    beforeAll(async () => {
      halted = await Desk.open(world(), 'HALT-A', { riskGroupId: 'HALT' });
      beside = await Desk.open(world(), 'HALT-B', { riskGroupId: 'HALT' });
      const now = await marketOf(world().client, symbol);
      fillPrice = priceAwayFromBid(now, -2);
      toBeFilled = (await halted.placed(limit(symbol, Side.BUY, '7', fillPrice), OrdStatus.NEW)).orderId;
      toBeCanceled = (await halted.placed(limit(symbol, Side.BUY, '5', priceAwayFromBid(now, -4)), OrdStatus.NEW)).orderId;
    });

    it('is in the shard of the other one', async () => {
      const { accounts } = await world().client.accounts.list({});
      const shards = accounts.filter(({ riskGroupId }) => riskGroupId === 'HALT').map(({ shard }) => shard);
      expect(shards).toHaveLength(2);
      expect(new Set(shards).size).toBe(1);
    });

    it('is ENGAGED when brokers and owners have the halt', async () => {
      const { halt, state, missing } = await world().client.risk.halt({ scope: HaltScope.ACCOUNT, key: 'HALT-A', text: 'a test' });
      expect({ state, missing }).toEqual({ state: HaltState.ENGAGED, missing: [] });
      haltId = halt?.haltId ?? '';
    });

    it('is denied every new order, at every gateway', async () => {
      for (const client of world().atGateway) {
        const { order } = await halted.as(client).place(market(symbol, Side.BUY, '1'));
        expect(order).toMatchObject({ ordStatus: OrdStatus.DENIED, reason: Reason.KILL_SWITCH });
      }
    });

    it('leaves the account beside it to trade on', async () => {
      expect(await beside.placed(market(symbol, Side.BUY, '3'), OrdStatus.FILLED)).toMatchObject({ cumQty: '3' });
    });

    it('takes a fill that arrives after the halt', async () => {
      await world().client.risk.setLimits({ accountId: beside.accountId, limits: { orderValueMax: '1000000000' }, text: 'a large order' });
      // The other account sells through everything that the maker shows, down to the resting order of the halted one.
      const { bidDepth } = await marketOf(world().client, symbol);
      const sweep = {
        ...limit(symbol, Side.SELL, formatDecimal(bidDepth * 6n + 1_000n * 10n ** 9n), fillPrice),
        timeInForce: TimeInForce.IOC,
      };
      await beside.place(sweep);
      expect(await halted.until(toBeFilled, OrdStatus.FILLED)).toMatchObject({ cumQty: '7', avgPx: fillPrice });
      const { positions } = await halted.positions();
      expect(positions.map(({ netQty }) => netQty)).toEqual(['7']);
    });

    it('lets a cancel pass', async () => {
      await world().client.orders.cancel({ accountId: halted.accountId, orderId: toBeCanceled });
      await halted.until(toBeCanceled, OrdStatus.CANCELED);
    });

    it('trades again after the release', async () => {
      await world().client.risk.release({ haltId, text: 'the test is over' });
      const place = async () => {
        const { order } = await halted.place(market(symbol, Side.BUY, '1'));
        return order?.ordStatus === OrdStatus.DENIED ? undefined : order?.orderId;
      };
      const orderId = await eventually(place, { what: 'an order is accepted after the release', intervalMs: 100 });
      await halted.until(orderId, OrdStatus.FILLED);
      expect((await world().client.risk.halts({})).halts).toEqual([]);
    });
  });

  describe('a halt of', () => {
    let desk: Desk;
    beforeAll(async () => {
      desk = await Desk.open(world(), 'HALT-C');
    });
    const ofStrategy = (strategyId: string) => ({ ...market(symbol, Side.BUY, '1'), strategyId });

    it.each([
      ['everything', HaltScope.ALL, '', market(symbol, Side.BUY, '1'), undefined],
      ['a broker', HaltScope.BROKER, 'paper', market(symbol, Side.BUY, '1'), undefined],
      ['a strategy', HaltScope.STRATEGY, 'HALT-S', ofStrategy('HALT-S'), ofStrategy('HALT-T')],
      ['an instrument, by its symbol', HaltScope.INSTRUMENT, symbol, market(symbol, Side.BUY, '1'), market('NSE:INFY', Side.BUY, '1')],
      ['an account', HaltScope.ACCOUNT, 'HALT-C', market(symbol, Side.BUY, '1'), undefined],
    ] as const)('%s stops what it covers, leaves what it does not, and ends', async (_name, scope, key, covered, beside) => {
      const { client } = world();
      const { halt, state, missing } = await client.risk.halt({ scope, key, text: 'a test' });
      expect({ state, missing }).toEqual({ state: HaltState.ENGAGED, missing: [] });
      try {
        expect((await desk.place(covered)).order).toMatchObject({ ordStatus: OrdStatus.DENIED, reason: Reason.KILL_SWITCH });
        if (beside !== undefined) await desk.placed(beside, OrdStatus.FILLED);
      } finally {
        await client.risk.release({ haltId: halt?.haltId ?? '', text: 'the test is over' });
      }
      const released = async () => (await desk.place(covered)).order?.ordStatus !== OrdStatus.DENIED;
      await eventually(released, { what: 'an order is accepted after the release', intervalMs: 100 });
    });

    it.each([
      ['an instrument', HaltScope.INSTRUMENT, 'NSE:NOSUCH', Reason.INSTRUMENT_UNKNOWN],
      ['an account', HaltScope.ACCOUNT, 'NOSUCHACCOUNT', Reason.ACCOUNT_UNKNOWN],
      ['a broker', HaltScope.BROKER, 'nosuch', Reason.FIELD_MALFORMED],
    ])('%s that is not there is refused', async (_name, scope, key, reason) => {
      await expect(world().client.risk.halt({ scope, key, text: 'a test' })).rejects.toMatchObject({ reason });
    });

    it('nothing leaves limits of what is not there', async () => {
      const limits = { orderQtyMax: '1' };
      const { risk } = world().client;
      await expect(risk.setLimits({ accountId: 'NOSUCHACCOUNT', limits, text: 'x' })).rejects.toMatchObject({
        reason: Reason.ACCOUNT_UNKNOWN,
      });
      await expect(risk.setLimits({ riskGroupId: 'NOSUCHGROUP', limits, text: 'x' })).rejects.toMatchObject({
        reason: Reason.FIELD_MALFORMED,
      });
    });
  });
}
