import { type MessageStream } from '@switchyard/contracts';

export interface ConflatedFeedOptions<Item, Message> {
  readonly keyOf: (item: Item) => string;
  /** At most this many items in a message. */
  readonly itemsPerMessageMax: number;
  /** Makes a message; `snapshotEnd` is true once, in the message that ends the snapshot. */
  readonly message: (items: Item[], snapshotEnd: boolean) => Message;
}

/**
 * Feeds a stream whose contract is "all, then what changed, latest per key". While its reader is slow, only the newest item of each key is kept, so it costs at most as
 * much memory as there are keys. Everything that comes in one turn of the event loop goes out together.
 */
export class ConflatedFeed<Item, Message> {
  readonly #stream: MessageStream<never, Message>;
  readonly #options: ConflatedFeedOptions<Item, Message>;
  /** Not sent yet. A Map keeps the place of a key that is set again, so the snapshot stays in front. */
  readonly #pending = new Map<string, Item>();
  #snapshotLeft: number;
  #snapshotEnded = false;
  #blocked = false;
  #scheduled = false;
  #closed = false;

  /** @param onClose called once, when nothing more can be sent. */
  constructor(
    stream: MessageStream<never, Message>,
    snapshot: readonly Item[],
    options: ConflatedFeedOptions<Item, Message>,
    onClose: () => void,
  ) {
    this.#stream = stream;
    this.#options = options;
    for (const item of snapshot) this.#pending.set(options.keyOf(item), item);
    this.#snapshotLeft = this.#pending.size;
    stream.onDrain(() => {
      this.#blocked = false;
      this.#schedule();
    });
    stream.onClose(() => {
      this.#closed = true;
      this.#pending.clear();
      onClose();
    });
    this.#schedule();
  }

  /** Something is new: it is sent when the reader can take it, unless a newer one of the same key comes first. */
  changed(item: Item): void {
    if (this.#closed) return;
    this.#pending.set(this.#options.keyOf(item), item);
    this.#schedule();
  }

  /** Ends the stream without an error; what was not sent yet is dropped. */
  end(): void {
    this.#pending.clear();
    this.#closed = true;
    this.#stream.end();
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#closed && !this.#blocked && (this.#pending.size > 0 || !this.#snapshotEnded)) {
      const items = this.#take();
      const snapshotEnd = !this.#snapshotEnded && this.#snapshotLeft === 0;
      if (snapshotEnd) this.#snapshotEnded = true;
      if (!this.#stream.send(this.#options.message(items, snapshotEnd))) this.#blocked = true;
    }
  }

  /** The first items that fit a message; those of the snapshot come first and are not mixed with others. */
  #take(): Item[] {
    const limit = this.#snapshotEnded ? this.#options.itemsPerMessageMax : Math.min(this.#options.itemsPerMessageMax, this.#snapshotLeft);
    const items: Item[] = [];
    for (const [key, item] of this.#pending) {
      if (items.length >= limit) break;
      items.push(item);
      this.#pending.delete(key);
    }
    if (!this.#snapshotEnded) this.#snapshotLeft -= items.length;
    return items;
  }
}
