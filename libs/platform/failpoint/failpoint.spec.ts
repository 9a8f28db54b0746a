import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { armFailpoints, failpoint, FailpointError, failpointHits, failpointNames } from './index.js';

afterEach(() => armFailpoints(''));

describe('a failpoint', () => {
  it('does nothing, and counts nothing, unless it is armed', () => {
    for (const name of failpointNames) failpoint(name);
    expect(failpointHits().size).toBe(0);
  });

  it('acts at every hit, or at the n-th alone, and counts all', () => {
    armFailpoints('orders.after-commit=error@2;brokers.before-report=error');
    failpoint('orders.after-commit');
    expect(() => failpoint('orders.after-commit')).toThrow(FailpointError);
    failpoint('orders.after-commit');
    expect(() => failpoint('brokers.before-report')).toThrow(FailpointError);
    expect(() => failpoint('brokers.before-report')).toThrow(FailpointError);
    expect([...failpointHits()]).toEqual([
      ['orders.after-commit', 3],
      ['brokers.before-report', 2],
    ]);
  });

  it('delays', () => {
    armFailpoints('orders.after-commit=delay:30');
    const before = performance.now();
    failpoint('orders.after-commit');
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  it.each(['orders.after-commit', 'orders.after-commit=explode', 'orders.after-comit=kill', '=kill'])('refuses "%s"', (specification) => {
    expect(() => armFailpoints(specification)).toThrow('is not a failpoint');
  });

  it('kills the process, after it was written to the file', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-failpoint-'));
    const file = path.join(folder, 'hits');
    const source = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve: (name, context, next) => next(name.replace(/^(\\..*)\\.js$/, '$1.ts'), context) });
      const { armFailpoints, failpoint } = await import(${JSON.stringify(path.join(import.meta.dirname, 'failpoint.ts'))});
      armFailpoints('orders.after-commit=kill@2', ${JSON.stringify(file)});
      failpoint('orders.after-commit');
      console.log('alive after one');
      failpoint('orders.after-commit');
      console.log('alive after two');`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    expect({ signal: result.signal, stdout: result.stdout }).toEqual({ signal: 'SIGKILL', stdout: 'alive after one\n' });
    const hits = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(hits).toEqual([
      expect.objectContaining({ failpoint: 'orders.after-commit', hit: 1 }),
      expect.objectContaining({ failpoint: 'orders.after-commit', hit: 2 }),
    ]);
    rmSync(folder, { recursive: true });
  });
});
