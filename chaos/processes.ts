// One process of the platform: started, killed, stopped and continued, and started again under the same name and the same addresses.
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import path from 'node:path';

/** `chaos/` or `chaos/dist/`: the top of the repository. */
export const root = path.resolve(import.meta.dirname, path.basename(import.meta.dirname) === 'dist' ? '../..' : '..');

export interface ProcessSpec {
  /** Name of the process, the same after a restart. */
  readonly name: string;
  /** Folder in apps/. */
  readonly role: string;
  readonly grpcAddress: string;
  readonly httpAddress: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its logs go. */
  readonly folder: string;
}

export interface StartWith {
  /** For example "orders.before-fold=kill@3". */
  readonly failpoints?: string;
  /** Name of a mutant, see mutants.ts. */
  readonly mutant?: string;
}

/** How a life of the process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly atMs: number;
}

export class PlatformProcess {
  #child: ChildProcess | undefined;
  #exit: Promise<Exit> = Promise.resolve({ code: null, signal: null, atMs: 0 });
  /** Failpoint of this life, "" for none. */
  armed = '';
  /** A mutant stays in the process over restarts. */
  mutant: string | undefined;
  starts = 0;

  constructor(readonly spec: ProcessSpec) {}

  get name(): string {
    return this.spec.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the life of now has ended. */
  get exited(): Promise<Exit> {
    return this.#exit;
  }

  start({ failpoints = '', mutant = this.mutant }: StartWith = {}): void {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    const { role, env, folder } = this.spec;
    this.mutant = mutant;
    this.armed = failpoints;
    this.starts++;
    const log = openSync(path.join(folder, `${this.name}.log`), 'a');
    appendFileSync(log, `--- start ${this.starts} at ${Date.now()} ${failpoints}\n`);
    const hook = mutant === undefined ? [] : ['--import', path.join(root, 'chaos/dist/mutate.js')];
    const failing =
      failpoints === '' ? {} : { SWITCHYARD_FAILPOINTS: failpoints, SWITCHYARD_FAILPOINT_LOG: path.join(folder, 'failpoints.log') };
    const child = spawn(process.execPath, [...hook, path.join(root, 'apps', role, 'dist/main.js')], {
      cwd: root,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        ...env,
        ...failing,
        ...(mutant === undefined ? {} : { CHAOS_MUTANT: mutant }),
      },
    });
    closeSync(log);
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('error', () => resolve({ code: -1, signal: null, atMs: Date.now() }));
      child.once('exit', (code, signal) => resolve({ code, signal, atMs: Date.now() }));
    });
  }

  /** SIGKILL, or another signal; only ever to the process that this object started. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exit;
  }

  /** SIGTERM, and SIGKILL if that takes too long. */
  async end(graceMs = 8000): Promise<Exit> {
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    const exit = await this.#exit;
    clearTimeout(timer);
    return exit;
  }

  /** True when it says that it is ready; otherwise what is missing. */
  async ready(): Promise<true | string> {
    try {
      const answer = await fetch(`http://${this.spec.httpAddress}/readyz`, { signal: AbortSignal.timeout(1500) });
      return answer.ok || `${this.name}: ${(await answer.text()).slice(0, 300)}`;
    } catch (error) {
      return `${this.name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
