import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommandType, CommandWriter } from '../engine/command.js';
import { FastEngine } from '../engine/fast-engine.js';
import { ReferenceEngine } from '../engine/reference-engine.js';
import { EngineReason, readReport, ReportKind, reportWords, Role } from '../engine/report.js';
import { hasTooManySlices, readCommand } from '../engine/rules.js';
import { compareEngines, EnginesDiffer, type ComparisonOptions } from './compare-engines.js';
import { nameIn } from './engine-words.js';
import { RandomCommands } from './random-commands.js';

const make = (ordersMax?: number): ReferenceEngine => new ReferenceEngine(ordersMax);
const makeFast = (ordersMax?: number): FastEngine => new FastEngine(ordersMax);

/** Takes every order to sell at 1,003 for one at 1,004. */
class HardOfHearing extends ReferenceEngine {
  override execute(words: Int32Array, from: number, to: number): void {
    const heard = words.slice();
    if (((words[0] as number) & 0x1f) === 0x11 && words[3] === 1_003) heard[3] = 1_004;
    super.execute(heard, from, to);
  }
}

/** Every reason for which each command can be refused, INVALID_DISPLAY_QTY of an iceberg with too many slices by itself. */
const refusals = {
  NEW: `MALFORMED UNKNOWN_BOOK INVALID_ORDER_ID DUPLICATE_ORDER_ID INVALID_ACCOUNT INVALID_QTY INVALID_PRICE INVALID_STOP_PRICE INVALID_DISPLAY_QTY
    TOO_MANY_SLICES INVALID_TIME_IN_FORCE INVALID_EXPIRY INVALID_PROTECTION INVALID_POST_ONLY WRONG_PHASE OFF_BAND ABOVE_FREEZE_QTY POST_ONLY_WOULD_TRADE
    BOOK_FULL`,
  REPLACE: `MALFORMED UNKNOWN_BOOK UNKNOWN_ORDER INVALID_QTY INVALID_PRICE INVALID_STOP_PRICE INVALID_DISPLAY_QTY WRONG_PHASE OFF_BAND ABOVE_FREEZE_QTY
    POST_ONLY_WOULD_TRADE`,
  CANCEL: 'MALFORMED UNKNOWN_BOOK UNKNOWN_ORDER WRONG_PHASE',
  MASS_CANCEL: 'MALFORMED UNKNOWN_BOOK',
  SET_PHASE: 'MALFORMED UNKNOWN_BOOK',
  LIST_BOOK: 'MALFORMED',
  TIME: 'MALFORMED',
  DAY_END: 'MALFORMED UNKNOWN_BOOK',
  SET_ACCOUNT_GROUP: 'MALFORMED',
} as const satisfies Record<keyof typeof CommandType, string>;

/** The streams that the engines are compared on here, 50,000 commands each; on the last one they are full again and again. */
const streams: readonly Pick<ComparisonOptions, 'seed' | 'ordersMax'>[] = [
  { seed: '200,000 commands: 1' },
  { seed: '200,000 commands: 2' },
  { seed: '200,000 commands: 3' },
  { seed: '200,000 commands: 4', ordersMax: 100 },
];

/** How often commands had each effect, and how often each command was refused for each reason. @param counts is counted on. */
function countEffects(
  { seed, ordersMax }: Pick<ComparisonOptions, 'seed' | 'ordersMax'>,
  commands: number,
  counts = new Map<string, number>(),
): Map<string, number> {
  const engine = make(ordersMax);
  const stream = new RandomCommands(seed);
  const writer = new CommandWriter();
  for (let command = 0; command < commands; command++) {
    writer.clear();
    stream.writeNext(writer);
    engine.clearReports();
    engine.execute(writer.words, 0, writer.length);
    const { type, qty, displayQty } = readCommand(writer.words, 0);
    for (let at = 0; at < engine.reportsLength; at += reportWords) {
      const { kind, reason, role } = readReport(engine.reports, at);
      const isIcebergRefused = reason === EngineReason.INVALID_DISPLAY_QTY && hasTooManySlices(qty, displayQty);
      const why = isIcebergRefused ? 'TOO_MANY_SLICES' : nameIn(EngineReason, reason);
      const isRefused = kind === ReportKind.REJECTED;
      const effect = isRefused ? `${nameIn(CommandType, type)} ${why} refused` : `${nameIn(ReportKind, kind)} ${why} ${nameIn(Role, role)}`;
      counts.set(effect, (counts.get(effect) ?? 0) + 1);
    }
  }
  return counts;
}

describe('random commands', () => {
  const counts = new Map<string, number>();
  beforeAll(() => {
    for (const stream of streams) countEffects(stream, 50_000, counts);
  }, 60_000);

  it('bring about every effect that there is', () => {
    const reasons = new Set([...counts.keys()].map((effect) => effect.split(' ')[1]));
    expect(Object.keys(EngineReason).filter((reason) => !reasons.has(reason))).toEqual([]);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(300_000);
    const often = {
      'TRADE NONE MAKER': 30_000,
      'TRADE NONE AUCTION': 3_000,
      'RESTATED ICEBERG_REFRESH NONE': 4_000,
      'TRIGGERED NONE NONE': 4_000,
    };
    for (const [effect, times] of Object.entries(often)) expect([effect, (counts.get(effect) ?? 0) > times]).toEqual([effect, true]);
  });

  it.each(Object.entries(refusals))('%s is refused for every reason that there is', (type, reasons) => {
    expect(reasons.split(/\s+/).filter((reason) => (counts.get(`${type} ${reason} refused`) ?? 0) < 2)).toEqual([]);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(countEffects({ seed: 7 }, 2_000)).toEqual(countEffects({ seed: 7 }, 2_000));
    expect(countEffects({ seed: 7 }, 2_000)).not.toEqual(countEffects({ seed: 8 }, 2_000));
  });
});

describe('compareEngines', () => {
  it('an engine and one that is made anew from its state again and again agree', () => {
    const result = compareEngines({ make, makeOther: make, seed: 11, commands: 800, restoreEvery: 1, hashEvery: 10, isValidated: true });
    expect(result.trades).toBeGreaterThan(80);
  });

  it.each([21, 22, 23])('the fast engine holds its invariants after every command (seed %j)', (seed) => {
    const result = compareEngines({ make, makeOther: makeFast, seed, commands: 500, hashEvery: 10, isValidated: true });
    expect(result.trades).toBeGreaterThan(20);
  });

  it('the fast engine, made anew from the state of the reference after every command, agrees with it', () => {
    const result = compareEngines({ make, makeOther: makeFast, seed: 24, commands: 800, restoreEvery: 1, hashEvery: 10 });
    expect(result.trades).toBeGreaterThan(80);
  });

  it.each(streams)(
    'the fast engine agrees with the reference over 50,000 commands, restored from its states (%j)',
    (stream) => {
      const result = compareEngines({ make, makeOther: makeFast, ...stream, commands: 50_000, restoreEvery: 10_000 });
      expect(result.trades).toBeGreaterThan(stream.ordersMax === undefined ? 5_000 : 2_500);
    },
    60_000,
  );

  it('tells the first command at which two engines differ, what both report, and how to replay it', () => {
    const compare = (): unknown => compareEngines({ make, makeOther: () => new HardOfHearing(), seed: 3, commands: 20_000 });
    expect(compare).toThrow(EnginesDiffer);
    expect(compare).toThrow(
      /^Seed 3, command \d+: the reports differ\.\n {2}NEW SELL .*price=1003.*\nReferenceEngine reports:\n {2}NEW .*price=1003 .*\nHardOfHearing reports:\n {2}NEW .*price=1004 /s,
    );
    expect(compare).toThrow(/Replay it: npm run matching:compare -- --seed 3 --commands \d+ --validate$/);
    const compareFull = (): unknown => compareEngines({ make, makeOther: () => make(1), ordersMax: 2, seed: 3, commands: 20_000 });
    expect(compareFull).toThrow(/--seed 3 --commands \d+ --orders 2 --validate$/);
  });

  it('tells that an engine broke', () => {
    class Broken extends ReferenceEngine {
      override validateInternalState(): void {
        if (this.commandSeq === 20) throw new TypeError('it is broken');
      }
    }
    const compare = (): unknown => compareEngines({ make, makeOther: () => new Broken(), seed: 3, commands: 100, isValidated: true });
    expect(compare).toThrow(/^Seed 3, command 20: an engine broke: TypeError: it is broken/);
  });
});
