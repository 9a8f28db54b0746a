// Every raw statement of the brokers noun.
import { Command, type RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerRequest, type SessionChange } from '@switchyard/brokers-core';
import { bigintColumn, bytesColumn, type Change, type FencedSql, smallintColumn, textColumn } from '@switchyard/platform/journal';
import { formatDecimal, parseDecimal } from '@switchyard/kernel';
import { type Pool } from 'pg';

interface RequestRow {
  broker_request_id: string;
  session_id: string;
  shard: number;
  command: Buffer;
  state: RequestState;
  sending_at_ms: string;
  write_aheads: number;
  sent_at_ms: string;
  answered_at_ms: string;
  broker_order_id: string;
  text: string;
  process: string;
}

export interface SessionRow {
  readonly session_id: string;
  readonly broker: string;
  readonly broker_account_ids: readonly string[];
  readonly commands_per_second_max: number;
  readonly state: number;
  readonly state_text: string;
  readonly cursor: string;
}

const requestColumns =
  'broker_request_id, session_id, shard, command, state, sending_at_ms, write_aheads, sent_at_ms, answered_at_ms, broker_order_id, text, process';

/** The brokers' part of the append statement: broker requests, trades, the broker's cursor. */
export const sessionSql: FencedSql<SessionChange> = {
  ctes: (p) => `
    requests_inserted AS (
      INSERT INTO brokers.requests (broker_request_id, session_id, shard, order_id, placement_id, tag, command, state, sending_at_ms, write_aheads, sent_at_ms, answered_at_ms, broker_order_id, text, process)
      SELECT * FROM unnest($${p}::text[], $${p + 1}::text[], $${p + 2}::smallint[], $${p + 3}::text[], $${p + 4}::text[], $${p + 5}::text[], $${p + 6}::bytea[], $${p + 7}::smallint[],
                           $${p + 8}::bigint[], $${p + 9}::smallint[], $${p + 10}::bigint[], $${p + 11}::bigint[], $${p + 12}::text[], $${p + 13}::text[], $${p + 14}::text[])
      WHERE EXISTS (SELECT FROM me)),
    requests_updated AS (
      UPDATE brokers.requests r SET state = u.state, sending_at_ms = u.sending_at_ms, write_aheads = u.write_aheads, sent_at_ms = u.sent_at_ms,
                                    answered_at_ms = u.answered_at_ms, broker_order_id = u.broker_order_id, text = u.text
      FROM unnest($${p + 15}::text[], $${p + 16}::smallint[], $${p + 17}::bigint[], $${p + 18}::smallint[], $${p + 19}::bigint[], $${p + 20}::bigint[], $${p + 21}::text[], $${p + 22}::text[])
           AS u (id, state, sending_at_ms, write_aheads, sent_at_ms, answered_at_ms, broker_order_id, text)
      WHERE r.broker_request_id = u.id AND EXISTS (SELECT FROM me)),
    trades_inserted AS (
      INSERT INTO brokers.trades (broker_account_id, trade_id, session_id, instrument_id, signed_qty)
      SELECT * FROM unnest($${p + 23}::text[], $${p + 24}::text[], $${p + 25}::text[], $${p + 26}::text[], $${p + 27}::text[]::numeric[])
      WHERE EXISTS (SELECT FROM me)),
    sessions_moved AS (
      UPDATE brokers.sessions s SET cursor = u.cursor
      FROM unnest($${p + 28}::text[], $${p + 29}::text[]) AS u (session_id, cursor)
      WHERE s.session_id = u.session_id AND EXISTS (SELECT FROM me))`,

  params(changes) {
    const inserts = changes.flatMap((change) => change.inserts);
    // An UPDATE takes one row a request: of several states in one statement, the last one.
    const updates = [...new Map(changes.flatMap((change) => change.updates).map((request) => [request.brokerRequestId, request])).values()];
    const trades = changes.flatMap((change) => change.trades.map((trade) => ({ ...trade, sessionId: change.sessionId })));
    const cursors = new Map<string, string>();
    for (const { sessionId, cursor } of changes) if (cursor !== undefined && cursor !== '') cursors.set(sessionId, cursor);
    return [
      textColumn(inserts.map((r) => r.brokerRequestId)),
      textColumn(inserts.map((r) => r.sessionId)),
      smallintColumn(inserts.map((r) => r.shard)),
      textColumn(inserts.map((r) => r.command.orderId)),
      textColumn(inserts.map((r) => r.command.placementId)),
      textColumn(inserts.map((r) => r.command.tag)),
      bytesColumn(inserts.map((r) => Command.encode(r.command).finish())),
      smallintColumn(inserts.map((r) => r.state)),
      bigintColumn(inserts.map((r) => r.sendingAtMs)),
      smallintColumn(inserts.map((r) => r.writeAheads)),
      bigintColumn(inserts.map((r) => r.sentAtMs)),
      bigintColumn(inserts.map((r) => r.answeredAtMs)),
      textColumn(inserts.map((r) => r.brokerOrderId)),
      textColumn(inserts.map((r) => r.text)),
      textColumn(inserts.map((r) => r.process)),
      textColumn(updates.map((r) => r.brokerRequestId)),
      smallintColumn(updates.map((r) => r.state)),
      bigintColumn(updates.map((r) => r.sendingAtMs)),
      smallintColumn(updates.map((r) => r.writeAheads)),
      bigintColumn(updates.map((r) => r.sentAtMs)),
      bigintColumn(updates.map((r) => r.answeredAtMs)),
      textColumn(updates.map((r) => r.brokerOrderId)),
      textColumn(updates.map((r) => r.text)),
      textColumn(trades.map((t) => t.brokerAccountId)),
      textColumn(trades.map((t) => t.tradeId)),
      textColumn(trades.map((t) => t.sessionId)),
      textColumn(trades.map((t) => t.instrumentId)),
      textColumn(trades.map((t) => formatDecimal(t.signedQty))),
      textColumn([...cursors.keys()]),
      textColumn([...cursors.values()]),
    ];
  },

  conflicts: {
    constraints: ['requests_pkey', 'requests_tag_key', 'trades_pkey'],
    offenders: findOffenders,
  },

  gate: {
    sql: (p) => `attrs_version = ALL($${p}::bigint[])`,
    params: (changes) => [
      [...new Set(changes.map((change) => change.extra?.judgedHaltVersion).filter((version) => version !== undefined))],
    ],
    appliesTo: (change) => change.extra?.judgedHaltVersion !== undefined,
  },
};

/** The changes of a statement that repeat what is stored, or what an earlier change of the same statement inserts. */
async function findOffenders(pool: Pool, changes: readonly Change<SessionChange>[]): Promise<readonly Change<SessionChange>[]> {
  const inserts = changes.flatMap((change) => change.extra?.inserts ?? []);
  const trades = changes.flatMap((change) => change.extra?.trades ?? []);
  const { rows } = await pool.query<{ key: string }>(
    `SELECT 'request ' || broker_request_id AS key FROM brokers.requests WHERE broker_request_id = ANY($1)
     UNION ALL SELECT 'tag ' || tag FROM brokers.requests WHERE tag = ANY($2)
     UNION ALL SELECT 'trade ' || broker_account_id || ' ' || trade_id FROM brokers.trades WHERE (broker_account_id, trade_id) IN (SELECT * FROM unnest($3::text[], $4::text[]))`,
    [
      inserts.map((r) => r.brokerRequestId),
      inserts.map((r) => r.command.tag),
      trades.map((t) => t.brokerAccountId),
      trades.map((t) => t.tradeId),
    ],
  );
  const taken = new Set(rows.map((row) => row.key));
  return changes.filter((change) => {
    const keys = [
      ...(change.extra?.inserts ?? []).flatMap((r) => [`request ${r.brokerRequestId}`, `tag ${r.command.tag}`]),
      ...(change.extra?.trades ?? []).map((t) => `trade ${t.brokerAccountId} ${t.tradeId}`),
    ];
    const offends = keys.some((key) => taken.has(key));
    if (!offends) for (const key of keys) taken.add(key);
    return offends;
  });
}

/** Stored requests of a session that are SENDING (1) or IN_DOUBT (5), oldest first. */
export async function unansweredRequests(pool: Pool, sessionId: string): Promise<BrokerRequest[]> {
  const { rows } = await pool.query<RequestRow>(
    `SELECT ${requestColumns} FROM brokers.requests WHERE session_id = $1 AND state IN (1, 5) ORDER BY sending_at_ms`,
    [sessionId],
  );
  return rows.map(toRequest);
}

export async function requestById(pool: Pool, id: string): Promise<BrokerRequest | undefined> {
  const { rows } = await pool.query<RequestRow>(`SELECT ${requestColumns} FROM brokers.requests WHERE broker_request_id = $1`, [id]);
  return rows[0] && toRequest(rows[0]);
}

export async function requestByTag(pool: Pool, tag: string): Promise<BrokerRequest | undefined> {
  const { rows } = await pool.query<RequestRow>(`SELECT ${requestColumns} FROM brokers.requests WHERE tag = $1`, [tag]);
  return rows[0] && toRequest(rows[0]);
}

export async function requestsOfOrder(pool: Pool, orderId: string): Promise<BrokerRequest[]> {
  const { rows } = await pool.query<RequestRow>(
    `SELECT ${requestColumns} FROM brokers.requests WHERE order_id = $1 ORDER BY sending_at_ms, broker_request_id`,
    [orderId],
  );
  return rows.map(toRequest);
}

/** Sum of the stored trades, scaled. */
export async function netQty(pool: Pool, brokerAccountId: string, instrumentId: string): Promise<bigint> {
  const sql = 'SELECT coalesce(sum(signed_qty), 0)::text AS net FROM brokers.trades WHERE broker_account_id = $1 AND instrument_id = $2';
  const { rows } = await pool.query<{ net: string }>(sql, [brokerAccountId, instrumentId]);
  const parsed = parseDecimal(rows[0]?.net ?? 'absent');
  if (!parsed.ok) throw new Error(`the sum of trades is not a decimal: ${parsed.error.rule}`);
  return parsed.value;
}

export async function readSessions(pool: Pool): Promise<SessionRow[]> {
  const { rows } = await pool.query<SessionRow>(
    'SELECT session_id, broker, broker_account_ids, commands_per_second_max, state, state_text, cursor FROM brokers.sessions ORDER BY session_id',
  );
  return rows;
}

/** Creates or changes a session; undefined when one of the id exists at another broker. */
export async function putSession(
  pool: Pool,
  row: Pick<SessionRow, 'session_id' | 'broker' | 'broker_account_ids' | 'commands_per_second_max'>,
): Promise<SessionRow | undefined> {
  const { rows } = await pool.query<SessionRow>(
    `INSERT INTO brokers.sessions AS s (session_id, broker, broker_account_ids, commands_per_second_max) VALUES ($1, $2, $3, $4)
     ON CONFLICT (session_id) DO UPDATE SET broker_account_ids = excluded.broker_account_ids, commands_per_second_max = excluded.commands_per_second_max
     WHERE s.broker = excluded.broker
     RETURNING session_id, broker, broker_account_ids, commands_per_second_max, state, state_text, cursor`,
    [row.session_id, row.broker, row.broker_account_ids, row.commands_per_second_max],
  );
  return rows[0];
}

/** Which session serves these broker accounts already, other than the one named. */
export async function sessionsOfAccounts(pool: Pool, brokerAccountIds: readonly string[], exceptSessionId: string): Promise<SessionRow[]> {
  const sessions = await readSessions(pool);
  return sessions.filter(
    (session) => session.session_id !== exceptSessionId && session.broker_account_ids.some((id) => brokerAccountIds.includes(id)),
  );
}

/** The holder says how its session is; nothing is written once it is dead. */
export async function writeSessionState(pool: Pool, holderId: string, sessionId: string, state: number, text: string): Promise<void> {
  await pool.query(
    `UPDATE brokers.sessions SET state = $3, state_text = $4
     WHERE session_id = $2 AND EXISTS (SELECT FROM brokers.holders WHERE id = $1 AND alive FOR SHARE)`,
    [holderId, sessionId, state, text],
  );
}

/** Makes a halt version the one in force at a holder. Waits for statements that were judged by an older one, and after it they write nothing. */
export async function stampHaltVersion(pool: Pool, holderId: string, version: number): Promise<void> {
  await pool.query('UPDATE brokers.holders SET attrs_version = $2 WHERE id = $1 AND attrs_version < $2', [holderId, version]);
}

/** Encoded reports of an account since an instant, over all streams of a session's shard, in order. */
export async function reportsSince(pool: Pool, stream: string, accountId: string, sinceMs: number): Promise<Buffer[]> {
  const { rows } = await pool.query<{ payload: Buffer }>(
    'SELECT payload FROM brokers.journal WHERE stream = $1 AND key = $2 AND at_ms >= $3 ORDER BY seq',
    [stream, accountId, sinceMs],
  );
  return rows.map((row) => row.payload);
}

function toRequest(row: RequestRow): BrokerRequest {
  return {
    brokerRequestId: row.broker_request_id,
    sessionId: row.session_id,
    shard: row.shard,
    command: Command.decode(row.command),
    state: row.state,
    sendingAtMs: Number(row.sending_at_ms),
    writeAheads: row.write_aheads,
    sentAtMs: Number(row.sent_at_ms),
    answeredAtMs: Number(row.answered_at_ms),
    brokerOrderId: row.broker_order_id,
    text: row.text,
    process: row.process,
  };
}
