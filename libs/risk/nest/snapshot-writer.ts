// Stores exposures now and then, beside the stream: losing one costs only a longer rebuild.
import { type Logger } from '@switchyard/platform/log';

/** A shard as far as it matters here. */
export interface Stored {
  readonly shard: number;
  readonly foldedSeq: number;
  snapshot(): Uint8Array;
}

export class SnapshotWriter {
  readonly #storedSeq = new Map<number, number>();
  readonly #due = new Set<Stored>();
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param shards all shards of this process.
   * @param write stores one.
   */
  constructor(
    private readonly shards: () => Iterable<Stored>,
    private readonly write: (shard: number, seq: number, payload: Uint8Array) => Promise<void>,
    private readonly settings: { readonly snapshotFacts: number; readonly snapshotIntervalMs: number },
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#storeChanged(), this.settings.snapshotIntervalMs);
  }

  /** Stores what has changed, so that the next start folds little. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#storeChanged();
    await this.#writing;
  }

  /** A shard has folded a fact. */
  folded(shard: Stored): void {
    if (shard.foldedSeq - this.#seqOf(shard) >= this.settings.snapshotFacts) this.#store(shard);
  }

  #storeChanged(): void {
    for (const shard of this.shards()) if (shard.foldedSeq !== this.#seqOf(shard)) this.#store(shard);
  }

  /** What was read at the start counts as stored only once it is written again: an extra write, and no bookkeeping. */
  #seqOf(shard: Stored): number {
    const seq = this.#storedSeq.get(shard.shard) ?? 0;
    return seq > shard.foldedSeq ? 0 : seq; // The shard was rebuilt from another journal.
  }

  #store(shard: Stored): void {
    this.#due.add(shard);
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined));
  }

  /** One after another, each as it is when its turn comes. */
  async #drain(): Promise<void> {
    for (const shard of this.#due) {
      await Promise.resolve(); // Never inside the turn of the fact that made it due.
      this.#due.delete(shard);
      const seq = shard.foldedSeq;
      this.#storedSeq.set(shard.shard, seq);
      try {
        await this.write(shard.shard, seq, shard.snapshot());
      } catch (error) {
        this.#storedSeq.delete(shard.shard);
        this.log.warn({ err: error, shard: shard.shard }, 'the exposure of a shard could not be stored');
      }
    }
  }
}
