import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startService, stopService, type InfraOptions } from './infra.js';
import { isAlive, startMark } from './processes.js';
import { InfraError, type RunningService, type ServiceName } from './service.js';
import { temporaryRoot } from './temporary-root.js';

/**
 * Services that several processes share (the workers of a test run, and test runs at the same time). Who uses one writes a
 * lease, a file named after its holder; `releaseServices` takes the holder's leases away and stops what nobody leases any
 * more. A holder that was killed counts for nothing, so the next release or lease puts things right.
 */
export interface LeaseOptions {
  /** One folder for all who share. */
  readonly dir: string;
  /** The process for which the lease stands; `testRunPid()` for a spec. */
  readonly holderPid: number;
  readonly onProgress?: (line: string) => void;
  /**
   * Runs under the lock, once the service answers. `isFirst` says that nobody else leases it, so that what killed runs
   * left in it can be removed.
   */
  readonly prepare?: (service: RunningService, isFirst: boolean) => Promise<void>;
}

/** The folder that all test runs and tools of this clone share. */
export function sharedServicesDir(): string {
  const here = path.basename(import.meta.dirname) === 'dist' ? path.dirname(import.meta.dirname) : import.meta.dirname;
  const clone = path.resolve(here, '..', '..');
  return path.join(temporaryRoot(), `shared-${createHash('sha256').update(clone).digest('hex').slice(0, 16)}`);
}

/** The process that stands for a test run: Jest's main process, which its globalSetup named, or this one without Jest. */
export function testRunPid(): number {
  return Number(process.env['SWITCHYARD_TEST_RUN_PID'] || process.pid);
}

/** The shared service, started if it does not run. Don't stop it: release it. */
export async function leaseService(name: ServiceName, options: LeaseOptions): Promise<RunningService> {
  return withLock(options.dir, name, async () => {
    const isFirst = liveHolders(options.dir, name).filter((pid) => pid !== options.holderPid).length === 0 && !holds(options, name);
    // A broker or a Redis starts clean; PostgreSQL keeps its data, of which the template databases are dear.
    if (isFirst && name !== 'postgres') {
      await stopService(name, options.dir);
      rmSync(path.join(options.dir, name), { recursive: true, force: true });
    }
    const service = await startService(name, infraOptions(options, name));
    writeFileSync(leaseFile(options.dir, name, options.holderPid), startMark(options.holderPid));
    await options.prepare?.(service, isFirst);
    return service;
  });
}

/** Gives back all leases of `holderPid`, and stops each service that nobody leases, also what a killed run left. */
export async function releaseServices(options: Pick<LeaseOptions, 'dir' | 'holderPid'>): Promise<void> {
  await Promise.all(
    (['postgres', 'kafka', 'redis'] as const).map(async (name) => {
      if (!existsSync(path.join(options.dir, `${name}.leases`))) return;
      await withLock(options.dir, name, async () => {
        rmSync(leaseFile(options.dir, name, options.holderPid), { force: true });
        if (liveHolders(options.dir, name).length > 0) return;
        await stopService(name, options.dir);
      });
    }),
  );
}

function infraOptions(options: Pick<LeaseOptions, 'dir' | 'onProgress'>, name: ServiceName): InfraOptions {
  return {
    dir: options.dir,
    postgres: name === 'postgres' ? 'switchyard' : false,
    kafka: name === 'kafka',
    redis: name === 'redis',
    shared: true,
    onProgress: options.onProgress,
  };
}

function holds(options: Pick<LeaseOptions, 'dir' | 'holderPid'>, name: ServiceName): boolean {
  return liveHolders(options.dir, name).includes(options.holderPid);
}

function leaseDir(dir: string, name: ServiceName): string {
  const leases = path.join(dir, `${name}.leases`);
  mkdirSync(leases, { recursive: true });
  return leases;
}

function leaseFile(dir: string, name: ServiceName, pid: number): string {
  return path.join(leaseDir(dir, name), String(pid));
}

/** Holders that still run; the leases of the others are removed. */
function liveHolders(dir: string, name: ServiceName): number[] {
  return readdirSync(leaseDir(dir, name))
    .map(Number)
    .filter((pid) => {
      const file = leaseFile(dir, name, pid);
      if (isAlive(pid) && startMark(pid) === readText(file)) return true;
      rmSync(file, { force: true });
      return false;
    });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Runs `work` while no other process does; the lock of a process that was killed is broken. */
async function withLock<T>(dir: string, name: ServiceName, work: () => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const lock = path.join(dir, `${name}.lock`);
  const deadline = performance.now() + 180_000;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readText(lock) ?? 0);
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
    if (performance.now() > deadline) throw new InfraError(`${lock} has been held by process ${holder} for three minutes.`);
    await sleep(25);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
