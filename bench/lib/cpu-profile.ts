/** Reads what `node --cpu-prof` wrote: which functions the time went to, each without what it called. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
}

/** A part of the time, by the monotonic clock. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FunctionTime {
  readonly name: string;
  /** package or file, and line. */
  readonly where: string;
  readonly selfMs: number;
  /** Of the time that was not idle. */
  readonly share: number;
}

export interface ProfileSummary {
  readonly busyMs: number;
  readonly functions: readonly FunctionTime[];
  /** The same time by package, or by our own folder. */
  readonly packages: readonly { readonly name: string; readonly selfMs: number; readonly share: number }[];
}

/** The newest profile of a folder. */
export function readProfile(dir: string, window: Window, count = 30): ProfileSummary {
  const [newest] = readdirSync(dir)
    .filter((name) => name.endsWith('.cpuprofile'))
    .sort()
    .reverse();
  if (newest === undefined) throw new Error(`there is no profile in ${dir}: did the process end in order?`);
  return summarise(JSON.parse(readFileSync(path.join(dir, newest), 'utf8')) as CpuProfile, window, count);
}

export function summarise({ nodes, samples, timeDeltas, startTime }: CpuProfile, { fromMs, toMs }: Window, count: number): ProfileSummary {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const byFunction = new Map<string, { name: string; where: string; selfMs: number }>();
  const byPackage = new Map<string, number>();
  let busyMs = 0;
  let atMs = startTime / 1_000;
  samples.forEach((id, i) => {
    atMs += (timeDeltas[i] ?? 0) / 1_000;
    if (atMs < fromMs || atMs > toMs) return;
    const frame = byId.get(id)?.callFrame;
    if (frame === undefined || frame.functionName === '(idle)') return;
    const ms = (timeDeltas[i] ?? 0) / 1_000;
    busyMs += ms;
    const where = frame.url === '' ? '' : `${shortUrl(frame.url)}:${frame.lineNumber + 1}`;
    const key = `${frame.functionName} ${where}`;
    const entry = byFunction.get(key) ?? { name: frame.functionName || '(anonymous)', where, selfMs: 0 };
    entry.selfMs += ms;
    byFunction.set(key, entry);
    const owner = frame.url === '' ? frame.functionName || '(native)' : packageOf(frame.url);
    byPackage.set(owner, (byPackage.get(owner) ?? 0) + ms);
  });
  const functions = [...byFunction.values()].sort((a, b) => b.selfMs - a.selfMs).slice(0, count);
  const packages = [...byPackage].sort(([, a], [, b]) => b - a).slice(0, count);
  return {
    busyMs,
    functions: functions.map((each) => ({ ...each, share: each.selfMs / busyMs })),
    packages: packages.map(([name, selfMs]) => ({ name, selfMs, share: selfMs / busyMs })),
  };
}

function packageOf(url: string): string {
  const npm = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (npm?.[1] !== undefined) return npm[1];
  if (url.startsWith('node:')) return url;
  return shortUrl(url).replace(/\/[^/]*$/, '');
}

/** A path below the repository, or below node_modules. */
function shortUrl(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/((?:libs|apps|bench|tools)\/)/, '$1');
}
