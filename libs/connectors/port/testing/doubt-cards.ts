// Cards TC-E20 to TC-E39, with those of way-cards.ts: what is known when an answer, a request or a connection is lost.
import { expect, it } from '@jest/globals';
import { shortly, soon, type ConformanceBench, type Login } from './conformance-bench.js';

export function doubtCards(bench: () => ConformanceBench, loggedIn: Login): void {
  it('TC-E20 an answer that is lost leaves a doubt, which the look-up by tag ends', async () => {
    const session = await loggedIn();
    bench().wire.loseAnswers();
    expect(await session.connector.submit(session.order('a', { price: '90' }), shortly())).toMatchObject({ kind: 'in-doubt' });
    expect(session.heardOf('a')).toEqual([]);
    bench().wire.mend();
    const found = await session.connector.lookUp('a', soon());
    expect(found).toMatchObject({ kind: 'found', brokerOrderId: expect.stringMatching(/./), executions: [{ kind: 'new', tag: 'a' }] });
    bench().wire.cut();
    await session.until(() => session.heardOf('a').length === 1, 'the lost answer, delivered again');
    expect(found.kind === 'found' && found.executions[0]?.executionId).toBe(session.executions[0]?.executionId);
  });

  it('TC-E27 a tag that is used twice makes no second order', async () => {
    const session = await loggedIn();
    const order = await session.placed('a', { price: '90', orderQty: '10' });
    const again = await session.connector.submit(session.order('a', { price: '91', orderQty: '99' }), soon());
    // Neither refused nor not-sent: an order of that tag is there. It is accepted as the same order, or left to a look-up.
    expect(again.kind === 'in-doubt' || (again.kind === 'accepted' && again.brokerOrderId === order.brokerOrderId)).toBe(true);
    const found = await session.connector.lookUp('a', soon());
    expect(found).toMatchObject({ kind: 'found', brokerOrderId: order.brokerOrderId });
    expect(found.kind === 'found' && found.executions.map(({ kind }) => kind)).toEqual(['new']);
    expect(session.heardOf('a')).toEqual(['new']);
  });

  it('TC-E29 a look-up by the tag of a cancel or of a refused order finds what became of it', async () => {
    const session = await loggedIn();
    const order = await session.placed('a', { price: '90' });
    await session.connector.cancel(session.cancelOf('c', order), soon());
    await session.connector.submit(session.order('x', { price: '90.001' }), soon());
    const canceled = await session.connector.lookUp('c', soon());
    expect(canceled.kind === 'found' && canceled.executions.filter(({ tag }) => tag === 'c').map(({ kind }) => kind)).toEqual(['canceled']);
    const refused = await session.connector.lookUp('x', soon());
    expect(refused.kind === 'found' && refused.executions.map(({ kind }) => kind)).toEqual(['rejected']);
  });
}
