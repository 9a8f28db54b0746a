/** Publishes what was committed, in order, and moves the fenced watermark. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bigints, texts } from './columns.mjs';
import { shape } from './shape.mjs';

/** @param publish takes rows, resolves when they are acknowledged; @param client a connection for the watermarks */
export function startRelay({ publish, client, holderId }) {
  const memory = [];
  let isRunning = false;
  const published = new Map();
  let isStoring = false;
  const counts = { published: 0 };

  async function run() {
    isRunning = true;
    while (memory.length > 0) {
      if (shape.relayLingerMs > 0 && memory.length < shape.relayBatchRows) await sleep(shape.relayLingerMs);
      const rows = memory.splice(0, shape.relayBatchRows);
      await publish(rows);
      counts.published += rows.length;
      for (const row of rows) published.set(row.stream, row.seq);
    }
    isRunning = false;
  }

  const timer = setInterval(async () => {
    if (published.size === 0 || isStoring) return;
    isStoring = true;
    const streams = [...published.keys()];
    const seqs = [...published.values()];
    published.clear();
    await client.query({
      name: 'watermarks',
      text: `WITH me AS (SELECT 1 FROM gateway.holders WHERE id = $1 AND alive FOR SHARE)
        INSERT INTO gateway.watermarks AS w (stream, seq) SELECT * FROM unnest($2::text[], $3::bigint[]) WHERE EXISTS (SELECT FROM me)
        ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq WHERE w.seq < excluded.seq`,
      values: [holderId, texts(streams), bigints(seqs)],
    });
    isStoring = false;
  }, shape.watermarkMs);

  return {
    counts,
    offer: (rows) => {
      for (const row of rows) memory.push(row);
      if (!isRunning && memory.length > 0) void run();
    },
    stop: () => clearInterval(timer),
  };
}
