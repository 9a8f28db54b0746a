// An engine's rules as tables: one command a line, after the bar what it must report. The words of the language are below, at `commandOf`.
import { assert } from '@switchyard/kernel';
import { BookSide, CommandType, CommandWriter, InForce, OrderType, Phase, SelfTrade } from '../engine/command.js';
import { type MatchingEngine } from '../engine/engine.js';
import { EngineReason, readReport, ReportKind, reportWords, Role, type Report } from '../engine/report.js';
import { restoredFrom } from './compare-engines.js';
import { nameIn } from './engine-words.js';

/** One rule, told by an example. */
export interface EngineTable {
  readonly name: string;
  /** The phase in which book 0 is when the table begins; it is not listed yet where the table says nothing. */
  readonly phase?: keyof typeof Phase;
  readonly rows: string;
}

/**
 * Runs a table and returns it with the engine's own answers, to be compared with the table as written.
 * @param isRestored every command meets an engine that was made anew from the state of the one before.
 */
export function answerTable(make: () => MatchingEngine, { phase, rows }: EngineTable, { isRestored }: { isRestored: boolean }): string {
  const told = new Told();
  let engine = make();
  if (phase !== undefined) for (const line of ['list', `phase ${phase}`]) told.answer(engine, line);
  return commandsOf(rows)
    .map(({ command }) => {
      if (isRestored) engine = restoredFrom(engine, make);
      const answered = told.answer(engine, command);
      engine.validateInternalState();
      return row(command, answered);
    })
    .join('\n');
}

/** The table as written, in the form in which `answerTable` returns it. */
export function expectedTable({ rows }: EngineTable): string {
  return commandsOf(rows)
    .map(({ command, expected }) => row(command, expected))
    .join('\n');
}

interface Row {
  readonly command: string;
  readonly expected: string[];
}

/** A line that begins with the bar goes on with what the command above reports; reports stand apart by semicolons; # begins a remark. */
function commandsOf(text: string): Row[] {
  const rows: { command: string; expected: string[] }[] = [];
  for (const line of text.split('\n').map((written) => written.replace(/#.*$/, '').trim())) {
    if (line === '') continue;
    const [command = '', reports = ''] = line.split('|').map((part) => part.trim().replace(/\s+/g, ' '));
    if (command !== '') rows.push({ command, expected: [] });
    const expected = reports.split(';').map((report) => report.trim());
    rows.at(-1)?.expected.push(...expected.filter((report) => report !== ''));
  }
  return rows;
}

function row(command: string, answered: readonly string[]): string {
  const [first = '', ...more] = answered;
  return [`${command.padEnd(36)} | ${first}`, ...more.map((report) => `${''.padEnd(36)} | ${report}`)].join('\n');
}

/** Speaks with an engine in the words of a table, and keeps an eye on what the tables do not repeat: sides, accounts and numbers of trades. */
class Told {
  readonly #orders = new Map<number, { side: BookSide; account: number; book: number }>();
  #trades: Report[] = [];

  answer(engine: MatchingEngine, line: string): string[] {
    const asked = question(engine, line);
    if (asked !== undefined) return [asked];
    const writer = new CommandWriter();
    writeCommand(writer, line);
    const [reportSeq, commandSeq] = [engine.reportSeq, engine.commandSeq];
    engine.clearReports();
    engine.execute(writer.words, 0, writer.length);
    assert(engine.commandSeq === commandSeq + 1, 'an engine counts its commands');
    const reports: Report[] = [];
    for (let at = 0; at < engine.reportsLength; at += reportWords) reports.push(readReport(engine.reports, at));
    assert(engine.reportSeq === reportSeq + reports.length, 'an engine numbers its reports');
    for (const report of reports) this.#check(report, engine);
    return reports.map(reportText);
  }

  #check(report: Report, engine: MatchingEngine): void {
    const { kind, orderId, side, account, book } = report;
    if (kind === ReportKind.NEW) this.#orders.set(orderId, { side, account, book });
    if (kind !== ReportKind.NEW && kind !== ReportKind.REJECTED && kind !== ReportKind.DONE) {
      const order = this.#orders.get(orderId);
      assert(order?.side === side && order.account === account && order.book === book, `a report tells whose order ${orderId} is`);
    }
    if (kind !== ReportKind.TRADE) return;
    this.#trades.push(report);
    if (this.#trades.length < 2) return;
    const [first, second] = this.#trades as [Report, Report];
    assert(first.tradeNo === second.tradeNo && second.tradeNo <= engine.tradeNo, 'both sides of a trade bear its number');
    assert(first.qty === second.qty && first.price === second.price && first.side !== second.side, 'a trade has two sides');
    this.#trades = [];
  }
}

/**
 * A report in words: `TRADE 1 4@100 open 6 maker`. An order type other than LIMIT, a time in force other than DAY, and a book other than 0 are named.
 * The open quantity stands where it is not what the kind says already.
 */
function reportText(report: Report): string {
  const { kind, reason, role, orderId, price, qty, leavesQty, shownQty, ordType, timeInForce, book } = report;
  const subject = kind === ReportKind.DONE ? nameIn(CommandType, orderId) : String(orderId);
  const isOpenTold = kind === ReportKind.TRADE || kind === ReportKind.REJECTED ? leavesQty !== 0 : leavesQty !== openAfter(kind, qty);
  const words = [
    nameIn(ReportKind, kind),
    subject,
    ...(ordType !== 0 && ordType !== OrderType.LIMIT ? [nameIn(OrderType, ordType)] : []),
    ...(timeInForce !== 0 && timeInForce !== InForce.DAY ? [nameIn(InForce, timeInForce)] : []),
    `${qty}@${price}`,
    ...(isOpenTold ? [`open ${leavesQty}`] : []),
    ...(shownQty !== 0 ? [`shows ${shownQty}`] : []),
    ...(role !== Role.NONE ? [nameIn(Role, role).toLowerCase()] : []),
    ...(reason !== EngineReason.NONE ? [nameIn(EngineReason, reason)] : []),
    ...(book !== 0 ? [`in ${book}`] : []),
  ];
  return words.join(' ');
}

function openAfter(kind: ReportKind, qty: number): number {
  const isStillOpen =
    kind === ReportKind.NEW || kind === ReportKind.REPLACED || kind === ReportKind.TRIGGERED || kind === ReportKind.RESTATED;
  return isStillOpen ? qty : 0;
}

/** Lines that ask: `book`, `orders`, `order 1`, `state` of book 0, or of the book named. */
function question(engine: MatchingEngine, line: string): string | undefined {
  const [verb, ...words] = line.split(' ');
  const book = Number(settings(words)['book'] ?? 0);
  if (verb === 'book')
    return bothSides((side) => engine.depth(book, side, 50).map(({ price, qty, orders }) => levelText(price, qty, orders)));
  if (verb === 'best')
    return bothSides((side) => engine.depth(book, side, 1).map(({ price, qty, orders }) => levelText(price, qty, orders)));
  if (verb === 'orders')
    return bothSides((side) => [...engine.orders(book, side)].map(({ orderId, price, qty }) => `${orderId}:${qty}@${price}`));
  if (verb === 'level') return levelAnswer(engine, words);
  if (verb === 'last') return String(engine.lastPrice(book));
  if (verb === 'open') return String(engine.openCount);
  if (verb === 'in') return phaseText(engine.phase(book));
  return verb === 'order' ? orderText(engine, Number(words[0])) : undefined;
}

function bothSides(texts: (side: BookSide) => string[]): string {
  return [BookSide.BUY, BookSide.SELL].map((side) => texts(side).join(' ') || '-').join(' / ');
}

function levelText(price: number, qty: number, orders: number): string {
  return `${price}x${qty}${orders === 1 ? '' : `(${orders})`}`;
}

function levelAnswer(engine: MatchingEngine, [side, price]: string[]): string {
  const level = engine.level(0, side === 'buy' ? BookSide.BUY : BookSide.SELL, Number(price));
  return levelText(level.price, level.qty, level.orders);
}

function phaseText(phase: Phase | undefined): string {
  return phase === undefined ? 'not listed' : nameIn(Phase, phase);
}

function orderText(engine: MatchingEngine, orderId: number): string {
  const order = engine.order(orderId);
  if (order === undefined) return 'none';
  const { side, ordType, timeInForce, selfTrade, postOnly, price, stopPrice, openQty, shownQty, displayQty, expireAtSec, protectionBps } =
    order;
  const words = [
    side === BookSide.BUY ? 'buy' : 'sell',
    nameIn(OrderType, ordType),
    nameIn(InForce, timeInForce),
    `${openQty}@${price}`,
    `shows ${shownQty}`,
    ...(stopPrice !== 0 ? [`stop=${stopPrice}`] : []),
    ...(displayQty !== 0 ? [`display=${displayQty}`] : []),
    ...(expireAtSec !== 0 ? [`until=${expireAtSec}`] : []),
    ...(protectionBps !== 0 ? [`protect=${protectionBps}`] : []),
    ...(selfTrade !== SelfTrade.ALLOW ? [`stp=${nameIn(SelfTrade, selfTrade)}`] : []),
    ...(postOnly ? ['post'] : []),
    `by=${order.account}`,
    ...(order.book !== 0 ? [`in ${order.book}`] : []),
  ];
  return words.join(' ');
}

/**
 * Writes the command of a line:
 *   1 buy 10 @100 IOC by=7 display=3 stop=105 until=60 protect=500 stp=DECREMENT post book=2
 *     `market` or `mtl` in place of the price; with stop= a STOP or STOP_LIMIT; without by= the account has the number of the order
 *   cancel 1 · replace 1 5 @101 stop=106 · mass by=7 side=buy book=all · phase CONTINUOUS book=all · day book=all
 *   list ref=100 freeze=50 low=90 high=110 · time 60 · group 7 1 · raw 1 0 0 0 0 0 0 0
 */
export function writeCommand(writer: CommandWriter, line: string): void {
  const [verb = '', first = '', second = '', third = '', ...more] = line.split(' ');
  const set = settings([first, second, third, ...more]);
  const number = (name: string, otherwise = 0): number => Number(set[name] ?? otherwise);
  const book = set['book'] === 'all' ? -1 : number('book');
  if (verb === 'raw') writer.raw(...line.split(' ').slice(1).map(Number));
  else if (verb === 'cancel') writer.cancel(book, Number(first));
  else if (verb === 'replace')
    writer.replace({ book, orderId: Number(first), qty: Number(second), price: priceOf(third), stopPrice: number('stop') });
  else if (verb === 'mass') writer.massCancel({ book: number('book', -1), account: number('by', -1), side: sideOf(set['side']) });
  else if (verb === 'phase') writer.setPhase(book, valueIn(Phase, first));
  else if (verb === 'day') writer.dayEnd(book);
  else if (verb === 'time') writer.time(Number(first));
  else if (verb === 'group') writer.setAccountGroup(Number(first), Number(second));
  else if (verb === 'list') {
    writer.listBook(book, {
      referencePrice: number('ref'),
      freezeQty: number('freeze'),
      bandLow: number('low'),
      bandHigh: number('high'),
    });
  } else writeNew(writer, { orderId: Number(verb), side: first, qty: Number(second), price: third, words: more });
}

interface NewLine {
  readonly orderId: number;
  readonly side: string;
  readonly qty: number;
  readonly price: string;
  readonly words: readonly string[];
}

function writeNew(writer: CommandWriter, { orderId, side, qty, price, words }: NewLine): void {
  const set = settings(words);
  const isLimit = price.startsWith('@');
  const plainType = isLimit ? OrderType.LIMIT : price === 'mtl' ? OrderType.MARKET_TO_LIMIT : OrderType.MARKET;
  const stopType = isLimit ? OrderType.STOP_LIMIT : OrderType.STOP;
  assert(isLimit || price === 'mtl' || price === 'market', `a price, market or mtl: ${price}`);
  const timeInForce = words.find((word) => word in InForce) ?? 'DAY';
  writer.newOrder({
    orderId,
    book: Number(set['book'] ?? 0),
    account: Number(set['by'] ?? orderId),
    side: side === 'buy' ? BookSide.BUY : BookSide.SELL,
    ordType: set['type'] !== undefined ? valueIn(OrderType, set['type']) : set['stop'] === undefined ? plainType : stopType,
    timeInForce: valueIn(InForce, timeInForce),
    qty,
    price: priceOf(price),
    selfTrade: valueIn(SelfTrade, set['stp'] ?? 'ALLOW'),
    postOnly: words.includes('post'),
    stopPrice: Number(set['stop'] ?? 0),
    displayQty: Number(set['display'] ?? 0),
    expireAtSec: Number(set['until'] ?? 0),
    protectionBps: Number(set['protect'] ?? 0),
  });
}

/** `name=value` words. */
function settings(words: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]));
}

function priceOf(word: string): number {
  return word.startsWith('@') ? Number(word.slice(1)) : 0;
}

function sideOf(word: string | undefined): BookSide | -1 {
  if (word === undefined) return -1;
  return word === 'buy' ? BookSide.BUY : BookSide.SELL;
}

function valueIn<T extends number>(values: Record<string, T>, name: string): T {
  const value = values[name];
  assert(value !== undefined, `${name} is one of ${Object.keys(values).join(', ')}`);
  return value;
}
