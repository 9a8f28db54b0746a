// The fast engine. Its layers, from the memory up: fast-memory, reports, index, ladder, orders, matching, taking, checked, auction, admin, plain; this
// file reads commands and answers questions. docs/matching.md shows its memory and the life of a command.
import { assert } from '@switchyard/kernel';
import { CommandType, commandWords, extendedBit, extendedCommandWords, typeMask, type BookSide, type Phase } from './command.js';
import { EngineBrokenError, type DepthLevel, type MatchingEngine, type OpenOrder, type ShownOrder } from './engine.js';
import { bookField, extraField, noKey, orderField, sideField } from './fast-layout.js';
import { plainBits, plainLimit, plainMarket } from './fast-plain.js';
import { FastValidation } from './fast-validation.js';

const { QTY, ID } = orderField;
const { EXPIRE_AT } = extraField;
const { BEST, FLIP } = sideField;
const { PHASE, LAST_PRICE } = bookField;
const limitHead = plainLimit;
const marketHead = plainMarket;
const shapeBits = plainBits;
const cancelHead = CommandType.CANCEL;
const replaceHead = CommandType.REPLACE;
/** Changes no place of a command: V8 then knows that it is one, and checks no sum of it for overflow. */
const commandAt = 0x3fffffff;
const plainWords = commandWords;
const wordsAtMost = extendedCommandWords;
/** A MatchingEngine without objects: one array of words, and no allocation while plain commands run. */
export class FastEngine extends FastValidation implements MatchingEngine {
  #broken: EngineBrokenError | undefined;

  execute(words: Int32Array, from: number, to: number): void {
    if (this.#broken !== undefined) throw this.#broken;
    this.#settleCounters();
    try {
      for (let at = from; at < to;) {
        at = this.#executePlain(words, at, to);
        if (at < to) at = this.#executeOther(words, at, to);
      }
    } catch (error) {
      this.commands++;
      throw (this.#broken = new EngineBrokenError(this.commandSeq, error));
    }
  }

  /** Executes commands as long as they are plain ones; returns where one is not. What is rare stays outside: else V8 compiles all of it anew when that first happens. */
  #executePlain(words: Int32Array, from: number, to: number): number {
    const last = (to | 0) - plainWords;
    let at = from & commandAt;
    try {
      for (; at <= last; at = (at + plainWords) & commandAt) {
        const head = words[at]!;
        if ((head & shapeBits) === limitHead) {
          if (!this.plainLimit(words, at, head)) break;
        } else if (head === cancelHead) {
          if (!this.plainCancel(words, at)) break;
        } else if (head === replaceHead) {
          if (!this.plainReplace(words, at)) break;
        } else if ((head & shapeBits) !== marketHead || !this.plainMarket(words, at, head)) break;
      }
    } finally {
      this.commands += (at - from) >> 3;
    }
    return at;
  }

  /** Executes one command of any kind; returns where the next one begins. */
  #executeOther(words: Int32Array, at: number, to: number): number {
    const end = at + ((words[at]! & extendedBit) === 0 ? plainWords : wordsAtMost);
    assert(end <= to, 'the words end where a command ends');
    switch (words[at]! & typeMask) {
      case CommandType.NEW:
        this.checkedNew(words, at);
        break;
      case CommandType.CANCEL:
        this.checkedCancel(words, at);
        break;
      case CommandType.REPLACE:
        this.checkedReplace(words, at);
        break;
      default:
        this.administer(words, at);
    }
    this.commands++;
    return end;
  }

  /** Between batches: counters that run in 32 bits move on, and memory that is mostly unused is given back. */
  #settleCounters(): void {
    this.commandsBefore += this.commands;
    this.commands = 0;
    this.tradesBefore = this.tradeNo;
    this.compactIfSparse();
  }

  phase(book: number): Phase | undefined {
    const at = this.bookOf(book);
    return at === 0 ? undefined : (this.words[at | PHASE]! as Phase);
  }

  lastPrice(book: number): number {
    const at = this.bookOf(book);
    return at === 0 ? 0 : this.words[at | LAST_PRICE]!;
  }

  depth(book: number, side: BookSide, levels: number): DepthLevel[] {
    const depth: DepthLevel[] = [];
    const at = this.bookOf(book);
    if (at === 0) return depth;
    for (const level of this.levelsOf(at, side)) {
      if (depth.length === levels) break;
      depth.push(this.#depthLevel(level));
    }
    return depth;
  }

  level(book: number, side: BookSide, price: number): DepthLevel {
    const at = this.bookOf(book);
    const sideAt = at === 0 ? 0 : this.sideOf(at, side);
    const isEmpty = at === 0 || this.words[sideAt | BEST] === noKey;
    const level = isEmpty ? 0 : this.levelAt(sideAt, price ^ this.words[sideAt | FLIP]!);
    return level === 0 ? { price, qty: 0, orders: 0 } : this.#depthLevel(level);
  }

  #depthLevel(level: number): DepthLevel {
    let qty = 0;
    let orders = 0;
    for (const order of this.ordersOfLevel(level)) {
      qty += this.words[order | QTY]!;
      orders++;
    }
    return { price: this.priceOfLevel(level), qty, orders };
  }

  *orders(book: number, side: BookSide): Iterable<ShownOrder> {
    const at = this.bookOf(book);
    if (at === 0) return;
    for (const level of this.levelsOf(at, side)) {
      const price = this.priceOfLevel(level);
      for (const order of this.ordersOfLevel(level)) yield { orderId: this.words[order | ID]!, price, qty: this.words[order | QTY]! };
    }
  }

  order(orderId: number): OpenOrder | undefined {
    const order = this.find(orderId);
    return order === 0 ? undefined : this.openOrder(order);
  }

  get nextExpirySec(): number {
    return this.dateCount === 0 ? Infinity : this.words[this.dates[0]! + EXPIRE_AT]! >>> 0;
  }

  /** Of all arrays, the reports' included. */
  bytesHeld(): number {
    const { words, ids, books, groups, dates, scratch, reports } = this;
    return [words, ids, books, groups, dates, scratch, reports].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  readState(words: Int32Array): void {
    assert(this.commandSeq === 0 && this.listedBooks().length === 0, 'a state is read into an empty engine');
    this.fill(words);
  }
}
