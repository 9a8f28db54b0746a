import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EngineBrokenError, ReferenceEngine, stateHashOf, type MatchingEngine } from '@switchyard/matching-core/engine';
import { DurableEngine } from './durable-engine.js';
import { CorruptLogError } from './log-files.js';
import { hashReports, seededCommands } from './testing/seeded-commands.js';

const seed = 7;
let folder: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-durable-'));
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(makeEngine: () => MatchingEngine = () => new ReferenceEngine()): DurableEngine {
  return DurableEngine.open({
    folder,
    makeEngine,
    settings: { sync: 'none', fileBytesMax: 64 * 1024 },
    warn: (text) => warnings.push(text),
  });
}

/** Executes the next `count` commands in batches; returns the hash of what was told. */
function run(durable: DurableEngine, count: number, batch = 100): number {
  let hash = 0;
  for (let done = 0; done < count; done += batch) {
    const from = durable.engine.commandSeq + 1;
    const words = seededCommands(seed, from, from + batch - 1);
    durable.execute(words, 0, words.length);
    hash = hashReports(hash, durable.engine.reports, durable.engine.reportsLength);
    durable.engine.clearReports();
  }
  return hash;
}

function newest(pattern: RegExp): string {
  return path.join(
    folder,
    readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort()
      .at(-1) as string,
  );
}

describe('a durable engine', () => {
  it('is after a start what it was before, and goes on as if it had never stopped', () => {
    const unbroken = open();
    run(unbroken, 2_000);
    const told = run(unbroken, 1_000);
    const end = stateHashOf(unbroken.engine);
    unbroken.close();
    rmSync(folder, { recursive: true });

    const first = open();
    run(first, 2_000);
    const before = stateHashOf(first.engine);
    first.close();
    const second = open();
    expect(second.recovery).toEqual({ snapshotSeq: 0, replayedCount: 2_000, tornBytes: 0 });
    expect(stateHashOf(second.engine)).toBe(before);
    expect(run(second, 1_000)).toBe(told);
    expect(stateHashOf(second.engine)).toBe(end);
    second.close();
    expect(warnings).toEqual([]);
  });

  it('replays only what came after its snapshot, also when that lies within a frame', () => {
    const first = open();
    run(first, 1_500);
    first.saveSnapshot();
    run(first, 500);
    const state = stateHashOf(first.engine);
    first.close();
    const second = open();
    expect(second.recovery).toMatchObject({ snapshotSeq: 1_500, replayedCount: 500 });
    expect(stateHashOf(second.engine)).toBe(state);
    second.close();
  });

  it('passes a damaged snapshot over for an older one, then for the log alone, and says so', () => {
    const first = open();
    run(first, 1_000);
    first.saveSnapshot();
    run(first, 1_000);
    first.saveSnapshot();
    const state = stateHashOf(first.engine);
    first.close();
    for (const snapshotSeq of [1_000, 0]) {
      const file = path.join(folder, `${String(snapshotSeq === 1_000 ? 2_000 : 1_000).padStart(16, '0')}.snap`);
      const bytes = readFileSync(file);
      bytes[40] = (bytes[40] as number) ^ 1;
      writeFileSync(file, bytes);
      const again = open();
      expect(again.recovery.snapshotSeq).toBe(snapshotSeq);
      expect(stateHashOf(again.engine)).toBe(state);
      again.close();
    }
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toContain('the checksum of its content is wrong');
  });

  it('cuts a torn tail off with a warning, and has every command before it', () => {
    const first = open();
    run(first, 1_000);
    first.close();
    const log = newest(/\.log$/);
    truncateSync(log, statSync(log).size - 5);
    const second = open();
    expect(second.engine.commandSeq).toBe(900);
    expect(warnings).toEqual([
      expect.stringMatching(/were not finished when its process died; they were cut off\. No command in them was acknowledged\./),
    ]);
    run(second, 100);
    second.close();
    const third = open();
    expect(third.engine.commandSeq).toBe(1_000);
    third.close();
  });

  it('stops at damage in the middle with a clear error, and changes nothing', () => {
    const first = open();
    run(first, 1_000);
    first.close();
    const log = newest(/\.log$/);
    const bytes = readFileSync(log);
    bytes[5_000] = (bytes[5_000] as number) ^ 4;
    writeFileSync(log, bytes);
    expect(() => open()).toThrow(CorruptLogError);
    expect(readFileSync(log).equals(bytes)).toBe(true);
  });

  it('is alone on its folder: another one is refused in words, and finds every command when it has closed', () => {
    const durable = open();
    expect(() => open()).toThrow(/Another engine runs on the log/);
    run(durable, 100);
    durable.close();
    const next = open();
    expect(next.engine.commandSeq).toBe(100);
    next.close();
  });

  it('takes whole commands only: nothing of others is written or executed', () => {
    const durable = open();
    const words = seededCommands(seed, 1, 3);
    expect(() => durable.execute(words, 0, words.length - 4)).toThrow(/whole commands/);
    expect(durable.engine.commandSeq).toBe(0);
    durable.close();
    const next = open();
    expect(next.recovery.replayedCount).toBe(0);
    next.close();
  });

  it('whose log is shorter than its snapshot says that files are missing', () => {
    const first = open();
    run(first, 1_000);
    first.saveSnapshot();
    first.close();
    for (const name of readdirSync(folder)) if (name.endsWith('.log')) rmSync(path.join(folder, name));
    expect(() => open()).toThrow(/files of the log are missing/);
  });

  it('has a command in its log before it executes it: one that breaks the engine can be replayed', () => {
    class Breaking extends ReferenceEngine {
      override execute(words: Int32Array, from: number, to: number): void {
        if (this.commandSeq >= 100) throw new EngineBrokenError(this.commandSeq + 1, new Error('an invariant'));
        super.execute(words, from, to);
      }
    }
    const first = open(() => new Breaking());
    run(first, 100);
    expect(() => run(first, 1, 1)).toThrow('an invariant broke at its command 101. Replay the log');
    expect(() => run(first, 1, 2)).toThrow('takes nothing more');
    first.close();
    const second = open();
    expect(second.engine.commandSeq).toBe(101);
    second.close();
  });
});
