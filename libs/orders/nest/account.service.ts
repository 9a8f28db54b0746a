// AccountService and OwnerService: administration, and what other services tell the owners.
import { ACCOUNT_SERVICE, type Call, Reason, type ServiceHandlers } from '@switchyard/contracts';
import { type AccountServiceDefinition, type OwnerServiceDefinition } from '@switchyard/contracts/gen/orders/v1/service';
import { type AccountOwner, type Caller, type HaltTable, toAccountMessage } from '@switchyard/orders-core';
import { type Clock, RiskGroupId, shardHex, shardOf } from '@switchyard/kernel';
import { accountUnknown, mayUseAccount, requireAccount, requireRole } from '@switchyard/platform/auth';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { invalid } from './order.service.js';
import { readAccountShard, readAccountShards, type StoredRows } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';
import { type ShardHost, shardUnits } from './shard-host.js';

export interface AccountServiceParts {
  readonly pool: Pool;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly router: OwnerRouter;
  readonly host: ShardHost;
}

export function accountService({ pool, clock, router, host }: AccountServiceParts): ServiceHandlers<typeof AccountServiceDefinition> {
  const caller = (call: Call): Caller => ({
    actor: call.principal.subject,
    receivedAtMs: clock.nowMs(),
    deadlineMs: call.deadlineMs,
    traceparent: call.traceparent,
  });
  const read = async (owner: AccountOwner, accountId: string) => {
    const account = owner.account(accountId);
    if (account === undefined) throw accountUnknown(accountId);
    return { account: toAccountMessage(account) };
  };

  return {
    async putAccount(request, call) {
      requireRole(call.principal, 'admin');
      const group = RiskGroupId.parse(request.riskGroupId);
      if (!group.ok)
        throw invalid('riskGroupId', request.riskGroupId === '' ? Reason.FIELD_REQUIRED : Reason.FIELD_MALFORMED, group.error.rule);
      const shard = shardOf(group.value);
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
