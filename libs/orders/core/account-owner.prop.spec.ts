// Random lives of an owner against a naive connector: commands, reports, redeliveries, lost dispatches, failed commits, crashes. A failure prints its seed.
import { describe, expect, it } from '@jest/globals';
import { CallError, Reason, RequestKind, TradingState } from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { Prng, Quantity } from '@switchyard/kernel';
import fc from 'fast-check';
import { foldOrder, isFinal, toOrderState, type Order } from './order.js';
import { aCaller, aPlace, aReplace, aReport, aTrade, demoAccountId, OwnerHarness, type FakeSessionJournal } from './testing/index.js';
import { isOrderEvent } from './transitions.js';

const accountId = demoAccountId;
type Body = NonNullable<Report['report']>;

interface BrokerOrder {
  state: 'absent' | 'doubt' | 'open' | 'done';
  qty: number;
  cum: number;
}

/** A connector and its broker in one: knows what it has by request id, answers in any order, trades as it likes. */
class NaiveConnector {
  readonly #random: Prng;
  readonly #journal: FakeSessionJournal;
  readonly #known = new Set<string>();
  readonly #waiting: Command[] = [];
  readonly orders = new Map<string, BrokerOrder>();
  #trades = 0;

  constructor(random: Prng, journal: FakeSessionJournal) {
    this.#random = random;
    this.#journal = journal;
  }

  receive(command: Command): void {
    if (this.#known.has(command.brokerRequestId)) return;
    this.#known.add(command.brokerRequestId);
    this.#waiting.push(command);
  }

  /** Does one thing. */
  act(): void {
    const open = [...this.orders].filter(([, { state }]) => state === 'open' || state === 'doubt');
    if (this.#waiting.length > 0 && this.#random.chance(2, 3)) {
      const [command] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
      this.#answer(command!);
    } else if (open.length > 0) {
      const [orderId, order] = this.#random.pick(open);
      if (order.state === 'doubt') this.#resolve(orderId, order);
      else this.#trade(orderId, order);
    }
  }

  #report(orderId: string, body: Body, command?: Command): void {
    const partial = command === undefined ? {} : { kind: command.kind, brokerRequestId: command.brokerRequestId };
    this.#journal.add(aReport({ orderId, accountId }, body, partial));
  }

  #answer(command: Command): void {
    const { orderId, kind } = command;
    const order = this.orders.get(orderId);
    if (kind === RequestKind.NEW) this.#place(command, order);
    else if (order === undefined && kind === RequestKind.CANCEL) {
      this.orders.set(orderId, { state: 'absent', qty: 0, cum: 0 });
      this.#report(orderId, { $case: 'notSent', value: { reason: Reason.CANCELED_BEFORE_SEND, text: '' } });
    } else if (order?.state !== 'open' || this.#random.chance(1, 3)) {
      if (this.#random.chance(1, 4)) this.#report(orderId, { $case: 'inDoubt', value: { text: '' } }, command);
      this.#report(orderId, { $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: '' } }, command);
    } else if (kind === RequestKind.CANCEL) {
      if (this.#random.chance(1, 2)) this.#report(orderId, { $case: 'accepted', value: {} }, command);
      order.state = 'done';
      this.#report(orderId, { $case: 'canceled', value: { reason: Reason.UNSPECIFIED, text: '' } }, command);
    } else {
      order.qty = Math.max(order.cum, Number(command.content?.orderQty));
      if (order.qty === order.cum) order.state = 'done';
      this.#report(orderId, { $case: 'replaced', value: { orderQty: String(order.qty), price: undefined, stopPx: undefined } }, command);
    }
  }

  #place(command: Command, known: BrokerOrder | undefined): void {
    if (known !== undefined) return; // NOT_SENT was written first.
    const order: BrokerOrder = { state: 'open', qty: Number(command.content?.orderQty), cum: 0 };
    this.orders.set(command.orderId, order);
    const fate = this.#random.below(10);
    if (fate === 0) {
      order.state = 'done';
      this.#report(command.orderId, { $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: '' } });
    } else if (fate === 1) {
      order.state = 'doubt';
      this.#report(command.orderId, { $case: 'inDoubt', value: { text: '' } });
    } else {
      if (fate === 2) this.#trade(command.orderId, order);
      this.#report(command.orderId, { $case: 'accepted', value: {} });
    }
  }

  #resolve(orderId: string, order: BrokerOrder): void {
    const isFound = this.#random.chance(1, 2);
    order.state = isFound ? 'open' : 'done';
    if (isFound) this.#report(orderId, { $case: 'doubtResolved', value: { text: '' } });
    else this.#report(orderId, { $case: 'notSent', value: { reason: Reason.PROVEN_ABSENT, text: '' } });
  }

  #trade(orderId: string, order: BrokerOrder): void {
    const lastQty = 1 + this.#random.below(order.qty - order.cum);
    order.cum += lastQty;
    if (order.cum === order.qty) order.state = 'done';
    this.#report(orderId, aTrade({ tradeId: `T-${++this.#trades}`, lastQty: String(lastQty), lastPx: '1500.05' }));
  }
}

class Simulation {
  readonly harness: OwnerHarness;
  readonly #random: Prng;
  readonly #connector: NaiveConnector;
  /** First answers of durable calls, and the call again. */
  readonly #answers = new Map<string, { answer: unknown; again: () => Promise<unknown> }>();
  readonly #calls: Promise<void>[] = [];
  /** Broker requests that the journal holds, as far as it was read. */
  readonly #requests = new Set<string>();
  #seenRows = 0;
  #ids = 0;

  constructor(seed: number) {
    this.#random = new Prng(seed);
    this.harness = new OwnerHarness({ seed: String(seed), limits: { finalOrdersMax: 3, reportsPerChangeMax: 5 } });
    this.#connector = new NaiveConnector(this.#random.fork('connector'), this.harness.connector);
    this.harness.dispatcher.send = (_shard, _session, command) => {
      expect(this.#isCommitted(command.brokerRequestId)).toBe(true);
      if (!this.#random.chance(1, 5)) this.#connector.receive(command); // Else it was lost on the way.
    };
  }

  #isCommitted(brokerRequestId: string): boolean {
    const { rows } = this.harness.tables;
    for (; this.#seenRows < rows.length; this.#seenRows++) {
      const { event } = OrderEvent.decode(rows[this.#seenRows]!.payload);
      if (event?.$case === 'orderAccepted') this.#requests.add(event.value.placement?.brokerRequestId ?? '');
      if (event?.$case === 'cancelRequested' || event?.$case === 'replaceRequested') this.#requests.add(event.value.brokerRequestId);
    }
    return this.#requests.has(brokerRequestId);
  }

  async run(steps: number): Promise<void> {
    await this.harness.openDemo();
    for (let step = 0; step < steps; step++) {
      await this.#step();
      if (this.#random.chance(1, 3)) await this.harness.rest();
    }
    await this.#finish();
  }

  async #step(): Promise<void> {
    const { harness } = this;
    harness.nowMs += this.#random.below(50);
    switch (this.#random.below(12)) {
      case 0:
      case 1:
      case 2:
        return this.#place();
      case 3:
        return this.#change('cancel');
      case 4:
        return this.#change('replace');
      case 5:
      case 6:
      case 7:
        return this.#connector.act();
      case 8:
      case 9:
        return this.#deliver();
      case 10:
        return this.#trouble();
      default:
        return this.#repeat();
    }
  }

  #place(): void {
    const clOrdId = `A-${++this.#ids}`;
    const orderQty = String(1 + this.#random.below(20));
    this.#call(clOrdId, () => this.harness.owner.place(aPlace(clOrdId, { orderQty }), aCaller()));
  }

  #change(what: 'cancel' | 'replace'): void {
    const orders = [...this.harness.tables.orders.keys()];
    if (orders.length === 0) return;
    const orderId = this.#random.pick(orders);
    const clOrdId = `X-${++this.#ids}`;
    if (what === 'cancel') {
      if (this.#random.chance(1, 8)) this.#call(clOrdId, () => this.harness.owner.cancelAll({ accountId, clOrdId }, aCaller()));
      else this.#call(clOrdId, () => this.harness.owner.cancel({ accountId, clOrdId, orderId, origClOrdId: '' }, aCaller()));
    } else {
      const orderQty = String(1 + this.#random.below(30));
      this.#call(clOrdId, () => this.harness.owner.replace(aReplace(clOrdId, orderId, { orderQty }), aCaller()));
    }
  }

  /** Calls, and keeps the answer if there is one; a call may fail with a CallError only. */
  #call(clOrdId: string, call: () => Promise<unknown>): void {
    const settle = async (): Promise<void> => {
      try {
        const answer = await call();
        const isStored = JSON.stringify(answer) !== '{"cancels":[]}';
        if (isStored && !this.#answers.has(clOrdId)) this.#answers.set(clOrdId, { answer: unreplayed(answer), again: call });
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
      }
    };
    this.#calls.push(settle());
  }

  /** The same call again: the same answer, or a CallError while the owner is in trouble. */
  #repeat(): void {
    if (this.#answers.size === 0) return;
    const [, { answer, again }] = this.#random.pick([...this.#answers]);
    const repeat = async (): Promise<void> => {
      try {
        expect(unreplayed(await again())).toEqual(answer);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        expect([Reason.UNKNOWN_RETRY_SAME_ID, Reason.NOT_OWNER]).toContain(error.reason);
      }
    };
    this.#calls.push(repeat());
  }

  /** Some reports, often again, in frames of any size. */
  #deliver(): void {
    const { owner, connector } = this.harness;
    const from = Math.max(0, owner.cursorOf('paper-1').seq - this.#random.below(4));
    owner.takeReports('paper-1', connector.rows.slice(from, from + 1 + this.#random.below(8)));
  }

  async #trouble(): Promise<void> {
    const { harness } = this;
    switch (this.#random.below(6)) {
      case 0:
        harness.flush();
        return;
      case 1:
        harness.risk.break();
        return;
      case 2:
        if (harness.risk.isAway) harness.risk.attach();
        else harness.risk.detach();
        return;
      case 3:
        this.#call(`S-${++this.#ids}`, async () => {
          const tradingState = this.#random.pick([TradingState.ACTIVE, TradingState.ACTIVE, TradingState.HALTED]);
          await harness.owner.setTradingState({ accountId, tradingState, text: 'a test' }, aCaller());
          return { cancels: [] };
        });
        return;
      default:
        harness.journal.faults.push(this.#random.pick(['unknown-written', 'unknown-not-written', 'not-written'] as const));
        this.#place();
        await harness.rest();
        await this.#recover();
    }
  }

  /** A new owner: its open orders are what the old one had committed, byte for byte. */
  async #recover(): Promise<void> {
    await this.harness.restart();
    expect(this.#openStates()).toEqual(this.#statesOfJournal((order) => !isFinal(order)));
    this.harness.owner.redispatch('paper-1');
  }

  #openStates(): Record<string, string> {
    return Object.fromEntries(
      this.harness.owner.openOrders(accountId).map((order) => [order.orderId, JSON.stringify(toOrderState(order))]),
    );
  }

  /** The naive model: every order folded from the journal's first row. */
  #statesOfJournal(wanted: (order: Order) => boolean): Record<string, string> {
    const orders = new Map<string, Order>();
    for (const event of this.harness.tables.events()) {
      if (event.event === undefined || !isOrderEvent(event.event)) continue;
      const { orderId } = event.event.value;
      const order = foldOrder(orders.get(orderId), event);
      if (JSON.stringify(event.state) !== JSON.stringify(toOrderState(order))) expect(event.state).toEqual(toOrderState(order));
      orders.set(orderId, order);
    }
    return Object.fromEntries(
      [...orders].filter(([, order]) => wanted(order)).map(([orderId, order]) => [orderId, JSON.stringify(toOrderState(order))]),
    );
  }

  /** Faults stop; everything must come to rest, and agree. */
  async #finish(): Promise<void> {
    const { harness } = this;
    await harness.rest();
    harness.journal.faults.length = 0;
    harness.risk.attach();
    await this.#recover();
    for (let round = 0; round < 3; round++) {
      for (let act = 0; act < 100; act++) this.#connector.act();
      harness.owner.takeReports('paper-1', harness.connector.rows);
      await harness.rest();
      harness.dispatcher.send = (_shard, _session, command) => this.#connector.receive(command);
      harness.owner.redispatch('paper-1');
    }
    await Promise.all(this.#calls);
    for (let turn = 0; turn < 200 && harness.owner.cursorOf('paper-1').seq < harness.connector.rows.length; turn++) await harness.rest();
    expect(harness.alarms).toEqual([]);
    expect(harness.owner.cursorOf('paper-1').seq).toBe(harness.connector.rows.length);
    this.#checkJournal(harness.tables.events());
    expect(this.#openStates()).toEqual(this.#statesOfJournal((order) => !isFinal(order)));
    for (const { answer, again } of this.#answers.values()) expect(unreplayed(await again())).toEqual(answer);
    const unanswered = harness.owner.openOrders(accountId).filter((order) => !order.placingAnswered).length;
    expect(harness.credits.held('paper-1')).toBe(unanswered);
    harness.flush();
    harness.flush();
    expect(harness.owner.sizes().orders).toBeLessThanOrEqual(harness.owner.openOrders(accountId).length + 3);
  }

  #checkJournal(events: readonly OrderEvent[]): void {
    expect(events.map(({ accountSeq }) => accountSeq)).toEqual(events.map((_, at) => at + 1));
    const cumQtys = new Map<string, bigint>();
    const sources = new Set<string>();
    for (const { event, state } of events) {
      if (event !== undefined && 'report' in event.value && event.value.report !== undefined) {
        const source = String(event.value.report.seq);
        expect(sources.has(source)).toBe(false);
        sources.add(source);
      }
      if (state !== undefined) cumQtys.set(state.orderId, Quantity(state.cumQty));
    }
    for (const [orderId, { cum }] of this.#connector.orders) expect(cumQtys.get(orderId)).toBe(Quantity(String(cum)));
  }
}

/** An answer without the mark that it is one of a repeated call. */
function unreplayed(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value: unknown) => (key === 'replayed' ? undefined : value)));
}

describe('any life of an owner', () => {
  it('numbers without gaps, folds each report once, dispatches only what is durable, answers the same again, and recovers what it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        await new Simulation(seed).run(60);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
