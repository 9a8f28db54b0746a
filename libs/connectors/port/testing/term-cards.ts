// Cards TC-E60 to TC-E67: orders of types and terms that not every broker has. A card passes over a broker whose capabilities say that it has no such thing;
// TC-E12 shows that such an order is not sent.
import { expect, it } from '@jest/globals';
import { OrdType, Reason, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { capabilityRefusal } from '../index.js';
import { soon, type ConformanceBench, type Login, type Session } from './conformance-bench.js';

export function termCards(bench: () => ConformanceBench, loggedIn: Login): void {
  const offers = (session: Session, content: Partial<OrderContent>): boolean =>
    capabilityRefusal(session.connector.capabilities, session.order('probe', content).content) === undefined;

  it('TC-E60 a stop waits for its price, is told to be triggered, and trades', async () => {
    await bench().market('99x10', '101x10');
    const session = await loggedIn();
    const stop = { ordType: OrdType.STOP, orderQty: '5', stopPx: '101' };
    if (!offers(session, stop)) return;
    await session.placed('s', stop);
    expect(session.heardOf('s')).toEqual(['new']);
    await session.placed('a', { orderQty: '1', price: '101' });
    await session.until(() => session.heardOf('s').length === 3, 'the trade of the stop');
    expect(session.heardOf('s')).toEqual(['new', 'triggered', 'trade 5@101']);
    expect(session.executions.find(({ kind }) => kind === 'triggered')).toMatchObject({ tag: 's', orderTag: 's', ordType: OrdType.MARKET });
  });

  it('TC-E61 a stop-limit that was triggered rests at its limit, and can be replaced there', async () => {
    await bench().market('99x10', '101x4');
    const session = await loggedIn();
    const stop = { ordType: OrdType.STOP_LIMIT, orderQty: '5', stopPx: '101', price: '100' };
    if (!offers(session, stop)) return;
    const order = await session.placed('s', stop);
    await session.placed('a', { orderQty: '1', price: '101' });
    await session.until(() => session.heardOf('s').includes('triggered'), 'the trigger');
    expect(session.executions.find(({ kind }) => kind === 'triggered')).toMatchObject({ ordType: OrdType.LIMIT });
    if (session.connector.capabilities.nativeReplace.value) {
      const replaced = session.replaceOf('r', order, { ordType: OrdType.LIMIT, orderQty: '4', price: '99.5' });
      expect(await session.connector.replace(replaced, soon())).toMatchObject({ kind: 'accepted' });
    }
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('TC-E62 what a market-to-limit order can’t get rests at the price of its trade, and is told so', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    if (!offers(session, { ordType: OrdType.MARKET_TO_LIMIT })) return;
    const order = await session.placed('a', { ordType: OrdType.MARKET_TO_LIMIT });
    await session.until(() => session.heardOf('a').length === 3, 'the rest');
    expect(session.heardOf('a')).toEqual(['new', 'trade 4@101', 'restated 10@101']);
    expect(session.executions.at(-1)).toMatchObject({ ordType: OrdType.LIMIT, cumQty: '4' });
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('TC-E63 a post-only order that would trade is refused; one that would not is taken', async () => {
    await bench().market('', '101x4');
    const session = await loggedIn();
    if (!offers(session, { price: '100', postOnly: true })) return;
    const outcome = await session.connector.submit(session.order('a', { price: '101', postOnly: true }), soon());
    expect(outcome).toMatchObject({ kind: 'refused', reason: Reason.VENUE_POST_ONLY });
    expect(session.heardOf('a')).toEqual(['rejected']);
    await session.placed('b', { price: '100', postOnly: true });
  });

  it('TC-E64 an iceberg trades whole', async () => {
    await bench().market('99x10', '');
    const session = await loggedIn();
    if (!offers(session, { price: '100', displayQty: '3' })) return;
    await session.placed('a', { orderQty: '10', price: '100', displayQty: '3' });
    await bench().market('', '100x10');
    await session.until(() => session.executions.at(-1)?.cumQty === '10', 'the last trade');
  });

  it('TC-E65 a market order trades within its protection and no further', async () => {
    await bench().market('', '100x4 105x4 106x10');
    const session = await loggedIn();
    if (!offers(session, { marketProtection: '5' })) return;
    await session.placed('a', { orderQty: '10', marketProtection: '5' });
    await session.until(() => session.heardOf('a').includes('canceled'), 'the cancel');
    expect(session.heardOf('a')).toEqual(['new', 'trade 4@100', 'trade 4@105', 'canceled']);
    expect(session.executions.at(-1)).toMatchObject({ kind: 'canceled', reason: Reason.VENUE_PRICE_PROTECTION });
  });

  it('TC-E66 an order does not trade with another one of its account where it says so', async () => {
    await bench().market('', '');
    const session = await loggedIn();
    const term = { price: '100', selfTradePrevention: SelfTradePrevention.CANCEL_NEWEST };
    if (!offers(session, term)) return;
    const resting = await session.placed('a', { price: '100', side: Side.SELL });
    await session.placed('b', term);
    await session.until(() => session.heardOf('b').includes('canceled'), 'the cancel');
    expect(session.executions.at(-1)).toMatchObject({ kind: 'canceled', orderTag: 'b', reason: Reason.VENUE_SELF_TRADE });
    expect(await session.connector.cancel(session.cancelOf('c', resting), soon())).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    ['until it is canceled', { price: '90', timeInForce: TimeInForce.GTC }],
    ['until a second', { price: '90', timeInForce: TimeInForce.GTD, expireAtMs: Date.UTC(2100, 0, 1) }],
    ['for the closing auction', { price: '90', timeInForce: TimeInForce.AT_CLOSE }],
  ])('TC-E67 an order %s is taken and can be canceled', async (_term, content) => {
    const session = await loggedIn();
    if (!offers(session, content)) return;
    const order = await session.placed('a', content);
    expect(await session.connector.cancel(session.cancelOf('c', order), soon())).toMatchObject({ kind: 'accepted' });
  });
}
