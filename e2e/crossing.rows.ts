/** Two processes that both take orders and both hold sessions: an order that enters one may belong to the other, and go out through the other's session. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { type RunningProcess } from './running-process.js';
import { Desk, type GetWorld, market, type World } from './world.js';

interface Place {
  readonly desk: Desk;
  readonly owner: string;
}

const countMax = 12;

/** For each of the processes a desk that it owns, with a session that the other one holds. */
async function crossedDesks(world: World, names: readonly string[]): Promise<Place[]> {
  const { client } = world;
  const ids = Array.from({ length: countMax }, (_, at) => `CROSS-${at + 1}`);
  for (const id of ids) await client.sessions.put({ sessionId: id, broker: 'paper', brokerAccountIds: [id] });
  const held = async () => {
    const sessions = (await client.sessions.list({})).sessions.filter(({ sessionId }) => ids.includes(sessionId));
    return sessions.every(({ process }) => process !== '') && sessions;
  };
  const sessions = await eventually(held, { what: 'every session is held' });
  const places: Place[] = [];
  for (const accountId of ids) {
    // A session is one account's, and a route is chosen when the owner is known.
    await client.accounts.put({ accountId, name: accountId, baseCurrency: 'INR', riskGroupId: accountId, routes: [] });
    const owner = (await new Desk(accountId, client).events())[0]?.process ?? '';
    const session = sessions.find(({ process }) => process !== owner);
    if (session === undefined || places.some((place) => place.owner === owner)) continue;
    const [brokerAccountId = ''] = session.brokerAccountIds;
    places.push({ owner, desk: await Desk.open(world, accountId, { route: { brokerAccountId, sessionId: session.sessionId } }) });
    if (places.length === names.length) break;
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
        const elsewhere = places.find(({ owner }) => owner !== gateway.name);
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
