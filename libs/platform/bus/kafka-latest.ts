import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Consumer, type Kafka } from 'kafkajs';
import { fromMessage } from './kafka-wire.js';
import { type KafkaBusOptions, type KafkaBusSettings } from './kafka-bus.js';
import { Newest } from './newest.js';
import { type Subscription } from './types.js';

const startRetryMs = 500;

/** Reads a compacted topic from its beginning, in a group of its own, and forgets the group with the process. */
export class KafkaLatest implements Subscription {
  readonly #kafka: Kafka;
  readonly #topic: Topic;
  readonly #newest: Newest;
  readonly #bus: KafkaBusOptions;
  readonly #settings: KafkaBusSettings;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #consumer: Consumer | undefined;
  #hasJoined = false;

  constructor(kafka: Kafka, topic: Topic, handler: (row: JournalRow) => void, bus: KafkaBusOptions, settings: KafkaBusSettings) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#newest = new Newest(handler, bus.log);
    this.#bus = bus;
    this.#settings = settings;
    this.#running = this.#consume();
  }

  ready(): true | string {
    return this.#hasJoined ? true : `The subscription of ${this.#topic.name} has not reached Kafka yet.`;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#consumer?.disconnect().catch((error: unknown) => this.#bus.log.debug({ err: error }, 'a consumer did not end in order'));
  }

  async #consume(): Promise<void> {
    const { prefix, processName, log, onFatal } = this.#bus;
    while (!this.#stopping.signal.aborted) {
      const consumer = this.#kafka.consumer({
        groupId: `${prefix}${processName}.${this.#topic.name}.${randomUUID()}`,
        sessionTimeout: this.#settings.sessionTimeoutMs,
        maxWaitTimeInMs: this.#settings.maxWaitMs,
        minBytes: 1,
        allowAutoTopicCreation: false,
        retry: {
          initialRetryTime: 100,
          maxRetryTime: 2_000,
          retries: 5,
          restartOnFailure: () => Promise.resolve(!this.#stopping.signal.aborted),
        },
      });
      consumer.on(consumer.events.GROUP_JOIN, () => void (this.#hasJoined = true));
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
        if (restart || this.#stopping.signal.aborted) return;
        log.fatal({ err: error, topic: this.#topic.name }, 'kafkajs has given a subscription up');
        onFatal(error);
      });
      try {
        await consumer.connect();
        await consumer.subscribe({ topic: prefix + this.#topic.name, fromBeginning: true });
        this.#consumer = consumer;
        await consumer.run({
          autoCommit: false,
          eachMessage: ({ message }) => {
            const row = fromMessage(message);
            if (row !== undefined) this.#newest.take(row);
            return Promise.resolve();
          },
        });
        return;
      } catch (error) {
        log.debug({ err: error, topic: this.#topic.name }, 'the subscription could not join yet');
        await consumer.disconnect().catch(() => undefined);
        await sleep(startRetryMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }
}
