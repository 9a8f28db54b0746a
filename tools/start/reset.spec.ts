// `npm run reset` deletes what Switchyard made and nothing else: a folder can be named by mistake, and an option mistyped.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-reset-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function put(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), '');
  }
}

function reset(args: readonly string[] = [], variables: Record<string, string> = {}): { status: number | null; printed: string } {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SWITCHYARD|MATCHING)_/.test(name));
  const env = { ...Object.fromEntries(inherited), NODE_OPTIONS: '', SWITCHYARD_DATA_FOLDER: folder, ...variables };
  const run = spawnSync(process.execPath, [path.join(import.meta.dirname, 'reset.mjs'), ...args], { encoding: 'utf8', env });
  return { status: run.status, printed: run.stdout + run.stderr };
}

describe('npm run reset', () => {
  it('deletes the folder that Switchyard made', () => {
    put('keys/dev-key.json', 'logs/a.log', 'bench/x', 'run/left.txt');
    expect(reset()).toEqual({ status: 0, printed: `emptied ${folder}\n` });
    expect(existsSync(folder)).toBe(false);
  });

  // Asked, and not run: it would empty the folder of whoever runs this.
  it.each([
    ['an empty variable', { SWITCHYARD_DATA_FOLDER: '' }, path.resolve(import.meta.dirname, '../../.switchyard')],
    ['no variable', {}, path.resolve(import.meta.dirname, '../../.switchyard')],
    ['a variable', { SWITCHYARD_DATA_FOLDER: '/srv/other' }, '/srv/other'],
  ])('is of the folder of %s', async (_, env, expected) => {
    const { dataFolderOf } = await import(path.join(import.meta.dirname, 'data-folder.mjs'));
    expect(dataFolderOf(env)).toBe(expected);
  });

  it('leaves files of others, and names them', () => {
    put('keys/dev-key.json', 'thesis.txt', 'photos/cat.jpg');
    const { status, printed } = reset();
    expect(status).toBe(0);
    expect(printed).toMatch(/but for what is not Switchyard's: photos, thesis\.txt\n/);
    expect(readdirSync(folder).sort()).toEqual(['photos', 'thesis.txt']);
  });

  it('refuses a folder that has nothing of Switchyard, whatever its folders are called', () => {
    put('logs/theirs.log', 'keys/theirs.pem');
    const { status, printed } = reset();
    expect(status).toBe(1);
    expect(printed).toContain(`${folder} is no data folder of Switchyard. Nothing was deleted.`);
    expect(readdirSync(folder).sort()).toEqual(['keys', 'logs']);
  });

  it.each(['--dry-run', '-n', 'now'])('refuses %s, and deletes nothing', (argument) => {
    put('keys/dev-key.json');
    const { status, printed } = reset([argument]);
    expect(status).toBe(1);
    expect(printed).toContain(`There is no option ${argument}.`);
    expect(existsSync(path.join(folder, 'keys/dev-key.json'))).toBe(true);
  });

  it('refuses while a process of a cluster lives whose starter was killed', async () => {
    put('keys/dev-key.json', 'run/other.txt');
    // Any process whose command line has the name of our programs counts as one of ours.
    const left = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'main.js'], { stdio: 'ignore' });
    try {
      const gone = spawnSync(process.execPath, ['--version']).pid;
      writeFileSync(
        path.join(folder, 'run/cluster.json'),
        JSON.stringify({ mode: 'cluster', pid: gone, processes: [{ pid: 0 }, { pid: left.pid }] }),
      );
      const { status, printed } = reset();
      expect(status).toBe(1);
      expect(printed).toContain(`Switchyard runs from ${folder} (cluster, process ${left.pid}). Its starter was killed`);
      expect(existsSync(path.join(folder, 'keys/dev-key.json'))).toBe(true);
    } finally {
      left.kill('SIGKILL');
      await once(left, 'exit');
    }
    expect(reset().status).toBe(0);
  });

  it('says that a venue and a database elsewhere are left', () => {
    put('keys/dev-key.json');
    const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
    const { printed } = reset([], { MATCHING_FOLDER: elsewhere, SWITCHYARD_POSTGRES_URL: 'postgresql://u:secret@db/x' });
    expect(printed).toContain(`MATCHING_FOLDER names ${elsewhere}, which was left as it is.`);
    expect(printed).toContain('SWITCHYARD_POSTGRES_URL names a database, which was left as it is.');
    expect(printed).not.toContain('secret');
    expect(existsSync(elsewhere)).toBe(true);
    rmSync(elsewhere, { recursive: true });
  });
});
