// Whoever asks a tool for help gets it, on the Node that the machine has, and nothing is done.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = path.join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** The tools of package.json, and those that the documents name. Programs behind run.mjs answer for themselves. */
const tools = [
  ...Object.values(scripts).flatMap((script) => /^node (tools\/\S+\.mjs)/.exec(script)?.[1] ?? []),
  'tools/persistence/generate.mjs',
  'tools/persistence/migrate.mjs',
];

/** Whatever Node.js a user has first in the path, without what npm and Jest put there. */
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  PATH: (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(path.delimiter),
};

describe('--help', () => {
  it.each([...new Set(tools)].sort())('of %s is its usage', (tool) => {
    const { status, stdout, stderr } = spawnSync('node', [path.join(root, tool), '--help'], { encoding: 'utf8', env, timeout: 30_000 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/npm |node tools|usage|version \d/i);
  });
});

describe('an option that there is not', () => {
  it.each(['tools/start/reset.mjs', 'tools/generate/generate.mjs'])('of %s is refused, and nothing is done', (tool) => {
    const { status, stderr } = spawnSync('node', [path.join(root, tool), '--foo'], { encoding: 'utf8', env, timeout: 30_000 });
    expect(status).toBe(1);
    expect(stderr).toContain('There is no option --foo.');
  });
});
