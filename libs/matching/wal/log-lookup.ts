// Finds records by their number and reads on from there, while the log goes on being written. It knows a place every so many bytes of a file, learnt when
// somebody asks, so that neither a long log nor a long file is gone through for one record.
import { open, type FileHandle } from 'node:fs/promises';
import { assert } from '@switchyard/kernel';
import { checksumOf, fileHeaderBytes, frameBytes, frameHeaderBytes, payloadBytesMax, readFrameHeader, type FrameHeader } from './format.js';
import { CorruptLogError, logFiles, type LogFile } from './log-files.js';
import { type Frame } from './log-reader.js';

/** Where a frame begins. */
export interface FramePlace {
  readonly file: LogFile;
  readonly offset: number;
  /** Its first record. */
  readonly firstSeq: number;
}

/** Bytes between two places that are remembered, at least. */
const placeBytes = 64 * 1024;
/** Files whose places are remembered; of a file of 64 MiB they take about 16 KiB. */
const filesMax = 64;
const chunkBytes = 64 * 1024;

export class LogLookup {
  readonly #folder: string;
  /** By first record of the file; those used last are at the end. */
  readonly #places = new Map<number, FilePlaces>();
  #files: readonly LogFile[] | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The writer appended a frame: nobody needs to look for it. */
  note(firstSeq: number, { fileFirstSeq, offset }: { readonly fileFirstSeq: number; readonly offset: number }): void {
    if (this.#files?.at(-1)?.firstSeq !== fileFirstSeq) this.#files = undefined;
    this.#placesOf(fileFirstSeq).add(firstSeq, offset);
  }

  /**
   * The frames that hold the records [fromSeq, toSeq], all of which have been appended; a frame's payload is valid until the next is asked for.
   * @throws CorruptLogError
   */
  async *frames(fromSeq: number, toSeq: number): AsyncGenerator<Frame, void, undefined> {
    for (let seq = fromSeq; seq <= toSeq;) {
      const reader = await FrameReader.open(this.#fileOf(seq));
      try {
        let offset = await this.#find(reader, seq);
        for (let next = await reader.header(offset, seq); next !== undefined && seq <= toSeq;) {
          const payload = await reader.payload(offset, next);
          yield { firstSeq: next.firstSeq, recordsCount: next.recordsCount, payload };
          offset += frameBytes(next.payloadBytes);
          seq = next.firstSeq + next.recordsCount;
          if (seq <= toSeq) next = await reader.header(offset, seq);
        }
        if (seq <= toSeq && this.#fileOf(seq).firstSeq === reader.file.firstSeq)
          throw reader.damage(offset, seq - 1, `it ends, and record ${seq} is nowhere`);
      } finally {
        await reader.close();
      }
    }
  }

  /** Where the frame that holds the record begins. */
  async placeOf(seq: number): Promise<FramePlace> {
    const file = this.#fileOf(seq);
    const reader = await FrameReader.open(file);
    try {
      const offset = await this.#find(reader, seq);
      const header = await reader.header(offset, seq);
      assert(header !== undefined, 'a record that is looked for was appended');
      return { file, offset, firstSeq: header.firstSeq };
    } finally {
      await reader.close();
    }
  }

  /** The offset of the frame that holds the record, from the nearest known place on. */
  async #find(reader: FrameReader, seq: number): Promise<number> {
    const places = this.#placesOf(reader.file.firstSeq);
    let { firstSeq, offset } = places.before(seq);
    for (;;) {
      const header = await reader.header(offset, firstSeq);
      if (header === undefined) throw reader.damage(offset, firstSeq - 1, `it ends before record ${seq}`);
      if (firstSeq + header.recordsCount > seq) return offset;
      places.add(firstSeq, offset);
      firstSeq += header.recordsCount;
      offset += frameBytes(header.payloadBytes);
    }
  }

  #fileOf(seq: number): LogFile {
    this.#files ??= logFiles(this.#folder);
    const file = this.#files.findLast(({ firstSeq }) => firstSeq <= seq);
    if (file === undefined)
      throw new CorruptLogError(
        this.#folder,
        0,
        0,
        `record ${seq} is in none of its files; the oldest begins with ${this.#files[0]?.firstSeq}`,
      );
    return file;
  }

  #placesOf(fileFirstSeq: number): FilePlaces {
    const places = this.#places.get(fileFirstSeq) ?? new FilePlaces(fileFirstSeq);
    this.#places.delete(fileFirstSeq);
    this.#places.set(fileFirstSeq, places);
    for (const oldest of this.#places.keys()) {
      if (this.#places.size <= filesMax) break;
      this.#places.delete(oldest);
    }
    return places;
  }
}

/** Some of the frames of a file: their first records and where they begin, both rising. */
class FilePlaces {
  readonly #seqs: number[];
  readonly #offsets: number[] = [fileHeaderBytes];

  constructor(firstSeq: number) {
    this.#seqs = [firstSeq];
  }

  /** The last known place at or before the record. */
  before(seq: number): { firstSeq: number; offset: number } {
    const at = this.#lastUpTo(seq);
    return { firstSeq: this.#seqs[at] as number, offset: this.#offsets[at] as number };
  }

  /** Remembers a place, unless it is near one that is known. */
  add(firstSeq: number, offset: number): void {
    const at = this.#lastUpTo(firstSeq);
    const next = this.#offsets[at + 1] ?? Infinity;
    if (offset - (this.#offsets[at] as number) < placeBytes || next - offset < placeBytes) return;
    this.#seqs.splice(at + 1, 0, firstSeq);
    this.#offsets.splice(at + 1, 0, offset);
  }

  #lastUpTo(seq: number): number {
    let low = 0;
    for (let high = this.#seqs.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if ((this.#seqs[middle] as number) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Reads the frames of one file, some at a time. */
class FrameReader {
  readonly file: LogFile;
  readonly #handle: FileHandle;
  /** Bytes [start, start + length) of the file. */
  #buffer = Buffer.from(new ArrayBuffer(chunkBytes));
  #start = 0;
  #length = 0;

  private constructor(file: LogFile, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  static async open(file: LogFile): Promise<FrameReader> {
    return new FrameReader(file, await open(file.path, 'r'));
  }

  /** Undefined at the end of the file. */
  async header(offset: number, seq: number): Promise<FrameHeader | undefined> {
    const bytes = await this.#bytes(offset, frameHeaderBytes);
    // A writer that died has left its reserve of zeros.
    if (bytes.every((byte) => byte === 0)) return undefined;
    const header = bytes.length === frameHeaderBytes ? readFrameHeader(bytes, 0) : undefined;
    if (header === undefined || header.payloadBytes === 0 || header.payloadBytes > payloadBytesMax || header.recordsCount === 0)
      throw this.damage(offset, seq - 1, 'no frame begins here');
    // The frame that is looked for may have begun before the record.
    if (header.firstSeq > seq || header.firstSeq + header.recordsCount <= seq)
      throw this.damage(offset, seq - 1, `a frame begins with record ${header.firstSeq}, and ${seq} is the next`);
    return header;
  }

  async payload(offset: number, { firstSeq, payloadBytes, payloadChecksum }: FrameHeader): Promise<Buffer> {
    const filledBytes = frameBytes(payloadBytes) - frameHeaderBytes;
    const filled = await this.#bytes(offset + frameHeaderBytes, filledBytes);
    if (filled.length < filledBytes || checksumOf(filled) !== payloadChecksum)
      throw this.damage(offset, firstSeq - 1, 'the checksum of a frame is wrong');
    return filled.subarray(0, payloadBytes);
  }

  damage(offset: number, lastGoodSeq: number, what: string): CorruptLogError {
    return new CorruptLogError(this.file.path, offset, lastGoodSeq, what);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Fewer than asked for at the end of the file. */
  async #bytes(offset: number, count: number): Promise<Buffer> {
    if (offset < this.#start || offset + count > this.#start + this.#length) await this.#load(offset, count);
    return this.#buffer.subarray(offset - this.#start, Math.min(offset - this.#start + count, this.#length));
  }

  async #load(offset: number, count: number): Promise<void> {
    if (count > this.#buffer.length) this.#buffer = Buffer.from(new ArrayBuffer(count + chunkBytes));
    this.#start = offset;
    this.#length = 0;
    while (this.#length < count) {
      const { bytesRead } = await this.#handle.read(this.#buffer, this.#length, this.#buffer.length - this.#length, offset + this.#length);
      if (bytesRead === 0) break;
      this.#length += bytesRead;
    }
  }
}
