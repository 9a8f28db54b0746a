// Snapshots beside a log: `<number of the last record in it>.snap`. A snapshot spares a replay; the log stays the truth, so one that can't be read is passed over.
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { checksumOf } from './format.js';
import { syncFolder, syncFolderLater } from './log-writer.js';
import { writeAt } from './write-at.js';

/** "SWYS", then the format version, the record's number in two words, the bytes of the content and its checksum; then the content. */
const snapshotMagic = 0x53595753;
const snapshotVersion = 1;
const headerBytes = 32;
const namePattern = /^(\d{16})\.snap$/;
const unfinishedPattern = /^\d{16}\.snap\.tmp$/;

export interface Snapshot {
  /** The last record that it holds. */
  readonly seq: number;
  readonly content: Buffer;
}

/** Keeps a snapshot; it is whole on the disk when this returns, or not there at all. Those older than the newest `keep` go. */
export function saveSnapshot(folder: string, snapshot: { seq: number; content: Uint8Array }, keep = 2): void {
  const { unfinished, finished } = pathsOf(folder, snapshot.seq);
  try {
    const fd = openSync(unfinished, 'w');
    try {
      writeAt(fd, headerOf(snapshot), 0);
      writeAt(fd, snapshot.content, headerBytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, finished);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  syncFolder(folder);
  for (const old of snapshotNames(folder).slice(keep)) rmSync(path.join(folder, old));
}

/** As `saveSnapshot`, and this thread goes on meanwhile. */
export async function saveSnapshotLater(folder: string, snapshot: { seq: number; content: Uint8Array }, keep = 2): Promise<void> {
  const { unfinished, finished } = pathsOf(folder, snapshot.seq);
  try {
    const file = await open(unfinished, 'w');
    try {
      await file.writeFile(headerOf(snapshot));
      await file.writeFile(snapshot.content);
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(unfinished, finished);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  await syncFolderLater(folder);
  for (const old of snapshotNames(folder).slice(keep)) rmSync(path.join(folder, old));
}

/** Takes away what a process that died left of a snapshot; for whoever holds the folder. */
export function removeUnfinishedSnapshots(folder: string): void {
  for (const name of readdirSync(folder)) if (unfinishedPattern.test(name)) rmSync(path.join(folder, name), { force: true });
}

function pathsOf(folder: string, seq: number): { unfinished: string; finished: string } {
  const finished = path.join(folder, `${String(seq).padStart(16, '0')}.snap`);
  return { unfinished: `${finished}.tmp`, finished };
}

function headerOf({ seq, content }: { seq: number; content: Uint8Array }): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(snapshotMagic, 0);
  header.writeUInt32LE(snapshotVersion, 4);
  header.writeUInt32LE(seq % 2 ** 32, 8);
  header.writeUInt32LE(Math.floor(seq / 2 ** 32), 12);
  header.writeUInt32LE(content.length, 16);
  header.writeUInt32LE(checksumOf(content), 20);
  header.writeUInt32LE(checksumOf(header.subarray(0, headerBytes - 4)), headerBytes - 4);
  return header;
}

/** Newest first. Those that are damaged are told to `onDamage`, and not handed out. */
export function* readSnapshots(folder: string, onDamage: (file: string, what: string) => void): Generator<Snapshot> {
  for (const name of snapshotNames(folder)) {
    const file = path.join(folder, name);
    const bytes = readFileSync(file);
    const what = damageOf(bytes, Number(name.slice(0, 16)));
    if (what === undefined) yield { seq: Number(name.slice(0, 16)), content: bytes.subarray(headerBytes) };
    else onDamage(file, what);
  }
}

function snapshotNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
    .reverse();
}

function damageOf(bytes: Buffer, seq: number): string | undefined {
  if (bytes.length < headerBytes || bytes.readUInt32LE(0) !== snapshotMagic) return 'it does not begin as a snapshot does';
  if (bytes.readUInt32LE(headerBytes - 4) !== checksumOf(bytes.subarray(0, headerBytes - 4))) return 'the checksum of its header is wrong';
  const version = bytes.readUInt32LE(4);
  if (version !== snapshotVersion) return `it has the format version ${version}, and this program reads version ${snapshotVersion}`;
  if (bytes.readUInt32LE(12) * 2 ** 32 + bytes.readUInt32LE(8) !== seq) return 'its header has another number than its name';
  if (bytes.readUInt32LE(16) !== bytes.length - headerBytes) return 'it is not as long as its header says';
  if (bytes.readUInt32LE(20) !== checksumOf(bytes.subarray(headerBytes))) return 'the checksum of its content is wrong';
  return undefined;
}
