import { describe, it } from '@jest/globals';
import { InMemoryStore } from './in-memory-store.js';
import { sessionStoreFacts, type SessionStoreUnderTest } from './session-store-suite.js';

function underTest(): SessionStoreUnderTest {
  const store = new InMemoryStore();
  return {
    store,
    sessionId: 's-1',
    told: async () => store.committed.flatMap(({ reports }) => reports.map(({ report }) => report.brokerRequestId)),
    cursor: async () => store.cursor,
    setHaltVersion: async (version) => void (store.haltVersion = version),
    hold: async () => store.hold(),
    waits: () => Promise.resolve(),
    release: async (haltVersion) => {
      store.haltVersion = haltVersion;
      store.release();
    },
    lose: async () => store.fail(),
  };
}

describe('the storage of a session in memory', () => {
  it.each(sessionStoreFacts)('$fact', ({ holds }) => holds(underTest()));
});
