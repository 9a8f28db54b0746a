import { assert } from './assert.js';

/** A bounded first-in-first-out queue; all operations take constant time. A full queue refuses, so the caller must decide what then. */
export class RingQueue<T> {
  readonly capacity: number;
  readonly #slots: (T | undefined)[];
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity >= 1, 'the capacity of a queue is a whole number from 1');
    this.capacity = capacity;
    this.#slots = new Array<T | undefined>(capacity).fill(undefined);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds the item at the end; false, and nothing added, when the queue is full. */
  push(item: T): boolean {
    if (this.#length === this.capacity) return false;
    this.#slots[(this.#head + this.#length) % this.capacity] = item;
    this.#length++;
    return true;
  }

  /** The first item, left in its place; undefined when the queue is empty. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Takes the first item; undefined when the queue is empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined; // So that the queue doesn't keep the item alive.
    this.#head = (this.#head + 1) % this.capacity;
    this.#length--;
    return item;
  }

  /** Takes the first `max` items, or all if there are fewer. */
  drainTo(max: number): T[] {
    const items: T[] = [];
    while (items.length < max && this.#length > 0) items.push(this.shift() as T);
    return items;
  }
}
