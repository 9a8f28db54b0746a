import { describe, expect, it } from '@jest/globals';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import fc from 'fast-check';
import { aNew, aReadySession, tag } from './testing/index.js';

type Step =
  | { readonly kind: 'order'; readonly account: 'A' | 'B' }
  | { readonly kind: 'hold' | 'release' | 'halts-told' | 'halts-first-in-the-database' }
  | { readonly kind: 'time'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('order' as const), account: fc.constantFrom('A' as const, 'B' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(0, 1, 100, 251, 300) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('hold' as const, 'release' as const, 'halts-told' as const, 'halts-first-in-the-database' as const),
    }),
  },
);

/** Plays the steps, then lets everything come to its end. */
async function played(steps: readonly Step[]) {
  const under = await aReadySession({ commandsPerSecondMax: 10_000 });
  const { session, store, broker, halt, time } = under;
  let version = 0;
  const ids: Record<'A' | 'B', string[]> = { A: [], B: [] };
  for (const one of steps) {
    switch (one.kind) {
      case 'order': {
        const id = `${one.account}${ids[one.account].length + 1}`;
        ids[one.account].push(id);
        session.dispatch(aNew(id, { accountId: one.account }), 7);
        break;
      }
      case 'hold':
        store.hold();
        break;
      case 'release':
        store.release();
        break;
      case 'halts-told':
        halt({ version: ++version, inForce: [] });
        break;
      case 'halts-first-in-the-database':
        store.haltVersion = ++version;
        break;
      case 'time':
        await time.advanceAsync(one.ms);
    }
  }
  halt({ version, inForce: [] });
  store.release();
  for (let round = 0; round < 20; round++) await time.advanceAsync(50);
  for (const { outcome } of broker.sent) outcome.resolve({ kind: 'accepted', brokerOrderId: 'B' });
  await time.advanceAsync(0);
  return { ...under, ids };
}

describe('whatever the database and the halts do to write-aheads', () => {
  it('orders of an account leave in their order, once, and within 250 ms of their last write-ahead', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { broker, store, ids, lost } = await played(steps);
        const sent = broker.sent.map(({ request }) => request.tag);
        for (const ofAccount of [ids.A, ids.B]) {
          // Nothing here lasts for ten seconds, so that every order leaves.
          expect(sent.filter((one) => ofAccount.some((id) => tag(id) === one))).toEqual(ofAccount.map(tag));
          for (const id of ofAccount) {
            const { state, sendingAtMs = 0, sentAtMs = 0, writeAheads = 0 } = store.requests.get(id) ?? {};
            const isFresh = sentAtMs >= sendingAtMs && sentAtMs - sendingAtMs <= 250;
            expect([id, state, writeAheads > 0, isFresh]).toEqual([id, RequestState.ACCEPTED, true, true]);
          }
        }
        expect(lost).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
