/** Two processes that both take orders and both hold sessions: an order that enters one may belong to the other, and go out through the other's session. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { RunningProcess } from './running-process.js';
import { Desk, type GetWorld, market, type World } from './world.js';

interface Place {
  readonly desk: Desk;
  readonly owner: string;
}

/** Desks until each of the two processes owns one, with sessions that the other one holds. */
async function crossedDesks(world: World, names: readonly string[]): Promise<Map<string, Place>> {
  const { client } = world;
  for (let number = 1; number <= 12; number++) {
    const sessionId = `cross-${number}`;
    await client.sessions.put({ sessionId, broker: 'paper', brokerAccountIds: [`CROSS-${number}`] });
  }
  const places = new Map<string, Place>();
  for (let number = 1; number <= 12 && places.size < names.length; number++) {
    const accountId = `CROSS-${number}`;
    const opened = await Desk.open(world, accountId, { route: { brokerAccountId: `CROSS-${number}`, sessionId: `cross-${number}` } });
    const owner = (await opened.events())[0]?.process ?? '';
    const { sessions } = await client.sessions.list({});
    const holder = sessions.find(({ sessionId }) => sessionId === `cross-${number}`)?.process;
    if (holder !== undefined && holder !== '' && holder !== owner && !places.has(owner)) places.set(owner, { desk: opened, owner });
  }
  return places;
}

export function describeCrossing(world: GetWorld): void {
  describe('two processes with order-gateway and broker-connector', () => {
    it('an order that enters each crosses to the shard and to the session of the other', async () => {
      const { platform, atGateway } = world();
      const gateways: readonly RunningProcess[] = platform.running('order-gateway');
      const places = await crossedDesks(
        world(),
        gateways.map(({ name }) => name),
      );
      const ways: string[] = [];
      for (const [at, gateway] of gateways.entries()) {
        const elsewhere = [...places.values()].find(({ owner }) => owner !== gateway.name);
        const client = atGateway[at];
        if (elsewhere === undefined || client === undefined)
          throw new Error(`no shard belongs to the other process, with a session at ${gateway.name}`);
        const { orderId } = await elsewhere.desk.as(client).placed(market('NSE:HDFCBANK', Side.BUY, '2'), OrdStatus.FILLED);
        const { entries } = await client.orders.explain({ accountId: elsewhere.desk.accountId, orderId });
        const processOf = (title: string) => entries.find((entry) => entry.title.startsWith(title))?.process ?? '';
        ways.push(`in at ${gateway.name}, owned by ${processOf('order accepted')}, sent by ${processOf('SENDING written')}`);
      }
      const [left, right] = gateways.map(({ name }) => name);
      expect(ways).toEqual([`in at ${left}, owned by ${right}, sent by ${left}`, `in at ${right}, owned by ${left}, sent by ${right}`]);
    });
  });
}
