// What an owner has in memory: accounts, orders, answered requests; what is dirty, and what may leave. Changed by committed events only.
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { assert } from '@switchyard/kernel';
import { foldAccount, type Account } from './account.js';
import { requestOf } from './answers.js';
import { foldOrder, isFinal, type Order } from './order.js';
import { type TailEvent } from './owner-options.js';
import { isOpening, isOrderEvent } from './transitions.js';

/** Who changes an order (or an account) holds its lane until the change has its outcome; the others wait in the order in which they came. */
export class Lane {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  get held(): boolean {
    return this.#held;
  }

  /** Takes the lane: at once (undefined), or when the promise resolves. */
  acquire(): Promise<void> | undefined {
    if (this.#held) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#held = true;
    return undefined;
  }

  release(): void {
    assert(this.#held, 'a lane is released by who holds it');
    const next = this.#waiting.shift();
    if (next === undefined) this.#held = false;
    else next();
  }
}

/** An order in memory. */
export class OrderSlot {
  /** As committed. */
  order: Order;
  readonly lane = new Lane();
  /** clOrdIds of answered requests that leave memory with the order. Made anew for each: a pushed array has room for 17, and thousands of orders wait here. */
  requestIds: readonly string[] = [];
  dirty = false;
  /** When it became final, or undefined. */
  finalAtMs: number | undefined;

  constructor(order: Order) {
    this.order = order;
  }
}

interface AccountSlot {
  account: Account;
  dirty: boolean;
  readonly open: Set<OrderSlot>;
  /** Answered requests: clOrdId → the event that answered. */
  readonly answered: Map<string, OrderEvent>;
}

export interface RetentionLimits {
  readonly finalOrdersMax: number;
  readonly finalOrderRetentionMs: number;
}

export class ShardState {
  readonly #accounts = new Map<string, AccountSlot>();
  readonly #orders = new Map<string, OrderSlot>();
  /** Final orders, the oldest first. */
  #finals: OrderSlot[] = [];
  readonly #dirtyOrders = new Set<OrderSlot>();
  readonly #dirtyAccounts = new Set<AccountSlot>();
  readonly #limits: RetentionLimits;
  /** Sequence in `orders/<shard>` of the last committed event. */
  seq = 0;

  constructor(limits: RetentionLimits) {
    this.#limits = limits;
  }

  account(accountId: string): Account | undefined {
    return this.#accounts.get(accountId)?.account;
  }

  *accounts(): Iterable<Account> {
    for (const slot of this.#accounts.values()) yield slot.account;
  }

  order(orderId: string): OrderSlot | undefined {
    return this.#orders.get(orderId);
  }

  /** Open orders of an account, in the order of their acceptance. */
  openOrders(accountId: string): OrderSlot[] {
    return inOrder(this.#accounts.get(accountId)?.open ?? []);
  }

  /** All open orders of the shard: by time, of one account in the order of their acceptance even where a clock went back. */
  allOpenOrders(): OrderSlot[] {
    const timed = [...this.#accounts.values()].flatMap(({ open }) => {
      let latestMs = 0;
      return inOrder(open).map((slot) => ({ slot, atMs: (latestMs = Math.max(latestMs, slot.order.createdAtMs)) }));
    });
    return timed.sort((a, b) => a.atMs - b.atMs).map(({ slot }) => slot);
  }

  /** The sessions that accounts route to, or that open orders are at. */
  sessionIds(): Set<string> {
    const ids = new Set<string>();
    for (const { account, open } of this.#accounts.values()) {
      for (const { sessionId } of account.routes) ids.add(sessionId);
      for (const { order } of open) if (order.placement !== undefined) ids.add(order.placement.sessionId);
    }
    return ids;
  }

  /** The event that answered this clOrdId, if memory has it. */
  answered(accountId: string, clOrdId: string): OrderEvent | undefined {
    return this.#accounts.get(accountId)?.answered.get(clOrdId);
  }

  /** Puts what was flushed into an empty state. */
  load(accounts: readonly Account[], orders: readonly Order[]): void {
    assert(this.#accounts.size === 0, 'a snapshot is loaded before anything else');
    for (const account of accounts) this.#accounts.set(account.accountId, newAccountSlot(account));
    // An older version wrote a new order's row with its first event. Where its account's row is older, its whole life is in the tail, and the row is not needed.
    for (const order of orders) if (order.acceptedSeq <= (this.account(order.accountId)?.accountSeq ?? 0)) this.adopt(order, 0);
  }

  /** Orders that the tail goes on with although they are not in memory: they were final, and then came a late fill or a refused request. */
  strangersOf(tail: readonly TailEvent[]): readonly { readonly accountId: string; readonly orderId: string }[] {
    const strangers: { accountId: string; orderId: string }[] = [];
    const seen = new Set<string>();
    for (const { event } of tail) {
      const { accountId, accountSeq, event: body } = event;
      if (body === undefined || !isOrderEvent(body) || accountSeq <= (this.account(accountId)?.accountSeq ?? 0)) continue;
      const { orderId } = body.value;
      if (seen.has(orderId)) continue;
      seen.add(orderId);
      if (!isOpening(body) && !this.#orders.has(orderId)) strangers.push({ accountId, orderId });
    }
    return strangers;
  }

  /** Takes an order that was read from its row. @param nowMs when it is final: from when on it may leave again. */
  adopt(order: Order, nowMs: number): OrderSlot {
    assert(!this.#orders.has(order.orderId), 'an order is in memory once');
    const account = this.#accounts.get(order.accountId);
    assert(account !== undefined, 'an order belongs to an account of the shard');
    const slot = new OrderSlot(order);
    this.#orders.set(order.orderId, slot);
    if (isFinal(order)) this.#retire(slot, nowMs);
    else account.open.add(slot);
    return slot;
  }

  /**
   * Takes a committed event, in journal order.
   * @param order the order after it, where it was computed already.
   */
  apply(event: OrderEvent, seq: number, order?: Order): OrderSlot | undefined {
    assert(event.event !== undefined, 'an event says what happened');
    const known = this.#accounts.get(event.accountId);
    // Rows are flushed together at one sequence, so an account row may hold events that come again in the tail.
    if (known !== undefined && event.accountSeq <= known.account.accountSeq) return undefined;
    const account = foldAccount(known?.account, event);
    const slot = known ?? newAccountSlot(account);
    slot.account = account;
    if (known === undefined) this.#accounts.set(event.accountId, slot);
    if (!slot.dirty) {
      slot.dirty = true;
      this.#dirtyAccounts.add(slot);
    }
    this.seq = seq;
    return isOrderEvent(event.event) ? this.#applyToOrder(slot, event, event.event.value.orderId, order) : undefined;
  }

  #applyToOrder(account: AccountSlot, event: OrderEvent, orderId: string, computed: Order | undefined): OrderSlot {
    let slot = this.#orders.get(orderId);
    const order = computed ?? foldOrder(slot?.order, event);
    if (slot === undefined) {
      slot = new OrderSlot(order);
      this.#orders.set(orderId, slot);
      if (!isFinal(order)) account.open.add(slot);
    }
    slot.order = order;
    if (!slot.dirty) {
      slot.dirty = true;
      this.#dirtyOrders.add(slot);
    }
    const request = requestOf(event);
    if (request !== undefined) {
      account.answered.set(request.requestId, event);
      slot.requestIds = [...slot.requestIds, request.requestId];
    }
    if (isFinal(order) && slot.finalAtMs === undefined) {
      account.open.delete(slot);
      this.#retire(slot, event.atMs);
    }
    return slot;
  }

  #retire(slot: OrderSlot, nowMs: number): void {
    slot.finalAtMs = nowMs;
    this.#finals.push(slot);
  }

  /** What changed since it was taken last, as it is now. */
  takeDirty(): { readonly seq: number; readonly accounts: readonly Account[]; readonly orders: readonly Order[] } | undefined {
    if (this.#dirtyOrders.size === 0 && this.#dirtyAccounts.size === 0) return undefined;
    const accounts = Array.from(this.#dirtyAccounts, (slot) => slot.account);
    const orders = Array.from(this.#dirtyOrders, (slot) => slot.order);
    for (const slot of this.#dirtyAccounts) slot.dirty = false;
    for (const slot of this.#dirtyOrders) slot.dirty = false;
    this.#dirtyAccounts.clear();
    this.#dirtyOrders.clear();
    return { seq: this.seq, accounts, orders };
  }

  /** The rows of what was taken could not be written. */
  markDirty(accounts: readonly Account[], orders: readonly Order[]): void {
    for (const { accountId } of accounts) {
      const slot = this.#accounts.get(accountId);
      assert(slot !== undefined, 'an account never leaves memory');
      slot.dirty = true;
      this.#dirtyAccounts.add(slot);
    }
    for (const { orderId } of orders) {
      const slot = this.#orders.get(orderId);
      assert(slot !== undefined, 'an order leaves memory only once it was flushed');
      slot.dirty = true;
      this.#dirtyOrders.add(slot);
    }
  }

  /** Lets final orders go that are beyond the retention; call it when no taken rows are unwritten. */
  evict(nowMs: number): void {
    const { finalOrdersMax, finalOrderRetentionMs } = this.#limits;
    let gone = 0;
    for (const slot of this.#finals) {
      const isBeyond = this.#finals.length - gone > finalOrdersMax || nowMs - (slot.finalAtMs ?? nowMs) > finalOrderRetentionMs;
      if (!isBeyond || slot.dirty || slot.lane.held) break;
      const { orderId, accountId } = slot.order;
      this.#orders.delete(orderId);
      const answered = this.#accounts.get(accountId)?.answered;
      for (const requestId of slot.requestIds) answered?.delete(requestId);
      gone += 1;
    }
    if (gone > 0) this.#finals = this.#finals.slice(gone);
  }

  /** Orders and answered requests in memory, for metrics and tests. */
  sizes(): { readonly orders: number; readonly requests: number } {
    let requests = 0;
    for (const { answered } of this.#accounts.values()) requests += answered.size;
    return { orders: this.#orders.size, requests };
  }
}

function newAccountSlot(account: Account): AccountSlot {
  return { account, dirty: false, open: new Set(), answered: new Map() };
}

function inOrder(open: Iterable<OrderSlot>): OrderSlot[] {
  return [...open].sort((a, b) => a.order.acceptedSeq - b.order.acceptedSeq);
}
