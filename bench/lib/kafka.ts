/** The kafkajs client of the benches, and how they empty their Kafka. */
import { setTimeout as sleep } from 'node:timers/promises';
import { guardKafkajsTimers } from '@switchyard/infra';
import kafkajs, { type Kafka } from 'kafkajs';

guardKafkajsTimers();

/** @param brokers host:port,host:port */
export function kafkaClient(brokers: string, clientId: string): Kafka {
  return new kafkajs.Kafka({ clientId, brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
}

/** Deletes every topic whose name begins so, and with it the groups' offsets there: what a former run published is no fact of this run's database. */
export async function removeTopics(brokers: string, prefix: string): Promise<void> {
  const admin = kafkaClient(brokers, 'bench').admin();
  await admin.connect();
  try {
    const topicsNow = async (): Promise<string[]> => (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    const topics = await topicsNow();
    if (topics.length > 0) await admin.deleteTopics({ topics });
    while ((await topicsNow()).length > 0) await sleep(50);
  } finally {
    await admin.disconnect();
  }
}
