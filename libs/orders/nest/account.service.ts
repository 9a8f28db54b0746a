// AccountService and OwnerService: administration, and what other services tell the owners.
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  type Call,
  CallError,
  type Calls,
  Reason,
  type ServiceHandlers,
  StatusCode,
} from '@switchyard/contracts';
import { type Route } from '@switchyard/contracts/gen/orders/v1/events';
import { type AccountServiceDefinition, type OwnerServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import {
  type AccountOwner,
  type Caller,
  type HaltTable,
  invalidError,
  toAccountMessage,
  violationsOfPutAccount,
} from '@switchyard/orders-core';
import { type Clock, RiskGroupId, shardHex, shardOf } from '@switchyard/kernel';
import { accountUnknown, mayUseAccount, requireAccount, requireRole } from '@switchyard/platform/auth';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { callerOf } from './caller-of.js';
import { invalid } from './order.service.js';
import { readAccountShard, readAccountShards, type StoredRows } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { type ShardHost, shardUnits } from './shard-host.js';

export interface AccountServiceParts {
  readonly pool: Pool;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly calls: Calls;
  readonly router: OwnerRouter;
  readonly host: ShardHost;
}

export function accountService({
  pool,
  clock,
  calls,
  router,
  host,
}: AccountServiceParts): ServiceHandlers<typeof AccountServiceDefinition> {
  const caller = (call: Call): Caller => callerOf(call, clock.nowMs());
  const read = async (owner: AccountOwner, accountId: string) => {
    const account = owner.account(accountId);
    if (account === undefined) throw accountUnknown(accountId);
    return { account: toAccountMessage(account) };
  };

  /** A route names a session that exists, and a broker account that the session serves. */
  async function checkRoutes(routes: readonly Route[], { deadlineMs, traceparent }: Call): Promise<void> {
    if (routes.length === 0) return;
    const { sessions } = await calls.any(BROKER_SERVICE).listSessions({}, { deadlineMs, traceparent });
    for (const [at, { sessionId, brokerAccountId }] of routes.entries()) {
      const session = sessions.find((each) => each.sessionId === sessionId);
      if (session === undefined) throw badRoute(`routes[${at}].sessionId`, `there is no broker session ${sessionId}`);
      if (!session.brokerAccountIds.includes(brokerAccountId))
        throw badRoute(`routes[${at}].brokerAccountId`, `session ${sessionId} serves no broker account ${brokerAccountId}`);
    }
  }

  return {
    async putAccount(request, call) {
      requireRole(call.principal, 'admin');
      const violations = violationsOfPutAccount(request);
      if (violations.length > 0) throw invalidError(violations);
      if (!call.forwarded) await checkRoutes(request.routes, call);
      const shard = shardOf(RiskGroupId(request.riskGroupId));
      const stored = await readAccountShard(pool, request.accountId);
      if (stored !== undefined && stored !== shard)
        throw invalid('riskGroupId', Reason.FIELD_NOT_ALLOWED, 'the risk group of an account never changes');
      const put = async (owner: AccountOwner) => {
        const answer = await owner.putAccount(request, caller(call));
        // Other gateways find a new account's shard by its row.
        await host.flushAll();
        return answer;
      };
      return router.atOwner(shard, ACCOUNT_SERVICE, call, put, (service, options) => service.putAccount(request, options));
    },

    async getAccount(request, call) {
      requireAccount(call.principal, request.accountId, 'viewer');
      const shard = await router.shardOfAccount(request.accountId);
      return router.atOwner(
        shard,
        ACCOUNT_SERVICE,
        call,
        (owner) => read(owner, request.accountId),
        (service, options) => service.getAccount(request, options),
      );
    },

    async listAccounts(_request, call) {
      const rows = (await readAccountShards(pool)).filter(({ accountId }) => mayUseAccount(call.principal, accountId, 'viewer'));
      const answers = rows.map(({ accountId, shard }) =>
        router.atOwner(
          shard,
          ACCOUNT_SERVICE,
          call,
          (owner) => read(owner, accountId),
          (service, options) => service.getAccount({ accountId }, options),
        ),
      );
      return { accounts: (await Promise.all(answers)).flatMap(({ account }) => account ?? []) };
    },

    async adjustCash(request, call) {
      requireRole(call.principal, 'admin');
      const shard = await router.shardOfAccount(request.accountId);
      return router.atOwner(
        shard,
        ACCOUNT_SERVICE,
        call,
        (owner) => owner.adjustCash(request, caller(call)),
        (service, options) => service.adjustCash(request, options),
      );
    },

    async setTradingState(request, call) {
      if (!call.principal.roles.includes('service')) requireRole(call.principal, 'risk-officer');
      const shard = await router.shardOfAccount(request.accountId);
      return router.atOwner(
        shard,
        ACCOUNT_SERVICE,
        call,
        (owner) => owner.setTradingState(request, caller(call)),
        (service, options) => service.setTradingState(request, options),
      );
    },
  };
}

function badRoute(field: string, description: string): CallError {
  const reason = Reason.FIELD_NOT_ALLOWED;
  return new CallError(`${field}: ${description}`, {
    code: StatusCode.FAILED_PRECONDITION,
    reason,
    violations: [{ field, description, reason }],
  });
}

export function ownerService(halts: HaltTable, journal: Journal<StoredRows>): ServiceHandlers<typeof OwnerServiceDefinition> {
  return {
    async putHalts(request, call) {
      requireRole(call.principal, 'service');
      return { haltVersion: halts.put(request.haltVersion, request.halts) };
    },

    async listShards() {
      const shards = shardUnits.flatMap((unit, shard) => {
        const owner = journal.ownerOf(unit);
        return owner === undefined ? [] : [{ shard: shardHex(shard), process: owner.process, address: owner.address }];
      });
      return { shards };
    },
  };
}
