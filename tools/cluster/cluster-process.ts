import { type RoleName } from '@switchyard/contracts';
import { becomesTrue, isAlive, logTail } from '@switchyard/infra';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ProcessSpec } from './topology.js';

/** A process of the cluster could not be started, or did not come so far in time. The sentence has the end of its log. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

export interface LaunchOptions {
  readonly spec: ProcessSpec;
  /** host:port of gRPC and of HTTP; they stay the same over restarts. */
  readonly address: string;
  readonly httpAddress: string;
  readonly logFile: string;
  /** The program; made at each start, since addresses of others may have changed. */
  program(): { file: string; env: NodeJS.ProcessEnv };
  /** Called with each line that it prints. Without it the lines go only to the log. */
  readonly onLine?: (process: string, line: string) => void;
  /** Called when the process ended without being asked to. */
  readonly onUnexpectedEnd?: (process: ClusterProcess, how: string) => void;
}

/** As `npm start` (tools/start) and the image have it: on a large machine V8 lets each young generation grow to 96 MB, most of it empty. */
const nodeFlags = ['--max-semi-space-size=16'];
const readyMs = 60_000;
const stopMs = 12_000;

/** One process of ours, by pid. */
export class ClusterProcess {
  readonly name: string;
  readonly roles: readonly RoleName[];
  readonly address: string;
  readonly httpAddress: string;
  readonly logFile: string;
  readonly #options: LaunchOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('never started');
  #isExpectedToEnd = false;

  constructor(options: LaunchOptions) {
    this.#options = options;
    this.name = options.spec.name;
    this.roles = options.spec.roles;
    this.address = options.address;
    this.httpAddress = options.httpAddress;
    this.logFile = options.logFile;
  }

  /** Its pid; undefined when it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it has ended, with how: "exit 0", "SIGKILL". */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** Starts it. Does not wait until it is ready. */
  start(): void {
    if (this.#child !== undefined) throw new ClusterError(`${this.name} runs already`);
    const { file, env } = this.#options.program();
    mkdirSync(path.dirname(this.logFile), { recursive: true });
    const { onLine } = this.#options;
    const log = openSync(this.logFile, 'a');
    const output = onLine === undefined ? log : 'pipe';
    // In a process group of its own, so that Ctrl-C reaches only us, and all end in order; with a channel, by whose end it learns that we were killed.
    const child = spawn(process.execPath, [...nodeFlags, file], { env, detached: true, stdio: ['ignore', output, output, 'ipc'] });
    closeSync(log);
    if (onLine !== undefined) this.#tee(child, onLine);
    this.#child = child;
    this.#isExpectedToEnd = false;
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        resolve(how);
        if (!this.#isExpectedToEnd) this.#options.onUnexpectedEnd?.(this, how);
      };
      child.once('close', (code, signal) => end(signal ?? `exit ${code}`));
      child.once('error', (error) => end(error.message));
    });
  }

  /** Resolves when it says that it is ready. Throws ClusterError if it ends before, or takes too long. */
  async ready(withinMs = readyMs): Promise<void> {
    let waitsFor = 'it does not answer';
    const isReady = async (): Promise<boolean> => {
      if (this.#child === undefined) throw this.#failure(`ended while starting (${await this.#ended})`);
      waitsFor = await this.readiness();
      return waitsFor === 'ready';
    };
    if (!(await becomesTrue(isReady, withinMs, 25))) throw this.#failure(`is not ready after ${withinMs} ms: ${waitsFor}`);
  }

  /** "ready", or what it waits for. */
  async readiness(): Promise<string> {
    try {
      const answer = await fetch(`http://${this.httpAddress}/readyz`, { signal: AbortSignal.timeout(2_000) });
      if (answer.ok) return 'ready';
      const { problems } = (await answer.json()) as { problems: Record<string, string> };
      return Object.entries(problems)
        .map((problem) => problem.join(': '))
        .join('; ');
    } catch {
      return 'it does not answer';
    }
  }

  /** Sends a signal, as chaos does. It counts as asked for: nobody starts the process again by itself. */
  kill(signal: NodeJS.Signals): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#isExpectedToEnd = true;
    this.#child?.kill(signal);
  }

  /** Starts it again, after an end in order if it still runs, and waits until it is ready. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
    await this.ready();
  }

  /** Ends it in order, by force if that takes too long. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await this.#ended;
    clearTimeout(force);
  }

  #tee(child: ChildProcess, onLine: (process: string, line: string) => void): void {
    const log = openSync(this.logFile, 'a');
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface({ input: output }).on('line', (line) => {
        writeSync(log, `${line}\n`);
        onLine(this.name, line);
      });
    }
    child.once('close', () => closeSync(log));
  }

  #failure(what: string): ClusterError {
    const tail = logTail(this.logFile);
    return new ClusterError(`${this.name} ${what}. Its log is ${this.logFile}${tail === '' ? ' (empty).' : `; the last lines:\n${tail}`}`);
  }
}

/** Ends, at once, the processes that a killed run left. */
export async function endLeftovers(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    process.kill(pid, 'SIGKILL');
    await becomesTrue(() => !isAlive(pid), 10_000);
  }
}
