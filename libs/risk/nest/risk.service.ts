// The handlers of risk.v1.RiskService: who may call what, and where the call belongs.
import {
  type Call,
  CallError,
  type Calls,
  Reason,
  RequestKind,
  requireAccount,
  RISK_SERVICE,
  type ServiceCalls,
  type ServiceHandlers,
  StatusCode,
} from '@switchyard/contracts';
import {
  type GetRiskStateRequest,
  type GetRiskStateResponse,
  HaltState,
  type RiskServiceDefinition,
} from '@switchyard/contracts/gen/risk/v1/service';
import { type Clock, formatDecimal, mulDiv, RiskGroupId, shardOf } from '@switchyard/kernel';
import { requireRole } from '@switchyard/platform/auth';
import { lacksQuote, limitsMessage, type Question, type RiskShard, type Rules } from '@switchyard/risk-core';
import { type AttachServer } from './attach-server.js';
import { type HaltSpread } from './halt-spread.js';
import { type MarketWatch } from './market-watch.js';
import { type RuleKeeper } from './rule-keeper.js';
import { type RuleSubjects } from './rule-subjects.js';

export interface RiskServiceParts {
  readonly keeper: RuleKeeper;
  readonly subjects: RuleSubjects;
  readonly spread: HaltSpread;
  readonly market: MarketWatch;
  readonly attach: AttachServer;
  readonly rules: Rules;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly ownAddress: () => string;
}

type RiskCalls = ServiceCalls<typeof RiskServiceDefinition>;
const previewFetchMs = 500;

export function riskService(parts: RiskServiceParts): ServiceHandlers<typeof RiskServiceDefinition> {
  const { keeper, subjects, spread, attach } = parts;
  return {
    attach: (stream, call) => {
      requireRole(call.principal, 'service');
      attach.serve(stream);
    },
    preview: (request, call) => {
      requireAccount(call.principal, request.accountId, 'viewer');
      return atShard(
        parts,
        call,
        request.riskGroupId,
        (other, options) => other.preview(request, options),
        (shard) => preview(parts, shard, { ...request, orderId: '', kind: RequestKind.NEW }, call),
      );
    },
    getRiskState: (request, call) => {
      for (const field of ['accountId', 'riskGroupId'] as const) if (request[field] === '') throw required(field);
      requireAccount(call.principal, request.accountId, 'viewer');
      return atShard(
        parts,
        call,
        request.riskGroupId,
        (other, options) => other.getRiskState(request, options),
        async (shard) => riskState(parts, shard, request),
      );
    },
    setLimits: (request, call) => {
      requireRole(call.principal, 'risk-officer');
      return atOwner(
        parts,
        call,
        (owner, options) => owner.setLimits(request, options),
        async () => {
          await subjects.ofLimits(request);
          return { limits: await keeper.setLimits(request, call.principal.subject, call.traceparent) };
        },
      );
    },
    halt: (request, call) => {
      requireRole(call.principal, 'risk-officer');
      return atOwner(
        parts,
        call,
        (owner, options) => owner.halt(request, options),
        async () => {
          const { halt } = await keeper.engage(await subjects.ofHalt(request), call.principal.subject, call.traceparent);
          const missing = await spread.spreadUntil(call.deadlineMs);
          return { halt, state: keeper.book.halt(halt.haltId)?.state ?? HaltState.ENGAGING, missing: [...missing] };
        },
      );
    },
    release: (request, call) => {
      requireRole(call.principal, 'risk-officer');
      return atOwner(
        parts,
        call,
        (owner, options) => owner.release(request, options),
        async () => {
          const halts = await keeper.release(request, call.principal.subject, call.traceparent);
          await spread.spreadUntil(call.deadlineMs);
          return { halts: [...halts] };
        },
      );
    },
    listHalts: async (_, call) => {
      requireRole(call.principal, 'service', 'risk-officer', 'ops', 'admin');
      const { version, halts } = await keeper.halts();
      return { haltVersion: version, halts: [...halts] };
    },
  };
}

/** Limits and halts are written by one process: the call goes there, once. */
async function atOwner<R>(
  parts: RiskServiceParts,
  call: Call,
  forward: (owner: RiskCalls, options: ForwardOptions) => Promise<R>,
  here: () => Promise<R>,
): Promise<R> {
  const address = parts.keeper.ownerAddress();
  if (parts.keeper.owns() || call.forwarded || address === undefined || address === parts.ownAddress()) return here(); // `here` says NOT_READY where it may not write.
  return forward(parts.calls.at(RISK_SERVICE, address), forwarded(call));
}

/** A shard is attached to one risk process: where it is not this one, the others are asked. */
async function atShard<R>(
  parts: RiskServiceParts,
  call: Call,
  riskGroupId: string,
  forward: (other: RiskCalls, options: ForwardOptions) => Promise<R>,
  here: (shard: RiskShard<object>) => Promise<R>,
): Promise<R> {
  const group = RiskGroupId.parse(riskGroupId);
  if (!group.ok) {
    const text = `${group.error.field} must be ${group.error.rule}`;
    throw new CallError(text, {
      code: StatusCode.INVALID_ARGUMENT,
      reason: Reason.FIELD_MALFORMED,
      violations: [{ field: 'riskGroupId', description: text, reason: Reason.FIELD_MALFORMED }],
    });
  }
  const shard = parts.attach.shard(shardOf(group.value));
  if (shard?.phase === 'READY') return here(shard);
  const others = call.forwarded ? [] : parts.calls.addressesOf(RISK_SERVICE).filter((address) => address !== parts.ownAddress());
  for (const address of others) {
    try {
      return await forward(parts.calls.at(RISK_SERVICE, address), forwarded(call));
    } catch (error) {
      if (!(error instanceof CallError) || error.code !== StatusCode.UNAVAILABLE) throw error;
    }
  }
  throw unattached();
}

async function preview(
  parts: RiskServiceParts,
  shard: RiskShard<object>,
  question: Question,
  call: Call,
): ReturnType<RiskCalls['preview']> {
  const instrumentId = lacksQuote(parts.rules, shard.exposure, question, parts.clock.nowMs());
  if (instrumentId !== undefined) await parts.market.fetch(instrumentId, Math.min(call.deadlineMs, parts.clock.nowMs() + previewFetchMs));
  const answer = shard.preview(question);
  if (answer === undefined) throw unattached();
  return { decision: answer.value.decision };
}

function riskState({ keeper }: RiskServiceParts, shard: RiskShard<object>, request: GetRiskStateRequest): GetRiskStateResponse {
  const { accountId, riskGroupId } = request;
  const account = shard.exposure.account(accountId);
  if (account?.group.riskGroupId !== riskGroupId) throw notOfGroup(accountId, riskGroupId);
  const exposures = [...account.totals.instruments()].map(([instrumentId, { position, openBuyQty, openSellQty }]) => ({
    instrumentId,
    position: formatDecimal(position),
    openBuyQty: formatDecimal(openBuyQty),
    openSellQty: formatDecimal(openSellQty),
  }));
  return {
    tradingState: account.tradingState,
    limits: limitsMessage(keeper.book.limitsOfAccount(accountId)),
    openValue: formatDecimal(mulDiv(account.totals.openValue, 1n, 1_000_000_000n, 'up')),
    openOrders: account.totals.openOrders,
    exposures: exposures.sort((a, b) => (a.instrumentId < b.instrumentId ? -1 : 1)),
    foldedSeq: shard.foldedSeq,
  };
}

function required(field: string): CallError {
  const [reason, description] = [Reason.FIELD_REQUIRED, `${field} is required.`];
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}

/** Only the group is looked into: whether there is such an account elsewhere, risk does not know. */
function notOfGroup(accountId: string, riskGroupId: string): CallError {
  const [reason, description] = [Reason.ACCOUNT_UNKNOWN, `Risk group ${riskGroupId} has no account ${accountId}.`];
  return new CallError(description, {
    code: StatusCode.NOT_FOUND,
    reason,
    violations: [{ field: 'riskGroupId', description, reason }],
    metadata: { accountId, riskGroupId },
  });
}

interface ForwardOptions {
  readonly deadlineMs: number;
  readonly token: string;
  readonly traceparent: string;
  readonly forwarded: true;
}

function forwarded({ deadlineMs, token, traceparent }: Call): ForwardOptions {
  return { deadlineMs, token, traceparent, forwarded: true };
}

function unattached(): CallError {
  return new CallError('no risk process that can be reached has folded this shard', {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.RISK_UNAVAILABLE,
    retryAfterMs: 200,
  });
}
