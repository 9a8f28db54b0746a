// OrderService: the edge. Who may, which shard, and the owner answers; nothing is decided here.
import {
  type Call,
  CallError,
  type Calls,
  fieldsRefused,
  type FieldViolation,
  ORDER_SERVICE,
  Reason,
  type RequestOf,
  requireAccount,
  type ResponseOf,
  RISK_SERVICE,
  type ServiceHandlers,
  StatusCode,
} from '@switchyard/contracts';
import { RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type ListOrdersRequest, type OrderServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import {
  type AccountOwner,
  type Caller,
  invalidError,
  type Order,
  resolveInstrument,
  toOrderState,
  violationsOfCancel,
  violationsOfCancelAll,
  violationsOfGetOrder,
  violationsOfListOrders,
  violationsOfPlace,
  violationsOfPreview,
  violationsOfReplace,
} from '@switchyard/orders-core';
import { ClOrdId, type Clock, OrderId } from '@switchyard/kernel';
import { type Pool } from 'pg';
import { type Explainer } from './explain.js';
import { type EventFeed } from './event-feed.js';
import { type InstrumentWatch } from './instrument-watch.js';
import { findOrder, findOrderIdOfRequest, listOrders } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { callerOf } from './caller-of.js';
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

export function refuseForm(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw invalidError(violations);
}

export function orderService(parts: OrderServiceParts): ServiceHandlers<typeof OrderServiceDefinition> {
  const { clock, router, pool, calls, rates } = parts;
  const caller = (call: Call): Caller => callerOf(call, clock.nowMs());

  /**
   * May the caller do this here, and where is the account? A request of a wrong form is told so before its rate and its account are looked at; the form of a
   * good one is looked at once, by the owner.
   */
  async function admit(
    accountId: string,
    role: 'viewer' | 'trader',
    call: Call,
    violations: () => readonly FieldViolation[],
  ): Promise<number> {
    if (accountId === '') throw invalidError(violations());
    requireAccount(call.principal, accountId, role);
    try {
      if (!call.forwarded) rates.take(call.principal.subject);
      return await router.shardOfAccount(accountId);
    } catch (error) {
      const wrong = violations();
      throw wrong.length > 0 ? invalidError(wrong) : error;
    }
  }

  /** A method that the owner of the named account answers, for who has the role on it; `violations` looks at the form of the request. */
  const atOwner = <K extends OwnerMethod>(
    method: K,
    role: 'viewer' | 'trader',
    violations: (request: RequestOf<Methods[K]>) => readonly FieldViolation[],
    here: AtOwner<K>,
  ) =>
    router.handler(
      ORDER_SERVICE,
      method,
      (request: RequestOf<Methods[K]>, call) => admit(request.accountId, role, call, () => violations(request)),
      here,
    );

  return {
    placeOrder: atOwner('placeOrder', 'trader', violationsOfPlace, (owner, request, call) => owner.place(request, caller(call))),
    cancelOrder: atOwner('cancelOrder', 'trader', violationsOfCancel, (owner, request, call) => owner.cancel(request, caller(call))),
    replaceOrder: atOwner('replaceOrder', 'trader', violationsOfReplace, (owner, request, call) => owner.replace(request, caller(call))),
    cancelAll: atOwner('cancelAll', 'trader', violationsOfCancelAll, (owner, request, call) => owner.cancelAll(request, caller(call))),

    previewOrder: atOwner('previewOrder', 'viewer', violationsOfPreview, async (owner, request, call) => {
      const { account, content, route, broker, refusal } = owner.preparePreview(request);
      // The door comes before risk, as for PlaceOrder.
      if (refusal !== undefined) return { decision: RiskDecision.fromPartial({ ...refusal, decidedAtMs: clock.nowMs() }), route };
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

    getOrder: atOwner('getOrder', 'viewer', violationsOfGetOrder, async (owner, request) => {
      refuseForm(violationsOfGetOrder(request));
      return { order: toOrderState(await orderOf(owner, request.accountId, request.orderId, request.clOrdId)) };
    }),

    listOrders: atOwner('listOrders', 'viewer', violationsOfListOrders, (_owner, request) => {
      refuseForm(violationsOfListOrders(request));
      return list(request);
    }),

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
    // What is no id never reaches the database, which takes no NUL.
    if (orderId !== '' && !OrderId.parse(orderId).ok) throw orderUnknown('orderId');
    if (orderId === '' && !ClOrdId.parse(clOrdId).ok) throw orderUnknown('clOrdId');
    const id = orderId !== '' ? orderId : await findOrderIdOfRequest(pool, accountId, clOrdId);
    const inMemory = id === undefined ? undefined : owner.order(id);
    const order = inMemory?.accountId === accountId ? inMemory : id === undefined ? undefined : await findOrder(pool, accountId, id);
    if (order === undefined) throw orderUnknown(orderId === '' ? 'clOrdId' : 'orderId');
    return order;
  }

  async function list(request: ListOrdersRequest) {
    const { pageSize, pageToken, instrument } = request;
    let instrumentId = '';
    if (instrument !== '') {
      const resolved = resolveInstrument(parts.instruments, instrument, 'instrument');
      if (resolved instanceof Error) throw resolved;
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

export function invalid(field: string, reason: Reason, description: string): CallError {
  return fieldsRefused([{ field, description, reason }]);
}
