/** The machine and the commit that figures belong to. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type as systemName } from 'node:os';
import path from 'node:path';
import { median } from './histogram.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Median milliseconds of one fdatasync of 16 kB. */
  readonly fsyncMs: number;
}

/** @param dir where to try fdatasync: the disk of the database. */
export function describeMachine(dir: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()} ${release()}`,
    node: process.version,
    fsyncMs: fsyncMedianMs(dir),
  };
}

export function machineLine({ cpu, cores, memoryGb, system, node, fsyncMs }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGb} GB, ${system}, Node ${node}; fdatasync of 16 kB ${fsyncMs.toFixed(2)} ms (median)`;
}

function fsyncMedianMs(dir: string, times = 200): number {
  const file = path.join(dir, `fsync-${process.pid}`);
  const block = Buffer.alloc(16_384, 1);
  const descriptor = openSync(file, 'w');
  try {
    const tookMs = Array.from({ length: times }, (_, i) => {
      writeSync(descriptor, block, 0, block.length, (i % 64) * block.length);
      const startedMs = performance.now();
      fdatasyncSync(descriptor);
      return performance.now() - startedMs;
    });
    return median(tookMs);
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}

/** The commit that is checked out, with "+" where the tree differs from it; "unknown" outside a clone. */
export function commitOf(root: string): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
