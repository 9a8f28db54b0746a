// Appends frames to a log: one write a frame, and an fdatasync as often as the setting says.
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import {
  checksumOf,
  fileHeaderBytes,
  frameBytes,
  frameHeaderBytes,
  payloadBytesMax,
  writeFileHeader,
  writeFrameHeader,
  type LogContent,
} from './format.js';
import { logFilePath } from './log-files.js';
import { readLog, type Frame, type LogEnd } from './log-reader.js';
import { LogReserve } from './log-reserve.js';
import { writeAt } from './write-at.js';

export interface LogSettings {
  /**
   * `frame`: a frame is on the disk when `append` returns: it survives the loss of power. `none`: it is in the page cache: it survives the death of the process,
   * not that of the machine. `called`: as `none`, until `synced` is called; then this thread waits for the disk at the opening and where a file gets a successor alone.
   */
  readonly sync: 'frame' | 'none' | 'called';
  /** A file that is longer gets a successor, when all of it is on the disk: what the loss of power leaves unfinished is in the newest file. */
  readonly fileBytesMax: number;
  /**
   * Unless sync is `none`, the file goes on in up to so many zeros behind its last frame: an fdatasync that need not make the file longer takes half as long. With `frame` they reach
   * the disk while frames are written before them. They are cut off when the file is closed; a reader takes zeros up to the end of a file for none of its records.
   */
  readonly reserveBytes: number;
}

const fdatasyncLater = promisify(fdatasync);
const fsyncLater = promisify(fsync);

export const logDefaults: LogSettings = { sync: 'frame', fileBytesMax: 256 * 1024 * 1024, reserveBytes: 4 * 1024 * 1024 };
/** Linux: a write returns when its bytes are on the disk, which takes a tenth less than a write and an fdatasync. Elsewhere that flag is missing, or promises less. */
const syncedWrites = process.platform === 'linux' ? constants.O_DSYNC : 0;

export interface OpenedLog {
  readonly writer: LogWriter;
  /** Bytes of a torn tail that were cut off: more than 0 deserves a warning, and cost nothing that was acknowledged. */
  readonly tornBytes: number;
}

export class LogWriter {
  readonly #folder: string;
  readonly #content: LogContent;
  readonly #settings: LogSettings;
  #buffer = Buffer.from(new ArrayBuffer(64 * 1024));
  #fd: number | undefined;
  #fileBytes = 0;
  /** The file's length: zeros from `#fileBytes` on. */
  #reservedBytes = 0;
  /** Extends the zeros, with sync `frame`. */
  #reserve: LogReserve | undefined;
  #lastSeq: number;
  /** Everything up to this record is on the disk. Nobody asks with sync `none`. */
  #confirmedSeq: number;
  #isBroken = false;
  /** The disk did not take a file that was to get a successor. */
  #hasLost = false;
  /** Number of the first record of the newest file, and where the last frame begins in it. */
  #fileFirstSeq = 0;
  #frameOffset = 0;
  /** The file that `synced` waits for in another thread. */
  #syncingFd: number | undefined;

  private constructor(folder: string, content: LogContent, settings: LogSettings, lastSeq: number) {
    this.#folder = folder;
    this.#content = content;
    this.#settings = settings;
    this.#lastSeq = this.#confirmedSeq = lastSeq;
  }

  /**
   * Opens the log for writing, after having read it: frames with a record from `fromSeq` on go to `take`. Cuts a torn tail off. The folder is created if it is missing.
   * Throws CorruptLogError, with nothing changed.
   */
  static open(
    folder: string,
    content: LogContent,
    fromSeq: number,
    take: (frame: Frame) => void,
    settings: Partial<LogSettings> = {},
  ): OpenedLog {
    mkdirSync(folder, { recursive: true });
    const end = readLog(folder, content, fromSeq, take);
    return { writer: LogWriter.continue(folder, content, end, settings), tornBytes: end.tornBytes };
  }

  /** Opens for writing a log of which `readLog` said how it ends: what comes after that end is cut off. */
  static continue(folder: string, content: LogContent, end: LogEnd, settings: Partial<LogSettings> = {}): LogWriter {
    const writer = new LogWriter(folder, content, { ...logDefaults, ...settings }, end.lastSeq);
    writer.#continue(end);
    return writer;
  }

  /** Number of the last record. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Where the last frame that was appended begins: in the file that begins with record `fileFirstSeq`. */
  get lastFrame(): { readonly fileFirstSeq: number; readonly offset: number } {
    return { fileFirstSeq: this.#fileFirstSeq, offset: this.#frameOffset };
  }

  /** Appends one frame with the next `recordsCount` records. An error leaves open whether it was written: the log is to be opened anew. */
  append(payload: Uint8Array, recordsCount: number): void {
    if (this.#isBroken) throw new Error('The log failed before; open it anew.');
    if (payload.length === 0 || payload.length > payloadBytesMax || recordsCount < 1)
      throw new RangeError(
        `A frame holds 1 to ${payloadBytesMax} bytes and at least one record, not ${payload.length} and ${recordsCount}.`,
      );
    this.#isBroken = true;
    const bytes = frameBytes(payload.length);
    if (this.#fd === undefined || this.#isFull(bytes)) this.#nextFile();
    this.#frame(payload, recordsCount, bytes);
    this.#frameOffset = this.#fileBytes;
    this.#write(bytes);
    if (this.#settings.sync === 'frame' && syncedWrites === 0) fdatasyncSync(this.#fd as number);
    this.#extendReserve();
    this.#lastSeq += recordsCount;
    if (this.#settings.sync === 'frame') this.#confirmedSeq = this.#lastSeq;
    this.#isBroken = false;
  }

  /** A file without a frame takes one of any size: its successor would have its name. */
  #isFull(bytes: number): boolean {
    return this.#fileBytes > fileHeaderBytes && this.#fileBytes + bytes > this.#settings.fileBytesMax;
  }

  /** Everything that was appended is on the disk afterwards. */
  sync(): void {
    if (this.#fd !== undefined) fdatasyncSync(this.#fd);
  }

  /**
   * Everything that was appended before the call is on the disk when it resolves; this thread goes on meanwhile. One call at a time, and none while the log is closed.
   * After an error nothing more is appended: what the disk kept of what it had taken is not known.
   */
  async synced(): Promise<void> {
    const fd = this.#fd;
    if (fd === undefined) return;
    const lastSeq = this.#lastSeq;
    this.#syncingFd = fd;
    try {
      await fdatasyncLater(fd);
      // The system tells an error of a file once: whoever retired it has it.
      if (this.#hasLost) throw new Error('The log failed when its file got a successor; open it anew.');
      this.#confirmedSeq = Math.max(this.#confirmedSeq, lastSeq);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    } finally {
      this.#syncingFd = undefined;
      if (fd !== this.#fd) closeSync(fd);
    }
  }

  close(): void {
    this.#isBroken = true;
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    this.#cutReserve(fd);
    if (this.#settings.sync !== 'called') fdatasyncSync(fd);
    this.#release(fd);
  }

  /** Goes on in the newest file; a file that a crash left without a record is taken away. What a start reads may be told at once: it is on the disk first. */
  #continue({ file, endOffset, tornBytes }: LogEnd): void {
    if (file === undefined) return;
    if (endOffset === 0) {
      unlinkSync(file.path);
      return;
    }
    this.#fd = this.#open(file.path, 0);
    this.#fileFirstSeq = file.firstSeq;
    if (tornBytes > 0) ftruncateSync(this.#fd, endOffset);
    if (tornBytes > 0 || this.#settings.sync !== 'none') fsyncSync(this.#fd);
    if (this.#settings.sync !== 'none') syncFolder(this.#folder);
    this.#fileBytes = endOffset;
    this.#reservedBytes = fstatSync(this.#fd).size;
  }

  /** Builds the frame in the buffer. */
  #frame(payload: Uint8Array, recordsCount: number, bytes: number): void {
    if (bytes > this.#buffer.length) this.#buffer = Buffer.from(new ArrayBuffer(bytes * 2));
    const buffer = this.#buffer;
    buffer.set(payload, frameHeaderBytes);
    buffer.fill(0, frameHeaderBytes + payload.length, bytes);
    writeFrameHeader(buffer, 0, {
      firstSeq: this.#lastSeq + 1,
      recordsCount,
      payloadBytes: payload.length,
      payloadChecksum: checksumOf(buffer.subarray(frameHeaderBytes, bytes)),
      unconfirmedCount: this.#settings.sync === 'none' ? 0 : this.#lastSeq - this.#confirmedSeq,
    });
  }

  /** With sync `called` a frame that does not fit the reserve brings the next one with it. */
  #write(bytes: number): void {
    const { sync, reserveBytes } = this.#settings;
    const isLonger = this.#fileBytes + bytes > this.#reservedBytes;
    const zeros = isLonger && sync === 'called' ? reserveBytes : 0;
    const frame = this.#buffer.subarray(0, bytes);
    writeAt(this.#fd as number, zeros === 0 ? frame : Buffer.concat([frame], bytes + zeros), this.#fileBytes);
    this.#fileBytes += bytes;
    if (isLonger) this.#reservedBytes = this.#fileBytes + zeros;
  }

  /** A sixteenth of the reserve at a time. */
  #extendReserve(): void {
    const { reserveBytes } = this.#settings;
    const end = this.#fileBytes + reserveBytes;
    if (this.#reserve === undefined || end - this.#reservedBytes < reserveBytes >>> 4) return;
    this.#reserve.extend(this.#reservedBytes, end);
    this.#reservedBytes = end;
  }

  #open(path: string, flags: number): number {
    const { sync, reserveBytes } = this.#settings;
    const fd = openSync(path, constants.O_RDWR | flags | (sync === 'frame' ? syncedWrites : 0));
    this.#reserve = sync === 'frame' && reserveBytes > 0 ? new LogReserve(path) : undefined;
    return fd;
  }

  #cutReserve(fd: number): void {
    this.#reserve?.close();
    if (this.#reservedBytes > this.#fileBytes) ftruncateSync(fd, this.#fileBytes);
    this.#reservedBytes = this.#fileBytes;
  }

  /** The new file is known to its folder before anything is written to it: a machine that dies now finds an empty file, or none. */
  #nextFile(): void {
    if (this.#fd !== undefined) this.#retire(this.#fd);
    this.#fd = undefined;
    const firstSeq = this.#lastSeq + 1;
    this.#fd = this.#open(logFilePath(this.#folder, firstSeq), constants.O_CREAT | constants.O_EXCL);
    const header = Buffer.alloc(fileHeaderBytes);
    writeFileHeader(header, { content: this.#content, firstSeq });
    writeSync(this.#fd, header, 0, fileHeaderBytes, 0);
    this.#fileBytes = fileHeaderBytes;
    this.#reservedBytes = fileHeaderBytes;
    this.#fileFirstSeq = firstSeq;
    syncFolder(this.#folder);
  }

  #retire(fd: number): void {
    this.#cutReserve(fd);
    this.#hasLost = true;
    fdatasyncSync(fd);
    this.#hasLost = false;
    this.#confirmedSeq = this.#lastSeq;
    this.#release(fd);
  }

  /** What `synced` waits for it closes itself. */
  #release(fd: number): void {
    if (fd !== this.#syncingFd) closeSync(fd);
  }
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As `syncFolder`, in another thread. */
export async function syncFolderLater(folder: string): Promise<void> {
  const fd = openSync(folder, 'r');
  try {
    await fsyncLater(fd);
  } finally {
    closeSync(fd);
  }
}
