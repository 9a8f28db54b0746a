// The cards that every connector passes, each against its real broker's rules or an emulator's.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrdType, Reason, Side, TimeInForce } from '@switchyard/contracts';
import { Session, shortly, soon, type ConformanceBench } from './conformance-bench.js';

/** Runs the suite. `open` gives a fresh broker each time: no orders, nothing offered. */
export function describeConnector(name: string, open: () => Promise<ConformanceBench>): void {
  describe(`${name} as a broker`, () => {
    let bench: ConformanceBench;
    let sessions: Session[];
    /** A session from a cursor; it is what a new process of ours is to the broker. */
    const login = (fromCursor = ''): Session => {
      const session = new Session(bench, bench.connector(), fromCursor);
      sessions.push(session);
      return session;
    };
    const loggedIn = async (fromCursor = ''): Promise<Session> => {
      const session = login(fromCursor);
      await session.ready();
      return session;
    };

    beforeEach(async () => {
      sessions = [];
      bench = await open();
    });
    afterEach(async () => {
      for (const session of sessions) session.end();
      await bench.close();
    });

    requestCards(() => bench, loggedIn);
    doubtCards(() => bench, loggedIn, login);
    streamCards(() => bench, loggedIn, login);
  });
}

type Login = (fromCursor?: string) => Promise<Session>;

function requestCards(bench: () => ConformanceBench, loggedIn: Login): void {
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
    const excluded = [OrdType.STOP, OrdType.STOP_LIMIT].find((type) => !session.connector.capabilities.ordTypes.value.includes(type));
    if (excluded === undefined) return;
    let writes = 0;
    const request = session.order('a', { ordType: excluded, price: '90', stopPx: '95' }, () => ++writes > 0);
    expect(await session.connector.submit(request, soon())).toMatchObject({ kind: 'not-sent', reason: Reason.VENUE_NOT_SUPPORTED });
    expect(writes).toBe(0);
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

function doubtCards(bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session): void {
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

function streamCards(bench: () => ConformanceBench, loggedIn: Login, login: (fromCursor?: string) => Session): void {
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
}

/** A few turns of the event loop. */
async function pause(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 20));
}
