// @switchyard/matching-core/testing: short words for a venue, what every log of a venue holds to, and a venue service in this process.
export { compareEngines, EnginesDiffer, type ComparisonOptions, type ComparisonResult } from './compare-engines.js';
export { InProcessVenue } from './in-process-venue.js';
export { linkedStreams, type LinkedStreams, type Wire } from './linked-streams.js';
export { MemoryVenueLog } from './memory-venue-log.js';
export { RandomCommands } from './random-commands.js';
export { command, INFY, openingMs, TCS, told, venueWithInstruments } from './venue-builder.js';
export { venueLogFacts } from './venue-log-suite.js';
