import { describe, expect, it } from '@jest/globals';
import { Liquidity, OrdType, Reason } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerRequest } from './request.js';
import { aCancel, aNew, aReadySession, orderOf, tag } from './testing/index.js';

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
    // With a new one behind it in the same breath, the cursor does not go back.
    broker.say({ ...trade, executionId: 'and again', cursor: '10' });
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T2', lastQty: '4', lastPx: '100', cursor: '11' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['1 accepted', '1 trade', '1 trade']);
    expect(store.cursor).toBe('11');
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
      writeAheads: 1,
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

  it.each([
    ['its order', 0],
    ['neither', 1],
  ])('whose cancel is only in storage are reported where reading that takes %s out of memory', async (_, later) => {
    const { session, store, broker, pages, time } = await aReadySession({ commandsPerSecondMax: 10_000 });
    // Two thousand answered requests are in memory, and the order is the oldest of them.
    for (let id = 1; id <= 2_000 - later; id++) session.dispatch(aNew(String(id)), 7);
    await time.advanceAsync(10);
    for (const { outcome } of broker.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'B' });
    await time.advanceAsync(10);
    store.requests.set('C', {
      ...(store.requests.get('1') as BrokerRequest),
      brokerRequestId: 'C',
      command: aCancel('C', '1'),
      state: RequestState.ACCEPTED,
    });
    broker.say({ kind: 'canceled', ...orderOf('1'), tag: tag('C'), reason: Reason.UNSPECIFIED, text: '' });
    await time.advanceAsync(0);
    expect([pages, store.reports.at(-1), store.cursor]).toEqual([[], 'C canceled', '1']);
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

  it('of what the order became by itself, and of what a trade cost, are told as they are', async () => {
    const { session, store, broker, time } = await aReadySession();
    session.dispatch(aNew('1'), 7);
    await time.advanceAsync(0);
    const fees = [{ name: 'STT', amount: '0.4' }];
    broker.say({ kind: 'triggered', ...orderOf('1'), ordType: OrdType.LIMIT });
    broker.say({ kind: 'trade', ...orderOf('1'), tradeId: 'T1', lastQty: '4', lastPx: '100', liquidity: Liquidity.REMOVED, fees });
    const self = { reason: Reason.VENUE_SELF_TRADE, text: 'its own order' };
    broker.say({ kind: 'restated', ...orderOf('1'), ordType: OrdType.LIMIT, orderQty: '8', price: '100', ...self });
    broker.say({ kind: 'expired', ...orderOf('1'), reason: Reason.VENUE_GTD_EXPIRED, text: 'its time came' });
    await time.advanceAsync(0);
    expect(store.reports).toEqual(['1 accepted', '1 triggered', '1 trade', '1 restated', '1 expired']);
    const said = store.committed.flatMap(({ reports }) => reports.map(({ report }) => report.report));
    expect(said.slice(1)).toEqual([
      { $case: 'triggered', value: { ordType: OrdType.LIMIT } },
      {
        $case: 'trade',
        value: {
          tradeId: 'T1',
          lastQty: '4',
          lastPx: '100',
          tradedAtMs: 5,
          brokerAccountId: 'PAPER-1',
          liquidity: Liquidity.REMOVED,
          fees,
        },
      },
      { $case: 'restated', value: { ordType: OrdType.LIMIT, orderQty: '8', price: '100', ...self } },
      { $case: 'expired', value: { reason: Reason.VENUE_GTD_EXPIRED, text: 'its time came' } },
    ]);
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
