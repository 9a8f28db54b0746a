import { describe, expect, it } from '@jest/globals';
import { Liquidity, Reason } from '@switchyard/contracts';
import { RequestState, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aCancel, aNew, aReadySession, type aSession, InMemoryStore, orderOf, tag } from './testing/index.js';

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

describe('a cancel in doubt', () => {
  async function aCancelInDoubt() {
    const under = await aReadySession();
    const { session, broker, time } = under;
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('1')).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B-1' });
    await time.advanceAsync(0);
    session.dispatch(aCancel('2', '1'), 7);
    await time.advanceAsync(0);
    broker.sentOf(tag('2')).outcome.resolve({ kind: 'in-doubt', text: 'no answer' });
    await time.advanceAsync(0);
    return under;
  }
  const common = {
    ...orderOf('1'),
    executionId: 'x',
    cursor: '',
    brokerAccountId: 'PAPER-1',
    instrumentId: 'I000001',
    cumQty: undefined,
    atMs: 1,
    traceparent: '',
    reason: Reason.UNSPECIFIED,
    text: '',
  };
  const trade = { ...common, kind: 'trade' as const, tradeId: 'T1', lastPx: '100', liquidity: Liquidity.UNSPECIFIED, fees: [] };

  it.each([
    ['open', [{ ...common, kind: 'new' as const }], Reason.IN_DOUBT],
    ['partly filled', [{ ...trade, lastQty: '9' }], Reason.IN_DOUBT],
    ['filled', [{ ...trade, lastQty: '10' }], Reason.ORDER_FINAL],
    ['canceled', [{ ...common, kind: 'canceled' as const }], Reason.ORDER_FINAL],
    ['expired', [{ ...common, kind: 'expired' as const }], Reason.ORDER_FINAL],
  ])('ends at once where its order is found %s', async (_name, executions, reason) => {
    const { session, store, broker, time } = await aCancelInDoubt();
    broker.lookUps = (of) => (of === tag('1') ? { kind: 'found', brokerOrderId: 'B-1', executions } : { kind: 'absent' });
    await time.advanceAsync(1000);
    expect(store.reports).toEqual(['1 accepted', '2 inDoubt', '2 refused']);
    expect(store.committed.at(-1)?.reports[0]?.report.report).toMatchObject({ value: { reason } });
    session.dispatch(aCancel('3', '1'), 7);
    await time.advanceAsync(0);
    expect(broker.sent.map(({ kind }) => kind)).toEqual(['submit', 'cancel', 'cancel']);
  });

  it('that arrives after all cancels its order', async () => {
    const { store, broker, pages, time } = await aCancelInDoubt();
    broker.lookUps = (of) => (of === tag('1') ? { kind: 'found', brokerOrderId: 'B-1', executions: [] } : { kind: 'absent' });
    await time.advanceAsync(1000);
    broker.say({ kind: 'canceled', ...orderOf('1'), tag: tag('2'), reason: Reason.UNSPECIFIED, text: '' });
    await time.advanceAsync(0);
    expect(store.reports.slice(-2)).toEqual(['2 refused', '2 canceled']);
    expect(pages).toEqual([]);
  });

  it.each([
    ['is found itself', (of: string) => of === tag('2'), ['1 accepted', '2 inDoubt', '2 doubtResolved']],
    ['and its order are not found', () => false, ['1 accepted', '2 inDoubt']],
  ])('that %s goes the way of every doubt', async (_name, isFound, reports) => {
    const { store, broker, time } = await aCancelInDoubt();
    broker.lookUps = (of) => (isFound(of) ? { kind: 'found', brokerOrderId: 'B-1', executions: [] } : { kind: 'absent' });
    await time.advanceAsync(2000);
    expect(store.reports).toEqual(reports);
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
      writeAheads: 1,
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
