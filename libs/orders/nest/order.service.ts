// OrderService: the edge. Who may, which shard, and the owner answers; nothing is decided here.
import {
  type Call,
  CallError,
  type FieldViolation,
  ORDER_SERVICE,
  Reason,
  RISK_SERVICE,
  type ServiceHandlers,
  StatusCode,
  type Calls,
} from '@switchyard/contracts';
import { type ListOrdersRequest, type OrderServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import {
  type AccountOwner,
  type Caller,
  invalidError,
  type Order,
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
import { requireAccount } from '@switchyard/platform/auth';
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

const pageSizeDefault = 50;

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

  return {
    async placeOrder(request, call) {
      const by = caller(call);
      const shard = await admit(request.accountId, 'trader', call, () => violationsOfPlace(request));
      return router.atOwner(
        shard,
        ORDER_SERVICE,
        call,
        (owner) => owner.place(request, by),
        (service, options) => service.placeOrder(request, options),
      );
    },

    async cancelOrder(request, call) {
      const by = caller(call);
      const shard = await admit(request.accountId, 'trader', call, () => violationsOfCancel(request));
      return router.atOwner(
        shard,
        ORDER_SERVICE,
        call,
        (owner) => owner.cancel(request, by),
        (service, options) => service.cancelOrder(request, options),
      );
    },

    async replaceOrder(request, call) {
      const by = caller(call);
      const shard = await admit(request.accountId, 'trader', call, () => violationsOfReplace(request));
      return router.atOwner(
        shard,
        ORDER_SERVICE,
        call,
        (owner) => owner.replace(request, by),
        (service, options) => service.replaceOrder(request, options),
      );
    },

    async cancelAll(request, call) {
      const by = caller(call);
      const shard = await admit(request.accountId, 'trader', call, () => violationsOfCancelAll(request));
      return router.atOwner(
        shard,
        ORDER_SERVICE,
        call,
        (owner) => owner.cancelAll(request, by),
        (service, options) => service.cancelAll(request, options),
      );
    },

    async previewOrder(request, call) {
      const shard = await admit(request.accountId, 'viewer', call, () => violationsOfPreview(request));
      const preview = async (owner: AccountOwner) => {
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
      };
      return router.atOwner(shard, ORDER_SERVICE, call, preview, (service, options) => service.previewOrder(request, options));
    },

    async getOrder(request, call) {
      const wrong = violationsOfGetOrder(request);
      const shard = await admit(request.accountId, 'viewer', call, () => wrong);
      if (wrong.length > 0) throw invalidError(wrong);
      const get = async (owner: AccountOwner) => ({
        order: toOrderState(await orderOf(owner, request.accountId, request.orderId, request.clOrdId)),
      });
      return router.atOwner(shard, ORDER_SERVICE, call, get, (service, options) => service.getOrder(request, options));
    },

    async listOrders(request, call) {
      const wrong = violationsOfListOrders(request);
      const shard = await admit(request.accountId, 'viewer', call, () => wrong);
      if (wrong.length > 0) throw invalidError(wrong);
      return router.atOwner(
        shard,
        ORDER_SERVICE,
        call,
        () => list(request),
        (service, options) => service.listOrders(request, options),
      );
    },

    streamOrderEvents(request, stream, call) {
      for (const { accountId } of request.cursors) requireAccount(call.principal, accountId, 'viewer');
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

export function invalid(field: string, reason: Reason, description: string): CallError {
  return new CallError(`${field}: ${description}`, {
    code: StatusCode.INVALID_ARGUMENT,
    reason,
    violations: [{ field, description, reason }],
  });
}
