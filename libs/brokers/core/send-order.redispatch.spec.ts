import { describe, expect, it } from '@jest/globals';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aCancel, aNew, aReadySession, InMemoryStore, tag } from './testing/index.js';

/** Storage whose reads wait until the test lets them go on. */
class SlowReads extends InMemoryStore {
  readonly #waiting: (() => void)[] = [];

  override async requestById(id: string) {
    const stored = await super.requestById(id);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return stored;
  }

  go(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

describe('after an owner has attached anew', () => {
  it('an order whose cancel is dispatched before it, and that nobody ever sent, is not sent', async () => {
    const store = new SlowReads();
    const { session, broker, time, lost } = await aReadySession({ store });
    session.dispatch(aCancel('2', '1'), 7);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    store.go();
    await time.advanceAsync(500);
    expect(broker.sent).toEqual([]);
    expect(lost).toEqual([]);
    expect(store.requests.get('1')?.state).toBe(RequestState.NOT_SENT);
    expect(store.requests.get('2')?.state).toBe(RequestState.NOT_SENT);
    expect(session.outstanding).toBe(0);
  });

  it('an order that was stored before is not sent again, and its cancel goes to the broker', async () => {
    const store = new SlowReads();
    const { session, broker, time, lost } = await aReadySession({ store });
    const stored = {
      sessionId: 'paper-1',
      shard: 7,
      sendingAtMs: 1,
      writeAheads: 1,
      sentAtMs: 1,
      answeredAtMs: 1,
      brokerOrderId: 'B-1',
      text: '',
      process: 'former',
    };
    store.requests.set('1', { ...stored, brokerRequestId: '1', command: aNew('1'), state: RequestState.ACCEPTED });
    session.dispatch(aCancel('2', '1'), 7);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    store.go();
    await time.advanceAsync(500);
    expect(broker.sent.map(({ kind, request }) => `${kind} ${request.tag}`)).toEqual([`cancel ${tag('2')}`]);
    expect(lost).toEqual([]);
  });

  it('a second cancel that is looked up with the first one takes the same end', async () => {
    const store = new SlowReads();
    const { session, broker, time, lost } = await aReadySession({ store });
    session.dispatch(aCancel('2', '1'), 7);
    session.dispatch(aNew('1'), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    store.go();
    await time.advanceAsync(500);
    expect(broker.sent).toEqual([]);
    expect(lost).toEqual([]);
    expect(['1', '2', '3'].map((id) => store.requests.get(id)?.state)).toEqual(Array(3).fill(RequestState.NOT_SENT));
    expect(session.outstanding).toBe(0);
  });
});
