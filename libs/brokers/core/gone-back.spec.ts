import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aCancel, aNew, aReadySession, aReplace, type InMemoryStore, type ScriptedConnector, tag } from './testing/index.js';

/** An order whose write-ahead has just become too old: held at the socket once. */
async function heldBackOnce(differs: Parameters<typeof aNew>[1] = {}, session: Parameters<typeof aReadySession>[0] = {}) {
  const under = await aReadySession(session);
  under.store.hold();
  under.session.dispatch(aNew('1', differs), 7);
  await under.time.advanceAsync(251);
  return under;
}

const sentTags = (broker: ScriptedConnector): string[] => broker.sent.map(({ request }) => request.tag);
const states = (store: InMemoryStore): string[] =>
  store.committed.flatMap(({ inserts, updates }) =>
    [...inserts, ...updates].map(({ brokerRequestId, state, writeAheads }) => `${brokerRequestId} ${RequestState[state]} ${writeAheads}`),
  );

describe('a write-ahead that is older than 250 ms at the socket', () => {
  it('is not sent: it is written ahead again, and leaves under the fresh one, once', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    const firstAtMs = time.nowMs() - 251;
    expect(broker.sent).toEqual([]);
    store.release();
    await time.advanceAsync(0);
    expect(sentTags(broker)).toEqual([tag('1')]);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(500);
    expect(states(store)).toEqual(['1 SENDING 1', '1 SENDING 2', '1 ACCEPTED 2']);
    expect(store.requests.get('1')).toMatchObject({ sendingAtMs: firstAtMs + 251, sentAtMs: firstAtMs + 251, brokerOrderId: 'B-1' });
    expect([store.reports, session.outstanding, broker.sent.length]).toEqual([['1 accepted'], 0, 1]);
  });

  it.each([
    [250, 1],
    [251, 2],
  ])('after %i ms it was written ahead %i times', async (ageMs, times) => {
    const { session, store, broker, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(ageMs);
    store.release();
    await time.advanceAsync(0);
    expect([sentTags(broker), store.requests.get('1')?.writeAheads]).toEqual([[tag('1')], times]);
  });

  it('takes what is behind it of its account along, in order, and lets other accounts pass', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    session.dispatch(aNew('2'), 7); // Fresh, but behind the first.
    session.dispatch(aNew('other', { accountId: 'OTHER' }), 7);
    store.release();
    await new Promise((resolve) => setImmediate(resolve)); // They have come back, and the first is being written again.
    session.dispatch(aNew('3'), 7);
    await time.advanceAsync(0);
    expect(sentTags(broker)).toEqual(['other', '1', '2', '3'].map(tag));
    expect(['1', '2', 'other', '3'].map((id) => store.requests.get(id)?.writeAheads)).toEqual([2, 2, 1, 1]);
  });

  it('keeps the order of an account over several rounds', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    for (const id of ['2', '3']) {
      store.release();
      store.hold();
      session.dispatch(aNew(id), 7);
      await time.advanceAsync(300);
    }
    store.release();
    await time.advanceAsync(0);
    session.dispatch(aNew('4'), 7);
    await time.advanceAsync(0);
    expect(sentTags(broker)).toEqual(['1', '2', '3', '4'].map(tag));
    expect(store.requests.get('1')?.writeAheads).toBeGreaterThan(2);
  });

  it('waits for a permit like everybody, ahead of what was never written', async () => {
    const { session, store, broker, time } = await heldBackOnce({}, { commandsPerSecondMax: 2 });
    session.dispatch(aNew('2'), 7);
    session.dispatch(aNew('3'), 7);
    store.release();
    await time.advanceAsync(700);
    expect(broker.sent).toEqual([]);
    await time.advanceAsync(100);
    expect(sentTags(broker)).toEqual([tag('1')]);
    await time.advanceAsync(2000);
    expect(sentTags(broker)).toEqual(['1', '2', '3'].map(tag));
  });

  it('is not sent once sendBefore has passed', async () => {
    const time = (await aReadySession()).time; // Every simulated clock begins at the same instant.
    const { store, broker } = await heldBackOnceOf({ sendBeforeMs: time.nowMs() + 251 });
    expect(broker.sent).toEqual([]);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.NOT_SENT, text: 'sendBefore had passed', writeAheads: 1 });
    expect(store.reports).toEqual(['1 notSent']);
  });

  it('is not sent after 10 s of that, and the order ends with the reason', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    for (let round = 0; round < 40; round++) {
      store.release();
      store.hold();
      await time.advanceAsync(300);
    }
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toEqual([]);
    const notSent = store.committed.flatMap(({ reports }) => reports.map(({ report }) => report.report));
    expect(notSent).toMatchObject([{ $case: 'notSent', value: { reason: Reason.WRITE_AHEAD_STALE } }]);
    expect(store.requests.get('1')?.state).toBe(RequestState.NOT_SENT);
    expect(session.outstanding).toBe(0);
  });

  it('is judged by the halts again', async () => {
    const { store, broker, halt, time } = await heldBackOnce();
    halt({ version: 1, inForce: [{ haltId: 'H1', scope: HaltScope.ACCOUNT, key: 'DEMO', text: 'stop', actor: 'ops', atMs: 0 }] }, false);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toEqual([]);
    expect(states(store)).toEqual(['1 SENDING 1', '1 NOT_SENT 1']);
  });

  it('whose second statement was judged by an older halt version is judged again, and stays ahead of what is behind it', async () => {
    const { session, store, broker, halt, time } = await heldBackOnce();
    session.dispatch(aNew('2'), 7);
    store.release();
    store.hold();
    await new Promise((resolve) => setImmediate(resolve));
    halt({ version: 1, inForce: [] });
    store.release();
    session.dispatch(aNew('3'), 7);
    await time.advanceAsync(50);
    expect(sentTags(broker)).toEqual(['1', '2', '3'].map(tag));
  });

  it('ends when a cancel of it has come meanwhile', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    session.dispatch(aCancel('2', '1'), 7);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toEqual([]);
    expect(store.reports).toEqual(['1 notSent', '2 notSent']);
  });

  it('of a replace or a cancel goes again too', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    store.hold();
    session.dispatch(aReplace('2', '1'), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(251);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent.map(({ kind }) => kind).sort()).toEqual(['cancel', 'replace', 'submit']);
    expect(store.requests.get('3')?.writeAheads).toBe(2);
  });

  it('comes to its end before a planned move', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    session.drain();
    store.release();
    await time.advanceAsync(0);
    expect(sentTags(broker)).toEqual([tag('1')]);
    expect(session.outstanding).toBe(1);
  });

  it('is in doubt for the next holder, since only this one knows that nothing left', async () => {
    const { session, store, broker, time } = await heldBackOnce();
    store.release();
    store.hold();
    await new Promise((resolve) => setImmediate(resolve));
    session.close();
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toEqual([]);
    const next = await aReadySession({ store });
    expect(store.requests.get('1')?.state).toBe(RequestState.IN_DOUBT);
    expect(next.broker.sent).toEqual([]);
  });
});

async function heldBackOnceOf(differs: Parameters<typeof aNew>[1]) {
  const under = await heldBackOnce(differs);
  under.store.release();
  await under.time.advanceAsync(0);
  return under;
}
