// The SQL of the noun risk; the journal's is the journal library's.
import { type Pool } from 'pg';

/** The stored exposure of a shard; undefined where none was stored yet. */
export async function readSnapshot(pool: Pool, shard: number): Promise<Uint8Array | undefined> {
  const { rows } = await pool.query<{ payload: Buffer }>({
    name: 'risk-snapshot-read',
    text: 'SELECT payload FROM risk.snapshots WHERE shard = $1',
    values: [shard],
  });
  return rows[0]?.payload;
}

/** Stores the exposure of a shard. An older one that comes late does no harm: the next rebuild folds more. */
export async function writeSnapshot(pool: Pool, shard: number, seq: number, payload: Uint8Array): Promise<void> {
  await pool.query({
    name: 'risk-snapshot-write',
    text: 'INSERT INTO risk.snapshots (shard, seq, payload) VALUES ($1, $2, $3) ON CONFLICT (shard) DO UPDATE SET seq = excluded.seq, payload = excluded.payload',
    values: [shard, seq, payload],
  });
}
