// @switchyard/matching-core: the paper venue. Pure: no framework, no clock, no randomness of its own.
export {
  lotsMax,
  ticksMax,
  type DepthLevel,
  type EngineOrder,
  type Fill,
  type MatchingEngine,
  type Placement,
  type RestingOrder,
} from './engine.js';
export { chargeRates, type ChargeRate } from './fee-table.js';
export { feesOf, type ChargedTrade } from './fees.js';
export { Increments, type Refusal } from './increments.js';
export { makerDefaults, makerQuote, type MakerSettings } from './maker.js';
export { ReferenceEngine } from './reference-engine.js';
export { executionsAbout, executionsOf, type VenueInput } from './turn.js';
export { VenueDesk, type VenueDeskOptions, type VenueSpan } from './venue-desk.js';
export { type LoggedEvent, type VenueLog } from './venue-log.js';
export { type HistoryRow, type VenueSnapshot } from './venue-state.js';
export { Venue } from './venue.js';
