// Cards TC-E20 to TC-E39: what is known when an answer, a request or a connection is lost.
import { expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { shortly, soon, type ConformanceBench, type Login, type Session } from './conformance-bench.js';

export function doubtCards(bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session): void {
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

  it('TC-E21 a request that is lost on its way leaves a doubt, and the look-up says that it is absent', async () => {
    const session = await loggedIn();
    bench().wire.loseRequests();
    expect(await session.connector.submit(session.order('a', { price: '90' }), shortly())).toMatchObject({ kind: 'in-doubt' });
    bench().wire.mend();
    expect(await session.connector.lookUp('a', soon())).toEqual({ kind: 'absent' });
  });

  it('TC-E22 a connection that breaks after the request has left leaves a doubt', async () => {
    const session = await loggedIn();
    bench().wire.loseAnswers();
    let left = (): void => undefined;
    const hasLeft = new Promise<void>((resolve) => (left = resolve));
    const outcome = session.connector.submit(
      session.order('a', { price: '90' }, () => {
        left();
        return true;
      }),
      soon(),
    );
    await hasLeft;
    bench().wire.cut();
    expect(await outcome).toMatchObject({ kind: 'in-doubt' });
    bench().wire.mend();
  });

  it('TC-E23 while nobody answers, requests are not sent, and nobody was asked whether they may leave', async () => {
    const session = await loggedIn();
    await bench().wire.takeDown();
    await session.until(() => session.state === 'down', 'down');
    let writes = 0;
    const request = session.order('a', { price: '90' }, () => ++writes > 0);
    expect(await session.connector.submit(request, soon())).toMatchObject({ kind: 'not-sent', reason: Reason.SESSION_DOWN });
    expect(writes).toBe(0);
    await bench().wire.bringUp();
    await session.ready();
    expect(await session.connector.lookUp('a', soon())).toEqual({ kind: 'absent' });
    await session.placed('b', { price: '90' });
  });

  it('TC-E24 a request that was never logged in is not sent', async () => {
    await bench().wire.takeDown();
    const session = login();
    expect(await session.connector.submit(session.order('a', { price: '90' }), soon())).toMatchObject({ kind: 'not-sent' });
  });

  it('TC-E25 a request that may not leave any more is not sent, and the broker never sees it', async () => {
    const session = await loggedIn();
    let asked = 0;
    const request = session.order('a', { price: '90' }, () => {
      asked++;
      return false;
    });
    expect(await session.connector.submit(request, soon())).toMatchObject({ kind: 'not-sent' });
    expect(asked).toBe(1);
    expect(await session.connector.lookUp('a', soon())).toEqual({ kind: 'absent' });
  });

  it('TC-E26 the question whether it may leave is asked once, after the call and not inside it', async () => {
    const session = await loggedIn();
    let asked = 0;
    const outcome = session.connector.submit(
      session.order('a', { price: '90' }, () => ++asked > 0),
      soon(),
    );
    expect(asked).toBe(0);
    expect(await outcome).toMatchObject({ kind: 'accepted' });
    expect(asked).toBe(1);
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

  it('TC-E28 a look-up that fails is unknown, never absent, and a position that fails is unknown, never flat', async () => {
    const session = await loggedIn();
    await session.placed('a', { price: '90' });
    await bench().wire.takeDown();
    expect(await session.connector.lookUp('a', shortly())).toMatchObject({ kind: 'unknown' });
    expect(await session.connector.position(bench().brokerAccountId, bench().instrumentId, shortly())).toMatchObject({ kind: 'unknown' });
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
