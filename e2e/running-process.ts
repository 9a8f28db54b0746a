/** One process of the platform as it ships: the built program of a role, or the program of several roles, started, signalled and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { type RoleName } from '@switchyard/contracts';
import { freePort } from '@switchyard/infra';
import { eventually } from '@switchyard/testkit';

export type Env = Readonly<Record<string, string>>;

export interface ProcessPlan {
  /** Unique, and the same after a restart: it decides what the process owns. */
  readonly name: string;
  /** One: its own program. Several: the program for hybrids. None: everything, with a database of its own. */
  readonly roles: readonly RoleName[];
  readonly env?: Env;
}

/** How a process ended. */
export interface ProcessEnd {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly tookMs: number;
}

const root = path.join(import.meta.dirname, '..');
const startPatienceMs = 90_000;
const stopPatienceMs = 15_000;

export class RunningProcess {
  readonly name: string;
  readonly roles: readonly RoleName[];
  /** host:port of gRPC; the same after a restart. */
  readonly address: string;
  /** host:port of HTTP; the same after a restart. */
  readonly httpAddress: string;
  readonly logFile: string;
  readonly #env: Env;
  readonly #cwd: string;
  #child: ChildProcess | undefined;

  private constructor(plan: ProcessPlan, folder: string, ports: { readonly grpc: number; readonly http: number }, env: Env) {
    this.name = plan.name;
    this.roles = plan.roles;
    this.address = `127.0.0.1:${ports.grpc}`;
    this.httpAddress = `127.0.0.1:${ports.http}`;
    this.logFile = path.join(folder, `${plan.name}.log`);
    this.#cwd = folder;
    this.#env = {
      ...env,
      ...plan.env,
      SWITCHYARD_PROCESS_NAME: plan.name,
      SWITCHYARD_GRPC_LISTEN: this.address,
      SWITCHYARD_HTTP_LISTEN: this.httpAddress,
      ...(plan.roles.length > 1 && { ROLES: plan.roles.join(',') }),
    };
  }

  /** Gives it its ports; nothing runs yet. */
  static async plan(plan: ProcessPlan, folder: string, env: Env): Promise<RunningProcess> {
    return new RunningProcess(plan, folder, { grpc: await freePort(), http: await freePort() }, env);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts it, after an end as at first. `whenReady` tells when it serves. */
  start(env: Env = {}): void {
    const [role] = this.roles;
    const app = this.roles.length === 1 && role !== undefined ? role : 'standalone';
    const file = path.join(root, 'apps', app, 'dist', 'main.js');
    this.#child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: this.#cwd,
      env: { ...surroundings(), ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    this.#child.once('close', () => log.end());
  }

  /** Resolves when the process says that it is ready; throws with the end of its log when it ends before, or takes too long. */
  async whenReady(): Promise<void> {
    let problem = 'it does not answer';
    const ask = async () => {
      if (!this.isRunning) return 'ended';
      const answer = await fetch(`http://${this.httpAddress}/readyz`);
      problem = answer.ok ? '' : await answer.text();
      return answer.ok;
    };
    const outcome = await eventually(ask, { what: `${this.name} is ready`, timeoutMs: startPatienceMs, intervalMs: 50 }).catch(
      () => 'late',
    );
    if (outcome !== true) throw new Error(`${this.name} is not ready: ${outcome === 'ended' ? 'it ended' : problem}\n${this.logTail()}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it by the signal; one that does not end is killed, which shows as an undefined code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return { code: child?.exitCode ?? undefined, tookMs: 0 };
    const startedMs = performance.now();
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs);
    await ended;
    clearTimeout(late);
    return { code: child.exitCode ?? undefined, tookMs: performance.now() - startedMs };
  }

  /** The end of what it printed. */
  logTail(characters = 3_000): string {
    return readFileSync(this.logFile, 'utf8').slice(-characters);
  }

  /** Lines of its log that call an operator. */
  pages(): string[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    return lines.filter(
      (line) => line.includes('"page":true') || line.includes('uncaughtException') || line.includes('unhandledRejection'),
    );
  }
}

/** The environment of this process, without what is ours: a process is configured by the test alone. */
function surroundings(): Env {
  const own = /^(?:SWITCHYARD|ORDERS|RISK|BROKERS|MATCHING|POSITIONS|INSTRUMENTS|MARKETDATA)_|^ROLES$|^NODE_OPTIONS$/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (own.test(name) || value === undefined ? [] : [[name, value]])),
  );
}
