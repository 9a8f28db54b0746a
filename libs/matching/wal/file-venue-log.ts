// The venue's log in files. Its truth is the commands, written before they are executed; what they caused is written beside them, to be looked up at any age.
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { assert } from '@switchyard/kernel';
import { type LoggedEvent, type VenueInput, type VenueLog } from '@switchyard/matching-core';
import { type LogLookup } from './log-lookup.js';
import { type LogWriter } from './log-writer.js';
import { cutRecords, packRecords, unpackRecords } from './records.js';

export interface VenueLogSettings {
  /** `batch`: commands are on the disk before anybody learns what they caused; one fdatasync serves a batch. `none`: in the page cache: the loss of power loses some. */
  readonly sync: 'batch' | 'none';
  /** A file of a log that is longer gets a successor. */
  readonly fileBytesMax: number;
  /** Events of one batch that are longer together are several frames; an event that is longer alone is a frame of its own. */
  readonly frameBytesMax: number;
}

export const venueLogDefaults: VenueLogSettings = { sync: 'batch', fileBytesMax: 64 * 1024 * 1024, frameBytesMax: 4 * 1024 * 1024 };

/** An event as it is stored. */
export interface StoredEvent {
  readonly seq: number;
  /** A VenueEvent; valid until the next events are asked for. */
  readonly bytes: Buffer;
}

export class FileVenueLog implements VenueLog {
  readonly #commands: LogWriter;
  readonly #events: LogWriter;
  readonly #lookup: LogLookup;
  readonly #settings: VenueLogSettings;
  /** The last event of which the command is as durable as the setting says. */
  #lastSeq: number;
  #syncsCount = 0;
  #appending: Promise<unknown> | undefined;

  /** For `recoverVenue`: both logs end with the same record. */
  constructor(commands: LogWriter, events: LogWriter, lookup: LogLookup, settings: VenueLogSettings) {
    assert(commands.lastSeq === events.lastSeq, 'a venue goes on when each of its commands has its event');
    this.#commands = commands;
    this.#events = events;
    this.#lookup = lookup;
    this.#settings = settings;
    this.#lastSeq = events.lastSeq;
  }

  /** Number of the last event that was appended. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Number of the last command that was written down: beyond `lastSeq` while it is executed. */
  get lastRecordedSeq(): number {
    return this.#commands.lastSeq;
  }

  /** How often the disk was waited for on behalf of commands. */
  get syncsCount(): number {
    return this.#syncsCount;
  }

  record(input: VenueInput, seq: number): void {
    assert(seq === this.#commands.lastSeq + 1, 'command n of the venue is record n of its log');
    this.#commands.append(encodeCommand(input), 1);
  }

  async append(events: readonly VenueEvent[], firstSeq: number): Promise<readonly Uint8Array[]> {
    assert(firstSeq === this.#events.lastSeq + 1 && events.length > 0, 'event n of the venue is record n of its log');
    assert(firstSeq + events.length - 1 === this.#commands.lastSeq, 'a command is written down before its event');
    const appending = (this.#appending = this.#append(events));
    return await appending;
  }

  async *read(fromSeq: number, limit = Infinity): AsyncGenerator<readonly LoggedEvent[], void, undefined> {
    for await (const events of this.readStored(fromSeq, limit))
      yield events.map(({ seq, bytes }) => ({ seq, event: VenueEvent.decode(bytes) }));
  }

  /** As `read`, without decoding. */
  readStored(fromSeq: number, limit = Infinity): AsyncGenerator<readonly StoredEvent[], void, undefined> {
    return readEvents(this.#lookup, fromSeq, Math.min(this.#lastSeq, fromSeq + limit - 1));
  }

  /** The events up to now are on the disk when it resolves: what follows a snapshot can be made again from commands, what is before it can't. */
  async syncEvents(): Promise<void> {
    if (this.#settings.sync === 'batch') await this.#events.synced();
  }

  /** Waits for what is being appended. */
  async close(): Promise<void> {
    await this.#appending?.catch(() => undefined);
    this.#commands.close();
    this.#events.close();
  }

  async #append(events: readonly VenueEvent[]): Promise<readonly Uint8Array[]> {
    // The disk takes the commands while the events are encoded; whoever fails, the other is waited for.
    const synced = this.#syncCommands();
    synced.catch(() => undefined);
    let stored: readonly Uint8Array[];
    try {
      stored = events.map((event) => VenueEvent.encode(event).finish());
      const frames = [...cutRecords(stored, this.#settings.frameBytesMax)];
      // The loss of power leaves one frame without commands at most: that is what a start cuts off.
      if (frames.length > 1) await synced;
      for (const frame of frames) appendEvents(this.#events, this.#lookup, frame);
    } finally {
      await synced;
    }
    this.#lastSeq = this.#events.lastSeq;
    return stored;
  }

  async #syncCommands(): Promise<void> {
    if (this.#settings.sync === 'none') return;
    this.#syncsCount++;
    await this.#commands.synced();
  }
}

/** A command as it is stored: a VenueEvent without what it caused. */
export function encodeCommand({ atMs, sessionId, command }: VenueInput): Uint8Array {
  return VenueEvent.encode(VenueEvent.create({ atMs, sessionId, command })).finish();
}

/** Appends encoded events as one frame, which nobody needs to look for. */
export function appendEvents(log: LogWriter, lookup: LogLookup, events: readonly Uint8Array[]): void {
  const firstSeq = log.lastSeq + 1;
  log.append(packRecords(events), events.length);
  lookup.note(firstSeq, log.lastFrame);
}

/** The events [fromSeq, toSeq], as they are stored. */
export async function* readEvents(
  lookup: LogLookup,
  fromSeq: number,
  toSeq: number,
): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  for await (const { firstSeq, recordsCount, payload } of lookup.frames(fromSeq, toSeq)) {
    const events = unpackRecords(payload, recordsCount).map((bytes, at) => ({ seq: firstSeq + at, bytes }));
    yield events.slice(Math.max(0, fromSeq - firstSeq), toSeq - firstSeq + 1);
  }
}
