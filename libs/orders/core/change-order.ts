// Cancel and replace: what a caller may ask of an order that exists.
import { Reason, RequestKind, StatusCode } from '@switchyard/contracts';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type CancelOrderRequest, type ReplaceOrderRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { type Account } from './account.js';
import { fieldError, orderUnknownError, riskUnavailableError } from './answers.js';
import { misfitOfReplace, refusalOfCancel, refusalOfReplace, replacedContent } from './decide.js';
import { cancelCommand, replaceCommand } from './dispatch.js';
import { type Door } from './door.js';
import { type Order } from './order.js';
import { givenName, nextRequestOf, type OrderAccess } from './order-access.js';
import { type Caller } from './owner-options.js';
import { type Refusal, type RiskVerdict } from './ports.js';
import { type Attempt } from './request-once.js';
import { type OrderSlot } from './shard-state.js';

/** A verdict that risk gave. */
type Judged = Exclude<RiskVerdict, { kind: 'unavailable' }>;

/** Risk's refusal as it is stored and answered. */
export function refusalOfRisk({ reason, text, field }: RiskDecision): Refusal {
  return { reason: reason === Reason.UNSPECIFIED ? Reason.INTERNAL : reason, text, field };
}

/** What a refusal names by its path in a new order's request, by its path in a replace; empty where a replace has no such field. */
function namedInReplace({ reason, text, field }: Refusal): Refusal {
  if (!field.startsWith(contentPath)) return { reason, text, field };
  const own = field.slice(contentPath.length);
  return { reason, text, field: replaceable.has(own) ? own : '' };
}

const contentPath = 'content.';
const replaceable: ReadonlySet<string> = new Set(['orderQty', 'price', 'stopPx'] satisfies (keyof ReplaceOrderRequest)[]);

export class ChangeOrder {
  readonly #access: OrderAccess;
  readonly #door: Door;
  readonly #sendWithinMs: number;

  constructor(access: OrderAccess, door: Door, sendWithinMs: number) {
    this.#access = access;
    this.#door = door;
    this.#sendWithinMs = sendWithinMs;
  }

  async cancel(request: CancelOrderRequest, caller: Caller, hash: Buffer): Promise<Attempt> {
    const slot = await this.#access.named(request);
    if (slot instanceof Error) return { kind: 'refused', error: slot };
    return this.#access.inLane(slot, async () => {
      const { order } = slot;
      const { clOrdId } = request;
      const refusal = refusalOfCancel(order);
      if (refusal !== undefined) return this.#access.deny(slot, { kind: RequestKind.CANCEL, clOrdId, hash }, refusal, undefined, caller);
      const { actor, receivedAtMs, receivedBy } = caller;
      const value = { clOrdId, ...nextRequestOf(order), contentSha256: hash, actor, receivedAtMs, receivedBy };
      const attempt = await this.#access.append(order.accountId, { $case: 'cancelRequested', value }, caller, slot);
      if (attempt.kind === 'stored') this.#access.send(slot.order, cancelCommand(slot.order, caller.traceparent));
      return attempt;
    });
  }

  async replace(request: ReplaceOrderRequest, caller: Caller, hash: Buffer, account: Account): Promise<Attempt> {
    const target = await this.#access.named(request);
    if (target instanceof Error) return { kind: 'refused', error: target };
    const { order } = target;
    const misfit = misfitOfReplace(order, request);
    if (misfit !== undefined) return { kind: 'refused', error: fieldError(StatusCode.INVALID_ARGUMENT, misfit) };
    // Risk judges outside of the order's lane, so that reports don't wait for it; what it judged is looked at again inside.
    const verdict = this.#refusal(account, order) === undefined ? await this.#judge(account, order, request, caller) : undefined;
    if (verdict?.kind === 'unavailable') return { kind: 'refused', error: riskUnavailableError(verdict.text) };
    const slot = await this.#stillThere(order, verdict);
    if (slot === undefined) return { kind: 'refused', error: orderUnknownError(givenName(request)) };
    return this.#access.inLane(slot, () => {
      // Judged was the order as it was; one that was replaced meanwhile may come to more than risk allowed.
      if (verdict?.kind !== 'approved' || slot.order.content === order.content)
        return this.#replaceInLane(slot, request, caller, hash, account, verdict);
      verdict.approval.abandon();
      return Promise.resolve({ kind: 'refused', error: riskUnavailableError('the order changed meanwhile') });
    });
  }

  /** The order, which may have left memory while risk judged. Where it can't be had, the approval is given back. */
  async #stillThere({ accountId, orderId }: Order, verdict: Judged | undefined): Promise<OrderSlot | undefined> {
    let slot: OrderSlot | undefined;
    try {
      slot = await this.#access.find(accountId, orderId);
      return slot;
    } finally {
      if (slot === undefined && verdict?.kind === 'approved') verdict.approval.abandon();
    }
  }

  async #replaceInLane(
    slot: OrderSlot,
    request: ReplaceOrderRequest,
    caller: Caller,
    hash: Buffer,
    account: Account,
    verdict: Judged | undefined,
  ): Promise<Attempt> {
    const { order } = slot;
    const { clOrdId } = request;
    const refusal = this.#refusal(account, order) ?? (verdict?.kind === 'refused' ? refusalOfRisk(verdict.decision) : undefined);
    if (refusal !== undefined) {
      if (verdict?.kind === 'approved') verdict.approval.abandon();
      const request = { kind: RequestKind.REPLACE as const, clOrdId, hash };
      return this.#access.deny(slot, request, namedInReplace(refusal), verdict?.decision, caller);
    }
    // What stood in the way when risk would have been asked is gone: the caller may try again with the same clOrdId.
    if (verdict?.kind !== 'approved') return { kind: 'refused', error: riskUnavailableError('the order changed meanwhile') };
    const { orderQty, price, stopPx } = replacedContent(order, request);
    const { actor, receivedAtMs, receivedBy } = caller;
    const value = {
      clOrdId,
      ...nextRequestOf(order),
      orderQty,
      price,
      stopPx,
      risk: verdict.decision,
      contentSha256: hash,
      actor,
      receivedAtMs,
      receivedBy,
    };
    const attempt = await this.#access.append(order.accountId, { $case: 'replaceRequested', value }, caller, slot, verdict.approval);
    if (attempt.kind === 'stored') this.#access.send(slot.order, replaceCommand(slot.order, this.#sendWithinMs, caller.traceparent));
    return attempt;
  }

  /** The order's own state first, then what the door says to any order. */
  #refusal(account: Account, order: Order): Refusal | undefined {
    const { placement, content } = order;
    const refusal = refusalOfReplace(order);
    if (refusal !== undefined || placement === undefined) return refusal;
    return this.#door.refusal(account, { content, route: placement, broker: this.#door.brokerOf(placement.sessionId) ?? '' });
  }

  async #judge(account: Account, order: Order, request: ReplaceOrderRequest, caller: Caller): Promise<RiskVerdict> {
    const { placement, orderId } = order;
    const broker = placement && this.#door.brokerOf(placement.sessionId);
    if (placement === undefined || broker === undefined)
      return { kind: 'unavailable', text: 'the broker session of the order is not known' };
    return this.#door.judge(
      account,
      orderId,
      RequestKind.REPLACE,
      { content: replacedContent(order, request), route: placement, broker },
      caller,
    );
  }
}
