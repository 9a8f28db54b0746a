// What outlives a process: requests are sent once over restarts and takeovers, and what may have been sent is looked up.
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { aCancel, aNew, tag } from '@switchyard/brokers-core/testing';
import { Reason } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { World } from './testing/world.js';

const world = World.forSpec();
const { SENDING, ACCEPTED, NOT_SENT, IN_DOUBT } = RequestState;
const running: RunningProcess[] = [];
let commands = 0;
const aRequest = (): string => `T${++commands}`;

afterEach(async () => {
  jest.restoreAllMocks();
  for (const process of running.splice(0)) await world.stop(process);
});

async function start(name?: string, env?: Record<string, string>): Promise<RunningProcess> {
  const process = await world.start(name, env);
  running.push(process);
  return process;
}

async function stop(process: RunningProcess): Promise<void> {
  running.splice(running.indexOf(process), 1);
  await world.stop(process);
}

/** A process, a ready session at it, an attached owner, and a request that was sent and not answered. */
async function withSendingRequest() {
  const process = await start();
  const { sessionId, broker } = await world.aSession(process);
  const owner = world.anOwner(process, sessionId);
  await owner.attach();
  const id = aRequest();
  owner.command(aNew(id, { brokerAccountId: sessionId }));
  await eventually(() => broker.sent.length === 1, { what: 'a submit' });
  return { process, sessionId, broker, owner, id };
}

/** The holder is declared dead by somebody else: the process drops everything and starts anew. */
async function declareDead(process: RunningProcess, sessionId: string, ...known: Parameters<World['connectorOf']>[2][]) {
  await world.admin.query('UPDATE brokers.holders SET alive = false');
  return world.connectorOf(process, sessionId, ...known);
}

describe('after a restart', () => {
  it('a request that is dispatched again is not sent again, and its reports are there', async () => {
    const { process, sessionId, broker, owner, id } = await withSendingRequest();
    broker.sentOf(tag(id)).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
    await owner.hears('accepted');
    await stop(process);
    const again = await start();
    const next = await world.connectorOf(again, sessionId, broker);
    await world.logIn(again, sessionId, next);
    const [after, cancel] = [aRequest(), aRequest()];
    const heir = world.anOwner(again, sessionId);
    expect(await heir.attach()).toBe(1);
    heir.command(aNew(id), aNew(after), aCancel(cancel, id));
    await eventually(() => next.sent.length === 2, { what: 'what is new' });
    expect(next.sent.map(({ request }) => request.tag).sort()).toEqual([tag(after), tag(cancel)].sort());
    // The broker's id of the order is known from its row.
    expect(next.sentOf(tag(cancel)).request).toMatchObject({ targetTag: tag(id), brokerOrderId: 'B1' });
    expect(heir.rows()[0]).toEqual(owner.rows()[0]);
    expect(heir.told()).toEqual([`1 ${id} accepted`]);
  });

  it('a trade of an order of before, and one that was reported before, are each reported once', async () => {
    const { process, sessionId, broker, owner, id } = await withSendingRequest();
    const trade = { kind: 'trade' as const, tag: tag(id), orderTag: tag(id), brokerOrderId: 'B1', lastQty: '4', lastPx: '100' };
    broker.say({ ...trade, tradeId: 'T-before' });
    await owner.hears('accepted', 'trade');
    await stop(process);
    const again = await start();
    const next = await world.connectorOf(again, sessionId, broker);
    const heir = world.anOwner(again, sessionId);
    await heir.attach();
    await world.logIn(again, sessionId, next);
    next.say({ ...trade, tradeId: 'T-before', cursor: '1' });
    next.say({ ...trade, tradeId: 'T-after', cursor: '2' });
    await heir.hears('accepted', 'trade', 'trade');
    await eventually(() => next.confirmed.includes('2'), { what: 'the cursor' });
    expect(heir.told()).toEqual([`1 ${id} accepted`, `2 ${id} trade`, `3 ${id} trade`]);
    const { rows } = await world.admin.query('SELECT cursor FROM brokers.sessions WHERE session_id = $1', [sessionId]);
    expect(rows).toEqual([{ cursor: '2' }]);
  });
});

describe('a request that was SENDING when its holder died', () => {
  it('is in doubt, found at the broker by its tag, and resolved', async () => {
    const { process, sessionId, broker, id } = await withSendingRequest();
    const next = await declareDead(process, sessionId, broker);
    await eventually(async () => (await world.stored(sessionId))[id] === IN_DOUBT, { what: 'the doubt' });
    next.ready();
    await eventually(async () => (await world.sessionOf(process, sessionId))?.state === SessionState.RECONCILING, { what: 'the look-ups' });
    const heir = world.anOwner(process, sessionId);
    await heir.attach();
    const after = aRequest();
    heir.command(aNew(id), aNew(after));
    expect(next.sent).toEqual([]);
    next.lookUps = () => ({ kind: 'found', brokerOrderId: 'B7', executions: [] });
    await heir.hears('inDoubt', 'doubtResolved');
    expect(heir.told()).toEqual([`1 ${id} inDoubt`, `2 ${id} doubtResolved`]);
    expect(heir.reports()[1]).toMatchObject({ brokerOrderId: 'B7' });
    await eventually(() => next.sent.length === 1, { what: 'the order that waited' });
    expect(await world.stored(sessionId)).toEqual({ [id]: ACCEPTED, [after]: SENDING });
    // Whatever the former life of the process still hears is nobody's.
    broker.sentOf(tag(id)).outcome.resolve({ kind: 'refused', reason: Reason.BROKER_REJECTED, text: 'too late' });
    expect(await world.stored(sessionId)).toMatchObject({ [id]: ACCEPTED });
  });

  it('ends as never sent once it is proven absent and the position agrees, and not before', async () => {
    const { process, sessionId, broker, id } = await withSendingRequest();
    const next = await declareDead(process, sessionId, broker);
    next.lookUps = () => ({ kind: 'absent' });
    next.positions = () => ({ kind: 'unknown', text: 'the broker is slow' });
    const heir = world.anOwner(process, sessionId);
    await eventually(async () => (await world.sessionOf(process, sessionId))?.address === process.address, {
      what: 'the session to be held',
    });
    await heir.attach();
    next.ready();
    await heir.hears('inDoubt');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await world.stored(sessionId)).toEqual({ [id]: IN_DOUBT });
    next.positions = () => ({ kind: 'known', netQty: '0' });
    await heir.hears('inDoubt', 'notSent');
    expect(heir.reports()[1]?.report).toMatchObject({ $case: 'notSent', value: { reason: Reason.PROVEN_ABSENT } });
    expect(await world.stored(sessionId)).toEqual({ [id]: NOT_SENT });
  });
});

describe('two broker-connectors', () => {
  it('take over from each other: the session of one that ends is held by the other, and owners are told where', async () => {
    const first = await start('connector-a');
    const second = await start('connector-b');
    const sessionIds = await Promise.all(Array.from({ length: 6 }, () => world.putSession(first)));
    const holders = await eventually(
      async () => {
        const { sessions } = await world.brokers(second).listSessions({}, { timeoutMs: 20_000 });
        const ours = sessions.filter(({ sessionId }) => sessionIds.includes(sessionId));
        return ours.every(({ address }) => address !== '') && new Map(ours.map((session) => [session.sessionId, session]));
      },
      { what: 'every session to have a holder' },
    );
    const [moving] = [...holders.values()].filter(({ process }) => process === 'connector-a');
    if (moving === undefined) throw new Error('rendezvous gives some of six sessions to each of two processes');
    const { sessionId, address } = moving;
    expect(address).toBe(first.address);
    // Only the holder takes an attach; the other one says who it is.
    const lost = world.anOwner(second, sessionId);
    lost.send({ $case: 'attach', value: { holderId: 'H', lastSeq: 0, lastHash: Buffer.alloc(32) } });
    expect((await lost.detached()).address).toBe(first.address);
    const owner = world.anOwner(first, sessionId);
    await owner.attach();
    const broker = await world.connectorOf(first, sessionId);
    await world.logIn(first, sessionId, broker);

    await stop(first);
    expect((await owner.detached()).text).toBe('this process does not hold the session any more');
    const next = await world.connectorOf(second, sessionId);
    await world.logIn(second, sessionId, next);
    expect(await world.sessionOf(second, sessionId)).toMatchObject({
      process: 'connector-b',
      address: second.address,
      state: SessionState.READY,
    });
    const heir = world.anOwner(second, sessionId);
    await heir.attach();
    const id = aRequest();
    heir.command(aNew(id));
    await eventually(() => next.sent.length === 1, { what: 'a submit by the heir' });
    expect(broker.sent).toEqual([]);
  });
});
