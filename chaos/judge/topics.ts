// I14: what is in the journals is in the topics, and has its effect once.
import { createHash } from 'node:crypto';
import { type Evidence, type JournalName, type SequencedRow, type TopicMessage } from '../evidence.js';
import { factsOf, text } from './facts.js';

/** Whose rows a topic has. executions.v1 has those of the trades alone. */
export const journalOfTopic: Readonly<Record<string, JournalName>> = {
  'orders.v1': 'orders',
  'executions.v1': 'orders',
  'positions.v1': 'positions',
  'risk.v1': 'risk',
  'matching.v1': 'matching',
};

const idOf = ({ stream, seq }: Pick<SequencedRow, 'stream' | 'seq'>): string => `${stream}#${seq}`;

/** I14: every journal is whole, its topics have its rows in their order, and the tracker has folded each trade once. */
export function everythingIsPublished(evidence: Evidence): string[] {
  const trades = factsOf(evidence).filter(({ name }) => name === 'tradeBooked');
  const ofTrades = new Set(trades.map(({ where }) => where));
  const problems = Object.entries(evidence.journals).flatMap(([name, rows]) =>
    brokenChains(rows).map((problem) => `journal ${name}: ${problem}`),
  );
  for (const [topic, journal] of Object.entries(journalOfTopic)) {
    const all = evidence.journals[journal];
    const rows = topic === 'executions.v1' ? all.filter((row) => ofTrades.has(idOf(row))) : all;
    problems.push(...topicProblems(rows, evidence.topics[topic] ?? []).map((problem) => `topic ${topic}: ${problem}`));
  }
  const tracked = new Map<string, number>();
  for (const { tradeId, accountId } of evidence.trackedTrades)
    tracked.set(`${accountId}/${tradeId}`, (tracked.get(`${accountId}/${tradeId}`) ?? 0) + 1);
  for (const { accountId, value } of trades) {
    const count = tracked.get(`${accountId}/${text(value, 'tradeId')}`) ?? 0;
    if (count !== 1) problems.push(`trade ${text(value, 'tradeId')} of ${accountId} was folded ${count} times`);
  }
  for (const parked of evidence.parked) problems.push(`parked: ${parked}`);
  return problems;
}

/** Where a stream has a gap, or a row's hash is not that of its payload and of all before it. */
function brokenChains(rows: readonly SequencedRow[]): string[] {
  const problems: string[] = [];
  const last = new Map<string, SequencedRow>();
  for (const row of rows) {
    const { seq = 0, hash = '0'.repeat(32) } = last.get(row.stream) ?? {};
    if (row.seq !== seq + 1) problems.push(`${row.stream} has ${row.seq} after ${seq}`);
    else if (chained(hash, row.payload) !== row.hash) problems.push(`the hash of ${idOf(row)} is not that of the rows up to it`);
    last.set(row.stream, row);
  }
  return problems;
}

const chained = (hash: string, payload: Buffer): string =>
  createHash('sha256').update(Buffer.from(hash, 'hex')).update(payload).digest('hex').slice(0, 32);

/** A stream stays in one partition and in its order, what comes again is what came before, and no row is missing. */
function topicProblems(rows: readonly SequencedRow[], messages: readonly TopicMessage[]): string[] {
  const problems: string[] = [];
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  const streams = Map.groupBy(rows, ({ stream }) => stream);
  /** How many rows of a stream have come, and where. */
  const come = new Map<string, { count: number; readonly partition: number }>();
  const seen = new Set<string>();
  for (const message of messages) {
    const id = idOf(message);
    const row = byId.get(id);
    if (row === undefined || row.key !== message.key || row.hash !== message.hash || !row.payload.equals(message.payload)) {
      problems.push(row === undefined ? `${id} is in no journal` : `${id} is not what the journal has`);
      continue;
    }
    seen.add(id);
    const so = come.get(row.stream) ?? { count: 0, partition: message.partition };
    come.set(row.stream, so);
    if (so.partition !== message.partition) problems.push(`${id} is in partition ${message.partition}, its stream in ${so.partition}`);
    const own = streams.get(row.stream) ?? [];
    const next = own[so.count]?.seq ?? Infinity;
    if (message.seq > next) problems.push(`${id} came before ${next}`);
    if (message.seq === next) so.count++;
    else if (message.seq > next) so.count = own.indexOf(row) + 1;
  }
  for (const id of byId.keys()) if (!seen.has(id)) problems.push(`${id} is missing`);
  return problems;
}
