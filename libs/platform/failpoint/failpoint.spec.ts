import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { armFailpoints, failpoint, FailpointError, failpointHits, platformFailpoints } from './index.js';

afterEach(() => armFailpoints(''));

describe('a failpoint', () => {
  it('does nothing, and counts nothing, unless it is armed', () => {
    for (const name of platformFailpoints) failpoint(name);
    expect(failpointHits().size).toBe(0);
  });

  it('acts at every hit, or at the n-th alone, and counts all', () => {
    armFailpoints('noun.after-commit=error@2;journal.after-append=error', ['noun.after-commit']);
    failpoint('noun.after-commit');
    expect(() => failpoint('noun.after-commit')).toThrow(FailpointError);
    failpoint('noun.after-commit');
    expect(() => failpoint('journal.after-append')).toThrow(FailpointError);
    expect(() => failpoint('journal.after-append')).toThrow(FailpointError);
    expect([...failpointHits()]).toEqual([
      ['noun.after-commit', 3],
      ['journal.after-append', 2],
    ]);
  });

  it('delays', () => {
    armFailpoints('noun.after-commit=delay:30', ['noun.after-commit']);
    const before = performance.now();
    failpoint('noun.after-commit');
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  it.each(['noun.after-commit', 'noun.after-commit=explode', 'noun.after-comit=kill', 'other.after-commit=kill', '=kill'])(
    'refuses "%s"',
    (specification) => {
      expect(() => armFailpoints(specification, ['noun.after-commit'])).toThrow('is not a failpoint');
    },
  );

  it('kills the process, after it was written to the file', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-failpoint-'));
    const file = path.join(folder, 'hits');
    const source = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve: (name, context, next) => next(name.replace(/^(\\..*)\\.js$/, '$1.ts'), context) });
      const { armFailpoints, failpoint } = await import(${JSON.stringify(path.join(import.meta.dirname, 'failpoint.ts'))});
      armFailpoints('noun.after-commit=kill@2', ['noun.after-commit'], ${JSON.stringify(file)});
      failpoint('noun.after-commit');
      console.log('alive after one');
      failpoint('noun.after-commit');
      console.log('alive after two');`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    expect({ signal: result.signal, stdout: result.stdout }).toEqual({ signal: 'SIGKILL', stdout: 'alive after one\n' });
    const hits = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(hits).toEqual([
      expect.objectContaining({ failpoint: 'noun.after-commit', hit: 1 }),
      expect.objectContaining({ failpoint: 'noun.after-commit', hit: 2 }),
    ]);
    rmSync(folder, { recursive: true });
  });
});
