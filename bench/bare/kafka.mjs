/** The relay's sink and the projector's source on Kafka: acks of all replicas, idempotent, own offset commits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaClient } from '../lib/kafka.js';
import { shape } from './shape.mjs';

export async function makeTopic(brokers, topic) {
  const admin = kafkaClient(brokers, 'bare-admin').admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: shape.partitions, replicationFactor: 1 }] });
  const hasLeaders = async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0].partitions.every(({ leader }) => leader >= 0);
  };
  // A broker that has just made a topic may not know it yet.
  while (!(await hasLeaders().catch(() => false))) await sleep(100);
  await admin.disconnect();
}

/** Resolves to { publish(rows), stop }. */
export async function kafkaSink(brokers, topic) {
  const producer = kafkaClient(brokers, 'bare-gateway').producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  const toMessage = (row) => ({
    key: row.key,
    value: row.payload,
    partition: Number.parseInt(row.stream.slice(-2), 16) % shape.partitions,
    headers: { stream: row.stream, seq: String(row.seq), hash: row.hash },
  });
  return {
    publish: (rows) => producer.send({ topic, acks: -1, messages: rows.map(toMessage) }),
    stop: () => producer.disconnect(),
  };
}

/** Hands batches to `apply(rows)`, which resolves when they are committed. Resolves when the group has been joined. */
export async function kafkaSource(brokers, topic, apply) {
  const consumer = kafkaClient(brokers, 'bare-projector').consumer({
    groupId: `${topic}-projector`,
    minBytes: 1,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
  });
  const offsets = new Map();
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: async ({ batch, resolveOffset }) => {
      const rows = batch.messages.map(({ key, value, headers }) => ({
        stream: headers.stream.toString(),
        seq: Number(headers.seq.toString()),
        hash: headers.hash,
        key: key.toString(),
        payload: value,
      }));
      await apply(rows);
      const { offset } = batch.messages.at(-1);
      resolveOffset(offset);
      offsets.set(batch.partition, String(BigInt(offset) + 1n));
    },
  });
  const timer = setInterval(() => {
    if (offsets.size === 0) return;
    const moved = [...offsets].map(([partition, offset]) => ({ topic, partition, offset }));
    offsets.clear();
    consumer.commitOffsets(moved).catch(() => undefined);
  }, shape.offsetCommitMs);
  await joined;
  return {
    stop: async () => {
      clearInterval(timer);
      await consumer.disconnect();
    },
  };
}
