import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Report {
  readonly name: string;
  readonly commit: string;
  readonly figures: readonly {
    readonly name: string;
    readonly value: number | null;
    readonly unit: string;
    readonly met: boolean | null;
  }[];
}

// How fast it is depends on what else runs on the machine: only that it runs, and that its figures can be true, is a test.
describe('npm run bench -- pipeline --quick', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  let report: Report;

  beforeAll(async () => {
    const file = path.join(folder, 'figures.json');
    const main = path.join(import.meta.dirname, '..', 'bench', 'dist', 'main.js');
    const args = [main, 'pipeline', '--quick', '--rates', '50', '--json', file];
    await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const valueOf = (name: string): number => report.figures.find((each) => each.name === name)?.value ?? Number.NaN;

  it('says what it measured, and of which commit', () => {
    expect(report.name).toBe('pipeline');
    expect(report.commit).not.toBe('');
    expect(new Set(report.figures.map(({ name }) => name)).size).toBe(report.figures.length);
  });

  it('gives no verdict', () => expect(report.figures.filter(({ met }) => met !== null)).toEqual([]));

  describe.each(['cluster', 'standalone'])('%s', (mode) => {
    it('carries orders in both pipelines, and the bare one costs less', () => {
      expect(valueOf(`${mode}: highest rate`)).toBeGreaterThan(0);
      expect(valueOf(`${mode}: bare pipeline, core-ms per order`)).toBeGreaterThan(0);
      expect(valueOf(`${mode}: core-ms per order`)).toBeGreaterThan(valueOf(`${mode}: bare pipeline, core-ms per order`));
    });

    it('times an order in the order in which things happen to it', () => {
      const wire = valueOf(`${mode}: first byte at the venue's socket at 50/s, p50`);
      expect(wire).toBeGreaterThan(0);
      expect(valueOf(`${mode}: trade in the reader's tables at 50/s, p50`)).toBeGreaterThan(wire);
      expect(valueOf(`${mode}: accept at 50/s, p50`)).toBeGreaterThan(0);
    });
  });
});
