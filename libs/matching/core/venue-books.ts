// The books of the venue: commands go to the engine, and its reports come back as what sessions learn and the venue remembers.
import { Liquidity, Side, type Fee } from '@switchyard/contracts';
import { ExecutionKind } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import {
  accountMax,
  BookSide,
  CommandWriter,
  EngineReason,
  orderIdMax,
  OrderType,
  readReport,
  ReportKind,
  reportWords,
  Role,
  type MatchingEngine,
  type Report,
} from './engine/index.js';
import { feesOf, isDeliverySell } from './fees.js';
import { type Refusal } from './increments.js';
import { type Turn } from './turn.js';
import { refusals } from './venue-reasons.js';
import { positionKey, type LiveOrder, type VenueState } from './venue-state.js';

/** Takes the reports of commands that were just executed: the words [from, to), which change with the next command. */
export type OnReports = (words: Int32Array, from: number, to: number) => void;

/** What reports do not know of the request that caused them. */
export interface Cause {
  /** The order that the engine reports as new. */
  readonly opens?: LiveOrder;
  /** Tag of the session's request. */
  readonly tag?: string;
  /** The stop price that a replace leaves the order with, ticks. */
  readonly stopTicks?: number;
  /** How the end of what it cancels is told. */
  readonly end?: { readonly kind: ExecutionKind } & Partial<Refusal>;
}

const liquidityOf: Readonly<Record<Role, Liquidity>> = {
  [Role.NONE]: Liquidity.UNSPECIFIED,
  [Role.MAKER]: Liquidity.ADDED,
  [Role.TAKER]: Liquidity.REMOVED,
  [Role.AUCTION]: Liquidity.AUCTION,
};

export class VenueBooks {
  /** What `execute` has the engine do. */
  readonly commands = new CommandWriter();
  onReports: OnReports | undefined;
  readonly engine: MatchingEngine;
  readonly #state: VenueState;

  constructor(engine: MatchingEngine, state: VenueState) {
    this.engine = engine;
    this.#state = state;
  }

  /** The number of the next order, and what the engine calls it: its ids begin again after the last, and pass over those that are open. */
  nextOrder(): { orderId: number; orderNo: number } {
    const state = this.#state;
    let orderId: number;
    do orderId = (state.ordersCount++ % orderIdMax) + 1;
    while (state.ordersCount > orderIdMax && this.engine.order(orderId) !== undefined);
    return { orderId, orderNo: state.ordersCount };
  }

  /** The account's number in the engine. A new one is given one, and a group of its own, for which the next `execute` prevents self-trades. */
  accountOf(brokerAccountId: string): number {
    const { accounts } = this.#state;
    const known = accounts.get(brokerAccountId);
    if (known !== undefined) return known;
    const account = accounts.size + 1;
    if (account > accountMax) return account; // The engine refuses its orders.
    accounts.set(brokerAccountId, account);
    this.commands.setAccountGroup(account, account);
    return account;
  }

  /** Executes `commands` and takes what they caused. Why the last of them that was refused was; NONE when none was. */
  execute(turn: Turn, cause: Cause = {}): EngineReason {
    const { engine, commands } = this;
    engine.clearReports();
    engine.execute(commands.words, 0, commands.length);
    commands.clear();
    const { reports, reportsLength } = engine;
    let refused: EngineReason = EngineReason.NONE;
    for (let at = 0; at < reportsLength; at += reportWords) {
      const report = readReport(reports, at);
      if (report.kind === ReportKind.DONE) continue;
      if (report.kind === ReportKind.REJECTED) refused = report.reason;
      const order = report.kind === ReportKind.NEW ? cause.opens : this.#state.liveByOrderId.get(report.orderId);
      if (report.kind === ReportKind.TRADE) this.#countTrade(report);
      if (order === undefined || order.orderId !== report.orderId) this.#takeOfMaker(report);
      else this.#take(turn, order, report, cause);
    }
    this.onReports?.(reports, 0, reportsLength);
    return refused;
  }

  /** Of the two reports of a trade, the first counts. */
  #countTrade({ role, side }: Report): void {
    if (role === Role.MAKER || (role === Role.AUCTION && side === BookSide.BUY)) this.#state.tradesCount++;
  }

  /** Of an order that no session has: the maker's, or a taker's, which nothing is remembered of. */
  #takeOfMaker({ kind, book, orderId, leavesQty }: Report): void {
    const maker = this.#state.books[book]?.maker;
    if (maker === undefined || !maker.orderIds.has(orderId) || kind === ReportKind.NEW) return;
    if (kind !== ReportKind.REJECTED) maker.isTouched = true;
    if (leavesQty === 0) maker.orderIds.delete(orderId);
  }

  #take(turn: Turn, order: LiveOrder, report: Report, cause: Cause): void {
    switch (report.kind) {
      case ReportKind.NEW:
        this.#state.addLive(order);
        return turn.report(order, { kind: ExecutionKind.NEW, tag: order.tag });
      case ReportKind.TRADE:
        return this.#trade(turn, order, report);
      case ReportKind.CANCELED:
      case ReportKind.EXPIRED:
        return this.#end(turn, order, report, cause);
      case ReportKind.REPLACED:
        order.orderLots = order.cumLots + report.leavesQty;
        order.priceTicks = report.price;
        order.stopTicks = cause.stopTicks ?? order.stopTicks;
        return turn.report(order, { kind: ExecutionKind.REPLACED, tag: cause.tag ?? order.tag });
      case ReportKind.TRIGGERED:
        order.ordType = order.ordType === OrderType.STOP ? OrderType.MARKET : OrderType.LIMIT;
        return turn.report(order, { kind: ExecutionKind.TRIGGERED, tag: order.tag });
      case ReportKind.RESTATED:
        return this.#restate(turn, order, report);
      default:
        return; // Refusals are told by who asked, who knows the request.
    }
  }

  #trade(turn: Turn, order: LiveOrder, { role, side, qty, price, leavesQty }: Report): void {
    const { listing, brokerAccountId } = order;
    const { increments, instrumentId } = listing;
    order.cumLots += qty;
    assert(order.orderLots - order.cumLots === leavesQty, 'the venue and its engine agree on what is open of an order');
    const isBuy = side === BookSide.BUY;
    const key = positionKey(brokerAccountId, instrumentId);
    const scaledQty = increments.scaledQty(qty);
    this.#state.addPosition(key, isBuy ? scaledQty : -scaledQty);
    if (leavesQty === 0) this.#state.removeLive(order);
    turn.report(order, {
      kind: ExecutionKind.TRADE,
      tag: order.tag,
      // Each side has its own id, so that an account which meets itself has two trades and not one twice.
      tradeId: `${this.#state.tradesCount}${isBuy ? 'B' : 'S'}`,
      lastQty: increments.qty(qty),
      lastPx: increments.price(price),
      liquidity: liquidityOf[role],
      fees: this.#fees(turn, order, key, scaledQty, price),
    });
  }

  #fees(turn: Turn, { listing, product, side }: LiveOrder, key: string, qty: bigint, priceTicks: number): Fee[] {
    const { segment, increments } = listing;
    if (segment === '') return [];
    const wireSide = side === BookSide.BUY ? Side.BUY : Side.SELL;
    return feesOf({
      segment,
      product,
      side: wireSide,
      qty,
      px: increments.scaledPrice(priceTicks),
      tradingDate: turn.tradingDate,
      isFirstDeliverySellOfDay: isDeliverySell(segment, product, wireSide) && this.#state.noteDeliverySell(key, turn.tradingDate),
    });
  }

  #end(turn: Turn, order: LiveOrder, report: Report, { end, tag }: Cause): void {
    const isAsked = report.reason === EngineReason.REQUESTED;
    const outcome =
      end ??
      ({ kind: report.kind === ReportKind.EXPIRED ? ExecutionKind.EXPIRED : ExecutionKind.CANCELED, ...refusals[report.reason] } as const);
    if (outcome.kind === ExecutionKind.REPLACED) order.orderLots = order.cumLots;
    this.#state.removeLive(order);
    turn.report(order, { ...outcome, tag: isAsked ? (tag ?? order.tag) : order.tag, leavesQty: '0' });
  }

  #restate(turn: Turn, order: LiveOrder, { reason, price, leavesQty, ordType }: Report): void {
    // Others see more or less of it, but to its session nothing changed.
    if (reason === EngineReason.ICEBERG_REFRESH || reason === EngineReason.CLOSING_AUCTION) return;
    order.orderLots = order.cumLots + leavesQty;
    order.priceTicks = price;
    if (ordType !== 0) order.ordType = ordType;
    turn.report(order, { kind: ExecutionKind.RESTATED, tag: order.tag, ...refusals[reason] });
  }
}
