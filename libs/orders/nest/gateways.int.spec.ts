// Two order-gateways over the same accounts: any takes any call, the owner answers, and ownership moves without a fact lost or told twice.
import { afterEach, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason, StatusCode } from '@switchyard/contracts';
import { aContent } from '@switchyard/orders-core/testing';
import { freePort } from '@switchyard/infra';
import { Deferred } from '@switchyard/kernel';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { options, refusal, shardOfGroup, World } from './testing/world.js';

const world = World.forSpec();
const running: RunningProcess[] = [];

afterEach(async () => {
  for (const process of running.splice(0)) await world.stop(process);
});

async function start(name: string, env?: Record<string, string>): Promise<RunningProcess> {
  const process = await world.start(name, env);
  running.push(process);
  return process;
}

async function stop(process: RunningProcess): Promise<void> {
  running.splice(running.indexOf(process), 1);
  await world.stop(process);
}

/** Name of the owner of every shard, as the process sees it. */
async function owners(process: RunningProcess): Promise<string[]> {
  const { shards } = await world.owners(process).listShards({}, options);
  return shards.map((shard) => shard.process);
}

/** Waits until both see the same owners, and each owns about half of the shards. */
async function shared(one: RunningProcess, other: RunningProcess): Promise<string[]> {
  return eventually(
    async () => {
      const seen = await Promise.all([owners(one), owners(other)]);
      const mine = seen[0]?.filter((name) => name === one.name).length ?? 0;
      return seen[0]?.length === 256 && mine > 80 && mine < 176 && String(seen[0]) === String(seen[1]) && seen[0];
    },
    { what: 'the shards to be shared', timeoutMs: 50_000 },
  );
}

describe('two order-gateways', () => {
  it('share no shard before the one that starts has read its instruments; meanwhile it forwards', async () => {
    const first = await start('gateway-a');
    const held = new Deferred<void>();
    world.instrumentsRead = held.promise;
    const accountId = await world.anAccount(first);
    const orderId = await world.confirmed(first, accountId, 'A-1');
    const [http, address] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const starting = start('gateway-b', { SWITCHYARD_HTTP_LISTEN: http, SWITCHYARD_GRPC_LISTEN: address });
    const readiness = (): Promise<string> =>
      fetch(`http://${http}/readyz`).then(
        (answer) => answer.text(),
        () => '',
      );
    const why = 'The journal orders leaves its units to others: the instruments are not known yet';
    await eventually(async () => (await readiness()).includes(why), { what: 'the second to wait', timeoutMs: 50_000 });
    expect(new Set(await owners(first))).toEqual(new Set(['gateway-a']));

    // Until then it forwards what it is asked, a cancel as well, and its streams.
    const second = { name: 'gateway-b', address } as RunningProcess;
    const followed = world.follow(second, [{ accountId, accountSeq: 0 }]);
    await world.place(second, accountId, 'A-2');
    const cancel = { accountId, clOrdId: 'C-1', orderId, origClOrdId: '' };
    expect((await world.orders(second).cancelOrder(cancel, options)).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    expect((await world.order(second, accountId, orderId)).ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    await eventually(() => followed.events.some(({ event }) => event?.$case === 'cancelRequested'), { what: 'the cancel in the stream' });

    held.resolve();
    await shared(first, await starting);
  });

  it('share the shards by a planned move, forward to each other, and take over from each other', async () => {
    const first = await start('gateway-a');
    const ids = async () => (await world.accounts(first).listAccounts({}, options)).accounts.map(({ accountId }) => accountId);
    const before = await ids();
    const accountIds = await Promise.all(Array.from({ length: 8 }, () => world.anAccount(first)));
    const followed = accountIds.map((accountId) => world.follow(first, [{ accountId, accountSeq: 0 }]));
    const placed = new Map<string, string>();
    let round = 0;
    const placeEverywhere = async (...gateways: RunningProcess[]): Promise<void> => {
      round++;
      await Promise.all(
        accountIds.map(async (accountId, at) => {
          const gateway = gateways[at % gateways.length] as RunningProcess;
          const { orderId, replayed } = await world.place(gateway, accountId, `A-${round}`);
          expect(replayed).toBe(false);
          placed.set(`${accountId} ${round}`, orderId);
        }),
      );
    };
    await placeEverywhere(first);
    const second = await start('gateway-b');
    // Orders go on while shards move, through either of them.
    await placeEverywhere(second, first);
    const ownerOf = await shared(first, second);
    await placeEverywhere(second);
    await placeEverywhere(first);
    const homes = new Set(accountIds.map((accountId) => ownerOf[shardOfGroup(accountId)]));
    expect([...homes].sort()).toEqual(['gateway-a', 'gateway-b']);

    const [away] = accountIds.filter((accountId) => ownerOf[shardOfGroup(accountId)] === 'gateway-b');
    if (away === undefined) throw new Error('an account is owned by each');
    const orderId = placed.get(`${away} 1`) ?? '';
    const cancel = { accountId: away, clOrdId: 'C-1', orderId, origClOrdId: '' };
    expect((await world.orders(first).cancelOrder(cancel, options)).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    const replace = {
      accountId: away,
      clOrdId: 'R-1',
      orderId: placed.get(`${away} 2`) ?? '',
      origClOrdId: '',
      orderQty: '5',
      price: undefined,
      stopPx: undefined,
    };
    expect(await refusal(world.orders(first).replaceOrder({ ...replace, orderQty: 'five' }, options))).toBe('FIELD_MALFORMED orderQty');
    expect((await world.orders(first).previewOrder({ accountId: away, content: aContent() }, options)).route?.sessionId).toBe('paper-1');
    expect((await world.order(first, away, orderId)).ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    // The call came in at the one, and was answered by the other.
    const { entries } = await world.orders(first).explainOrder({ accountId: away, orderId }, options);
    const processOf = (title: string) => entries.filter((entry) => entry.title.startsWith(title)).at(-1)?.process;
    expect([processOf('call received'), processOf('cancel requested')]).toEqual(['gateway-a', 'gateway-b']);
    const query = { accountId: away, ordStatuses: [], openOnly: false, instrument: '', pageSize: 0, pageToken: '' };
    expect((await world.orders(first).listOrders(query, options)).orders.map(({ firstClOrdId }) => firstClOrdId)).toEqual([
      'A-4',
      'A-3',
      'A-2',
      'A-1',
    ]);
    expect((await world.orders(first).cancelAll({ accountId: away, clOrdId: 'ALL' }, options)).cancels.length).toBe(4);
    expect((await world.accounts(first).getAccount({ accountId: away }, options)).account?.accountId).toBe(away);
    expect(await ids()).toEqual([...before, ...accountIds].sort());
    // A call that was forwarded once is not forwarded again.
    await expect(
      world.orders(first).getOrder({ accountId: away, orderId, clOrdId: '' }, { ...options, forwarded: true }),
    ).rejects.toMatchObject({
      code: StatusCode.FAILED_PRECONDITION,
      reason: Reason.NOT_OWNER,
      metadata: { address: second.address },
    });
    const stray = world.follow(first, [{ accountId: away, accountSeq: 0 }], { forwarded: true });
    await eventually(() => stray.closed === 'NOT_OWNER', { what: 'a stream that is not forwarded twice' });

    // "Only what comes" stays where it began, over the move: nothing happened to the account before the move, and much during it.
    const factsBefore = await world.rowsOf(away);
    const onlyNew = world.follow(first, [{ accountId: away, accountSeq: -1 }]);
    await eventually(() => onlyNew.live !== undefined, { what: 'the stream from -1 to be live' });
    let isMoving = true;
    const placing = (async () => {
      for (let number = 1; isMoving; number++) await world.place(first, away, `M-${number}`);
    })();
    await stop(second);
    isMoving = false;
    await placing;
    await placeEverywhere(first);
    const factsOfMove = (await world.rowsOf(away)) - factsBefore;
    await eventually(() => onlyNew.events.length >= factsOfMove, { what: `the ${factsOfMove} facts after the stream from -1 began` });
    expect(onlyNew.events.map(({ accountSeq }) => accountSeq)).toEqual(Array.from({ length: factsOfMove }, (_, n) => factsBefore + n + 1));
    // Every fact of every account came once, in order, over both moves.
    for (const [at, accountId] of accountIds.entries()) {
      const stream = followed[at];
      const facts = await world.rowsOf(accountId);
      await eventually(() => stream?.events.length === facts, { what: `the ${facts} facts of ${accountId}` });
      expect(stream?.events.map(({ accountSeq }) => accountSeq)).toEqual(Array.from({ length: facts }, (_, n) => n + 1));
    }
    expect(world.risk.faults).toEqual([]);
  });

  it('say that the outcome is unknown when the owner can not be reached before the deadline', async () => {
    const gateway = await start('gateway-a', { ORDERS_HOLDER_TIMEOUT_MS: '3000' });
    const accountId = await world.anAccount(gateway);
    // As if a process that does not answer had the shards.
    const stranger = '00000000-0000-4000-8000-000000000000';
    await world.admin.query(
      "INSERT INTO orders.holders (id, process, address, alive, started_at) VALUES ($1, 'gateway-x', '127.0.0.1:1', true, now())",
      [stranger],
    );
    await world.admin.query('INSERT INTO orders.heartbeats (holder_id, beat_at) VALUES ($1, now())', [stranger]);
    await world.admin.query('UPDATE orders.ownership SET holder_id = $1', [stranger]);
    await world.admin.query("UPDATE orders.holders SET alive = false WHERE process = 'gateway-a'");
    const call = () => world.orders(gateway).getOrder({ accountId, orderId: 'x', clOrdId: '' }, { timeoutMs: 400 });
    await eventually(async () => ['UNKNOWN_RETRY_SAME_ID', 'DEADLINE_EXCEEDED'].includes(await refusal(call())), { what: 'the refusal' });
    // It never beats: its shards are taken over.
    await eventually(async () => (await world.place(gateway, accountId, 'A-1').catch(() => undefined)) !== undefined, {
      what: 'an order after the takeover',
    });
  });
});

describe('a caller', () => {
  it('past its rate is refused with the time to wait, and takes nothing from others', async () => {
    const gateway = await start('gateway-a', { ORDERS_CALLS_PER_SECOND_MAX: '5' });
    const accountId = await world.anAccount(gateway);
    const get = (call: object) => world.orders(gateway).getOrder({ accountId, orderId: 'x', clOrdId: '' }, { ...options, ...call });
    const own = world.as(['ops']);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(get(own))));
    expect(outcomes.filter((outcome) => outcome === 'CALLER_RATE').length).toBeGreaterThanOrEqual(10);
    expect(outcomes).toContain('ORDER_UNKNOWN orderId');
    await expect(Promise.all(Array.from({ length: 20 }, () => get(own)))).rejects.toMatchObject({ code: expect.any(Number) });
    expect(await refusal(get({}))).toBe('ORDER_UNKNOWN orderId');
    await eventually(async () => (await refusal(get(own))) === 'ORDER_UNKNOWN orderId', { what: 'the rate to be free again' });
  });
});
