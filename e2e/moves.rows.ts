/** Processes come and go while orders are placed: nothing is lost, nothing is told twice, and a stop takes less than ten seconds. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { ORDER_SERVICE, OrdStatus, Reason, Side } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { StreamOrderEventsRequest, StreamOrderEventsResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { eventually } from '@switchyard/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from './load.js';
import { RawGrpc } from './raw-grpc.js';
import { type RunningProcess } from './running-process.js';
import { Desk, type GetWorld, limit, market, marketOf, priceAwayFromBid, sumsOf, type World } from './world.js';

const stopMsMax = 10_000;
/** A shard without an owner is taken over after the holder timeout of 3 s. */
const takeoverMsMax = 30_000;

/** The process that wrote the newest fact of the account: its owner. */
async function ownerOf(world: World, desk: Desk): Promise<RunningProcess> {
  const events = await desk.events();
  return world.platform.process(events[events.length - 1]?.process ?? '');
}

/** A desk whose owner is the process. */
async function deskOwnedBy(world: World, process: RunningProcess, prefix: string): Promise<Desk> {
  for (let number = 1; number <= 20; number++) {
    const desk = await Desk.open(world, `${prefix}-${number}`);
    if ((await ownerOf(world, desk)) === process) return desk;
  }
  throw new Error(`none of 20 shards belongs to ${process.name}`);
}

/** Final states; an order in doubt is in none of them. */
const finals: ReadonlySet<OrdStatus> = new Set([OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED]);

/** What may end an order of the load unfilled, while the venue or its session starts again: never sent, proven absent, or nobody to trade with. */
const excused: ReadonlySet<Reason> = new Set([
  Reason.SESSION_DOWN,
  Reason.SEND_BEFORE_PASSED,
  Reason.WRITE_AHEAD_STALE,
  Reason.PROVEN_ABSENT,
  Reason.VENUE_NO_LIQUIDITY,
]);

/** Every order that was answered is there once, and ended for a reason; each filled one has its trade once, and positions agree with the trades. */
async function expectNothingLost(load: Load, desks: readonly Desk[]): Promise<void> {
  const listed = new Map<string, string>();
  for (const desk of desks) {
    const settled = async () => {
      const open = (await desk.orders()).filter(({ ordStatus, inDoubt }) => !finals.has(ordStatus) || inDoubt);
      if (open.length > 0)
        throw new Error(
          open
            .map(({ clOrdId, ordStatus, inDoubt, text }) => `${clOrdId} is ${OrdStatus[ordStatus]} ${inDoubt ? 'in doubt ' : ''}${text}`)
            .join(', '),
        );
      return true;
    };
    await eventually(settled, { what: `the orders of ${desk.accountId} have ended`, timeoutMs: 60_000, intervalMs: 100 });
    const orders = await desk.orders();
    for (const { clOrdId, orderId } of orders) listed.set(clOrdId, orderId);
    const unfilled = orders.filter(({ ordStatus }) => ordStatus !== OrdStatus.FILLED);
    expect(unfilled.filter(({ reason }) => !excused.has(reason)).map(({ clOrdId, text }) => `${clOrdId}: ${text}`)).toEqual([]);
    const events = await desk.events();
    const { boughtQty, soldQty } = sumsOf(events);
    const { positions } = await desk.positions();
    const netQty = positions.reduce((sum, position) => sum + BigInt(position.netQty), 0n);
    expect(netQty * 10n ** 9n).toBe(boughtQty - soldQty);
    const filledOf = events.flatMap(({ event }) => (event?.$case === 'tradeBooked' ? [event.value.orderId] : []));
    expect(filledOf.sort()).toEqual(
      orders
        .filter(({ ordStatus }) => ordStatus === OrdStatus.FILLED)
        .map(({ orderId }) => orderId)
        .sort(),
    );
  }
  expect(listed).toEqual(load.answered);
}

/** The stream of an account at one gateway, as the server sends it. */
function rawStream(gateway: RunningProcess, token: string, accountId: string, accountSeq = 0) {
  const grpc = new RawGrpc(gateway.address);
  const seen: OrderEvent[] = [];
  const ends: string[] = [];
  const request = StreamOrderEventsRequest.encode({ cursors: [{ accountId, accountSeq }] }).finish();
  let isLive = false;
  const take = (bytes: Buffer) => {
    const { events, live } = StreamOrderEventsResponse.decode(bytes);
    seen.push(...events);
    isLive ||= live;
  };
  const cancel = grpc.stream(ORDER_SERVICE, 'StreamOrderEvents', request, token, take, (why) => ends.push(why));
  const close = () => {
    cancel();
    grpc.close();
  };
  return { seen, ends, close, isLive: () => isLive };
}

/** Rows of a platform with two gateways. @param leaving the gateway that is killed. */
export function describeOwnerChange(world: GetWorld, leaving: string): void {
  describe('a change of owner', () => {
    let load: Load;
    afterEach(async () => {
      load?.abandon();
      // A row that failed leaves nobody dead to the next one.
      const { platform } = world();
      const dead = platform.processes.filter((process) => !process.isRunning);
      for (const process of dead) platform.start(process);
      for (const process of dead) await process.whenReady();
    });

    it('leaves an order event stream from -1, to which nothing was told before, without a gap', async () => {
      const { platform } = world();
      const victim = platform.process(leaving);
      const survivor = platform.running('order-gateway').find((gateway) => gateway !== victim) as RunningProcess;
      const desk = (await deskOwnedBy(world(), victim, 'QUIET')).as(platform.client([survivor]));
      const before = await desk.events();
      const stream = rawStream(survivor, platform.token(), desk.accountId, -1);
      await eventually(stream.isLive, { what: 'the stream is live' });
      await victim.end('SIGKILL');
      // Its sessions are taken over meanwhile: until then the answer is to try again with the same id.
      const placing = () => desk.place(market('NSE:INFY', Side.BUY, '3'), 'first-after-the-kill');
      const { order } = await eventually(placing, { what: 'an order at the new owner', timeoutMs: takeoverMsMax });
      await desk.until(order?.orderId ?? '', OrdStatus.FILLED);
      const after = (await desk.events()).slice(before.length);
      await eventually(() => stream.seen.length >= after.length, { what: 'the stream has what came' });
      // Before we end it ourselves.
      const told = [[...stream.ends], [...stream.seen]];
      stream.close();
      platform.start(victim);
      await victim.whenReady();
      expect(told).toEqual([[], after]);
    });

    it('leaves an order event stream without a gap and without a duplicate, and orders go on', async () => {
      const { platform } = world();
      const victim = platform.process(leaving);
      const survivor = platform.running('order-gateway').find((gateway) => gateway !== victim) as RunningProcess;
      const desk = (await deskOwnedBy(world(), victim, 'MOVE')).as(platform.client([survivor]));
      const stream = rawStream(survivor, platform.token(), desk.accountId);
      load = new Load([desk], 'move', 2, 50);
      await eventually(() => load.answered.size > 10, { what: 'orders flow' });
      const before = load.answered.size;
      await victim.end('SIGKILL');
      await eventually(() => load.answered.size > before + 10, { what: 'orders flow at the new owner', timeoutMs: takeoverMsMax });
      expect(await ownerOf(world(), desk)).toBe(survivor);
      // The former owner comes back and gets its shards by a planned move.
      platform.start(victim);
      await victim.whenReady();
      const comesBack = async () => (await ownerOf(world(), desk)) === victim;
      await eventually(comesBack, { what: 'the shard moves back', timeoutMs: takeoverMsMax, intervalMs: 200 });
      await load.stop();
      await expectNothingLost(load, [desk]);
      const all = await desk.events();
      await eventually(() => stream.seen.length >= all.length, { what: 'the stream has it all' });
      await sleep(300);
      stream.close();
      expect(stream.ends).toEqual([]);
      expect(stream.seen.map(({ accountSeq }) => accountSeq)).toEqual(all.map((_, at) => at + 1));
      expect(stream.seen).toEqual(all);
      expect(new Set(all.map(({ process }) => process))).toEqual(new Set([victim.name, survivor.name]));
    });
  });
}

export function describeShutdown(world: GetWorld): void {
  describe('SIGTERM under load', () => {
    let load: Load;
    afterEach(() => load?.abandon());

    it('of each process in turn loses nothing, takes less than 10 s, and a restart keeps orders and positions', async () => {
      const { platform, client } = world();
      const resting = await Desk.open(world(), 'KEEP');
      const kept = await resting.placed(
        limit('NSE:ITC', Side.BUY, '9', priceAwayFromBid(await marketOf(client, 'NSE:ITC'), -4)),
        OrdStatus.NEW,
      );
      const desks = await Promise.all(['TERM-1', 'TERM-2', 'TERM-3'].map((name) => Desk.open(world(), name)));
      // While market-data starts again quotes are old, which is no reason for this row to see orders denied.
      for (const { accountId } of desks) await client.risk.setLimits({ accountId, limits: { quoteAgeMaxMs: 120_000 }, text: 'restarts' });
      load = new Load(desks, 'term', 6, 30);
      const ends: Record<string, { code: number | undefined; isQuick: boolean }> = {};
      for (const process of platform.processes) {
        const before = load.answered.size;
        await eventually(() => load.answered.size > before + 20, {
          what: `orders flow before the end of ${process.name}`,
          timeoutMs: takeoverMsMax,
        });
        const { code, tookMs } = await process.end('SIGTERM');
        ends[process.name] = { code, isQuick: tookMs < stopMsMax };
        platform.start(process);
        await process.whenReady();
      }
      const before = load.answered.size;
      await eventually(() => load.answered.size > before + 20, { what: 'orders flow in the end', timeoutMs: takeoverMsMax });
      await load.stop();
      expect(ends).toEqual(Object.fromEntries(platform.processes.map(({ name }) => [name, { code: 0, isQuick: true }])));
      await expectNothingLost(load, desks);
      expect(await resting.order(kept.orderId)).toMatchObject({ ordStatus: OrdStatus.NEW, leavesQty: '9' });
    });
  });
}
