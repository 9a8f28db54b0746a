// Cards TC-E21 to TC-E26, TC-E28 and TC-E45: when a request leaves, and how it ends where no answer comes. They hold also of a connector whose broker is a
// script, with which sessions are tested.
import { expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { pause, shortly, soon, type ConformanceBench, type Login, type Session } from './conformance-bench.js';

export function wayCards(bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session): void {
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

  it('TC-E28 a look-up that fails is unknown, never absent, and a position that fails is unknown, never flat', async () => {
    const session = await loggedIn();
    await session.placed('a', { price: '90' });
    await bench().wire.takeDown();
    expect(await session.connector.lookUp('a', shortly())).toMatchObject({ kind: 'unknown' });
    expect(await session.connector.position(bench().brokerAccountId, bench().instrumentId, shortly())).toMatchObject({ kind: 'unknown' });
  });

  it('TC-E45 a session that is ended hears nothing more, and what it waited for ends', async () => {
    const session = await loggedIn();
    bench().wire.loseAnswers();
    const outcome = session.connector.submit(session.order('a', { price: '90' }), soon());
    await pause();
    session.end();
    expect(['in-doubt', 'not-sent']).toContain((await outcome).kind);
    bench().wire.mend();
    const heard = session.executions.length + session.states.length;
    await loggedIn();
    expect(session.executions.length + session.states.length).toBe(heard);
    expect(await session.connector.submit(session.order('b', { price: '90' }), soon())).toMatchObject({ kind: 'not-sent' });
  });
}
