// The effect of orders.v1 here: facts become positions, cash, postings and rows of positions.v1, written by the statement that moves the cursors.
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { PositionEvent } from '@switchyard/contracts/gen/positions/v1/events';
import { assert, genesisHash, hashChain } from '@switchyard/kernel';
import { CannotApplyError, type Effect } from '@switchyard/platform/bus';
import {
  AccountBook,
  type AccountFact,
  type BookedTrade,
  type Position,
  type PositionKey,
  positionKeyOf,
  readFact,
  readTrade,
  toPositionMessage,
  type Trade,
  tradeKeyOf,
} from '@switchyard/positions-core';
import { type Pool, type PoolClient } from 'pg';
import {
  accountsFolded,
  type FoldedAccount,
  type LedgerEntry,
  type MoneyMoved,
  moneyMoved,
  readStored,
  type Stored,
  type Wanted,
} from './positions.sql.js';

interface Fact extends AccountFact, FoldedAccount {
  readonly row: JournalRow;
}

/** A fact that may move money. */
interface MoneyFact {
  readonly row: JournalRow;
  readonly event: OrderEvent;
}

/** What rows of orders.v1 do here. */
export interface FactsEffect {
  readonly effect: Effect;
  /** Streams of positions.v1 that get rows by it. */
  readonly streams: ReadonlySet<string>;
}

/**
 * The effect of rows of orders.v1, in order. Reads once, whatever their number.
 * @throws CannotApplyError for the first row that can't be applied.
 */
export async function effectOfFacts(from: Pool | PoolClient, rows: readonly JournalRow[]): Promise<FactsEffect> {
  const facts = rows.map(read);
  const first = new Map<string, Fact>();
  const last = new Map<string, Fact>();
  for (const fact of facts) {
    mustFollow(fact, last.get(fact.accountId));
    if (!first.has(fact.accountId)) first.set(fact.accountId, fact);
    last.set(fact.accountId, fact);
  }
  const withMoney = facts.flatMap(({ row, event }) => (event === undefined ? [] : [{ row, event }]));
  // An account whose facts move no money needs no book.
  const moved = new Set(withMoney.map(({ row }) => row.key));
  const stored = await readStored(from, wantedBy(withMoney, [...last.keys()]));
  for (const fact of first.values()) mustFollow(fact, stored.accounts.get(fact.accountId));
  const accounts = [...last.values()];
  if (moved.size === 0) return { effect: accountsFolded(accounts), streams: new Set() };
  const money = foldMoney(withMoney, accounts, moved, stored);
  return { effect: moneyMoved(money), streams: new Set(money.rows.map(({ stream }) => stream)) };
}

function mustFollow({ row, stream, accountSeq }: Fact, before: FoldedAccount | undefined): void {
  if (before !== undefined && (before.stream !== stream || before.accountSeq >= accountSeq))
    throw new CannotApplyError(row, 'the account_seq goes back, or the account came from another stream before');
}

/** Where positions of a shard's accounts are told: `orders/7f` → `positions/7f`. */
export function positionsStreamOf(ordersStream: string): string {
  return ordersStream.replace(/^.*\//, 'positions/');
}

function foldMoney(
  facts: readonly MoneyFact[],
  accounts: readonly FoldedAccount[],
  moved: ReadonlySet<string>,
  stored: Stored,
): MoneyMoved {
  const books = openBooks(moved, stored);
  const trades: Trade[] = [];
  const entries: LedgerEntry[] = [];
  const positions = new Map<string, Position>();
  const tail = new JournalTail(stored);
  for (const { row, event } of facts) {
    const folded = books.get(row.key)?.fold(event);
    assert(folded !== undefined, 'every account with money facts has a book');
    if (!folded.ok) throw new CannotApplyError(row, folded.error);
    const { trade, position, postings } = folded.value;
    const [first, ...others] = postings;
    if (first !== undefined) entries.push({ accountId: row.key, postings: [first, ...others] });
    if (trade === undefined || position === undefined) continue;
    trades.push(trade);
    positions.set(positionKeyOf(position), position);
    tail.append(row, event, position, trade);
  }
  const cash = [...books.values()].flatMap((book) =>
    [...book.cash].map(([currency, balance]) => ({ accountId: book.accountId, currency, balance })),
  );
  return { accounts, positions: [...positions.values()], cash, trades, entries, rows: tail.rows };
}

function read(row: JournalRow): Fact {
  let fact: AccountFact;
  try {
    fact = readFact(row.payload);
  } catch (error) {
    throw new CannotApplyError(row, 'the bytes of the fact are not an orders.v1.OrderEvent', { cause: error });
  }
  if (fact.accountId !== row.key) throw new CannotApplyError(row, `a fact of account ${fact.accountId} came under the key ${row.key}`);
  return { row, stream: row.stream, ...fact };
}

function wantedBy(facts: readonly MoneyFact[], accountIds: readonly string[]): Wanted {
  const positions = new Map<string, PositionKey>();
  const trades = new Map<string, Trade>();
  for (const { row, event } of facts) {
    if (event.event?.$case !== 'tradeBooked') continue;
    const trade = readTrade(row.key, event.accountSeq, event.event.value);
    if (!trade.ok) throw new CannotApplyError(row, trade.error);
    positions.set(positionKeyOf(trade.value), trade.value);
    trades.set(tradeKeyOf(trade.value), trade.value);
  }
  const streams = new Set(facts.map(({ row }) => positionsStreamOf(row.stream)));
  return { accountIds, positions: [...positions.values()], trades: [...trades.values()], streams: [...streams] };
}

function openBooks(accountIds: ReadonlySet<string>, stored: Stored): ReadonlyMap<string, AccountBook> {
  const trades = new Map<string, BookedTrade>(stored.trades.map((trade) => [tradeKeyOf(trade), trade]));
  const books = new Map<string, AccountBook>();
  for (const accountId of accountIds) {
    const book = new AccountBook(accountId, trades);
    const cash = stored.cash.filter((each) => each.accountId === accountId).map(({ currency, balance }) => [currency, balance] as const);
    book.restore(
      stored.accounts.get(accountId)?.accountSeq ?? 0,
      stored.positions.filter((position) => position.accountId === accountId),
      new Map(cash),
    );
    books.set(accountId, book);
  }
  return books;
}

/** The rows of positions.v1 that follow what our journal has. */
class JournalTail {
  readonly rows: JournalRow[] = [];
  readonly #heads: Map<string, { readonly seq: number; readonly hash: Uint8Array }>;

  constructor({ heads }: Stored) {
    this.#heads = new Map(heads);
  }

  append(cause: JournalRow, event: OrderEvent, position: Position, trade: Trade): void {
    const stream = positionsStreamOf(cause.stream);
    const head = this.#heads.get(stream) ?? { seq: 0, hash: genesisHash };
    // Without a mark: what a position is worth changes with every quote, and a journal says what happened.
    const payload = Buffer.from(
      PositionEvent.encode({ position: toPositionMessage(position, undefined, false), atMs: event.atMs, tradeId: trade.tradeId }).finish(),
    );
    const next = { seq: head.seq + 1, hash: Buffer.from(hashChain(head.hash, payload)) };
    this.#heads.set(stream, next);
    this.rows.push({ stream, ...next, key: cause.key, payload, traceparent: cause.traceparent, atMs: event.atMs });
  }
}
