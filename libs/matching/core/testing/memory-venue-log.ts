// A log in memory, which commits in a later turn, and fails when a test says so.
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { assert } from '@switchyard/kernel';
import { type VenueInput } from '../turn.js';
import { type LoggedEvent, type VenueLog } from '../venue-log.js';

export class MemoryVenueLog implements VenueLog {
  /** Commands, as they were written down before they were executed. */
  readonly recorded: VenueInput[] = [];
  readonly #rows: Uint8Array[] = [];
  #failure: Error | undefined;
  #gate: Promise<void> = Promise.resolve();
  #open: (() => void) | undefined;

  get length(): number {
    return this.#rows.length;
  }

  /** From now on nothing is committed until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open?.();
  }

  /** The next append is refused, and nothing of it written. */
  failNext(failure: Error): void {
    this.#failure = failure;
  }

  record(input: VenueInput, seq: number): void {
    assert(seq <= this.recorded.length + 1, 'no command of the venue is left out');
    // What was recorded beyond the last event and not committed never happened here: the next venue begins before it.
    this.recorded.splice(seq - 1, Infinity, input);
  }

  async append(events: readonly VenueEvent[], firstSeq: number): Promise<readonly Uint8Array[]> {
    assert(firstSeq === this.#rows.length + 1, 'event n of the venue is event n of the log');
    const encoded = events.map((event) => VenueEvent.encode(event).finish());
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#gate;
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    this.#rows.push(...encoded);
    return encoded;
  }

  async *read(fromSeq: number, limit = Infinity): AsyncIterable<readonly LoggedEvent[]> {
    const end = Math.min(this.#rows.length, fromSeq - 1 + limit);
    for (let at = fromSeq - 1; at < end; at += 100) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      yield this.#rows.slice(at, Math.min(at + 100, end)).map((bytes, index) => ({ seq: at + index + 1, event: VenueEvent.decode(bytes) }));
    }
  }
}
