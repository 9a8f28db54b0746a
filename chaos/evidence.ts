// What the judge judges by: the load generator's log, the witness' log, the database and the topic, as plain records.
import { readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { type LoadRecord } from './load.js';
import { type WitnessedFrame } from './venue-proxy.js';
import { decode, type Message } from './wire.js';

/** A command as the venue was asked. */
export interface VenueCommand {
  readonly atMs: number;
  readonly stream: number;
  readonly kind: 'newOrder' | 'cancel' | 'replace';
  readonly tag: string;
  readonly command: Message;
}

/** An execution as the venue told it; the same one may have been told on several streams. */
export interface VenueExecution {
  readonly session: string;
  readonly seq: number;
  readonly execution: Message;
}

/** A fact of the journal. */
export interface JournalFact {
  readonly stream: string;
  readonly seq: number;
  readonly event: Message;
}

export interface Evidence {
  readonly load: readonly LoadRecord[];
  readonly commands: readonly VenueCommand[];
  readonly executions: readonly VenueExecution[];
  readonly facts: readonly JournalFact[];
  /** "stream#seq" of every message of orders.v1. */
  readonly published: ReadonlySet<string>;
  readonly requests: readonly { readonly accountId: string; readonly requestId: string; readonly orderId: string; readonly scope: string }[];
  readonly positions: readonly { readonly accountId: string; readonly instrumentId: string; readonly netQty: string }[];
  readonly postings: readonly { readonly accountId: string; readonly currency: string; readonly amount: string; readonly ref: string; readonly accountSeq: number }[];
  /** By account: what risk says of open value and orders. */
  readonly risk: Readonly<Record<string, { readonly openValue: string; readonly openOrders: number }>>;
  /** By account: the tracker's own replay agrees with what it stored. */
  readonly verified: Readonly<Record<string, boolean>>;
  /** When each halt was engaged everywhere, and when it was released. */
  readonly halts: readonly { readonly accountId: string; readonly engagedAtMs: number; readonly releasedAtMs: number }[];
}

/** The witness' log, decoded. A last line that was being written when the runner ended is left out. */
export function readWitness(file: string): { commands: VenueCommand[]; executions: VenueExecution[] } {
  const commands: VenueCommand[] = [];
  const executions: VenueExecution[] = [];
  const sessionOfStream = new Map<number, string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const { atMs, stream, direction, frame } = JSON.parse(line) as WitnessedFrame;
    const bytes = Buffer.from(frame, 'base64');
    if (direction === 'to-venue') {
      for (const entry of (decode('matching.v1.TradeRequest', bytes)['commands'] ?? []) as Message[]) {
        const kind = entry['command'] as string;
        const command = entry[kind] as Message;
        if (kind === 'logon') sessionOfStream.set(stream, command['sessionId'] as string);
        else commands.push({ atMs, stream, kind: camel(kind) as VenueCommand['kind'], tag: command['tag'] as string, command });
      }
      continue;
    }
    for (const execution of (decode('matching.v1.TradeResponse', bytes)['executions'] ?? []) as Message[])
      executions.push({ session: sessionOfStream.get(stream) ?? '', seq: execution['seq'] as number, execution });
  }
  return { commands, executions };
}

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** What the database holds. */
export async function readDatabase(url: string): Promise<Pick<Evidence, 'facts' | 'requests' | 'positions' | 'postings'>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const journal = await client.query<{ stream: string; seq: string; payload: Buffer }>('SELECT stream, seq, payload FROM orders.journal ORDER BY stream, seq');
    const requests = await client.query<{ account_id: string; request_id: string; order_id: string; scope: string }>('SELECT account_id, request_id, order_id, scope FROM orders.requests');
    const positions = await client.query<{ account_id: string; instrument_id: string; net_qty: string }>('SELECT account_id, instrument_id, net_qty::text FROM positions.positions');
    const postings = await client.query<{ account_id: string; currency: string; amount: string; ref: string; account_seq: string }>(
      'SELECT account_id, currency, amount::text, ref, account_seq FROM positions.postings',
    );
    return {
      facts: journal.rows.map(({ stream, seq, payload }) => ({ stream, seq: Number(seq), event: decode('orders.v1.OrderEvent', payload) })),
      requests: requests.rows.map((row) => ({ accountId: row.account_id, requestId: row.request_id, orderId: row.order_id, scope: row.scope })),
      positions: positions.rows.map((row) => ({ accountId: row.account_id, instrumentId: row.instrument_id, netQty: row.net_qty })),
      postings: postings.rows.map((row) => ({ accountId: row.account_id, currency: row.currency, amount: row.amount, ref: row.ref, accountSeq: Number(row.account_seq) })),
    };
  } finally {
    await client.end();
  }
}

/** Every message of orders.v1 as "stream#seq", read from the beginning to the ends of now. */
export async function readTopic(brokers: string, topic: string): Promise<Set<string>> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
  await admin.disconnect();
  const seen = new Set<string>();
  const missing = new Set([...ends].filter(([, end]) => end > 0).map(([partition]) => partition));
  if (missing.size === 0) return seen;
  const consumer = kafka.consumer({ groupId: `judge-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the topic could not be read to its end: partitions ${[...missing].join(', ')}`)), 60_000);
    void consumer.run({
      eachMessage: async ({ partition, message }) => {
        seen.add(`${String(message.headers?.['sy-stream'])}#${String(message.headers?.['sy-seq'])}`);
        if (Number(message.offset) + 1 >= (ends.get(partition) ?? 0)) missing.delete(partition);
        if (missing.size === 0) {
          clearTimeout(timer);
          resolve();
        }
      },
    });
  });
  await consumer.disconnect();
  return seen;
}
