import { describe, it } from '@jest/globals';
import { MemoryVenueLog } from './memory-venue-log.js';
import { venueLogFacts } from './venue-log-suite.js';

describe('the log in memory', () => {
  it.each(venueLogFacts)('$fact', ({ holds }) => holds(new MemoryVenueLog()));
});
