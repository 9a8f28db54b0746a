import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Halts } from './halts.js';
import { aCancel, aNew, aReadySession, aReplace, aSession, orderOf, tag, Time } from './testing/index.js';

const haltOf = (scope: HaltScope, key: string, version = 1): Halts => ({
  version,
  inForce: [{ haltId: 'H1', scope, key, text: 'stop', actor: 'ops', atMs: 0 }],
});

describe('a placement', () => {
  it('is written down as SENDING before any byte leaves, and reported once answered', async () => {
    const { session, store, broker, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0);
    store.release();
    await time.advanceAsync(0);
    expect(store.requests.get('1')?.state).toBe(RequestState.SENDING);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.ACCEPTED, brokerOrderId: 'B-1', sentAtMs: time.nowMs() });
    expect(store.reports).toEqual(['1 accepted']);
    expect(store.committed.at(-1)?.reports[0]).toMatchObject({ shard: 7, report: { placementId: 'order-1.p1' } });
  });

  it.each([
    ['accepted', { kind: 'accepted', brokerOrderId: 'B-1' }, RequestState.ACCEPTED, 'accepted'],
    ['refused', { kind: 'refused', reason: Reason.BROKER_REJECTED, text: 'no margin' }, RequestState.REFUSED, 'refused'],
    ['not-sent', { kind: 'not-sent', reason: Reason.SESSION_DOWN, text: 'connection refused' }, RequestState.NOT_SENT, 'notSent'],
    ['in-doubt', { kind: 'in-doubt', text: 'no answer' }, RequestState.IN_DOUBT, 'inDoubt'],
  ] as const)('that ends %s is stored and reported as that', async (_name, outcome, state, report) => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve(outcome);
    await time.advanceAsync(0);
    expect(store.requests.get('1')?.state).toBe(state);
    expect(store.reports).toEqual([`1 ${report}`]);
  });

  it('dispatched twice leaves once', async () => {
    const { session, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(500);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(500);
    expect(broker.sent).toHaveLength(1);
  });

  it.each([RequestState.SENDING, RequestState.ACCEPTED, RequestState.NOT_SENT])(
    'that a former holder stored in state %s is not sent by this one',
    async (state) => {
      const { session, store, broker, time } = await aReadySession();
      const command = aNew('1');
      const stored = {
        brokerRequestId: '1',
        sessionId: 'paper-1',
        shard: 7,
        command,
        state,
        sendingAtMs: 1,
        writeAheads: 1,
        sentAtMs: 0,
        answeredAtMs: 0,
        brokerOrderId: '',
        text: '',
        process: 'former',
      };
      store.requests.set('1', stored);
      session.dispatch(command, 7);
      await time.advanceAsync(0);
      expect(broker.sent).toHaveLength(0);
      expect(store.reports).toEqual([]);
    },
  );

  it('is not sent at sendBefore or later', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1', { sendBeforeMs: time.nowMs() }), 7);
    session.dispatch(aNew('2', { sendBeforeMs: time.nowMs() + 1 }), 7);
    await time.advanceAsync(0);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.NOT_SENT, text: 'sendBefore had passed' });
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([tag('2')]);
  });

  it('waits for a session that is down, and is not sent after 10 s', async () => {
    const { session, store, broker, time } = await aReadySession();
    broker.down('the network is gone');
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(5000);
    session.dispatch(aNew('2'), 7);
    await time.advanceAsync(5100);
    broker.ready();
    await time.advanceAsync(0);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.NOT_SENT });
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([tag('2')]);
  });
});

describe('permits', () => {
  it('let as many leave in a second as the session may, orders leaving a fifth to cancels', async () => {
    const { session, broker, time } = await aReadySession({ commandsPerSecondMax: 10 });
    for (let at = 0; at < 12; at++) session.dispatch(aNew(String(at)), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(8);
    await time.advanceAsync(999);
    expect(broker.sent).toHaveLength(8);
    await time.advanceAsync(1);
    expect(broker.sent).toHaveLength(12);
  });

  it('begin as if the former holder had used them up', async () => {
    const time = new Time();
    const { session, broker } = aSession(time);
    await session.start([], '');
    broker.ready();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(999);
    expect(broker.sent).toHaveLength(0);
    await time.advanceAsync(1);
    expect(broker.sent).toHaveLength(1);
  });
});

describe('halts', () => {
  it.each([
    ['all', HaltScope.ALL, ''],
    ['the broker', HaltScope.BROKER, 'scripted'],
    ['the account', HaltScope.ACCOUNT, 'DEMO'],
    ['the strategy', HaltScope.STRATEGY, 'S1'],
    ['the instrument', HaltScope.INSTRUMENT, 'I000001'],
    ['a scope that this version does not know', HaltScope.UNRECOGNIZED, 'x'],
  ])('of %s keep an order from leaving, and let its cancel pass', async (_name, scope, key) => {
    const { session, store, broker, halt, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    halt(haltOf(scope, key));
    session.dispatch(aNew('2'), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    expect(store.requests.get('2')).toMatchObject({ state: RequestState.NOT_SENT });
    expect(broker.sent.map(({ kind }) => kind)).toEqual(['submit', 'cancel']);
  });

  it.each([
    ['another broker', HaltScope.BROKER, 'other'],
    ['another account', HaltScope.ACCOUNT, 'OTHER'],
    ['another strategy', HaltScope.STRATEGY, 'S2'],
    ['another instrument', HaltScope.INSTRUMENT, 'I2'],
  ])('of %s let it leave', async (_name, scope, key) => {
    const { session, broker, halt, time } = await aReadySession();
    halt(haltOf(scope, key));
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
  });

  it('that come between judgement and statement are judged again: nothing judged by an older version is written', async () => {
    const { session, store, broker, halt, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    halt(haltOf(HaltScope.ALL, ''));
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.NOT_SENT });
  });

  it('that are not known here yet pause the statement, and the order leaves when they are read', async () => {
    const { session, store, broker, halt, time } = await aReadySession();
    store.haltVersion = 2;
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(900);
    // A pause that doubles: in 900 ms six tries, not thousands.
    expect(store.refusedByHalts).toBe(6);
    halt({ version: 2, inForce: [] });
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
    expect(store.refusedByHalts).toBe(6);
  });

  it('that are never read keep the order from leaving, for as long as it may wait', async () => {
    const { session, store, broker, time } = await aReadySession();
    store.haltVersion = 2;
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(12_000);
    expect(store.requests.get('1')).toMatchObject({
      state: RequestState.NOT_SENT,
      text: 'the halts in force were not known for 10000 ms',
    });
    expect([broker.sent.length, session.outstanding]).toEqual([0, 0]);
    expect(store.refusedByHalts).toBeLessThan(20);
  });

  it.each([
    ['stored in the meantime', 1],
    ['not stored yet', 0],
  ])('that come while orders are on their way let no order overtake another: %s', async (_name, storedVersion) => {
    const { session, store, broker, halt, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1'), 7);
    session.dispatch(aNew('2'), 7);
    halt({ version: 1, inForce: [] }, false);
    session.dispatch(aNew('3'), 7);
    store.haltVersion = storedVersion;
    store.release();
    await new Promise((resolve) => setImmediate(resolve)); // They came back, and were not judged again yet.
    session.dispatch(aNew('4'), 7);
    await time.advanceAsync(0);
    session.dispatch(aNew('5'), 7);
    store.haltVersion = 1;
    await time.advanceAsync(20);
    expect(broker.sent.map(({ request }) => request.tag)).toEqual(['1', '2', '3', '4', '5'].map(tag));
  });

  it('that nobody has told yet hold orders back, not cancels', async () => {
    const { session, store, broker, halt, time } = await aReadySession({ halts: undefined });
    expect(session.status.state).toBe(SessionState.RECONCILING);
    store.requests.set('1', {
      brokerRequestId: '1',
      sessionId: 'paper-1',
      shard: 7,
      command: aNew('1'),
      state: RequestState.ACCEPTED,
      sendingAtMs: 1,
      writeAheads: 1,
      sentAtMs: 1,
      answeredAtMs: 1,
      brokerOrderId: 'B-1',
      text: '',
      process: 'former',
    });
    session.dispatch(aNew('2'), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent.map(({ kind }) => kind)).toEqual(['cancel']);
    halt({ version: 1, inForce: [] });
    await time.advanceAsync(0);
    expect(broker.sent.map(({ kind }) => kind)).toEqual(['cancel', 'submit']);
  });
});

describe('a broker that takes cancels only', () => {
  it('is sent cancels, and orders when it takes them too; the session is down meanwhile and says why', async () => {
    const { session, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    broker.down('gone');
    broker.takesCancels();
    session.dispatch(aNew('2'), 7);
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent.map(({ request }) => request.tag)).toEqual(['1', '3'].map(tag));
    expect(session.status).toEqual({ state: SessionState.DOWN, text: 'cancels only' });
    broker.ready();
    await time.advanceAsync(0);
    expect(broker.sent.map(({ request }) => request.tag)).toEqual(['1', '3', '2'].map(tag));
    expect(session.status.state).toBe(SessionState.READY);
  });
});

describe('a cancel', () => {
  it('that comes before its order left keeps it from ever leaving', async () => {
    const { session, store, broker, time } = await aReadySession();
    broker.down('gone');
    session.dispatch(aNew('1'), 7);
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    broker.ready();
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0);
    expect(store.reports).toEqual(['1 notSent', '2 notSent']);
  });

  it('of an order that never came here takes its id, so that it can not leave later', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0);
    expect(store.reports).toEqual(['1 notSent', '2 notSent']);
  });

  it('of an order that a former holder sent goes to the broker, though the order waits here once more', async () => {
    const former = await aReadySession();
    former.session.dispatch(aNew('1'), 7);
    await former.time.advanceAsync(0);
    former.broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await former.time.advanceAsync(0);
    former.session.close();
    const { session, store, broker, time } = await aReadySession({ store: former.store });
    broker.down('gone');
    session.dispatch(aNew('1'), 7);
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    broker.ready();
    await time.advanceAsync(0);
    expect(broker.sent).toMatchObject([{ kind: 'cancel', request: { brokerOrderId: 'B-1', targetTag: tag('1') } }]);
    expect(store.reports).toEqual(['1 accepted']);
  });

  it('waits for the answer to the order that it cancels', async () => {
    const { session, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    expect(broker.sentOf(tag('2')).request).toMatchObject({ brokerOrderId: 'B-1', targetTag: tag('1') });
  });

  it('of an order that the broker refused is not sent', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    session.dispatch(aCancel('2', '1'), 7);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'refused', reason: Reason.BROKER_REJECTED, text: 'no' });
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
    expect(store.reports).toEqual(['1 refused', '2 notSent']);
  });

  it('overtakes orders that wait for a permit', async () => {
    const { session, broker, time } = await aReadySession({ commandsPerSecondMax: 10 });
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    for (let at = 2; at < 12; at++) session.dispatch(aNew(String(at)), 7);
    session.dispatch(aCancel('C', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent.at(-1)?.kind).toBe('cancel');
    expect(broker.sent).toHaveLength(9);
  });
});

describe('a replace', () => {
  it('goes to the broker with the order that it replaces', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    session.dispatch(aReplace('2', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sentOf(tag('2'))).toMatchObject({ kind: 'replace', request: { brokerOrderId: 'B-1' } });
    broker.say({ kind: 'replaced', ...orderOf('1'), tag: tag('2'), orderQty: '20', price: '101', stopPx: undefined });
    broker.sentOf(tag('2')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    expect(store.requests.get('2')?.state).toBe(RequestState.ACCEPTED);
    expect(store.reports).toEqual(['1 accepted', '2 replaced']);
  });

  it('of an order that was never sent is not sent, and leaves the order alone', async () => {
    const { session, store, time } = await aReadySession();
    session.dispatch(aReplace('2', '1'), 7);
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['2 notSent']);
    expect(store.requests.has('1')).toBe(false);
  });
});
