// Reads a log from a record on, and finds out how it ends: whole, torn by a crash while it was being written, or damaged.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import {
  checksumOf,
  confirmedBefore,
  fileHeaderBytes,
  frameBytes,
  frameHeaderBytes,
  payloadBytesMax,
  readFileHeader,
  readFrameHeader,
  type FrameHeader,
  type LogContent,
} from './format.js';
import { CorruptLogError, firstRecordOf, logFiles, missingBefore, type LogFile } from './log-files.js';

/** A frame of the log. */
export interface Frame {
  readonly firstSeq: number;
  readonly recordsCount: number;
  /** Valid until the next frame is asked for. Begins at a multiple of four bytes of its buffer. */
  readonly payload: Buffer;
}

/** How the log ends. */
export interface LogEnd {
  /** Number of the last record; 0 for an empty log. */
  readonly lastSeq: number;
  /** The newest file, and where its last whole frame ends; undefined for a log without files. */
  readonly file: LogFile | undefined;
  readonly endOffset: number;
  /** Bytes after that which a crash left unfinished; zeros alone are a writer's reserve. */
  readonly tornBytes: number;
}

const chunkBytes = 4 * 1024 * 1024;
/** A disk writes whole sectors: what a lost write leaves behind are sectors of zeros. */
const sectorBytes = 512;

/**
 * Hands the frames to `take`, those that hold a record from `fromSeq` on, and returns how the log ends. A tail that was being written when the process or the
 * machine died is no damage: no record of it was ever acknowledged. Everything else that is not as it was written throws CorruptLogError: all files are read, whatever
 * `fromSeq` is, so that damage of what nobody needs today is told while there are copies.
 */
export function readLog(folder: string, content: LogContent, fromSeq: number, take: (frame: Frame) => void): LogEnd {
  const reading = readFiles(folder, content, fromSeq, take);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
  }
}

/** How the log ends, as `readLog` says, with a turn of the event loop for others after each file. The signal ends it between two files. */
export async function endOfLog(folder: string, content: LogContent, signal?: AbortSignal): Promise<LogEnd> {
  const reading = readFiles(folder, content, Number.MAX_SAFE_INTEGER, () => undefined);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

/** Yields after each file. */
function* readFiles(
  folder: string,
  content: LogContent,
  fromSeq: number,
  take: (frame: Frame) => void,
): Generator<undefined, LogEnd, undefined> {
  const files = logFiles(folder);
  const firstSeq = firstRecordOf(folder);
  const oldest = files[0];
  if (oldest !== undefined && oldest.firstSeq > firstSeq) throw missingBefore(oldest, firstSeq);
  let end: LogEnd = { lastSeq: (oldest?.firstSeq ?? firstSeq) - 1, file: undefined, endOffset: 0, tornBytes: 0 };
  for (const file of files) {
    if (file.firstSeq !== end.lastSeq + 1) throw missingBefore(file, end.lastSeq + 1);
    end = new FileReader(file, content, file === files.at(-1)).read(fromSeq, take);
    yield;
  }
  return end;
}

class FileReader {
  readonly #file: LogFile;
  readonly #content: LogContent;
  readonly #isNewest: boolean;
  readonly #fd: number;
  readonly #size: number;
  /** Bytes [start, start + length) of the file. */
  #buffer = Buffer.from(new ArrayBuffer(chunkBytes));
  #start = 0;
  #length = 0;
  #lastSeq: number;

  constructor(file: LogFile, content: LogContent, isNewest: boolean) {
    this.#file = file;
    this.#content = content;
    this.#isNewest = isNewest;
    this.#lastSeq = file.firstSeq - 1;
    this.#fd = openSync(file.path, 'r');
    this.#size = fstatSync(this.#fd).size;
  }

  read(fromSeq: number, take: (frame: Frame) => void): LogEnd {
    try {
      return this.#read(fromSeq, take);
    } finally {
      closeSync(this.#fd);
    }
  }

  #read(fromSeq: number, take: (frame: Frame) => void): LogEnd {
    if (!this.#readHeader()) return this.#end(0);
    let offset = fileHeaderBytes;
    while (offset < this.#size) {
      const header = this.#frameHeader(offset);
      if (header === undefined) return this.#end(offset);
      if (header.firstSeq !== this.#lastSeq + 1)
        throw this.#damage(offset, `a frame begins with record ${header.firstSeq}, and ${this.#lastSeq + 1} is the next`);
      const bytes = frameBytes(header.payloadBytes);
      if (offset + bytes > this.#size) {
        if (this.#isNewest) return this.#end(offset);
        throw this.#damage(offset, 'the file ends within a frame, and a newer file follows');
      }
      const lastSeq = header.firstSeq + header.recordsCount - 1;
      // Records before `fromSeq` are skipped, but never unread: damage must not stay hidden.
      const payload = this.#payload(offset, header);
      if (payload === undefined) return this.#end(offset);
      if (lastSeq >= fromSeq) take({ firstSeq: header.firstSeq, recordsCount: header.recordsCount, payload });
      this.#lastSeq = lastSeq;
      offset += bytes;
    }
    return this.#end(offset);
  }

  /** False when the file was being created as the process died: it has no record yet. */
  #readHeader(): boolean {
    const header = readFileHeader(this.#bytes(0, Math.min(fileHeaderBytes, this.#size)));
    if (typeof header === 'string') {
      if (this.#isNewest && this.#isTorn(0, 0, fileHeaderBytes)) return false;
      throw this.#damage(0, header);
    }
    if (header.content !== this.#content)
      throw this.#damage(0, `it holds content of kind ${header.content}, and ${this.#content} was expected`);
    if (header.firstSeq !== this.#file.firstSeq)
      throw this.#damage(0, `its header says that it begins with record ${header.firstSeq}, and its name ${this.#file.firstSeq}`);
    return true;
  }

  /** Undefined at a torn tail, and where only zeros follow. */
  #frameHeader(offset: number): FrameHeader | undefined {
    const isWhole = this.#size - offset >= frameHeaderBytes;
    const header = isWhole ? readFrameHeader(this.#bytes(offset, frameHeaderBytes), 0) : undefined;
    if (header !== undefined) {
      if (header.payloadBytes > 0 && header.payloadBytes <= payloadBytesMax && header.recordsCount > 0) return header;
      throw this.#damage(offset, 'a frame says that it holds nothing, or more than a frame may');
    }
    const end = this.#zerosFrom(offset);
    if (end === offset) return undefined; // A writer's reserve; were a record missing, the next file would tell.
    const isOneByte = isWhole && this.#isZero(offset, end - 1); // No write leaves a single byte in the reserve.
    if (this.#isNewest && !isOneByte && this.#isTorn(offset, offset, offset + frameHeaderBytes)) return undefined;
    throw this.#damage(offset, 'no frame begins here');
  }

  /** Undefined at a torn tail: its sectors were not all written. */
  #payload(offset: number, { payloadBytes, payloadChecksum }: FrameHeader): Buffer | undefined {
    const filledBytes = frameBytes(payloadBytes) - frameHeaderBytes;
    const filled = this.#bytes(offset + frameHeaderBytes, filledBytes);
    if (checksumOf(filled) === payloadChecksum) return filled.subarray(0, payloadBytes);
    const end = offset + frameHeaderBytes + filledBytes;
    // The sector of its header was written.
    const nextSector = Math.ceil((offset + frameHeaderBytes) / sectorBytes) * sectorBytes;
    if (this.#isNewest && this.#isTorn(offset, nextSector, end)) return undefined;
    throw this.#damage(offset, 'the checksum of a frame is wrong');
  }

  /**
   * Whether what begins at `offset` was left by a crash, with nothing behind it that anybody was told of: the file is too short for it, or a sector in [from, to) was never
   * written. The loss of power may leave any sectors of what was not synced. A single changed byte is neither. @throws CorruptLogError where a frame follows that was written
   * when this one was known to be on the disk.
   */
  #isTorn(offset: number, from: number, to: number): boolean {
    if (this.#size < to) return true;
    if (!this.#hasLostSector(from, to)) return false;
    if (this.#confirmedBehind(offset) <= this.#lastSeq) return true;
    throw this.#damage(
      offset,
      'a sector of zeros is here, and a frame follows that was written when this one was on the disk',
      'What is here may have been told: restore the file from a copy. If there is none, keep a copy of the folder, and cut the file at that byte.',
    );
  }

  #hasLostSector(from: number, to: number): boolean {
    let next: number;
    for (let at = from; at < to; at = next) {
      next = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
      if (this.#isZero(at, Math.min(next, this.#size))) return true;
    }
    return false;
  }

  /** The record up to which everything was on the disk, as the frames behind `offset` know; 0 without any. Frames begin at whole words. */
  #confirmedBehind(offset: number): number {
    const end = this.#zerosFrom(offset);
    let confirmedSeq = 0;
    for (let at = offset + 4; at + frameHeaderBytes <= end; at += 4) {
      const header = readFrameHeader(this.#bytes(at, frameHeaderBytes), 0);
      if (header !== undefined) confirmedSeq = Math.max(confirmedSeq, confirmedBefore(header));
    }
    return confirmedSeq;
  }

  #isZero(from: number, to: number): boolean {
    for (let at = from; at < to; at += chunkBytes) {
      if (this.#bytes(at, Math.min(chunkBytes, to - at)).some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  /** Where the zeros begin that go on to the end of the file; not before `offset`. */
  #zerosFrom(offset: number): number {
    for (let at = this.#size; at > offset; at -= Math.min(chunkBytes, at - offset)) {
      const from = Math.max(offset, at - chunkBytes);
      const bytes = this.#bytes(from, at - from);
      let used = bytes.length;
      while (used > 0 && bytes[used - 1] === 0) used--;
      if (used > 0) return from + used;
    }
    return offset;
  }

  #bytes(offset: number, count: number): Buffer {
    if (offset < this.#start || offset + count > this.#start + this.#length) this.#load(offset, count);
    return this.#buffer.subarray(offset - this.#start, offset - this.#start + count);
  }

  #load(offset: number, count: number): void {
    if (count > this.#buffer.length) this.#buffer = Buffer.from(new ArrayBuffer(count + chunkBytes));
    this.#start = offset;
    this.#length = 0;
    const wanted = Math.min(this.#buffer.length, this.#size - offset);
    while (this.#length < wanted) {
      const read = readSync(this.#fd, this.#buffer, this.#length, wanted - this.#length, offset + this.#length);
      if (read === 0) break;
      this.#length += read;
    }
    if (this.#length < count) throw this.#damage(offset, 'the file became shorter while it was read');
  }

  #end(endOffset: number): LogEnd {
    const isReserve = endOffset > 0 && this.#zerosFrom(endOffset) === endOffset;
    return { lastSeq: this.#lastSeq, file: this.#file, endOffset, tornBytes: isReserve ? 0 : this.#size - endOffset };
  }

  #damage(offset: number, what: string, whatToDo?: string): CorruptLogError {
    return new CorruptLogError(this.#file.path, offset, this.#lastSeq, what, whatToDo);
  }
}
