// AccountService and OwnerService: administration, and what other services tell the owners.
import {
  ACCOUNT_SERVICE,
  accountUnknown,
  BROKER_SERVICE,
  type Call,
  CallError,
  type Calls,
  mayUseAccount,
  Reason,
  type RequestOf,
  requireAccount,
  type ResponseOf,
  type ServiceHandlers,
  StatusCode,
} from '@switchyard/contracts';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type AccountServiceDefinition, type OwnerServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import {
  type AccountOwner,
  type Caller,
  type HaltTable,
  toAccountMessage,
  violationsOfAdjustCash,
  violationsOfPutAccount,
  violationsOfSetTradingState,
} from '@switchyard/orders-core';
import { type Clock, RiskGroupId, shardHex, shardOf } from '@switchyard/kernel';
import { requireRole } from '@switchyard/platform/auth';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { callerOf } from './caller-of.js';
import { invalid, refuseForm } from './order.service.js';
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

type Methods = AccountServiceDefinition['methods'];
type OwnerMethod = 'getAccount' | 'adjustCash' | 'setTradingState';

export function accountService({
  pool,
  clock,
  calls,
  router,
  host,
}: AccountServiceParts): ServiceHandlers<typeof AccountServiceDefinition> {
  const caller = (call: Call): Caller => callerOf(call, clock.nowMs());
  const read = async (owner: AccountOwner, { accountId }: { readonly accountId: string }) => {
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

  /** A method that the owner of the named account answers, for whom `admit` lets through. */
  const atOwner = <K extends OwnerMethod>(
    method: K,
    admit: (request: RequestOf<Methods[K]>, call: Call) => void,
    here: (owner: AccountOwner, request: RequestOf<Methods[K]>, call: Call) => Promise<ResponseOf<Methods[K]>>,
  ) =>
    router.handler(
      ACCOUNT_SERVICE,
      method,
      async (request: RequestOf<Methods[K]>, call) => {
        admit(request, call);
        return router.shardOfAccount(request.accountId);
      },
      here,
    );

  return {
    async putAccount(request, call) {
      requireRole(call.principal, 'admin');
      refuseForm(violationsOfPutAccount(request));
      if (!call.forwarded) await checkRoutes(request.routes, call);
      const shard = shardOf(RiskGroupId(request.riskGroupId));
      const stored = await readAccountShard(pool, request.accountId);
      if (stored !== undefined && stored !== shard)
        throw invalid('riskGroupId', Reason.FIELD_NOT_ALLOWED, 'the risk group of an account never changes');
      return router.atOwner(shard, ACCOUNT_SERVICE, 'putAccount', request, call, async (owner) => {
        const answer = await owner.putAccount(request, caller(call));
        // Other gateways find a new account's shard by its row.
        await host.flushAll();
        return answer;
      });
    },

    getAccount: atOwner('getAccount', ({ accountId }, call) => requireAccount(call.principal, accountId, 'viewer'), read),

    async listAccounts(_request, call) {
      const rows = (await readAccountShards(pool)).filter(({ accountId }) => mayUseAccount(call.principal, accountId, 'viewer'));
      const answers = rows.map(({ accountId, shard }) =>
        router.atOwner(shard, ACCOUNT_SERVICE, 'getAccount', { accountId }, call, (owner) => read(owner, { accountId })),
      );
      return { accounts: (await Promise.all(answers)).flatMap(({ account }) => account ?? []) };
    },

    adjustCash: atOwner(
      'adjustCash',
      (request, call) => {
        requireRole(call.principal, 'admin');
        refuseForm(violationsOfAdjustCash(request));
      },
      (owner, request, call) => owner.adjustCash(request, caller(call)),
    ),

    setTradingState: atOwner(
      'setTradingState',
      (request, call) => {
        requireRole(call.principal, 'service', 'risk-officer');
        refuseForm(violationsOfSetTradingState(request));
      },
      (owner, request, call) => owner.setTradingState(request, caller(call)),
    ),
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
