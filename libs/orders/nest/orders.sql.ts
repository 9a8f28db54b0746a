// Every raw statement of the orders noun.
import { type OrdStatus } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type ListParkedResponse_Parked } from '@switchyard/contracts/gen/platform/v1/journal';
import {
  type Account,
  accountFromSnapshot,
  accountToSnapshot,
  type ClaimKind,
  type ClaimRow,
  type DirtyState,
  isFinal,
  type Order,
  orderFromSnapshot,
  orderToSnapshot,
  ordStatusOf,
  type OwnerRows,
  type ParkedRow,
  type RequestScope,
  type SessionCursor,
} from '@switchyard/orders-core';
import { RiskGroupId, shardHex, shardOf, shardOfOrderId } from '@switchyard/kernel';
import {
  bigintColumn,
  booleanColumn,
  bytesColumn,
  type Change,
  type FencedSql,
  smallintColumn,
  textColumn,
} from '@switchyard/platform/journal';
import { type Pool } from 'pg';

export const streamOfShard = (shard: number): string => `orders/${shardHex(shard)}`;
export const shardOfStream = (stream: string): number => Number.parseInt(stream.slice('orders/'.length), 16);

const orderColumns = 'order_id, account_id, shard, accepted_seq, instrument_id, ord_status, is_final, created_at_ms, updated_at_ms, state';
const orderTypes = ['text', 'text', 'smallint', 'bigint', 'text', 'smallint', 'boolean', 'bigint', 'bigint', 'text'];
const orderUnnest = (p: number): string => `unnest(${orderTypes.map((type, at) => `$${p + at}::${type}[]`).join(', ')})`;

/** The rows of a change, and the stream that its events go to. */
export interface StoredRows extends OwnerRows {
  readonly stream: string;
}

/** A claim that the group holds already is passed over; where another group holds it, the insert breaks the key. */
const claimsInserted = (p: number): string => `
      INSERT INTO orders.claims (kind, id, risk_group_id)
      SELECT DISTINCT * FROM unnest($${p}::text[], $${p + 1}::text[], $${p + 2}::text[]) AS claimed (kind, id, risk_group_id)
      WHERE EXISTS (SELECT FROM me)
        AND NOT EXISTS (
          SELECT FROM orders.claims c WHERE c.kind = claimed.kind AND c.id = claimed.id AND c.risk_group_id = claimed.risk_group_id)`;
const claimParams = (claims: readonly ClaimRow[]): unknown[] => [
  textColumn(claims.map((claim) => claim.kind)),
  textColumn(claims.map((claim) => claim.id)),
  textColumn(claims.map((claim) => claim.riskGroupId)),
];

/** The orders' part of the append statement: ids of requests, parked reports, claims of risk groups. */
export const ownerSql: FencedSql<StoredRows> = {
  ctes: (p) => `
    requests_inserted AS (
      INSERT INTO orders.requests (account_id, scope, request_id, order_id, stream, seq)
      SELECT * FROM unnest($${p}::text[], $${p + 1}::text[], $${p + 2}::text[], $${p + 3}::text[], $${p + 4}::text[], $${p + 5}::bigint[])
      WHERE EXISTS (SELECT FROM me)),
    reports_parked AS (
      INSERT INTO orders.parked (reader, stream, key, from_seq, error, payload)
      SELECT * FROM unnest($${p + 6}::text[], $${p + 7}::text[], $${p + 8}::text[], $${p + 9}::bigint[], $${p + 10}::text[], $${p + 11}::bytea[])
      WHERE EXISTS (SELECT FROM me)
      ON CONFLICT (reader, stream, key, from_seq) DO UPDATE SET error = excluded.error),
    reports_unparked AS (
      DELETE FROM orders.parked
      WHERE (reader, stream, key, from_seq) IN (SELECT * FROM unnest($${p + 12}::text[], $${p + 13}::text[], $${p + 14}::text[], $${p + 15}::bigint[]))
        AND EXISTS (SELECT FROM me)),
    claims_inserted AS (${claimsInserted(p + 16)})`,

  params(extras) {
    const requests = extras.flatMap((rows) => rows.requests);
    const streams = extras.flatMap((rows) => rows.requests.map(() => rows.stream));
    const parked = extras.flatMap((rows) => rows.parked);
    const unparked = extras.flatMap((rows) => rows.unparked);
    return [
      textColumn(requests.map((row) => row.accountId)),
      textColumn(requests.map((row) => row.scope)),
      textColumn(requests.map((row) => row.requestId)),
      textColumn(requests.map((row) => row.orderId)),
      textColumn(streams),
      bigintColumn(requests.map((row) => row.seq)),
      textColumn(parked.map((row) => row.reader)),
      textColumn(parked.map((row) => row.stream)),
      textColumn(parked.map((row) => row.key)),
      bigintColumn(parked.map((row) => row.fromSeq)),
      textColumn(parked.map((row) => row.error)),
      bytesColumn(parked.map((row) => row.payload)),
      textColumn(unparked.map((row) => row.reader)),
      textColumn(unparked.map((row) => row.stream)),
      textColumn(unparked.map((row) => row.key)),
      bigintColumn(unparked.map((row) => row.fromSeq)),
      ...claimParams(extras.flatMap((rows) => rows.claims)),
    ];
  },

  conflicts: { constraints: ['requests_pkey', 'claims_pkey'], offenders: findOffenders },
};

function orderParams(orders: readonly Order[]): unknown[] {
  return [
    textColumn(orders.map((order) => order.orderId)),
    textColumn(orders.map((order) => order.accountId)),
    smallintColumn(orders.map((order) => shardOfId(order.orderId))),
    bigintColumn(orders.map((order) => order.acceptedSeq)),
    textColumn(orders.map((order) => order.content.instrument)),
    smallintColumn(orders.map(ordStatusOf)),
    booleanColumn(orders.map(isFinal)),
    bigintColumn(orders.map((order) => order.createdAtMs)),
    bigintColumn(orders.map((order) => order.updatedAtMs)),
    textColumn(orders.map(orderToSnapshot)),
  ];
}

function shardOfId(orderId: string): number {
  const shard = shardOfOrderId(orderId);
  if (!shard.ok) throw new Error(`an order's id holds its shard: ${orderId}`);
  return shard.value;
}

/** The changes whose request ids or claims are stored, or taken by an earlier change of the same statement. */
async function findOffenders(pool: Pool, changes: readonly Change<StoredRows>[]): Promise<readonly Change<StoredRows>[]> {
  const requests = changes.flatMap((change) => change.extra?.requests ?? []);
  const { rows } = await pool.query<{ account_id: string; scope: string; request_id: string }>(
    `SELECT account_id, scope, request_id FROM orders.requests
     WHERE (account_id, scope, request_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
    [requests.map((row) => row.accountId), requests.map((row) => row.scope), requests.map((row) => row.requestId)],
  );
  const taken = new Set(rows.map((row) => `${row.account_id}\n${row.scope}\n${row.request_id}`));
  const claimed = await readClaims(
    pool,
    changes.flatMap((change) => change.extra?.claims ?? []),
  );
  return changes.filter((change) => {
    const keys = (change.extra?.requests ?? []).map((row) => `${row.accountId}\n${row.scope}\n${row.requestId}`);
    const claims = change.extra?.claims ?? [];
    const offends =
      keys.some((key) => taken.has(key)) ||
      claims.some((claim) => (claimed.get(keyOfClaim(claim)) ?? claim.riskGroupId) !== claim.riskGroupId);
    if (!offends) {
      for (const key of keys) taken.add(key);
      for (const claim of claims) claimed.set(keyOfClaim(claim), claim.riskGroupId);
    }
    return offends;
  });
}

const keyOfClaim = ({ kind, id }: Pick<ClaimRow, 'kind' | 'id'>): string => `${kind}\n${id}`;

/** Who holds these claims, where somebody does. */
async function readClaims(pool: Pool, claims: readonly Pick<ClaimRow, 'kind' | 'id'>[]): Promise<Map<string, string>> {
  if (claims.length === 0) return new Map();
  const { rows } = await pool.query<{ kind: ClaimKind; id: string; risk_group_id: string }>(
    'SELECT kind, id, risk_group_id FROM orders.claims WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
    [claims.map((claim) => claim.kind), claims.map((claim) => claim.id)],
  );
  return new Map(rows.map(({ kind, id, risk_group_id: riskGroupId }) => [keyOfClaim({ kind, id }), riskGroupId]));
}

/** The risk group that holds the claim; undefined when nobody does. */
export async function findClaim(pool: Pool, kind: ClaimKind, id: string): Promise<string | undefined> {
  return (await readClaims(pool, [{ kind, id }])).get(keyOfClaim({ kind, id }));
}

/**
 * Claims accounts that an older version opened without a claim, fenced.
 * @returns of those that another risk group holds, the first one and who holds it.
 */
export async function claimAccounts(
  pool: Pool,
  holderId: string,
  accounts: readonly Pick<Account, 'accountId' | 'riskGroupId'>[],
): Promise<{ readonly accountId: string; readonly holder: string } | undefined> {
  const claims = accounts.map(({ accountId, riskGroupId }): ClaimRow => ({ kind: 'account', id: accountId, riskGroupId }));
  await pool.query(
    `WITH me AS (SELECT 1 FROM orders.holders WHERE id = $4 AND alive FOR SHARE) ${claimsInserted(1)} ON CONFLICT DO NOTHING`,
    [...claimParams(claims), holderId],
  );
  const held = await readClaims(pool, claims);
  for (const claim of claims) {
    const holder = held.get(keyOfClaim(claim));
    if (holder === undefined) throw new Error('the claims of accounts could not be written: this holder is dead');
    if (holder !== claim.riskGroupId) return { accountId: claim.id, holder };
  }
  return undefined;
}

/** PostgreSQL's word for the division by which a flush ends that must not be written. */
const divisionByZero = '22012';

/**
 * Writes changed accounts and orders to their rows, fenced, with the sequence up to which they hold everything. False: this holder is dead, or the rows of one
 * of the shards hold more already, and nothing was written. A statement that was given up may run late: rows that it set back could not be folded on.
 */
export async function flush(
  pool: Pool,
  holderId: string,
  flushed: readonly { readonly shard: number; readonly dirty: DirtyState }[],
): Promise<boolean> {
  const accounts = flushed.flatMap(({ dirty }) => dirty.accounts);
  const orders = flushed.flatMap(({ dirty }) => dirty.orders);
  const statement = {
    name: 'orders-flush',
    // The last line makes it all or nothing. It asks for the flushes, which so are written first: of two statements at once, the second waits there.
    text: `
      WITH me AS (SELECT 1 FROM orders.holders WHERE id = $1 AND alive FOR SHARE),
      accounts AS (
        INSERT INTO orders.accounts AS a (account_id, risk_group_id, shard, state)
        SELECT * FROM unnest($2::text[], $3::text[], $4::smallint[], $5::text[]) WHERE EXISTS (SELECT FROM me)
        ON CONFLICT (account_id) DO UPDATE SET state = excluded.state),
      orders AS (
        INSERT INTO orders.orders AS o (${orderColumns}) SELECT * FROM ${orderUnnest(6)} WHERE EXISTS (SELECT FROM me)
        ON CONFLICT (order_id) DO UPDATE SET ord_status = excluded.ord_status, is_final = excluded.is_final, updated_at_ms = excluded.updated_at_ms, state = excluded.state),
      flushes AS (
        INSERT INTO orders.flushes AS f (stream, seq) SELECT * FROM unnest($16::text[], $17::bigint[]) WHERE EXISTS (SELECT FROM me)
        ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq WHERE f.seq <= excluded.seq RETURNING 1)
      SELECT 1 / CASE WHEN (SELECT count(*) FROM flushes) = cardinality($16::text[]) THEN 1 ELSE 0 END`,
    values: [
      holderId,
      textColumn(accounts.map((account) => account.accountId)),
      textColumn(accounts.map((account) => account.riskGroupId)),
      smallintColumn(accounts.map((account) => shardOf(RiskGroupId(account.riskGroupId)))),
      textColumn(accounts.map(accountToSnapshot)),
      ...orderParams(orders),
      textColumn(flushed.map(({ shard }) => streamOfShard(shard))),
      bigintColumn(flushed.map(({ dirty }) => dirty.seq)),
    ],
  };
  return pool.query(statement).then(
    () => true,
    (error: Error & { code?: string }) => (error.code === divisionByZero ? false : Promise.reject(error)),
  );
}

/** What was flushed of a shard, and from where the journal goes on. */
export async function readShard(
  pool: Pool,
  shard: number,
): Promise<{ accounts: Account[]; openOrders: Order[]; cursors: SessionCursor[]; flushedSeq: number }> {
  const hex = shardHex(shard);
  const [rows, cursors] = await Promise.all([
    // One statement, which sees one moment: the last flush of who gave the shard away may come now, and moves the rows with their sequence.
    pool.query<{ kind: 'account' | 'order' | 'flushed'; state: string }>(
      `SELECT kind, state FROM (
         SELECT 'account' AS kind, account_id, 0 AS accepted_seq, state FROM orders.accounts WHERE shard = $1
         UNION ALL SELECT 'order', account_id, accepted_seq, state FROM orders.orders WHERE shard = $1 AND NOT is_final
         UNION ALL SELECT 'flushed', '', 0, seq::text FROM orders.flushes WHERE stream = $2
       ) AS found ORDER BY account_id, accepted_seq`,
      [shard, streamOfShard(shard)],
    ),
    pool.query<{ stream: string; last_seq: string; last_hash: Buffer }>(
      `SELECT stream, last_seq, last_hash FROM orders.cursors WHERE reader = 'orders' AND stream LIKE 'session/%/' || $1`,
      [hex],
    ),
  ]);
  const statesOf = (kind: string): string[] => rows.rows.filter((row) => row.kind === kind).map(({ state }) => state);
  return {
    accounts: statesOf('account').map(accountFromSnapshot),
    openOrders: statesOf('order').map(orderFromSnapshot),
    cursors: cursors.rows.map((row) => ({
      sessionId: row.stream.slice('session/'.length, -hex.length - 1),
      seq: Number(row.last_seq),
      hash: row.last_hash,
    })),
    flushedSeq: Number(statesOf('flushed')[0] ?? 0),
  };
}

/** The sequence of a shard's stream up to which the rows of accounts and orders hold everything; 0 where nothing was flushed. */
export async function readFlushedSeq(pool: Pool, stream: string): Promise<number> {
  const { rows } = await pool.query<{ seq: string }>('SELECT seq FROM orders.flushes WHERE stream = $1', [stream]);
  return Number(rows[0]?.seq ?? 0);
}

/** The event that answered a request; undefined when the id is free. */
export async function findRequest(pool: Pool, accountId: string, scope: RequestScope, requestId: string): Promise<OrderEvent | undefined> {
  const { rows } = await pool.query<{ payload: Buffer }>({
    name: 'orders-find-request',
    text: `SELECT j.payload FROM orders.requests r JOIN orders.journal j ON j.stream = r.stream AND j.seq = r.seq
           WHERE r.account_id = $1 AND r.scope = $2 AND r.request_id = $3`,
    values: [accountId, scope, requestId],
  });
  return rows[0] && OrderEvent.decode(rows[0].payload);
}

/** The order of any request of the account; undefined when there is none. */
export async function findOrderIdOfRequest(pool: Pool, accountId: string, clOrdId: string): Promise<string | undefined> {
  const sql = `SELECT order_id FROM orders.requests WHERE account_id = $1 AND scope = 'clOrdId' AND request_id = $2`;
  const { rows } = await pool.query<{ order_id: string }>(sql, [accountId, clOrdId]);
  return rows[0]?.order_id;
}

/** What is parked of an account on a stream, in the stream's order. */
export async function findParked(pool: Pool, stream: string, key: string): Promise<ParkedRow[]> {
  const { rows } = await pool.query<{ reader: string; from_seq: string; error: string; payload: Buffer | null }>(
    'SELECT reader, from_seq, error, payload FROM orders.parked WHERE stream = $1 AND key = $2 ORDER BY from_seq',
    [stream, key],
  );
  const none = Buffer.alloc(0);
  return rows.map((row) => ({ ...row, stream, key, fromSeq: Number(row.from_seq), payload: row.payload ?? none }));
}

/** Everything that is parked, the oldest first. */
export async function listParked(pool: Pool): Promise<ListParkedResponse_Parked[]> {
  const { rows } = await pool.query<{ reader: string; stream: string; key: string; from_seq: string; error: string; parked_at_ms: number }>(
    `SELECT reader, stream, key, from_seq, error, floor(extract(epoch FROM parked_at) * 1000)::float8 AS parked_at_ms
     FROM orders.parked ORDER BY parked_at, stream, from_seq`,
  );
  return rows.map((row) => ({ ...row, fromSeq: Number(row.from_seq), parkedAtMs: row.parked_at_ms }));
}

export async function findOrder(pool: Pool, accountId: string, orderId: string): Promise<Order | undefined> {
  const { rows } = await pool.query<{ state: string }>('SELECT state FROM orders.orders WHERE order_id = $1 AND account_id = $2', [
    orderId,
    accountId,
  ]);
  return rows[0] && orderFromSnapshot(rows[0].state);
}

export interface OrderFilter {
  readonly accountId: string;
  readonly ordStatuses: readonly OrdStatus[];
  readonly openOnly: boolean;
  readonly instrumentId: string;
  /** Only orders accepted before this one; undefined from the newest. */
  readonly beforeSeq: number | undefined;
  readonly limit: number;
}

/** Orders as last flushed, newest first. */
export async function listOrders(pool: Pool, filter: OrderFilter): Promise<Order[]> {
  const { rows } = await pool.query<{ state: string }>(
    `SELECT state FROM orders.orders
     WHERE account_id = $1 AND (cardinality($2::smallint[]) = 0 OR ord_status = ANY($2)) AND (NOT $3 OR NOT is_final)
       AND ($4 = '' OR instrument_id = $4) AND ($5::bigint IS NULL OR accepted_seq < $5)
     ORDER BY accepted_seq DESC LIMIT $6`,
    [filter.accountId, filter.ordStatuses, filter.openOnly, filter.instrumentId, filter.beforeSeq ?? null, filter.limit],
  );
  return rows.map((row) => orderFromSnapshot(row.state));
}

/** Every account with its shard, in order of id. */
export async function readAccountShards(pool: Pool): Promise<{ accountId: string; shard: number }[]> {
  const { rows } = await pool.query<{ account_id: string; shard: number }>(
    'SELECT account_id, shard FROM orders.accounts ORDER BY account_id',
  );
  return rows.map((row) => ({ accountId: row.account_id, shard: row.shard }));
}

/** The shard of an account; undefined when there is no such account. */
export async function readAccountShard(pool: Pool, accountId: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ shard: number }>('SELECT shard FROM orders.accounts WHERE account_id = $1', [accountId]);
  return rows[0]?.shard;
}

/** Sequence of the first row of an account after an accountSeq; undefined when there is none. */
export async function seqAfter(pool: Pool, stream: string, accountId: string, accountSeq: number): Promise<number | undefined> {
  const { rows } = await pool.query<{ seq: string }>({
    name: 'orders-seq-after',
    text: 'SELECT seq FROM orders.journal WHERE stream = $1 AND key = $2 AND key_seq > $3 ORDER BY key_seq LIMIT 1',
    values: [stream, accountId, accountSeq],
  });
  return rows[0] && Number(rows[0].seq);
}

/** The events that name an order, from its first on, however many others its account has between them; some may be of other orders. */
export async function eventsThatName(
  pool: Pool,
  first: { readonly stream: string; readonly seq: number; readonly accountId: string },
  orderId: string,
  limit: number,
): Promise<{ seq: number; event: OrderEvent }[]> {
  const { rows } = await pool.query<{ seq: string; payload: Buffer }>(
    `SELECT seq, payload FROM orders.journal
     WHERE stream = $1 AND key = $2 AND seq >= $3 AND position($4::bytea IN payload) > 0 ORDER BY seq LIMIT $5`,
    [first.stream, first.accountId, first.seq, Buffer.from(orderId), limit],
  );
  return rows.map((row) => ({ seq: Number(row.seq), event: OrderEvent.decode(row.payload) }));
}

/** Where the first request of an order was answered; undefined when there is no row of such an order. */
export async function firstSeqOfOrder(
  pool: Pool,
  orderId: string,
): Promise<{ stream: string; seq: number; accountId: string } | undefined> {
  const { rows } = await pool.query<{ stream: string; seq: string; account_id: string }>(
    `SELECT r.stream, r.seq, r.account_id FROM orders.orders o JOIN orders.requests r ON r.account_id = o.account_id AND r.order_id = o.order_id
     WHERE o.order_id = $1 ORDER BY r.seq LIMIT 1`,
    [orderId],
  );
  const row = rows[0];
  return row && { stream: row.stream, seq: Number(row.seq), accountId: row.account_id };
}
