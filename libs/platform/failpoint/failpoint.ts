/** Places where a test can make a process die or stall at the worst moment. Off by default, and then one boolean test. */
import { appendFileSync } from 'node:fs';
import { platformFailpoints } from './names.js';

type Action = { readonly kind: 'kill' | 'stop' | 'error' } | { readonly kind: 'delay'; readonly delayMs: number };

export interface Armed {
  readonly action: Action;
  /** At which hit it acts: once at the n-th, or at each where undefined. */
  readonly atHit: number | undefined;
}

/** Thrown by a failpoint whose action is `error`. */
export class FailpointError extends Error {
  constructor(name: string) {
    super(`failpoint ${name}`);
    this.name = 'FailpointError';
  }
}

let armed = false;
let points = new Map<string, Armed>();
let hits = new Map<string, number>();
let logFile: string | undefined;

/** Reads a specification of failpoints. Throws an Error with a sentence where it is not one. */
export function parseFailpoints(specification: string, names: readonly string[] = []): Map<string, Armed> {
  const known: readonly string[] = [...platformFailpoints, ...names];
  const parsed = new Map<string, Armed>();
  for (const part of specification.split(';').filter((text) => text !== '')) {
    const match = /^([a-z.-]+)=(kill|stop|error|delay):?(\d+)?(?:@(\d+))?$/.exec(part);
    if (match === null || !known.includes(match[1] ?? ''))
      throw new Error(`"${part}" is not a failpoint: write name=kill, stop, error or delay:<ms>, each with an optional @n`);
    const [, name = '', kind, delayMs, atHit] = match;
    const action: Action = kind === 'delay' ? { kind, delayMs: Number(delayMs ?? 0) } : { kind: kind as 'kill' | 'stop' | 'error' };
    parsed.set(name, { action, atHit: atHit === undefined ? undefined : Number(atHit) });
  }
  return parsed;
}

/**
 * Arms failpoints: `name=kill@3;name2=delay:50`. Actions: `kill` (SIGKILL to this process), `stop` (SIGSTOP), `error` (throws FailpointError), `delay:<ms>`
 * (blocks the process). With `@n` only the n-th hit acts. Every hit of an armed point is appended to the file before it acts.
 * @param names failpoints that there are in this process beside those of the platform.
 */
export function armFailpoints(specification: string, names: readonly string[] = [], file?: string): void {
  points = parseFailpoints(specification, names);
  hits = new Map();
  logFile = file;
  armed = points.size > 0;
}

/** Marks a place in the code. Its name is one of the platform's, or one that the role names. */
export function failpoint(name: string): void {
  if (armed) hit(name);
}

/** How often each armed failpoint was passed. */
export function failpointHits(): ReadonlyMap<string, number> {
  return hits;
}

function hit(name: string): void {
  const point = points.get(name);
  if (point === undefined) return;
  const count = (hits.get(name) ?? 0) + 1;
  hits.set(name, count);
  if (logFile !== undefined)
    appendFileSync(logFile, `${JSON.stringify({ failpoint: name, hit: count, pid: process.pid, atMs: Date.now() })}\n`, { flush: true });
  if (point.atHit !== undefined && point.atHit !== count) return;
  switch (point.action.kind) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return waitMs(60_000); // The signal is handled by the kernel at once, but not a single further statement may run.
    case 'stop':
      return void process.kill(process.pid, 'SIGSTOP');
    case 'error':
      throw new FailpointError(name);
    case 'delay':
      return waitMs(point.action.delayMs);
  }
}

function waitMs(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
