// Kills a process with a durable engine again and again, and judges by an engine that never died.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ReferenceEngine, stateHashOf, type MatchingEngine } from '@switchyard/matching-core/engine';
import { assert, Prng } from '@switchyard/kernel';
import { CommandStream } from './command-stream.js';
import { hashReports } from './seeded-commands.js';

export interface CrashRunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly kills: number;
  /** It goes on past the kills until so many commands were executed: how many come before a kill is the machine's. */
  readonly commandsMin?: number;
  /** The built `crash-child.js`. */
  readonly program: string;
  readonly onProgress?: (line: string) => void;
}

export interface CrashRunResult {
  readonly kills: number;
  readonly commands: number;
  readonly trades: number;
  /** Starts that found a tail that was being written. */
  readonly tornTails: number;
  /** Starts at which more was in the log than had been told. */
  readonly untold: number;
}

/** An engine that executes the same commands and never dies; it knows what must have been told after each. */
class Witness {
  readonly engine: MatchingEngine = new ReferenceEngine();

  readonly #commands: CommandStream;

  constructor(seed: number) {
    this.#commands = new CommandStream(seed);
  }

  /** Executes up to the command and returns the hash of the reports since the last call. */
  advance(toSeq: number): number {
    const from = this.engine.commandSeq + 1;
    assert(toSeq >= this.engine.commandSeq, `command ${toSeq} was told, and ${this.engine.commandSeq} before it`);
    const words = this.#commands.words(from, toSeq);
    this.engine.execute(words, 0, words.length);
    const hash = hashReports(0, this.engine.reports, this.engine.reportsLength);
    this.engine.clearReports();
    return hash;
  }

  stateHash(): string {
    return stateHashOf(this.engine);
  }
}

/** Throws when something that was told is lost or different, or a start ends in another state. The message names seed and kill. */
export async function crashRun({ folder, seed, kills, commandsMin = 0, program, onProgress }: CrashRunOptions): Promise<CrashRunResult> {
  const prng = new Prng(`crash/${seed}`);
  const witness = new Witness(seed);
  let tornTails = 0;
  let untold = 0;
  let kill = 0;
  while (kill < kills || witness.engine.commandSeq < commandsMin) {
    kill++;
    const sync = prng.below(3) === 0 ? 'frame' : 'none';
    const batch = [1, 7, 64, 512][prng.below(4)] as number;
    const lines = await runUntilKilled(program, [folder, String(seed), sync, String(batch)], prng.below(120));
    for (const line of lines) {
      const [word, ...rest] = line.split(' ');
      const where = `seed ${seed}, kill ${kill}: ${line}`;
      if (word === 'warning') tornTails++;
      else if (word === 'opened') {
        const [seq, hash] = rest;
        assert(Number(seq) >= witness.engine.commandSeq, `${where}: ${witness.engine.commandSeq} commands had been told`);
        if (Number(seq) > witness.engine.commandSeq) untold++;
        witness.advance(Number(seq));
        assert(hash === witness.stateHash(), `${where}: the state is not that of an engine that never died`);
      } else if (word === 'told') {
        const [seq, reportSeq, tradeNo, hash] = rest.map(Number);
        const expected = witness.advance(seq as number);
        const { engine } = witness;
        assert(
          engine.reportSeq === reportSeq && engine.tradeNo === tradeNo && expected === hash,
          `${where}: an engine that never died tells otherwise`,
        );
      } else assert(false, `${where}: the child failed`);
    }
    onProgress?.(`kill ${kill} of ${kills}: ${witness.engine.commandSeq} commands, ${witness.engine.tradeNo} trades`);
  }
  return { kills: kill, commands: witness.engine.commandSeq, trades: witness.engine.tradeNo, tornTails, untold };
}

/** Its lines up to a SIGKILL that comes `afterMs` after it opened. */
async function runUntilKilled(program: string, args: readonly string[], afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [path.resolve(program), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let failed = '';
  const opened = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (/^opened .*\n/m.test(printed)) resolve();
    });
    child.on('exit', () => resolve());
  });
  child.stderr.on('data', (chunk: Buffer) => (failed += chunk.toString()));
  const closed = once(child, 'close');
  await opened;
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await closed;
  const whole = printed
    .slice(0, printed.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean);
  return failed === '' ? whole : [...whole, `failed ${failed}`];
}
