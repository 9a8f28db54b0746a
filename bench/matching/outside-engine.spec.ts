import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outsideEngines, runOutside } from './outside-engine.js';

describe('an engine from outside', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'outside-'));
  const file = path.join(folder, 'workload');
  const run = (script: string, msMax?: number) => runOutside({ name: 'mine', command: script }, file, 1_000, msMax);
  const answer = (differs: object = {}): string =>
    `cat > /dev/null; echo '${JSON.stringify({ seconds: 0.000_001, commands: 1_000, reports: 1_500, hash: 7, ...differs })}'`;

  beforeAll(() => writeFileSync(file, Buffer.alloc(1 << 20)));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('counts with what it prints', async () => {
    expect(await run(answer())).toEqual({ seconds: 0.000_001, commands: 1_000, reports: 1_500, hash: 7 });
  });

  it.each([
    ['ends with a code', 'exit 3', 'the engine mine ended with 3'],
    ['prints something else', 'cat > /dev/null; echo hello', 'the engine mine printed "hello\\n", which is no line of JSON'],
    ['leaves a field out', answer({ hash: undefined }), 'the engine mine printed a line whose hash is wrong'],
    [
      'claims more commands than there are',
      answer({ commands: 3_000 }),
      'says that it executed 3000 commands, and the workload measures 1000',
    ],
    ['claims more time than passed', answer({ seconds: 1_000 }), 'says that it took 1000 s'],
  ])('that %s is named, with what it did', async (_, script, words) => {
    await expect(run(script)).rejects.toThrow(words);
  });

  it('that keeps silent is ended, with what it started', async () => {
    await expect(run('sleep 1000 & sleep 1000', 50)).rejects.toThrow('the engine mine printed nothing in 0.05 s and was ended');
  });

  it('is named in the variable, or the entry is told', () => {
    expect(outsideEngines('a=x -y;b=z')).toEqual([
      { name: 'a', command: 'x -y' },
      { name: 'b', command: 'z' },
    ]);
    expect(outsideEngines('')).toEqual([]);
    expect(() => outsideEngines('=x')).toThrow('"=x" is not name=command');
  });
});
