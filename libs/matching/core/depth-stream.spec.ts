import { describe, expect, it } from '@jest/globals';
import { CallError, Reason, Side, StatusCode } from '@switchyard/contracts';
import { TradingPhase, type StreamDepthResponse } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { type DepthSides } from './depth-changes.js';
import { DepthStream, DepthStreams } from './depth-stream.js';
import { BookSide } from './engine/index.js';
import { DepthReader } from './testing/depth-reader.js';
import { command, INFY, TCS, venueWithInstruments } from './testing/venue-builder.js';
import { anyInputs } from './testing/venue-inputs.js';
import { type VenueInput } from './turn.js';
import { type Venue } from './venue.js';

/** The other end of a stream: what it was sent, and whether it takes more. */
class Reader {
  readonly messages: StreamDepthResponse[] = [];
  readonly book = new DepthReader();
  isFull = false;
  drain: () => void = () => undefined;
  closedWith: CallError | undefined;

  readonly stream = {
    send: (message: StreamDepthResponse): boolean => {
      this.messages.push(message);
      if (message.snapshot) this.book.clear();
      this.book.apply(message.deltas);
      return !this.isFull;
    },
    onDrain: (handler: () => void): void => {
      this.drain = handler;
    },
    cancel: (error?: CallError): void => {
      this.closedWith = error;
    },
  };

  get sides(): DepthSides {
    return { bids: this.book.side(Side.BUY), asks: this.book.side(Side.SELL) };
  }
}

/** The book as the venue has it. */
function levelsOf(venue: Venue, levels: number): DepthSides {
  const depth = venue.depth(INFY, levels);
  if (depth === undefined) throw new Error('INFY is traded');
  const rows = (side: typeof depth.bids): DepthSides['bids'] => side.map((level) => ({ ...level, venueOrderId: '' }));
  return { bids: rows(depth.bids), asks: rows(depth.asks) };
}

function ordersOf(venue: Venue): DepthSides {
  const side = (which: BookSide): DepthSides['bids'] => (venue.orders(INFY, which) ?? []).map((order) => ({ ...order, orders: 1 }));
  return { bids: side(BookSide.BUY), asks: side(BookSide.SELL) };
}

/** The inputs in batches of these sizes, again and again. */
function batchesOf(
  inputs: readonly VenueInput[],
  sizes: readonly { size: number; slow: boolean }[],
): { inputs: readonly VenueInput[]; slow: boolean }[] {
  const batches: { inputs: readonly VenueInput[]; slow: boolean }[] = [];
  for (let at = 0; at < inputs.length;) {
    const { size, slow } = sizes[batches.length % sizes.length] ?? { size: 1, slow: false };
    batches.push({ inputs: inputs.slice(at, at + size), slow });
    at += size;
  }
  return batches;
}

describe('what a reader of depth is told', () => {
  it.each<readonly [form: string, levels: number, byOrder: boolean, look: (venue: Venue) => DepthSides]>([
    ['the best level of each side (L1)', 1, false, (venue) => levelsOf(venue, 1)],
    ['levels (L2)', 3, false, (venue) => levelsOf(venue, 3)],
    ['orders (L3)', 50, true, ordersOf],
  ])(
    '%s: after every batch it has what the venue has, whatever happens; a slow one when it reads again',
    (_form, levels, byOrder, look) => {
      const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), slow: fc.boolean() }), { minLength: 1, maxLength: 10 });
      fc.assert(
        fc.property(anyInputs, cuts, (inputs, sizes) => {
          const all = batchesOf(inputs, sizes);
          const venue = venueWithInstruments();
          const streams = new DepthStreams();
          const [fast, slow] = [new Reader(), new Reader()];
          for (const reader of [fast, slow]) {
            const stream = new DepthStream({
              stream: reader.stream,
              instrumentId: INFY,
              levels,
              byOrder,
              onDrain: () => stream.update(venue),
            });
            streams.add(stream);
            stream.update(venue);
          }
          for (const batch of all) {
            slow.isFull = batch.slow;
            streams.update(
              venue,
              batch.inputs.map((input) => venue.apply(input)),
            );
            expect(fast.sides).toEqual(look(venue));
            if (!batch.slow) slow.drain();
            if (!batch.slow) expect(slow.sides).toEqual(look(venue));
          }
          expect(fast.messages.map(({ snapshot }) => snapshot).lastIndexOf(true)).toBe(0);
          expect(fast.messages.at(-1)?.phase).toBe(venue.phaseOf(INFY));
          expect(slow.messages.length).toBeLessThanOrEqual(all.length + 1);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('is told nothing where nothing changed; a phase is a change', () => {
    const venue = venueWithInstruments();
    const streams = new DepthStreams();
    const reader = new Reader();
    const stream = new DepthStream({ stream: reader.stream, instrumentId: INFY, levels: 5, byOrder: false, onDrain: () => undefined });
    streams.add(stream);
    stream.update(venue);
    streams.update(venue, [venue.apply(command.maker(TCS, '99x1', '101x1'))]);
    streams.update(venue, [venue.apply(command.phase(INFY, TradingPhase.CONTINUOUS))]);
    streams.update(venue, [venue.apply(command.phase(INFY, TradingPhase.HALT))]);
    expect(reader.messages).toEqual([
      { eventSeq: 2, snapshot: true, deltas: [], phase: TradingPhase.CONTINUOUS },
      { eventSeq: 5, snapshot: false, deltas: [], phase: TradingPhase.HALT },
    ]);
    expect(streams.isWatched(TCS)).toBe(false);
    streams.remove(stream);
    expect(streams.isWatched(INFY)).toBe(false);
  });

  it('a reader that is full is sent nothing until it drains, and then one message with all that it missed', () => {
    const venue = venueWithInstruments();
    const streams = new DepthStreams();
    const reader = new Reader();
    const onDrain = (): void => stream.update(venue);
    const stream = new DepthStream({ stream: reader.stream, instrumentId: INFY, levels: 5, byOrder: false, onDrain });
    streams.add(stream);
    reader.isFull = true;
    stream.update(venue);
    for (let at = 1; at <= 100; at++) streams.update(venue, [venue.apply(command.maker(INFY, `99x${at}`, `101x${at}`))]);
    expect(reader.messages).toHaveLength(1);
    reader.isFull = false;
    reader.drain();
    expect(reader.messages).toHaveLength(2);
    expect(reader.sides).toEqual(levelsOf(venue, 5));
  });

  it('is told why, when the venue closes', () => {
    const streams = new DepthStreams();
    const reader = new Reader();
    streams.add(new DepthStream({ stream: reader.stream, instrumentId: INFY, levels: 5, byOrder: false, onDrain: () => undefined }));
    const error = new CallError('the venue moves', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    streams.close(error);
    expect(reader.closedWith).toBe(error);
  });
});
