// What a reader of a book's depth is told: the book, then after every batch what changed since it was told last. One that is slow misses what lay between,
// and never what is.
import { type CallError, type MessageStream } from '@switchyard/contracts';
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { TradingPhase, type StreamDepthResponse } from '@switchyard/contracts/gen/matching/v1/service';
import { assertNever } from '@switchyard/kernel';
import { depthChanges, nothingShown, type DepthRow, type DepthSides } from './depth-changes.js';
import { BookSide } from './engine/index.js';
import { partsOf } from './frames.js';
import { type Venue } from './venue.js';

/** Most changes of a message, of at most some 80 bytes each: far below what a message of a stream may have (platform: 4 MiB). */
const deltasMax = 10_000;

export interface DepthStreamOptions {
  readonly stream: Pick<MessageStream<never, StreamDepthResponse>, 'send' | 'onDrain' | 'cancel'>;
  readonly instrumentId: string;
  /** Of a side. */
  readonly levels: number;
  /** Single orders of these levels instead of the levels. */
  readonly byOrder: boolean;
  /** Asked when the reader takes messages again: `update` it when the venue is durable. */
  readonly onDrain: () => void;
}

export class DepthStream {
  readonly #options: DepthStreamOptions;
  #told: DepthSides = nothingShown;
  #phase: TradingPhase | undefined;
  #isFull = false;

  constructor(options: DepthStreamOptions) {
    this.#options = options;
    options.stream.onDrain(() => {
      if (!this.#isFull) return;
      this.#isFull = false;
      options.onDrain();
    });
  }

  get instrumentId(): string {
    return this.#options.instrumentId;
  }

  cancel(error: CallError): void {
    this.#options.stream.cancel(error);
  }

  /** Tells what is new, if anything is; call it when all that the venue knows is durable. */
  update(venue: Venue): void {
    if (this.#isFull) return;
    const { stream, instrumentId } = this.#options;
    const shown = this.#look(venue);
    const phase = venue.phaseOf(instrumentId) ?? TradingPhase.UNSPECIFIED;
    const snapshot = this.#phase === undefined;
    const deltas = depthChanges(this.#told, shown);
    if (!snapshot && deltas.length === 0 && phase === this.#phase) return;
    this.#told = shown;
    this.#phase = phase;
    partsOf(deltas, deltasMax).forEach((part, at) => {
      this.#isFull = !stream.send({ eventSeq: venue.seq, snapshot: snapshot && at === 0, deltas: part, phase });
    });
  }

  #look(venue: Venue): DepthSides {
    const { instrumentId, levels, byOrder } = this.#options;
    if (!byOrder) {
      const { bids, asks } = venue.depth(instrumentId, levels) ?? nothingShown;
      const rows = (side: readonly Omit<DepthRow, 'venueOrderId'>[]): DepthRow[] => side.map((level) => ({ ...level, venueOrderId: '' }));
      return { bids: rows(bids), asks: rows(asks) };
    }
    const side = (which: BookSide): DepthRow[] => {
      const rows: DepthRow[] = [];
      let levelsCount = 0;
      for (const { venueOrderId, price, qty } of venue.orders(instrumentId, which) ?? []) {
        if (rows.at(-1)?.price !== price && ++levelsCount > levels) break;
        rows.push({ price, qty, orders: 1, venueOrderId });
      }
      return rows;
    };
    return { bids: side(BookSide.BUY), asks: side(BookSide.SELL) };
  }
}

/** All readers of depth. */
export class DepthStreams {
  readonly #byInstrument = new Map<string, Set<DepthStream>>();

  isWatched(instrumentId: string): boolean {
    return this.#byInstrument.has(instrumentId);
  }

  add(stream: DepthStream): void {
    const streams = this.#byInstrument.get(stream.instrumentId);
    if (streams === undefined) this.#byInstrument.set(stream.instrumentId, new Set([stream]));
    else streams.add(stream);
  }

  remove(stream: DepthStream): void {
    const streams = this.#byInstrument.get(stream.instrumentId);
    if (streams?.delete(stream) === true && streams.size === 0) this.#byInstrument.delete(stream.instrumentId);
  }

  /** Ends every stream. */
  close(error: CallError): void {
    for (const streams of [...this.#byInstrument.values()]) for (const stream of [...streams]) stream.cancel(error);
    this.#byInstrument.clear();
  }

  /** A batch became durable. */
  update(venue: Venue, events: readonly VenueEvent[]): void {
    if (this.#byInstrument.size === 0) return;
    const touched = touchedBy(events) ?? this.#byInstrument.keys();
    for (const instrumentId of touched) for (const stream of this.#byInstrument.get(instrumentId) ?? []) stream.update(venue);
  }
}

/** Whose books the events may have changed; undefined for any. */
function touchedBy(events: readonly VenueEvent[]): Iterable<string> | undefined {
  const touched = new Set<string>();
  for (const { command, executions } of events) {
    switch (command?.$case) {
      case 'orderCommand': // Whatever it did to a book, a session heard of it.
      case undefined:
        break;
      case 'makerQuote':
      case 'takerOrder':
      case 'listInstrument':
      case 'setPhase':
        touched.add(command.value.instrumentId);
        break;
      case 'massCancel':
      case 'timePassed':
      case 'dayEnd':
        return undefined;
      default:
        assertNever(command, 'the command');
    }
    for (const { execution } of executions) if (execution !== undefined) touched.add(execution.instrumentId);
  }
  return touched;
}
