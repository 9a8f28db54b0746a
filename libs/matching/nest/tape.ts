// The tape: what sessions learned, copied from the venue's log into the journal, whose relay publishes it. Nobody waits for it.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasField } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type FileVenueLog } from '@switchyard/matching-wal/venue';
import { type Entry, type Journal } from '@switchyard/platform/journal';
import { type Logger } from 'pino';

export const VENUE_UNIT = 'venue';

const executionsField = 8;
/** Events that are written together, about. */
const batchEvents = 500;
/** Events that wait in memory, at most; beyond, they are read back later. */
const freshMax = 2_000;
const retryMs = 1_000;
/** Events of so long go onto the tape together: nobody waits for them, and each append is a commit, and a request to Kafka behind it. */
const lingerMs = 50;

export interface TapeOptions {
  readonly journal: Pick<Journal, 'append' | 'owns' | 'last' | 'read'>;
  readonly venueLog: FileVenueLog;
  readonly log: Logger;
}

/**
 * Copies from the event after the last one on the tape: that number is in the row, so what was written is never written again, and what was not, whatever kept it, comes
 * later. While this process does not own the unit it rests.
 */
export class Tape {
  readonly #options: TapeOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** Of the last event that was looked at. */
  #seq = 0;
  #wake: (() => void) | undefined;
  /** The newest events, in order and without a gap: most of the time the tape needs no others. */
  #fresh: { readonly firstSeq: number; readonly events: readonly VenueEvent[]; readonly stored: readonly Uint8Array[] }[] = [];
  #freshCount = 0;

  constructor(options: TapeOptions) {
    this.#options = options;
  }

  /** The journal takes appends: the tape catches up, and then follows. */
  start(): void {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** There are more events, durable; each as it is stored. */
  take(events: readonly VenueEvent[], stored: readonly Uint8Array[], firstSeq: number): void {
    if (this.#freshCount + events.length > freshMax) this.#forgetFresh();
    this.#fresh.push({ firstSeq, events, stored });
    this.#freshCount += events.length;
    this.#goOn();
  }

  /** Events that are not on the tape yet, or not worth being there. */
  get lagEvents(): number {
    return this.#options.venueLog.lastSeq - this.#seq;
  }

  /** Ends when it has caught up, or after so long. */
  async stop(patienceMs: number): Promise<void> {
    const { journal } = this.#options;
    const untilMs = performance.now() + patienceMs;
    while (this.#running !== undefined && this.lagEvents > 0 && journal.owns(VENUE_UNIT) && performance.now() < untilMs) await sleep(5);
    this.#stopping.abort();
    this.#goOn();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { journal, venueLog, log } = this.#options;
    const { signal } = this.#stopping;
    let isPlaced = false;
    while (!signal.aborted) {
      try {
        if (!isPlaced) this.#seq = (await lastTaped(journal))?.seq ?? 0;
        isPlaced = true;
        while (this.#seq < venueLog.lastSeq && !signal.aborted) await this.#copy();
        if (!signal.aborted) await this.#more();
        await sleep(lingerMs, undefined, { signal }).catch(() => undefined);
      } catch (error) {
        if (!journal.owns(VENUE_UNIT)) return; // It is started again with the unit.
        log.warn({ err: error, lagEvents: this.lagEvents }, 'the tape could not be written; the venue goes on, and the tape follows later');
        isPlaced = false;
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #copy(): Promise<void> {
    const entries: Entry[] = [];
    const seq = this.#copyFresh(entries) ?? (await this.#copyStored(entries));
    if (entries.length > 0) await this.#options.journal.append({ unit: VENUE_UNIT, entries });
    this.#seq = seq;
  }

  /** Returns the last event looked at; undefined where what comes next is not among the newest events. */
  #copyFresh(entries: Entry[]): number | undefined {
    const fresh = this.#fresh;
    this.#forgetFresh();
    if (fresh[0]?.firstSeq !== this.#seq + 1) return undefined;
    let seq = this.#seq;
    for (const { events, stored } of fresh) {
      for (const [at, event] of events.entries()) if (event.executions.length > 0) entries.push(entryOf(event, stored[at] as Uint8Array));
      seq += events.length;
    }
    return seq;
  }

  #forgetFresh(): void {
    this.#fresh = [];
    this.#freshCount = 0;
  }

  async #copyStored(entries: Entry[]): Promise<number> {
    const { venueLog } = this.#options;
    let seq = this.#seq;
    for await (const events of venueLog.readStored(seq + 1)) {
      for (const { bytes } of events) if (isWorthTaping(bytes)) entries.push(entryOf(VenueEvent.decode(bytes), Buffer.from(bytes)));
      seq = events.at(-1)?.seq ?? seq;
      if (entries.length >= batchEvents || this.#stopping.signal.aborted) break;
    }
    return seq;
  }

  #goOn(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

/** The last event on the tape. */
export interface Taped {
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** True of a stored event that told a session something. */
export function isWorthTaping(bytes: Uint8Array): boolean {
  return hasField(bytes, executionsField);
}

/** The last event on the tape; undefined while it is empty. The number is 0 for one that an earlier version wrote, which kept the venue's log itself there. */
export async function lastTaped(journal: Pick<Journal, 'last' | 'read'>): Promise<Taped | undefined> {
  const { seq } = await journal.last(VENUE_UNIT);
  if (seq === 0) return undefined;
  for await (const [row] of journal.read(VENUE_UNIT, seq, { limit: 1 })) {
    if (row !== undefined) return { seq: VenueEvent.decode(row.payload).eventSeq, payload: row.payload };
  }
  throw new Error(`row ${seq} of the journal is gone`);
}

function entryOf(event: VenueEvent, stored: Uint8Array): Entry {
  const { command } = event;
  const traceparent = command?.$case === 'orderCommand' ? command.value.traceparent : '';
  return { stream: VENUE_UNIT, key: VENUE_UNIT, traceparent, encode: () => stored };
}
