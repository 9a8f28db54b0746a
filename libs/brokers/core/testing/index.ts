export { aCancel, aNew, aReplace, aSession, tag, type SessionUnderTest, type SteppedTime } from './build.js';
export { InMemoryStore } from './in-memory-store.js';
export { sessionStoreFacts, type SessionStoreUnderTest } from './session-store-suite.js';
export { ScriptedConnector, type Sent } from './scripted-connector.js';
export { aReadySession, orderOf, Time } from './ready-session.js';
