import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { eventually } from '@switchyard/testkit';
import { type WriterConfig, type WriterWord } from './writer.js';

const root = path.resolve(import.meta.dirname, '../../../..');

/** Builds what a writer runs: a process that is started, stopped and killed runs as in production. */
export function buildWriter(): void {
  execFileSync(process.execPath, ['tools/build/build.mjs', 'libs/kernel', 'libs/contracts', 'libs/platform'], { cwd: root });
}

/** A writer in a process of its own, from the build, and what it said. */
export class WriterProcess {
  readonly words: WriterWord[] = [];
  readonly #child: ChildProcess;
  #errors = '';

  constructor(config: WriterConfig) {
    this.#child = fork(path.join(root, 'libs/platform/dist/journal/testing/writer.js'), [JSON.stringify(config)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('message', (word) => this.words.push(word as WriterWord));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  texts(kind: 'acked' | 'rejected'): string[] {
    return this.words.flatMap((word) => (word.kind === kind && 'text' in word ? [word.text] : []));
  }

  async says(what: string, test: (words: readonly WriterWord[]) => boolean): Promise<void> {
    await eventually(
      () => {
        if (!this.isRunning && !test(this.words)) throw new Error(`the writer has ended: ${this.#errors}`);
        return test(this.words);
      },
      { what },
    );
  }

  /** Lets it finish in order; kills what does not. */
  async end(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGCONT');
    this.#child.send('stop');
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await exited;
    clearTimeout(patience);
  }
}
