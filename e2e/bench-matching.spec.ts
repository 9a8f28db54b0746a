import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Report {
  readonly name: string;
  readonly figures: readonly { readonly name: string; readonly value: number | null; readonly met: boolean | null }[];
}

// How fast it is depends on what else runs on the machine: that every engine tells the same, and that the figures can be true, is a test.
describe('npm run bench -- matching --quick, with an engine from outside', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const bench = path.join(import.meta.dirname, '..', 'bench');
  let report: Report;
  let printed: string;

  beforeAll(async () => {
    const file = path.join(folder, 'figures.json');
    const sample = `sample="${process.execPath}" "${path.join(bench, 'matching', 'sample-engine.mjs')}"`;
    const args = [path.join(bench, 'dist', 'main.js'), 'matching', '--quick', '--json', file];
    const options = { maxBuffer: 16 * 1024 * 1024, env: { ...process.env, BENCH_MATCHING_ENGINES: sample } };
    printed = (await promisify(execFile)(process.execPath, args, options)).stdout;
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const valueOf = (name: string): number => report.figures.find((each) => each.name === name)?.value ?? Number.NaN;

  it.each(['F1', 'F100', 'F1-drift'])(
    '%s: the fast book and the sample from outside report what the reference book reports',
    (workload) => {
      expect(valueOf(`${workload}: fast, reports as those of the reference book`)).toBe(1);
      expect(valueOf(`${workload}: sample, reports as those of the reference book`)).toBe(1);
      expect(valueOf(`${workload}: npm, reports as those of the reference book`)).toBe(1);
    },
  );

  it.each(['F1', 'F100', 'F1-drift'])('%s: the npm book makes the trades of the workload', (workload) => {
    expect(valueOf(`${workload}: nodejs-order-book, trades as those of the workload`)).toBe(1);
  });

  it('prints the counts and hashes of each workload, which are the same every time', () => {
    expect(printed).toContain(
      'F1: 100000 commands (LIMIT 49314, CANCEL 40823, REPLACE 4886, IOC 3014, FOK 1009, MARKET 954); 13110 trades, quantity 364669, hash of trades 7c2bd4f9',
    );
    expect(printed).toContain('12159 trades, quantity 342693, hash of trades a4bc2200');
  });

  it('has every part', () => {
    for (const name of [
      'latency p50, net',
      'journaled in the page cache',
      'recovery of the journaled commands',
      'two workers / one, fed apart',
      'two workers / one, of one host',
      '10 instruments',
      '10000 resting orders: bytes a resting order',
    ])
      expect({ name, isThere: Number.isFinite(valueOf(name)) }).toEqual({ name, isThere: true });
  });

  it('gives no verdict on speed', () => {
    const judged = report.figures.filter(({ met }) => met !== null).map(({ name }) => name);
    expect(judged.filter((name) => !/reports as those of the reference book$|trades as those of the workload$/.test(name))).toEqual([]);
  });
});
