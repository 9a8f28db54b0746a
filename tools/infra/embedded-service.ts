import { type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { becomesTrue, commandLine, endProcess, isAlive, logTail, signalProcess, startMark } from './processes.js';
import { InfraError, type RunningService, type ServiceName } from './service.js';

/** By what a service is found again, and how it ends. */
export interface Identity {
  readonly name: ServiceName;
  /** Holds the state file and the log. */
  readonly dir: string;
  /** Occurs in the command line of our process and in no other: tells our orphan from a stranger with the same pid. */
  readonly commandMark: string;
  /** The signal of an orderly end. */
  readonly stopSignal: NodeJS.Signals;
  /** False for a service of several processes, where stopping one would leave the others at work. */
  readonly pausable: boolean;
  /** The service's own pid file, where it keeps a better one than ours. */
  recorded?(): { pid: number; port: number } | undefined;
}

/** What differs between PostgreSQL, Kafka and Redis once their files are in place. */
export interface Launch extends Identity {
  readonly startDeadlineMs: number;
  /** The port of a process that an earlier run left; without it the launch's own port is used. */
  address(port: number): string;
  /** Starts the process with stdout and stderr on `log`, detached, so that Ctrl-C in a terminal reaches only us. */
  spawn(port: number, log: number): ChildProcess;
  /** True once a real request was answered. */
  isReady(port: number, pid: number): Promise<boolean>;
  /** What the log says when a start right after a crash came too early, while the old process' children were still ending. */
  readonly tooEarly?: RegExp;
}

interface State {
  readonly pid: number;
  readonly port: number;
  readonly owner: { readonly pid: number; readonly startMark: string };
}

/** Starts the service, or adopts (else ends) the one that an earlier run left in the same folder. */
export async function startEmbedded(launch: Launch, port: number, shared: boolean): Promise<RunningService> {
  mkdirSync(launch.dir, { recursive: true });
  const service = new EmbeddedService(launch, port);
  await service.adoptOrStart(shared);
  return service;
}

/** The process that serves from `dir` now, if it is really ours. */
export function findRunning(identity: Identity): { pid: number; port: number } | undefined {
  const found = identity.recorded?.() ?? readState(identity.dir);
  if (found === undefined || !isAlive(found.pid)) return undefined;
  return commandLine(found.pid).includes(identity.commandMark) ? { pid: found.pid, port: found.port } : undefined;
}

/** Ends, in order, the process that serves from `identity.dir`, whoever started it. */
export async function stopRunning(identity: Identity): Promise<void> {
  const running = findRunning(identity);
  if (running !== undefined) await endInOrder(identity, running.pid);
  rmSync(stateFile(identity.dir), { force: true });
}

async function endInOrder(identity: Identity, pid: number): Promise<void> {
  // A frozen process can neither answer nor end in order.
  signalProcess(pid, 'SIGCONT');
  await endProcess(pid, identity.stopSignal, 20_000);
}

class EmbeddedService implements RunningService {
  readonly origin = 'embedded';
  readonly name: ServiceName;
  readonly logFile: string;
  adopted = false;
  #launch: Launch;
  #port: number;
  #pid: number | undefined;

  constructor(launch: Launch, port: number) {
    this.#launch = launch;
    this.#port = port;
    this.name = launch.name;
    this.logFile = path.join(launch.dir, `${launch.name}.log`);
  }

  get address(): string {
    return this.#launch.address(this.#port);
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  async adoptOrStart(shared: boolean): Promise<void> {
    const orphan = findRunning(this.#launch);
    if (orphan !== undefined) {
      if (!shared) this.#refuseIfOwned(orphan.pid);
      signalProcess(orphan.pid, 'SIGCONT');
      const isReady = (): Promise<boolean> => this.#launch.isReady(orphan.port, orphan.pid).catch(() => false);
      if (await becomesTrue(isReady, 2_000, 50)) {
        this.#pid = orphan.pid;
        this.#port = orphan.port;
        this.adopted = true;
        this.#writeState();
        return;
      }
      await endInOrder(this.#launch, orphan.pid);
    }
    await this.#start();
  }

  async stop(): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    await endInOrder(this.#launch, pid);
    this.#pid = undefined;
    rmSync(stateFile(this.#launch.dir), { force: true });
  }

  async restart(): Promise<void> {
    await this.stop();
    this.adopted = false;
    await this.#start();
  }

  async kill(): Promise<void> {
    if (this.#pid === undefined) return;
    await endProcess(this.#pid, 'SIGKILL', 10_000);
    this.#pid = undefined;
  }

  pause(): void {
    signalProcess(this.#pausablePid(), 'SIGSTOP');
  }

  resume(): void {
    signalProcess(this.#pausablePid(), 'SIGCONT');
  }

  #pausablePid(): number {
    if (!this.#launch.pausable)
      throw new InfraError(`${this.name} has several processes and can't be paused by a signal; put a proxy in front of it.`);
    if (this.#pid === undefined) throw new InfraError(`${this.name} is not running.`);
    return this.#pid;
  }

  async #start(): Promise<void> {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const logSize = statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0;
      try {
        return await this.#startOnce();
      } catch (error) {
        const isTooEarly = this.#launch.tooEarly?.test(readFileSync(this.logFile).subarray(logSize).toString('utf8')) ?? false;
        if (!isTooEarly || performance.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  async #startOnce(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    let child: ChildProcess;
    try {
      child = this.#launch.spawn(this.#port, log);
    } finally {
      closeSync(log);
    }
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended ??= `exit ${code ?? signal}`));
    child.unref();
    const pid = child.pid;
    if (pid === undefined) {
      await becomesTrue(() => ended !== undefined, 1_000);
      throw this.#failure(`could not be started: ${ended ?? 'unknown error'}`);
    }
    this.#pid = pid;
    this.#writeState();
    const isUp = async (): Promise<boolean> => ended !== undefined || (await this.#launch.isReady(this.#port, pid).catch(() => false));
    const isUpInTime = await becomesTrue(isUp, this.#launch.startDeadlineMs, 15);
    if (ended === undefined && isUpInTime) return;
    if (ended === undefined) await endProcess(pid, 'SIGKILL', 10_000);
    this.#pid = undefined;
    rmSync(stateFile(this.#launch.dir), { force: true });
    throw this.#failure(
      ended === undefined ? `did not answer within ${this.#launch.startDeadlineMs} ms` : `ended while starting (${ended})`,
    );
  }

  #failure(what: string): InfraError {
    const tail = logTail(this.logFile);
    return new InfraError(`${this.name} ${what}. Its log is ${this.logFile}${tail === '' ? ' (empty).' : `; the last lines:\n${tail}`}`);
  }

  #refuseIfOwned(pid: number): void {
    const owner = readState(this.#launch.dir)?.owner;
    if (owner === undefined || owner.pid === process.pid || !isAlive(owner.pid) || startMark(owner.pid) !== owner.startMark) return;
    throw new InfraError(
      `${this.name} in ${this.#launch.dir} (process ${pid}) is in use by process ${owner.pid}, which still runs. Stop that one first, or use another data directory.`,
    );
  }

  #writeState(): void {
    if (this.#pid === undefined) return;
    const state: State = { pid: this.#pid, port: this.#port, owner: { pid: process.pid, startMark: startMark(process.pid) } };
    const file = stateFile(this.#launch.dir);
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(state));
    renameSync(`${file}.${process.pid}`, file);
  }
}

function stateFile(dir: string): string {
  return path.join(dir, 'running.json');
}

function readState(dir: string): State | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8')) as State;
  } catch {
    return undefined;
  }
}
