import { describe, expect, it } from '@jest/globals';
import { HaltScope, Reason } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { SimClock } from '@switchyard/testkit';
import { type Halts } from './halts.js';
import { aCancel, aNew, aReplace, aSession, InMemoryStore, type SessionUnderTest, type SteppedTime, tag } from './testing/index.js';

class Time extends SimClock implements SteppedTime {
  after(delayMs: number, task: () => void): () => void {
    return this.setTimer(delayMs, task);
  }
}

/** A session that is ready, after the second in which the former holder's budget counts. */
async function aReadySession(differs: Parameters<typeof aSession>[1] = {}): Promise<SessionUnderTest & { time: Time }> {
  const time = new Time();
  const under = aSession(time, differs);
  await under.session.start([...(differs.store?.requests.values() ?? [])], '');
  under.broker.ready();
  await time.advanceAsync(1000);
  return { ...under, time };
}

const haltOf = (scope: HaltScope, key: string, version = 1): Halts => ({
  version,
  inForce: [{ haltId: 'H1', scope, key, text: 'stop', actor: 'ops', atMs: 0 }],
});
const orderOf = (id: string) => ({ tag: tag(id), orderTag: tag(id), brokerOrderId: `B-${id}` });

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
    expect(store.committed.at(-1)?.reports[0]?.shard).toBe(7);
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

  it('whose write-ahead took more than 250 ms does not leave', async () => {
    const { session, store, broker, time } = await aReadySession();
    store.hold();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(251);
    store.release();
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(0);
    expect(store.requests.get('1')?.state).toBe(RequestState.NOT_SENT);
    expect(store.reports).toEqual(['1 notSent']);
  });

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

describe('executions', () => {
  it('are reported in order with the cursor, and confirmed once they are durable', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.say({ kind: 'new', ...orderOf('1') });
    store.hold();
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '4', lastPx: '100' });
    await time.advanceAsync(0);
    expect(broker.confirmed).toEqual(['1']);
    store.release();
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    expect(broker.confirmed).toEqual(['1', '2']);
    expect(store.cursor).toBe('2');
    expect(store.reports).toEqual(['1 accepted', '1 trade']);
    expect(await store.netQty('PAPER-1', 'I000001')).toBe(4_000_000_000n);
  });

  it('that come again, by reconnect or after a restart, are reported once', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.say({ kind: 'new', ...orderOf('1') });
    const trade = broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '4', lastPx: '100' });
    broker.say(trade);
    await time.advanceAsync(0);
    broker.say({ ...trade, executionId: 'another id of the same trade', cursor: '9' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['1 accepted', '1 trade']);
    expect(store.cursor).toBe('9');
  });

  it('of an order that is only in storage are reported in the order in which they came', async () => {
    const { store, broker, time } = await aReadySession();
    store.requests.set('1', {
      brokerRequestId: '1',
      sessionId: 'paper-1',
      shard: 7,
      command: aNew('1'),
      state: RequestState.ACCEPTED,
      sendingAtMs: 1,
      sentAtMs: 1,
      answeredAtMs: 1,
      brokerOrderId: 'B-1',
      text: '',
      process: 'former',
    });
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '4', lastPx: '100' });
    broker.say({ kind: 'canceled', ...orderOf('1'), reason: Reason.VENUE_NO_LIQUIDITY, text: 'nobody' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['1 trade', '1 canceled']);
  });

  it('of an order that is not ours are paged and move the cursor', async () => {
    const { store, broker, pages, time } = await aReadySession();
    broker.say({ kind: 'new', ...orderOf('stranger') });
    await time.advanceAsync(0);
    expect(pages).toEqual(['the broker has an order that Switchyard did not place']);
    expect(store.cursor).toBe('1');
    expect(store.reports).toEqual([]);
  });

  it('answer a request whose own answer is lost', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'in-doubt', text: 'the connection broke' });
    await time.advanceAsync(0);
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '10', lastPx: '100' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['1 inDoubt', '1 doubtResolved', '1 trade']);
    expect(store.requests.get('1')?.state).toBe(RequestState.ACCEPTED);
  });

  it.each(['rejected', 'expired'] as const)('%s end what they are about', async (kind) => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.say({ kind, ...orderOf('1'), reason: Reason.BROKER_REJECTED, text: 'no' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(kind === 'rejected' ? ['1 refused'] : ['1 accepted', '1 expired']);
  });
});

describe('a doubt', () => {
  async function aDoubt(differs: Parameters<typeof aSession>[1] = {}) {
    const under = await aReadySession(differs);
    under.session.dispatch(aNew('1'), 7);
    await under.time.advanceAsync(0);
    under.broker.sentOf(tag('1')).outcome.resolve({ kind: 'in-doubt', text: 'no answer' });
    await under.time.advanceAsync(0);
    return under;
  }

  it('ends when the order is found by its tag', async () => {
    const { store, broker, time } = await aDoubt();
    broker.lookUps = () => ({ kind: 'found', brokerOrderId: 'B-1', executions: [] });
    await time.advanceAsync(1000);
    expect(store.reports).toEqual(['1 inDoubt', '1 doubtResolved']);
    expect(store.requests.get('1')).toMatchObject({ state: RequestState.ACCEPTED, brokerOrderId: 'B-1' });
  });

  it('ends when the broker says that it refused the request', async () => {
    const { store, broker, time } = await aDoubt();
    const rejected = {
      kind: 'rejected' as const,
      ...orderOf('1'),
      executionId: 'x',
      cursor: '',
      brokerAccountId: 'PAPER-1',
      instrumentId: 'I000001',
      cumQty: undefined,
      atMs: 1,
      traceparent: '',
      reason: Reason.BROKER_REJECTED,
      text: 'no margin',
    };
    broker.lookUps = () => ({ kind: 'found', brokerOrderId: '', executions: [rejected] });
    await time.advanceAsync(1000);
    expect(store.reports).toEqual(['1 inDoubt', '1 refused']);
  });

  it('is proven absent only after the quarantine, by three look-ups, with the position agreeing', async () => {
    const { store, broker, time } = await aDoubt();
    broker.lookUps = () => ({ kind: 'absent' });
    await time.advanceAsync(9_999);
    expect(store.reports).toEqual(['1 inDoubt']);
    await time.advanceAsync(2_500);
    expect(store.reports).toEqual(['1 inDoubt', '1 notSent']);
    expect(store.requests.get('1')?.state).toBe(RequestState.NOT_SENT);
  });

  it.each([
    ['the look-up fails', { kind: 'unknown', text: 'timeout' } as const, { kind: 'known', netQty: '0' } as const],
    ['the position differs', { kind: 'absent' } as const, { kind: 'known', netQty: '10' } as const],
    ['the position can not be read', { kind: 'absent' } as const, { kind: 'unknown', text: 'timeout' } as const],
    ['the position is no decimal', { kind: 'absent' } as const, { kind: 'known', netQty: 'ten' } as const],
  ])('stays while %s, and is paged', async (_name, lookUp, position) => {
    const { store, broker, pages, time } = await aDoubt();
    broker.lookUps = () => lookUp;
    broker.positions = () => position;
    await time.advanceAsync(60_000);
    expect(store.reports).toEqual(['1 inDoubt']);
    expect(pages).toEqual(['a broker request is in doubt']);
  });

  it('of a running session holds no other order back', async () => {
    const { session, broker, time } = await aDoubt();
    session.dispatch(aNew('2'), 7);
    await time.advanceAsync(0);
    expect(session.status.state).toBe(SessionState.READY);
    expect(broker.sent).toHaveLength(2);
  });

  it.each([
    [true, RequestState.ACCEPTED, 'doubtResolved'],
    [false, RequestState.NOT_SENT, 'notSent'],
  ])('ends by an operator who says placed=%s', async (placed, state, report) => {
    const { session, store, time } = await aDoubt();
    const decided = await session.decideDoubt('1', placed, placed ? 'B-1' : '', 'seen in the terminal');
    expect(decided?.state).toBe(state);
    expect(store.reports).toEqual(['1 inDoubt', `1 ${report}`]);
    expect(await session.decideDoubt('1', placed, '', 'again')).toBeUndefined();
    await time.advanceAsync(5000);
    expect(store.reports).toHaveLength(2);
  });

  it('that was held to be absent and trades after all is paged, and the trade is reported', async () => {
    const { session, store, broker, pages, time } = await aDoubt();
    await session.decideDoubt('1', false, '', 'not there');
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '10', lastPx: '100' });
    await time.advanceAsync(0);
    expect(pages).toEqual(['the broker has an order that was held to be absent']);
    expect(store.reports.at(-1)).toBe('1 trade');
  });

  it('keeps the cancel of its order waiting until it ends', async () => {
    const { session, broker, time } = await aDoubt();
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent).toHaveLength(1);
    broker.lookUps = () => ({ kind: 'found', brokerOrderId: 'B-1', executions: [] });
    await time.advanceAsync(1000);
    expect(broker.sent.map(({ kind }) => kind)).toEqual(['submit', 'cancel']);
  });
});

describe('the start of a session', () => {
  it('makes what was SENDING in doubt, durably, and never sends it again', async () => {
    const store = new InMemoryStore();
    store.requests.set('1', {
      brokerRequestId: '1',
      sessionId: 'paper-1',
      shard: 7,
      command: aNew('1'),
      state: RequestState.SENDING,
      sendingAtMs: 1,
      sentAtMs: 0,
      answeredAtMs: 0,
      brokerOrderId: '',
      text: '',
      process: 'former',
    });
    const { session, broker, time } = await aReadySession({ store });
    expect(store.reports).toEqual(['1 inDoubt']);
    expect(session.status.state).toBe(SessionState.RECONCILING);
    session.dispatch(aNew('1'), 7);
    session.dispatch(aNew('2'), 7);
    await time.advanceAsync(3000);
    expect(broker.sent).toHaveLength(0);
    broker.lookUps = () => ({ kind: 'absent' });
    await time.advanceAsync(1100);
    expect(session.status.state).toBe(SessionState.READY);
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([tag('2')]);
  });
});

describe('a session whose store fails', () => {
  it('tells that it is lost, once, and sends and writes nothing after', async () => {
    const { session, store, broker, lost, time } = await aReadySession();
    store.fail();
    session.dispatch(aNew('1'), 7);
    session.dispatch(aNew('2'), 7);
    await time.advanceAsync(0);
    session.dispatch(aNew('3'), 7);
    await time.advanceAsync(1000);
    expect(lost).toHaveLength(1);
    expect(broker.sent).toHaveLength(0);
    expect(store.committed).toHaveLength(0);
  });

  it('loses an execution with the session, so that it comes again to the next holder', async () => {
    const { session, store, broker, lost, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    store.fail();
    broker.say({ kind: 'new', ...orderOf('1') });
    await time.advanceAsync(0);
    expect(lost).toHaveLength(1);
    expect(broker.confirmed).toEqual([]);
  });
});
