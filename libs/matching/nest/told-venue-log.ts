// The venue's log as its desk sees it: with the places where a test ends the process, and with somebody who is told that there is more.
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type LoggedEvent, type VenueInput, type VenueLog } from '@switchyard/matching-core';
import { failpoint } from '@switchyard/platform/failpoint';

/** Is told of events, and of each as it is stored, when they are durable. */
export type AppendedHandler = (events: readonly VenueEvent[], stored: readonly Uint8Array[], firstSeq: number) => void;

export class ToldVenueLog implements VenueLog {
  readonly #log: VenueLog;
  readonly #onAppended: AppendedHandler;

  constructor(log: VenueLog, onAppended: AppendedHandler) {
    this.#log = log;
    this.#onAppended = onAppended;
  }

  record(input: VenueInput, seq: number): void {
    this.#log.record(input, seq);
    failpoint('matching.after-record');
  }

  async append(events: readonly VenueEvent[], firstSeq: number): Promise<readonly Uint8Array[]> {
    const stored = await this.#log.append(events, firstSeq);
    failpoint('matching.after-commit');
    this.#onAppended(events, stored, firstSeq);
    return stored;
  }

  read(fromSeq: number, limit?: number): AsyncIterable<readonly LoggedEvent[]> {
    return this.#log.read(fromSeq, limit);
  }
}
