// One account as a pure fold over its own events: routes, trading state, and the number of its last event.
import { TradingState } from '@switchyard/contracts';
import { type Route } from '@switchyard/contracts/gen/orders/v1/account_events';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type Account as AccountMessage } from '@switchyard/contracts/gen/orders/v1/service';
import { assert, RiskGroupId, shardHex, shardOf } from '@switchyard/kernel';

/** An account. Immutable: every event makes a new one. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
  /** ISO 4217; never changes. */
  readonly baseCurrency: string;
  /** Decides the shard; never changes. */
  readonly riskGroupId: string;
  /** In order of preference. */
  readonly routes: readonly Route[];
  readonly tradingState: TradingState;
  /** Why, in words. */
  readonly tradingStateText: string;
  /** Number of its last event, of whatever kind. */
  readonly accountSeq: number;
}

/**
 * Folds one event of the account, in order; events of its orders and of its cash move only `accountSeq`.
 * @throws InvariantError on a gap, and on an event that can't be.
 */
export function foldAccount(account: Account | undefined, event: OrderEvent): Account {
  const { accountSeq } = event;
  assert(event.event !== undefined, 'an event says what happened');
  assert(accountSeq === (account?.accountSeq ?? 0) + 1, 'accountSeq counts by one');
  if (event.event.$case === 'accountOpened') {
    assert(account === undefined, 'an account is opened once');
    const { name, baseCurrency, riskGroupId, routes } = event.event.value;
    return {
      accountId: event.accountId,
      name,
      baseCurrency,
      riskGroupId,
      routes,
      tradingState: TradingState.ACTIVE,
      tradingStateText: '',
      accountSeq,
    };
  }
  assert(account !== undefined, 'an account is opened before anything else happens to it');
  assert(account.accountId === event.accountId, 'an event is folded into its own account');
  switch (event.event.$case) {
    case 'accountChanged':
      return { ...account, name: event.event.value.name, routes: event.event.value.routes, accountSeq };
    case 'tradingStateChanged':
      return { ...account, tradingState: event.event.value.tradingState, tradingStateText: event.event.value.text, accountSeq };
    default:
      return { ...account, accountSeq };
  }
}

/** The account as the contract shows it. */
export function toAccountMessage(account: Account): AccountMessage {
  const { accountId, name, baseCurrency, riskGroupId, routes, tradingState, tradingStateText, accountSeq } = account;
  const shard = shardHex(shardOf(RiskGroupId(riskGroupId)));
  return { accountId, name, baseCurrency, riskGroupId, routes: [...routes], tradingState, tradingStateText, accountSeq, shard };
}
