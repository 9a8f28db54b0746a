// The SQL of the noun positions, apart from that of the reader's cursors.
import { type BookedTrade, type Position, type PositionKey, type Posting, type Trade, tradeContentOf } from '@switchyard/positions-core';
import { formatDecimal, Money, Notional, Quantity } from '@switchyard/kernel';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Effect } from '@switchyard/platform/bus';
import { bigintColumn, bytesColumn, textColumn } from '@switchyard/platform/journal';
import { type Pool, type PoolClient } from 'pg';

/** How far an account was folded. */
export interface FoldedAccount {
  readonly accountId: string;
  /** The producer's stream that its facts are in. */
  readonly stream: string;
  readonly accountSeq: number;
}

/** What the facts of a transaction need to know. */
export interface Wanted {
  readonly accountIds: readonly string[];
  readonly positions: readonly PositionKey[];
  readonly trades: readonly { readonly brokerAccountId: string; readonly tradeId: string }[];
  /** Streams of our own journal. */
  readonly streams: readonly string[];
}

/** What of it is stored. */
export interface Stored {
  readonly accounts: readonly FoldedAccount[];
  readonly positions: readonly Position[];
  readonly cash: readonly { readonly accountId: string; readonly currency: string; readonly balance: Money }[];
  readonly trades: readonly (BookedTrade & { readonly brokerAccountId: string; readonly tradeId: string })[];
  /** The last row of each stream that has one. */
  readonly heads: readonly { readonly stream: string; readonly seq: number; readonly hash: Buffer }[];
}

/** The postings of one fact: they share everything but line, book and amount. */
export interface LedgerEntry {
  readonly accountId: string;
  readonly postings: readonly [Posting, ...Posting[]];
}

/** What facts with money in them did. */
export interface MoneyMoved {
  readonly accounts: readonly FoldedAccount[];
  readonly positions: readonly Position[];
  readonly cash: readonly { readonly accountId: string; readonly currency: string; readonly balance: Money }[];
  readonly trades: readonly Trade[];
  readonly entries: readonly LedgerEntry[];
  readonly rows: readonly JournalRow[];
}

/** An account as readers see it: all of one moment. */
export interface AccountView {
  readonly accountSeq: number;
  readonly stream: string;
  /** True while the account is parked. */
  readonly stale: boolean;
  /** In order of instrument. */
  readonly positions: readonly Position[];
  readonly cash: ReadonlyMap<string, Money>;
}

interface PositionRow {
  readonly accountId: string;
  readonly brokerAccountId: string;
  readonly instrumentId: string;
  readonly product: Position['product'];
  readonly currency: string;
  readonly netQty: string;
  readonly openNotional: string;
  readonly boughtQty: string;
  readonly soldQty: string;
  readonly boughtNotional: string;
  readonly soldNotional: string;
  readonly fees: string;
  readonly accountSeq: number;
}

/** A notional has 18 decimals in the database, and is a bigint scaled by that here. */
const scaled = (column: string): string => `(p.${column} * 1e18)::numeric(56, 0)::text`;
const positionColumns = `p.account_id AS "accountId", p.broker_account_id AS "brokerAccountId", p.instrument_id AS "instrumentId", p.product, p.currency,
  p.net_qty::text AS "netQty", ${scaled('open_notional')} AS "openNotional", p.bought_qty::text AS "boughtQty", p.sold_qty::text AS "soldQty",
  ${scaled('bought_notional')} AS "boughtNotional", ${scaled('sold_notional')} AS "soldNotional", p.fees::text, p.account_seq AS "accountSeq"`;
const rowColumns = 'j.stream, j.seq, j.hash, j.key, j.payload, j.traceparent, j.at_ms';

function toPosition(row: PositionRow): Position {
  return {
    ...row,
    netQty: Quantity(row.netQty),
    openNotional: Notional.fromScaled(BigInt(row.openNotional)),
    boughtQty: Quantity(row.boughtQty),
    soldQty: Quantity(row.soldQty),
    boughtNotional: Notional.fromScaled(BigInt(row.boughtNotional)),
    soldNotional: Notional.fromScaled(BigInt(row.soldNotional)),
    fees: Money(row.fees),
  };
}

/**
 * Reads all that is wanted in one round trip, and nothing in none. Nobody else changes it before the effect is written: who does moves a cursor of these streams, or holds its lock.
 * `LIMIT 1` makes PostgreSQL look each key up: a table that has grown since its last ANALYZE, as all of a new database have, it thinks small, and reads whole.
 */
export async function readStored(from: Pool | PoolClient, wanted: Wanted): Promise<Stored> {
  if (Object.values(wanted).every((some: readonly unknown[]) => some.length === 0))
    return { accounts: [], positions: [], cash: [], trades: [], heads: [] };
  const { rows } = await from.query<{
    accounts: { accountId: string; stream: string; accountSeq: number }[] | null;
    positions: PositionRow[] | null;
    cash: { accountId: string; currency: string; balance: string }[] | null;
    trades: { brokerAccountId: string; tradeId: string; accountId: string; content: string }[] | null;
    heads: { stream: string; seq: number; hash: string }[] | null;
  }>({
    name: 'positions read stored',
    text: `SELECT
  (SELECT json_agg(t) FROM (SELECT account_id AS "accountId", stream, account_seq AS "accountSeq" FROM positions.accounts WHERE account_id = ANY($1::text[])) t) AS accounts,
  (SELECT json_agg(t) FROM (SELECT ${positionColumns} FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS k (account_id, broker_account_id, instrument_id, product)
    CROSS JOIN LATERAL (SELECT * FROM positions.positions WHERE (account_id, broker_account_id, instrument_id, product) = (k.account_id, k.broker_account_id, k.instrument_id, k.product) LIMIT 1) p) t) AS positions,
  (SELECT json_agg(t) FROM (SELECT account_id AS "accountId", currency, balance::text FROM positions.cash WHERE account_id = ANY($1)) t) AS cash,
  (SELECT json_agg(t) FROM (SELECT b.broker_account_id AS "brokerAccountId", b.trade_id AS "tradeId", b.account_id AS "accountId", b.content
    FROM unnest($6::text[], $7::text[]) AS k (broker_account_id, trade_id)
    CROSS JOIN LATERAL (SELECT * FROM positions.trades WHERE (broker_account_id, trade_id) = (k.broker_account_id, k.trade_id) LIMIT 1) b) t) AS trades,
  (SELECT json_agg(t) FROM (SELECT s.stream, j.seq, encode(j.hash, 'hex') AS hash FROM unnest($8::text[]) AS s (stream)
    CROSS JOIN LATERAL (SELECT seq, hash FROM positions.journal WHERE stream = s.stream ORDER BY seq DESC LIMIT 1) j) t) AS heads`,
    values: [
      textColumn(wanted.accountIds),
      ...textColumns(wanted.positions, ['accountId', 'brokerAccountId', 'instrumentId', 'product']),
      ...textColumns(wanted.trades, ['brokerAccountId', 'tradeId']),
      textColumn(wanted.streams),
    ],
  });
  const [found] = rows;
  return {
    accounts: found?.accounts ?? [],
    positions: (found?.positions ?? []).map(toPosition),
    cash: (found?.cash ?? []).map((row) => ({ ...row, balance: Money(row.balance) })),
    trades: found?.trades ?? [],
    heads: (found?.heads ?? []).map((row) => ({ ...row, hash: Buffer.from(row.hash, 'hex') })),
  };
}

const foldedCte = `folded AS (INSERT INTO positions.accounts (account_id, stream, account_seq) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
  ON CONFLICT (account_id) DO UPDATE SET account_seq = EXCLUDED.account_seq)`;

/** Facts that move no money move only how far their accounts were folded. */
export function accountsFolded(accounts: readonly FoldedAccount[]): Effect {
  return { name: 'accounts folded', ctes: (firstParam) => numberedFrom(firstParam, foldedCte), params: accountColumns(accounts) };
}

const moneyMovedCtes = `${foldedCte}, put AS (
  INSERT INTO positions.positions (account_id, broker_account_id, instrument_id, product, currency, net_qty, open_notional, bought_qty, sold_qty, bought_notional, sold_notional, fees, account_seq)
  SELECT a, b, i, pr, c, nq, o * 1e-18, bq, sq, bn * 1e-18, sn * 1e-18, f, s FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]::numeric[], $10::text[]::numeric[],
    $11::text[]::numeric[], $12::text[]::numeric[], $13::text[]::numeric[], $14::text[]::numeric[], $15::text[]::numeric[], $16::bigint[]) AS u (a, b, i, pr, c, nq, o, bq, sq, bn, sn, f, s)
  ON CONFLICT (account_id, broker_account_id, instrument_id, product) DO UPDATE SET net_qty = EXCLUDED.net_qty, open_notional = EXCLUDED.open_notional,
    bought_qty = EXCLUDED.bought_qty, sold_qty = EXCLUDED.sold_qty, bought_notional = EXCLUDED.bought_notional, sold_notional = EXCLUDED.sold_notional,
    fees = EXCLUDED.fees, account_seq = EXCLUDED.account_seq
), cashed AS (
  INSERT INTO positions.cash (account_id, currency, balance) SELECT * FROM unnest($17::text[], $18::text[], $19::text[]::numeric[])
  ON CONFLICT (account_id, currency) DO UPDATE SET balance = EXCLUDED.balance
), traded AS (
  INSERT INTO positions.trades (broker_account_id, trade_id, account_id, account_seq, content) SELECT * FROM unnest($20::text[], $21::text[], $22::text[], $23::bigint[], $24::text[])
), posted AS (
  INSERT INTO positions.ledger (account_id, account_seq, currency, books, amounts, text, at_ms, ref)
  SELECT a, s, c, b::text[], m::numeric[], t, at, r
  FROM unnest($25::text[], $26::bigint[], $27::text[], $28::text[], $29::text[], $30::text[], $31::bigint[], $32::text[]) AS u (a, s, c, b, m, t, at, r)
), journaled AS (
  INSERT INTO positions.journal (stream, seq, hash, key, payload, traceparent, at_ms)
  SELECT * FROM unnest($33::text[], $34::bigint[], $35::bytea[], $36::text[], $37::bytea[], $38::text[], $39::bigint[])
), marked AS (
  INSERT INTO positions.watermarks (stream, seq) SELECT DISTINCT stream, 0 FROM unnest($33) AS s (stream) ON CONFLICT DO NOTHING
)`;

/** Everything that facts with money in them write. */
export function moneyMoved(effect: MoneyMoved): Effect {
  return {
    name: 'money moved',
    ctes: (firstParam) => numberedFrom(firstParam, moneyMovedCtes),
    params: [
      ...accountColumns(effect.accounts),
      ...textColumns(effect.positions, ['accountId', 'brokerAccountId', 'instrumentId', 'product', 'currency']),
      textColumn(effect.positions.map((position) => formatDecimal(position.netQty))),
      textColumn(effect.positions.map((position) => String(position.openNotional))),
      textColumn(effect.positions.map((position) => formatDecimal(position.boughtQty))),
      textColumn(effect.positions.map((position) => formatDecimal(position.soldQty))),
      textColumn(effect.positions.map((position) => String(position.boughtNotional))),
      textColumn(effect.positions.map((position) => String(position.soldNotional))),
      textColumn(effect.positions.map((position) => formatDecimal(position.fees))),
      bigintColumn(effect.positions.map((position) => position.accountSeq)),
      ...textColumns(effect.cash, ['accountId', 'currency']),
      textColumn(effect.cash.map(({ balance }) => formatDecimal(balance))),
      ...textColumns(effect.trades, ['brokerAccountId', 'tradeId', 'accountId']),
      bigintColumn(effect.trades.map((trade) => trade.accountSeq)),
      textColumn(effect.trades.map(tradeContentOf)),
      textColumn(effect.entries.map(({ accountId }) => accountId)),
      bigintColumn(effect.entries.map(({ postings: [first] }) => first.accountSeq)),
      textColumn(effect.entries.map(({ postings: [first] }) => first.currency)),
      textColumn(effect.entries.map(({ postings }) => arrayText(postings.map(({ book }) => book)))),
      textColumn(effect.entries.map(({ postings }) => arrayText(postings.map(({ amount }) => formatDecimal(amount))))),
      textColumn(effect.entries.map(({ postings: [first] }) => first.text)),
      bigintColumn(effect.entries.map(({ postings: [first] }) => first.atMs)),
      textColumn(effect.entries.map(({ postings: [first] }) => first.ref)),
      textColumn(effect.rows.map((row) => row.stream)),
      bigintColumn(effect.rows.map((row) => row.seq)),
      bytesColumn(effect.rows.map((row) => row.hash)),
      textColumn(effect.rows.map((row) => row.key)),
      bytesColumn(effect.rows.map((row) => row.payload)),
      textColumn(effect.rows.map((row) => row.traceparent)),
      bigintColumn(effect.rows.map((row) => row.atMs)),
    ],
  };
}

/** An account with its positions and cash; undefined where no fact of it was ever folded. */
export async function readAccount(from: Pool | PoolClient, reader: string, accountId: string): Promise<AccountView | undefined> {
  const { rows } = await from.query<{
    accountSeq: string;
    stream: string;
    stale: boolean;
    positions: PositionRow[] | null;
    cash: { currency: string; balance: string }[] | null;
  }>(
    `SELECT a.account_seq AS "accountSeq", a.stream, EXISTS (SELECT FROM positions.parked k WHERE k.reader = $1 AND k.key = a.account_id) AS stale,
  (SELECT json_agg(t) FROM (SELECT ${positionColumns} FROM positions.positions p WHERE p.account_id = a.account_id ORDER BY p.instrument_id, p.broker_account_id, p.product) t) AS positions,
  (SELECT json_agg(t) FROM (SELECT currency, balance::text FROM positions.cash c WHERE c.account_id = a.account_id ORDER BY currency) t) AS cash
FROM positions.accounts a WHERE a.account_id = $2`,
    [reader, accountId],
  );
  const [row] = rows;
  return (
    row && {
      accountSeq: Number(row.accountSeq),
      stream: row.stream,
      stale: row.stale,
      positions: (row.positions ?? []).map(toPosition),
      cash: new Map(row.cash?.map(({ currency, balance }) => [currency, Money(balance)])),
    }
  );
}

/** How far each of the accounts was folded, and which are parked: to see what changed. */
export async function readAccountHeads(
  pool: Pool,
  reader: string,
  accountIds: readonly string[],
): Promise<{ accountId: string; accountSeq: number; stale: boolean }[]> {
  const { rows } = await pool.query<{ accountId: string; accountSeq: string; stale: boolean }>(
    `SELECT a.account_id AS "accountId", a.account_seq AS "accountSeq", EXISTS (SELECT FROM positions.parked k WHERE k.reader = $1 AND k.key = a.account_id) AS stale
FROM positions.accounts a WHERE a.account_id = ANY($2::text[])`,
    [reader, accountIds],
  );
  return rows.map((row) => ({ ...row, accountSeq: Number(row.accountSeq) }));
}

/** Where a page of the ledger begins: after this posting. */
export interface LedgerPlace {
  readonly accountSeq: number;
  readonly line: number;
}

interface PostingRow extends Omit<Posting, 'accountSeq' | 'amount' | 'atMs'> {
  readonly accountSeq: string;
  readonly amount: string;
  readonly atMs: string;
}

const postingColumns = `e.account_seq AS "accountSeq", p.line::int, p.book, e.currency, p.amount::text, e.text, e.at_ms AS "atMs", e.ref`;
const postingsOfEntries = 'positions.ledger e CROSS JOIN LATERAL unnest(e.books, e.amounts) WITH ORDINALITY AS p (book, amount, line)';
const toPosting = (row: PostingRow): Posting => ({
  ...row,
  accountSeq: Number(row.accountSeq),
  amount: Money(row.amount),
  atMs: Number(row.atMs),
});

/** Postings by fact, newest fact first, the lines of a fact in order. */
export async function readLedger(
  pool: Pool,
  accountId: string,
  after: LedgerPlace | undefined,
  limit: number,
): Promise<readonly Posting[]> {
  const { rows } = await pool.query<PostingRow>(
    `SELECT ${postingColumns} FROM ${postingsOfEntries}
WHERE e.account_id = $1 AND e.account_seq <= $2 AND (e.account_seq < $2 OR p.line > $3) ORDER BY e.account_seq DESC, p.line LIMIT $4`,
    [accountId, after?.accountSeq ?? Number.MAX_SAFE_INTEGER, after?.line ?? 0, limit],
  );
  return rows.map(toPosting);
}

/** Postings in the order in which they were made. */
export async function readLedgerForward(tx: PoolClient, accountId: string, after: LedgerPlace, limit: number): Promise<readonly Posting[]> {
  const { rows } = await tx.query<PostingRow>(
    `SELECT ${postingColumns} FROM ${postingsOfEntries}
WHERE e.account_id = $1 AND e.account_seq >= $2 AND (e.account_seq > $2 OR p.line > $3) ORDER BY e.account_seq, p.line LIMIT $4`,
    [accountId, after.accountSeq, after.line, limit],
  );
  return rows.map(toPosting);
}

interface JournalTableRow extends Omit<JournalRow, 'seq' | 'atMs'> {
  readonly seq: string;
  readonly at_ms: string;
}

const toJournalRow = ({ at_ms, ...row }: JournalTableRow): JournalRow => ({ ...row, seq: Number(row.seq), atMs: Number(at_ms) });

/** Rows of our own journal. */
export async function readJournal(pool: Pool, stream: string, fromSeq: number, limit: number): Promise<readonly JournalRow[]> {
  const { rows } = await pool.query<JournalTableRow>(
    `SELECT ${rowColumns} FROM positions.journal j WHERE stream = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
    [stream, fromSeq, limit],
  );
  return rows.map(toJournalRow);
}

/** Every stream of our own journal with its last sequence, and how far it was published. */
export async function readHeads(pool: Pool): Promise<{ stream: string; seq: number; published: number }[]> {
  const { rows } = await pool.query<{ stream: string; seq: string; published: string }>(
    `SELECT w.stream, j.seq, w.seq AS published FROM positions.watermarks w
CROSS JOIN LATERAL (SELECT seq FROM positions.journal j WHERE j.stream = w.stream ORDER BY seq DESC LIMIT 1) j`,
  );
  return rows.map((row) => ({ stream: row.stream, seq: Number(row.seq), published: Number(row.published) }));
}

/**
 * The next rows to publish of these streams, at most `limit` of each, in order. The streams' watermarks stay locked until the transaction ends, so that no other
 * process publishes them meanwhile; streams that another one has locked are left to it.
 */
export async function lockUnpublished(tx: PoolClient, streams: readonly string[], limit: number): Promise<readonly JournalRow[]> {
  const { rows } = await tx.query<JournalTableRow>({
    name: 'positions unpublished',
    text: `WITH w AS (SELECT stream, seq FROM positions.watermarks WHERE stream = ANY($1::text[]) ORDER BY stream FOR UPDATE SKIP LOCKED)
SELECT ${rowColumns} FROM w CROSS JOIN LATERAL (SELECT * FROM positions.journal j WHERE j.stream = w.stream AND j.seq > w.seq ORDER BY j.seq LIMIT $2) j ORDER BY j.stream, j.seq`,
    values: [streams, limit],
  });
  return rows.map(toJournalRow);
}

/** Notes that the streams were published up to these sequences. */
export async function moveWatermarks(tx: PoolClient, upTo: ReadonlyMap<string, number>): Promise<void> {
  await tx.query(
    `UPDATE positions.watermarks w SET seq = n.seq FROM unnest($1::text[], $2::bigint[]) AS n (stream, seq) WHERE w.stream = n.stream`,
    [[...upTo.keys()], [...upTo.values()]],
  );
}

function textColumns<Field extends string>(items: readonly Readonly<Record<Field, string>>[], fields: readonly Field[]): Buffer[] {
  return fields.map((field) => textColumn(items.map((item) => item[field])));
}

/** An array as PostgreSQL reads it from a text. */
function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** The parameters of a text that begins with $1, numbered from another one. */
function numberedFrom(firstParam: number, text: string): string {
  return text.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + firstParam - 1}`);
}

function accountColumns(accounts: readonly FoldedAccount[]): Buffer[] {
  return [...textColumns(accounts, ['accountId', 'stream']), bigintColumn(accounts.map((account) => account.accountSeq))];
}
