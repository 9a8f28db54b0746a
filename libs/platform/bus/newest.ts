import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Logger } from 'pino';

/** Hands rows to a handler of `latest`: none that is older than what it had of the same key, and no error of the handler gets out. */
export class Newest {
  readonly #handler: (row: JournalRow) => void;
  readonly #log: Logger;
  readonly #seqs = new Map<string, number>();

  constructor(handler: (row: JournalRow) => void, log: Logger) {
    this.#handler = handler;
    this.#log = log;
  }

  take(row: JournalRow): void {
    // A relay that starts anew publishes again what it may have published before.
    const key = `${row.stream}\0${row.key}`;
    if (row.seq < (this.#seqs.get(key) ?? 0)) return;
    this.#seqs.set(key, row.seq);
    try {
      this.#handler(row);
    } catch (error) {
      this.#log.error({ err: error, stream: row.stream, key: row.key, seq: row.seq }, 'a handler of the newest rows failed');
    }
  }
}
