/** Kills the connector while orders are on their way through it, and shows that each of them ends right. */
import { CallError, OrdType } from '@switchyard/contracts';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { type RunProcess, type RunState } from '@switchyard/client/development';
import { Deferred, formatDecimal, Quantity } from '@switchyard/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../table.js';
import { isFinal, statusWord } from '../words.js';
import { type Demo, buy, demoAccountId, describe, showLifeOf } from './demo.js';
import { DemoError } from './script.js';
import { type Signal, whileStopped } from './standstill.js';

/** Callers that place one order after another, and the pause of each between two: together some hundreds a second. */
const callersCount = 12;
const pauseMs = 10;
/** How long orders go on after the first fill, before the venue is stopped. */
const underWayMs = 100;
/** How long the venue stands still at most: well below what another process would take it over after. */
const holdMsMax = 2_000;
const endMs = 120_000;
const pollMs = 50;
const backMs = 20_000;

/** Gives the quantity that was bought. */
export async function killInTheMiddle(demo: Demo, symbol: string, signal: Signal = process.kill, holdMs = holdMsMax): Promise<bigint> {
  const { running, script } = demo;
  script.step(`The connector is killed in the middle of a stream of market orders for 1 ${symbol}`);
  const connector = processOf(running, 'broker-connector');
  const lives = new Lives(demo);
  try {
    await lives.live;
    const { placed, refusedCount, open, sent } = await stopInTheMiddle(demo, lives, signal, holdMs);
    const killedAtMs = Date.now();
    script.show(`SIGKILL to ${connector.name}, process ${connector.pid}`);
    script.show(`${placed.length} orders were accepted; ${refusedCount} refused at the door, nothing stored: no session had room for them`);
    script.show(`${open.length} of them were open at the kill: accepted, and without an end from the venue`);
    script.show(`${sent.clOrdId} was with the connector at the kill: written as SENDING, and without an answer from the venue`);

    await lives.ended(placed);
    const last = placed.map((order) => lives.of(order));
    const unended = last.find(({ ordStatus }) => !isFinal(ordStatus));
    script.expect(
      `every order has come to its end, ${Date.now() - killedAtMs} ms after the kill`,
      unended === undefined,
      unended ? describe(unended) : '',
    );
    const twice = last.find(({ cumQty }) => Quantity(cumQty) > Quantity('1'));
    script.expect('none was filled twice', twice === undefined, twice === undefined ? '' : describe(twice));
    script.show(
      table(
        columns,
        open.map((order) => lives.row(order)),
      ),
    );
    script.expect('what was SENDING was in doubt until the venue was asked', lives.wasInDoubt(sent), describe(lives.of(sent)));
    const bought = last.reduce((sum, { cumQty }) => sum + Quantity(cumQty), 0n);
    const byStatus = Map.groupBy(last, ({ ordStatus }) => statusWord(ordStatus));
    const ends = [...byStatus].map(([status, orders]) => `${orders.length} ${status}`).join(', ');
    script.show(`of all: ${ends}; ${formatDecimal(bought as Quantity)} bought`);
    await backAgain(demo, sent);
    await showLifeOf(demo, sent);
    return bought;
  } finally {
    lives.close();
  }
}

interface Stopped {
  readonly placed: readonly OrderState[];
  readonly refusedCount: number;
  /** What had no end when the connector died. */
  readonly open: readonly OrderState[];
  /** One that was SENDING then. */
  readonly sent: OrderState;
}

/**
 * Places orders, and kills the connector while the venue stands still: what is sent to that is not answered, so the kill finds it SENDING.
 * Throws DemoError where no order is: the kill would show nothing.
 */
async function stopInTheMiddle(demo: Demo, lives: Lives, signal: Signal, holdMs: number): Promise<Stopped> {
  const placed: OrderState[] = [];
  let refusedCount = 0;
  let isStreaming = true;
  const caller = async (): Promise<void> => {
    for (; isStreaming; await sleep(pauseMs)) {
      const order = await place(demo);
      if (order === undefined) refusedCount++;
      else placed.push(order);
    }
  };
  const [connector, venue] = [processOf(demo.running, 'broker-connector'), processOf(demo.running, 'matching-engine')];
  const callers = Array.from({ length: callersCount }, caller);
  await Promise.race([lives.firstTrade, sleep(5_000, undefined, { ref: false })]);
  await sleep(underWayMs);
  demo.script.show(`SIGSTOP to ${venue.name}, process ${venue.pid}, for a moment: what is sent to it has no answer yet`);
  const kill = async (): Promise<Stopped> => {
    const before = placed.length;
    const sent = await sending(demo, () => placed.slice(before).find((order) => !isFinal(lives.of(order).ordStatus)), holdMs);
    if (sent === undefined)
      throw new DemoError(
        `No order was SENDING with the connector within ${holdMs} ms, though the venue stood still: a kill would show nothing.`,
      );
    isStreaming = false;
    await Promise.all(callers);
    const states = await Promise.all(placed.filter((order) => !isFinal(lives.of(order).ordStatus)).map((order) => now(demo, order)));
    const open = states.filter(({ ordStatus }) => !isFinal(ordStatus));
    signal(connector.pid, 'SIGKILL');
    return { placed, refusedCount, open, sent };
  };
  return whileStopped(venue.pid, signal, kill).finally(() => (isStreaming = false));
}

/** The order that `next` names once the connector has written it as SENDING and has no answer to it; undefined when the time is up. */
async function sending({ client }: Demo, next: () => OrderState | undefined, withinMs: number): Promise<OrderState | undefined> {
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(pauseMs)) {
    const order = next();
    if (order === undefined) continue;
    const { accountId, orderId } = order;
    const { entries } = await client.orders.explain({ accountId, orderId });
    const titles = entries.filter(({ source }) => source === 'broker-request').map(({ title }) => title);
    const isAnswered = titles.some((title) => !/^(SENDING written|bytes left):/.test(title));
    if (titles.some((title) => title.startsWith('SENDING written:')) && !isAnswered) return order;
  }
  return undefined;
}

function processOf({ processes }: RunState, role: string): RunProcess {
  const found = processes.find(({ roles }) => roles.includes(role));
  if (found === undefined) throw new Error(`a cluster has a ${role}`);
  return found;
}

const columns = [
  { heading: 'clOrdId' },
  { heading: 'at the kill' },
  { heading: 'then' },
  { heading: 'end' },
  { heading: 'ms', isFigure: true },
];

/** What the account's events tell of its orders, from the moment on when they are followed. */
class Lives {
  readonly live: Promise<void>;
  readonly #live = new Deferred<void>();
  readonly #firstTrade = new Deferred<void>();
  readonly #stop = new AbortController();
  readonly #states = new Map<string, OrderState>();
  readonly #doubts = new Map<string, string>();

  constructor({ client }: Demo) {
    this.live = this.#live.promise;
    const cursor = { accountId: demoAccountId, accountSeq: -1 };
    const events = client.orders.follow([cursor], { signal: this.#stop.signal, onLive: () => this.#live.resolve() });
    const follow = async (): Promise<void> => {
      for await (const { event, state } of events) {
        if (state !== undefined) this.#states.set(state.orderId, state);
        if (event?.$case === 'tradeBooked') this.#firstTrade.resolve();
        if (event?.$case === 'requestInDoubt') this.#doubts.set(event.value.orderId, 'in doubt');
        if (event?.$case === 'doubtResolved') this.#doubts.set(event.value.orderId, 'in doubt, then found at the venue');
      }
    };
    follow().catch((error: unknown) => this.#live.reject(error));
  }

  get firstTrade(): Promise<void> {
    return this.#firstTrade.promise;
  }

  /** The order as it was told last. */
  of(order: OrderState): OrderState {
    return this.#states.get(order.orderId) ?? order;
  }

  wasInDoubt({ orderId }: OrderState): boolean {
    return this.#doubts.has(orderId);
  }

  async ended(orders: readonly OrderState[]): Promise<void> {
    const isOpen = (order: OrderState): boolean => !isFinal(this.of(order).ordStatus);
    for (const untilMs = Date.now() + endMs; orders.some(isOpen) && Date.now() < untilMs;) await sleep(pollMs);
  }

  /** An order that was open at the kill, in a line. */
  row(order: OrderState): string[] {
    const end = this.of(order);
    const then = this.#doubts.get(order.orderId);
    const ending = [statusWord(end.ordStatus), end.text].filter((part) => part !== '').join(': ');
    return [
      order.clOrdId,
      then === undefined ? 'not sent yet, or its report not yet told' : 'sent, or about to be',
      then === undefined ? 'sent by the next process, or its report told' : then,
      ending,
      String(end.updatedAtMs - end.createdAtMs),
    ];
  }

  close(): void {
    this.#stop.abort();
  }
}

/** Waits until the connector, started again, tells its part of the order's life. */
async function backAgain({ client }: Demo, { accountId, orderId }: OrderState): Promise<void> {
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
