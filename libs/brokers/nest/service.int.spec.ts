// BrokerService: sessions are created, watched and explained; who may do what.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aNew, tag } from '@switchyard/brokers-core/testing';
import { OrdType, RequestKind, TimeInForce } from '@switchyard/contracts';
import { RequestState, type Session, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { errorOf, options, refusal, World } from './testing/world.js';

const world = World.forSpec();
let connector: RunningProcess;
let other: RunningProcess;
let commands = 0;
const aRequest = (): string => `S${++commands}`;

beforeAll(async () => {
  connector = await world.start();
}, 60_000);

const put = (differs: object, roles = ['admin']) =>
  world
    .brokers(connector)
    .putSession(
      { sessionId: 'new-1', broker: 'scripted', brokerAccountIds: ['NEW-1'], commandsPerSecondMax: 5, ...differs },
      world.as(...roles),
    );

describe('watching the sessions', () => {
  it('begins with all of them, even if there are none, and goes on with those that change', async () => {
    const seen: Session[][] = [];
    const stream = world.brokers(connector).watchSessions({}, {});
    stream.onMessage(({ sessions }) => void seen.push(sessions));
    await eventually(() => seen.length === 1, { what: 'the snapshot' });
    expect(seen[0]).toEqual([]);
    // Longer than a poll: nothing changed, nothing is told.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(seen.length).toBe(1);

    const { sessionId, broker } = await world.aSession(connector);
    await eventually(() => seen.at(-1)?.[0]?.state === SessionState.READY, { what: 'a session that is ready' });
    expect(seen.at(-1)).toEqual([
      {
        sessionId,
        broker: 'scripted',
        offer: expect.objectContaining({ ordTypes: [OrdType.MARKET, OrdType.LIMIT], timeInForces: [TimeInForce.DAY], displayQty: false }),
        brokerAccountIds: ['BA-1'],
        commandsPerSecondMax: 1000,
        state: SessionState.READY,
        text: 'logged in',
        process: 'connector-0',
        address: connector.address,
      },
    ]);
    broker.down('the password has expired');
    await eventually(() => seen.at(-1)?.[0]?.text === 'the password has expired', { what: 'the news' });
    expect(seen.at(-1)?.[0]?.state).toBe(SessionState.DOWN);
    // Where nobody else tells it, the row does.
    await eventually(
      async () =>
        (await world.admin.query('SELECT FROM brokers.sessions WHERE state_text = $1', ['the password has expired'])).rowCount === 1,
      { what: 'the row' },
    );
    const late: Session[][] = [];
    const second = world.brokers(connector).watchSessions({}, {});
    second.onMessage(({ sessions }) => void late.push(sessions));
    await eventually(() => late[0]?.length === 1, { what: 'a snapshot of the second watcher' });
    stream.cancel();
    second.cancel();
  });
});

describe('PutSession', () => {
  it.each([
    ['an id that is none', { sessionId: 'with space' }, 'FIELD_MALFORMED sessionId'],
    ['a broker that is not known', { broker: 'nobody' }, 'FIELD_MALFORMED broker'],
    ['no broker account', { brokerAccountIds: [] }, 'FIELD_MALFORMED brokerAccountIds'],
    ['a broker account that is none', { brokerAccountIds: ['a b'] }, 'FIELD_MALFORMED brokerAccountIds'],
    ['a broker account twice', { brokerAccountIds: ['A', 'B', 'A'] }, 'FIELD_NOT_ALLOWED brokerAccountIds[2]'],
    ['a rate below zero', { commandsPerSecondMax: -1 }, 'OUT_OF_RANGE commandsPerSecondMax'],
    ['a rate beyond all brokers', { commandsPerSecondMax: 100_001 }, 'OUT_OF_RANGE commandsPerSecondMax'],
  ])('with %s is refused with the field', async (_, differs, expected) => {
    expect(await refusal(put(differs))).toBe(expected);
  });

  it('of a broker account that another session serves is refused', async () => {
    await put({ sessionId: 'first', brokerAccountIds: ['TAKEN', 'FREE'] });
    expect(await refusal(put({ sessionId: 'second', brokerAccountIds: ['OWN', 'TAKEN'] }))).toBe('FIELD_MALFORMED brokerAccountIds');
    expect((await errorOf(put({ sessionId: 'second', brokerAccountIds: ['TAKEN'] }))).message).toContain(
      'session first serves one of them already',
    );
    // Itself it may keep them.
    expect((await put({ sessionId: 'first', brokerAccountIds: ['TAKEN'], commandsPerSecondMax: 9 })).session).toMatchObject({
      brokerAccountIds: ['TAKEN'],
      commandsPerSecondMax: 9,
    });
  });

  it('takes the rate of the broker where none is given, and never changes the broker', async () => {
    expect((await put({ sessionId: 'default', brokerAccountIds: ['D-1'], commandsPerSecondMax: 0 })).session?.commandsPerSecondMax).toBe(
      10_000,
    );
    expect(await refusal(put({ sessionId: 'default', broker: 'paper', brokerAccountIds: ['D-1'] }))).toBe('FIELD_MALFORMED broker');
  });

  it('of the paper venue is down while the venue is not there', async () => {
    await put({ sessionId: 'paper-1', broker: 'paper', brokerAccountIds: ['PAPER-1'] });
    await eventually(async () => (await world.sessionOf(connector, 'paper-1'))?.address !== '', { what: 'a holder' });
    expect(await world.sessionOf(connector, 'paper-1')).toMatchObject({ state: SessionState.DOWN });
  });
});

describe('a call', () => {
  const calls = {
    putSession: (roles: string[]) => put({ sessionId: 'allowed', brokerAccountIds: ['A-1'] }, roles),
    putHalts: (roles: string[]) => world.brokers(connector).putHalts({ haltVersion: 0, halts: [] }, world.as(...roles)),
    getExchange: (roles: string[]) => world.brokers(connector).getExchange({ orderId: 'O1' }, world.as(...roles)),
    resolveDoubt: (roles: string[]) =>
      world.brokers(connector).resolveDoubt({ brokerRequestId: 'none', placed: true, brokerOrderId: '', text: 'seen' }, world.as(...roles)),
    listSessions: (roles: string[]) => world.brokers(connector).listSessions({}, world.as(...roles)),
  };

  it.each([
    ['putSession', 'admin', 'allowed'],
    ['putSession', 'ops', 'PERMISSION_DENIED'],
    ['putHalts', 'service', 'allowed'],
    ['putHalts', 'risk-officer', 'PERMISSION_DENIED'],
    ['getExchange', 'service', 'allowed'],
    ['getExchange', 'ops', 'PERMISSION_DENIED'],
    ['resolveDoubt', 'ops', 'BROKER_ORDER_UNKNOWN'],
    ['resolveDoubt', 'service', 'PERMISSION_DENIED'],
    ['listSessions', 'viewer', 'allowed'],
  ] as const)('%s by the role %s: %s', async (call, role, expected) => {
    const outcome = await calls[call]([role]).then(
      () => 'allowed',
      () => refusal(calls[call]([role])),
    );
    expect(outcome).toBe(expected);
  });
});

describe('the exchange about an order', () => {
  it('is its requests and its reports, and empty for an order that no broker was asked about', async () => {
    const { sessionId, broker } = await world.aSession(connector);
    const owner = world.anOwner(connector, sessionId);
    await owner.attach();
    const [id, unrelated] = [aRequest(), aRequest()];
    owner.command(aNew(id), aNew(unrelated));
    await eventually(() => broker.sent.length === 2, { what: 'two submits' });
    for (const { outcome } of broker.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'B1' });
    await owner.hears('accepted', 'accepted');
    const { requests, reports } = await world.brokers(connector).getExchange({ orderId: `order-${id}` }, options);
    expect(requests).toMatchObject([
      {
        brokerRequestId: id,
        kind: RequestKind.NEW,
        state: RequestState.ACCEPTED,
        tag: tag(id),
        placementId: `order-${id}.p1`,
        writeAheads: expect.any(Number) as unknown,
        brokerOrderId: 'B1',
        process: 'connector-0',
      },
    ]);
    expect(requests[0]?.sentAtMs).toBeGreaterThanOrEqual(requests[0]?.sendingAtMs ?? Infinity);
    expect(reports).toEqual([owner.reports()[0]]);
    expect(await world.brokers(connector).getExchange({ orderId: 'nobody' }, options)).toEqual({ requests: [], reports: [] });
    expect(await refusal(world.brokers(connector).getExchange({ orderId: 'no\0body' }, options))).toBe('FIELD_MALFORMED orderId');
  });
});

describe('a doubt that an operator decides', () => {
  const resolve = (
    process: RunningProcess,
    brokerRequestId: string,
    placed: boolean,
    text = 'seen on the terminal',
    brokerOrderId = placed ? 'B9' : '',
  ) => world.brokers(process).resolveDoubt({ brokerRequestId, placed, brokerOrderId, text }, world.as('ops'));

  async function inDoubt() {
    const { sessionId, broker } = await world.aSession(connector);
    const owner = world.anOwner(connector, sessionId);
    await owner.attach();
    const id = aRequest();
    owner.command(aNew(id));
    await eventually(() => broker.sent.length === 1, { what: 'a submit' });
    broker.sentOf(tag(id)).outcome.resolve({ kind: 'in-doubt', text: 'no answer' });
    await owner.hears('inDoubt');
    return { sessionId, owner, id };
  }

  it.each([
    [true, RequestState.ACCEPTED, 'doubtResolved'],
    [false, RequestState.NOT_SENT, 'notSent'],
  ])('placed %s: state %s, and the owner is told %s', async (placed, state, told) => {
    const { owner, id } = await inDoubt();
    expect(await refusal(resolve(connector, id, placed, ''))).toBe('FIELD_REQUIRED text');
    const { request } = await resolve(connector, id, placed);
    expect(request).toMatchObject({ brokerRequestId: id, state, brokerOrderId: placed ? 'B9' : '', text: 'olga: seen on the terminal' });
    await owner.hears('inDoubt', told);
    expect(owner.told()).toEqual([`1 ${id} inDoubt`, `2 ${id} ${told}`]);
    expect(await refusal(resolve(connector, id, placed))).toBe('ORDER_FINAL');
  });

  it.each(['B\u00009', 'B 9', 'B\n9', 'x'.repeat(65)])(
    'with an order of the broker that can be none (%j) is refused, and goes on',
    async (brokerOrderId) => {
      const { owner, id } = await inDoubt();
      expect(await refusal(resolve(connector, id, true, 'seen', brokerOrderId))).toBe('FIELD_MALFORMED brokerOrderId');
      expect((await resolve(connector, id, true)).request).toMatchObject({ state: RequestState.ACCEPTED, brokerOrderId: 'B9' });
      await owner.hears('inDoubt', 'doubtResolved');
    },
  );

  it('at a process that does not hold the session is refused with the address of the one that does', async () => {
    const { sessionId, id } = await inDoubt();
    other = await world.start('connector-1');
    // Rendezvous may give the session to the new one: whoever of the two does not hold it is asked.
    await eventually(
      async () => {
        const told = await Promise.all([connector, other].map((process) => world.sessionOf(process, sessionId)));
        const holder = told[0]?.address === connector.address ? connector : other;
        const error = await errorOf(resolve(holder === connector ? other : connector, id, true));
        return told[1]?.address === holder.address && error.metadata['address'] === holder.address;
      },
      { what: 'a refusal with the address of the holder' },
    );
  });
});

describe('a database that can not be read', () => {
  it('leaves watchers what they know, and is told when it is back', async () => {
    const warnings = jest.spyOn(connector.log, 'warn');
    const seen: Session[] = [];
    const stream = world.brokers(connector).watchSessions({}, {});
    stream.onMessage(({ sessions }) => void seen.push(...sessions));
    await eventually(() => seen.length > 0, { what: 'the snapshot' });
    await world.admin.query('ALTER TABLE brokers.sessions RENAME TO sessions_away');
    try {
      await eventually(() => warnings.mock.calls.some((call) => String(call[1]).startsWith('sessions could not be read')), {
        what: 'the failed read',
      });
      expect(await refusal(world.brokers(connector).listSessions({}, options))).toBe('INTERNAL');
    } finally {
      await world.admin.query('ALTER TABLE brokers.sessions_away RENAME TO sessions');
    }
    const before = seen.length;
    await put({ sessionId: 'back', brokerAccountIds: ['BACK-1'] });
    await eventually(() => seen.slice(before).some(({ sessionId }) => sessionId === 'back'), { what: 'the news' });
    stream.cancel();
    warnings.mockRestore();
  });
});
