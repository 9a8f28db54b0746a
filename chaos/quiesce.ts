// Waits until the platform has nothing left to do, and says what it still has.
import pg from 'pg';
import { type Cluster } from './cluster.js';
import { decodeFacts, readJournal } from './collect-events.js';
import { type JournalFact, journalNames } from './evidence.js';
import { factOf, isFinal, ordersOf, text } from './judge/facts.js';
import { sleep } from './time.js';
import { type Message } from './wire.js';

const anHourMs = 3_600_000;

const tests: Readonly<Record<string, string>> = {
  'broker requests that are SENDING or IN_DOUBT': 'SELECT broker_request_id AS what FROM brokers.requests WHERE state IN (1, 5)',
  ...Object.fromEntries(
    journalNames.map((noun) => [
      `streams of ${noun} that are not published`,
      `SELECT j.stream AS what FROM (SELECT stream, max(seq) AS seq FROM ${noun}.journal GROUP BY 1) j LEFT JOIN ${noun}.watermarks w USING (stream) WHERE coalesce(w.seq, 0) < j.seq`,
    ]),
  ),
  'reports that are not folded': `SELECT j.stream AS what FROM (SELECT stream, max(seq) AS seq FROM brokers.journal GROUP BY 1) j
     LEFT JOIN orders.cursors c ON c.stream = j.stream WHERE coalesce(c.last_seq, 0) < j.seq`,
  'facts that the tracker has not folded': `SELECT j.stream AS what FROM (SELECT stream, max(seq) AS seq FROM orders.journal GROUP BY 1) j
     LEFT JOIN positions.cursors c ON c.stream = j.stream WHERE coalesce(c.last_seq, 0) < j.seq`,
};

/** @returns what was not drained when the time was up, and how long it took. */
export async function quiesce(cluster: Cluster, withinMs: number): Promise<{ undrained: string[]; tookMs: number }> {
  const startedAtMs = Date.now();
  let left: string[] = ['nothing was looked at yet'];
  while (Date.now() - startedAtMs < withinMs) {
    left = await leftovers(cluster).catch((error: unknown) => [`the database could not be asked: ${String(error)}`]);
    if (left.length === 0) break;
    await sleep(500);
  }
  return { undrained: left, tookMs: Date.now() - startedAtMs };
}

async function leftovers(cluster: Cluster): Promise<string[]> {
  const unready = (await Promise.all([...cluster.processes.values()].map((one) => one.ready()))).filter((answer) => answer !== true);
  if (unready.length > 0) return unready.map(String);
  const client = new pg.Client({ connectionString: cluster.postgres.address });
  await client.connect();
  try {
    const left: string[] = [];
    for (const [name, sql] of Object.entries(tests)) {
      const { rows } = await client.query<{ what: string }>(sql);
      if (rows.length > 0)
        left.push(
          `${rows.length} ${name}: ${rows
            .slice(0, 5)
            .map(({ what }) => what)
            .join(', ')}`,
        );
    }
    return left.length > 0 ? left : unsettled(decodeFacts(await readJournal(client, 'orders')));
  } finally {
    await client.end();
  }
}

/** Orders that wait for something. */
function unsettled(facts: readonly JournalFact[]): string[] {
  return [...ordersOf(facts.map(factOf)).values()]
    .filter(
      ({ state }) => state['inDoubt'] === true || (!isFinal(state) && (text(state, 'ordStatus').includes('PENDING') || expiresSoon(state))),
    )
    .map(({ orderId, state }) => `order ${orderId} is ${text(state, 'ordStatus')}${state['inDoubt'] === true ? ', in doubt' : ''}`)
    .slice(0, 10);
}

/** An open order whose time comes while the evidence is read would be open in one part of it, and expired in another. */
function expiresSoon(state: Message): boolean {
  const expireAtMs = Number((state['content'] as Message | undefined)?.['expireAtMs'] ?? 0);
  return expireAtMs > 0 && expireAtMs < Date.now() + anHourMs;
}
