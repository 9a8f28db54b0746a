// The memory of the fast engine: one array, given out in records and blocks that go back to lists of their size.
// The fast engine is one object, in layers by inheritance: V8 then knows every method and field of it, and inlines them without a check.
import { extendedOrderWords, levelWords, orderWords } from './fast-layout.js';

/** Blocks are 8 · 2^n words. */
const blockWordsMin = 8;
const initialWords = 1 << 14;
/** A megabyte, and 16. */
const smallWords = 1 << 18;
const largeWords = 1 << 22;
/** Records that are made at a time. */
const recordsAtOnce = 256;
const ladderSizes = 10;
export const slotsMin = 64;
export const slotsMax = slotsMin << (ladderSizes - 1);

/** Words of the ladder of so many slots: slots, one bit for each, one for each word of those, and one for each of those. */
export function ladderWords(slots: number): number {
  const leaves = slots >>> 5;
  return slots + leaves + ((leaves + 31) >>> 5) + 1;
}

export class FastMemory {
  words = new Int32Array(initialWords);
  /** Everything from here was never given out, and is zero. */
  #unusedFrom = extendedOrderWords;
  /** Heads of the lists of records given back; word 0 of each names the next. */
  freeOrders = 0;
  freeExtended = 0;
  freeLevels = 0;
  /** Order records that exist, used or not: the id map has room for twice as many. */
  orderRecords = 0;
  readonly #freeLadders = new Int32Array(ladderSizes);
  readonly #freeBlocks = new Int32Array(32);

  /** Words given out or on lists. */
  get wordsUsed(): number {
    return this.#unusedFrom;
  }

  /** Makes room: `words` is another array afterwards. The larger it is, the smaller the step: unused words count among an order's bytes. */
  #grow(needed: number): void {
    const { length } = this.words;
    const step = length < smallWords ? length : length < largeWords ? length >>> 4 : length >>> 5;
    const grown = new Int32Array(length + Math.max(step, needed + initialWords));
    grown.set(this.words);
    this.words = grown;
  }

  /** Words that are zero, from a multiple of `alignment` on. May replace `words`. */
  protected takeNew(count: number, alignment: number): number {
    if (this.#unusedFrom + count + alignment > this.words.length) this.#grow(count);
    const at = (this.#unusedFrom + alignment - 1) & -alignment;
    this.#unusedFrom = at + count;
    return at;
  }

  /** Makes unused records for one more order of either size. May replace `words`. */
  protected makeOrderRoom(): void {
    if (this.freeOrders === 0) this.#moreOrders();
    this.makeExtendedRoom();
  }

  /** Makes an unused record for what few orders have. May replace `words`. */
  protected makeExtendedRoom(): void {
    if (this.freeExtended === 0) this.#moreExtended();
  }

  #moreOrders(): void {
    this.freeOrders = this.#moreRecords(orderWords, recordsAtOnce);
    this.orderRecords += recordsAtOnce;
  }

  #moreExtended(): void {
    const count = recordsAtOnce >>> 3;
    this.freeExtended = this.#moreRecords(extendedOrderWords, count);
    this.orderRecords += count;
  }

  /** May replace `words`. */
  protected moreLevels(): void {
    this.freeLevels = this.#moreRecords(levelWords, recordsAtOnce);
  }

  /** A list of new records. */
  #moreRecords(size: number, count: number): number {
    const first = this.takeNew(size * count, size);
    const end = first + size * count;
    for (let at = first; at < end; at += size) this.words[at] = at + size < end ? at + size : 0;
    return first;
  }

  /** A ladder, all zero. May replace `words`. */
  protected takeLadder(slots: number): number {
    const size = Math.log2(slots / slotsMin);
    const ladder = this.#freeLadders[size]!;
    if (ladder === 0) return this.takeNew(ladderWords(slots), 1);
    this.#freeLadders[size] = this.words[ladder]!;
    this.words[ladder] = 0;
    return ladder;
  }

  /** @param ladder all zero. */
  protected giveLadder(ladder: number, slots: number): void {
    const size = Math.log2(slots / slotsMin);
    this.words[ladder] = this.#freeLadders[size]!;
    this.#freeLadders[size] = ladder;
  }

  /** A block of at least so many words, all zero. May replace `words`. */
  protected takeBlock(count: number): number {
    const size = blockSize(count);
    const block = this.#freeBlocks[size]!;
    if (block === 0) return this.takeNew(blockWordsMin << size, 1);
    this.#freeBlocks[size] = this.words[block]!;
    this.words.fill(0, block, block + (blockWordsMin << size));
    return block;
  }

  protected giveBlock(block: number, count: number): void {
    const size = blockSize(count);
    this.words[block] = this.#freeBlocks[size]!;
    this.#freeBlocks[size] = block;
  }

  /** Forgets everything: what lies in memory is written anew. */
  protected clearMemory(): void {
    this.words = new Int32Array(initialWords);
    this.#unusedFrom = extendedOrderWords;
    this.freeOrders = this.freeExtended = this.freeLevels = this.orderRecords = 0;
    this.#freeLadders.fill(0);
    this.#freeBlocks.fill(0);
  }
}

function blockSize(count: number): number {
  return count <= blockWordsMin ? 0 : 32 - Math.clz32((count - 1) >>> 3);
}
