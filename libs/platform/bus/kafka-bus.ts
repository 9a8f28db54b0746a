import { setTimeout as sleep } from 'node:timers/promises';
import { type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type ISocketFactory, type Kafka, type Producer, type RecordMetadata, type TopicMessages } from 'kafkajs';
import { type ReaderEnvironment } from './cursor-reader.js';
import { KafkaLatest } from './kafka-latest.js';
import { KafkaLeaving } from './kafka-leaving.js';
import { KafkaReader } from './kafka-reader.js';
import { partitioner, toMessage } from './kafka-wire.js';
import { kafkaClient } from './kafkajs.js';
import { type EventBus, type Reader, type ReaderOptions, type Subscription } from './types.js';

export interface KafkaBusSettings {
  /** A request that takes longer is given up; the relay publishes again, with a new producer. */
  readonly publishTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** A fetch without messages waits so long at the broker. */
  readonly maxWaitMs: number;
  /** Between two commits of offsets. Only how much comes again after a crash depends on it. */
  readonly offsetCommitMs: number;
  /** A reader without a fetch, a join or an end of work for so long stands still, unless Kafka itself is away. */
  readonly stalledAfterMs: number;
  /** Each part that stops waits so long for a Kafka that does not answer; the first that waited in vain is the last. */
  readonly leaveMs: number;
}

export const kafkaDefaults: KafkaBusSettings = Object.freeze({
  publishTimeoutMs: 10_000,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 3_000,
  maxWaitMs: 500,
  offsetCommitMs: 250,
  stalledAfterMs: 60_000,
  leaveMs: 2_000,
});

export interface KafkaBusOptions extends ReaderEnvironment {
  /** host:port. */
  readonly brokers: readonly string[];
  /** Before every topic and group: `sim.`. */
  readonly prefix: string;
  readonly environment: string;
  readonly processName: string;
  /** Topics to be created where they are missing; leave it out where somebody else administers Kafka (live). */
  readonly create?: { readonly topics: readonly Topic[]; readonly partitions?: number; readonly replicationFactor?: number };
  /** A defect, and not Kafka, broke a reader: end the process. */
  onFatal(error: Error): void;
  readonly settings?: Partial<KafkaBusSettings>;
  readonly socketFactory?: ISocketFactory;
}

const day = 24 * 60 * 60 * 1_000;
const createRetryMs = 500;

/** The bus over Kafka. Kafka may be away at any time, also at start: publications wait, readers come back by themselves. */
export class KafkaBus implements EventBus {
  readonly #options: KafkaBusOptions;
  readonly #settings: KafkaBusSettings;
  readonly #kafka: Kafka;
  readonly #leaving: KafkaLeaving;
  readonly #readers: KafkaReader[] = [];
  readonly #subscriptions: KafkaLatest[] = [];
  readonly #latestTopics = new Set<string>();
  readonly #stopping = new AbortController();
  #producer: Promise<Producer> | undefined;
  /** Where kafkajs puts each message. */
  readonly #partitions = new WeakMap<object, number>();
  /** Messages of requests that were given up. */
  readonly #givenUp = new WeakSet<object>();
  /** What the next request takes, and that request. */
  #gathered: TopicMessages[] = [];
  #sending: Promise<void> | undefined;
  /** Ends with the last request that was begun. */
  #former: Promise<void> = Promise.resolve();
  #created: Promise<void> | undefined;

  constructor(options: KafkaBusOptions) {
    this.#options = options;
    this.#settings = { ...kafkaDefaults, ...options.settings };
    this.#leaving = new KafkaLeaving(this.#settings.leaveMs, options.log);
    this.#kafka = kafkaClient({
      brokers: options.brokers,
      clientId: options.processName,
      log: options.log,
      socketFactory: options.socketFactory,
    });
  }

  /** Does not wait for Kafka. */
  start(): Promise<void> {
    this.#created ??= this.#createTopics();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#readers, ...this.#subscriptions].map((each) => each.stop()));
    await this.#leaving.wait('the producer', this.#leave());
  }

  async #leave(): Promise<void> {
    await this.#created;
    await this.#discard(this.#producer);
  }

  /** Always: without Kafka orders go on, and readers say for themselves what they lack. */
  ready(): true | string {
    return true;
  }

  healthy(): true | string {
    return this.#readers.map((reader) => reader.healthy()).find((answer) => answer !== true) ?? true;
  }

  /** What is published in one turn goes in one request, and so does what is published while a request is under way. */
  publish(topic: Topic, rows: readonly JournalRow[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    const { environment, prefix } = this.#options;
    const name = prefix + topic.name;
    if (topic.kind === 'latest') this.#latestTopics.add(name);
    this.#gathered.push({ topic: name, messages: rows.map((row) => toMessage(topic, environment, row)) });
    return (this.#sending ??= this.#sendNext());
  }

  read(options: ReaderOptions): Reader {
    const reader = new KafkaReader(this.#kafka, options, this.#options, this.#settings, this.#leaving);
    this.#readers.push(reader);
    return reader;
  }

  latest(topic: Topic, handler: (row: JournalRow) => void): Subscription {
    const subscription = new KafkaLatest(this.#kafka, topic, handler, this.#options, this.#settings, this.#leaving);
    this.#subscriptions.push(subscription);
    return subscription;
  }

  /** Readers find everything in Kafka and in the journals that they call. */
  attach(): void {}

  /**
   * One request at a time. Of two that were under way, kafkajs 2.2.4 would give the second the sequence numbers of the first where that one's answer is lost: the
   * broker takes it for the first once more, and its rows count as sent and are nowhere. Where the first is refused, its rows would come behind the second's.
   */
  #sendNext(): Promise<void> {
    const next = this.#former.then(() => this.#leaving.unlessSilent(this.#send()));
    this.#former = next.catch(() => undefined);
    return next;
  }

  async #send(): Promise<void> {
    await this.#created;
    const topicMessages = this.#gathered;
    this.#gathered = [];
    this.#sending = undefined;
    if (this.#stopping.signal.aborted) throw new Error('the bus has stopped');
    const producer = (this.#producer ??= this.#connect());
    const { publishTimeoutMs } = this.#settings;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Kafka did not take the rows within ${publishTimeoutMs} ms`)), publishTimeoutMs);
    });
    const sent = producer.then(async (connected) =>
      this.#mustBeTaken(topicMessages, await connected.sendBatch({ topicMessages, acks: -1, timeout: 5_000 })),
    );
    try {
      await Promise.race([sent, late]);
    } catch (error) {
      // Its state is unknown now: what comes next, a new producer sends. This one would connect anew and send what it has behind that, so it may not try again.
      if (this.#producer === producer) this.#producer = undefined;
      for (const { messages } of topicMessages) for (const message of messages) this.#givenUp.add(message);
      void sent.catch(() => undefined).then(() => this.#discard(producer));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * kafkajs 2.2.4 asks no broker twice that has answered: where a partition moves to such a one between two tries (its former leader refused), its messages are
   * never sent, and the batch counts as sent.
   */
  #mustBeTaken(topicMessages: readonly TopicMessages[], answers: readonly RecordMetadata[]): void {
    const taken = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
    for (const { topic, messages } of topicMessages)
      for (const message of messages) {
        const place = `${topic}/${this.#partitions.get(message)}`;
        if (!taken.has(place)) throw new Error(`Kafka was not asked to take the rows of ${place}`);
      }
  }

  async #connect(): Promise<Producer> {
    const partitionOf = partitioner(this.#latestTopics)();
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Asked at every try.
      createPartitioner: () => (args) => {
        if (this.#givenUp.has(args.message)) throw new Error('the request was given up');
        const partition = partitionOf(args);
        this.#partitions.set(args.message, partition);
        return partition;
      },
      retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 4 },
    });
    await producer.connect();
    return producer;
  }

  async #discard(producer: Promise<Producer> | undefined): Promise<void> {
    try {
      await (await producer)?.disconnect();
    } catch (error) {
      this.#options.log.debug({ err: error }, 'a producer did not end in order');
    }
  }

  /** Creates what is missing, as soon as Kafka answers. */
  async #createTopics(): Promise<void> {
    const { create, prefix, log } = this.#options;
    if (create === undefined) return;
    const { topics, partitions = 24, replicationFactor = 1 } = create;
    while (!this.#stopping.signal.aborted) {
      const admin = this.#kafka.admin({ retry: { retries: 1 } });
      try {
        await admin.connect();
        const existing = new Set(await admin.listTopics());
        const missing = topics.filter((topic) => !existing.has(prefix + topic.name));
        if (missing.length > 0) {
          await admin.createTopics({
            waitForLeaders: true,
            topics: missing.map((topic) => ({
              topic: prefix + topic.name,
              numPartitions: partitions,
              replicationFactor,
              configEntries:
                topic.kind === 'latest'
                  ? [{ name: 'cleanup.policy', value: 'compact' }]
                  : [{ name: 'retention.ms', value: String(7 * day) }],
            })),
          });
        }
        return;
      } catch (error) {
        log.debug({ err: error }, 'topics could not be created yet');
        await sleep(createRetryMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    }
  }
}
