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
import { Known } from './known.js';
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

/**
 * Makes the effects of rows of orders.v1. It folds on from what it wrote last and asks the database only for what it does not know: as long as the rows follow on in
 * their streams, and the cursors stand where it left them, which the statement checks, nobody else wrote there.
 */
export class FactFolder {
  /** None while a statement is under way, which may be written or not. */
  #known: Known | undefined;
  #underWay: Known | undefined;

  constructor(private readonly pool: Pool) {}

  /**
   * The effect of rows, in order. Reads at most once, whatever their number. Say `committed` when it is written.
   * @param from the pool; or a transaction, in which keys may have been replayed since, and trades may come again: there, all is read.
   * @throws CannotApplyError for the first row that can't be applied.
   */
  async effectOf(from: Pool | PoolClient, rows: readonly JournalRow[]): Promise<FactsEffect> {
    const isOnward = from === this.pool;
    const known = isOnward && this.#known?.isBefore(rows) === true ? this.#known : new Known();
    this.#known = this.#underWay = undefined;
    const effect = await effectOfFacts(from, known, rows, isOnward);
    if (isOnward && !known.isTooLarge) this.#underWay = known;
    return effect;
  }

  /** The last effect is written. */
  committed(): void {
    this.#known = this.#underWay;
    this.#underWay = undefined;
  }
}

/** What rows of orders.v1 do here. */
export interface FactsEffect {
  readonly effect: Effect;
  /** Streams of positions.v1 that get rows by it. */
  readonly streams: ReadonlySet<string>;
}

async function effectOfFacts(from: Pool | PoolClient, known: Known, rows: readonly JournalRow[], isOnward: boolean): Promise<FactsEffect> {
  const facts = rows.map(read);
  const first = new Map<string, Fact>();
  const last = new Map<string, Fact>();
  for (const fact of facts) {
    mustFollow(fact, last.get(fact.accountId));
    if (!first.has(fact.accountId)) first.set(fact.accountId, fact);
    last.set(fact.accountId, fact);
  }
  const withMoney = facts.flatMap(({ row, event }) => (event === undefined ? [] : [{ row, event }]));
  const wanted = wantedBy(withMoney, [...last.keys()]);
  // That a trade is new, its unique key says: where it is not, nothing is written, and each row comes alone, in a transaction.
  const missing = known.missing(isOnward ? { ...wanted, trades: [] } : wanted);
  const stored = await readStored(from, missing);
  known.read(missing, stored);
  for (const fact of first.values()) mustFollow(fact, known.accounts.get(fact.accountId));
  const money = foldMoney(withMoney, openBooks(withMoney, wanted, known, stored.trades), new JournalTail(known));
  const moved: MoneyMoved = { accounts: [...last.values()], ...money };
  known.wrote(rows, moved);
  return withMoney.length === 0
    ? { effect: accountsFolded(moved.accounts), streams: new Set() }
    : { effect: moneyMoved(moved), streams: new Set(moved.rows.map(({ stream }) => stream)) };
}

function mustFollow({ row, stream, accountSeq }: Fact, before: FoldedAccount | undefined): void {
  if (before !== undefined && (before.stream !== stream || before.accountSeq >= accountSeq))
    throw new CannotApplyError(row, 'the account_seq goes back, or the account came from another stream before');
}

/** Where positions of a shard's accounts are told: `orders/7f` → `positions/7f`. */
export function positionsStreamOf(ordersStream: string): string {
  return ordersStream.replace(/^.*\//, 'positions/');
}

function foldMoney(facts: readonly MoneyFact[], books: ReadonlyMap<string, AccountBook>, tail: JournalTail): Omit<MoneyMoved, 'accounts'> {
  const trades: Trade[] = [];
  const entries: LedgerEntry[] = [];
  const positions = new Map<string, Position>();
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
  return { positions: [...positions.values()], cash, trades, entries, rows: tail.rows };
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

/** A book for each account of these facts, with the positions that they may change. */
function openBooks(facts: readonly MoneyFact[], wanted: Wanted, known: Known, booked: Stored['trades']): ReadonlyMap<string, AccountBook> {
  const trades = new Map<string, BookedTrade>(booked.map((trade) => [tradeKeyOf(trade), trade]));
  const positions = new Map<string, Position[]>(facts.map(({ row }) => [row.key, []]));
  for (const key of wanted.positions) {
    const position = known.positions.get(positionKeyOf(key));
    if (position !== undefined) positions.get(key.accountId)?.push(position);
  }
  const books = new Map<string, AccountBook>();
  for (const [accountId, ofAccount] of positions) {
    const book = new AccountBook(accountId, trades);
    book.restore(known.accounts.get(accountId)?.accountSeq ?? 0, ofAccount, known.cash.get(accountId) ?? new Map());
    books.set(accountId, book);
  }
  return books;
}

/** The rows of positions.v1 that follow what our journal has. */
class JournalTail {
  readonly rows: JournalRow[] = [];
  readonly #heads: Map<string, { readonly seq: number; readonly hash: Uint8Array }>;

  constructor({ heads }: Known) {
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
