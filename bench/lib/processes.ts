/** What processes cost, from /proc: processor time, memory, and what the rest of the machine did meanwhile. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A process to be measured; with `children`, everything below it counts as well (PostgreSQL has a process for each connection). */
export interface Measured {
  readonly name: string;
  readonly pid: number;
  readonly children?: boolean;
}

/** /proc counts in ticks of 10 ms on every Linux that Node runs on. */
const tickMs = 10;

interface Stat {
  readonly parent: number;
  readonly ownMs: number;
  /** Of children that have ended. */
  readonly endedMs: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    // The name is in parentheses and may hold anything; the rest is numbers.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const at = (i: number): number => fields[i] ?? 0;
    return { parent: at(1), ownMs: (at(11) + at(12)) * tickMs, endedMs: (at(13) + at(14)) * tickMs };
  } catch {
    return undefined; // It has ended.
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isInteger(candidate) && statOf(candidate)?.parent === pid);
}

function cpuMsOf({ pid, children }: Measured): number {
  const stat = statOf(pid);
  if (stat === undefined) return 0;
  if (!children) return stat.ownMs;
  return childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.ownMs ?? 0), stat.ownMs + stat.endedMs);
}

/** Proportional set size in MB: pages that are shared count by their share, so that the sum is what the machine gives. */
function memoryMbOf({ pid, children }: Measured): number {
  const pids = children ? [pid, ...childrenOf(pid)] : [pid];
  return pids.reduce((sum, each) => sum + pssMb(each), 0);
}

function pssMb(pid: number): number {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return Number(pss?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function machineBusyMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * tickMs;
}

export interface Usage {
  /** Milliseconds of a core, by process. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** MB at the end, by process. */
  readonly memoryMb: Readonly<Record<string, number>>;
  /** Part of the machine that processes not measured took, 0 to 1. */
  readonly othersShare: number;
  readonly tookMs: number;
}

/** Starts to measure; the returned function ends it. The calling process counts as one of ours. */
export function measure(processes: readonly Measured[]): () => Usage {
  const all = [...processes, { name: 'bench', pid: process.pid }];
  const cpuNow = (): Map<string, number> => new Map(all.map((each) => [each.name, cpuMsOf(each)]));
  const [before, busyBefore, startedMs] = [cpuNow(), machineBusyMs(), performance.now()];
  return () => {
    const [after, busyMs, tookMs] = [cpuNow(), machineBusyMs() - busyBefore, performance.now() - startedMs];
    const cpuMs = Object.fromEntries([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]));
    const ownMs = Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
    return {
      cpuMs,
      memoryMb: Object.fromEntries(processes.map((each) => [each.name, memoryMbOf(each)])),
      othersShare: Math.max(0, busyMs - ownMs) / (tookMs * availableParallelism()),
      tookMs,
    };
  };
}
