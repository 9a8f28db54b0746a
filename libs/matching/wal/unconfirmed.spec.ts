// The loss of power while several frames are under way: the disk may have taken any of their sectors. Nobody was told of what is in them.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { command, INFY } from '@switchyard/matching-core/testing';
import { confirmedBefore, fileHeaderBytes, frameBytes, LogContent, readFrameHeader } from './format.js';
import { CorruptLogError } from './log-files.js';
import { LogWriter, type LogSettings } from './log-writer.js';
import { VenueOnFolder } from './testing/venue-folder.js';

const sectorBytes = 512;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-wal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(settings: Partial<LogSettings> = {}): { writer: LogWriter; records: string[]; tornBytes: number } {
  const records: string[] = [];
  const take = ({ payload }: { payload: Buffer }): void => void records.push(payload.toString());
  const { writer, tornBytes } = LogWriter.open(folder, LogContent.COMMANDS, 1, take, { sync: 'called', reserveBytes: 4_096, ...settings });
  return { writer, records, tornBytes };
}

function onlyFile(of = folder): string {
  const names = readdirSync(of);
  expect(names).toHaveLength(1);
  return path.join(of, names[0] as string);
}

/** Of frames that are appended one after the other, where each ends. */
function endsOf(frames: readonly string[]): number[] {
  return frames.reduce<number[]>((ends, frame) => [...ends, (ends.at(-1) as number) + frameBytes(frame.length)], [fileHeaderBytes]);
}

/** The bytes [begin, end) of these sectors did not reach the disk: there is what was there before, zeros. */
function without(bytes: Buffer, sectors: readonly number[], begin: number, end: number): Buffer {
  const left = Buffer.from(bytes);
  for (const sector of sectors) left.fill(0, Math.max(begin, sector * sectorBytes), Math.min(end, (sector + 1) * sectorBytes));
  return left;
}

function sectorsOf(begin: number, end: number): number[] {
  const first = Math.floor(begin / sectorBytes);
  return Array.from({ length: Math.ceil(end / sectorBytes) - first }, (_, at) => first + at);
}

/** Every choice of at least one of them. */
function choicesOf(sectors: readonly number[]): number[][] {
  return Array.from({ length: 2 ** sectors.length - 1 }, (_, choice) => sectors.filter((_sector, at) => (((choice + 1) >>> at) & 1) === 1));
}

const told = ['told', 't'.repeat(700)];
const untold = ['u', 'v'.repeat(300), 'w'.repeat(900), 'x'.repeat(40), 'y'.repeat(1_300), 'z'];

/** What the loss of power finds: frames that were confirmed, and those of the batch under way. */
async function died(): Promise<{ file: string; bytes: Buffer; ends: number[] }> {
  const { writer } = open();
  for (const frame of told) writer.append(Buffer.from(frame), 1);
  await writer.synced();
  for (const frame of untold) writer.append(Buffer.from(frame), 1);
  const file = onlyFile();
  const bytes = readFileSync(file);
  writer.close();
  return { file, bytes, ends: endsOf([...told, ...untold]) };
}

describe('the loss of power while several frames are under way', () => {
  it('whichever sectors of them are lost: what was told is there, and the log goes on behind the last whole frame', async () => {
    const { file, bytes, ends } = await died();
    const begin = ends[told.length] as number;
    const end = ends.at(-1) as number;
    const choices = choicesOf(sectorsOf(begin, end));
    expect(choices.length).toBe(63);
    for (const sectors of choices) {
      const left = without(bytes, sectors, begin, end);
      writeFileSync(file, left);
      const changedAt = left.findIndex((byte, at) => byte !== bytes[at]);
      const whole = [...told, ...untold].slice(0, ends.findIndex((at) => at > changedAt) - 1);
      const { writer, records } = open({ sync: 'none' });
      expect({ sectors, records }).toEqual({ sectors, records: whole });
      writer.append(Buffer.from('next'), 1);
      writer.close();
      const again = open({ sync: 'none' });
      again.writer.close();
      expect(again).toMatchObject({ records: [...whole, 'next'], tornBytes: 0 });
    }
  });

  it('a hole in what was told stops the start, and nothing is changed', async () => {
    const { file, bytes, ends } = await died();
    const end = ends[told.length] as number;
    for (const sectors of choicesOf(sectorsOf(0, end))) {
      const left = without(bytes, sectors, 0, end);
      writeFileSync(file, left);
      expect(() => open()).toThrow(CorruptLogError);
      expect(readFileSync(file).equals(left)).toBe(true);
    }
  });

  it('a frame that was written when they were confirmed makes a hole in them damage', async () => {
    const { writer } = open();
    for (const frame of told) writer.append(Buffer.from(frame), 1);
    const confirmed = writer.synced();
    // What is appended meanwhile is not confirmed by that.
    const meanwhile = 'm'.repeat(1_000);
    writer.append(Buffer.from(meanwhile), 1);
    await confirmed;
    writer.append(Buffer.from('behind'), 1);
    const bytes = readFileSync(onlyFile());
    writer.close();
    const [, , toldEnd = 0, meanwhileEnd = 0] = endsOf([...told, meanwhile]);
    writeFileSync(onlyFile(), without(bytes, sectorsOf(toldEnd, meanwhileEnd).slice(0, -1), toldEnd, meanwhileEnd));
    const { writer: again, records } = open();
    again.close();
    expect(records).toEqual(told);
    writeFileSync(onlyFile(), without(bytes, [1], 0, bytes.length));
    expect(() => open()).toThrow('a frame follows that was written when this one was on the disk');
  });

  it('what a start reads is on the disk before it goes on: a hole in it is damage then', () => {
    const { writer } = open({ sync: 'none' });
    for (const frame of [...told, 'end']) writer.append(Buffer.from(frame), 1);
    writer.close();
    const again = open();
    again.writer.append(Buffer.from('behind'), 1);
    again.writer.close();
    const bytes = readFileSync(onlyFile());
    const [, begin = 0, end = 0] = endsOf(told);
    writeFileSync(onlyFile(), without(bytes, [1], begin, end));
    expect(() => open()).toThrow(CorruptLogError);
  });

  it('a file with frames under way is on the disk before it has a successor: a hole in the successor is cut off, one in the older file is damage', async () => {
    const { writer } = open({ fileBytesMax: 2_000 });
    writer.append(Buffer.from('told'), 1);
    await writer.synced();
    // The batch under way fills the file that it began in.
    const frames = ['m'.repeat(1_500), 'n'.repeat(900), 'o'.repeat(40)];
    for (const frame of frames.slice(0, 2)) writer.append(Buffer.from(frame), 1);
    // What the disk is asked for meanwhile is the file of then, though it has a successor when the answer comes.
    const confirmed = writer.synced();
    writer.append(Buffer.from('p'.repeat(1_200)), 1);
    await confirmed;
    writer.append(Buffer.from(frames[2] as string), 1);
    const names = readdirSync(folder);
    const files = names.map((name) => path.join(folder, name));
    const [first, second, third] = files.map((file) => readFileSync(file)) as [Buffer, Buffer, Buffer];
    writer.close();
    expect(names).toEqual(['0000000000000001.log', '0000000000000003.log', '0000000000000004.log']);
    const lastHeader = readFrameHeader(third, fileHeaderBytes + frameBytes(1_200));
    expect(lastHeader && confirmedBefore(lastHeader)).toBe(3);
    writeFileSync(files[2] as string, without(third, [1], 0, frameBytes(1_200)));
    const again = open({ sync: 'none' });
    again.writer.close();
    expect(again.records).toEqual(['told', ...frames.slice(0, 2)]);
    for (const [at, whole] of [first, second].entries()) {
      writeFileSync(files[at] as string, without(whole, [1], 0, whole.length));
      expect(() => open()).toThrow(CorruptLogError);
      writeFileSync(files[at] as string, whole);
    }
  });

  it('frames say it in the form of the golden file', async () => {
    const { writer } = open();
    for (const frame of ['one', 'two', 'three']) writer.append(Buffer.from(frame), 1);
    await writer.synced();
    for (const frame of ['four', 'five']) writer.append(Buffer.from(frame), 1);
    writer.close();
    const golden = path.join(import.meta.dirname, 'golden', 'version-1-unconfirmed.bin');
    expect(readFileSync(onlyFile()).toString('hex')).toBe(readFileSync(golden).toString('hex'));
  });

  it('a venue has every order that was told, whichever sectors of its last batch are lost, and trades on', async () => {
    const commands = path.join(folder, 'commands');
    const orders = (from: number, count: number): ReturnType<typeof command.newOrder>[] =>
      Array.from({ length: count }, (_, at) =>
        command.newOrder('s', { tag: `order-number-${from + at}-of-a-session`, price: '1500', side: 1 + ((from + at) % 2) }),
      );
    const on = await VenueOnFolder.open(folder, { sync: 'batch' });
    await on.execute(command.list(INFY), ...orders(0, 5));
    const [begin, toldSeq] = [endOfFrames(readFileSync(onlyFile(commands))), on.venue.seq];
    await on.execute(...orders(5, 12));
    const bytes = readFileSync(onlyFile(commands));
    const end = endOfFrames(bytes);
    await on.close();
    const choices = choicesOf(sectorsOf(begin, end));
    expect(choices.length).toBeGreaterThanOrEqual(7);
    for (const sectors of choices) {
      const copy = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
      cpSync(folder, copy, { recursive: true });
      writeFileSync(onlyFile(path.join(copy, 'commands')), without(bytes, sectors, begin, end));
      const again = await VenueOnFolder.open(copy);
      expect(again.venue.seq).toBeGreaterThanOrEqual(toldSeq);
      expect(again.warnings.length).toBeGreaterThan(0);
      await again.execute(...orders(20, 2));
      await again.close();
      rmSync(copy, { recursive: true });
    }
  });
});

/** Where the zeros of the reserve begin. */
function endOfFrames(bytes: Buffer): number {
  return Math.ceil((bytes.findLastIndex((byte) => byte !== 0) + 1) / 4) * 4;
}
