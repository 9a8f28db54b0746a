import { describe, expect, it } from '@jest/globals';
import { HaltScope } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aNew, aReadySession, tag } from './testing/index.js';

describe('a placement whose write-ahead took more than 250 ms', () => {
  /** A placement whose first statement was slow: its second one is held now. */
  async function slowOnce(differs: Parameters<typeof aNew>[1] = {}) {
    const ready = await aReadySession({ commandsPerSecondMax: 10 });
    const { session, store, time } = ready;
    store.hold();
    session.dispatch(aNew('1', differs), 7);
    await time.advanceAsync(251);
    store.release();
    store.hold();
    await time.advanceAsync(0);
    expect(ready.broker.sent).toHaveLength(0);
    return ready;
  }

  it('is written down again, and leaves once that is durable', async () => {
    const { store, broker, time } = await slowOnce();
    await time.advanceAsync(250);
    expect(broker.sent).toHaveLength(0);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
    expect(store.committed.flatMap(({ inserts, updates }) => [...inserts, ...updates].map(({ state }) => state))).toEqual([
      RequestState.SENDING,
      RequestState.SENDING,
    ]);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(1000);
    expect([store.reports, broker.sent.length]).toEqual([['1 accepted'], 1]);
  });

  it('five times in a row is not sent, and says why', async () => {
    const { session, store, broker, time } = await slowOnce();
    for (let times = 2; times <= 5; times++) {
      await time.advanceAsync(251);
      store.release();
      if (times < 5) store.hold();
      await time.advanceAsync(0);
    }
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(1000);
    expect([broker.sent, store.reports]).toEqual([[], ['1 notSent']]);
    expect(store.requests.get('1')).toMatchObject({
      state: RequestState.NOT_SENT,
      text: expect.stringMatching(/^it was not sent: 5 times in a row, more than 250 ms .* Nothing reached the broker/),
    });
  });

  it('is not sent when a halt came meanwhile', async () => {
    const { store, broker, halt, time } = await slowOnce();
    halt({ version: 1, inForce: [{ haltId: 'H1', scope: HaltScope.ALL, key: '', text: 'stop', actor: 'ops', atMs: 0 }] });
    store.release();
    await time.advanceAsync(0);
    expect([broker.sent, store.reports, store.requests.get('1')?.state]).toEqual([[], ['1 notSent'], RequestState.NOT_SENT]);
  });

  it('is not sent when sendBefore passed meanwhile', async () => {
    const { session, store, broker, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1', { sendBeforeMs: time.nowMs() + 251 }), 7);
    await time.advanceAsync(251);
    store.release();
    await time.advanceAsync(0);
    expect([broker.sent, store.reports]).toEqual([[], ['1 notSent']]);
  });

  it('is not sent by a process that was taken over meanwhile', async () => {
    const { store, broker, time } = await slowOnce();
    store.fail();
    store.release();
    await time.advanceAsync(1000);
    expect([broker.sent, store.reports, store.requests.get('1')?.state]).toEqual([[], [], RequestState.SENDING]);
  });

  it('takes a permit of its own', async () => {
    const { session, store, broker, time } = await aReadySession({ commandsPerSecondMax: 10 });
    store.hold();
    for (let at = 0; at < 8; at++) session.dispatch(aNew(String(at)), 7);
    await time.advanceAsync(900);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0); // The budget of this second is used up.
    await time.advanceAsync(200);
    expect(broker.sent).toHaveLength(8);
  });
});
