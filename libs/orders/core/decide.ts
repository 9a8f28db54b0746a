// What a caller may ask of an order as it is: a pure yes, or the refusal.
import { Reason, type OrderContent } from '@switchyard/contracts';
import { type ReplaceOrderRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { hasPrice, hasStopPx, storedContent } from './content.js';
import { isFinal, type Order } from './order.js';
import { type Refusal } from './ports.js';

const refusal = (reason: Reason, text: string, field = ''): Refusal => ({ reason, text, field });

/** Why the order can't be canceled now; undefined when it can. A pending replace does not matter: the cancel overtakes. */
export function refusalOfCancel(order: Order): Refusal | undefined {
  if (isFinal(order)) return refusal(Reason.ORDER_FINAL, `The order is ${order.working} already.`);
  if (order.pendingCancel !== undefined) return refusal(Reason.CANCEL_PENDING, 'A cancel of this order is pending already.');
  return undefined;
}

/** Why the order can't be replaced now; undefined when it can. */
export function refusalOfReplace(order: Order): Refusal | undefined {
  if (isFinal(order)) return refusal(Reason.ORDER_FINAL, `The order is ${order.working} already.`);
  if (order.pendingCancel !== undefined) return refusal(Reason.CANCEL_PENDING, 'A cancel of this order is pending.');
  if (order.pendingReplace !== undefined) return refusal(Reason.REPLACE_PENDING, 'A replace of this order is pending already.');
  if (order.working === 'PENDING_NEW') return refusal(Reason.ORDER_NOT_CONFIRMED, 'The broker has not confirmed the order yet.');
  return undefined;
}

/** Which price of the replace an order of this type does not have: a mistake of form. */
export function misfitOfReplace({ content }: Order, request: ReplaceOrderRequest): Refusal | undefined {
  if (request.price !== undefined && !hasPrice(content.ordType))
    return refusal(Reason.FIELD_NOT_ALLOWED, 'price is only for LIMIT and STOP_LIMIT orders.', 'price');
  if (request.stopPx !== undefined && !hasStopPx(content.ordType))
    return refusal(Reason.FIELD_NOT_ALLOWED, 'stopPx is only for STOP and STOP_LIMIT orders.', 'stopPx');
  return undefined;
}

/** The order as it would be after the replace. */
export function replacedContent({ content }: Order, { orderQty, price, stopPx }: ReplaceOrderRequest): OrderContent {
  return storedContent({ ...content, orderQty, price: price ?? content.price, stopPx: stopPx ?? content.stopPx }, content.instrument);
}
