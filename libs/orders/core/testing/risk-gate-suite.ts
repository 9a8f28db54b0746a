// What every way to risk holds to: the stream to a risk-engine, and the gate in memory that stands in for it.
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { Reason, RequestKind } from '@switchyard/contracts';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type Approval, type RiskCheck, type RiskGate, type RiskVerdict } from '../ports.js';
import { aContent, demoShard } from './builders.js';
import { aDecision } from './fakes.js';

/** A gate whose shard is attached, and the risk behind it, which decides nothing by itself. */
export interface RiskGateUnderTest {
  readonly gate: RiskGate;
  nowMs(): number;
  /** Orders that risk was asked about, in order. */
  asked(): Promise<readonly string[]>;
  /** Orders whose approval risk was told to drop, in order. */
  dropped(): Promise<readonly string[]>;
  /** Risk decides the oldest check that it has been asked and has not decided. */
  decide(decision: RiskDecision): Promise<void>;
  /** Time goes on, for the gate. */
  pass(durationMs: number): Promise<void>;
  /** The stream breaks, and stays so. */
  break(): Promise<void>;
  /** The shard is attached anew. */
  attach(): Promise<void>;
}

/** Facts about any gate; each is tried with a new one. A spec makes a test of each. */
export const riskGateFacts: readonly { readonly fact: string; readonly holds: (under: RiskGateUnderTest) => Promise<void> }[] = [
  {
    fact: 'gives the verdict that risk gave, with its decision',
    holds: async (under) => {
      const [first, second] = [ask(under, 'O1'), ask(under, 'O2')];
      const [good, bad] = [aDecision({ referencePrice: '1501' }), aDecision({ approved: false, reason: Reason.PRICE_COLLAR, text: 'far' })];
      await under.decide(good);
      await under.decide(bad);
      const approved = await first;
      deepStrictEqual([approved.kind, decisionOf(approved)], ['approved', good]);
      deepStrictEqual(await second, { kind: 'refused', decision: bad });
    },
  },
  {
    fact: 'asks in the order of the calls, and answers in that order',
    holds: async (under) => {
      const answered: string[] = [];
      const ids = ['O1', 'O2', 'O3', 'O4'];
      const all = ids.map((id) => ask(under, id).then(() => answered.push(id)));
      for (const at of ids.keys()) await under.decide(aDecision({ approved: at % 2 === 0 }));
      await Promise.all(all);
      deepStrictEqual([answered, await under.asked()], [ids, ids]);
    },
  },
  {
    fact: 'lets an approval lapse with its attach, for ever, and leaves that of the next attach good',
    holds: async (under) => {
      const before = await approvalOf(under, 'O1');
      strictEqual(before.valid(), true);
      await under.break();
      strictEqual(before.valid(), false);
      await under.attach();
      strictEqual(before.valid(), false);
      const after = await approvalOf(under, 'O2');
      deepStrictEqual([before.valid(), after.valid()], [false, true]);
    },
  },
  {
    fact: 'tells risk to drop what is given back, and nothing of an attach that is over',
    holds: async (under) => {
      const [kept, given] = [await approvalOf(under, 'O1'), await approvalOf(under, 'O2')];
      given.abandon();
      deepStrictEqual(await under.dropped(), ['O2']);
      strictEqual(kept.valid(), true);
      await under.break();
      await under.attach();
      kept.abandon();
      deepStrictEqual(await under.dropped(), ['O2']);
    },
  },
  {
    fact: 'has no answer for what was asked of an attach that ended',
    holds: async (under) => {
      const pending = ask(under, 'O1');
      deepStrictEqual(await under.asked(), ['O1']);
      await under.break();
      strictEqual((await pending).kind, 'unavailable');
      await under.attach();
      await approvalOf(under, 'O2');
    },
  },
  {
    fact: 'has no answer after the deadline of a check, gives back what risk may approve yet, and does not take it for the next one',
    holds: async (under) => {
      const late = ask(under, 'O1', 50);
      const next = ask(under, 'O2', 5_000);
      await under.pass(50);
      strictEqual((await late).kind, 'unavailable');
      deepStrictEqual(await under.dropped(), ['O1']);
      await under.decide(aDecision({ referencePrice: '1' }));
      await under.decide(aDecision({ referencePrice: '2' }));
      strictEqual(decisionOf(await next)?.referencePrice, '2');
    },
  },
  {
    fact: 'asks what came while risk was away once it is back, if there is time left, and has no answer for the rest',
    holds: async (under) => {
      await under.break();
      const [short, long] = [ask(under, 'O1', 50), ask(under, 'O2', 5_000)];
      await under.pass(50);
      strictEqual((await short).kind, 'unavailable');
      deepStrictEqual([await under.asked(), await under.dropped()], [[], []]);
      await under.attach();
      await under.decide(aDecision());
      deepStrictEqual([(await long).kind, await under.asked()], ['approved', ['O2']]);
    },
  },
];

function ask(under: RiskGateUnderTest, orderId: string, withinMs = 60_000): Promise<RiskVerdict> {
  const check: RiskCheck = {
    shard: demoShard,
    accountId: 'DEMO',
    kind: RequestKind.NEW,
    orderId,
    content: aContent({ instrument: 'i-infy' }),
    brokerAccountId: 'PAPER-1',
    broker: 'paper',
    deadlineMs: under.nowMs() + withinMs,
    traceparent: '',
  };
  return under.gate.check(check);
}

async function approvalOf(under: RiskGateUnderTest, orderId: string): Promise<Approval> {
  const asked = ask(under, orderId);
  await under.decide(aDecision());
  const verdict = await asked;
  if (verdict.kind !== 'approved') throw new Error(`${orderId} was not approved: ${verdict.kind}`);
  return verdict.approval;
}

function decisionOf(verdict: RiskVerdict): RiskDecision | undefined {
  return verdict.kind === 'unavailable' ? undefined : verdict.decision;
}
