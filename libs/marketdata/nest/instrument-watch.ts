// Follows the instrument master over gRPC: what an order needs now does not wait for Kafka. A stream that breaks is opened again and begins with a snapshot.
import { type Calls, INSTRUMENT_SERVICE } from '@switchyard/contracts';
import { type Instrument, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type Logger } from 'pino';

export class InstrumentWatch {
  readonly #calls: Calls;
  readonly #retryMs: number;
  readonly #log: Logger;
  readonly #handler: (instruments: readonly Instrument[]) => void;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #hasSnapshot = false;

  /** @param handler is given every instrument of a snapshot, then those that change; a reconnect repeats instruments. */
  constructor(calls: Calls, retryMs: number, log: Logger, handler: (instruments: readonly Instrument[]) => void) {
    this.#calls = calls;
    this.#retryMs = retryMs;
    this.#log = log;
    this.#handler = handler;
  }

  /** Whether the whole master was seen once; what was seen stays good while the stream is broken. */
  get hasSnapshot(): boolean {
    return this.#hasSnapshot;
  }

  start(): void {
    this.#open();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  #open(): void {
    const stream = this.#calls.any(INSTRUMENT_SERVICE).watchInstruments({}, { signal: this.#abort.signal });
    stream.onMessage(({ instruments, snapshotEnd }: WatchInstrumentsResponse) => {
      this.#handler(instruments);
      if (snapshotEnd) this.#hasSnapshot = true;
    });
    stream.onClose((error) => {
      if (this.#abort.signal.aborted) return;
      this.#log.warn({ err: error }, 'the stream of instruments ended; it is opened again');
      this.#timer = setTimeout(() => this.#open(), this.#retryMs);
    });
  }
}
