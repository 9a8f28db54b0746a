// The port to where the venue's events become durable.
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type VenueInput } from './turn.js';

/** Where the venue's events become durable. Event n of the venue is event n of the log. */
export interface VenueLog {
  /** Writes a command down right before the venue executes it as its event `seq`: should it never end, or break the venue, it is there to be looked at. */
  record(input: VenueInput, seq: number): void;
  /** Resolves when they are durable, all of them, with each as it is stored. A rejection ends the desk: whether they were written is for the next one to find out. */
  append(events: readonly VenueEvent[], firstSeq: number): Promise<readonly Uint8Array[]>;
  /** Durable events from a number on, in order; at most `limit`. */
  read(fromSeq: number, limit?: number): AsyncIterable<readonly LoggedEvent[]>;
}

export interface LoggedEvent {
  readonly seq: number;
  readonly event: VenueEvent;
}
