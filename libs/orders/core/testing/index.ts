// @switchyard/orders-core/testing: builders, ports in memory, and an owner on them.
export {
  accepted,
  aCaller,
  aContent,
  anEvent,
  anExpiry,
  anOrder,
  aPlace,
  aReplace,
  aReport,
  aTrade,
  demoAccountId,
  demoShard,
  FakeSessionJournal,
  foldAll,
  startMs,
} from './builders.js';
export { aDecision, demoInstruments, FakeApproval, FakeDispatcher, FakeRiskGate, FakeSessionBook } from './fakes.js';
export { sessionBookFacts, type SessionBookUnderTest } from './session-book-suite.js';
export { errorOf, OwnerDriver } from './driver.js';
export { OwnerHarness, type HarnessOptions } from './harness.js';
export { dispatcherFacts, type DispatcherUnderTest } from './dispatcher-suite.js';
export { riskGateFacts, type RiskGateUnderTest } from './risk-gate-suite.js';
export { orderJournalFacts, type OrderJournalUnderTest } from './order-journal-suite.js';
export { InMemoryOrderJournal, InMemoryTables, ReadFailedError, type Fault } from './in-memory-journal.js';
