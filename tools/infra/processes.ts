import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, fstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** True while `pid` runs; a zombie that nobody reaped yet counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const stat = procFile(pid, 'stat');
  return stat === undefined || statFields(stat)[0] !== 'Z';
}

/** The command line of `pid` with its arguments separated by spaces, or '' if it does not run. */
export function commandLine(pid: number): string {
  const cmdline = procFile(pid, 'cmdline');
  if (cmdline !== undefined) return cmdline.replaceAll('\0', ' ').trim();
  if (process.platform === 'linux' || process.platform === 'win32') return '';
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** What tells two processes with the same pid apart: the time at which the process began, in the system's own form. */
export function startMark(pid: number): string {
  const stat = procFile(pid, 'stat');
  if (stat !== undefined) return statFields(stat)[19] ?? '';
  if (process.platform === 'linux' || process.platform === 'win32') return '';
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

function procFile(pid: number, file: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** The fields after the program's name, which may itself hold spaces and brackets: state first, start time at index 19. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Sends `signal`; a process that ended in the meantime is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends `pid` by `signal` and, if it still runs after `deadlineMs`, by SIGKILL. Resolves when it is gone. */
export async function endProcess(pid: number, signal: NodeJS.Signals, deadlineMs: number): Promise<void> {
  if (!isAlive(pid)) return;
  signalProcess(pid, signal);
  if (await becomesTrue(() => !isAlive(pid), deadlineMs)) return;
  signalProcess(pid, 'SIGKILL');
  if (!(await becomesTrue(() => !isAlive(pid), 10_000))) throw new Error(`process ${pid} survived SIGKILL`);
}

/** Polls until `condition` holds; false if it did not within `deadlineMs`. */
export async function becomesTrue(condition: () => boolean | Promise<boolean>, deadlineMs: number, intervalMs = 10): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > deadline) return false;
    await sleep(intervalMs);
  }
}

const given = new Set<number>();

/**
 * A free port on 127.0.0.1. It is chosen below the range from which the system takes the ports of outgoing connections:
 * a service that is stopped for a while must find its port free when it comes back. It is given to nobody else in this process.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port between 15000 and 29999 on 127.0.0.1');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The last `lineCount` lines of a log, read from its end; '' if there is none. */
export function logTail(file: string, lineCount = 15): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const length = Math.min(fstatSync(descriptor).size, 16_384);
    const buffer = Buffer.alloc(length);
    readSync(descriptor, buffer, 0, length, fstatSync(descriptor).size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lineCount).join('\n');
  } finally {
    closeSync(descriptor);
  }
}
