import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSnapshots, removeUnfinishedSnapshots, saveSnapshot, saveSnapshotLater } from './snapshots.js';

let folder: string;
let damages: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-snap-'));
  damages = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function save(seq: number, text: string): void {
  saveSnapshot(folder, { seq, content: Buffer.from(text) });
}

function read(): [number, string][] {
  return [...readSnapshots(folder, (_file, what) => damages.push(what))].map(({ seq, content }) => [seq, content.toString()]);
}

describe('snapshots', () => {
  it('are handed out newest first, and only the newest two are kept', () => {
    save(5, 'five');
    save(70_000_000_000, 'seventy');
    save(90_000_000_000, 'ninety');
    expect(read()).toEqual([
      [90_000_000_000, 'ninety'],
      [70_000_000_000, 'seventy'],
    ]);
  });

  it('one that was not finished is not there', () => {
    save(5, 'five');
    writeFileSync(path.join(folder, '0000000000000009.snap.tmp'), 'half of');
    expect(read()).toEqual([[5, 'five']]);
  });

  it.each([
    ['saved at once', saveSnapshot],
    ['saved while others go on', saveSnapshotLater],
  ])('one that fails, %s, leaves nothing behind', async (_fact, saveIt) => {
    save(5, 'five');
    mkdirSync(path.join(folder, '0000000000000009.snap', 'in the way'), { recursive: true });
    await expect(async () => saveIt(folder, { seq: 9, content: Buffer.from('nine') })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['0000000000000005.snap', '0000000000000009.snap']);
  });

  it('what a process that died left of one goes, and nothing else', () => {
    save(5, 'five');
    for (const name of ['0000000000000009.snap.tmp', 'notes.tmp']) writeFileSync(path.join(folder, name), 'half of');
    removeUnfinishedSnapshots(folder);
    expect(readdirSync(folder)).toEqual(['0000000000000005.snap', 'notes.tmp']);
  });

  it('one in which any byte was changed, or that was cut, is passed over and told', () => {
    save(5, 'five');
    save(9, 'nine');
    const file = path.join(folder, '0000000000000009.snap');
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 0x10;
      writeFileSync(file, changed);
      damages = [];
      expect({ at, read: read() }).toEqual({ at, read: [[5, 'five']] });
      expect(damages).toHaveLength(1);
      writeFileSync(file, whole.subarray(0, at));
      expect(read()).toEqual([[5, 'five']]);
    }
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
