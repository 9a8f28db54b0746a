// The venue's log in the journal: one unit with one stream, event n of the venue is row n.
import { hasField } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { assert } from '@switchyard/kernel';
import { type LoggedEvent, type VenueLog } from '@switchyard/matching-core';
import { failpoint } from '@switchyard/platform/failpoint';
import { type Entry, type Journal } from '@switchyard/platform/journal';

export const VENUE_UNIT = 'venue';

const executionsField = 8;

export class JournalVenueLog implements VenueLog {
  readonly #journal: Journal;
  /** The journal's hash after the last event that is durable. */
  #lastHash: Uint8Array;
  /** Events appended by this log. */
  #appendedCount = 0;

  constructor(journal: Journal, lastHash: Uint8Array) {
    this.#journal = journal;
    this.#lastHash = lastHash;
  }

  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  get appendedCount(): number {
    return this.#appendedCount;
  }

  /** The journal keeps commands with what they caused, in one row. */
  record(): void {}

  async append(events: readonly VenueEvent[], firstSeq: number): Promise<void> {
    const rows = await this.#journal.append({ unit: VENUE_UNIT, entries: events.map(toEntry) });
    assert(rows[0]?.seq === firstSeq && rows.length === events.length, 'event n of the venue is row n of its stream');
    this.#lastHash = rows.at(-1)?.hash ?? this.#lastHash;
    this.#appendedCount += rows.length;
    failpoint('matching.after-commit');
  }

  async *read(fromSeq: number, limit?: number): AsyncIterable<readonly LoggedEvent[]> {
    for await (const rows of this.#journal.read(VENUE_UNIT, fromSeq, limit === undefined ? {} : { limit })) {
      yield rows.map(({ seq, payload }) => ({ seq, event: VenueEvent.decode(payload) }));
    }
  }
}

function toEntry(event: VenueEvent): Entry {
  const payload = VenueEvent.encode(event).finish();
  const traceparent = event.command?.$case === 'orderCommand' ? event.command.value.traceparent : '';
  return { stream: VENUE_UNIT, key: VENUE_UNIT, traceparent, encode: () => payload };
}

/** Whether an encoded VenueEvent has executions: only such events are for the tape. */
export function hasExecutions(payload: Uint8Array): boolean {
  return hasField(payload, executionsField);
}
