// What an engine's words are, bit by bit: reports, counters, states; and what happens to words that are none.
import { expect, it } from '@jest/globals';
import { CommandWriter } from '../engine/command.js';
import { EngineBrokenError, StateFormatError, type MatchingEngine } from '../engine/engine.js';
import { reportWords } from '../engine/report.js';
import { stateHashOf, StateWords } from '../engine/state.js';
import { restoredFrom } from './compare-engines.js';
import { writeCommand } from './engine-table.js';

/** Executes commands as tables write them, a line each. */
export function executeLines(engine: MatchingEngine, lines: string): void {
  const writer = new CommandWriter(8);
  for (const line of lines.split('\n').map((text) => text.trim())) if (line !== '') writeCommand(writer, line);
  engine.execute(writer.words, 0, writer.length);
}

function reportsOf(engine: MatchingEngine): number[][] {
  const words = [...engine.reports.subarray(0, engine.reportsLength)];
  return Array.from({ length: words.length / reportWords }, (_, index) => words.slice(index * reportWords, (index + 1) * reportWords));
}

/** The state of an engine, word by word. */
export function stateOf(engine: MatchingEngine): number[] {
  const state = new StateWords();
  engine.writeState(state);
  return [...state.words];
}

/** Orders wherever orders wait. */
export const everyPlace = `
  list ref=100 freeze=99 low=1 high=9999
  list book=3
  group 5 2
  group 4 9
  time 3000000000
  phase PRE_OPEN
  10 buy 5 market protect=100
  11 buy 8 @99 GTC display=3 by=5 stp=CANCEL_BOTH
  12 sell 8 @103 AT_OPEN
  13 sell 8 @101 GTD until=3000000001
  14 buy 2 market stop=120 protect=50
  15 sell 2 @80 stop=90 display=1
  16 buy 2 @100 AT_CLOSE display=1
  17 sell 2 market AT_CLOSE
  18 sell 3 @101`;

/** Where a state has the words of an order, from its first. */
const wordOf = {
  orderId: 0,
  account: 1,
  attributes: 2,
  price: 3,
  stopPrice: 4,
  openQty: 5,
  shownQty: 6,
  displayQty: 7,
  expireAtSec: 8,
  protectionBps: 9,
  marketsAhead: 10,
  spare: 11,
} as const;

function attributesOf(side: number, ordType: number, timeInForce: number, selfTrade = 0): number {
  return side | (ordType << 1) | (timeInForce << 4) | (selfTrade << 7);
}

/** Declares it. @param make a new engine, empty. */
export function wordsSuite(make: () => MatchingEngine): void {
  it('reports are words as laid down', () => {
    const engine = make();
    executeLines(
      engine,
      `list book=6
       phase CONTINUOUS book=6
       1 sell 5 @100 GTC display=3 by=7 book=6
       2 buy 4 market IOC by=8 book=6
       replace 1 1 @200 book=6
       cancel 9 book=6
       cancel 1 book=6
       -1 buy 4 @1 FOK by=-7 book=6`,
    );
    const [limitGtc, marketIoc] = [(1 << 19) | (2 << 22), (2 << 19) | (4 << 22)];
    const [sell, maker, taker] = [1 << 16, 1 << 17, 2 << 17];
    expect(reportsOf(engine)).toEqual([
      [9, 6, 6, 0, 0, 0, 0, 0],
      [9, 6, 5, 0, 0, 0, 0, 0],
      [1 | sell | limitGtc, 6, 1, 100, 5, 5, 7, 3],
      [1 | marketIoc, 6, 2, 0, 4, 4, 8, 0],
      [2 | sell | maker | limitGtc, 6, 1, 100, 3, 2, 7, 1],
      [2 | taker | marketIoc, 6, 2, 100, 3, 1, 8, 1],
      [8 | (50 << 8) | sell | limitGtc, 6, 1, 100, 2, 2, 7, 2],
      [2 | sell | maker | limitGtc, 6, 1, 100, 1, 1, 7, 2],
      [2 | taker | marketIoc, 6, 2, 100, 1, 0, 8, 2],
      [4 | sell | limitGtc, 6, 1, 200, 1, 1, 7, 1],
      [5 | (4 << 8), 6, 9, 0, 0, 0, 0, 0],
      [3 | (30 << 8) | sell | limitGtc, 6, 1, 200, 1, 0, 7, 0],
      [5 | (5 << 8) | (1 << 19) | (5 << 22), 6, -1, 1, 4, 0, -7, 0],
    ]);
    expect([engine.commandSeq, engine.reportSeq, engine.tradeNo]).toEqual([8, 13, 2]);
  });

  it('reports gather until they are cleared; numbers go on', () => {
    const engine = make();
    executeLines(engine, 'list');
    executeLines(engine, 'phase CONTINUOUS');
    expect(engine.reportsLength).toBe(2 * reportWords);
    engine.clearReports();
    expect(engine.reportsLength).toBe(0);
    executeLines(engine, '1 buy 1 @1');
    expect([engine.reportsLength, engine.reportSeq, engine.commandSeq]).toEqual([reportWords, 3, 3]);
  });

  it('of the words only those asked for are executed', () => {
    const engine = make();
    const writer = new CommandWriter();
    for (const line of ['list', 'list book=1', 'list book=2']) writeCommand(writer, line);
    engine.execute(writer.words, 8, 16);
    engine.execute(writer.words, 16, 16);
    expect([0, 1, 2].map((book) => engine.phase(book))).toEqual([undefined, 0, undefined]);
  });

  it('a state is words as laid down', () => {
    const engine = make();
    executeLines(engine, everyPlace);
    const clock = 3_000_000_000 | 0;
    expect(stateOf(engine)).toEqual([
      ...[2, clock, 15, 0, 15, 0, 0, 0],
      ...[2, 4, 9, 5, 2],
      2,
      ...[0, 1, 100, 99, 1, 9_999, 0],
      ...[1, 11, 5, attributesOf(0, 1, 2, 3), 99, 0, 8, 3, 3, 0, 0, 1, 0],
      ...[3, 13, 13, attributesOf(1, 1, 3), 101, 0, 8, 8, 0, clock + 1, 0, 0, 0],
      ...[18, 18, attributesOf(1, 1, 1), 101, 0, 3, 3, 0, 0, 0, 0, 0],
      ...[12, 12, attributesOf(1, 1, 6), 103, 0, 8, 8, 0, 0, 0, 0, 0],
      ...[1, 10, 10, attributesOf(0, 2, 1), 0, 0, 5, 0, 0, 0, 100, 0, 0],
      0,
      ...[1, 14, 14, attributesOf(0, 3, 1), 0, 120, 2, 0, 0, 0, 50, 0, 0],
      ...[1, 15, 15, attributesOf(1, 4, 1), 80, 90, 2, 0, 1, 0, 0, 0, 0],
      ...[1, 16, 16, attributesOf(0, 1, 7), 100, 0, 2, 0, 1, 0, 0, 0, 0],
      ...[1, 17, 17, attributesOf(1, 2, 7), 0, 0, 2, 0, 0, 0, 0, 0, 0],
      ...[3, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(stateHashOf(engine)).toBe(stateHashOf(restoredFrom(engine, make)));
  });

  it('the next expiry is that of the order that ends first, also beyond 2^31', () => {
    const engine = make();
    executeLines(engine, 'list');
    executeLines(engine, 'phase CONTINUOUS');
    const nexts = ['1 buy 1 @5 GTD until=3000000001', '2 buy 1 @5 GTD until=9', '3 buy 1 @5', 'cancel 2', 'time 3000000001'].map((line) => {
      executeLines(engine, line);
      return engine.nextExpirySec;
    });
    expect(nexts).toEqual([3_000_000_001, 9, 9, 3_000_000_001, Infinity]);
  });

  it('an engine read from a state goes on where the other stood', () => {
    const engine = make();
    executeLines(engine, everyPlace);
    const next = restoredFrom(engine, make);
    next.validateInternalState();
    expect([next.reportsLength, next.nextExpirySec]).toEqual([0, 3_000_000_001]);
    engine.clearReports();
    const future = `phase CONTINUOUS
      19 sell 30 market by=5
      time 3000000001
      phase CLOSING_AUCTION
      phase CLOSED`;
    for (const each of [engine, next]) executeLines(each, future);
    expect(reportsOf(next)).toEqual(reportsOf(engine));
    expect(stateOf(next)).toEqual(stateOf(engine));
    expect([next.commandSeq, next.reportSeq, next.tradeNo, next.openCount]).toEqual([
      engine.commandSeq,
      engine.reportSeq,
      engine.tradeNo,
      engine.openCount,
    ]);
  });

  it('counters go on past 2^32', () => {
    const engine = make();
    executeLines(engine, 'list');
    const state = stateOf(engine);
    // commandSeq, reportSeq and tradeNo, each low and high.
    state.splice(2, 6, -1, 1, -1, 2, -1, 0);
    const next = make();
    next.readState(Int32Array.from(state));
    expect([next.commandSeq, next.reportSeq, next.tradeNo]).toEqual([2 ** 33 - 1, 3 * 2 ** 32 - 1, 2 ** 32 - 1]);
    executeLines(next, 'phase CONTINUOUS\n1 buy 1 @1\n2 sell 1 @1');
    expect([next.commandSeq, next.reportSeq, next.tradeNo]).toEqual([2 ** 33 + 2, 3 * 2 ** 32 + 4, 2 ** 32]);
    expect(reportsOf(next).at(-1)?.at(-1)).toBe(0);
    expect(stateOf(next).slice(2, 8)).toEqual([2, 2, 4, 3, 0, 1]);
  });

  it.each<[what: string, change: (words: number[]) => number[]]>([
    ['nothing at all', () => []],
    ['another version', ([, ...rest]) => [3, ...rest]],
    ['a word too few', (words) => words.slice(0, -1)],
    ['a word too many', (words) => [...words, 0]],
    ['a counter above 2^53', (words) => words.with(3, 2 ** 21)],
    ['accounts out of order', (words) => words.with(9, 6)],
    ['an account in no group', (words) => words.with(10, 0)],
    ['an account above the highest', (words) => words.with(11, 2 ** 20)],
    ['a book that is none', (words) => words.with(14, -1)],
    ['an unknown phase', (words) => words.with(15, 6)],
    ['a crossed book in continuous trading', (words) => words.with(15, 3)],
    ['a band upside down', (words) => words.with(18, 10_000)],
    ['a last price that is none', (words) => words.with(20, -1)],
    ['a count that is none', (words) => words.with(21, -1)],
  ])('%s is no state', (_what, change) => {
    const engine = make();
    executeLines(engine, everyPlace);
    const words = stateOf(engine);
    expect(() => make().readState(Int32Array.from(change(words)))).toThrow(StateFormatError);
  });

  // Of an order of `everyPlace` its words are others.
  it.each<[what: string, orderId: number, wrong: Partial<Record<keyof typeof wordOf, number>>]>([
    ['number 0', 11, { orderId: 0 }],
    ['a number that an order has', 12, { orderId: 11 }],
    ['an account above the highest', 11, { account: 2 ** 20 }],
    ['an unknown attribute', 11, { attributes: 1 << 11 }],
    ['an unknown order type', 11, { attributes: attributesOf(0, 0, 2) }],
    ['a type that does not wait', 11, { attributes: attributesOf(0, 5, 2) }],
    ['an unknown time in force', 11, { attributes: attributesOf(0, 1, 0) }],
    ['a time in force that does not wait', 11, { attributes: attributesOf(0, 1, 4) }],
    ['a time in force that its type has not', 10, { attributes: attributesOf(0, 2, 2) }],
    ['an unknown self-trade mode', 11, { attributes: attributesOf(0, 1, 2, 5) }],
    ['post-only that it cannot be', 12, { attributes: attributesOf(1, 1, 6) | (1 << 10) }],
    ['the other side', 11, { attributes: attributesOf(1, 1, 2) }],
    ['the type of another list', 10, { attributes: attributesOf(0, 1, 1), price: 99 }],
    ['no time in force for the close where it waits for that', 17, { attributes: attributesOf(1, 2, 1) }],
    ['no price', 11, { price: 0 }],
    ['a price above the highest', 12, { price: 2 ** 30 }],
    ['a price that its type has not', 10, { price: 5 }],
    ['a stop price that its type has not', 11, { stopPrice: 5 }],
    ['no stop price', 14, { stopPrice: 0 }],
    ['nothing open', 11, { openQty: 0 }],
    ['too much open', 12, { openQty: 2 ** 30, shownQty: 2 ** 30 }],
    ['nothing shown', 11, { shownQty: 0 }],
    ['more shown than open', 18, { shownQty: 4 }],
    ['less shown than open, and no iceberg', 18, { shownQty: 2 }],
    ['more shown than an iceberg shows', 11, { shownQty: 4 }],
    ['something shown where nobody sees it', 10, { shownQty: 5 }],
    ['a display quantity below 0', 11, { displayQty: -1 }],
    ['a display quantity that its type has not', 10, { displayQty: 1 }],
    ['a display quantity below a hundredth', 11, { openQty: 301 }],
    ['no time at which it ends', 13, { expireAtSec: 0 }],
    ['a time at which it ended', 13, { expireAtSec: 3_000_000_000 | 0 }],
    ['a time at which it ends, of an order without', 11, { expireAtSec: -1 }],
    ['a protection that is none', 10, { protectionBps: 10_000 }],
    ['a protection that its type has not', 11, { protectionBps: 5 }],
    ['market orders ahead that are not there', 11, { marketsAhead: 2 }],
    ['market orders ahead where there are none', 14, { marketsAhead: 1 }],
    ['a word that has no meaning', 11, { spare: 1 }],
    ['a price that would stand further ahead', 12, { price: 100 }],
  ])('an order with %s is of no state', (_what, orderId, wrong) => {
    const engine = make();
    executeLines(engine, everyPlace);
    const words = stateOf(engine);
    // Its number and account are the same.
    const at = words.findIndex((word, index) => word === orderId && words[index + 1] === (orderId === 11 ? 5 : orderId));
    for (const [name, value] of Object.entries(wrong)) words[at + wordOf[name as keyof typeof wordOf]] = value;
    expect(() => make().readState(Int32Array.from(words))).toThrow(StateFormatError);
  });

  it('orders that the rules of their book refuse by now are in a state: rules change, orders stay', () => {
    const engine = make();
    executeLines(engine, `${everyPlace}\n list ref=100 freeze=1 low=500 high=600`);
    expect(stateHashOf(restoredFrom(engine, make))).toBe(stateHashOf(engine));
  });

  it('a state of version 1 is read while no market order waits in it, whose time it did not keep', () => {
    const engine = make();
    executeLines(engine, 'list\nphase PRE_OPEN\n1 buy 5 @9');
    const before = stateOf(engine).with(0, 1);
    const next = make();
    next.readState(Int32Array.from(before));
    expect(stateOf(next)).toEqual(stateOf(engine));
    executeLines(engine, '2 buy 5 market');
    const waiting = Int32Array.from(stateOf(engine).with(0, 1));
    expect(() => make().readState(waiting)).toThrow(StateFormatError);
    expect(() => make().readState(waiting)).toThrow('replay the commands of the log');
  });

  it('words that end within a command stop the engine, and it refuses to go on', () => {
    const engine = make();
    executeLines(engine, 'list');
    const writer = new CommandWriter();
    for (const line of ['phase CONTINUOUS', '1 buy 5 @9 display=2']) writeCommand(writer, line);
    const break_ = (): void => engine.execute(writer.words, 0, writer.length - 8);
    expect(break_).toThrow(EngineBrokenError);
    expect(break_).toThrow('its command 3');
    expect(() => executeLines(engine, 'list')).toThrow(EngineBrokenError);
  });
}
