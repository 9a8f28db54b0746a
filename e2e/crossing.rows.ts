/** Two processes that both take orders and both hold sessions: an order that enters one may belong to the other, and go out through the other's session. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { type SwitchyardClient } from '@switchyard/client';
import { eventually } from '@switchyard/testkit';
import { type RunningProcess } from './running-process.js';
import { Desk, type GetWorld, market, type World } from './world.js';

interface Place {
  readonly desk: Desk;
  readonly owner: string;
}

const countMax = 12;

/** For each of the processes a desk that it owns, with a session that the other one holds, or that it holds itself. */
async function desksOf(world: World, names: readonly string[], prefix: string, sessionAt: 'other' | 'owner'): Promise<Place[]> {
  const { client } = world;
  const ids = Array.from({ length: countMax }, (_, at) => `${prefix}-${at + 1}`);
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
    const session = sessions.find(({ process }) => (process === owner) === (sessionAt === 'owner'));
    if (session === undefined || places.some((place) => place.owner === owner)) continue;
    const [brokerAccountId = ''] = session.brokerAccountIds;
    places.push({ owner, desk: await Desk.open(world, accountId, { route: { brokerAccountId, sessionId: session.sessionId } }) });
    if (places.length === names.length) break;
  }
  return places;
}

/** Where an order came in, who owned it and who sent it. */
async function wayOf(at: RunningProcess, client: SwitchyardClient, { desk }: Place): Promise<string> {
  const { orderId } = await desk.as(client).placed(market('NSE:HDFCBANK', Side.BUY, '2'), OrdStatus.FILLED);
  const { entries } = await client.orders.explain({ accountId: desk.accountId, orderId });
  const processOf = (title: string) => entries.find((entry) => entry.title.startsWith(title))?.process ?? '';
  expect(processOf('call received')).toBe(at.name);
  return `in at ${at.name}, owned by ${processOf('order accepted')}, sent by ${processOf('SENDING written')}`;
}

export function describeCrossing(world: GetWorld): void {
  describe('two processes with order-gateway and broker-connector', () => {
    it.each([
      ['of itself', 'CROSS', 'other'],
      ['of the other', 'BEYOND', 'owner'],
    ] as const)(
      'an order that enters each crosses to the shard of the other, and goes out by a session %s',
      async (_, prefix, sessionAt) => {
        const { platform, atGateway } = world();
        const gateways: readonly RunningProcess[] = platform.running('order-gateway');
        const names = gateways.map(({ name }) => name);
        const places = await desksOf(world(), names, prefix, sessionAt);
        const ways: string[] = [];
        for (const [at, gateway] of gateways.entries()) {
          const elsewhere = places.find(({ owner }) => owner !== gateway.name);
          const client = atGateway[at];
          if (elsewhere === undefined || client === undefined)
            throw new Error(`no shard belongs to the other process, with the session that this row wants`);
          ways.push(await wayOf(gateway, client, elsewhere));
        }
        const [left, right] = names;
        expect(ways).toEqual(
          sessionAt === 'other'
            ? [`in at ${left}, owned by ${right}, sent by ${left}`, `in at ${right}, owned by ${left}, sent by ${right}`]
            : [`in at ${left}, owned by ${right}, sent by ${right}`, `in at ${right}, owned by ${left}, sent by ${left}`],
        );
      },
    );

    it('an order that enters the owner of its shard crosses to the session of the other', async () => {
      const { platform, atGateway } = world();
      const gateways: readonly RunningProcess[] = platform.running('order-gateway');
      const names = gateways.map(({ name }) => name);
      const places = await desksOf(world(), names, 'OUT', 'other');
      const ways: string[] = [];
      for (const [at, gateway] of gateways.entries()) {
        const own = places.find(({ owner }) => owner === gateway.name);
        const client = atGateway[at];
        if (own === undefined || client === undefined) throw new Error('no shard belongs to this process, with a session at the other');
        ways.push(await wayOf(gateway, client, own));
      }
      const [left, right] = names;
      expect(ways).toEqual([`in at ${left}, owned by ${left}, sent by ${right}`, `in at ${right}, owned by ${right}, sent by ${left}`]);
    });
  });
}
