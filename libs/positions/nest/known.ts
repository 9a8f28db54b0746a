// What is stored, as far as one process knows: what it read, and then what it wrote.
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Money } from '@switchyard/kernel';
import { type Position, positionKeyOf } from '@switchyard/positions-core';
import { type FoldedAccount, type MoneyMoved, type Stored, type Wanted } from './positions.sql.js';

/** More positions and accounts than these are not kept. */
const knownMax = 20_000;

export class Known {
  readonly accounts = new Map<string, FoldedAccount>();
  /** By account, then by currency. An account that is known to have none is here, too. */
  readonly cash = new Map<string, Map<string, Money>>();
  /** By `positionKeyOf`. */
  readonly positions = new Map<string, Position>();
  /** The ends of our own streams. */
  readonly heads = new Map<string, { readonly seq: number; readonly hash: Uint8Array }>();
  /** How far each stream of orders.v1 was folded to come here. */
  readonly #seqs = new Map<string, number>();

  /** Whether these rows are the next of their streams, so that what is known of their accounts is how they were before. */
  isBefore(rows: readonly JournalRow[]): boolean {
    const streams = new Set<string>();
    for (const { stream, seq } of rows) {
      if (streams.has(stream)) continue;
      streams.add(stream);
      if ((this.#seqs.get(stream) ?? seq - 1) !== seq - 1) return false;
    }
    return true;
  }

  get isTooLarge(): boolean {
    return this.positions.size + this.cash.size > knownMax;
  }

  /** What of this is not known. Trades never are. */
  missing({ accountIds, positions, trades, streams }: Wanted): Wanted {
    return {
      accountIds: accountIds.filter((accountId) => !this.cash.has(accountId)),
      positions: positions.filter((key) => !this.positions.has(positionKeyOf(key))),
      trades,
      streams: streams.filter((stream) => !this.heads.has(stream)),
    };
  }

  /** Takes what was read of the missing. */
  read({ accountIds }: Wanted, stored: Stored): void {
    for (const accountId of accountIds) this.cash.set(accountId, new Map());
    for (const account of stored.accounts) this.accounts.set(account.accountId, account);
    for (const { accountId, currency, balance } of stored.cash) this.cash.get(accountId)?.set(currency, balance);
    for (const position of stored.positions) this.positions.set(positionKeyOf(position), position);
    for (const head of stored.heads) this.heads.set(head.stream, head);
  }

  /** Takes what these rows will have written. */
  wrote(rows: readonly JournalRow[], { accounts, positions, cash, rows: own }: MoneyMoved): void {
    for (const { stream, seq } of rows) this.#seqs.set(stream, seq);
    for (const { accountId, stream, accountSeq } of accounts) this.accounts.set(accountId, { accountId, stream, accountSeq });
    for (const position of positions) this.positions.set(positionKeyOf(position), position);
    for (const { accountId, currency, balance } of cash) this.cash.get(accountId)?.set(currency, balance);
    for (const { stream, seq, hash } of own) this.heads.set(stream, { seq, hash });
  }
}
