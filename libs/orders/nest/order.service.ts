// OrderService: the edge. Who may, which shard, and the owner answers; nothing is decided here.
import {
  type Call,
  CallError,
  ORDER_SERVICE,
  Reason,
  type RequestOf,
  type ResponseOf,
  RISK_SERVICE,
  type ServiceHandlers,
  StatusCode,
  type Calls,
} from '@switchyard/contracts';
import { type ListOrdersRequest, type OrderServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import { type AccountOwner, type Caller, type Order, toOrderState } from '@switchyard/orders-core';
import { type Clock } from '@switchyard/kernel';
import { requireAccount } from '@switchyard/platform/auth';
import { type Pool } from 'pg';
import { type Explainer } from './explain.js';
import { type EventFeed } from './event-feed.js';
import { type InstrumentWatch } from './instrument-watch.js';
import { findOrder, findOrderIdOfRequest, listOrders } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { type CallerRates } from './caller-rates.js';
import { type ShardHost } from './shard-host.js';

export interface OrderServiceParts {
  readonly pool: Pool;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly calls: Calls;
  readonly router: OwnerRouter;
  readonly host: ShardHost;
  readonly rates: CallerRates;
  readonly instruments: InstrumentWatch;
  readonly feed: EventFeed;
  readonly explainer: Explainer;
}

type Methods = OrderServiceDefinition['methods'];
/** What is about one account, and answered where it is owned. */
type OwnerMethod = 'placeOrder' | 'cancelOrder' | 'replaceOrder' | 'cancelAll' | 'previewOrder' | 'getOrder' | 'listOrders';
type AtOwner<K extends OwnerMethod> = (owner: AccountOwner, request: RequestOf<Methods[K]>, call: Call) => Promise<ResponseOf<Methods[K]>>;

const pageSizeDefault = 50;
const pageSizeMax = 200;

export function orderService(parts: OrderServiceParts): ServiceHandlers<typeof OrderServiceDefinition> {
  const { clock, router, pool, calls, rates } = parts;
  const caller = (call: Call): Caller => ({
    actor: call.principal.subject,
    receivedAtMs: clock.nowMs(),
    deadlineMs: call.deadlineMs,
    traceparent: call.traceparent,
  });

  /** May the caller do this here, and where is the account? */
  async function admit(accountId: string, role: 'viewer' | 'trader', call: Call): Promise<number> {
    if (accountId === '') throw missing('accountId');
    requireAccount(call.principal, accountId, role);
    if (!call.forwarded) rates.take(call.principal.subject);
    return router.shardOfAccount(accountId);
  }

  /** A method that the owner of the named account answers, for who has the role on it. */
  const atOwner = <K extends OwnerMethod>(method: K, role: 'viewer' | 'trader', here: AtOwner<K>) =>
    router.handler(ORDER_SERVICE, method, (request: RequestOf<Methods[K]>, call) => admit(request.accountId, role, call), here);

  return {
    placeOrder: atOwner('placeOrder', 'trader', (owner, request, call) => owner.place(request, caller(call))),
    cancelOrder: atOwner('cancelOrder', 'trader', (owner, request, call) => owner.cancel(request, caller(call))),
    replaceOrder: atOwner('replaceOrder', 'trader', (owner, request, call) => owner.replace(request, caller(call))),
    cancelAll: atOwner('cancelAll', 'trader', (owner, request, call) => owner.cancelAll(request, caller(call))),

    previewOrder: atOwner('previewOrder', 'viewer', async (owner, request, call) => {
      const { account, content, route, broker } = owner.preparePreview(request);
      const asked = {
        accountId: account.accountId,
        riskGroupId: account.riskGroupId,
        content,
        brokerAccountId: route.brokerAccountId,
        broker,
      };
      const { decision } = await calls.any(RISK_SERVICE).preview(asked, { deadlineMs: call.deadlineMs, traceparent: call.traceparent });
      return { decision, route };
    }),

    getOrder: atOwner('getOrder', 'viewer', async (owner, { accountId, orderId, clOrdId }) => ({
      order: toOrderState(await orderOf(owner, accountId, orderId, clOrdId)),
    })),

    listOrders: atOwner('listOrders', 'viewer', (_owner, request) => list(request)),

    streamOrderEvents(request, stream, call) {
      for (const [at, { accountId }] of request.cursors.entries())
        requireAccount(call.principal, accountId, 'viewer', `cursors[${at}].accountId`);
      parts.feed.serve(request, stream, call);
    },

    async explainOrder(request, call) {
      return parts.explainer.explain(request, call);
    },
  };

  async function orderOf(owner: AccountOwner, accountId: string, orderId: string, clOrdId: string): Promise<Order> {
    if (orderId === '' && clOrdId === '') throw invalid('orderId', Reason.FIELD_REQUIRED, 'give orderId or clOrdId');
    const id = orderId !== '' ? orderId : await findOrderIdOfRequest(pool, accountId, clOrdId);
    const inMemory = id === undefined ? undefined : owner.order(id);
    const order = inMemory?.accountId === accountId ? inMemory : id === undefined ? undefined : await findOrder(pool, accountId, id);
    if (order === undefined) throw orderUnknown(orderId === '' ? 'clOrdId' : 'orderId');
    return order;
  }

  async function list(request: ListOrdersRequest) {
    const { pageSize, pageToken, instrument } = request;
    if (pageSize < 0 || pageSize > pageSizeMax) throw invalid('pageSize', Reason.OUT_OF_RANGE, `from 1 to ${pageSizeMax}`);
    if (!/^\d*$/.test(pageToken)) throw invalid('pageToken', Reason.FIELD_MALFORMED, 'the nextPageToken of the former answer');
    if (request.ordStatuses.some((status) => status <= 0))
      throw invalid('ordStatuses', Reason.ENUM_UNKNOWN, 'an order status of this version');
    let instrumentId = '';
    if (instrument !== '') {
      const resolved = parts.instruments.resolve(instrument);
      if ('reason' in resolved) throw invalid('instrument', resolved.reason, 'an instrument id or EXCHANGE:SYMBOL');
      instrumentId = resolved.instrumentId;
    }
    const limit = pageSize || pageSizeDefault;
    // Rows are written lazily: what was accepted or filled a moment ago has to be in them now.
    await parts.host.flushAll();
    const filter = {
      accountId: request.accountId,
      ordStatuses: request.ordStatuses,
      openOnly: request.openOnly,
      instrumentId,
      limit: limit + 1,
    };
    const orders = await listOrders(pool, { ...filter, beforeSeq: pageToken === '' ? undefined : Number(pageToken) });
    const page = orders.slice(0, limit);
    return { orders: page.map(toOrderState), nextPageToken: orders.length > limit ? String(page[page.length - 1]?.acceptedSeq ?? '') : '' };
  }
}

export function orderUnknown(field: string): CallError {
  const reason = Reason.ORDER_UNKNOWN;
  const description = 'there is no such order in this account';
  return new CallError(description, { code: StatusCode.NOT_FOUND, reason, violations: [{ field, description, reason }] });
}

/** In the words that the rules of form have for it. */
function missing(field: string): CallError {
  const reason = Reason.FIELD_REQUIRED;
  const description = `${field} is required.`;
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}

export function invalid(field: string, reason: Reason, description: string): CallError {
  return new CallError(`${field}: ${description}`, {
    code: StatusCode.INVALID_ARGUMENT,
    reason,
    violations: [{ field, description, reason }],
  });
}
