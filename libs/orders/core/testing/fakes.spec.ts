import { describe, it } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { startMs } from './builders.js';
import { dispatcherFacts, type DispatcherUnderTest } from './dispatcher-suite.js';
import { FakeDispatcher, FakeRiskGate, FakeSessionBook } from './fakes.js';
import { sessionBookFacts, type SessionBookUnderTest } from './session-book-suite.js';
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

function dispatcherInMemory(): DispatcherUnderTest {
  const dispatcher = new FakeDispatcher();
  const ofSession = <T extends { readonly sessionId: string }>(all: readonly T[], sessionId: string): T[] =>
    all.filter((each) => each.sessionId === sessionId);
  return {
    dispatcher,
    came: async (sessionId) => ofSession(dispatcher.sent, sessionId).map(({ command }) => command.brokerRequestId),
    acked: async (sessionId) => ofSession(dispatcher.acks, sessionId).map(({ seq }) => seq),
    detach: async (sessionId) => dispatcher.detach(sessionId),
    attach: async (sessionId) => dispatcher.attach(sessionId),
    onRedispatch: (redispatch) => (dispatcher.onAttached = redispatch),
  };
}

describe('the dispatcher in memory', () => {
  it.each(dispatcherFacts)('$fact', ({ holds }) => holds(dispatcherInMemory()));
});

function sessionsInMemory(): SessionBookUnderTest {
  const book = new FakeSessionBook();
  let waiting: { leftMs: number; readonly over: Deferred<void> }[] = [];
  book.onWait = (leftMs) => {
    const over = new Deferred<void>();
    waiting.push({ leftMs, over });
    return over.promise;
  };
  return {
    book,
    tell: async (session) => book.put(session),
    pass: async (durationMs) => {
      for (const each of waiting) if ((each.leftMs -= durationMs) <= 0) each.over.resolve();
      waiting = waiting.filter(({ leftMs }) => leftMs > 0);
    },
  };
}

describe('the sessions in memory', () => {
  it.each(sessionBookFacts)('$fact', ({ holds }) => holds(sessionsInMemory()));
});
