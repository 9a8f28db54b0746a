// A folder is one process' at a time. The kernel keeps the lock: it is gone when its process is gone, however that ended, and a process that is stopped keeps it.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the holder calls itself; for people, nothing is decided by it. */
export interface LockHolder {
  readonly name: string;
  readonly pid: number;
  readonly host: string;
}

const busyCode = 5;
const retryMs = 100;

/**
 * Node has no call for the kernel's file locks. SQLite, which is part of Node, takes them (fcntl) on its database file, also between two holders in one process: an
 * exclusive transaction that never ends is a lock that can't be forgotten. Nothing is ever written to that file, and nothing else in the process may open it: closing
 * any descriptor of it would give the kernel's lock back.
 */
export class FolderLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The lock, or undefined where somebody has it. Creates the folder. */
  static tryTake(folder: string, name: string): FolderLock | undefined {
    mkdirSync(folder, { recursive: true });
    const database = new DatabaseSync(path.join(folder, 'lock'), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
      const holder: LockHolder = { name, pid: process.pid, host: os.hostname() };
      const unfinished = path.join(folder, 'holder.json.tmp');
      writeFileSync(unfinished, `${JSON.stringify(holder)}\n`);
      renameSync(unfinished, path.join(folder, 'holder.json'));
      return new FolderLock(database);
    } catch (error) {
      // A full disk, for one: this process would wait for itself.
      database.close();
      if ((error as { errcode?: number }).errcode === busyCode) return undefined;
      throw error;
    }
  }

  /** Waits until it is free. `onWaiting` is told while it is not, with who has it as far as that is known. @throws the signal's reason when it is aborted. */
  static async take(
    folder: string,
    { name, signal, onWaiting }: { name: string; signal: AbortSignal; onWaiting: (holder: LockHolder | undefined) => void },
  ): Promise<FolderLock> {
    for (;;) {
      signal.throwIfAborted();
      const lock = FolderLock.tryTake(folder, name);
      if (lock !== undefined) return lock;
      onWaiting(holderOf(folder));
      await sleep(retryMs, undefined, { signal });
    }
  }

  release(): void {
    this.#database.close();
  }
}

function holderOf(folder: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'holder.json'), 'utf8')) as LockHolder;
  } catch {
    return undefined; // It has the lock, and has not written down yet who it is.
  }
}
