/** Kills the connector while orders are on their way through it, and shows that each of them ends right. */
import { CallError, OrdType } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/events';
import { Deferred, formatDecimal, Quantity } from '@switchyard/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal, statusWord } from '../words.js';
import { type Demo, buy, demoAccountId, describe, showLifeOf } from './demo.js';

const ordersCount = 30;
const endMs = 120_000;
const pollMs = 100;
const backMs = 20_000;

/** Gives the quantity that was bought. */
export async function killInTheMiddle(demo: Demo, symbol: string): Promise<bigint> {
  const { running, script } = demo;
  const connector = running.processes.find(({ roles }) => roles.includes('broker-connector'));
  script.step(`The connector is killed in the middle of ${ordersCount} market orders for 1 ${symbol}`);
  if (connector === undefined) throw new Error('a cluster has a broker-connector');
  const following = new AbortController();
  const live = new Deferred<void>();
  const firstTrade = trade(demo, following.signal, live.resolve);
  await live.promise;
  const placing = Array.from({ length: ordersCount }, () => place(demo));
  await Promise.race([firstTrade, sleep(5_000)]);
  process.kill(connector.pid, 'SIGKILL');
  const killedAtMs = Date.now();
  following.abort();
  script.show(`SIGKILL to ${connector.name}, process ${connector.pid}, at the first fill`);

  const placed = (await Promise.all(placing)).filter((order) => order !== undefined);
  const atKill = await Promise.all(placed.map((order) => now(demo, order)));
  const refusedCount = ordersCount - placed.length;
  script.show(`${placed.length} orders were accepted; ${refusedCount} refused at the door, nothing stored: no session had room for them`);
  script.show(`not at an end just after the kill: ${atKill.filter(({ ordStatus }) => !isFinal(ordStatus)).length}`);
  const doubted = new Set<string>();
  let last: OrderState[] = atKill;
  for (const until = Date.now() + endMs; last.some(({ ordStatus }) => !isFinal(ordStatus)) && Date.now() < until; await sleep(pollMs)) {
    last = await Promise.all(last.map((order) => (isFinal(order.ordStatus) ? order : now(demo, order))));
    for (const { orderId, inDoubt } of last) if (inDoubt) doubted.add(orderId);
  }
  const open = last.find(({ ordStatus }) => !isFinal(ordStatus));
  script.expect(
    `every order has come to its end, ${Date.now() - killedAtMs} ms after the kill`,
    open === undefined,
    open === undefined ? '' : describe(open),
  );
  const bought = last.reduce((sum, { cumQty }) => sum + Quantity(cumQty), 0n);
  const twice = last.find(({ cumQty }) => Quantity(cumQty) > Quantity('1'));
  script.expect('none was filled twice', twice === undefined, twice === undefined ? '' : describe(twice));
  const byStatus = Map.groupBy(last, ({ ordStatus }) => statusWord(ordStatus));
  script.show([...byStatus].map(([status, orders]) => `${orders.length} ${status}`).join(', '));
  script.show(`${doubted.size} were in doubt for a while; ${formatDecimal(bought as Quantity)} bought in all`);

  // The most telling life: one that was in doubt, else the one that took longest.
  const longest = [...last].sort((a, b) => b.updatedAtMs - b.createdAtMs - (a.updatedAtMs - a.createdAtMs))[0];
  const telling = last.find(({ orderId }) => doubted.has(orderId)) ?? longest;
  await backAgain(demo, telling);
  if (telling !== undefined) await showLifeOf(demo, telling);
  return bought;
}

/** Waits until the connector, started again, tells its part of the order's life. */
async function backAgain({ client }: Demo, order: OrderState | undefined): Promise<void> {
  if (order === undefined) return;
  const { accountId, orderId } = order;
  for (const until = Date.now() + backMs; Date.now() < until; await sleep(pollMs)) {
    const { entries } = await client.orders.explain({ accountId, orderId });
    if (entries.some(({ source, reason }) => source === 'broker-request' && reason === '')) return;
  }
}

/** Places one; undefined where the platform had no room for it, which it says before anything is stored. */
async function place({ client }: Demo): Promise<OrderState | undefined> {
  try {
    return (
      await client.orders.place({ accountId: demoAccountId, content: { ...buy('1'), ordType: OrdType.MARKET } }, { timeoutMs: 20_000 })
    ).order;
  } catch (error) {
    if (error instanceof CallError && error.retryAfterMs !== undefined) return undefined;
    throw error;
  }
}

async function now({ client }: Demo, { accountId, orderId }: OrderState): Promise<OrderState> {
  const { order } = await client.orders.get({ accountId, orderId }, { timeoutMs: 20_000 });
  if (order === undefined) throw new Error(`order ${orderId} has gone`);
  return order;
}

/** Resolves at the first trade from now on; `onLive` is called when "now" begins. */
async function trade({ client }: Demo, signal: AbortSignal, onLive: () => void): Promise<void> {
  for await (const { event } of client.orders.follow([{ accountId: demoAccountId, accountSeq: -1 }], { signal, onLive })) {
    if (event?.$case === 'tradeBooked') return;
  }
}
