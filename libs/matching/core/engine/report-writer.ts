// Writes reports as words, and numbers them and the trades.
import { type BookSide, type CommandType, type InForce, type OrderType } from './command.js';
import { type DecodedCommand } from './rules.js';
import {
  EngineReason,
  ReportKind,
  reasonShift,
  reportInForceShift,
  reportOrderTypeShift,
  reportSideShift,
  reportWords,
  Role,
  roleShift,
} from './report.js';

/** What a report tells of its order. */
export interface ReportedOrder {
  readonly orderId: number;
  readonly account: number;
  readonly side: BookSide;
  readonly ordType: OrderType;
  readonly timeInForce: InForce;
  readonly price: number;
  readonly openQty: number;
  readonly book: { readonly id: number };
}

export class ReportWriter {
  #words = new Int32Array(1_024);
  #length = 0;
  /** Numbers of the last report and of the last trade. */
  seq = 0;
  tradeNo = 0;

  get words(): Int32Array {
    return this.#words;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** An effect on an order: its open quantity afterwards is what the order says now. */
  effect(
    kind: ReportKind,
    reason: EngineReason,
    order: ReportedOrder,
    { qty = order.openQty, price = order.price, shownQty = 0 }: { qty?: number; price?: number; shownQty?: number } = {},
  ): void {
    this.#add(headOf(kind, reason, Role.NONE, order), order.book.id, order.orderId, price, qty, order.openQty, order.account, shownQty);
  }

  /** One side of the trade with number `tradeNo`. */
  trade(role: Role, order: ReportedOrder, price: number, qty: number): void {
    const head = headOf(ReportKind.TRADE, EngineReason.NONE, role, order);
    this.#add(head, order.book.id, order.orderId, price, qty, order.openQty, order.account, this.tradeNo | 0);
  }

  /** A command that is refused: its own words. @param order the open order that it names, if it names one. */
  rejected(command: DecodedCommand, reason: EngineReason, order?: ReportedOrder): void {
    const { book, orderId, price, qty } = command;
    const account = order?.account ?? command.account;
    const head = headOf(ReportKind.REJECTED, reason, Role.NONE, order);
    this.#add(head, book, orderId, price, qty, order?.openQty ?? 0, account, 0);
  }

  /** A NEW that is refused, though it is one. */
  rejectedNew(command: DecodedCommand, reason: EngineReason): void {
    const { book, orderId, price, qty, account } = command;
    this.#add(headOf(ReportKind.REJECTED, reason, Role.NONE, command), book, orderId, price, qty, 0, account, 0);
  }

  /** An administrative command, carried out. */
  done(type: CommandType, { book = 0, price = 0, count = 0 }: { book?: number; price?: number; count?: number }): void {
    this.#add(headOf(ReportKind.DONE, EngineReason.NONE, Role.NONE, undefined), book, type, price, count, 0, 0, 0);
  }

  #add(head: number, book: number, orderId: number, price: number, qty: number, leavesQty: number, account: number, last: number): void {
    if (this.#length + reportWords > this.#words.length) {
      const grown = new Int32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    const at = this.#length;
    const words = this.#words;
    words[at] = head;
    words[at + 1] = book;
    words[at + 2] = orderId;
    words[at + 3] = price;
    words[at + 4] = qty;
    words[at + 5] = leavesQty;
    words[at + 6] = account;
    words[at + 7] = last;
    this.#length += reportWords;
    this.seq++;
  }
}

/** Word 0 of a report. */
export function headOf(
  kind: ReportKind,
  reason: EngineReason,
  role: Role,
  order: Pick<ReportedOrder, 'side' | 'ordType' | 'timeInForce'> | undefined,
): number {
  const what = kind | (reason << reasonShift) | (role << roleShift);
  if (order === undefined) return what;
  const { side, ordType, timeInForce } = order;
  return what | (side << reportSideShift) | (ordType << reportOrderTypeShift) | (timeInForce << reportInForceShift);
}
