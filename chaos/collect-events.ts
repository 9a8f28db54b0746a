// The events of a run: the rows of every journal that is published, and the messages of its topics.
import { guardKafkajsTimers } from '@switchyard/infra';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import type pg from 'pg';
import { type Evidence, type JournalFact, type JournalName, type SequencedRow, type TopicMessage } from './evidence.js';
import { decode } from './wire.js';

guardKafkajsTimers();

/** Every row of a journal. */
export async function readJournal(client: pg.Client, journal: JournalName): Promise<SequencedRow[]> {
  const { rows } = await client.query<{ stream: string; seq: string; key: string; hash: Buffer; payload: Buffer }>(
    `SELECT stream, seq, key, hash, payload FROM ${journal}.journal ORDER BY stream, seq`,
  );
  return rows.map(({ seq, hash, ...row }) => ({ ...row, seq: Number(seq), hash: hash.toString('hex') }));
}

/** The rows of the orders' journal, decoded. */
export function decodeFacts(rows: readonly SequencedRow[]): JournalFact[] {
  return rows.map(({ stream, seq, payload }) => ({ stream, seq, event: decode('orders.v1.OrderEvent', payload) }));
}

/** Every message of some topics, read from the beginning to the ends of now. */
export async function readTopics(brokers: string, environment: string, names: readonly string[]): Promise<Evidence['topics']> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const messages: Record<string, TopicMessage[]> = Object.fromEntries(names.map((name) => [name, []]));
  const ends = await endsOf(kafka, environment, names);
  if (ends.size === 0) return messages;
  const consumer = kafka.consumer({ groupId: `judge-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: names.map((name) => `${environment}.${name}`), fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the topics could not be read to their ends: partitions ${[...ends.keys()].join(', ')}`)),
      60_000,
    );
    void consumer.run({
      eachMessage: ({ topic, partition, message }) => {
        messages[topic.slice(environment.length + 1)]?.push(toRow(partition, message));
        if (Number(message.offset) + 1 >= (ends.get(`${topic}/${partition}`) ?? 0)) ends.delete(`${topic}/${partition}`);
        if (ends.size === 0) {
          clearTimeout(timer);
          resolve();
        }
        return Promise.resolve();
      },
    });
  });
  await consumer.disconnect();
  return messages;
}

/** Offset behind the last message of each partition that has one, by "topic/partition". */
async function endsOf(kafka: Kafka, environment: string, names: readonly string[]): Promise<Map<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, number>();
  for (const topic of names.map((name) => `${environment}.${name}`))
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > 0) ends.set(`${topic}/${partition}`, Number(high));
  await admin.disconnect();
  return ends;
}

function toRow(partition: number, { headers, key, value }: KafkaMessage): TopicMessage {
  const hash = headers?.['sy-hash'];
  return {
    partition,
    stream: String(headers?.['sy-stream']),
    seq: Number(headers?.['sy-seq']),
    key: String(key),
    hash: Buffer.isBuffer(hash) ? hash.toString('hex') : '',
    payload: value ?? Buffer.alloc(0),
  };
}
