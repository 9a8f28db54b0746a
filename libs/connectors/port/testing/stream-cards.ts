// Cards TC-E40 to TC-E59: what a session hears, across breaks.
import { expect, it } from '@jest/globals';
import { pause, shortly, type ConformanceBench, type Login, type Session } from './conformance-bench.js';

export function streamCards(bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session): void {
  it('TC-E40 a session that resumes from a cursor hears what follows it, and nothing before', async () => {
    const first = await loggedIn();
    await first.placed('a', { price: '90' });
    const cursor = first.executions.at(-1)?.cursor ?? '';
    await first.placed('b', { price: '90' });
    first.end();
    const second = await loggedIn(cursor);
    expect(second.executions.map(({ tag }) => tag)).toEqual(['b']);
    expect(second.executions[0]).toEqual(first.executions[1]);
  });

  it('TC-E41 it is ready only when all that the broker had was delivered', async () => {
    const first = await loggedIn();
    for (const tag of ['a', 'b', 'c']) await first.placed(tag, { price: '90' });
    first.end();
    const second = login('');
    let heardAtReady = -1;
    await second.until(() => {
      if (second.state === 'ready' && heardAtReady < 0) heardAtReady = second.executions.length;
      return heardAtReady >= 0;
    }, 'ready');
    expect(heardAtReady).toBe(3);
  });

  it('TC-E42 after a broken connection what was not confirmed comes again, with the same ids; what was confirmed does not', async () => {
    const session = await loggedIn();
    await session.placed('a', { price: '90' });
    session.connector.confirm(session.executions.at(-1)?.cursor ?? '');
    await session.placed('b', { price: '90' });
    bench().wire.cut();
    await session.until(() => session.states.filter((state) => state === 'ready').length === 2, 'ready again');
    expect(session.executions.map(({ tag }) => tag)).toEqual(['a', 'b', 'b']);
    expect(session.executions[2]).toEqual(session.executions[1]);
  });

  it('TC-E43 what happened while nobody listened is told at the next login', async () => {
    const first = await loggedIn();
    await first.placed('a', { orderQty: '10', price: '100' });
    const cursor = first.executions.at(-1)?.cursor ?? '';
    first.end();
    await bench().market('98x1', '99x10');
    const second = await loggedIn(cursor);
    expect(second.heardOf('a')).toEqual(['trade 10@100']);
  });

  it('TC-E44 messages that arrive out of order are delivered in order, none twice to an eye that knows their ids, none lost', async () => {
    const session = await loggedIn();
    bench().wire.swapNextAnswers();
    await Promise.all([
      session.connector.submit(session.order('a', { price: '90' }), shortly()),
      pause().then(() => session.connector.submit(session.order('b', { price: '90' }), shortly())),
    ]);
    bench().wire.mend();
    await session.until(() => new Set(session.executions.map(({ tag }) => tag)).size === 2, 'both orders');
    const seen = new Map(session.executions.map((execution) => [execution.executionId, execution.tag]));
    expect([...seen.values()]).toEqual(['a', 'b']);
  });

  it('TC-E46 a second login of the session takes over: the first is down', async () => {
    const first = await loggedIn();
    const second = await loggedIn();
    await first.until(() => first.states.includes('down'), 'down');
    first.end();
    await second.ready();
    await second.placed('a', { price: '90' });
  });

  it('TC-E47 it comes back by itself when the broker does', async () => {
    await bench().wire.takeDown();
    const session = login();
    await session.until(() => session.states.includes('down'), 'down');
    await bench().wire.bringUp();
    await session.ready();
  });

  it('TC-E48 a confirmation that comes after the connection broke still counts', async () => {
    const session = await loggedIn();
    await session.placed('a', { price: '90' });
    await session.placed('b', { price: '90' });
    await bench().wire.takeDown();
    await session.until(() => session.state === 'down', 'down');
    await pause(100); // It has tried again meanwhile.
    session.connector.confirm(session.executions.at(-1)?.cursor ?? '');
    await bench().wire.bringUp();
    await session.ready();
    expect(session.executions.map(({ tag }) => tag)).toEqual(['a', 'b']);
  });
}
