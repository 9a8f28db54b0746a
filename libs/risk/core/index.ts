// @switchyard/risk-core: judges orders before they are accepted. Pure: time and market data are arguments.
export { firstFailure, riskChecks, type CheckContext, type Failure, type RiskCheck, type Scope } from './checks.js';
export { decide, lacksQuote, scopesOf, type Judgement, type Question, type Rules } from './decide.js';
export {
  CannotFoldError,
  Exposure,
  type AccountExposure,
  type GroupExposure,
  type OpenOrder,
  type Reservation,
  type Working,
} from './exposure.js';
export { HaltBook, type HaltedThing } from './halt-book.js';
export {
  MalformedMarketDataError,
  marketQuote,
  tradableInstrument,
  type Market,
  type MarketQuote,
  type TradableInstrument,
} from './market.js';
export { MarketTable } from './market-table.js';
export { accountLimits, checkedLimits, groupLimits, limitsMessage, profiles, type EffectiveLimits, type Profile } from './profiles.js';
export { proposedOrder, protectionDefaultPercent, valuePrice, type ProposedOrder, type Refusal } from './proposed-order.js';
export { RateWindow, rateWindowMs } from './rate-window.js';
export { RiskBook, type KnownHalt } from './risk-book.js';
export { RiskShard, type FromOwner, type ShardPhase, type ToOwner } from './risk-shard.js';
export { decodeSnapshot, encodeSnapshot } from './snapshot.js';
export { Totals, type InstrumentTotals, type Worst } from './totals.js';
