/** Publishes what was committed, in order per stream, from memory or, when that was too small or the rows are of a former life, from the journal. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { RingQueue } from '@switchyard/kernel';
import { type Topic } from '@switchyard/contracts';
import { type Logger } from 'pino';
import { type EventBus } from '../bus/types.js';
import { failpoint } from '../failpoint/index.js';
import { type JournalRow, type JournalSettings, type TracePort } from './types.js';

interface RelayStream {
  /** The last row that all its topics have. */
  published: number;
  /** The last row that was committed. */
  offered: number;
  /** Rows after `published` are missing from memory. */
  isBehind: boolean;
  /** The last sequence stored as watermark. */
  stored: number;
}

export interface RelayOptions {
  readonly bus: EventBus;
  topicsOf(row: JournalRow): readonly Topic[];
  /** Whether a reader waits for the row. */
  isAwaited(row: JournalRow): boolean;
  read(stream: string, fromSeq: number, limit: number): Promise<readonly JournalRow[]>;
  /** Stores watermarks, fenced by the holder. */
  moveWatermarks(streams: readonly string[], seqs: readonly number[]): Promise<void>;
  readonly log: Logger;
  readonly trace: TracePort | undefined;
  readonly settings: JournalSettings;
}

const retryFirstMs = 100;
const retryMaxMs = 5_000;

export class Relay {
  readonly #options: RelayOptions;
  readonly #streams = new Map<string, RelayStream>();
  readonly #memory: RingQueue<JournalRow>;
  /** Streams to be read back from the journal. */
  readonly #behind = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  readonly #ending = new AbortController();
  #isRunning = false;
  #isStoring = false;
  /** A reader waits for one of the rows in memory. */
  #hasAwaited = false;
  /** Ends the time for which the others are gathered. */
  #hurry: () => void = () => undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#memory = new RingQueue(options.settings.relayMemoryRows);
    this.#timer = setInterval(() => void this.#storeWatermarks(), options.settings.watermarkMs);
  }

  /** Rows that were committed and not published yet. */
  get lagRows(): number {
    let lag = 0;
    for (const stream of this.#streams.values()) lag += stream.offered - stream.published;
    return lag;
  }

  /** This process owns the stream: publish what comes after `published`, the stored watermark. */
  open(name: string, published: number, head: number): void {
    this.#streams.set(name, { published, offered: head, isBehind: published < head, stored: published });
    if (published < head) this.#behind.add(name);
    this.#wake();
  }

  /** Takes rows that have just been committed. Never waits and never fails. */
  offer(rows: readonly JournalRow[]): void {
    for (const row of rows) {
      let stream = this.#streams.get(row.stream);
      if (stream === undefined)
        this.#streams.set(row.stream, (stream = { published: row.seq - 1, offered: row.seq - 1, isBehind: false, stored: row.seq - 1 }));
      stream.offered = row.seq;
      if (stream.isBehind || this.#memory.push(row)) continue;
      stream.isBehind = true;
      this.#behind.add(row.stream);
    }
    if (rows.some((row) => this.#options.isAwaited(row))) this.#publishSoon();
    this.#wake();
  }

  /** Gives the streams of a unit up: waits until they are published, at most `patienceMs`, and stores how far it came. The next owner goes on from there. */
  async release(unit: string, patienceMs: number): Promise<void> {
    const names = [...this.#streams.keys()].filter((name) => name === unit || name.startsWith(`${unit}/`));
    this.#publishSoon();
    const isDone = (): boolean =>
      names.every((name) => (this.#streams.get(name)?.published ?? Infinity) >= (this.#streams.get(name)?.offered ?? 0));
    for (let waitedMs = 0; !isDone() && waitedMs < patienceMs && !this.#ending.signal.aborted; waitedMs += 5) await sleep(5);
    await this.#storeWatermarks(true);
    for (const name of names) {
      this.#streams.delete(name);
      this.#behind.delete(name);
    }
  }

  /** Stops at once. What is not published stays for the next owner. */
  end(): void {
    this.#ending.abort();
    clearInterval(this.#timer);
    this.#publishSoon();
  }

  #publishSoon(): void {
    this.#hasAwaited = true;
    this.#hurry();
  }

  #wake(): void {
    if (this.#isRunning || this.#ending.signal.aborted) return;
    this.#isRunning = true;
    this.#run()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'the relay failed'))
      .finally(() => {
        this.#isRunning = false;
        if (this.#memory.length > 0 || this.#behind.size > 0) this.#wake();
      });
  }

  async #run(): Promise<void> {
    const { relayBatchRows } = this.#options.settings;
    while (!this.#ending.signal.aborted && (this.#memory.length > 0 || this.#behind.size > 0)) {
      if (this.#memory.length < relayBatchRows) await this.#gather();
      const rows = this.#memory.drainTo(relayBatchRows);
      this.#hasAwaited &&= this.#memory.length > 0;
      if (rows.length > 0) await this.#publish(rows);
      await this.#readBack(); // In turn with memory, which is never empty under load.
    }
  }

  /** Each publication wakes this process, the bus and the readers: rows that nobody waits for go with the next one that somebody does, or after a while. */
  async #gather(): Promise<void> {
    if (!this.#hasAwaited && this.#behind.size === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#options.settings.relayLingerMs);
        this.#hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await nextTurn(); // Who appended hears of the commit first.
  }

  /** Publishes a page of a stream whose rows are not in memory. */
  async #readBack(): Promise<void> {
    const { read, settings, log } = this.#options;
    const [name] = this.#behind;
    if (name === undefined) return;
    const stream = this.#streams.get(name);
    this.#behind.delete(name); // And to the end of the line, so that one long stream doesn't keep the others waiting.
    if (stream === undefined) return;
    try {
      const rows = await read(name, stream.published + 1, settings.relayBatchRows);
      await this.#publish(rows);
    } catch (error) {
      log.warn({ err: error, stream: name }, 'the relay could not read the journal; trying again');
      await sleep(retryFirstMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
    if (stream.published >= stream.offered) stream.isBehind = false;
    else this.#behind.add(name);
  }

  /** Publishes until the bus has the rows, however long that takes. */
  async #publish(offered: readonly JournalRow[]): Promise<void> {
    const { bus, topicsOf, log, trace } = this.#options;
    // A stream may have been given away, or published from the journal meanwhile.
    const rows = offered.filter((row) => row.seq > (this.#streams.get(row.stream)?.published ?? Infinity));
    const byTopic = new Map<Topic, JournalRow[]>();
    for (const row of rows) {
      for (const topic of topicsOf(row)) {
        const some = byTopic.get(topic);
        if (some === undefined) byTopic.set(topic, [row]);
        else some.push(row);
      }
    }
    for (let waitMs = retryFirstMs; !this.#ending.signal.aborted; waitMs = Math.min(waitMs * 2, retryMaxMs)) {
      try {
        failpoint('journal.before-publish');
        const published = Promise.all([...byTopic].map(([topic, some]) => bus.publish(topic, some)));
        inTraces(trace, rows, 'relay publish', published);
        await published;
        failpoint('relay.before-watermark');
        break;
      } catch (error) {
        log.warn({ err: error, rows: rows.length }, 'the bus did not take the rows; trying again');
        await sleep(waitMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      }
    }
    if (this.#ending.signal.aborted) return;
    for (const row of rows) {
      const stream = this.#streams.get(row.stream);
      if (stream) stream.published = row.seq;
    }
  }

  async #storeWatermarks(always = false): Promise<void> {
    if ((this.#isStoring && !always) || this.#ending.signal.aborted) return;
    const moved = [...this.#streams]
      .filter(([, stream]) => stream.published > stream.stored)
      .map(([name, stream]) => [name, stream.published] as const);
    if (moved.length === 0) return;
    this.#isStoring = true;
    try {
      await this.#options.moveWatermarks(
        moved.map(([name]) => name),
        moved.map(([, seq]) => seq),
      );
      for (const [name, seq] of moved) {
        const stream = this.#streams.get(name);
        if (stream && stream.stored < seq) stream.stored = seq;
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'could not store the watermarks yet');
    } finally {
      this.#isStoring = false;
    }
  }
}

/** One span for each sampled trace among the rows, for as long as the work takes. Its outcome is told by the work itself. */
export function inTraces(
  trace: TracePort | undefined,
  rows: readonly Pick<JournalRow, 'traceparent'>[],
  name: string,
  work: Promise<unknown>,
): void {
  if (trace === undefined) return;
  // Made only where there is a sampled trace: most rows have none.
  let sampled: Set<string> | undefined;
  for (const { traceparent } of rows) if (traceparent.endsWith('-01')) (sampled ??= new Set()).add(traceparent);
  for (const traceparent of sampled ?? []) trace.continue(traceparent, name, () => work).catch(() => undefined);
}
