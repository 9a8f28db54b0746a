// Streams of owners to the sessions of a broker-connector: commands in, reports out, resumed by cursor.
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aCancel, aNew, tag } from '@switchyard/brokers-core/testing';
import { Reason, RequestKind } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { World } from './testing/world.js';

const world = World.forSpec();
const { SENDING, ACCEPTED, REFUSED, NOT_SENT } = RequestState;
let connector: RunningProcess;
let commands = 0;
const aRequest = (): string => `R${++commands}`;

/** Made beforehand: a session that was just taken sends nothing for a second. */
const sessions: Awaited<ReturnType<World['aSession']>>[] = [];

beforeAll(async () => {
  connector = await world.start();
  sessions.push(...(await Promise.all(Array.from({ length: 13 }, () => world.aSession(connector)))));
}, 60_000);

afterEach(() => void jest.restoreAllMocks());

/** A ready session, and an owner that is attached to it. */
async function attachedOwner() {
  const { sessionId, broker } = sessions.pop() ?? (await world.aSession(connector));
  const owner = world.anOwner(connector, sessionId);
  await owner.attach();
  return { sessionId, broker, owner };
}

/** The same, with two requests at the broker and their reports. */
async function withTwoReports() {
  const at = await attachedOwner();
  const ids = [aRequest(), aRequest()] as const;
  at.owner.command(...ids.map((id) => aNew(id)));
  await eventually(() => at.broker.sent.length === 2, { what: 'two submits' });
  for (const { outcome } of at.broker.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
  await at.owner.hears('accepted', 'accepted');
  return { ...at, ids };
}

/** What operators were paged. */
function pagesOf(process: RunningProcess): string[] {
  const pages: string[] = [];
  jest
    .spyOn(process.log, 'error')
    .mockImplementation(((facts: { page?: boolean }, text: string) => void (facts.page && pages.push(text))) as never);
  return pages;
}

describe('a command', () => {
  it('is written as SENDING before it is sent, and its reports are numbered and chained', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    const id = aRequest();
    owner.command(aNew(id));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    expect(await world.stored(sessionId)).toEqual({ [id]: SENDING });
    expect(broker.sentOf(tag(id))).toMatchObject({ kind: 'submit', request: { brokerAccountId: 'PAPER-1', content: { orderQty: '10' } } });
    broker.sentOf(tag(id)).outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
    await owner.hears('accepted');
    broker.say({ kind: 'trade', tag: tag(id), orderTag: tag(id), brokerOrderId: 'B1', tradeId: `T-${id}`, lastQty: '4', lastPx: '100' });
    await owner.hears('accepted', 'trade');
    expect(owner.told()).toEqual([`1 ${id} accepted`, `2 ${id} trade`]);
    expect(owner.isChained()).toBe(true);
    expect(owner.reports()[0]).toMatchObject({
      accountId: 'DEMO',
      orderId: `order-${id}`,
      kind: RequestKind.NEW,
      brokerOrderId: 'B1',
      sessionId,
      process: 'connector-0',
    });
    expect(await world.stored(sessionId)).toEqual({ [id]: ACCEPTED });
    await eventually(() => broker.confirmed.includes('1'), { what: 'the cursor of the broker to be confirmed' });
  });

  it('whose answer has a NUL in it is refused all the same, in words that can be stored', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    const [id, next] = [aRequest(), aRequest()];
    owner.command(aNew(id));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    broker.sentOf(tag(id)).outcome.resolve({ kind: 'refused', reason: Reason.BROKER_REJECTED, text: 'no\u0000margin\nat all' });
    await owner.hears('refused');
    expect(owner.reports()[0]?.report).toMatchObject({ $case: 'refused', value: { text: 'no\ufffdmargin\ufffdat all' } });
    owner.command(aNew(next));
    await eventually(() => broker.sent.length === 2, { what: 'the session to go on' });
    expect(await world.stored(sessionId)).toEqual({ [id]: REFUSED, [next]: SENDING });
  });

  it('whose write-ahead stood in the database for more than 250 ms is written ahead again, sent once, and its row says so', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    const ids = [aRequest(), aRequest(), aRequest()];
    const blocker = await world.admin.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM brokers.holders FOR UPDATE'); // No statement of the journal gets past this.
      owner.command(...ids.map((id) => aNew(id)));
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(broker.sent).toEqual([]);
      await blocker.query('COMMIT');
    } finally {
      blocker.release();
    }
    await eventually(() => broker.sent.length === 3, { what: 'three submits' });
    expect(broker.sent.map(({ request }) => request.tag)).toEqual(ids.map(tag));
    for (const { outcome } of broker.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
    await owner.hears('accepted', 'accepted', 'accepted');
    expect(owner.told().map((told) => told.split(' ')[2])).toEqual(['accepted', 'accepted', 'accepted']);
    const { rows } = await world.admin.query(
      'SELECT state, write_aheads > 1 AS again, sent_at_ms - sending_at_ms <= 250 AS fresh, placement_id FROM brokers.requests WHERE session_id = $1 ORDER BY broker_request_id',
      [sessionId],
    );
    expect(rows).toEqual(ids.map((id) => ({ state: ACCEPTED, again: true, fresh: true, placement_id: `order-${id}.p1` })));
  });

  it('that comes again is not sent again', async () => {
    const { broker, owner, ids } = await withTwoReports();
    const last = aRequest();
    owner.command(aNew(ids[0]), aNew(ids[1]), aNew(last), aNew(last));
    await eventually(() => broker.sent.length >= 3, { what: 'the new one' });
    broker.sentOf(tag(last)).outcome.resolve({ kind: 'refused', reason: Reason.BROKER_REJECTED, text: 'no margin' });
    await owner.hears('accepted', 'accepted', 'refused');
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([...ids, last].map(tag));
    expect(owner.reports()[2]?.report).toEqual({ $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: 'no margin' } });
  });

  it('that is canceled before it was sent never is: NOT_SENT of both', async () => {
    // The budget of a session that was just taken counts as used up, so the order waits for a permit.
    const { sessionId, broker } = await world.aSession(connector, { commandsPerSecondMax: 1 });
    const owner = world.anOwner(connector, sessionId);
    await owner.attach();
    await eventually(() => owner.credit()?.credits === 2, { what: 'credit' });
    const [first, order, cancel] = [aRequest(), aRequest(), aRequest()];
    owner.command(aNew(first), aNew(order), aCancel(cancel, order));
    await owner.hears('notSent', 'notSent');
    expect(owner.told().slice(0, 2)).toEqual([`1 ${order} notSent`, `2 ${cancel} notSent`]);
    expect(await world.stored(sessionId)).toMatchObject({ [order]: NOT_SENT, [cancel]: NOT_SENT });
    expect(broker.sent.every(({ request }) => request.tag === tag(first))).toBe(true);
  });

  it('of a cancel for an order that was never seen writes NOT_SENT under the id of the order, which then is not sent', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    const [order, cancel, after] = [aRequest(), aRequest(), aRequest()];
    owner.command(aCancel(cancel, order));
    await owner.hears('notSent', 'notSent');
    owner.command(aNew(order), aNew(after));
    await eventually(() => broker.sent.length > 0, { what: 'the order behind it' });
    expect(broker.sent.map(({ request }) => request.tag)).toEqual([tag(after)]);
    expect(await world.stored(sessionId)).toMatchObject({ [order]: NOT_SENT, [cancel]: NOT_SENT });
  });

  it('or anything else of a message that this version does not know is not acted on, and paged', async () => {
    const { broker, owner } = await attachedOwner();
    const pages = pagesOf(connector);
    owner.send(undefined);
    const id = aRequest();
    owner.command(aNew(id));
    await eventually(() => broker.sent.length === 1, { what: 'what came behind it' });
    expect(pages).toEqual(['an owner sent a message that this version does not know; it was not acted on']);
  });
});

describe('an attach', () => {
  it('with a cursor gets the reports behind it, and then those that come', async () => {
    const { sessionId, broker, owner, ids } = await withTwoReports();
    const again = world.anOwner(connector, sessionId);
    expect(await again.attach(owner.rows()[0])).toBe(2);
    await again.hears('accepted');
    broker.say({
      kind: 'expired',
      tag: tag(ids[0]),
      orderTag: tag(ids[0]),
      brokerOrderId: 'B1',
      reason: Reason.UNSPECIFIED,
      text: 'day over',
    });
    await again.hears('accepted', 'expired');
    expect(again.told()).toEqual([`2 ${ids[1]} accepted`, `3 ${ids[0]} expired`]);
    expect(again.rows()[0]).toEqual(owner.rows()[1]);
    again.send({ $case: 'ack', value: { seq: 3 } });
    const third = world.anOwner(connector, sessionId);
    expect(await third.attach(again.rows()[1])).toBe(3);
    expect(third.told()).toEqual([]);
  });

  it.each([
    ['another hash', { seq: 1, hash: Buffer.alloc(32) }],
    ['a report that the session does not have', { seq: 9, hash: Buffer.alloc(32) }],
  ])('whose cursor has %s is detached and paged', async (_, cursor) => {
    const { sessionId } = await withTwoReports();
    const pages = pagesOf(connector);
    const owner = world.anOwner(connector, sessionId);
    owner.send({ $case: 'attach', value: { holderId: 'H', lastSeq: cursor.seq, lastHash: cursor.hash } });
    expect((await owner.detached()).text).toBe('the cursor conflicts with the journal of the session');
    expect(pages).toEqual(["an owner's cursor holds another report than this journal; its reports stop"]);
    expect(owner.told()).toEqual([]);
  });

  it('counts only while it is the newest of its shard: the commands of the older one are refused', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    const newer = world.anOwner(connector, sessionId);
    await newer.attach();
    expect((await owner.detached()).text).toBe('a newer attach has taken the shard');
    const [older, id] = [aRequest(), aRequest()];
    owner.command(aNew(older));
    expect((await owner.detached(2)).text).toBe('this process does not hold the session');
    newer.command(aNew(id));
    await eventually(() => broker.sent.length === 1, { what: 'the command of the newer one' });
    expect(await world.stored(sessionId)).toEqual({ [id]: SENDING });
    // Another shard is another attach.
    const other = world.anOwner(connector, sessionId, 8);
    await other.attach();
    newer.command(aNew(aRequest()));
    await eventually(() => broker.sent.length === 2, { what: 'a command of the first shard' });
  });

  it('that was given back takes no commands', async () => {
    const { owner } = await attachedOwner();
    owner.send({ $case: 'detach', value: {} });
    owner.command(aNew(aRequest()));
    expect((await owner.detached()).text).toBe('this process does not hold the session');
  });

  it('to a session that nobody holds is refused', async () => {
    const owner = world.anOwner(connector, 'nobody');
    owner.send({ $case: 'attach', value: { holderId: 'H', lastSeq: 0, lastHash: Buffer.alloc(32) } });
    expect(await owner.detached()).toEqual({ text: 'this process does not hold the session', address: '' });
  });

  it('is refused to whoever is not a service', async () => {
    const { sessionId } = await attachedOwner();
    const intruder = world.anOwner(connector, sessionId, 7, world.as('admin'));
    await eventually(() => intruder.closed === 'PERMISSION_DENIED', { what: 'a refusal' });
  });
});

describe('credit', () => {
  it('is what the session may send in two seconds, shared by the owners, and none while it is down', async () => {
    const { sessionId, broker, owner } = await attachedOwner();
    await eventually(() => owner.credit()?.credits === 2000, { what: 'the whole credit' });
    const other = world.anOwner(connector, sessionId, 8);
    await other.attach();
    await eventually(() => owner.credit()?.credits === 1000 && other.credit()?.credits === 1000, { what: 'halves' });
    other.close();
    await eventually(() => owner.credit()?.credits === 2000, { what: 'the whole again' });
    broker.down('logged out');
    await eventually(() => owner.credit()?.credits === 0, { what: 'no credit' });
    expect(owner.credit()).toEqual({ credits: 0, retryAfterMs: 500 });
    broker.ready();
    await eventually(() => owner.credit()?.credits === 2000, { what: 'credit once it is up' });
  });
});
