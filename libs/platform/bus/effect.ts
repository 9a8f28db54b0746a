/** The transaction of a reader, in which its cursors and the effect are written; what can't be applied parks its key, and the rest goes on. */
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type PoolClient } from 'pg';
import { bigintColumn, bytesColumn, textColumn } from '../journal/columns.js';
import { type CursorsSql } from './cursors.sql.js';
import { type Cursor } from './stream-plan.js';
import { isTransient, NotYetError } from './transient.js';
import { type ReaderOptions } from './types.js';

/** Rows of one stream that move its cursor. */
export interface Segment {
  readonly stream: string;
  readonly rows: readonly JournalRow[];
  readonly from: Cursor;
  readonly to: Cursor;
  /** What is left of the stream's rows after these. */
  readonly rest: readonly JournalRow[];
  /** Some keys of the stream were parked when last seen. */
  readonly mayBeParked: boolean;
}

export interface Outcome {
  readonly applied: readonly JournalRow[];
  readonly parked: readonly { readonly row: JournalRow; readonly error: string }[];
}

type EffectOptions = Pick<ReaderOptions, 'group' | 'pool' | 'schema' | 'effect'>;

/** PostgreSQL's word for the division by which `moveAnd` ends where a cursor did not move. */
const divisionByZero = '22012';

/** Applies the segments; throws what is transient, with nothing written. */
export async function applySegments(options: EffectOptions, sql: CursorsSql, segments: readonly Segment[]): Promise<Outcome> {
  try {
    const mayBeParked = segments.some((segment) => segment.mayBeParked);
    return { applied: mayBeParked ? await inSteps(options, sql, segments) : await atOnce(options, sql, segments), parked: [] };
  } catch (error) {
    if (isTransient(error)) throw error;
  }
  // One of the rows is at fault. Each alone, and the one that fails parks its key.
  return inTransaction(options, async (tx) => {
    const rows = await moveCursors(tx, options, sql, segments);
    return applyEach(tx, options, sql, rows);
  });
}

/** Cursors and effect in one statement, which is its own transaction: two round trips with what the effect reads, instead of five. */
async function atOnce(options: EffectOptions, sql: CursorsSql, segments: readonly Segment[]): Promise<readonly JournalRow[]> {
  const { pool, schema, group } = options;
  const rows = segments.flatMap((segment) => segment.rows);
  const effect = await options.effect(pool, rows);
  try {
    await pool.query({
      name: `move cursors ${schema}, ${effect.name}`,
      text: sql.moveAnd(effect),
      values: [...moveParams(group, segments), ...effect.params],
    });
  } catch (error) {
    throw (error as { code?: string }).code === divisionByZero ? new NotYetError('another process moved a cursor') : error;
  }
  return rows;
}

/** The cursors first, so that what is parked can be read while they are locked; then the effect of the rest. */
function inSteps(options: EffectOptions, sql: CursorsSql, segments: readonly Segment[]): Promise<readonly JournalRow[]> {
  return inTransaction(options, async (tx) => {
    const rows = await moveCursors(tx, options, sql, segments);
    if (rows.length > 0) await applyIn(tx, options, rows);
    return rows;
  });
}

async function applyIn(tx: PoolClient, options: Pick<ReaderOptions, 'effect'>, rows: readonly JournalRow[]): Promise<void> {
  const effect = await options.effect(tx, rows);
  const ctes = effect.ctes(1);
  if (ctes !== '') await tx.query(`WITH ${ctes} SELECT 1`, [...effect.params]);
}

async function applyEach(tx: PoolClient, options: EffectOptions, sql: CursorsSql, rows: readonly JournalRow[]): Promise<Outcome> {
  const applied: JournalRow[] = [];
  const parked: { row: JournalRow; error: string }[] = [];
  const parkedKeys = new Set<string>();
  for (const row of rows) {
    const key = `${row.stream}\0${row.key}`;
    if (parkedKeys.has(key)) continue;
    const error = await applyAlone(tx, options, row);
    if (error === undefined) {
      applied.push(row);
      continue;
    }
    parkedKeys.add(key);
    parked.push({ row, error });
    await tx.query(sql.park, [options.group, row.stream, row.key, row.seq, error]);
  }
  return { applied, parked };
}

/** Undefined when the row was applied, else why it can't be; throws what is transient. */
export async function applyAlone(tx: PoolClient, options: Pick<ReaderOptions, 'effect'>, row: JournalRow): Promise<string | undefined> {
  await tx.query('SAVEPOINT alone');
  try {
    await applyIn(tx, options, [row]);
    await tx.query('RELEASE SAVEPOINT alone');
    return undefined;
  } catch (error) {
    if (isTransient(error)) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT alone');
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

function moveParams(group: string, segments: readonly Segment[]): unknown[] {
  return [
    group,
    textColumn(segments.map((segment) => segment.stream)),
    bigintColumn(segments.map((segment) => segment.to.seq)),
    bytesColumn(segments.map((segment) => segment.to.hash)),
    bigintColumn(segments.map((segment) => segment.from.seq)),
  ];
}

/** Moves every cursor, or throws; answers with the rows whose keys are not parked. */
async function moveCursors(
  tx: PoolClient,
  { group, schema }: EffectOptions,
  sql: CursorsSql,
  segments: readonly Segment[],
): Promise<readonly JournalRow[]> {
  const moved = await tx.query<{ stream: string }>({
    name: `move cursors ${schema}`,
    text: sql.move,
    values: moveParams(group, segments),
  });
  if (moved.rows.length !== segments.length) throw new NotYetError('another process moved a cursor');
  const rows = segments.flatMap((segment) => segment.rows);
  const streams = segments.filter((segment) => segment.mayBeParked).map((segment) => segment.stream);
  if (streams.length === 0) return rows;
  // Read after the cursors were locked: a replay that ends the parking holds the same lock, so this sees its outcome.
  const parked = await tx.query<{ stream: string; key: string }>(sql.parkedKeys, [group, streams]);
  const keys = new Set(parked.rows.map((row) => `${row.stream}\0${row.key}`));
  return rows.filter((row) => !keys.has(`${row.stream}\0${row.key}`));
}

export async function inTransaction<T>({ pool }: Pick<ReaderOptions, 'pool'>, run: (tx: PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let failure: Error | undefined;
  try {
    await tx.query('BEGIN');
    const result = await run(tx);
    await tx.query('COMMIT');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch((broken: unknown) => (failure = broken instanceof Error ? broken : new Error(String(broken))));
    throw error;
  } finally {
    tx.release(failure); // A connection that can't roll back is thrown away.
  }
}
