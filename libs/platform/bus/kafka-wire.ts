/** A journal row as a Kafka message and back: CloudEvents in binary mode, with our own headers for stream, sequence and hash. */
import { type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type IHeaders, type KafkaMessage, type Message, Partitioners, type PartitionerArgs } from 'kafkajs';

const headerOf = { stream: 'sy-stream', seq: 'sy-seq', hash: 'sy-hash', at: 'sy-at-ms', traceparent: 'traceparent' } as const;

export function toMessage(topic: Topic, environment: string, row: JournalRow): Message {
  return {
    key: row.key,
    value: row.payload,
    timestamp: String(row.atMs),
    headers: {
      'content-type': 'application/protobuf',
      ce_specversion: '1.0',
      ce_id: `${row.stream}/${row.seq}`,
      ce_type: topic.message,
      ce_source: `urn:switchyard:${environment}:${topic.publisher}`,
      ce_subject: row.key,
      ce_time: new Date(row.atMs).toISOString(),
      [headerOf.stream]: row.stream,
      [headerOf.seq]: String(row.seq),
      [headerOf.at]: String(row.atMs),
      [headerOf.hash]: row.hash,
      ...(row.traceparent === '' ? {} : { [headerOf.traceparent]: row.traceparent }),
    },
  };
}

/** Undefined for a message that none of our relays wrote. */
export function fromMessage(message: Pick<KafkaMessage, 'key' | 'value' | 'headers'>): JournalRow | undefined {
  const { headers } = message;
  const stream = textOf(headers, headerOf.stream);
  const seq = Number(textOf(headers, headerOf.seq));
  const hash = headers?.[headerOf.hash];
  if (stream === '' || !Number.isSafeInteger(seq) || !Buffer.isBuffer(hash)) return undefined;
  return {
    stream,
    seq,
    hash,
    key: message.key?.toString() ?? '',
    payload: message.value ?? Buffer.alloc(0),
    traceparent: textOf(headers, headerOf.traceparent),
    atMs: Number(textOf(headers, headerOf.at)),
  };
}

const shardAtEnd = /\/([0-9a-f]{2})$/;
const murmur2 = Partitioners.DefaultPartitioner();

/**
 * The partition of a message. Rows of a stream stay together, since readers want them in order: shard modulo n where the stream ends in a shard, else
 * murmur2 of the stream. Where only the newest row of a key counts, it is murmur2 of the key, as Kafka's compaction expects.
 * @param latestTopics full names of those topics.
 */
export function partitioner(latestTopics: ReadonlySet<string>): () => (args: PartitionerArgs) => number {
  return () => (args) => {
    const stream = textOf(args.message.headers, headerOf.stream);
    if (latestTopics.has(args.topic) || stream === '') return murmur2(args);
    const shard = shardAtEnd.exec(stream)?.[1];
    if (shard !== undefined) return Number.parseInt(shard, 16) % args.partitionMetadata.length;
    return murmur2({ ...args, message: { ...args.message, key: stream } });
  };
}

function textOf(headers: IHeaders | undefined, name: string): string {
  const value = headers?.[name];
  return value === undefined || Array.isArray(value) ? '' : value.toString();
}
