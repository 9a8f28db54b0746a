// AccountService and OwnerService: administration, and what other services tell the owners.
import { ACCOUNT_SERVICE, type Call, Reason, type RequestOf, type ResponseOf, type ServiceHandlers } from '@switchyard/contracts';
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

type Methods = AccountServiceDefinition['methods'];
type OwnerMethod = 'getAccount' | 'adjustCash' | 'setTradingState';

export function accountService({ pool, clock, router, host }: AccountServiceParts): ServiceHandlers<typeof AccountServiceDefinition> {
  const caller = (call: Call): Caller => ({
    actor: call.principal.subject,
    receivedAtMs: clock.nowMs(),
    deadlineMs: call.deadlineMs,
    traceparent: call.traceparent,
  });
  const read = async (owner: AccountOwner, { accountId }: { readonly accountId: string }) => {
    const account = owner.account(accountId);
    if (account === undefined) throw accountUnknown(accountId);
    return { account: toAccountMessage(account) };
  };

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
      const group = RiskGroupId.parse(request.riskGroupId);
      if (!group.ok)
        throw invalid('riskGroupId', request.riskGroupId === '' ? Reason.FIELD_REQUIRED : Reason.FIELD_MALFORMED, group.error.rule);
      const shard = shardOf(group.value);
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
      (_request, call) => requireRole(call.principal, 'admin'),
      (owner, request, call) => owner.adjustCash(request, caller(call)),
    ),

    setTradingState: atOwner(
      'setTradingState',
      (_request, call) => requireRole(call.principal, 'service', 'risk-officer'),
      (owner, request, call) => owner.setTradingState(request, caller(call)),
    ),
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
