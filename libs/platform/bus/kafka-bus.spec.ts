// What kafkajs makes of brokers that answer differently. Two brokers are played below its own producer: no test runs more than one real one.
import { expect, it } from '@jest/globals';
import { type Topic } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { pino } from 'pino';
import { KafkaBus } from './kafka-bus.js';
import { kafkajsModule } from './kafkajs-module.js';

interface Sent {
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number }[] }[];
}

const topic: Topic = { name: 'orders.v1', kind: 'stream', message: 'm', publisher: 'order-gateway' };
const row = (stream: string) => ({ stream, seq: 1, hash: Buffer.alloc(16), key: 'A', payload: Buffer.alloc(1), traceparent: '', atMs: 1 });
const { KafkaJSProtocolError } = kafkajsModule<{ KafkaJSProtocolError: new (error: object) => Error }>('errors');

it('rows that kafkajs never sent, since their partition moved to a broker that had answered, are not taken', async () => {
  const leaderOf = [1, 2];
  const asked: string[] = [];
  const produce = (nodeId: number, { topicData }: Sent) => {
    for (const { partitions } of topicData) for (const { partition } of partitions) asked.push(`partition ${partition} at ${nodeId}`);
    if (nodeId === 2) {
      leaderOf[1] = 1;
      throw new KafkaJSProtocolError({ message: 'not the leader', type: 'NOT_LEADER_FOR_PARTITION', code: 6, retriable: true });
    }
    const partitionsOf = ({ topic: topicName, partitions }: Sent['topicData'][number]) => ({
      topicName,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0 })),
    });
    return { topics: topicData.map(partitionsOf) };
  };
  const broker = (nodeId: number) => ({
    nodeId,
    initProducerId: () => Promise.resolve({ producerId: '1', producerEpoch: 0 }),
    produce: (sent: Sent) => Promise.resolve().then(() => produce(nodeId, sent)),
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
    findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
    findLeaderForPartitions: (_topic: string, partitions: readonly string[]) =>
      Object.groupBy(partitions.map(Number), (partition) => String(leaderOf[partition])),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers[Number(nodeId) - 1]),
    findControllerBroker: () => Promise.resolve(brokers[0]),
  });
  const bus = new KafkaBus({
    brokers: ['127.0.0.1:1'],
    prefix: 'sim.',
    environment: 'sim',
    processName: 'spec',
    calls: {} as never,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    onFatal: () => undefined,
  });
  const rows = [row('orders/00'), row('orders/01')];
  await expect(bus.publish(topic, rows)).rejects.toThrow('Kafka was not asked to take the rows of sim.orders.v1/1');
  expect(asked).toEqual(['partition 0 at 1', 'partition 1 at 2']);
  // The relay publishes again, by a new producer.
  await bus.publish(topic, rows);
  expect(asked.slice(2)).toEqual(['partition 0 at 1', 'partition 1 at 1']);
  await bus.stop();
});
