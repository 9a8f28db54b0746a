// @switchyard/brokers-core: how a request reaches a broker once, and how a doubt ends. No framework.
export { doubtDefaults, type DoubtSettings } from './doubt.js';
export { coveringHalt, noHalts, type Halts, type HaltSubject } from './halts.js';
export {
  SessionLostError,
  type ChangeOutcome,
  type Failpoint,
  type Pager,
  type SessionChange,
  type SessionContext,
  type SessionStore,
  type SessionTrade,
  type ShardReport,
  type Timers,
} from './ports.js';
export { isUnanswered, moveRequest, type BrokerRequest } from './request.js';
export { sendDefaults, type SendSettings } from './send-side.js';
export { BrokerSession, type BrokerSessionOptions, type SessionSettings, type SessionStatus } from './session.js';
export { RateWindow, SharedWindows, Throttle, type Lane } from './throttle.js';
