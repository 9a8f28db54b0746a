import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const starter = pathToFileURL(path.join(import.meta.dirname, 'node24.mjs')).href;
const clean = { ...process.env, NODE_OPTIONS: '' };

/** A program that becomes Node 24 with the given script. */
const becoming = (script: string): string[] => [
  '--input-type=module',
  '-e',
  `import { becomeNode24 } from ${JSON.stringify(starter)}; becomeNode24(['-e', ${JSON.stringify(script)}]);`,
];

describe('the starter', () => {
  it('runs Node 24 or later', () => {
    const run = spawnSync(process.execPath, becoming('console.log(process.versions.node)'), { encoding: 'utf8', env: clean });
    expect(Number(run.stdout.split('.')[0])).toBeGreaterThanOrEqual(24);
  });

  it.each([0, 1, 7])('ends with the exit code of the program: %i', (code) => {
    expect(spawnSync(process.execPath, becoming(`process.exit(${code})`), { env: clean }).status).toBe(code);
  });

  it('ends as a shell would when a signal ended the program', () => {
    expect(spawnSync(process.execPath, becoming("process.kill(process.pid, 'SIGKILL')"), { env: clean }).status).toBe(137);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on, and waits for the program to end in order', async (signal) => {
    const script = `process.on('${signal}', () => setTimeout(() => process.exit(42), 50)); setInterval(() => {}, 1000); console.log('ready')`;
    const child = spawn(process.execPath, becoming(script), { stdio: ['ignore', 'pipe', 'inherit'], env: clean });
    await once(child.stdout, 'data');
    const ended = once(child, 'exit');
    child.kill(signal);
    expect(await ended).toEqual([42, null]);
  });
});
