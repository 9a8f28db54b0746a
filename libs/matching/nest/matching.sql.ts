// Every raw statement of the matching noun, beyond those of the journal library.
import { type Pool } from 'pg';

export interface SnapshotRow {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly version: number;
  /** JSON, compressed with gzip. */
  readonly content: Uint8Array;
}

/** Older ones than the newest and the one before it are of no use. */
const snapshotsKept = 2;

/** A snapshot is a function of the journal up to its event, so writing it needs no fence: whoever writes it writes the same. */
export async function saveSnapshot(pool: Pool, { seq, hash, version, content }: SnapshotRow): Promise<void> {
  await pool.query(
    `WITH kept AS (INSERT INTO matching.snapshots (seq, hash, version, content) VALUES ($1, $2, $3, $4) ON CONFLICT (seq) DO NOTHING)
     DELETE FROM matching.snapshots WHERE seq < (SELECT min(seq) FROM (SELECT seq FROM matching.snapshots ORDER BY seq DESC LIMIT $5) newest)`,
    [seq, hash, version, content, snapshotsKept],
  );
}

/** Newest first. */
export async function readSnapshots(pool: Pool): Promise<SnapshotRow[]> {
  const { rows } = await pool.query<{ seq: string; hash: Buffer; version: number; content: Buffer }>(
    'SELECT seq, hash, version, content FROM matching.snapshots ORDER BY seq DESC',
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}
