/** What the platform knows survives its restart on the same data: ended in order, and killed, at rest and in the middle of orders. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type SwitchyardClient } from '@switchyard/client';
import { eventually } from '@switchyard/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { Platform } from './platform.js';
import { type RunningProcess } from './running-process.js';
import { Desk, limit, market, marketOf, priceAwayFromBid, scaled, sumsOf } from './world.js';

jest.setTimeout(240_000);

let platform: Platform;
let process: RunningProcess;
let client: SwitchyardClient;
let desk: Desk;
let price: string;

beforeAll(async () => {
  platform = await Platform.standalone();
  [process] = platform.processes as [RunningProcess];
  client = platform.client();
  desk = await Desk.open({ client }, 'RESTART');
  price = priceAwayFromBid(await marketOf(client, 'NSE:INFY'), -2);
});
afterAll(() => platform?.stop());

async function restart(signal: NodeJS.Signals): Promise<void> {
  const { code } = await process.end(signal);
  expect(code).toBe(signal === 'SIGTERM' ? 0 : undefined);
  platform.start(process);
  await process.whenReady();
}

const resting = (): Promise<OrderState> => desk.placed(limit('NSE:INFY', Side.BUY, '5', price), OrdStatus.NEW);

async function canceled(order: OrderState): Promise<void> {
  await client.orders.cancel({ accountId: desk.accountId, orderId: order.orderId });
  await desk.until(order.orderId, OrdStatus.CANCELED);
}

/** Everything that the platform tells of the account, apart from what the market does to it. */
async function told() {
  const [{ accounts }, { sessions }, orders, events] = await Promise.all([
    client.accounts.list({}),
    client.sessions.list({}),
    desk.orders(),
    desk.events(),
  ]);
  const { positions } = await desk.positions();
  const lives = await Promise.all(orders.map(({ orderId }) => client.orders.explain({ accountId: desk.accountId, orderId })));
  return {
    accounts,
    sessions: sessions.map(({ sessionId, broker, brokerAccountIds }) => ({ sessionId, broker, brokerAccountIds })),
    orders,
    events,
    positions: positions.map(({ instrumentId, boughtQty, soldQty, avgPx, realisedPnl, fees }) => ({
      instrumentId,
      boughtQty,
      soldQty,
      avgPx,
      realisedPnl,
      fees,
    })),
    lives,
  };
}

describe('a platform that starts again on its data', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s knows accounts, orders, positions and lives as they were, and cancels what rests',
    async (signal) => {
      const rests = await resting();
      await desk.placed(market('NSE:INFY', Side.BUY, '3'), OrdStatus.FILLED);
      await canceled(await resting());
      const before = await told();
      await restart(signal);
      expect(await told()).toEqual(before);
      // The venue has it too: a cancel finds it, and a trade of later is counted once.
      await canceled(rests);
      await desk.placed(market('NSE:INFY', Side.SELL, '1'), OrdStatus.FILLED);
      expect(process.pages()).toEqual([]);
    },
  );

  it('after a kill in the middle of orders has every order that it acknowledged, each with one end', async () => {
    const rests = await resting();
    const acknowledged = new Map<string, string>();
    for (let round = 1; round <= 3; round++) {
      let isStreaming = true;
      const caller = async (name: string): Promise<void> => {
        for (let at = 0; isStreaming; at++) {
          const clOrdId = `${name}-${round}-${at}`;
          const content = market('NSE:INFY', at % 2 === 0 ? Side.BUY : Side.SELL, '1');
          // What was not answered may or may not be there: only what was is asked for.
          const answer = await client.orders
            .place({ accountId: desk.accountId, clOrdId, content }, { timeoutMs: 3_000 })
            .catch(() => undefined);
          if (answer?.order !== undefined) acknowledged.set(clOrdId, answer.order.orderId);
        }
      };
      const callers = ['a', 'b', 'c', 'd'].map(caller);
      const before = acknowledged.size;
      await eventually(() => acknowledged.size > before + 10, { what: 'orders to be acknowledged' });
      await sleep(170 * round);
      process.signal('SIGKILL');
      isStreaming = false;
      await Promise.all(callers);
      await restart('SIGKILL');
    }
    expect(acknowledged.size).toBeGreaterThan(20);
    for (const [clOrdId, orderId] of acknowledged) {
      const { order } = await client.orders.get({ accountId: desk.accountId, clOrdId });
      expect(order?.orderId).toBe(orderId);
      // A request that was on the wire is looked up: it was filled, or proven absent.
      const end = await desk.ended(orderId);
      expect([OrdStatus.FILLED, OrdStatus.REJECTED]).toContain(end.ordStatus);
    }
    await canceled(rests);
    const events = await desk.events();
    expect(events.map(({ accountSeq }) => accountSeq)).toEqual(events.map((_, at) => at + 1));
    const { positions } = await desk.positions();
    const sums = sumsOf(events);
    expect(positions.map(({ boughtQty, soldQty }) => [scaled(boughtQty), scaled(soldQty)])).toEqual([[sums.boughtQty, sums.soldQty]]);
  });

  it('has opened each account once', async () => {
    const { accounts } = await client.accounts.list({});
    expect(accounts.map(({ accountId }) => accountId)).toEqual(['DEMO', 'DEMO2', 'RESTART']);
    for (const { accountId } of accounts) {
      const events = await new Desk(accountId, client).events();
      expect(events.filter(({ event }) => event?.$case === 'accountOpened')).toHaveLength(1);
    }
    // After a kill in the middle a request is in doubt, which is told where it takes more than half a minute, as on a busy machine. Nothing else is.
    expect(process.pages().filter((line) => !line.includes('a broker request is in doubt'))).toEqual([]);
  });
});
