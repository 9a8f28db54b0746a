// For every sequence of commands: a replay gives the same events byte for byte, also from a snapshot at any point; each session's executions are gapless;
// positions are the sums of the trades; what an order asked for is filled, open, or ended.
import { describe, expect, it } from '@jest/globals';
import { Side, TimeInForce } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind, type Execution } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { ReferenceEngine } from './reference-engine.js';
import { command, INFY, TCS, venueWithInstruments } from './testing/venue-builder.js';
import { type VenueInput } from './turn.js';
import { type VenueSnapshot } from './venue-state.js';
import { Venue } from './venue.js';

const session = fc.constantFrom('s1', 's2');
const instrumentId = fc.constantFrom(INFY, INFY, TCS);
const brokerAccountId = fc.constantFrom('PAPER-1', 'PAPER-2');
const price = fc.integer({ min: 95, max: 105 }).map(String);
const qty = fc.integer({ min: 0, max: 20 }).map(String);
const timeInForce = fc.constantFrom(TimeInForce.DAY, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC);
const tag = fc.integer({ min: 1, max: 60 }).map((n) => `t${n}`);
const order = { tag, side: fc.constantFrom(Side.BUY, Side.SELL), orderQty: qty, timeInForce, instrumentId, brokerAccountId };
const levels = (from: number, step: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }).map((lots) => lots.map((n, at) => `${from + step * at}x${n}`).join(' '));

const input: fc.Arbitrary<VenueInput> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(session, fc.record({ ...order, price })).map(([of, content]) => command.newOrder(of, content)) },
  { weight: 3, arbitrary: fc.tuple(session, fc.record(order)).map(([of, content]) => command.newOrder(of, content)) },
  { weight: 3, arbitrary: fc.tuple(session, tag, tag).map(([of, own, target]) => command.cancel(of, own, target)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(session, tag, tag, qty, fc.option(price, { nil: '' }))
      .map(([of, own, target, total, at]) => command.replace(of, own, target, total, at)),
  },
  { weight: 2, arbitrary: fc.tuple(instrumentId, levels(99, -1), levels(101, 1)).map(([of, bids, asks]) => command.maker(of, bids, asks)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map((day) => command.dayEnd(`2026-04-0${day}`)) },
  { weight: 1, arbitrary: fc.tuple(instrumentId, fc.constantFrom('0.05', '0.1')).map(([of, tick]) => command.list(of, tick)) },
);

function isLast(execution: Execution): boolean {
  return (
    [ExecutionKind.CANCELED, ExecutionKind.EXPIRED].includes(execution.kind) ||
    (execution.kind !== ExecutionKind.REJECTED && execution.leavesQty === '0')
  );
}

describe('for every sequence of commands', () => {
  it('a replay gives the same events, and a venue from a snapshot goes on as the one it was taken from', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), fc.nat(60), (inputs, cut) => {
        const venue = venueWithInstruments();
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
        const resumed = new Venue(new ReferenceEngine(), restored);
        expect(resumed.stateHash()).toBe(new Venue(new ReferenceEngine(), restored).stateHash());
        for (const [replayed, from] of [[venueWithInstruments(), 0] as const, [resumed, restored.seq - 2] as const]) {
          for (const bytes of encoded.slice(from)) {
            expect(Buffer.from(VenueEvent.encode(replayed.apply(VenueEvent.decode(bytes))).finish()).equals(bytes)).toBe(true);
          }
          replayed.validateInternalState();
          expect(replayed.stateHash()).toBe(venue.stateHash());
        }
      }),
      { numRuns: 200 },
    );
  });

  it('executions are gapless, trades add up to positions, trade ids are unique, and every order ends at most once', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 80 }), (inputs) => {
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
      { numRuns: 200 },
    );
  });
});
