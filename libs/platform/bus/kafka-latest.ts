import { randomUUID } from 'node:crypto';
import { type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Consumer, type Kafka } from 'kafkajs';
import { keepConsuming } from './kafka-consuming.js';
import { type KafkaLeaving } from './kafka-leaving.js';
import { fromMessage } from './kafka-wire.js';
import { type KafkaBusOptions, type KafkaBusSettings } from './kafka-bus.js';
import { Newest } from './newest.js';
import { type Subscription } from './types.js';

/** Reads a compacted topic from its beginning, in a group of its own, and forgets the group with the process. */
export class KafkaLatest implements Subscription {
  readonly #kafka: Kafka;
  readonly #topic: Topic;
  readonly #newest: Newest;
  readonly #bus: KafkaBusOptions;
  readonly #settings: KafkaBusSettings;
  readonly #leaving: KafkaLeaving;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #consumer: Consumer | undefined;
  #hasJoined = false;
  /** Why it has not joined, for readiness. */
  #waitsFor = '';

  constructor(
    kafka: Kafka,
    topic: Topic,
    handler: (row: JournalRow) => void,
    bus: KafkaBusOptions,
    settings: KafkaBusSettings,
    leaving: KafkaLeaving,
  ) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#newest = new Newest(handler, bus.log);
    this.#bus = bus;
    this.#settings = settings;
    this.#leaving = leaving;
    this.#running = this.#consume();
  }

  ready(): true | string {
    return this.#hasJoined ? true : `The subscription of ${this.#topic.name} has not reached Kafka yet${this.#waitsFor}.`;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#leaving.wait(`the subscription of ${this.#topic.name}`, this.#leave());
  }

  async #leave(): Promise<void> {
    await this.#running;
    await this.#consumer?.disconnect();
  }

  #consume(): Promise<void> {
    const { prefix, processName, log, onFatal } = this.#bus;
    return keepConsuming({
      kafka: this.#kafka,
      consumer: {
        groupId: `${prefix}${processName}.${this.#topic.name}.${randomUUID()}`,
        sessionTimeout: this.#settings.sessionTimeoutMs,
        maxWaitTimeInMs: this.#settings.maxWaitMs,
        minBytes: 1,
      },
      topic: prefix + this.#topic.name,
      run: {
        eachMessage: ({ message }) => {
          const row = fromMessage(message);
          if (row !== undefined) this.#newest.take(row);
          return Promise.resolve();
        },
      },
      what: `the subscription of ${this.#topic.name}`,
      log,
      signal: this.#stopping.signal,
      opened: (consumer) => void (this.#consumer = consumer),
      joined: () => void (this.#hasJoined = true),
      waiting: (why) => void (this.#waitsFor = `: ${why}`),
      onFatal,
    });
  }
}
