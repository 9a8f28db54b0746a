/**
 * Rows per second of the journal's append, one process, one PostgreSQL, fsync on.
 * node libs/platform/dist/journal/testing/append-bench.js postgres://… (after `npm run build`)
 */
import { systemClock } from '@switchyard/kernel';
import pg from 'pg';
import { pino } from 'pino';
import { Journal } from '../journal.js';
import { journalTablesSql } from '../rows.sql.js';

const SCHEMA = 'bench_journal';
const url = process.argv[2];
if (url === undefined) throw new Error('give the URL of a PostgreSQL database');
const pool = new pg.Pool({ connectionString: url, max: 4 });
await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; ${journalTablesSql(SCHEMA)}`);
const unitNames = [...Array(256).keys()].map((n) => `orders/${n.toString(16).padStart(2, '0')}`);
const journal = new Journal({
  schema: SCHEMA,
  pool,
  process: { name: 'bench', address: '127.0.0.1:0' },
  units: () => unitNames,
  hooks: { acquired: () => Promise.resolve({}), released: () => Promise.resolve(), lost: (reason) => console.error(reason) },
  clock: systemClock,
  log: pino({ level: 'silent' }),
});
await journal.start();
while (journal.ready() !== true || !unitNames.every((unit) => journal.owns(unit))) await new Promise((resolve) => setTimeout(resolve, 10));

const payload = Buffer.alloc(200, 7);
let turn = 0;

/** A closed loop: `batch` appends at a time, each of one row, spread over the units. */
async function run(batch: number, durationMs: number): Promise<{ rows: number; p50: number; p99: number }> {
  const latencies: number[] = [];
  const endMs = performance.now() + durationMs;
  let rows = 0;
  while (performance.now() < endMs) {
    const sentMs = performance.now();
    await Promise.all(
      [...Array(batch).keys()].map(() => {
        const unit = unitNames[turn++ % 256] ?? '';
        return journal.append({ unit, entries: [{ stream: unit, key: `account-${turn % 1000}`, traceparent: '', encode: () => payload }] });
      }),
    );
    latencies.push(performance.now() - sentMs);
    rows += batch;
  }
  latencies.sort((a, b) => a - b);
  return {
    rows: (rows / durationMs) * 1_000,
    p50: latencies[Math.floor(latencies.length / 2)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

await run(64, 5_000);
for (const batch of [1, 16, 64, 256]) {
  const runs = [await run(batch, 3_000), await run(batch, 3_000), await run(batch, 3_000)].sort((a, b) => a.rows - b.rows);
  const [, median] = runs;
  console.log(
    `${String(batch).padStart(4)} rows a statement: ${Math.round(median?.rows ?? 0)} rows/s, p50 ${median?.p50.toFixed(2)} ms, p99 ${median?.p99.toFixed(2)} ms`,
  );
}
await journal.stop();
await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
await pool.end();
