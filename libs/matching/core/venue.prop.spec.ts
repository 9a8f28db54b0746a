// For every sequence of commands, with every feature: both engines give the same events; a replay gives them again byte for byte, also from a snapshot at any
// point; each session's executions are gapless; positions are the sums of the trades; what an order asked for is filled, open, or ended.
import { describe, expect, it } from '@jest/globals';
import { Side } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { ExecutionKind, type Execution } from '@switchyard/contracts/gen/matching/v1/service';
import fc from 'fast-check';
import { FastEngine, ReferenceEngine } from './engine/index.js';
import { venueWithInstruments } from './testing/venue-builder.js';
import { anyInput } from './testing/venue-inputs.js';
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
      fc.property(fc.array(anyInput, { maxLength: 60 }), fc.nat(60), (inputs, cut) => {
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
      { numRuns: 200 },
    );
  });

  it('executions are gapless, trades add up to positions, trade ids are unique, and every order ends at most once', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 80 }), (inputs) => {
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
