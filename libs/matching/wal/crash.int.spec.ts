import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { crashRun } from './testing/crash-run.js';

jest.setTimeout(120_000);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an engine with its log', () => {
  it('killed ten times at random points, also while it recovers, has told nothing that is lost, and no trade twice', async () => {
    // Another one each time; `npm run matching:crash -- --seed N` replays it.
    const seed = Date.now() % 1_000_000;
    const program = path.join(import.meta.dirname, 'dist/testing/crash-child.js');
    const result = await crashRun({ folder, seed, kills: 10, commandsMin: 1_000, recoveryKillsMin: 2, program });
    process.stdout.write(`seed ${seed}: ${JSON.stringify(result)}\n`);
    expect(result.kills).toBeGreaterThanOrEqual(10);
    expect(result.trades).toBeGreaterThan(10);
  });
});
