// A venue's folder of many files: what happened to those that a start has no use for is told, and a batch may be longer than a frame.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type VenueInput } from '@switchyard/matching-core';
import { command, INFY, TCS } from '@switchyard/matching-core/testing';
import { LogContent } from './format.js';
import { readLog } from './log-reader.js';
import { DamagedFolderError } from './recover-venue.js';
import { VenueOnFolder } from './testing/venue-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lists = [command.list(INFY), command.list(TCS)];

function orders(from: number, count: number): VenueInput[] {
  return Array.from({ length: count }, (_, at) =>
    command.newOrder(`s${(from + at) % 3}`, { tag: `t${from + at}`, price: String(1500 + ((from + at) % 5)), side: 1 + ((from + at) % 2) }),
  );
}

type Kind = 'commands' | 'events';

function files(of: Kind): string[] {
  const names = readdirSync(path.join(folder, of)).filter((name) => name.endsWith('.log'));
  return names.map((name) => path.join(folder, of, name));
}

function content(): Record<string, string> {
  return Object.fromEntries([...files('commands'), ...files('events')].map((file) => [file, readFileSync(file).toString('base64')]));
}

async function open(): Promise<{ seq: number; state: string; replayed: number }> {
  const on = await VenueOnFolder.open(folder);
  const found = { seq: on.venue.seq, state: on.venue.stateHash(), replayed: on.recovered.replayedCount };
  await on.close();
  return found;
}

describe('older files, which no start would need', () => {
  let state: string;

  /** Three files of commands, more of events, and two snapshots that a start begins from. */
  beforeEach(async () => {
    const on = await VenueOnFolder.open(folder, { fileBytesMax: 20_000 });
    await on.execute(...lists);
    while (files('commands').length < 3) await on.execute(...orders(on.venue.seq, 10));
    await on.keepSnapshot();
    await on.execute(...orders(on.venue.seq, 10));
    await on.keepSnapshot();
    await on.execute(...orders(on.venue.seq, 10));
    state = on.venue.stateHash();
    await on.close();
    expect(files('commands')).toHaveLength(3);
    expect(files('events').length).toBeGreaterThan(2);
    expect(readdirSync(path.join(folder, 'snapshots'))).toHaveLength(2);
    expect(await open()).toMatchObject({ state, replayed: 10 });
  });

  async function staysClosed(what: string): Promise<string> {
    const before = content();
    const error = await VenueOnFolder.open(folder).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DamagedFolderError);
    const { message } = error as Error;
    expect(message).toContain(what);
    expect(content()).toEqual(before);
    return message;
  }

  it.each([
    ['commands', 0],
    ['commands', 1],
    ['events', 0],
    ['events', 1],
  ] as const)('of the %s, a flipped byte in file %d', async (of, at) => {
    const file = files(of)[at] as string;
    const whole = readFileSync(file);
    for (const byte of [10, 70, 100, 5_000, whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed[byte] = (changed[byte] as number) ^ 0x40;
      writeFileSync(file, changed);
      const message = await staysClosed(file);
      expect(message.includes('mends it')).toBe(of === 'events');
    }
    writeFileSync(file, whole);
    expect(await open()).toMatchObject({ state, replayed: 10 });
  });

  it.each([
    ['commands', 0],
    ['commands', 1],
    ['events', 0],
    ['events', 1],
  ] as const)('of the %s, file %d that was deleted', async (of, at) => {
    const all = files(of);
    rmSync(all[at] as string);
    await staysClosed(all[at + 1] as string);
    // What is derived is made again.
    if (of === 'commands') return;
    rmSync(path.join(folder, of), { recursive: true });
    expect((await open()).state).toBe(state);
  });

  it('may be moved away where first-record says so; then events can not be made again', async () => {
    for (const kind of ['commands', 'events'] as const) {
      const [oldest = '', second = ''] = files(kind);
      writeFileSync(path.join(folder, kind, 'first-record'), `${Number(path.basename(second, '.log'))}\n`);
      renameSync(oldest, path.join(folder, path.basename(oldest) + kind));
    }
    expect(await open()).toMatchObject({ state, replayed: 10 });
    rmSync(files('events')[0] as string);
    expect(await staysClosed('first-record')).not.toContain('mends it');
  });
});

describe('a batch that is longer than a frame', () => {
  const frameBytesMax = 2_000;

  function frames(of: Kind): { records: number; bytes: number }[] {
    const all: { records: number; bytes: number }[] = [];
    const kind = of === 'events' ? LogContent.EVENTS : LogContent.COMMANDS;
    readLog(path.join(folder, of), kind, 1, ({ recordsCount, payload }) => all.push({ records: recordsCount, bytes: payload.length }));
    return all;
  }

  it('is several frames of events, one wait for the disk, and the same venue after a new start', async () => {
    const on = await VenueOnFolder.open(folder, { sync: 'batch', frameBytesMax });
    await on.execute(...lists);
    // One that is longer than a frame is a frame of its own.
    await on.execute(...orders(2, 50), command.newOrder('s0', { tag: 'x'.repeat(3 * frameBytesMax) }), ...orders(52, 50));
    expect(on.log.syncsCount).toBe(2);
    const state = on.venue.stateHash();
    const read: number[] = [];
    for await (const events of on.log.read(40, 30)) read.push(...events.map(({ seq }) => seq));
    expect(read).toEqual(Array.from({ length: 30 }, (_, at) => 40 + at));
    await on.close();
    const written = frames('events');
    expect(written.length).toBeGreaterThan(5);
    expect(written.filter(({ bytes }) => bytes > frameBytesMax)).toEqual([{ records: 1, bytes: expect.any(Number) }]);
    expect(await open()).toMatchObject({ state, seq: 103 });
  });

  it('is written when the disk has its commands: the loss of power leaves no frame but one ahead of them', async () => {
    const on = await VenueOnFolder.open(folder, { sync: 'batch', frameBytesMax });
    await on.execute(...lists);
    const firstSeq = on.venue.seq + 1;
    const events = orders(2, 50).map((input) => {
      on.log.record(input, on.venue.seq + 1);
      return on.venue.apply(input);
    });
    const appended = on.log.append(events, firstSeq);
    expect(frames('events')).toHaveLength(1);
    await appended;
    expect(frames('events').length).toBeGreaterThan(5);
    await on.close();
  });

  it('is cut the same way when its events are made again', async () => {
    const on = await VenueOnFolder.open(folder, { frameBytesMax });
    await on.execute(...lists, ...orders(2, 100));
    const state = on.venue.stateHash();
    await on.close();
    const written = frames('events');
    expect(written.length).toBeGreaterThan(5);
    rmSync(path.join(folder, 'events'), { recursive: true });
    const again = await VenueOnFolder.open(folder, { frameBytesMax });
    expect(again.recovered.remadeCount).toBe(102);
    await again.close();
    expect(frames('events')).toEqual(written);
    expect((await open()).state).toBe(state);
  });
});
