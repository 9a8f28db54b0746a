/** How programs on this machine find the platform that runs here: a small file per mode, written by who starts it. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How the platform was started. */
export const runModes = ['standalone', 'cluster'] as const;
export type RunMode = (typeof runModes)[number];

export interface RunProcess {
  readonly name: string;
  readonly roles: readonly string[];
  readonly pid: number;
  /** host:port of gRPC. */
  readonly address: string;
  /** host:port of HTTP. */
  readonly httpAddress: string;
}

export interface RunState {
  readonly mode: RunMode;
  /** The process that started the platform and ends it. */
  readonly pid: number;
  readonly environment: string;
  /** Where the public edge is, host:port of gRPC. */
  readonly gateways: readonly string[];
  /** URL of the page for people. */
  readonly page: string;
  /** Where the development key is. */
  readonly keysFolder: string;
  readonly processes: readonly RunProcess[];
}

const dataFolderName = '.switchyard';

/** The data folder that a program should use: the nearest one in this folder or above, else one in `otherwise`. */
export function findDataFolder(from: string, otherwise: string): string {
  const here = path.join(from, dataFolderName);
  if (existsSync(here)) return here;
  const up = path.dirname(from);
  return up === from ? path.join(otherwise, dataFolderName) : findDataFolder(up, otherwise);
}

export function writeRunState(dataFolder: string, state: RunState): void {
  const file = fileOf(dataFolder, state.mode);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

export function removeRunState(dataFolder: string, mode: RunMode): void {
  rmSync(fileOf(dataFolder, mode), { force: true });
}

/** What the last start in this mode left, whether or not it still runs. */
export function readRunState(dataFolder: string, mode: RunMode): RunState | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataFolder, mode), 'utf8')) as RunState;
  } catch {
    return undefined;
  }
}

/** The platform that runs from this data folder: the cluster if both do. */
export function findRunning(dataFolder: string): RunState | undefined {
  const states = [...runModes].reverse().map((mode) => readRunState(dataFolder, mode));
  return states.find((state) => state !== undefined && isOurs(state.pid));
}

/** True while the process runs and is a program of ours: a pid may have been given to a stranger since. */
export function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.js');
  } catch {
    return process.platform !== 'linux';
  }
}

function fileOf(dataFolder: string, mode: RunMode): string {
  return path.join(dataFolder, 'run', `${mode}.json`);
}
