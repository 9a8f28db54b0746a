// Whatever happens to orders, what risk counts is what a naive recount from the facts and the live reservations gives, and nothing is left when all is over.
import { describe, expect, it } from '@jest/globals';
import { OrdStatus, OrdType, RequestKind, Side } from '@switchyard/contracts';
import { Price, Quantity } from '@switchyard/kernel';
import fc from 'fast-check';
import { Exposure } from './exposure.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot.js';
import { aContent, FactBook, testStartMs } from './testing/index.js';

const accounts = ['A1', 'A2', 'A3'];
const groupOf: Record<string, string> = { A1: 'G1', A2: 'G1', A3: 'G2' };
const instruments = ['INFY', 'TCS'];

/** One thing that may happen; `pick` chooses the order. */
const command = fc.record({
  what: fc.constantFrom(
    'place',
    'place',
    'place',
    'approve',
    'abandon',
    'break',
    'confirm',
    'doubt',
    'trade',
    'trade',
    'replace',
    'replaced',
    'replaceRejected',
    'cancel',
    'end',
  ),
  pick: fc.nat(),
  account: fc.constantFrom(...accounts),
  instrument: fc.constantFrom(...instruments),
  side: fc.constantFrom(Side.BUY as const, Side.SELL as const),
  qty: fc.integer({ min: 1, max: 50 }),
  price: fc.integer({ min: 1, max: 2000 }),
  market: fc.boolean(),
});
type Command = {
  what: string;
  pick: number;
  account: string;
  instrument: string;
  side: Side.BUY | Side.SELL;
  qty: number;
  price: number;
  market: boolean;
};

/** A reservation as the test remembers it. */
interface Held {
  readonly checkId: number;
  readonly orderId: string;
  readonly account: string;
  readonly instrument: string;
  readonly side: Side;
  readonly qty: number;
  readonly price: number;
}

class World {
  readonly facts = new FactBook();
  readonly exposure = new Exposure();
  readonly valuePx = new Map<string, number>(); // Highest price that an order may have now, by the test's own account.
  held: Held[] = [];
  #ids = 0;
  #folded = 0;

  constructor() {
    for (const accountId of accounts) this.facts.open(accountId, groupOf[accountId]!);
    this.fold();
  }

  fold(): void {
    for (; this.#folded < this.facts.events.length; this.#folded++) this.exposure.apply(this.facts.events[this.#folded]!, testStartMs);
  }

  openIds(): string[] {
    return [...this.facts.orders].filter(([, state]) => !isFinal(state.ordStatus)).map(([orderId]) => orderId);
  }

  run(c: Command): void {
    const open = this.openIds();
    const orderId = open.length === 0 ? undefined : open[c.pick % open.length]!;
    if (c.what === 'place') this.#place(c);
    else if (c.what === 'approve') this.#hold(c);
    else if (c.what === 'abandon' && this.held.length > 0) {
      const [gone] = this.held.splice(c.pick % this.held.length, 1);
      this.exposure.abandon(gone!.checkId);
    } else if (c.what === 'break') {
      this.held = [];
      this.exposure.abandonAll();
    } else if (orderId !== undefined) this.#change(c, orderId);
    this.fold();
  }

  #place(c: Command): void {
    // Half of the orders were approved on this stream first, the others come from a rebuild.
    const held = c.pick % 2 === 0 ? this.#hold(c) : undefined;
    const orderId = held?.orderId ?? `O${++this.#ids}`;
    const content = aContent({
      instrument: c.instrument,
      side: c.side,
      orderQty: String(c.qty),
      price: c.market ? undefined : String(c.price),
      ordType: c.market ? OrdType.MARKET : OrdType.LIMIT,
      marketProtection: '100',
    });
    this.facts.accept(c.account, orderId, content, c.market ? String(c.price) : '');
    this.valuePx.set(orderId, c.market ? 2 * c.price : c.price);
    this.held = this.held.filter((each) => each !== held);
  }

  #hold(c: Command): Held {
    const held = {
      checkId: ++this.#ids,
      orderId: `O${this.#ids}`,
      account: c.account,
      instrument: c.instrument,
      side: c.side,
      qty: c.qty,
      price: c.market ? 2 * c.price : c.price,
    };
    this.held.push(held);
    const order = { orderId: held.orderId, account: this.exposure.account(c.account)!, instrumentId: c.instrument, side: c.side };
    this.exposure.reserve(
      order,
      { checkId: held.checkId, orderQty: Quantity(String(c.qty)), valuePx: Price(String(held.price)) },
      testStartMs,
    );
    return held;
  }

  #change(c: Command, orderId: string): void {
    const state = this.facts.orders.get(orderId)!;
    const isPending = state.replaceQty !== '';
    const price = state.content!.price === undefined ? undefined : String(c.price);
    if (c.what === 'confirm') this.facts.confirm(orderId);
    else if (c.what === 'doubt') this.facts.inDoubt(orderId, RequestKind.NEW);
    else if (c.what === 'trade') this.facts.trade(orderId, String(Math.min(c.qty, 10)));
    else if (c.what === 'cancel') this.facts.cancelRequested(orderId);
    else if (c.what === 'replace' && !isPending) {
      this.facts.replaceRequested(orderId, String(c.qty), price);
      if (price !== undefined) this.valuePx.set(orderId, Math.max(this.valuePx.get(orderId)!, c.price));
    } else if (c.what === 'replaced' && isPending && Number(state.replaceQty) > Number(state.cumQty)) {
      this.facts.replaced(orderId, state.replaceQty, state.replacePrice === '' ? undefined : state.replacePrice);
      if (state.replacePrice !== '') this.valuePx.set(orderId, Number(state.replacePrice));
    } else if (c.what === 'replaceRejected' && isPending) {
      this.facts.replaceRejected(orderId);
      if (state.content!.price !== undefined) this.valuePx.set(orderId, Number(state.content!.price));
    } else if (c.what === 'end') this.facts.end(orderId, OrdStatus.CANCELED);
  }

  /** Everything again from the facts alone, in plain numbers. */
  recount(accountIds: readonly string[]): Record<string, unknown> {
    const rows = new Map<string, { position: number; openBuyQty: number; openSellQty: number }>();
    const row = (instrument: string) =>
      rows.get(instrument) ?? rows.set(instrument, { position: 0, openBuyQty: 0, openSellQty: 0 }).get(instrument)!;
    let openValue = 0;
    let openOrders = 0;
    const count = (instrument: string, side: Side, qty: number, price: number): void => {
      row(instrument)[side === Side.BUY ? 'openBuyQty' : 'openSellQty'] += qty;
      openValue += qty * price;
      openOrders++;
    };
    for (const { accountId, event } of this.facts.events) {
      if (event?.$case !== 'tradeBooked' || !accountIds.includes(accountId)) continue;
      row(event.value.instrumentId).position += Number(event.value.lastQty) * (event.value.side === Side.BUY ? 1 : -1);
    }
    for (const [orderId, state] of this.facts.orders) {
      if (isFinal(state.ordStatus) || !accountIds.includes(state.accountId)) continue;
      const total = Math.max(Number(state.content!.orderQty), Number(state.replaceQty || '0'));
      count(state.content!.instrument, state.content!.side, Math.max(0, total - Number(state.cumQty)), this.valuePx.get(orderId)!);
    }
    for (const held of this.held) if (accountIds.includes(held.account)) count(held.instrument, held.side, held.qty, held.price);
    const nonZero = [...rows].filter(([, each]) => each.position !== 0 || each.openBuyQty !== 0 || each.openSellQty !== 0);
    return { openValue, openOrders, instruments: Object.fromEntries(nonZero) };
  }
}

function isFinal(status: OrdStatus): boolean {
  return [OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED].includes(status);
}

function counted(exposure: Exposure, accountId: string, of: 'account' | 'group'): Record<string, unknown> {
  const account = exposure.account(accountId)!;
  const totals = of === 'account' ? account.totals : account.group.totals;
  const plain = (scaled: bigint): number => Number(scaled / 1_000_000_000n);
  const rows = [...totals.instruments()].map(([id, each]) => [
    id,
    { position: plain(each.position), openBuyQty: plain(each.openBuyQty), openSellQty: plain(each.openSellQty) },
  ]);
  return {
    openValue: plain(totals.openValue / 1_000_000_000n),
    openOrders: totals.openOrders,
    instruments: Object.fromEntries(rows) as unknown,
  };
}

describe('exposure after any sequence of facts', () => {
  it('equals a recount from scratch, for accounts and groups, and survives a snapshot at any point', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const world = new World();
        for (const each of commands) {
          world.run(each);
          for (const accountId of accounts) expect(counted(world.exposure, accountId, 'account')).toEqual(world.recount([accountId]));
          expect(counted(world.exposure, 'A1', 'group')).toEqual(world.recount(['A1', 'A2']));
        }
        world.exposure.abandonAll();
        const bytes = encodeSnapshot(world.exposure, world.facts.lastSeq, testStartMs);
        const restored = decodeSnapshot(bytes).exposure;
        for (const accountId of accounts)
          expect(counted(restored, accountId, 'group')).toEqual(counted(world.exposure, accountId, 'group'));
        expect(encodeSnapshot(restored, world.facts.lastSeq, testStartMs)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('leaks nothing: with every order final and every reservation abandoned, only positions are left', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const world = new World();
        for (const each of commands) world.run(each);
        for (const orderId of world.openIds()) world.facts.end(orderId, OrdStatus.EXPIRED);
        for (const held of world.held) world.exposure.abandon(held.checkId);
        world.fold();
        expect(world.exposure.reservationsCount).toBe(0);
        expect([...world.exposure.orders()]).toEqual([]);
        for (const accountId of accounts)
          expect(counted(world.exposure, accountId, 'account')).toMatchObject({ openValue: 0, openOrders: 0 });
      }),
    );
  });
});
