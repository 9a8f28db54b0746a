import { describe, it } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { startMs } from './builders.js';
import { FakeRiskGate } from './fakes.js';
import { riskGateFacts, type RiskGateUnderTest } from './risk-gate-suite.js';

function gateInMemory(): RiskGateUnderTest {
  let nowMs = startMs;
  const gate = new FakeRiskGate({ nowMs: () => nowMs });
  gate.hold = new Deferred(); // Nothing is decided by itself.
  return {
    gate,
    nowMs: () => nowMs,
    asked: async () => gate.checks.map(({ orderId }) => orderId),
    dropped: async () => gate.dropped,
    decide: async (decision) => gate.decide(decision),
    pass: async (durationMs) => {
      nowMs += durationMs;
      gate.sweep();
    },
    break: async () => gate.detach(),
    attach: async () => gate.attach(),
  };
}

describe('the gate to risk in memory', () => {
  it.each(riskGateFacts)('$fact', ({ holds }) => holds(gateInMemory()));
});
