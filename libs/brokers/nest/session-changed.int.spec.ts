// PutSession on a session that a process holds: the holder follows, whichever process was called.
import { describe, expect, it } from '@jest/globals';
import { aNew, tag } from '@switchyard/brokers-core/testing';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { World } from './testing/world.js';

const world = World.forSpec();
let processes: RunningProcess[] = [];

/** Two processes, a session that the first or second of them holds, and the one that does not. */
async function aHeldSession(commandsPerSecondMax: number) {
  if (processes.length === 0) processes = [await world.start('connector-a'), await world.start('connector-b')];
  const [first] = processes as [RunningProcess, RunningProcess];
  const sessionId = await world.putSession(first, { commandsPerSecondMax });
  const holderName = await eventually(async () => (await world.sessionOf(first, sessionId))?.process || false, { what: 'a holder' });
  const [holder] = processes.filter(({ name }) => name === holderName) as [RunningProcess];
  const [other] = processes.filter(({ name }) => name !== holderName) as [RunningProcess];
  const broker = await world.connectorOf(holder, sessionId);
  await world.logIn(holder, sessionId, broker);
  const [brokerAccountId = ''] = (await world.sessionOf(holder, sessionId))?.brokerAccountIds ?? [];
  const put = (differs: { commandsPerSecondMax?: number; brokerAccountIds?: string[] }) =>
    world
      .brokers(other)
      .putSession(
        { sessionId, broker: 'scripted', brokerAccountIds: [brokerAccountId], commandsPerSecondMax, ...differs },
        world.as('admin'),
      );
  return { sessionId, holder, broker, brokerAccountId, put };
}

describe('a change of a session that is held', () => {
  it('of its rate is what the holder sends by, and what owners get credit for', async () => {
    const { sessionId, holder, broker, put } = await aHeldSession(1_000);
    const owner = world.anOwner(holder, sessionId);
    await owner.attach();
    await eventually(() => owner.credit()?.credits === 2_000, { what: 'the credit of before' });
    await put({ commandsPerSecondMax: 4 });
    await owner.detached();
    const next = await world.connectorOf(holder, sessionId, broker);
    const heldAtMs = performance.now();
    await world.logIn(holder, sessionId, next);
    const again = world.anOwner(holder, sessionId);
    await again.attach();
    await eventually(() => again.credit()?.credits === 8, { what: 'the credit of now' });
    again.command(...Array.from({ length: 40 }, (_, at) => aNew(`R${at}`)));
    await eventually(() => next.sent.length >= 4, { what: 'the first orders' });
    // It was made up to one look (20 ms) before it was seen.
    expect(next.sent.length).toBeLessThanOrEqual(4 * Math.ceil((performance.now() - heldAtMs + 500) / 1_000));
  });

  it('of its broker accounts is what its connector is made for, and what is told to those who watch', async () => {
    const { sessionId, holder, broker, brokerAccountId, put } = await aHeldSession(100);
    expect(world.accountsOf(broker)).toEqual([brokerAccountId]);
    await put({ brokerAccountIds: [brokerAccountId, `${brokerAccountId}-2`] });
    const next = await world.connectorOf(holder, sessionId, broker);
    expect(world.accountsOf(next)).toEqual([brokerAccountId, `${brokerAccountId}-2`]);
    await world.logIn(holder, sessionId, next);
    expect((await world.sessionOf(holder, sessionId))?.brokerAccountIds).toEqual([brokerAccountId, `${brokerAccountId}-2`]);
  });

  it('waits for what is under way, and takes nothing new before it is done', async () => {
    const { sessionId, holder, broker, put } = await aHeldSession(100);
    const owner = world.anOwner(holder, sessionId);
    await owner.attach();
    owner.command(aNew('U1'));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    await put({ commandsPerSecondMax: 50 });
    setTimeout(() => broker.sentOf(tag('U1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' }), 200);
    await owner.detached();
    const next = await world.connectorOf(holder, sessionId, broker);
    await world.logIn(holder, sessionId, next);
    // Its report is there for whoever attaches with a cursor before it, whether it still reached the former stream or not.
    const again = world.anOwner(holder, sessionId);
    await again.attach();
    await again.hears('accepted');
    expect(await world.stored(sessionId)).toEqual({ U1: RequestState.ACCEPTED });
  });

  it('that changes nothing leaves the session alone', async () => {
    const { sessionId, holder, broker, put } = await aHeldSession(100);
    await put({});
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await world.connectorOf(holder, sessionId)).toBe(broker);
  });
});
