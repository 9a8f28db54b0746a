/** Engines from outside, in any language: a program that reads a workload from its standard input and prints one line of JSON (README.md). */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../lib/usage-error.js';
import { type Throughput } from './goals.js';

/** One that has printed nothing by then is ended. A naive book takes some ten seconds for three million commands. */
const outsideMsMax = 300_000;

/** What it prints. Seconds are its own word, since it alone knows when its commands were read; they can't be more than passed here. */
const answer = z.object({
  seconds: z.number().positive(),
  commands: z.number().int().positive(),
  reports: z.number().int(),
  hash: z.number().int(),
});

export interface OutsideEngine {
  readonly name: string;
  readonly command: string;
}

/** Engines as BENCH_MATCHING_ENGINES names them: `name=command;other=command`. Throws an Error that names the entry which is none. */
export function outsideEngines(named: string): OutsideEngine[] {
  return named
    .split(';')
    .filter(Boolean)
    .map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) throw new UsageError(`BENCH_MATCHING_ENGINES: "${entry}" is not name=command`);
      return { name: entry.slice(0, at), command: entry.slice(at + 1) };
    });
}

/**
 * Runs it once. Throws an Error that names the engine and says what it did: ended with a code, kept silent, printed something else, or claims what can't be.
 * @param commands measured commands of the workload in the file.
 */
export async function runOutside(
  { name, command }: OutsideEngine,
  file: string,
  commands: number,
  msMax: number = outsideMsMax,
): Promise<Throughput> {
  const began = performance.now();
  const child = spawn(command, { shell: true, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  createReadStream(file).pipe(child.stdin);
  // An engine may end without reading everything: how it ended says more.
  child.stdin.on('error', () => undefined);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // The shell and what it started.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, msMax);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  if (isLate) throw new Error(`the engine ${name} printed nothing in ${msMax / 1_000} s and was ended`);
  if (code !== 0) throw new Error(`the engine ${name} ended with ${code ?? 'a signal'}`);
  return checked(name, printed, { commands, passedSeconds: (performance.now() - began) / 1_000 });
}

function checked(name: string, printed: string, { commands, passedSeconds }: { commands: number; passedSeconds: number }): Throughput {
  let json: unknown;
  try {
    json = JSON.parse(printed);
  } catch {
    throw new Error(`the engine ${name} printed ${JSON.stringify(printed.slice(0, 100))}, which is no line of JSON`);
  }
  const parsed = answer.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`the engine ${name} printed a line whose ${issue?.path.join('.') || 'content'} is wrong: ${issue?.message ?? ''}`);
  }
  if (parsed.data.commands !== commands)
    throw new Error(`the engine ${name} says that it executed ${parsed.data.commands} commands, and the workload measures ${commands}`);
  if (parsed.data.seconds > passedSeconds)
    throw new Error(`the engine ${name} says that it took ${parsed.data.seconds} s, and it ran for ${passedSeconds.toFixed(2)} s`);
  return parsed.data;
}
