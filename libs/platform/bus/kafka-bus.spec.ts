// What kafkajs makes of brokers that answer differently. Two brokers are played below its own producer: no test runs more than one real one.
import { expect, it } from '@jest/globals';
import { type Topic } from '@switchyard/contracts';
import { Deferred, systemClock } from '@switchyard/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { KafkaBus, type KafkaBusSettings } from './kafka-bus.js';
import { kafkajsModule } from './kafkajs-module.js';

interface Sent {
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence: number;
      readonly messages: readonly { key: Buffer }[];
    }[];
  }[];
}

const topic: Topic = { name: 'orders.v1', kind: 'stream', message: 'm', publisher: 'order-gateway' };
const row = (stream: string, key = 'A') => ({
  ...{ stream, seq: 1, hash: Buffer.alloc(16), key },
  payload: Buffer.alloc(1),
  traceparent: '',
  atMs: 1,
});
const { KafkaJSProtocolError } = kafkajsModule<{ KafkaJSProtocolError: new (error: object) => Error }>('errors');

/** A bus whose kafkajs meets these brokers, 1 and 2, where `produce` is the answer of one; `leaderOf` is the broker of each partition. */
function busOver(
  leaderOf: readonly number[],
  produce: (nodeId: number, sent: Sent) => void | Promise<void>,
  settings: Partial<KafkaBusSettings> = {},
): KafkaBus {
  const broker = (nodeId: number) => ({
    nodeId,
    initProducerId: () => Promise.resolve({ producerId: '1', producerEpoch: 0 }),
    produce: async (sent: Sent) => {
      await produce(nodeId, sent);
      const partitionsOf = ({ topic: topicName, partitions }: Sent['topicData'][number]) => ({
        topicName,
        partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0 })),
      });
      return { topics: sent.topicData.map(partitionsOf) };
    },
  });
  const nothing = (): Promise<void> => Promise.resolve();
  const brokers = [broker(1), broker(2)];
  Object.assign(kafkajsModule<{ prototype: object }>('cluster').prototype, {
    connect: nothing,
    disconnect: nothing,
    refreshMetadata: nothing,
    refreshMetadataIfNecessary: nothing,
    addMultipleTargetTopics: nothing,
    isConnected: () => true,
    findTopicPartitionMetadata: () => leaderOf.map((_leader, partitionId) => ({ partitionId })),
    findLeaderForPartitions: (_topic: string, partitions: readonly string[]) =>
      Object.groupBy(partitions.map(Number), (partition) => String(leaderOf[partition])),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers[Number(nodeId) - 1]),
    findControllerBroker: () => Promise.resolve(brokers[0]),
  });
  return new KafkaBus({
    brokers: ['127.0.0.1:1'],
    prefix: 'sim.',
    environment: 'sim',
    processName: 'spec',
    calls: {} as never,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    onFatal: () => undefined,
    settings,
  });
}

it('rows that kafkajs never sent, since their partition moved to a broker that had answered, are not taken', async () => {
  const leaderOf = [1, 2];
  const asked: string[] = [];
  const bus = busOver(leaderOf, (nodeId, { topicData }) => {
    for (const { partitions } of topicData) for (const { partition } of partitions) asked.push(`partition ${partition} at ${nodeId}`);
    if (nodeId === 2) {
      leaderOf[1] = 1;
      throw new KafkaJSProtocolError({ message: 'not the leader', type: 'NOT_LEADER_FOR_PARTITION', code: 6, retriable: true });
    }
  });
  const rows = [row('orders/00'), row('orders/01')];
  await expect(bus.publish(topic, rows)).rejects.toThrow('Kafka was not asked to take the rows of sim.orders.v1/1');
  expect(asked).toEqual(['partition 0 at 1', 'partition 1 at 2']);
  // The relay publishes again, by a new producer.
  await bus.publish(topic, rows);
  expect(asked.slice(2)).toEqual(['partition 0 at 1', 'partition 1 at 1']);
  await bus.stop();
});

it('a request waits for the one before it, so that none has the sequence numbers of one whose answer was lost', async () => {
  const [first, answer] = [new Deferred<void>(), new Deferred<void>()];
  const asked: string[] = [];
  const bus = busOver([1], async (_nodeId, { topicData }) => {
    for (const { partitions } of topicData)
      for (const { firstSequence, messages } of partitions)
        asked.push(`${firstSequence}: ${messages.map(({ key }) => key.toString()).join()}`);
    if (asked.length > 1) return;
    first.resolve();
    await answer.promise;
    throw new KafkaJSProtocolError({ message: 'the answer was lost', type: 'REQUEST_TIMED_OUT', code: 7, retriable: true });
  });
  const published = [bus.publish(topic, [row('orders/00', 'A')])];
  await first.promise;
  // Each in a turn of its own.
  for (const key of ['B', 'C']) {
    published.push(bus.publish(topic, [row('orders/00', key)]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  answer.resolve();
  await Promise.all(published);
  expect(asked).toEqual(['0: A', '0: A', '1: B,C']);
  await bus.stop();
});

it('a request that was given up is not tried again: it would be stored behind what came later', async () => {
  const answer = new Deferred<void>();
  const asked: string[] = [];
  const produce = async (_nodeId: number, { topicData }: Sent): Promise<void> => {
    for (const { partitions } of topicData)
      for (const { messages } of partitions) asked.push(messages.map(({ key }) => key.toString()).join());
    if (asked.length > 1) return;
    await answer.promise;
    throw new KafkaJSProtocolError({ message: 'the answer was lost', type: 'REQUEST_TIMED_OUT', code: 7, retriable: true });
  };
  const bus = busOver([1], produce, { publishTimeoutMs: 50 });
  await expect(bus.publish(topic, [row('orders/00', 'A')])).rejects.toThrow('Kafka did not take the rows within 50 ms');
  await bus.publish(topic, [row('orders/00', 'B')]);
  answer.resolve();
  // kafkajs tries again after 50 ms and a random part of it.
  await sleep(500);
  expect(asked).toEqual(['A', 'B']);
  await bus.stop();
});
