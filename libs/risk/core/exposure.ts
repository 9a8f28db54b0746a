// What the accounts of one shard hold and may come to hold: a fold of their facts, with what risk has approved and the journal does not hold yet. Nothing here
// ends by a timer: a reservation ends by the journal's fact or by an abandon, an order by the fact that makes it final.
import { OrdStatus, type OrderContent, Side, TradingState } from '@switchyard/contracts';
import { type TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type OrderState, type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { max, Price, Quantity } from '@switchyard/kernel';
import { proposedOrder, takesMarketPrice, valuePrice } from './proposed-order.js';
import { RateWindow } from './rate-window.js';
import { Totals, type Worst } from './totals.js';

/** A fact that can't be folded: the shard is detached, since exposure that misses a fact is worth nothing. */
export class CannotFoldError extends Error {
  override readonly name = 'CannotFoldError';
}

/** Shared by the accounts of a risk group. */
export interface GroupExposure {
  readonly riskGroupId: string;
  readonly totals: Totals;
  readonly commands: RateWindow;
  readonly cancels: RateWindow;
}

/** One account. */
export interface AccountExposure {
  readonly accountId: string;
  readonly group: GroupExposure;
  readonly totals: Totals;
  readonly commands: RateWindow;
  readonly cancels: RateWindow;
  tradingState: TradingState;
}

/** What the journal says of an open order, at its worst. Quantities and prices scaled 1e9. */
export interface Working {
  readonly leavesQty: bigint;
  readonly cumQty: bigint;
  readonly valuePx: bigint;
  /** What an order that takes the market's price was judged by. */
  readonly referencePx: Price | undefined;
}

/** What was approved and is not in the journal yet. */
export interface Reservation {
  readonly checkId: number;
  readonly orderQty: bigint;
  readonly valuePx: bigint;
}

/** An order that is open, reserved, or both. */
export interface OpenOrder {
  readonly orderId: string;
  readonly account: AccountExposure;
  readonly instrumentId: string;
  readonly side: Side.BUY | Side.SELL;
  working: Working | undefined;
  reservations: readonly Reservation[];
  /** What it counts in the totals of account and group. */
  counted: Worst;
}

const nothing: Worst = Object.freeze({ qty: 0n, value: 0n });
const noReservations: readonly Reservation[] = Object.freeze([]);

export class Exposure {
  readonly #accounts = new Map<string, AccountExposure>();
  readonly #groups = new Map<string, GroupExposure>();
  readonly #orders = new Map<string, OpenOrder>();
  readonly #orderOfCheck = new Map<number, OpenOrder>();

  account(accountId: string): AccountExposure | undefined {
    return this.#accounts.get(accountId);
  }

  order(orderId: string): OpenOrder | undefined {
    return this.#orders.get(orderId);
  }

  accounts(): IterableIterator<AccountExposure> {
    return this.#accounts.values();
  }

  orders(): IterableIterator<OpenOrder> {
    return this.#orders.values();
  }

  get reservationsCount(): number {
    return this.#orderOfCheck.size;
  }

  /**
   * Folds the next fact of the shard's journal.
   * @param nowMs only to know whether a command is recent enough to count in the rate.
   * @throws CannotFoldError; the exposure is not to be used any more then.
   */
  apply(event: OrderEvent, nowMs: number): void {
    const fact = event.event;
    if (fact === undefined) throw new CannotFoldError(`a fact of account ${event.accountId} is of a kind that this version does not know`);
    if (fact.$case === 'accountOpened') {
      this.open(event.accountId, fact.value.riskGroupId, TradingState.ACTIVE);
      return;
    }
    const account = this.#accounts.get(event.accountId);
    if (account === undefined) throw new CannotFoldError(`account ${event.accountId} has facts before it was opened`);
    let judgedBy: RiskDecision | undefined;
    let replacedStopPx: string | undefined;
    switch (fact.$case) {
      case 'tradingStateChanged':
        account.tradingState = fact.value.tradingState;
        return;
      case 'orderAccepted':
        judgedBy = fact.value.risk;
        if (!this.#settleReservation(fact.value.orderId)) recordCommand(account, 'commands', event.atMs, nowMs);
        break;
      case 'replaceRequested':
        judgedBy = fact.value.risk;
        replacedStopPx = fact.value.stopPx;
        if (!this.#settleReservation(fact.value.orderId)) recordCommand(account, 'commands', event.atMs, nowMs);
        break;
      case 'orderDenied':
        this.#settleReservation(fact.value.orderId);
        break;
      case 'cancelRequested':
        recordCommand(account, 'cancels', event.atMs, nowMs);
        break;
      case 'tradeBooked':
        bookTrade(account, fact.value);
        break;
      default:
        break; // Every other fact shows in the order's state.
    }
    if (event.state !== undefined) this.#applyState(account, event.state, judgedBy, replacedStopPx);
  }

  /** Makes the account known. */
  open(accountId: string, riskGroupId: string, tradingState: TradingState): AccountExposure {
    if (this.#accounts.has(accountId)) throw new CannotFoldError(`account ${accountId} is opened once`);
    let group = this.#groups.get(riskGroupId);
    if (group === undefined) {
      group = { riskGroupId, totals: new Totals(), commands: new RateWindow(), cancels: new RateWindow() };
      this.#groups.set(riskGroupId, group);
    }
    const account = { accountId, group, totals: new Totals(), commands: new RateWindow(), cancels: new RateWindow(), tradingState };
    this.#accounts.set(accountId, account);
    return account;
  }

  /** Puts an open order in as a snapshot has it. */
  restore(orderId: string, account: AccountExposure, instrumentId: string, side: Side.BUY | Side.SELL, working: Working): void {
    this.#change(
      { orderId, account, instrumentId, side, working, reservations: noReservations, counted: nothing },
      working,
      noReservations,
    );
  }

  /** What an order of this total quantity and value price would add to the open quantity and value: for a replace, the worst of old and new less the old. */
  added(orderId: string, orderQty: bigint, valuePx: bigint): Worst {
    const order = this.#orders.get(orderId);
    if (order === undefined) return { qty: orderQty, value: orderQty * valuePx };
    const worst = worstOf(order.working, [...order.reservations, { checkId: 0, orderQty, valuePx }]);
    return { qty: worst.qty - order.counted.qty, value: worst.value - order.counted.value };
  }

  /** Counts an approved order until the journal holds it, or the owner abandons it. */
  reserve(
    order: { orderId: string; account: AccountExposure; instrumentId: string; side: Side.BUY | Side.SELL },
    reservation: Reservation,
    nowMs: number,
  ): void {
    const open = this.#orders.get(order.orderId) ?? { ...order, working: undefined, reservations: noReservations, counted: nothing };
    this.#orderOfCheck.set(reservation.checkId, open);
    this.#change(open, open.working, [...open.reservations, reservation]);
    open.account.commands.record(nowMs);
    open.account.group.commands.record(nowMs);
  }

  /** Drops the reservation; false when there is none (the journal's fact came first, or it was refused). Its place in the rate is spent. */
  abandon(checkId: number): boolean {
    const order = this.#orderOfCheck.get(checkId);
    if (order === undefined) return false;
    this.#orderOfCheck.delete(checkId);
    this.#change(
      order,
      order.working,
      order.reservations.filter((each) => each.checkId !== checkId),
    );
    return true;
  }

  /** Drops all reservations: the stream that they were approved on is over. */
  abandonAll(): void {
    for (const checkId of [...this.#orderOfCheck.keys()]) this.abandon(checkId);
  }

  /** The fact has come: the oldest reservation of the order ends, since the owner's requests are judged and journaled in one order. */
  #settleReservation(orderId: string): boolean {
    const first = this.#orders.get(orderId)?.reservations[0];
    return first !== undefined && this.abandon(first.checkId);
  }

  #applyState(account: AccountExposure, state: OrderState, judgedBy: RiskDecision | undefined, replacedStopPx: string | undefined): void {
    const known = this.#orders.get(state.orderId);
    if (isFinal(state.ordStatus)) {
      if (known !== undefined) this.#change(known, undefined, known.reservations);
      return;
    }
    const { instrumentId, side, working } = workingOf(state, known?.working, judgedBy, replacedStopPx);
    const order = known ?? {
      orderId: state.orderId,
      account,
      instrumentId,
      side,
      working: undefined,
      reservations: noReservations,
      counted: nothing,
    };
    this.#change(order, working, order.reservations);
  }

  /** The one place where an order's share of the totals changes. */
  #change(order: OpenOrder, working: Working | undefined, reservations: readonly Reservation[]): void {
    const from = order.counted;
    const to = worstOf(working, reservations);
    const isOpen = working !== undefined || reservations.length > 0;
    const was = this.#orders.has(order.orderId) ? 1 : 0;
    if (isOpen) this.#orders.set(order.orderId, order);
    else this.#orders.delete(order.orderId);
    order.working = working;
    order.reservations = reservations;
    order.counted = to;
    for (const totals of [order.account.totals, order.account.group.totals]) {
      totals.changeOpen(order.instrumentId, order.side, from, to);
      totals.openOrders += (isOpen ? 1 : 0) - was;
    }
  }
}

/** Largest quantity and highest price of what is working and what is reserved, together: the worst that can come of them. */
function worstOf(working: Working | undefined, reservations: readonly Reservation[]): Worst {
  let qty = working?.leavesQty ?? 0n;
  let price = working?.valuePx ?? 0n;
  const cumQty = working?.cumQty ?? 0n;
  for (const reserved of reservations) {
    qty = max(qty, reserved.orderQty - cumQty);
    price = max(price, reserved.valuePx);
  }
  return qty === 0n ? nothing : { qty, value: qty * price };
}

function workingOf(
  state: OrderState,
  before: Working | undefined,
  judgedBy: RiskDecision | undefined,
  replacedStopPx: string | undefined,
): { instrumentId: string; side: Side.BUY | Side.SELL; working: Working } {
  const content = known(state.content, `order ${state.orderId} has content`);
  const parsed = proposedOrder(content);
  if (!parsed.ok) throw new CannotFoldError(`order ${state.orderId}: ${parsed.error.text}`);
  const order = parsed.value;
  const judgedPx = judgedBy === undefined || judgedBy.referencePrice === '' ? undefined : Price(judgedBy.referencePrice);
  const referencePx = takesMarketPrice(order.ordType) ? highest(before?.referencePx, judgedPx) : undefined;
  let valuePx: bigint = known(
    valuePrice(order, referencePx),
    `order ${state.orderId} takes the market's price and was accepted with the reference price it was judged by`,
  );
  let orderQty: bigint = order.orderQty;
  if (state.replaceQty !== '') {
    // The old order and the new one are both possible until the broker says which.
    orderQty = max(orderQty, Quantity(state.replaceQty));
    const replaced: OrderContent = {
      ...content,
      price: state.replacePrice === '' ? content.price : state.replacePrice,
      stopPx: replacedStopPx ?? content.stopPx,
    };
    const parsedReplaced = proposedOrder(replaced);
    if (!parsedReplaced.ok) throw new CannotFoldError(`the replace of order ${state.orderId}: ${parsedReplaced.error.text}`);
    valuePx = max(valuePx, max(before?.valuePx ?? 0n, valuePrice(parsedReplaced.value, referencePx) ?? 0n));
  }
  const cumQty = Quantity(state.cumQty);
  const leavesQty = max(orderQty - cumQty, 0n); // An overfill leaves nothing open.
  return { instrumentId: order.instrumentId, side: order.side, working: { leavesQty, cumQty, valuePx, referencePx } };
}

function bookTrade(account: AccountExposure, trade: TradeBooked): void {
  if (trade.side !== Side.BUY && trade.side !== Side.SELL)
    throw new CannotFoldError(`trade ${trade.tradeId} has no side that this version knows`);
  const qty = Quantity(trade.lastQty);
  account.totals.addTrade(trade.instrumentId, trade.side, qty);
  account.group.totals.addTrade(trade.instrumentId, trade.side, qty);
}

/** Only commands of the last second count, so a rebuild from a long journal has nothing to do here. */
function recordCommand(account: AccountExposure, window: 'commands' | 'cancels', atMs: number, nowMs: number): void {
  if (atMs <= nowMs - 1000) return;
  account[window].record(atMs);
  account.group[window].record(atMs);
}

/** Final states have nothing open; an unknown status is open until evidence says otherwise. */
function isFinal(status: OrdStatus): boolean {
  return finalStates.has(status);
}

const finalStates: ReadonlySet<OrdStatus> = new Set([
  OrdStatus.FILLED,
  OrdStatus.CANCELED,
  OrdStatus.REJECTED,
  OrdStatus.EXPIRED,
  OrdStatus.DENIED,
]);

function highest(a: Price | undefined, b: Price | undefined): Price | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : max(a, b);
}

function known<T>(value: T | undefined, fact: string): T {
  if (value === undefined) throw new CannotFoldError(fact);
  return value;
}
