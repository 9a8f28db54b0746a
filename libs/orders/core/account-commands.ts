// Administration of the accounts of a shard: opening and changing, trading state, cash. One change of an account at a time.
import { Reason, StatusCode, TradingState } from '@switchyard/contracts';
import {
  type AdjustCashRequest,
  type AdjustCashResponse,
  type PutAccountRequest,
  type PutAccountResponse,
  type SetTradingStateRequest,
  type SetTradingStateResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { assert, formatDecimal, Money, RiskGroupId, shardOf } from '@switchyard/kernel';
import { toAccountMessage } from './account.js';
import { accountUnknownError, fieldError, invalidError, unavailableError } from './answers.js';
import { hashOfAdjustCash, violationsOfAdjustCash, violationsOfPutAccount, violationsOfSetTradingState } from './content.js';
import { type Caller } from './owner-options.js';
import { type ClaimRow, type OrderJournal } from './ports.js';
import { attemptOf, type Attempt, type RequestOnce } from './request-once.js';
import { Lane, type ShardState } from './shard-state.js';
import { type ShardWriter } from './shard-writer.js';
import { type EventBody } from './transitions.js';

/** How much a trading state stops. */
const severity: Readonly<Record<number, number>> = {
  [TradingState.ACTIVE]: 0,
  [TradingState.REDUCE_ONLY]: 1,
  [TradingState.CANCEL_ONLY]: 2,
  [TradingState.HALTED]: 3,
};

export class AccountCommands {
  readonly #shard: number;
  readonly #state: ShardState;
  readonly #writer: ShardWriter;
  readonly #once: RequestOnce;
  readonly #journal: Pick<OrderJournal, 'findClaim'>;
  readonly #lanes = new Map<string, Lane>();
  /** Trading states asked for and not yet committed: what stops more counts from the call on. */
  readonly #asked = new Map<string, TradingState>();

  constructor(shard: number, state: ShardState, writer: ShardWriter, once: RequestOnce, journal: Pick<OrderJournal, 'findClaim'>) {
    this.#shard = shard;
    this.#state = state;
    this.#writer = writer;
    this.#once = once;
    this.#journal = journal;
  }

  /** What the account may do: its committed state, or a stricter one that is being written. */
  tradingStateOf(accountId: string): TradingState {
    const committed = this.#state.account(accountId)?.tradingState ?? TradingState.UNSPECIFIED;
    const asked = this.#asked.get(accountId);
    if (asked === undefined) return committed;
    return (severity[asked] ?? 4) > (severity[committed] ?? 4) ? asked : committed;
  }

  async putAccount(request: PutAccountRequest, caller: Caller): Promise<PutAccountResponse> {
    const violations = violationsOfPutAccount(request);
    if (violations.length > 0) throw invalidError(violations);
    const { accountId, name, baseCurrency, riskGroupId, routes } = request;
    return this.#inLane(accountId, async () => {
      const account = this.#state.account(accountId);
      if (account === undefined) {
        if (shardOf(RiskGroupId(riskGroupId)) !== this.#shard) throw neverChanges('riskGroupId');
        const claims: ClaimRow[] = [{ kind: 'account', id: accountId, riskGroupId }, ...claimsOfRoutes(riskGroupId, routes)];
        await this.#write(accountId, { $case: 'accountOpened', value: { name, baseCurrency, riskGroupId, routes } }, caller, claims);
      } else {
        if (account.riskGroupId !== riskGroupId) throw neverChanges('riskGroupId');
        if (account.baseCurrency !== baseCurrency) throw neverChanges('baseCurrency');
        const isSame = account.name === name && JSON.stringify(account.routes) === JSON.stringify(routes);
        const claims = claimsOfRoutes(riskGroupId, routes);
        if (!isSame) await this.#write(accountId, { $case: 'accountChanged', value: { name, routes } }, caller, claims);
      }
      return { account: this.#message(accountId) };
    });
  }

  async setTradingState(request: SetTradingStateRequest, caller: Caller): Promise<SetTradingStateResponse> {
    const violations = violationsOfSetTradingState(request);
    if (violations.length > 0) throw invalidError(violations);
    const { accountId, tradingState, text } = request;
    if (this.#state.account(accountId) === undefined) throw accountUnknownError(accountId);
    return this.#inLane(accountId, async () => {
      const account = this.#state.account(accountId);
      if (account?.tradingState !== tradingState || account.tradingStateText !== text) {
        this.#asked.set(accountId, tradingState);
        try {
          await this.#write(accountId, { $case: 'tradingStateChanged', value: { tradingState, text, actor: caller.actor } }, caller);
        } finally {
          this.#asked.delete(accountId);
        }
      }
      return { account: this.#message(accountId) };
    });
  }

  async adjustCash(request: AdjustCashRequest, caller: Caller): Promise<AdjustCashResponse> {
    const violations = violationsOfAdjustCash(request);
    if (violations.length > 0) throw invalidError(violations);
    const { accountId, adjustmentId, currency, text } = request;
    if (this.#state.account(accountId) === undefined) throw accountUnknownError(accountId);
    const hash = hashOfAdjustCash(request);
    const value = { adjustmentId, currency, amount: formatDecimal(Money(request.amount)), text, actor: caller.actor };
    const { replayed } = await this.#once.run({ accountId, scope: 'adjustmentId', requestId: adjustmentId, hash }, () =>
      this.#attempt(accountId, { $case: 'cashAdjusted', value }, caller),
    );
    return { replayed };
  }

  #message(accountId: string): ReturnType<typeof toAccountMessage> {
    const account = this.#state.account(accountId);
    assert(account !== undefined, 'an account exists once it was opened');
    return toAccountMessage(account);
  }

  async #inLane<T>(accountId: string, run: () => Promise<T>): Promise<T> {
    let lane = this.#lanes.get(accountId);
    if (lane === undefined) this.#lanes.set(accountId, (lane = new Lane()));
    await lane.acquire();
    try {
      return await run();
    } finally {
      lane.release();
    }
  }

  async #write(accountId: string, body: EventBody, caller: Caller, claims: readonly ClaimRow[] = []): Promise<void> {
    for (;;) {
      const attempt = await this.#attempt(accountId, body, caller, claims);
      if (attempt.kind === 'stored') return;
      const refusal = await this.#takenBy(claims);
      if (refusal !== undefined) throw refusal;
      // Who was first in the same statement is not stored yet; it is before the next one.
    }
  }

  /** Which of the claims another risk group holds, as the error of the call; undefined when none is held. */
  async #takenBy(claims: readonly ClaimRow[]): Promise<Error | undefined> {
    for (const { kind, id, riskGroupId } of claims) {
      const holder = await this.#journal.findClaim(kind, id).catch((error: unknown) => {
        throw unavailableError('The claims of risk groups could not be read: try again.', error);
      });
      if (holder === undefined || holder === riskGroupId) continue;
      if (kind === 'account') return neverChanges('riskGroupId');
      return fieldError(StatusCode.FAILED_PRECONDITION, {
        reason: Reason.FIELD_NOT_ALLOWED,
        text: `Broker account ${id} belongs to risk group ${holder}.`,
        field: 'routes',
      });
    }
    return undefined;
  }

  async #attempt(accountId: string, body: EventBody, caller: Caller, claims: readonly ClaimRow[] = []): Promise<Attempt> {
    const draft = this.#writer.draft();
    draft.add({ accountId, body, traceparent: caller.traceparent });
    draft.claims.push(...claims);
    return attemptOf(await this.#writer.append(draft), draft);
  }
}

function claimsOfRoutes(riskGroupId: string, routes: readonly Route[]): ClaimRow[] {
  return routes.map(({ brokerAccountId }) => ({ kind: 'brokerAccount', id: brokerAccountId, riskGroupId }));
}

function neverChanges(field: string): Error {
  return fieldError(StatusCode.FAILED_PRECONDITION, {
    reason: Reason.FIELD_NOT_ALLOWED,
    text: `The ${field} of an account never changes.`,
    field,
  });
}
