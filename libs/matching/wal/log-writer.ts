// Appends frames to a log: one write a frame, and an fdatasync as often as the setting says.
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
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

export interface LogSettings {
  /**
   * `frame`: a frame is on the disk when `append` returns: it survives the loss of power. `none`: it is in the page cache: it survives the death of the process,
   * not that of the machine.
   */
  readonly sync: 'frame' | 'none';
  /** A file that is longer gets a successor. */
  readonly fileBytesMax: number;
}

export const logDefaults: LogSettings = { sync: 'frame', fileBytesMax: 256 * 1024 * 1024 };

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
  #lastSeq: number;
  #isBroken = false;

  private constructor(folder: string, content: LogContent, settings: LogSettings, lastSeq: number) {
    this.#folder = folder;
    this.#content = content;
    this.#settings = settings;
    this.#lastSeq = lastSeq;
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
    const writer = new LogWriter(folder, content, { ...logDefaults, ...settings }, end.lastSeq);
    writer.#continue(end);
    return { writer, tornBytes: end.tornBytes };
  }

  /** Number of the last record. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Appends one frame with the next `recordsCount` records. An error leaves open whether it was written: the log is to be opened anew. */
  append(payload: Uint8Array, recordsCount: number): void {
    if (this.#isBroken) throw new Error('The log failed before; open it anew.');
    if (payload.length === 0 || payload.length > payloadBytesMax || recordsCount < 1)
      throw new RangeError(
        `A frame holds 1 to ${payloadBytesMax} bytes and at least one record, not ${payload.length} and ${recordsCount}.`,
      );
    this.#isBroken = true;
    const bytes = this.#frame(payload, recordsCount);
    if (this.#fd === undefined || this.#fileBytes + bytes > this.#settings.fileBytesMax) this.#nextFile();
    this.#write(bytes);
    if (this.#settings.sync === 'frame') fdatasyncSync(this.#fd as number);
    this.#lastSeq += recordsCount;
    this.#isBroken = false;
  }

  /** Everything that was appended is on the disk afterwards. */
  sync(): void {
    if (this.#fd !== undefined) fdatasyncSync(this.#fd);
  }

  close(): void {
    if (this.#fd === undefined) return;
    this.sync();
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#isBroken = true;
  }

  /** Goes on in the newest file; a file that a crash left without a record is taken away. */
  #continue({ file, endOffset, tornBytes }: LogEnd): void {
    if (file === undefined) return;
    if (endOffset === 0) {
      unlinkSync(file.path);
      return;
    }
    this.#fd = openSync(file.path, 'r+');
    if (tornBytes > 0) {
      ftruncateSync(this.#fd, endOffset);
      fsyncSync(this.#fd);
    }
    this.#fileBytes = endOffset;
  }

  /** Builds the frame in the buffer; returns its bytes. */
  #frame(payload: Uint8Array, recordsCount: number): number {
    const bytes = frameBytes(payload.length);
    if (bytes > this.#buffer.length) this.#buffer = Buffer.from(new ArrayBuffer(bytes * 2));
    const buffer = this.#buffer;
    buffer.set(payload, frameHeaderBytes);
    buffer.fill(0, frameHeaderBytes + payload.length, bytes);
    writeFrameHeader(buffer, 0, {
      firstSeq: this.#lastSeq + 1,
      recordsCount,
      payloadBytes: payload.length,
      payloadChecksum: checksumOf(buffer.subarray(frameHeaderBytes, bytes)),
    });
    return bytes;
  }

  #write(bytes: number): void {
    let written = 0;
    while (written < bytes) written += writeSync(this.#fd as number, this.#buffer, written, bytes - written, this.#fileBytes + written);
    this.#fileBytes += bytes;
  }

  /** The new file is known to its folder before anything is written to it: a machine that dies now finds an empty file, or none. */
  #nextFile(): void {
    if (this.#fd !== undefined) {
      fdatasyncSync(this.#fd);
      closeSync(this.#fd);
    }
    const firstSeq = this.#lastSeq + 1;
    this.#fd = openSync(logFilePath(this.#folder, firstSeq), 'wx+');
    const header = Buffer.alloc(fileHeaderBytes);
    writeFileHeader(header, { content: this.#content, firstSeq });
    writeSync(this.#fd, header, 0, fileHeaderBytes, 0);
    this.#fileBytes = fileHeaderBytes;
    if (this.#settings.sync === 'frame') syncFolder(this.#folder);
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
