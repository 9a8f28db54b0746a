// For every sequence of commands, with every feature: both engines give the same events; a replay gives them again byte for byte, also from a snapshot at any
// point; each session's executions are gapless; positions are the sums of the trades; what an order asked for is filled, open, or ended.
import { describe, expect, it } from '@jest/globals';
import { Side } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind, type Execution } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { DepthFeed } from './engine/depth-feed.js';
import { BookSide, FastEngine, ReferenceEngine, StateWords, type DepthLevel, type MatchingEngine } from './engine/index.js';
import { command, INFY, openingMs, venueWithInstruments } from './testing/venue-builder.js';
import { anyInputs } from './testing/venue-inputs.js';
import { type VenueInput } from './turn.js';
import { type VenueSnapshot } from './venue-snapshot.js';
import { Venue } from './venue.js';

function isLast(execution: Execution): boolean {
  return (
    [ExecutionKind.CANCELED, ExecutionKind.EXPIRED].includes(execution.kind) ||
    (execution.kind !== ExecutionKind.REJECTED && execution.leavesQty === '0')
  );
}

describe('for every sequence of commands', () => {
  it('both engines give the same events, a replay gives them again, and a venue from a snapshot goes on as the one it was taken from', () => {
    fc.assert(
      fc.property(anyInputs, fc.nat(80), (inputs, cut) => {
        const venue = venueWithInstruments(new FastEngine());
        const encoded: Uint8Array[] = [];
        let snapshot = JSON.stringify(venue.snapshot());
        let parts = venue.snapshotParts();
        inputs.forEach((command, at) => {
          encoded.push(VenueEvent.encode(venue.apply(command)).finish());
          venue.validateInternalState();
          if (at === cut) {
            snapshot = JSON.stringify(venue.snapshot());
            parts = venue.snapshotParts();
          }
        });
        // The histories are read only now, after all that came later.
        expect(JSON.stringify({ ...JSON.parse(parts.headJson), histories: [...parts.histories] })).toBe(snapshot);
        const restored = JSON.parse(snapshot) as VenueSnapshot;
        const resumed = new Venue(new FastEngine(), restored);
        expect(resumed.stateHash()).toBe(new Venue(new ReferenceEngine(), restored).stateHash());
        const twin = venueWithInstruments(new ReferenceEngine());
        for (const [replayed, from] of [[twin, 0] as const, [resumed, restored.seq - 2] as const]) {
          for (const bytes of encoded.slice(from)) {
            expect(Buffer.from(VenueEvent.encode(replayed.apply(VenueEvent.decode(bytes))).finish()).equals(bytes)).toBe(true);
          }
          replayed.validateInternalState();
          expect(replayed.stateHash()).toBe(venue.stateHash());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('executions are gapless, trades add up to positions, trade ids are unique, and every order ends at most once', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const venue = venueWithInstruments();
        const lastSeq = new Map<string, number>();
        const net = new Map<string, number>();
        const sides = new Map<string, number>();
        const ended = new Set<string>();
        const tradeIds = new Set<string>();
        for (const command of inputs) {
          if (command.command?.$case === 'orderCommand' && command.command.value.command?.$case === 'newOrder') {
            const { tag, side } = command.command.value.command.value;
            if (!sides.has(tag) && venue.historyOf(tag) === undefined) sides.set(tag, side === Side.BUY ? 1 : -1);
          }
          for (const { sessionId, execution } of venue.apply(command).executions) {
            if (execution === undefined) throw new Error('an execution');
            expect(execution.seq).toBe((lastSeq.get(sessionId) ?? 0) + 1);
            lastSeq.set(sessionId, execution.seq);
            if (execution.kind === ExecutionKind.REJECTED) continue;
            expect(ended.has(execution.orderTag)).toBe(false);
            if (isLast(execution)) ended.add(execution.orderTag);
            else expect(Number(execution.cumQty) + Number(execution.leavesQty)).toBe(Number(execution.orderQty));
            if (execution.kind !== ExecutionKind.TRADE) continue;
            expect(tradeIds.has(execution.tradeId)).toBe(false);
            tradeIds.add(execution.tradeId);
            const key = `${execution.brokerAccountId}/${execution.instrumentId}`;
            net.set(key, (net.get(key) ?? 0) + (sides.get(execution.orderTag) as number) * Number(execution.lastQty));
          }
        }
        for (const [key, sum] of net) {
          const [account = '', instrument = ''] = key.split('/');
          expect(Number(venue.position(account, instrument))).toBe(sum);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('the depth that follows the reports is the depth of the books, also from the middle on', () => {
    fc.assert(
      fc.property(anyInputs, fc.nat(50), (inputs, cut) => {
        const engine = new FastEngine();
        const venue = venueWithInstruments(engine);
        for (const input of inputs.slice(0, cut)) venue.apply(input);
        const state = new StateWords();
        engine.writeState(state);
        const feed = new DepthFeed({ levels: 50, state: state.words });
        const view = new Map<string, string>();
        const see = (book: number, side: BookSide, { price, qty, orders }: DepthLevel): void => {
          const key = `${book} ${side} ${price}`;
          if (orders === 0) view.delete(key);
          else view.set(key, `${qty} of ${orders}`);
        };
        for (const [book, side, level] of levelsOf(engine)) see(book, side, level);
        venue.onReports = (words, from, to) => {
          for (const { book, side, ...level } of feed.take(words, from, to).levels) see(book, side, level);
        };
        for (const input of inputs.slice(cut)) {
          venue.apply(input);
          expect([...view].sort()).toEqual(
            levelsOf(engine)
              .map(([book, side, { price, qty, orders }]) => [`${book} ${side} ${price}`, `${qty} of ${orders}`])
              .sort(),
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('nothing that a session says makes the venue throw', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('', '0', '-1', '1', '100', '1e9', '0.05', '99999999999999999999', 'PAPER-1', INFY, 'a'),
    );
    const number = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 2, 3, 4, 5, Number.MAX_SAFE_INTEGER, openingMs + 1_000));
    const newOrder = fc.record({
      tag: text,
      brokerAccountId: text,
      instrumentId: text,
      side: number,
      ordType: number,
      timeInForce: number,
      orderQty: text,
      price: text,
      stopPx: text,
      displayQty: text,
      marketProtection: text,
      selfTradePrevention: number,
      postOnly: fc.boolean(),
      expireAtMs: number,
      product: number,
    });
    const said: fc.Arbitrary<VenueInput> = fc.oneof(
      newOrder.map((order) => command.newOrder('s1', order)),
      fc.tuple(text, text).map(([tag, target]) => command.cancel('s1', tag, target)),
      fc.tuple(text, text, text, text, text).map((words) => command.replace('s1', ...words)),
    );
    fc.assert(
      fc.property(fc.array(said, { maxLength: 40 }), (inputs) => {
        const venue = venueWithInstruments();
        for (const input of inputs) expect(venue.apply(input).executions.length).toBeGreaterThan(0);
        venue.validateInternalState();
      }),
      { numRuns: 200 },
    );
  });
});

/** Every level of every book that is or was listed, with the book and the side. */
function levelsOf(engine: MatchingEngine): [book: number, side: BookSide, level: DepthLevel][] {
  const levels: [number, BookSide, DepthLevel][] = [];
  for (let book = 0; engine.phase(book) !== undefined; book++) {
    for (const side of [BookSide.BUY, BookSide.SELL]) {
      for (const level of engine.depth(book, side, 1_000)) levels.push([book, side, level]);
    }
  }
  return levels;
}
