import { describe, expect, it } from '@jest/globals';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aCancel, aNew, aReadySession, tag } from './testing/index.js';

describe('a session that is about to move', () => {
  it('lets what was sent come to its answer, and begins nothing: no doubt is left for the next holder', async () => {
    const { session, store, broker, time } = await aReadySession({ commandsPerSecondMax: 1 });
    for (const id of ['1', '2']) session.dispatch(aNew(id), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    expect(session.outstanding).toBe(3);
    session.drain();
    session.dispatch(aNew('4'), 7);
    expect(session.outstanding).toBe(1);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(5000);
    expect(session.outstanding).toBe(0);
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([tag('1')]);
    expect([...store.requests].map(([id, { state }]) => [id, state])).toEqual([['1', RequestState.ACCEPTED]]);
  });
});
