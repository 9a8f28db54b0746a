// A venue in a process of its own, that a spec kills and stops, and what it said.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type VenueChildConfig } from './venue-child.js';

let startedCount = 0;

export class VenueProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** A file takes what it says at once, as long as it lives. */
  readonly #saidFile: string;
  #errors = '';

  constructor(config: VenueChildConfig) {
    this.#saidFile = path.join(config.folder, `said.${++startedCount}`);
    const said = openSync(this.#saidFile, 'w');
    const program = path.join(import.meta.dirname, '../dist/testing/venue-child.js');
    this.#child = spawn(process.execPath, [program, JSON.stringify(config)], { stdio: ['ignore', said, 'pipe'] });
    closeSync(said);
    this.#exited = once(this.#child, 'close');
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
  }

  /** Whole lines that it said. */
  get lines(): string[] {
    return readFileSync(this.#saidFile, 'utf8').split('\n').slice(0, -1);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it printed where nothing should be. */
  get errors(): string {
    return this.#errors;
  }

  /** The last thing that it said about itself. */
  get state(): string {
    return this.lines.findLast((line) => line === 'open' || line.startsWith('waits ')) ?? '';
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async ended(): Promise<void> {
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }
}
