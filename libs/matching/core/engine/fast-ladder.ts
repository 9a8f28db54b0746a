// The price levels of one side of a book. Near the best price they stand in a ladder, one slot a tick, under three layers of bitmaps;
// levels far below it are a sorted list. The ladder slides when prices leave it, and is as large as its levels are many.
import { levelField, noKey, orderField, pointerBits, sideField } from './fast-layout.js';
import { FastIndex } from './fast-index.js';
import { slotsMax, slotsMin } from './fast-memory.js';

const { NEXT, PREV } = orderField;
const { KEY, SIDE } = levelField;
const { BEST, BASE, SLOTS, LADDER, FAR, FAR_COUNT, FAR_ROOM } = sideField;
const farMin = 8;
/** Below it (1 MB) ladders are generous, since far levels cost time; beyond it they are dense, since slots cost memory. */
const ampleWords = 1 << 18;
const pointer = pointerBits;
const slotBits = 0xffff;
export const scratchMin = 64;

export class FastLadder extends FastIndex {
  /** For what is gathered during one step. */
  protected scratch = new Int32Array(scratchMin);

  /** The level with this key, opened if it is not there. May replace `words`. */
  protected levelFor(side: number, key: number): number {
    const { words } = this;
    const distance = (key - words[side + BASE]!) >>> 0;
    if (distance >= (words[side + SLOTS]! & slotBits)) return this.#levelOutside(side, key);
    const index = distance & slotBits;
    const level = words[(words[side + LADDER]! & pointer) + index]! & pointer;
    return level !== 0 ? level : this.#openLevel(side, key, index);
  }

  /** The level with this key, or 0. */
  protected levelAt(side: number, key: number): number {
    const { words } = this;
    const index = key - words[side | BASE]!;
    if (index >>> 0 < words[side | SLOTS]! >>> 0) return words[words[side | LADDER]! + index]!;
    const at = this.#farPlace(side, key);
    if (at === words[side | FAR_COUNT]!) return 0;
    const level = words[words[side | FAR]! + at]!;
    return words[level | KEY] === key ? level : 0;
  }

  /** The level with the best key. The side has one. */
  protected bestLevel(side: number): number {
    const { words } = this;
    return words[(words[side + LADDER]! + words[side + BEST]! - words[side + BASE]!) & pointer]! & pointer;
  }

  /** The best level with a key below this one, or 0. */
  levelBelow(side: number, key: number): number {
    const { words } = this;
    const index = Math.min(key - words[side | BASE]!, words[side | SLOTS]!);
    const below = index > 0 ? this.#highestBelow(side, index) : -1;
    if (below >= 0) return words[words[side | LADDER]! + below]!;
    const at = this.#farPlace(side, key);
    return at === 0 ? 0 : words[words[side | FAR]! + at - 1]!;
  }

  #openLevel(side: number, key: number, index: number): number {
    const level = this.#newLevel(side, key);
    this.#place(side, index, level);
    if (key > this.words[side + BEST]!) this.words[side + BEST] = key;
    return level;
  }

  #newLevel(side: number, key: number): number {
    if (this.freeLevels === 0) this.moreLevels();
    const { words } = this;
    const level = this.freeLevels & pointer;
    this.freeLevels = words[level]! & pointer;
    words[level + NEXT] = level;
    words[level + PREV] = level;
    words[level + KEY] = key;
    words[level + SIDE] = side;
    return level;
  }

  /** Puts a level into a slot, and sets its bits. */
  #place(side: number, index: number, level: number): void {
    const { words } = this;
    const ladder = words[side + LADDER]! & pointer;
    const slots = words[side + SLOTS]! & slotBits;
    words[ladder + index] = level;
    const leaf = (ladder + slots + (index >>> 5)) & pointer;
    const bits = words[leaf]!;
    words[leaf] = bits | (1 << index);
    if (bits === 0) this.#beginLeaf(side, index);
  }

  /** The leaf of this slot was empty. */
  #beginLeaf(side: number, index: number): void {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const nodes = words[side | LADDER]! + slots + (slots >>> 5);
    words[nodes + (index >>> 10)]! |= 1 << (index >>> 5);
    words[nodes + ((slots + 1023) >>> 10)]! |= 1 << (index >>> 10);
  }

  /** Takes a level without orders off its side; a queue stays. May replace `words`. */
  protected closeLevel(level: number): void {
    const { words } = this;
    const key = words[level + KEY]!;
    if (key === 0) return;
    const side = words[level + SIDE]! & pointer;
    words[level] = this.freeLevels;
    this.freeLevels = level;
    const distance = (key - words[side + BASE]!) >>> 0;
    const slots = words[side + SLOTS]! & slotBits;
    if (distance >= slots) return this.#closeFar(side, key);
    const index = distance & slotBits;
    const ladder = words[side + LADDER]! & pointer;
    words[ladder + index] = 0;
    const leaf = (ladder + slots + (index >>> 5)) & pointer;
    const left = words[leaf]! & ~(1 << index);
    words[leaf] = left;
    if (left === 0) this.#emptyLeaf(side, index);
    if (key !== words[side + BEST]!) return;
    const best = left === 0 ? this.#nextBest(side) : (key - (index & 31) + 31 - Math.clz32(left)) | 0;
    this.words[side | BEST] = best;
  }

  /** The leaf of this slot is empty now. */
  #emptyLeaf(side: number, index: number): void {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const nodes = words[side | LADDER]! + slots + (slots >>> 5);
    const node = nodes + (index >>> 10);
    words[node]! &= ~(1 << (index >>> 5));
    if (words[node] === 0) words[nodes + ((slots + 1023) >>> 10)]! &= ~(1 << (index >>> 10));
  }

  /** The best key, when the leaf that held it is empty. Without a level in the ladder it moves to where levels are, or is given back. */
  #nextBest(side: number): number {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const index = this.#highestBelow(side, slots);
    if (index >= 0) return words[side | BASE]! + index;
    if (words[side | FAR_COUNT] !== 0) {
      const key = words[words[words[side | FAR]! + words[side | FAR_COUNT]! - 1]! | KEY]!;
      this.#rebuild(side, slots, key);
      return key;
    }
    this.giveLadder(words[side | LADDER]!, slots);
    words[side | SLOTS] = words[side | LADDER] = 0;
    return noKey;
  }

  /** The highest slot below `index` that holds a level, or -1. */
  #highestBelow(side: number, index: number): number {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const leaves = words[side | LADDER]! + slots;
    const nodes = leaves + (slots >>> 5);
    let leaf = index >>> 5;
    let bits = leaf < slots >>> 5 ? words[leaves + leaf]! & lowerBits(index) : 0;
    if (bits === 0) {
      let node = leaf >>> 5;
      const nodeCount = (slots + 1023) >>> 10;
      let nodeBits = node < nodeCount ? words[nodes + node]! & lowerBits(leaf) : 0;
      if (nodeBits === 0) {
        const topBits = words[nodes + nodeCount]! & (node > 31 ? -1 : lowerBits(node));
        if (topBits === 0) return -1;
        node = 31 - Math.clz32(topBits);
        nodeBits = words[nodes + node]!;
      }
      leaf = (node << 5) + 31 - Math.clz32(nodeBits);
      bits = words[leaves + leaf]!;
    }
    return (leaf << 5) + 31 - Math.clz32(bits);
  }

  /** A level whose key has no slot: the ladder moves or grows, or the level joins those far away. */
  #levelOutside(side: number, key: number): number {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    if (slots === 0) {
      const ladder = this.takeLadder(slotsMin);
      this.words[side | LADDER] = ladder;
      this.words[side | SLOTS] = slotsMin;
      this.words[side | BASE] = baseFor(key, slotsMin);
      return this.levelFor(side, key);
    }
    const best = words[side | BEST]!;
    if (key > best) {
      this.#rebuild(side, slots, key);
      return this.levelFor(side, key);
    }
    if (best - words[side | BASE]! < slots >>> 1) {
      this.#rebuild(side, slots, best);
      if (key >= this.words[side | BASE]!) return this.levelFor(side, key);
    }
    const at = this.#farPlace(side, key);
    const there = at < this.words[side | FAR_COUNT]! ? this.words[this.words[side | FAR]! + at]! : 0;
    if (there !== 0 && this.words[there | KEY] === key) return there;
    if (this.#isCrowded(side)) {
      this.#rebuild(side, slots * 2, best);
      return this.levelFor(side, key);
    }
    const level = this.#newLevel(side, key);
    this.#insertFar(side, at, level);
    return level;
  }

  /** Whether so many levels are far away, and levels so dense, that a ladder of twice the size is worth its bytes. */
  #isCrowded(side: number): boolean {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const farCount = words[side | FAR_COUNT]!;
    if (slots >= slotsMax || farCount < slots >>> 3 || (farCount & 7) !== 0) return false;
    const isAmple = this.wordsUsed < ampleWords;
    return this.#countInLadder(side) + farCount >= (isAmple ? slots >>> 2 : (slots >>> 2) * 3);
  }

  #countInLadder(side: number): number {
    const { words } = this;
    const leaves = words[side | LADDER]! + words[side | SLOTS]!;
    let count = 0;
    for (let leaf = words[side | SLOTS]! >>> 5; --leaf >= 0;) count += bitCount(words[leaves + leaf]!);
    return count;
  }

  /** Moves the ladder so that `best` has its place in it, with this many slots. Levels that fall out become far; far ones that fit come in. */
  #rebuild(side: number, slots: number, best: number): void {
    const base = baseFor(best, slots);
    const count = this.#gather(side);
    const oldSlots = this.words[side | SLOTS]!;
    if (oldSlots !== slots) {
      const ladder = this.takeLadder(slots);
      this.giveLadder(this.words[side | LADDER]!, oldSlots);
      this.words[side | LADDER] = ladder;
      this.words[side | SLOTS] = slots;
    }
    this.words[side | BASE] = base;
    this.#comeIn(side, base);
    for (let each = 0; each < count; each++) {
      const level = this.scratch[each]!;
      const key = this.words[level | KEY]!;
      if (key < base) this.#insertFar(side, this.words[side | FAR_COUNT]!, level);
      else this.#place(side, key - base, level);
    }
  }

  #comeIn(side: number, base: number): void {
    const { words } = this;
    const far = words[side | FAR]!;
    let farCount = words[side | FAR_COUNT]!;
    if (farCount === 0) return;
    while (farCount > 0) {
      const level = words[far + farCount - 1]!;
      const key = words[level | KEY]!;
      if (key < base) break;
      this.#place(side, key - base, level);
      farCount--;
    }
    words[side | FAR_COUNT] = farCount;
    if (farCount === 0) this.#giveFar(side);
  }

  /** Takes all levels out of the ladder into `scratch`, by ascending key. Returns how many. */
  #gather(side: number): number {
    const { words } = this;
    const slots = words[side | SLOTS]!;
    const ladder = words[side | LADDER]!;
    const leaves = ladder + slots;
    if (this.scratch.length < slots) this.scratch = new Int32Array(slots);
    let count = 0;
    for (let leaf = 0; leaf < slots >>> 5; leaf++) {
      for (let bits = words[leaves + leaf]!; bits !== 0; bits &= bits - 1) {
        const slot = ladder + (leaf << 5) + 31 - Math.clz32(bits & -bits);
        this.scratch[count++] = words[slot]!;
        words[slot] = 0;
      }
      words[leaves + leaf] = 0;
    }
    const nodes = leaves + (slots >>> 5);
    words.fill(0, nodes, nodes + ((slots + 1023) >>> 10) + 1);
    return count;
  }

  /** How many far levels have a key below this one. */
  #farPlace(side: number, key: number): number {
    const { words } = this;
    const far = words[side | FAR]!;
    let low = 0;
    let high = words[side | FAR_COUNT]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (words[words[far + middle]! | KEY]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertFar(side: number, at: number, level: number): void {
    const farCount = this.words[side | FAR_COUNT]!;
    if (farCount === this.words[side | FAR_ROOM]) this.#resizeFar(side, farCount === 0 ? farMin : farCount * 2);
    const { words } = this;
    const far = words[side | FAR]!;
    if (at < farCount) words.copyWithin(far + at + 1, far + at, far + farCount);
    words[far + at] = level;
    words[side | FAR_COUNT] = farCount + 1;
  }

  #closeFar(side: number, key: number): void {
    const { words } = this;
    const far = words[side | FAR]!;
    const farCount = words[side | FAR_COUNT]! - 1;
    const at = this.#farPlace(side, key);
    if (at < farCount) words.copyWithin(far + at, far + at + 1, far + farCount + 1);
    words[side | FAR_COUNT] = farCount;
    if (farCount === 0) this.#giveFar(side);
    else if (words[side | FAR_ROOM]! > farMin && farCount < words[side | FAR_ROOM]! >>> 2)
      this.#resizeFar(side, words[side | FAR_ROOM]! >>> 1);
  }

  #resizeFar(side: number, room: number): void {
    const block = this.takeBlock(room);
    const { words } = this;
    const far = words[side | FAR]!;
    words.copyWithin(block, far, far + words[side | FAR_COUNT]!);
    if (far !== 0) this.giveBlock(far, words[side | FAR_ROOM]!);
    words[side | FAR] = block;
    words[side | FAR_ROOM] = room;
  }

  #giveFar(side: number): void {
    const { words } = this;
    this.giveBlock(words[side | FAR]!, words[side | FAR_ROOM]!);
    words[side | FAR] = words[side | FAR_ROOM] = 0;
  }
}

/** The best key stands at three quarters: prices may rise a quarter of the ladder before it moves. */
function baseFor(best: number, slots: number): number {
  return best - (slots >>> 2) * 3;
}

function lowerBits(index: number): number {
  return (1 << index) - 1;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}
