import { describe, expect, it } from '@jest/globals';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aNew, aReadySession, orderOf, tag } from './testing/index.js';

describe('a session is given up, to start anew from what is stored,', () => {
  it("when a person's decision about a doubt can't be written: memory would be ahead of storage", async () => {
    const { session, store, broker, time, lost } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'in-doubt', text: 'no answer' });
    await time.advanceAsync(0);
    store.fail();
    await expect(session.decideDoubt('1', true, 'B-1', 'seen at the desk')).rejects.toThrow('the store fails');
    expect(lost).toHaveLength(1);
    expect(store.requests.get('1')?.state).toBe(RequestState.IN_DOUBT);
  });

  it("when the broker says what can't be taken: it must not be passed over by what comes after", async () => {
    const { session, store, broker, time, lost } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.say({ kind: 'new', ...orderOf('1') });
    await time.advanceAsync(0);
    broker.say({ kind: 'trade', tradeId: 'T-1', lastQty: 'a few', lastPx: '100', ...orderOf('1') });
    broker.say({ kind: 'trade', tradeId: 'T-2', lastQty: '1', lastPx: '100', ...orderOf('1') });
    await time.advanceAsync(0);
    expect(lost).toHaveLength(1);
    expect(store.cursor).toBe('1');
    expect([...store.trades.keys()]).toEqual([]);
  });
});
