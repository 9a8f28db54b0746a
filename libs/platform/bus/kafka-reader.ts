import { type ServiceHandlers } from '@switchyard/contracts';
import { type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { CursorReader } from './cursor-reader.js';
import { keepConsuming } from './kafka-consuming.js';
import { type KafkaLeaving } from './kafka-leaving.js';
import { fromMessage } from './kafka-wire.js';
import { type KafkaBusOptions, type KafkaBusSettings } from './kafka-bus.js';
import { readerHandlers } from './reader-handlers.js';
import { type ParkedKey, type Reader, type ReaderOptions, type ReplayResult } from './types.js';

/** Kafka hears from a reader that works on one batch for long. */
const heartbeatMs = 1_000;
const watchMs = 1_000;
const partitionsAtOnce = 64;

/** A reader fed by a Kafka group. Offsets only say where to go on; the cursors say what was applied. */
export class KafkaReader implements Reader {
  readonly group: string;
  readonly handlers: ServiceHandlers<ReaderServiceDefinition>;
  readonly #kafka: Kafka;
  readonly #options: ReaderOptions;
  readonly #bus: KafkaBusOptions;
  readonly #settings: KafkaBusSettings;
  readonly #leaving: KafkaLeaving;
  readonly #effects: CursorReader;
  readonly #topic: string;
  readonly #stopping = new AbortController();
  /** partition → the offset to go on from, not committed yet. */
  readonly #offsets = new Map<number, string>();
  #consumer: Consumer | undefined;
  #running: Promise<void> | undefined;
  #committing: NodeJS.Timeout | undefined;
  #watching: NodeJS.Timeout | undefined;
  #hasJoined = false;
  /** Why it has not joined, for readiness. */
  #waitsFor = '';
  #progressMs: number;
  #isProbing = false;
  #stalled: string | undefined;

  constructor(kafka: Kafka, options: ReaderOptions, bus: KafkaBusOptions, settings: KafkaBusSettings, leaving: KafkaLeaving) {
    this.group = options.group;
    this.#kafka = kafka;
    this.#options = options;
    this.#bus = bus;
    this.#settings = settings;
    this.#leaving = leaving;
    this.#topic = bus.prefix + options.topic.name;
    this.#effects = new CursorReader(options, bus);
    this.#progressMs = bus.clock.monotonicMs();
    this.handlers = readerHandlers([this]);
  }

  /** Does not wait for Kafka; `ready` tells when it reads. */
  start(): Promise<void> {
    this.#progressed();
    this.#running ??= this.#consume();
    this.#committing = setInterval(() => void this.#commitOffsets(), this.#settings.offsetCommitMs);
    this.#watching = setInterval(() => void this.#watch(), Math.min(watchMs, this.#settings.stalledAfterMs / 2));
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    clearInterval(this.#committing);
    clearInterval(this.#watching);
    await this.#effects.stop();
    await this.#leaving.wait(`the reader ${this.group}`, this.#leave());
  }

  async #leave(): Promise<void> {
    await this.#running;
    await this.#commitOffsets();
    await this.#consumer?.disconnect();
  }

  ready(): true | string {
    if (!this.#hasJoined) return `The reader ${this.group} has not joined its Kafka group yet${this.#waitsFor}.`;
    return this.#effects.ready();
  }

  healthy(): true | string {
    return this.#stalled ?? true;
  }

  parkedKeys(): Promise<readonly ParkedKey[]> {
    return this.#effects.parkedKeys();
  }

  replayParked(stream: string, key: string): Promise<ReplayResult> {
    return this.#effects.replayParked(stream, key);
  }

  #consume(): Promise<void> {
    const { prefix, log, onFatal } = this.#bus;
    const { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatIntervalMs, maxWaitMs } = this.#settings;
    return keepConsuming({
      kafka: this.#kafka,
      consumer: {
        groupId: prefix + this.group,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        heartbeatInterval: heartbeatIntervalMs,
        maxWaitTimeInMs: maxWaitMs,
        minBytes: 1,
        maxBytesPerPartition: 1_048_576,
      },
      topic: this.#topic,
      run: {
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: (payload) => this.#eachBatch(payload),
      },
      what: `the reader ${this.group}`,
      log,
      signal: this.#stopping.signal,
      opened: (consumer) => {
        this.#consumer = consumer;
        consumer.on(consumer.events.FETCH, () => this.#progressed());
        consumer.on(consumer.events.END_BATCH_PROCESS, () => this.#progressed());
      },
      joined: () => {
        this.#offsets.clear(); // Others may go on with those partitions; they would be set back.
        this.#hasJoined = true;
        this.#progressed();
      },
      waiting: (why) => void (this.#waitsFor = `: ${why}`),
      onFatal,
    });
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const last = batch.messages.at(-1);
    if (last === undefined || !isRunning() || isStale() || this.#stopping.signal.aborted) return;
    const rows = batch.messages.flatMap((message) => {
      const row = fromMessage(message);
      if (row !== undefined) return [row];
      this.#bus.log.error(
        { topic: this.#topic, partition: batch.partition, offset: message.offset },
        'skips a message that no journal wrote',
      );
      return [];
    });
    const abandoned = new AbortController();
    const effect = this.#effects.submit(rows, abandoned.signal);
    let isDone = false;
    const ended = effect.then(
      () => (isDone = true),
      () => (isDone = true),
    );
    try {
      while (!isDone) {
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, heartbeatMs)))]);
        clearTimeout(timer);
        if (!isDone) await heartbeat(); // Throws when the group is rebalancing: then the rows come again, here or elsewhere.
      }
    } catch (error) {
      abandoned.abort();
      throw error;
    }
    if (this.#stopping.signal.aborted) return;
    await effect;
    resolveOffset(last.offset);
    this.#offsets.set(batch.partition, String(BigInt(last.offset) + 1n));
  }

  async #commitOffsets(): Promise<void> {
    if (this.#offsets.size === 0 || this.#consumer === undefined) return;
    const offsets = [...this.#offsets].map(([partition, offset]) => ({ topic: this.#topic, partition, offset }));
    this.#offsets.clear();
    await this.#consumer
      .commitOffsets(offsets)
      .catch((error: unknown) => this.#bus.log.debug({ err: error, reader: this.group }, 'offsets were not committed; rows come again'));
  }

  #progressed(): void {
    this.#progressMs = this.#bus.clock.monotonicMs();
    this.#stalled = undefined;
  }

  /** The watchdog: no progress for long, while Kafka answers others. */
  async #watch(): Promise<void> {
    const nowMs = this.#bus.clock.monotonicMs();
    const effectsMs = nowMs - this.#effects.progressMs;
    const fetchMs = nowMs - this.#progressMs;
    const isBusy = effectsMs > 0 && effectsMs < this.#settings.stalledAfterMs; // It works, or waits to try again: not the way of kafkajs.
    if (this.#isProbing || isBusy || fetchMs < this.#settings.stalledAfterMs) return;
    this.#isProbing = true;
    const answers = await this.#kafkaAnswers();
    this.#isProbing = false;
    if (this.#stopping.signal.aborted) return;
    if (!answers) return this.#progressed(); // Nothing to read from; the clock starts again when it is back.
    if (nowMs - this.#progressMs < this.#settings.stalledAfterMs) return;
    this.#stalled = `The reader ${this.group} stands still for ${Math.round(fetchMs)} ms while Kafka answers.`;
    this.#bus.log.fatal({ reader: this.group, fetchMs, effectsMs }, this.#stalled);
  }

  async #kafkaAnswers(): Promise<boolean> {
    const admin = this.#kafka.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      await admin.fetchTopicOffsets(this.#topic);
      return true;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}
