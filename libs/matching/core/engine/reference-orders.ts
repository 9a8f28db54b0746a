// All open orders of the reference engine, and how they end.
import { type EngineReason, ReportKind } from './report.js';
import { InForce } from './command.js';
import { type Order } from './reference-order.js';
import { type ReportWriter } from './report-writer.js';

export class OpenOrders {
  readonly #byId = new Map<number, Order>();
  /** Those that expire at a time, so that a clock that ticks often looks at no others. */
  readonly #dated = new Set<Order>();

  constructor(readonly reports: ReportWriter) {}

  get count(): number {
    return this.#byId.size;
  }

  get(orderId: number): Order | undefined {
    return this.#byId.get(orderId);
  }

  add(order: Order): void {
    this.#byId.set(order.orderId, order);
    if (order.timeInForce === InForce.GTD) this.#dated.add(order);
  }

  /** Ends an order that has nothing open any more. */
  close(order: Order): void {
    order.book.remove(order);
    this.#byId.delete(order.orderId);
    this.#dated.delete(order);
  }

  cancel(order: Order, reason: EngineReason): void {
    this.#end(order, ReportKind.CANCELED, reason);
  }

  expire(order: Order, reason: EngineReason): void {
    this.#end(order, ReportKind.EXPIRED, reason);
  }

  /** Orders that fit, by their number. */
  where(fits: (order: Order) => boolean): Order[] {
    return byOrderId([...this.#byId.values()].filter(fits));
  }

  /** Orders whose time has come, the earliest first, then by their number. */
  dueAt(clockSec: number): Order[] {
    const due = [...this.#dated].filter((order) => order.expireAtSec <= clockSec);
    return due.sort((one, other) => one.expireAtSec - other.expireAtSec || one.orderId - other.orderId);
  }

  /** When the first of them comes; Infinity without any. */
  get nextExpirySec(): number {
    let next = Infinity;
    for (const { expireAtSec } of this.#dated) next = Math.min(next, expireAtSec);
    return next;
  }

  #end(order: Order, kind: ReportKind, reason: EngineReason): void {
    const qty = order.openQty;
    order.openQty = 0;
    this.close(order);
    this.reports.effect(kind, reason, order, { qty });
  }
}

export function byOrderId(orders: Order[]): Order[] {
  return orders.sort((one, other) => one.orderId - other.orderId);
}
