// Cards TC-E01 to TC-E15: what becomes of requests.
import { expect, it } from '@jest/globals';
import { OrdType, Reason, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { capabilityRefusal } from '../index.js';
import { soon, type ConformanceBench, type Login } from './conformance-bench.js';

/** 2100-01-01: an order until then does not expire in a test. */
const farMs = Date.UTC(2100, 0, 1);

/** One order of each kind that some broker does not have. */
const everyTerm: readonly Partial<OrderContent>[] = [
  { ordType: OrdType.STOP, stopPx: '95' },
  { ordType: OrdType.STOP_LIMIT, price: '90', stopPx: '95' },
  { ordType: OrdType.MARKET_TO_LIMIT },
  { marketProtection: '5' },
  ...[TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE].map((timeInForce) => ({
    price: '90',
    timeInForce,
  })),
  { price: '90', timeInForce: TimeInForce.GTD, expireAtMs: farMs },
  { price: '90', displayQty: '1' },
  { price: '90', postOnly: true },
  ...[
    SelfTradePrevention.CANCEL_NEWEST,
    SelfTradePrevention.CANCEL_OLDEST,
    SelfTradePrevention.CANCEL_BOTH,
    SelfTradePrevention.DECREMENT,
  ].map((selfTradePrevention) => ({ price: '90', selfTradePrevention })),
];

export function requestCards(bench: () => ConformanceBench, loggedIn: Login): void {
  it('TC-E01 an order that is taken is accepted with the broker’s id, and the listener has heard so before', async () => {
    const session = await loggedIn();
    const outcome = await session.connector.submit(session.order('a', { price: '90' }), soon());
    expect(outcome).toEqual({ kind: 'accepted', brokerOrderId: expect.stringMatching(/./) });
    expect(session.heardOf('a')).toEqual(['new']);
    expect(session.executions[0]).toMatchObject({ tag: 'a', brokerAccountId: bench().brokerAccountId, instrumentId: bench().instrumentId });
  });

  it('TC-E02 an order that the broker refuses is refused with its reason', async () => {
    const session = await loggedIn();
    const outcome = await session.connector.submit(session.order('a', { price: '90.001' }), soon());
    expect(outcome).toMatchObject({ kind: 'refused', reason: expect.any(Number), text: expect.stringMatching(/./) });
    expect(outcome.kind === 'refused' && outcome.reason).not.toBe(Reason.UNSPECIFIED);
    expect(session.heardOf('a')).toEqual(['rejected']);
  });

  it('TC-E03 a marketable order is filled at the offered prices, each trade with its own id', async () => {
    await bench().market('99x10', '101x4 102x10');
    const session = await loggedIn();
    await session.placed('a', { orderQty: '10', price: '102' });
    await session.until(() => session.heardOf('a').length === 3, 'both trades');
    expect(session.heardOf('a')).toEqual(['new', 'trade 4@101', 'trade 6@102']);
    const ids = session.executions.map((execution) => (execution.kind === 'trade' ? execution.tradeId : ''));
    expect(new Set(ids).size).toBe(3);
  });

  it('TC-E04 an order that is filled in part rests with the rest', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    const order = await session.placed('a', { orderQty: '10', price: '101' });
    await session.until(() => session.heardOf('a').length === 2, 'the trade');
    expect(session.executions[1]?.cumQty).toBe('4');
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('TC-E05 what a market order can’t get is canceled, with a reason', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    await session.placed('a', { orderQty: '1000' });
    await session.until(() => session.heardOf('a').includes('canceled'), 'the cancel');
    const last = session.executions.at(-1);
    expect(last?.kind === 'canceled' && last.reason).not.toBe(Reason.UNSPECIFIED);
    expect(session.heardOf('a').slice(0, 2)).toEqual(['new', 'trade 4@101']);
  });

  it('TC-E06 a cancel takes the order out, and is told under its own tag', async () => {
    const session = await loggedIn();
    const order = await session.placed('a', { price: '90' });
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toEqual({
      kind: 'accepted',
      brokerOrderId: order.brokerOrderId,
    });
    await session.until(() => session.heardOf('a').includes('canceled'), 'the cancel');
    expect(session.executions.at(-1)).toMatchObject({ kind: 'canceled', tag: 'c', orderTag: 'a' });
  });

  it('TC-E07 a cancel that comes after the fill is refused, and the fill stands', async () => {
    await bench().market('', '101x10');
    const session = await loggedIn();
    const order = await session.placed('a', { orderQty: '10', price: '101' });
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'refused' });
    expect(session.heardOf('a')).toEqual(['new', 'trade 10@101', 'rejected']);
  });

  it('TC-E08 a replace carries the total quantity and the new price', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    if (!session.connector.capabilities.nativeReplace.value) return;
    const order = await session.placed('a', { orderQty: '10', price: '101' });
    expect(await session.connector.replace(session.replaceOf('r', order, { orderQty: '7', price: '95' }), soon())).toMatchObject({
      kind: 'accepted',
    });
    expect(session.heardOf('a')).toEqual(['new', 'trade 4@101', 'replaced 7@95']);
    expect(session.executions.at(-1)).toMatchObject({ tag: 'r', orderTag: 'a', cumQty: '4' });
  });

  it('TC-E09 a replace that is refused leaves the order as it was', async () => {
    const session = await loggedIn();
    if (!session.connector.capabilities.nativeReplace.value) return;
    const order = await session.placed('a', { price: '90' });
    expect(await session.connector.replace(session.replaceOf('r', order, { price: '90.001' }), soon())).toMatchObject({ kind: 'refused' });
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('TC-E10 a cancel of an order that the broker does not know is refused', async () => {
    const session = await loggedIn();
    expect(await session.connector.cancel(session.cancelOf('c', { tag: 'ghost', brokerOrderId: 'ghost' }), soon())).toMatchObject({
      kind: 'refused',
    });
  });

  it('TC-E11 a cancel and a fill that cross end the order once', async () => {
    await bench().market('', '105x10');
    const session = await loggedIn();
    const order = await session.placed('a', { orderQty: '10', price: '101' });
    const [, outcome] = await Promise.all([bench().market('', '100x10'), session.connector.cancel(session.cancelOf('c', order), soon())]);
    const isFilled = (): boolean => session.heardOf('a').includes('trade 10@101');
    await session.until(() => isFilled() || session.heardOf('a').includes('canceled'), 'the end');
    expect(outcome.kind).toBe(isFilled() ? 'refused' : 'accepted');
    expect(session.heardOf('a').filter((word) => word === 'canceled' || word.startsWith('trade'))).toHaveLength(1);
  });

  it('TC-E12 what the capabilities exclude is not sent', async () => {
    const session = await loggedIn();
    const { capabilities } = session.connector;
    const excluded = everyTerm.filter((content) => capabilityRefusal(capabilities, session.order('a', content).content) !== undefined);
    let writes = 0;
    for (const [at, content] of excluded.entries()) {
      const request = session.order(`a${at}`, content, () => ++writes > 0);
      expect(await session.connector.submit(request, soon())).toMatchObject({ kind: 'not-sent', reason: Reason.VENUE_NOT_SUPPORTED });
    }
    expect([writes, session.executions]).toEqual([0, []]);
  });

  it('TC-E13 five hundred requests at once are each answered, in the order in which they were made', async () => {
    const session = await loggedIn();
    const tags = Array.from({ length: 500 }, (_, at) => `t${at}`);
    const outcomes = await Promise.all(
      tags.map((tag) => session.connector.submit(session.order(tag, { price: '90', orderQty: '1' }), soon())),
    );
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(session.executions.map(({ tag }) => tag)).toEqual(tags);
  });

  it('TC-E14 the position is the sum of the trades', async () => {
    await bench().market('99x10', '101x10');
    const session = await loggedIn();
    await session.placed('a', { orderQty: '7', price: '101' });
    await session.placed('b', { orderQty: '10', price: '99', side: Side.SELL });
    await session.until(() => session.executions.filter(({ kind }) => kind === 'trade').length === 2, 'both trades');
    expect(await session.connector.position(bench().brokerAccountId, bench().instrumentId, soon())).toEqual({
      kind: 'known',
      netQty: '-3',
    });
    expect(await session.connector.position('NOBODY', bench().instrumentId, soon())).toEqual({ kind: 'known', netQty: '0' });
  });

  it('TC-E15 an order that may not wait is filled at once or canceled', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    if (!session.connector.capabilities.timeInForces.value.includes(TimeInForce.FOK)) return;
    await session.placed('a', { orderQty: '5', price: '101', timeInForce: TimeInForce.FOK });
    await session.until(() => session.heardOf('a').includes('canceled'), 'the cancel');
    expect(session.heardOf('a')).toEqual(['new', 'canceled']);
  });
}
