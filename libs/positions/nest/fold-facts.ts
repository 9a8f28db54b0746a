// The effect of orders.v1 here: facts become positions, cash, postings and rows of positions.v1, written by the statement that moves the cursors.
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { PositionEvent } from '@switchyard/contracts/gen/positions/v1/events';
import { assert, genesisHash, hashChain } from '@switchyard/kernel';
import { CannotApplyError, type Effect } from '@switchyard/platform/bus';
import {
  AccountBook,
  type BookedTrade,
  mayMoveMoney,
  type Folded,
  type Position,
  type PositionKey,
  positionKeyOf,
  readTrade,
  toPositionMessage,
  type Trade,
  tradeKeyOf,
} from '@switchyard/positions-core';
import { type Pool, type PoolClient } from 'pg';
import { accountsFolded, type FoldedAccount, type MoneyMoved, moneyMoved, readStored, type Stored, type Wanted } from './positions.sql.js';

interface Fact {
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
  const facts = rows.map(decode);
  const last = new Map(facts.map((fact) => [fact.row.key, fact]));
  const accounts = Array.from(last.values(), ({ row, event }) => ({
    accountId: row.key,
    stream: row.stream,
    accountSeq: event.accountSeq,
  }));
  // An account whose facts move no money needs no book: most facts of an order's life.
  const moved = new Set(facts.filter(({ event }) => mayMoveMoney(event)).map(({ row }) => row.key));
  const withMoney = facts.filter(({ row }) => moved.has(row.key));
  const stored = await readStored(from, wantedBy(withMoney, [...last.keys()]));
  for (const fact of last.values()) mustFollow(fact, stored);
  if (moved.size === 0) return { effect: accountsFolded(accounts), streams: new Set() };
  const money = foldMoney(withMoney, accounts, moved, stored);
  return { effect: moneyMoved(money), streams: new Set(money.rows.map(({ stream }) => stream)) };
}

function mustFollow({ row, event }: Fact, { accounts }: Stored): void {
  const before = accounts.get(row.key);
  if (before !== undefined && (before.stream !== row.stream || before.accountSeq >= event.accountSeq))
    throw new CannotApplyError(row, 'the account_seq goes back, or the account came from another stream before');
}

/** Where positions of a shard's accounts are told: `orders/7f` → `positions/7f`. */
export function positionsStreamOf(ordersStream: string): string {
  return ordersStream.replace(/^.*\//, 'positions/');
}

function foldMoney(facts: readonly Fact[], accounts: readonly FoldedAccount[], moved: ReadonlySet<string>, stored: Stored): MoneyMoved {
  const books = openBooks(moved, stored);
  const trades: Trade[] = [];
  const postings: (Folded['postings'][number] & { accountId: string })[] = [];
  const positions = new Map<string, Position>();
  const tail = new JournalTail(stored);
  for (const { row, event } of facts) {
    const folded = books.get(row.key)?.fold(event);
    assert(folded !== undefined, 'every account with money facts has a book');
    if (!folded.ok) throw new CannotApplyError(row, folded.error);
    postings.push(...folded.value.postings.map((posting) => ({ ...posting, accountId: row.key })));
    const { trade, position } = folded.value;
    if (trade === undefined || position === undefined) continue;
    trades.push(trade);
    positions.set(positionKeyOf(position), position);
    tail.append(row, event, position, trade);
  }
  const cash = [...books.values()].flatMap((book) =>
    [...book.cash].map(([currency, balance]) => ({ accountId: book.accountId, currency, balance })),
  );
  return { accounts, positions: [...positions.values()], cash, trades, postings, rows: tail.rows };
}

function decode(row: JournalRow): Fact {
  let event: OrderEvent;
  try {
    event = OrderEvent.decode(row.payload);
  } catch (error) {
    throw new CannotApplyError(row, 'the bytes of the fact are not an orders.v1.OrderEvent', { cause: error });
  }
  if (event.accountId !== row.key) throw new CannotApplyError(row, `a fact of account ${event.accountId} came under the key ${row.key}`);
  return { row, event };
}

function wantedBy(facts: readonly Fact[], accountIds: readonly string[]): Wanted {
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
