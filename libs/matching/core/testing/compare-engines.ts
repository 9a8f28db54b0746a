// Two engines on one stream of random commands: they must report the same words and come to the same states.
import { CommandWriter } from '../engine/command.js';
import { type MatchingEngine } from '../engine/engine.js';
import { reportWords } from '../engine/report.js';
import { stateHashOf, StateWords } from '../engine/state.js';
import { commandText, reportText } from './engine-words.js';
import { RandomCommands } from './random-commands.js';

export interface ComparisonOptions {
  /** The engine that is believed, and the other one. */
  readonly make: (ordersMax?: number) => MatchingEngine;
  readonly makeOther: (ordersMax?: number) => MatchingEngine;
  /** Given to both: how many orders may be open in them. */
  readonly ordersMax?: number;
  readonly seed: number | string;
  readonly commands: number;
  /** After so many commands the states are compared; default 1,000. */
  readonly hashEvery?: number;
  /** After so many commands the other engine is made anew from the state of the first; 0 for never, the default. */
  readonly restoreEvery?: number;
  /** `validateInternalState()` of both after every command. */
  readonly isValidated?: boolean;
  /** Told now and then how far it is. */
  readonly onProgress?: (commands: number) => void;
}

export interface ComparisonResult {
  readonly commands: number;
  readonly reports: number;
  readonly trades: number;
  readonly openOrders: number;
  readonly stateHash: string;
}

/** The two engines do not agree. The message replays it. */
export class EnginesDiffer extends Error {
  override readonly name = 'EnginesDiffer';
}

/** Runs both in lockstep. Throws EnginesDiffer at the first command after which they differ. */
export function compareEngines(options: ComparisonOptions): ComparisonResult {
  const { seed, commands, ordersMax, hashEvery = 1_000, restoreEvery = 0, isValidated = false, onProgress } = options;
  const makeOther = (): MatchingEngine => options.makeOther(ordersMax);
  const stream = new RandomCommands(seed);
  const writer = new CommandWriter();
  const engine = options.make(ordersMax);
  let other = makeOther();
  for (let command = 1; command <= commands; command++) {
    writer.clear();
    stream.writeNext(writer);
    const { words } = writer;
    const fail = (what: string): never => differ(what, { seed, command, ordersMax, words, engine, other });
    for (const each of [engine, other]) {
      each.clearReports();
      attempt(() => each.execute(words, 0, words.length), fail);
    }
    if (!areReportsEqual(engine, other)) fail('the reports differ');
    if (engine.reportSeq !== other.reportSeq || engine.tradeNo !== other.tradeNo || engine.openCount !== other.openCount) {
      fail('the numbers of reports, trades or open orders differ');
    }
    if (isValidated) for (const each of [engine, other]) attempt(() => each.validateInternalState(), fail);
    if (command % hashEvery === 0 && stateHashOf(engine) !== stateHashOf(other))
      fail(`the states differ: ${firstDifference(engine, other)}`);
    if (restoreEvery > 0 && command % restoreEvery === 0) other = restoredFrom(engine, makeOther);
    if (command % 100_000 === 0) onProgress?.(command);
  }
  const { reportSeq: reports, tradeNo: trades, openCount: openOrders } = engine;
  return { commands, reports, trades, openOrders, stateHash: stateHashOf(engine) };
}

/** The state of one engine in a new one, of whichever kind. */
export function restoredFrom(engine: MatchingEngine, make: () => MatchingEngine): MatchingEngine {
  const state = new StateWords();
  engine.writeState(state);
  const next = make();
  next.readState(state.words);
  return next;
}

function areReportsEqual(engine: MatchingEngine, other: MatchingEngine): boolean {
  const { reports, reportsLength } = engine;
  const otherReports = other.reports;
  if (reportsLength !== other.reportsLength) return false;
  for (let at = 0; at < reportsLength; at++) if (reports[at] !== otherReports[at]) return false;
  return true;
}

function attempt(act: () => void, fail: (what: string) => never): void {
  try {
    act();
  } catch (error) {
    fail(`an engine broke: ${causes(error).join(' <- ')}`);
  }
}

function causes(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : causes(error.cause))];
}

function firstDifference(engine: MatchingEngine, other: MatchingEngine): string {
  const [one, two] = [engine, other].map((each) => {
    const state = new StateWords();
    each.writeState(state);
    return state.words;
  }) as [Int32Array, Int32Array];
  const at = one.findIndex((word, index) => word !== two[index]);
  return `word ${at} of ${one.length} and ${two.length} is ${one[at]} and ${two[at]}`;
}

interface Scene {
  readonly seed: number | string;
  readonly command: number;
  readonly ordersMax?: number;
  readonly words: Int32Array;
  readonly engine: MatchingEngine;
  readonly other: MatchingEngine;
}

function differ(what: string, { seed, command, ordersMax, words, engine, other }: Scene): never {
  const capacity = ordersMax === undefined ? '' : ` --orders ${ordersMax}`;
  throw new EnginesDiffer(
    [
      `Seed ${seed}, command ${command}: ${what}.`,
      `  ${commandText(words, 0)}`,
      `${engine.constructor.name} reports:`,
      ...reportTexts(engine),
      `${other.constructor.name} reports:`,
      ...reportTexts(other),
      `Replay it: npm run matching:compare -- --seed ${seed} --commands ${command}${capacity} --validate`,
    ].join('\n'),
  );
}

function reportTexts({ reports, reportsLength }: MatchingEngine): string[] {
  const texts: string[] = [];
  for (let at = 0; at < reportsLength; at += reportWords) texts.push(`  ${reportText(reports, at)}`);
  return texts.length === 0 ? ['  nothing'] : texts;
}
