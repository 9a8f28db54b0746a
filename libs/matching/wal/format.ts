// The form of a log file: a header of 64 bytes, then frames. A frame is a header of 32 bytes and its payload, filled up to whole words. All numbers are little-endian.
import { crc32 } from 'node:zlib';

export const formatVersion = 1;
export const fileHeaderBytes = 64;
export const frameHeaderBytes = 32;
/** Largest payload of a frame: what a reader holds at once. A day's end that cancels some hundred thousand orders is one record. */
export const payloadBytesMax = 256 * 1024 * 1024;

/** "SWYL" and "SWYF". */
const fileMagic = 0x4c595753;
const frameMagic = 0x46595753;
/** A checksum is the last word of what it protects. */
const fileChecksumAt = fileHeaderBytes - 4;
const frameChecksumAt = frameHeaderBytes - 4;

/** What a file holds: the commands of an engine as words, or whatever its owner encodes. */
export const LogContent = { COMMANDS: 1, EVENTS: 2 } as const;
export type LogContent = (typeof LogContent)[keyof typeof LogContent];

export interface FileHeader {
  readonly content: LogContent;
  /** Number of the first record in the file; records are 1, 2, 3 … over all files. */
  readonly firstSeq: number;
}

export interface FrameHeader {
  /** Number of its first record. */
  readonly firstSeq: number;
  readonly recordsCount: number;
  /** Bytes of the payload; what fills it up to whole words is not counted. */
  readonly payloadBytes: number;
  /** CRC-32 (ISO 3309) of the payload and what fills it up. */
  readonly payloadChecksum: number;
  /**
   * How many of the records right before it were not known to be on the disk when it was written. Nobody had been told of those: where the loss of power left a hole among them,
   * it is cut off, and this frame with it. 0 in what was written before 22 November 2026, and where nobody waits for the disk: then a hole before it is damage.
   */
  readonly unconfirmedCount: number;
}

/** The record up to which everything was on the disk, as far as a frame's writer knew. */
export function confirmedBefore({ firstSeq, unconfirmedCount }: FrameHeader): number {
  return firstSeq - 1 - unconfirmedCount;
}

/** Bytes that a frame takes in its file. */
export function frameBytes(payloadBytes: number): number {
  return frameHeaderBytes + Math.ceil(payloadBytes / 4) * 4;
}

export function writeFileHeader(into: Buffer, { content, firstSeq }: FileHeader): void {
  into.fill(0, 0, fileHeaderBytes);
  into.writeUInt32LE(fileMagic, 0);
  into.writeUInt32LE(formatVersion, 4);
  into.writeUInt32LE(content, 8);
  writeCounter(into, firstSeq, 16);
  into.writeUInt32LE(crc32(into.subarray(0, fileChecksumAt)), fileChecksumAt);
}

/** The header, or in words why it is none. */
export function readFileHeader(from: Buffer): FileHeader | string {
  if (from.length < fileHeaderBytes) return `it has ${from.length} bytes, and its header alone ${fileHeaderBytes}`;
  if (from.readUInt32LE(0) !== fileMagic) return 'it does not begin as a log file does';
  if (from.readUInt32LE(fileChecksumAt) !== crc32(from.subarray(0, fileChecksumAt))) return 'the checksum of its header is wrong';
  const version = from.readUInt32LE(4);
  if (version !== formatVersion) return `it has the format version ${version}, and this program reads version ${formatVersion}`;
  const content = from.readUInt32LE(8);
  if (content !== LogContent.COMMANDS && content !== LogContent.EVENTS) return `it holds content of the unknown kind ${content}`;
  return { content, firstSeq: readCounter(from, 16) };
}

export function writeFrameHeader(into: Buffer, at: number, header: FrameHeader): void {
  const { firstSeq, recordsCount, payloadBytes, payloadChecksum, unconfirmedCount } = header;
  into.writeUInt32LE(frameMagic, at);
  into.writeUInt32LE(payloadBytes, at + 4);
  writeCounter(into, firstSeq, at + 8);
  into.writeUInt32LE(recordsCount, at + 16);
  into.writeUInt32LE(payloadChecksum, at + 20);
  into.writeUInt32LE(Math.min(unconfirmedCount, 2 ** 32 - 1), at + 24);
  into.writeUInt32LE(crc32(into.subarray(at, at + frameChecksumAt)), at + frameChecksumAt);
}

/** The header at `at`, where at least `frameHeaderBytes` are; undefined if it is none. */
export function readFrameHeader(from: Buffer, at: number): FrameHeader | undefined {
  if (from.readUInt32LE(at) !== frameMagic) return undefined;
  if (from.readUInt32LE(at + frameChecksumAt) !== checksumOfFew(from, at, at + frameChecksumAt)) return undefined;
  return {
    payloadBytes: from.readUInt32LE(at + 4),
    firstSeq: readCounter(from, at + 8),
    recordsCount: from.readUInt32LE(at + 16),
    payloadChecksum: from.readUInt32LE(at + 20),
    unconfirmedCount: from.readUInt32LE(at + 24),
  };
}

export function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** As `checksumOf`, for so few bytes that the call of zlib would take three times as long; a start reads millions of headers. */
function checksumOfFew(bytes: Uint8Array, from: number, to: number): number {
  let checksum = -1;
  for (let at = from; at < to; at++) checksum = (checksumTable[(checksum ^ (bytes[at] as number)) & 0xff] as number) ^ (checksum >>> 8);
  return ~checksum >>> 0;
}

/** What a byte does to a CRC-32: its polynomial is 0xedb88320, the lowest bit first. */
const checksumTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let checksum = byte;
  for (let bit = 0; bit < 8; bit++) checksum = (checksum & 1) === 1 ? (checksum >>> 1) ^ 0xedb88320 : checksum >>> 1;
  return checksum;
});

/** A counter below 2^53 as two words, the low one first. */
function writeCounter(into: Buffer, counter: number, at: number): void {
  into.writeUInt32LE(counter % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(counter / 2 ** 32), at + 4);
}

function readCounter(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 4) * 2 ** 32 + from.readUInt32LE(at);
}
