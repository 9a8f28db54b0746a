// Halts at a broker-connector: exact, since SENDING is written only under the version by which it was judged.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aCancel, aNew, tag } from '@switchyard/brokers-core/testing';
import { type Halt, HaltScope, Reason } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { options, World } from './testing/world.js';

const world = World.forSpec();
const aHalt = (scope: HaltScope, key = ''): Halt => ({ haltId: 'H1', scope, key, text: 'stop', actor: 'olga', atMs: 1 });
let connector: RunningProcess;
let commands = 0;
const aRequest = (): string => `H${++commands}`;

beforeEach(async () => {
  world.halts = { version: 0, halts: [] };
  connector = await world.start();
});
afterEach(() => world.stop(connector));

const versionStored = async (): Promise<number> =>
  Number(
    (await world.admin.query<{ version: string }>('SELECT attrs_version AS version FROM brokers.holders WHERE alive')).rows[0]?.version,
  );
const put = (haltVersion: number, ...halts: Halt[]) => world.brokers(connector).putHalts({ haltVersion, halts }, options);

async function attachedOwner() {
  const { sessionId, broker } = await world.aSession(connector);
  const owner = world.anOwner(connector, sessionId);
  await owner.attach();
  return { sessionId, broker, owner };
}

describe('halts', () => {
  it('are in force at the row of the process when PutHalts answers; an older version changes nothing', async () => {
    expect(await put(5, aHalt(HaltScope.ACCOUNT, 'DEMO'))).toEqual({ haltVersion: 5, processes: ['connector-0'] });
    expect(await versionStored()).toBe(5);
    expect(await put(4)).toEqual({ haltVersion: 5, processes: ['connector-0'] });
    expect(await versionStored()).toBe(5);
    const { sessionId, broker, owner } = await attachedOwner();
    const [halted, other] = [aRequest(), aRequest()];
    owner.command(aNew(halted), aNew(other, { accountId: 'DEMO2' }));
    await owner.hears('notSent');
    expect(owner.reports()[0]?.report).toEqual({
      $case: 'notSent',
      value: { reason: Reason.HALTED_BEFORE_SEND, text: 'halt H1 covers it: stop' },
    });
    await eventually(() => broker.sent.length === 1, { what: 'the order of the other account' });
    expect(await world.stored(sessionId)).toEqual({ [halted]: RequestState.NOT_SENT, [other]: RequestState.SENDING });
  });

  it('let cancels pass', async () => {
    const { broker, owner } = await attachedOwner();
    const [order, cancel] = [aRequest(), aRequest()];
    owner.command(aNew(order));
    await eventually(() => broker.sent.length === 1, { what: 'the order' });
    broker.sentOf(tag(order)).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
    await owner.hears('accepted');
    await put(1, aHalt(HaltScope.ALL));
    owner.command(aCancel(cancel, order));
    await eventually(() => broker.sent.length === 2, { what: 'the cancel' });
    expect(broker.sentOf(tag(cancel))).toMatchObject({ kind: 'cancel', request: { brokerOrderId: 'B1' } });
  });

  it('that are stamped while a statement of an older judgement is under way: it writes nothing, and is judged again', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    // The moment between the stamp and its news, as long as the test wants it.
    await world.admin.query('UPDATE brokers.holders SET attrs_version = 7 WHERE alive');
    const [order, after] = [aRequest(), aRequest()];
    owner.command(aNew(order));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await world.stored(sessionId), broker.sent]).toEqual([{}, []]);
    await put(7, aHalt(HaltScope.BROKER, 'scripted'));
    await owner.hears('notSent');
    expect(await world.stored(sessionId)).toEqual({ [order]: RequestState.NOT_SENT });
    await put(8);
    owner.command(aNew(after));
    await eventually(() => broker.sent.length === 1, { what: 'an order after the release' });
  });

  it('stay in force when the process starts anew under another holder id', async () => {
    await put(3, aHalt(HaltScope.ALL));
    const { sessionId, broker } = await world.aSession(connector);
    await world.admin.query('UPDATE brokers.holders SET alive = false');
    const next = await world.connectorOf(connector, sessionId, broker);
    await world.logIn(connector, sessionId, next);
    expect(await versionStored()).toBe(3);
    const owner = world.anOwner(connector, sessionId);
    await owner.attach();
    owner.command(aNew(aRequest()));
    await owner.hears('notSent');
    expect(next.sent).toEqual([]);
  });
});

describe('until risk has told the halts', () => {
  it('nothing is sent', async () => {
    world.halts = undefined;
    await world.stop(connector);
    connector = await world.start();
    const sessionId = await world.putSession(connector);
    const broker = await world.connectorOf(connector, sessionId);
    const session = await eventually(
      async () => {
        broker.ready();
        const now = await world.sessionOf(connector, sessionId);
        return now?.state === SessionState.RECONCILING && now;
      },
      { what: 'a session that waits' },
    );
    expect(session.text).toBe('waiting for risk to tell which halts are in force');
    const owner = world.anOwner(connector, sessionId);
    await owner.attach();
    await eventually(() => owner.credit() !== undefined, { what: 'the word on credit' });
    expect(owner.credit()).toEqual({ credits: 0, retryAfterMs: 500 });
    owner.command(aNew(aRequest()));
    world.halts = { version: 2, halts: [] };
    await eventually(() => broker.sent.length === 1, { what: 'the order once risk has answered' });
    expect(await versionStored()).toBe(2);
  });
});
