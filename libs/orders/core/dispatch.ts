// What goes to connectors: the commands of an order that have no report yet. Computed from the order alone, so sending again needs no memory of sending.
import { RequestKind } from '@switchyard/contracts';
import { type Command } from '@switchyard/contracts/gen/brokers/v1/service';
import { formatDecimal } from '@switchyard/kernel';
import { hasStopPx } from './content.js';
import { isFinal, type Order } from './order.js';

/** The command that places the order. @param sendWithinMs how long after acceptance it may be sent at the latest. */
export function placingCommand(order: Order, sendWithinMs: number, traceparent: string): Command | undefined {
  const { placement, content, orderId, accountId } = order;
  if (placement === undefined || order.placingAnswered || isFinal(order)) return undefined;
  const { brokerRequestId, tag, placementId, brokerAccountId } = placement;
  const latestMs = order.createdAtMs + sendWithinMs;
  return {
    brokerRequestId,
    kind: RequestKind.NEW,
    accountId,
    orderId,
    placementId,
    tag,
    brokerAccountId,
    content,
    brokerOrderId: '',
    targetRequestId: '',
    targetTag: '',
    sendBeforeMs: content.sendBeforeMs === 0 ? latestMs : Math.min(content.sendBeforeMs, latestMs),
    traceparent,
  };
}

/** The command that cancels the order. It may be sent at any time: its sendBefore is 0, which says so (adr/0013). */
export function cancelCommand(order: Order, traceparent: string): Command | undefined {
  const { pendingCancel, doubts } = order;
  if (pendingCancel === undefined || doubts.cancel || isFinal(order)) return undefined;
  return {
    ...targeted(order, traceparent),
    ...requestOf(pendingCancel),
    kind: RequestKind.CANCEL,
    content: order.content,
    sendBeforeMs: 0,
  };
}

/** The command that replaces the order. The order's own sendBefore was about placing it (adr/0013). */
export function replaceCommand(order: Order, sendWithinMs: number, traceparent: string): Command | undefined {
  const { pendingReplace, doubts, content } = order;
  if (pendingReplace === undefined || doubts.replace || isFinal(order)) return undefined;
  const { orderQty, price, stopPx, requestedAtMs } = pendingReplace;
  // A stop that was triggered has no stop price at the broker any more: only another one that was asked for goes, which is the broker's to refuse.
  const ofTriggered = stopPx === content.stopPx ? undefined : stopPx;
  const replaced = {
    ...content,
    orderQty: formatDecimal(orderQty),
    price: price ?? content.price,
    stopPx: hasStopPx(content.ordType) ? (stopPx ?? content.stopPx) : ofTriggered,
  };
  const sendBeforeMs = requestedAtMs + sendWithinMs;
  return { ...targeted(order, traceparent), ...requestOf(pendingReplace), kind: RequestKind.REPLACE, content: replaced, sendBeforeMs };
}

/** Everything of these orders that has no report: cancels first, so that they overtake what was never sent; then the rest in order. */
export function unansweredCommands(orders: readonly Order[], sendWithinMs: number): Command[] {
  const cancels: Command[] = [];
  const others: Command[] = [];
  for (const order of orders) {
    const cancel = cancelCommand(order, '');
    if (cancel !== undefined) cancels.push(cancel);
    const placing = placingCommand(order, sendWithinMs, '');
    if (placing !== undefined) others.push(placing);
    const replace = replaceCommand(order, sendWithinMs, '');
    if (replace !== undefined) others.push(replace);
  }
  return [...cancels, ...others];
}

function requestOf({ brokerRequestId, tag }: { readonly brokerRequestId: string; readonly tag: string }): {
  brokerRequestId: string;
  tag: string;
} {
  return { brokerRequestId, tag };
}

function targeted(order: Order, traceparent: string): Omit<Command, 'brokerRequestId' | 'kind' | 'tag' | 'content' | 'sendBeforeMs'> {
  const { placement, accountId, orderId, brokerOrderId } = order;
  return {
    accountId,
    orderId,
    placementId: placement?.placementId ?? '',
    brokerAccountId: placement?.brokerAccountId ?? '',
    brokerOrderId,
    targetRequestId: placement?.brokerRequestId ?? '',
    targetTag: placement?.tag ?? '',
    traceparent,
  };
}
