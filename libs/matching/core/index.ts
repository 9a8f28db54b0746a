// @switchyard/matching-core: the paper venue. Pure: no framework, no clock, no randomness of its own.
export { badField, notTraded } from './bad-request.js';
export { feeSources, type FeeSource } from './fee-sources.js';
export { chargeRates, segments, type ChargeRate, type Segment } from './fee-table.js';
export { feesOf, type ChargedTrade } from './fees.js';
export { Increments, type Refusal } from './increments.js';
export { makerDefaults, makerQuote, type MakerSettings } from './maker.js';
export { PhaseSchedule } from './phase-schedule.js';
export { type VenueSpan } from './session-desk.js';
export { type LatencySettings } from './session-line.js';
export { type TakerSettings } from './takers.js';
export { executionsAbout, executionsOf, type VenueInput } from './turn.js';
export { depthLevelsOf, VenueDesk, type VenueDeskOptions } from './venue-desk.js';
export { type LoggedEvent, type VenueLog } from './venue-log.js';
export { type OnReports } from './venue-books.js';
export { venueSnapshotVersion, type HistoryRow, type VenueSnapshot } from './venue-snapshot.js';
export { Venue, type VisibleOrder } from './venue.js';
