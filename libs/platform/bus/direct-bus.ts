import { setTimeout as sleep } from 'node:timers/promises';
import { RingQueue } from '@switchyard/kernel';
import { type ServiceHandlers, type Topic } from '@switchyard/contracts';
import { type JournalRow, type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { CursorReader, type ReaderEnvironment } from './cursor-reader.js';
import { Newest } from './newest.js';
import { readerHandlers } from './reader-handlers.js';
import {
  type EventBus,
  type JournalSource,
  type ParkedKey,
  type Reader,
  type ReaderOptions,
  type ReplayResult,
  type Subscription,
} from './types.js';

export interface DirectBusSettings {
  /** Rows that wait for one reader; what comes beyond is read from the journal later. */
  readonly queueRows: number;
  /** Most rows that a reader takes at a time. */
  readonly batchRows: number;
  /** A reader whose work does not come to an end for so long stands still. */
  readonly stalledAfterMs: number;
}

export const directDefaults: DirectBusSettings = Object.freeze({ queueRows: 10_000, batchRows: 500, stalledAfterMs: 60_000 });

export interface DirectBusOptions extends ReaderEnvironment {
  readonly settings?: Partial<DirectBusSettings>;
}

/**
 * The bus inside one process: the relay's rows go to the readers' queues, the same bytes that Kafka would carry, and each reader works them off in turns of
 * its own. It keeps nothing: what a reader missed (it was not there, or its queue was full) it finds in the journals that are attached.
 */
export class DirectBus implements EventBus {
  readonly #options: DirectBusOptions;
  readonly #settings: DirectBusSettings;
  readonly #sources: JournalSource[] = [];
  readonly #readers: DirectReader[] = [];
  readonly #subscriptions = new Set<DirectLatest>();
  /** topic → key → newest row, of topics where only that counts. */
  readonly #newest = new Map<string, Map<string, JournalRow>>();

  constructor(options: DirectBusOptions) {
    this.#options = options;
    this.#settings = { ...directDefaults, ...options.settings };
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#readers, ...this.#subscriptions].map((each) => each.stop()));
  }

  ready(): true | string {
    return true;
  }

  healthy(): true | string {
    return this.#readers.map((reader) => reader.healthy()).find((answer) => answer !== true) ?? true;
  }

  publish(topic: Topic, rows: readonly JournalRow[]): Promise<void> {
    if (topic.kind === 'latest') {
      const newest = this.#newest.get(topic.name) ?? new Map<string, JournalRow>();
      this.#newest.set(topic.name, newest);
      for (const row of rows) newest.set(row.key, row);
    }
    for (const reader of this.#readers) if (reader.topic.name === topic.name) reader.offer(rows);
    for (const subscription of this.#subscriptions) if (subscription.topic.name === topic.name) subscription.offer(rows);
    return Promise.resolve();
  }

  read(options: ReaderOptions): Reader {
    const reader = new DirectReader(options, this.#options, this.#settings, this.#sources);
    this.#readers.push(reader);
    return reader;
  }

  latest(topic: Topic, handler: (row: JournalRow) => void): Subscription {
    const subscription = new DirectLatest(topic, new Newest(handler, this.#options.log), () => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    subscription.offer([...(this.#newest.get(topic.name)?.values() ?? [])]);
    return subscription;
  }

  attach(source: JournalSource): void {
    this.#sources.push(source);
  }
}

class DirectLatest implements Subscription {
  readonly topic: Topic;
  readonly #newest: Newest;
  readonly #onStop: () => void;
  #isStopped = false;

  constructor(topic: Topic, newest: Newest, onStop: () => void) {
    this.topic = topic;
    this.#newest = newest;
    this.#onStop = onStop;
  }

  offer(rows: readonly JournalRow[]): void {
    const copies = rows.map((row) => ({ ...row }));
    setImmediate(() => {
      for (const row of copies) if (!this.#isStopped) this.#newest.take(row);
    });
  }

  ready(): true | string {
    return true;
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#onStop();
    return Promise.resolve();
  }
}

const catchUpRetryMs = 500;

class DirectReader implements Reader {
  readonly group: string;
  readonly topic: Topic;
  readonly handlers: ServiceHandlers<ReaderServiceDefinition>;
  readonly #environment: ReaderEnvironment;
  readonly #settings: DirectBusSettings;
  readonly #sources: readonly JournalSource[];
  readonly #effects: CursorReader;
  readonly #queue: RingQueue<JournalRow>;
  #isStarted = false;
  #isStopped = false;
  #isPumping = false;
  /** Rows were dropped, or published before the reader was there: look through the journals. */
  #isBehind = true;

  constructor(options: ReaderOptions, environment: ReaderEnvironment, settings: DirectBusSettings, sources: readonly JournalSource[]) {
    this.group = options.group;
    this.topic = options.topic;
    this.#environment = environment;
    this.#settings = settings;
    this.#sources = sources;
    this.#effects = new CursorReader(options, environment);
    this.#queue = new RingQueue(settings.queueRows);
    this.handlers = readerHandlers([this]);
  }

  start(): Promise<void> {
    this.#isStarted = true;
    this.#pump();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#effects.stop();
  }

  ready(): true | string {
    return this.#isStarted ? this.#effects.ready() : `The reader ${this.group} has not started.`;
  }

  healthy(): true | string {
    const stillMs = this.#environment.clock.monotonicMs() - this.#effects.progressMs;
    return stillMs < this.#settings.stalledAfterMs ? true : `The reader ${this.group} stands still for ${Math.round(stillMs)} ms.`;
  }

  parkedKeys(): Promise<readonly ParkedKey[]> {
    return this.#effects.parkedKeys();
  }

  replayParked(stream: string, key: string): Promise<ReplayResult> {
    return this.#effects.replayParked(stream, key);
  }

  /** Takes rows; never waits, and runs nothing of the reader now. */
  offer(rows: readonly JournalRow[]): void {
    for (const row of rows) if (!this.#queue.push({ ...row })) this.#isBehind = true;
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping || !this.#isStarted || this.#isStopped) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#work()
        .catch((error: unknown) => this.#environment.log.debug({ err: error, reader: this.group }, 'a reader ended in its work'))
        .finally(() => {
          this.#isPumping = false;
          if (this.#queue.length > 0 || this.#isBehind) this.#pump();
        });
    });
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      const rows = this.#queue.drainTo(this.#settings.batchRows);
      if (rows.length > 0) await this.#effects.submit(rows);
      else if (this.#isBehind) await this.#catchUp();
      else return;
    }
  }

  /** Applies what the attached journals have beyond the cursors. What is published meanwhile queues as ever. */
  async #catchUp(): Promise<void> {
    this.#isBehind = false;
    try {
      for (const source of this.#sources) {
        for (const { stream, seq } of await source.heads()) await this.#catchUpStream(source, stream, seq);
      }
    } catch (error) {
      this.#isBehind = true;
      if (this.#isStopped) return;
      this.#environment.log.warn({ err: error, reader: this.group }, 'could not catch up from the journal yet');
      await sleep(catchUpRetryMs);
    }
  }

  async #catchUpStream(source: JournalSource, stream: string, head: number): Promise<void> {
    let next = (await this.#effects.cursorOf(stream)).seq + 1;
    while (next <= head && !this.#isStopped) {
      const page = await source.read(stream, next, this.#settings.batchRows);
      const rows = page.filter((row) => source.topicsOf(row).some((topic) => topic.name === this.topic.name));
      // A gapless topic has every row of a stream or none: this one is another topic's.
      if (page.length === 0 || (this.topic.kind === 'stream' && rows.length === 0)) return;
      if (rows.length > 0) await this.#effects.submit(rows);
      next = (page.at(-1)?.seq ?? head) + 1;
    }
  }
}
