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
  /** And until so many fell while the process recovered. */
  readonly recoveryKillsMin?: number;
  /** The built `crash-child.js`. */
  readonly program: string;
  readonly onProgress?: (line: string) => void;
}

export interface CrashRunResult {
  readonly kills: number;
  /** Those of them before the process had recovered. */
  readonly recoveryKills: number;
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
  tornTails = 0;
  untold = 0;
  /** What the last start that recovered took for it. */
  recoveryMs = 0;

  readonly #commands: CommandStream;

  constructor(seed: number) {
    this.#commands = new CommandStream(seed);
  }

  /** The lines of one process, in order. */
  hear(lines: readonly string[], life: string): void {
    for (const line of lines) {
      const where = `${life}: ${line}`;
      const [word, ...rest] = line.split(' ');
      if (word === 'warning') this.tornTails++;
      else if (word === 'recovered') this.recoveryMs = Number(rest[0]);
      else if (word === 'opened') this.#hearOpened(Number(rest[0]), rest[1], where);
      else if (word === 'told') this.#hearTold(rest.map(Number), where);
      else assert(word === 'recovers', `${where}: the child failed`);
    }
  }

  #hearOpened(seq: number, hash: string | undefined, where: string): void {
    const { commandSeq } = this.engine;
    assert(seq >= commandSeq, `${where}: ${commandSeq} commands had been told`);
    if (seq > commandSeq) this.untold++;
    this.#advance(seq);
    assert(hash === stateHashOf(this.engine), `${where}: the state is not that of an engine that never died`);
  }

  #hearTold([seq = 0, reportSeq, tradeNo, hash]: readonly number[], where: string): void {
    const expected = this.#advance(seq);
    const isSame = this.engine.reportSeq === reportSeq && this.engine.tradeNo === tradeNo && expected === hash;
    assert(isSame, `${where}: an engine that never died tells otherwise`);
  }

  /** Executes up to the command and returns the hash of the reports since the last call. */
  #advance(toSeq: number): number {
    const from = this.engine.commandSeq + 1;
    assert(toSeq >= this.engine.commandSeq, `command ${toSeq} was told, and ${this.engine.commandSeq} before it`);
    const words = this.#commands.words(from, toSeq);
    this.engine.execute(words, 0, words.length);
    const hash = hashReports(0, this.engine.reports, this.engine.reportsLength);
    this.engine.clearReports();
    return hash;
  }
}

/**
 * A seeded share of the kills falls while the process recovers, the others while it executes; after the last one it is started once more. Throws when something that was
 * told is lost or different, or a start ends in another state. The message names seed and kill.
 */
export async function crashRun(options: CrashRunOptions): Promise<CrashRunResult> {
  const { seed, kills, commandsMin = 0, recoveryKillsMin = 0, onProgress } = options;
  const prng = new Prng(`crash/${seed}`);
  const witness = new Witness(seed);
  let kill = 0;
  let recoveryKills = 0;
  while (kill < kills || witness.engine.commandSeq < commandsMin || recoveryKills < recoveryKillsMin) {
    kill++;
    const isInRecovery = prng.chance(1, 4);
    const afterMs = isInRecovery ? (witness.recoveryMs * prng.below(100)) / 100 : prng.below(120);
    const lines = await runUntilKilled(options, prng, isInRecovery ? 'recovers' : 'opened', afterMs);
    witness.hear(lines, `seed ${seed}, kill ${kill}`);
    if (!lines.some((line) => line.startsWith('recovered '))) recoveryKills++;
    onProgress?.(`kill ${kill} of ${kills}: ${witness.engine.commandSeq} commands, ${witness.engine.tradeNo} trades`);
  }
  const last = await runUntilKilled(options, prng, 'opened', 0);
  assert(
    last.some((line) => line.startsWith('opened ')),
    `seed ${seed}: it did not open after the last kill`,
  );
  witness.hear(last, `seed ${seed}, after the last kill`);
  const { engine, tornTails, untold } = witness;
  return { kills: kill, recoveryKills, commands: engine.commandSeq, trades: engine.tradeNo, tornTails, untold };
}

/** Its lines up to a SIGKILL that comes `afterMs` after the line that begins with `word`. */
async function runUntilKilled(
  { folder, seed, program }: CrashRunOptions,
  prng: Prng,
  word: 'recovers' | 'opened',
  afterMs: number,
): Promise<string[]> {
  const sync = prng.below(3) === 0 ? 'frame' : 'none';
  const batch = [1, 7, 64, 512][prng.below(4)] as number;
  const args = [path.resolve(program), folder, String(seed), sync, String(batch)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const isSaid = new RegExp(`^${word}\\b.*\\n`, 'm');
  let printed = '';
  let failed = '';
  const said = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (isSaid.test(printed)) resolve();
    });
    child.on('exit', () => resolve());
  });
  child.stderr.on('data', (chunk: Buffer) => (failed += chunk.toString()));
  const closed = once(child, 'close');
  await said;
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await closed;
  const whole = printed
    .slice(0, printed.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean);
  return failed === '' ? whole : [...whole, `failed ${failed}`];
}
