import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FolderLock } from './folder-lock.js';

jest.setTimeout(30_000);

let folder: string;
let holders: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-lock-'));
  holders = [];
});
afterEach(async () => {
  for (const holder of holders) await kill(holder);
  rmSync(folder, { recursive: true });
});

/** Another process that has the lock. */
async function holder(): Promise<ChildProcess> {
  const source = `
    import { FolderLock } from ${JSON.stringify(path.join(import.meta.dirname, 'folder-lock.ts'))};
    globalThis.lock = FolderLock.tryTake(process.argv[1], 'other');
    process.stdout.write(globalThis.lock === undefined ? 'refused' : 'taken');
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('taken');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

function take(signal = new AbortController().signal, told: string[] = []): Promise<FolderLock> {
  return FolderLock.take(folder, { name: 'me', signal, onWaiting: (held) => void told.push(`${held?.name} ${held?.pid}`) });
}

describe('the lock of a folder', () => {
  it("is one holder's, also within a process, until it is given back", async () => {
    const first = await take();
    expect(FolderLock.tryTake(folder, 'me')).toBeUndefined();
    expect(FolderLock.tryTake(folder, 'me')).toBeUndefined();
    first.release();
    const second = await take();
    second.release();
  });

  it('is waited for while another process has it, and is there when that is killed; who has it is told', async () => {
    const other = await holder();
    const told: string[] = [];
    let isTaken = false;
    const taking = take(undefined, told).then((lock) => {
      isTaken = true;
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(isTaken).toBe(false);
    expect(new Set(told)).toEqual(new Set([`other ${other.pid}`]));
    await kill(other);
    (await taking).release();
  });

  it('is kept by a process that is stopped', async () => {
    const other = await holder();
    other.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(FolderLock.tryTake(folder, 'me')).toBeUndefined();
    await kill(other);
    (await take()).release();
  });

  it('that could not be taken is free: nobody waits for a process that failed', async () => {
    const inTheWay = path.join(folder, 'holder.json.tmp');
    mkdirSync(inTheWay); // As a full disk does: the holder can't write down who it is.
    await expect(take()).rejects.toThrow('EISDIR');
    rmdirSync(inTheWay);
    (await take(AbortSignal.timeout(5_000))).release();
  });

  it('is waited for no longer than somebody wants it', async () => {
    const first = await take();
    const stopping = new AbortController();
    const taking = take(stopping.signal);
    stopping.abort();
    await expect(taking).rejects.toThrow();
    first.release();
    (await take()).release();
  });
});
