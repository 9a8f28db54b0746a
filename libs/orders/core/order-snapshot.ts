// An order and an account as texts for their database rows, and back: everything the fold needs, without loss.
import { type OrderContent } from '@switchyard/contracts';
import { OrderContent as OrderContentMessage } from '@switchyard/contracts/gen/common/v1/types';
import { Placement } from '@switchyard/contracts/gen/orders/v1/order';
import { assert, Notional, Quantity } from '@switchyard/kernel';
import { type Account } from './account.js';
import { type Order, type PendingReplace } from './order.js';

/** Version of the form; a reader refuses any other. */
const version = 1;

/** Writes an order as JSON; `orderFromSnapshot` gives back an equal one. */
export function orderToSnapshot(order: Order): string {
  const { content, placement, orderQty, cumQty, notional, pendingReplace } = order;
  return JSON.stringify({
    ...order,
    version,
    content: OrderContentMessage.toJSON(content),
    placement: placement && Placement.toJSON(placement),
    orderQty: orderQty.toString(),
    cumQty: cumQty.toString(),
    notional: notional.toString(),
    pendingReplace: pendingReplace && { ...pendingReplace, orderQty: pendingReplace.orderQty.toString() },
  });
}

interface OrderJson extends Omit<Order, 'content' | 'placement' | 'orderQty' | 'cumQty' | 'notional' | 'pendingReplace'> {
  readonly version: number;
  readonly content: unknown;
  readonly placement?: unknown;
  readonly orderQty: string;
  readonly cumQty: string;
  readonly notional: string;
  readonly pendingReplace?: Omit<PendingReplace, 'orderQty'> & { readonly orderQty: string };
}

/** Reads what `orderToSnapshot` wrote. @throws InvariantError when the text has another version. */
export function orderFromSnapshot(text: string): Order {
  const { version: written, pendingReplace, ...json } = JSON.parse(text) as OrderJson;
  assert(written === version, `a stored order has version ${version}`);
  return {
    ...json,
    content: contentOf(json.content),
    placement: json.placement === undefined ? undefined : Placement.fromJSON(json.placement),
    orderQty: Quantity.fromScaled(BigInt(json.orderQty)),
    cumQty: Quantity.fromScaled(BigInt(json.cumQty)),
    notional: Notional.fromScaled(BigInt(json.notional)),
    endBeforeFill: json.endBeforeFill,
    pendingCancel: json.pendingCancel,
    pendingReplace: pendingReplace && {
      ...pendingReplace,
      orderQty: Quantity.fromScaled(BigInt(pendingReplace.orderQty)),
      price: pendingReplace.price,
      stopPx: pendingReplace.stopPx,
    },
  };
}

function contentOf(json: unknown): OrderContent {
  return OrderContentMessage.fromJSON(json);
}

/** Writes an account as JSON. */
export function accountToSnapshot(account: Account): string {
  return JSON.stringify({ version, ...account });
}

/** Reads what `accountToSnapshot` wrote. @throws InvariantError when the text has another version. */
export function accountFromSnapshot(text: string): Account {
  const { version: written, ...account } = JSON.parse(text) as Account & { readonly version: number };
  assert(written === version, `a stored account has version ${version}`);
  return account;
}
