// How the fast engine finds orders: by their id, by their account, by the time at which they expire.
import { accountMax } from './command.js';
import { ordersMaxDefault } from './engine.js';
import { extraField, orderField, pointerBits } from './fast-layout.js';
import { FastReports } from './fast-reports.js';

const { ID, NEXT_OF_ACCOUNT, PREV_OF_ACCOUNT } = orderField;
const { EXPIRE_AT, DATE_AT } = extraField;
/** 2^32 divided by the golden ratio: its multiples spread neighbouring ids over the whole map. */
const fibonacci = 0x9e3779b1 | 0;
const pointer = pointerBits;
const idsMin = 1 << 9;
/** So many orders have a map of 128 kB, or of half a megabyte. */
const nearOrders = 1 << 12;
const midOrders = 1 << 15;
const datesMin = 1 << 4;
const accountsMin = 1 << 6;

export class FastIndex extends FastReports {
  /** Orders by the hash of their id, at most half full, with linear probing; 0 is empty. Only where orders are: their ids stand in them. */
  protected ids = new Int32Array(idsMin);
  protected idShift = 32 - Math.log2(idsMin);
  openCount = 0;
  /** Two words for each account up to `accountsRoom`: the ends of its circle of orders. */
  protected accounts = 0;
  protected accountsRoom = 0;
  /** Account groups by account; shorter than the largest account when that has none. */
  protected groups = new Int32Array(0);
  /** A binary heap of the orders that expire at a time, the earliest first, then by id. */
  protected dates = new Int32Array(datesMin);
  protected dateCount = 0;

  /** @param ordersMax with so many orders open every NEW is refused (BOOK_FULL). */
  constructor(protected readonly ordersMax = ordersMaxDefault) {
    super();
  }

  /** The place of this order in the map, or the empty place where it belongs: the first guess is right most of the time. */
  protected slotOf(orderId: number): number {
    const slot = (Math.imul(orderId, fibonacci) >>> this.idShift) & pointer;
    const order = this.ids[slot]! & pointer;
    return order === 0 || this.words[order + ID] === orderId ? slot : this.#probe(orderId, slot) & pointer;
  }

  /** The place behind this one. */
  #probe(orderId: number, from: number): number {
    const { words, ids } = this;
    const mask = ids.length - 1;
    let slot = from;
    for (;;) {
      slot = (slot + 1) & mask;
      const order = ids[slot]!;
      if (order === 0 || words[order | ID] === orderId) return slot;
    }
  }

  /** The open order with this id, or 0. */
  protected find(orderId: number): number {
    return this.ids[this.slotOf(orderId)]!;
  }

  /** Empties a place; orders behind it that belong at it or before it move up, so that no search ends too early. */
  protected emptySlot(slot: number): void {
    const { ids } = this;
    if (ids[(slot + 1) & (ids.length - 1)] === 0) ids[slot] = 0;
    else this.#closeUp(slot);
  }

  #closeUp(slot: number): void {
    const { words, ids } = this;
    const mask = ids.length - 1;
    let hole = slot;
    let next = (hole + 1) & mask;
    for (let order = ids[next]!; order !== 0; order = ids[next]!) {
      const home = (Math.imul(words[order | ID]!, fibonacci) >>> this.idShift) | 0;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        ids[hole] = order;
        hole = next;
      }
      next = (next + 1) & mask;
    }
    ids[hole] = 0;
  }

  /** Sizes the map for all the order records that exist: at most half full, and emptier while it fits into near memory. */
  protected fitIds(): void {
    const { orderRecords } = this;
    const spare = orderRecords <= nearOrders ? 8 : orderRecords <= midOrders ? 4 : 2;
    const length = Math.max(idsMin, 2 ** Math.ceil(Math.log2(orderRecords * spare)));
    if (length === this.ids.length) return;
    const { ids } = this;
    this.ids = new Int32Array(length);
    this.idShift = 32 - Math.log2(length);
    for (const order of ids) if (order !== 0) this.ids[this.slotOf(this.words[order | ID]!)] = order;
  }

  /** Makes room for one more order, of an account up to this one. May replace `words`. */
  protected makeRoom(account: number): void {
    this.makeOrderRoom();
    this.fitIds();
    this.ensureAccount(account);
  }

  /** Makes the list of an account that has none yet. May replace `words`. */
  protected ensureAccount(account: number): void {
    if (account < this.accountsRoom) return;
    const room = Math.min(accountMax + 1, Math.max(accountsMin, 2 ** Math.ceil(Math.log2(account + 1))));
    const accounts = this.takeBlock(2 * room);
    const before = this.accounts;
    const { words } = this;
    for (let each = 0; each < room; each++) {
      const ends = endsOf(accounts, each);
      const old = endsOf(before, each);
      const isEmpty = each >= this.accountsRoom || words[old + NEXT_OF_ACCOUNT] === old;
      const first = isEmpty ? ends : words[old + NEXT_OF_ACCOUNT]!;
      const last = isEmpty ? ends : words[old + PREV_OF_ACCOUNT]!;
      words[ends + NEXT_OF_ACCOUNT] = first;
      words[ends + PREV_OF_ACCOUNT] = last;
      words[first + PREV_OF_ACCOUNT] = ends;
      words[last + NEXT_OF_ACCOUNT] = ends;
    }
    if (before !== 0) this.giveBlock(before, 2 * this.accountsRoom);
    this.accounts = accounts;
    this.accountsRoom = room;
  }

  /** What closes the circle of an account's orders. */
  protected accountEnds(account: number): number {
    return endsOf(this.accounts, account);
  }

  protected joinAccount(order: number, account: number): void {
    const { words } = this;
    const ends = endsOf(this.accounts, account) & pointer;
    const first = words[ends + NEXT_OF_ACCOUNT]! & pointer;
    words[order + NEXT_OF_ACCOUNT] = first;
    words[order + PREV_OF_ACCOUNT] = ends;
    words[first + PREV_OF_ACCOUNT] = order;
    words[ends + NEXT_OF_ACCOUNT] = order;
  }

  protected leaveAccount(order: number): void {
    const { words } = this;
    const next = words[order + NEXT_OF_ACCOUNT]! & pointer;
    const prev = words[order + PREV_OF_ACCOUNT]! & pointer;
    words[prev + NEXT_OF_ACCOUNT] = next;
    words[next + PREV_OF_ACCOUNT] = prev;
  }

  /** 0 for none. */
  protected groupOf(account: number): number {
    return account < this.groups.length ? this.groups[account]! : 0;
  }

  protected setGroup(account: number, group: number): void {
    if (account >= this.groups.length) {
      if (group === 0) return;
      const grown = new Int32Array(2 ** Math.ceil(Math.log2(account + 1)));
      grown.set(this.groups);
      this.groups = grown;
    }
    this.groups[account] = group;
  }

  /** An order that expires at its time joins the heap. */
  protected joinDates(order: number): void {
    if (this.dateCount === this.dates.length) this.#resizeDates(this.dates.length * 2);
    this.#raise(this.dateCount++, order);
  }

  protected leaveDates(order: number): void {
    const at = this.words[order + DATE_AT]!;
    const last = this.dates[--this.dateCount]!;
    if (last !== order) this.#sink(this.#raise(at, last), last);
    if (this.dates.length > datesMin && this.dateCount < this.dates.length >>> 2) this.#resizeDates(this.dates.length >>> 1);
  }

  /** Moves an order from `at` up while it is earlier than what is above it. Returns where it ends. */
  #raise(at: number, order: number): number {
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = this.dates[parent]!;
      if (!this.#isEarlier(order, above)) break;
      this.#put(at, above);
      at = parent;
    }
    this.#put(at, order);
    return at;
  }

  #sink(at: number, order: number): void {
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.dateCount) break;
      if (child + 1 < this.dateCount && this.#isEarlier(this.dates[child + 1]!, this.dates[child]!)) child++;
      const below = this.dates[child]!;
      if (!this.#isEarlier(below, order)) break;
      this.#put(at, below);
      at = child;
    }
    this.#put(at, order);
  }

  #put(at: number, order: number): void {
    this.dates[at] = order;
    this.words[order + DATE_AT] = at;
  }

  #isEarlier(one: number, other: number): boolean {
    const { words } = this;
    const at = words[one + EXPIRE_AT]! >>> 0;
    const otherAt = words[other + EXPIRE_AT]! >>> 0;
    return at < otherAt || (at === otherAt && words[one | ID]! < words[other | ID]!);
  }

  #resizeDates(length: number): void {
    const resized = new Int32Array(length);
    resized.set(this.dates.subarray(0, this.dateCount));
    this.dates = resized;
  }

  protected clearIndex(): void {
    this.clearMemory();
    this.ids = new Int32Array(idsMin);
    this.idShift = 32 - Math.log2(idsMin);
    this.dates = new Int32Array(datesMin);
    this.accounts = this.accountsRoom = this.dateCount = this.openCount = 0;
  }
}

/** So that its two words are the account fields of an order there. */
function endsOf(accounts: number, account: number): number {
  return accounts + (account << 1) - NEXT_OF_ACCOUNT;
}
