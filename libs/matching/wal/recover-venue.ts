// From a folder to a venue: the newest snapshot, then the commands after it. Each must cause what is stored as its event, but for charges; what is not stored is made again.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type Venue, type VenueSnapshot } from '@switchyard/matching-core';
import { appendEvents, FileVenueLog, readEvents, venueLogDefaults, type StoredEvent, type VenueLogSettings } from './file-venue-log.js';
import { LogContent, payloadBytesMax } from './format.js';
import { CorruptLogError, firstRecordOf } from './log-files.js';
import { LogLookup } from './log-lookup.js';
import { endOfLog, type LogEnd } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { packedBytes } from './records.js';
import { readSnapshots, removeUnfinishedSnapshots, saveSnapshotLater } from './snapshots.js';
import { decodeVenueSnapshot, encodeVenueSnapshot, type VenueSnapshotParts } from './venue-snapshots.js';

interface VenueFolders {
  readonly commandsFolder: string;
  readonly eventsFolder: string;
  readonly snapshotsFolder: string;
}

/** The folder can't be gone on with until a person has looked at it: trying again would end the same. No command in it was changed. */
export class VenueFolderError extends Error {
  override readonly name: string = 'VenueFolderError';
}

/** A file is not as it was written. */
export class DamagedFolderError extends VenueFolderError {
  override readonly name = 'DamagedFolderError';

  constructor(damage: CorruptLogError, { commandsFolder, eventsFolder }: VenueFolders) {
    const isDerived = damage.file.startsWith(eventsFolder) && firstRecordOf(commandsFolder) === 1;
    super(
      isDerived
        ? `${damage.message} These are events, which commands make again: moving the whole folder ${eventsFolder} away mends it.`
        : damage.message,
      {
        cause: damage,
      },
    );
  }
}

/** A replayed command caused another event than the stored one: this version does not continue that history. */
export class ReplayMismatchError extends VenueFolderError {
  override readonly name = 'ReplayMismatchError';

  constructor(
    readonly seq: number,
    folder: string,
  ) {
    super(
      `Event ${seq} in ${folder} comes out differently when its command is replayed. Run the version that wrote it; or begin anew, with an empty folder and an empty ` +
        'database ("npm run reset" for a development machine).',
    );
  }
}

/** A command breaks the venue whenever it is executed. */
export class VenueBrokenError extends VenueFolderError {
  override readonly name = 'VenueBrokenError';

  constructor(
    readonly seq: number,
    folder: string,
    cause: unknown,
  ) {
    super(
      `Command ${seq} in ${folder} breaks the venue: ${cause instanceof Error ? cause.message : String(cause)}. It is written down there: each start replays it. ` +
        'Keep the folder for those who mend the venue, and start a mended version on it.',
      { cause },
    );
  }
}

/** A command causes more than the log can hold as one event. */
export class TooLargeEventError extends VenueFolderError {
  override readonly name = 'TooLargeEventError';

  constructor(
    readonly seq: number,
    folder: string,
    bytes: number,
  ) {
    super(
      `Command ${seq} in ${folder} causes an event of ${bytes} bytes, and a frame of the log holds ${payloadBytesMax}. It is written down there: each start replays it. ` +
        'Keep the folder for those who mend the venue, and start a mended version on it.',
    );
  }
}

export interface RecoverVenueOptions {
  /** Held by this process alone. */
  readonly folder: string;
  /** An empty venue, or one as the snapshot has it. */
  readonly makeVenue: (snapshot: VenueSnapshot | undefined) => Venue;
  readonly settings?: Partial<VenueLogSettings>;
  /** Something was mended, or passed over, that cost nobody anything: somebody should know. */
  readonly warn: (text: string) => void;
  /** Ends the work between two frames. */
  readonly signal?: AbortSignal;
}

export interface RecoveredVenue {
  readonly venue: Venue;
  readonly log: FileVenueLog;
  /** Of the snapshot that it began from; 0 without one. */
  readonly snapshotSeq: number;
  readonly replayedCount: number;
  /** Events that were not stored, and are now. */
  readonly remadeCount: number;
}

/** Events of a frame that is made again, at most. */
const remadePerFrame = 256;

/**
 * @throws VenueFolderError (DamagedFolderError, ReplayMismatchError, VenueBrokenError): a person must look; no command was changed.
 * Any other error is the machine's, and may pass.
 */
export async function recoverVenue(options: RecoverVenueOptions): Promise<RecoveredVenue> {
  try {
    return await recover(options);
  } catch (error) {
    if (error instanceof CorruptLogError) throw new DamagedFolderError(error, foldersOf(options.folder));
    throw error;
  }
}

async function recover(options: RecoverVenueOptions): Promise<RecoveredVenue> {
  const { folder, warn, signal } = options;
  const settings = { ...venueLogDefaults, ...options.settings };
  const { commandsFolder, eventsFolder, snapshotsFolder } = foldersOf(folder);
  const commandsEnd = await endOfLog(commandsFolder, LogContent.COMMANDS, signal);
  const lookup = new LogLookup(eventsFolder);
  const storedEnd = await endOfLog(eventsFolder, LogContent.EVENTS, signal);
  const eventsEnd = await withoutUntold(folder, lookup, storedEnd, commandsEnd.lastSeq, warn);
  const { venue, snapshotSeq } = newestVenue(options, commandsEnd.lastSeq, eventsEnd.lastSeq);
  const stored = oneByOne(readEvents(lookup, snapshotSeq + 1, eventsEnd.lastSeq));
  const remade = new RemadeEvents(() => continueLog(eventsFolder, LogContent.EVENTS, eventsEnd, settings), lookup, settings.frameBytesMax);
  try {
    for await (const { firstSeq, payload } of new LogLookup(commandsFolder).frames(snapshotSeq + 1, commandsEnd.lastSeq)) {
      signal?.throwIfAborted();
      const bytes = replay(venue, firstSeq, payload, folder);
      if (packedBytes(bytes.length) > payloadBytesMax) throw new TooLargeEventError(firstSeq, folder, bytes.length);
      if (firstSeq > eventsEnd.lastSeq) remade.add(bytes);
      else if (!isAsStored(bytes, (await stored.next()).value)) throw new ReplayMismatchError(firstSeq, folder);
    }
  } finally {
    await stored.return(undefined);
  }
  venue.validateInternalState();
  const events = remade.end();
  const commands = continueLog(commandsFolder, LogContent.COMMANDS, commandsEnd, settings);
  removeUnfinishedSnapshots(snapshotsFolder);
  tellTorn(commandsFolder, commandsEnd, warn);
  tellTorn(eventsFolder, storedEnd, warn);
  const log = new FileVenueLog(commands, events, lookup, settings);
  return { venue, log, snapshotSeq, replayedCount: venue.seq - snapshotSeq, remadeCount: remade.count };
}

/** Keeps a snapshot of what the log holds already; the venue goes on meanwhile. */
export async function keepVenueSnapshot(folder: string, log: FileVenueLog, parts: VenueSnapshotParts): Promise<void> {
  if (parts.seq === 0) return;
  const content = await encodeVenueSnapshot(parts);
  await log.syncEvents();
  await saveSnapshotLater(foldersOf(folder).snapshotsFolder, { seq: parts.seq, content });
}

/** Frames of the events that are not stored. Nothing is written before the first of them is known. */
class RemadeEvents {
  count = 0;
  readonly #open: () => LogWriter;
  readonly #lookup: LogLookup;
  readonly #frameBytesMax: number;
  #writer: LogWriter | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(open: () => LogWriter, lookup: LogLookup, frameBytesMax: number) {
    this.#open = open;
    this.#lookup = lookup;
    this.#frameBytesMax = frameBytesMax;
  }

  add(bytes: Uint8Array): void {
    this.count++;
    if (this.#waiting.length > 0 && this.#waitingBytes + packedBytes(bytes.length) > this.#frameBytesMax) this.#write();
    this.#waitingBytes += packedBytes(bytes.length);
    if (this.#waiting.push(bytes) === remadePerFrame) this.#write();
  }

  end(): LogWriter {
    if (this.#waiting.length > 0) this.#write();
    return this.#opened();
  }

  #write(): void {
    appendEvents(this.#opened(), this.#lookup, this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #opened(): LogWriter {
    return (this.#writer ??= this.#open());
  }
}

function continueLog(folder: string, content: LogContent, end: LogEnd, { sync, fileBytesMax }: VenueLogSettings): LogWriter {
  // Nobody waits for the disk to take events. Zeros for commands are written in the venue's own thread: few at a time.
  const reserveBytes = content === LogContent.EVENTS ? 0 : 1024 * 1024;
  return LogWriter.continue(folder, content, end, { sync: sync === 'batch' ? 'called' : 'none', fileBytesMax, reserveBytes });
}

/**
 * The loss of power may leave events of which the commands are not on the disk. Nobody was told of them: the one batch that was under way is cut off, and made again
 * as far as there are commands. More than that can't be, so commands are missing.
 */
async function withoutUntold(
  folder: string,
  lookup: LogLookup,
  end: LogEnd,
  commandsLastSeq: number,
  warn: (text: string) => void,
): Promise<LogEnd> {
  if (end.lastSeq <= commandsLastSeq) return end;
  const last = await lookup.placeOf(end.lastSeq);
  if (last.firstSeq - 1 > commandsLastSeq || last.file.path !== end.file?.path)
    throw new VenueFolderError(
      `In ${folder} the events go up to ${end.lastSeq}, and the commands up to ${commandsLastSeq}: commands are missing. Restore the folder "commands" from a copy. ` +
        'If it was written with MATCHING_SYNC=none and the machine lost its power, what is missing is lost: move the folders "events" and "snapshots" away, and the ' +
        'venue makes again what is left.',
    );
  warn(
    `The events ${last.firstSeq} to ${end.lastSeq} in ${folder} were told to nobody, and not all of their commands were kept; they are made again as far as there are commands.`,
  );
  return { lastSeq: last.firstSeq - 1, file: end.file, endOffset: last.offset, tornBytes: end.tornBytes + end.endOffset - last.offset };
}

/** As the newest good snapshot has it of which all events are stored: what a snapshot holds is never made again. */
function newestVenue(
  { folder, makeVenue, warn }: RecoverVenueOptions,
  commandsLastSeq: number,
  eventsLastSeq: number,
): { venue: Venue; snapshotSeq: number } {
  const passOver = (file: string, what: string): void =>
    warn(`The snapshot ${file} is passed over: ${what}. An older one or the commands themselves serve instead.`);
  for (const { seq, content } of readSnapshots(foldersOf(folder).snapshotsFolder, passOver)) {
    if (seq > commandsLastSeq)
      throw new VenueFolderError(
        `In ${folder} a snapshot holds command ${seq}, and the commands go up to ${commandsLastSeq}: commands are missing. Restore the folder "commands" from a copy; ` +
          'or, if what is missing may be lost, move the folder "snapshots" away.',
      );
    try {
      if (seq > eventsLastSeq) passOver(String(seq), `only ${eventsLastSeq} events are stored`);
      else return { venue: makeVenue(decodeVenueSnapshot(content)), snapshotSeq: seq };
    } catch (error) {
      passOver(String(seq), error instanceof Error ? error.message : String(error));
    }
  }
  return { venue: makeVenue(undefined), snapshotSeq: 0 };
}

/**
 * The same event, but for what its trades were charged: nothing in the venue depends on that, what was told stays stored as it is, and the table of a later version may have
 * a tariff that this one did not know yet.
 */
function isAsStored(made: Uint8Array, stored: Buffer | undefined): boolean {
  return stored !== undefined && (stored.equals(made) || withoutFees(stored).equals(withoutFees(made)));
}

function withoutFees(bytes: Uint8Array): Buffer {
  const event = VenueEvent.decode(bytes);
  for (const { execution } of event.executions) if (execution !== undefined) execution.fees = [];
  return Buffer.from(VenueEvent.encode(event).finish());
}

/** Executes a stored command as number `seq`; returns the event as it is to be stored. */
function replay(venue: Venue, seq: number, payload: Buffer, folder: string): Uint8Array {
  if (seq !== venue.seq + 1) throw new VenueFolderError(`Command ${seq} in ${folder} does not follow ${venue.seq}.`);
  try {
    return VenueEvent.encode(venue.apply(VenueEvent.decode(payload))).finish();
  } catch (error) {
    throw new VenueBrokenError(seq, folder, error);
  }
}

async function* oneByOne(batches: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<Buffer, undefined, undefined> {
  for await (const batch of batches) for (const { bytes } of batch) yield bytes;
}

function tellTorn(folder: string, { tornBytes }: LogEnd, warn: (text: string) => void): void {
  if (tornBytes > 0)
    warn(
      `The last ${tornBytes} bytes in ${folder} were not finished when their process died; they were cut off. Nobody was told of what they held.`,
    );
}

/** The folders in the venue's folder; created where they are missing. */
function foldersOf(folder: string): VenueFolders {
  const [commandsFolder = '', eventsFolder = '', snapshotsFolder = ''] = ['commands', 'events', 'snapshots'].map((name) =>
    path.join(folder, name),
  );
  for (const one of [commandsFolder, eventsFolder, snapshotsFolder]) mkdirSync(one, { recursive: true });
  return { commandsFolder, eventsFolder, snapshotsFolder };
}
