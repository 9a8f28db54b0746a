// A session that ends by itself while its journal goes on is not lost to its process: it starts anew from what is stored.
import { describe, expect, it } from '@jest/globals';
import { aNew, orderOf, tag } from '@switchyard/brokers-core/testing';
import { Reason } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { eventually } from '@switchyard/testkit';
import { World } from './testing/world.js';

const world = World.forSpec();

describe('a session of a process that goes on', () => {
  it('starts anew when the database refuses a change of it, and what it was about is looked up', async () => {
    const process = await world.start();
    const { sessionId, broker } = await world.aSession(process);
    const owner = world.anOwner(process, sessionId);
    await owner.attach();
    owner.command(aNew('A1', { brokerAccountId: sessionId }));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    // PostgreSQL takes no text with a NUL, and an id is not ours to change.
    broker.sentOf(tag('A1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B\0A1' });

    const next = await world.connectorOf(process, sessionId, broker);
    next.lookUps = (wanted) => ({ kind: 'found', brokerOrderId: `B-${wanted}`, executions: [] });
    await world.logIn(process, sessionId, next);
    await eventually(async () => (await world.stored(sessionId))['A1'] === RequestState.ACCEPTED, { what: 'the doubt to end' });

    const again = world.anOwner(process, sessionId);
    await again.attach();
    again.command(aNew('A2', { brokerAccountId: sessionId }));
    await eventually(() => next.sent.length === 1, { what: 'the next order to be sent' });
    expect(next.sent.map(({ request }) => request.tag)).toEqual([tag('A2')]);
  });

  it('starts anew when its broker says what can not be taken, and nothing behind it is taken before', async () => {
    const process = await world.start('connector-1');
    const { sessionId, broker } = await world.aSession(process);
    const owner = world.anOwner(process, sessionId);
    await owner.attach();
    owner.command(aNew('B1', { brokerAccountId: sessionId }));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    broker.say({ kind: 'new', ...orderOf('B1') });
    await owner.hears('accepted');
    broker.say({ kind: 'trade', tradeId: 'T-1', lastQty: 'a few', lastPx: '100', ...orderOf('B1') });
    broker.say({ kind: 'canceled', reason: Reason.UNSPECIFIED, text: '', ...orderOf('B1') });
    await world.connectorOf(process, sessionId, broker);
    const { rows } = await world.admin.query<{ cursor: string }>('SELECT cursor FROM brokers.sessions WHERE session_id = $1', [sessionId]);
    expect(rows).toEqual([{ cursor: '1' }]);
  });

  it('writes nothing behind an execution that the database refused, or it would never come again', async () => {
    const process = await world.start('connector-2');
    const { sessionId, broker } = await world.aSession(process);
    const owner = world.anOwner(process, sessionId);
    await owner.attach();
    for (const id of ['C1', 'C2']) owner.command(aNew(id, { brokerAccountId: sessionId }));
    await eventually(() => broker.sent.length === 2, { what: 'two submits' });
    broker.say({ kind: 'new', ...orderOf('C1') });
    await owner.hears('accepted');
    broker.say({ kind: 'rejected', reason: Reason.BROKER_REJECTED, text: 'no margin', ...orderOf('C2'), brokerOrderId: 'B\0C2' });
    broker.say({ kind: 'trade', tradeId: 'T-1', lastQty: '1', lastPx: '100', ...orderOf('C1') });
    await world.connectorOf(process, sessionId, broker);
    const { rows } = await world.admin.query<{ cursor: string }>('SELECT cursor FROM brokers.sessions WHERE session_id = $1', [sessionId]);
    expect(rows).toEqual([{ cursor: '1' }]);
  });
});
