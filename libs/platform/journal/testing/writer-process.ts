import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { eventually } from '@switchyard/testkit';
import { type WriterConfig, type WriterWord } from './writer.js';

/** A writer in a process of its own, and what it said. */
export class WriterProcess {
  readonly words: WriterWord[] = [];
  readonly #child: ChildProcess;
  #errors = '';

  constructor(config: WriterConfig) {
    const here = import.meta.dirname;
    this.#child = fork(path.join(here, 'writer.ts'), [JSON.stringify(config)], {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--experimental-transform-types',
        '--conditions=@switchyard/source',
        '--import',
        path.join(here, 'run-typescript.mjs'),
      ],
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
      { what, timeoutMs: 20_000 },
    );
  }

  /** Lets it finish in order; kills what does not. */
  async end(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGCONT');
    this.#child.send('stop');
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(patience);
  }
}
