// The role matching-engine: what it serves, calls and publishes, and how its module is wired.
import { INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, MATCHING_SERVICE, MATCHING_TOPIC, type Calls } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CALLS, CLOCK, CONFIG, LOG, POOL, PROCESS, TICK, type ProcessInfo, type Role } from '@switchyard/platform/run-roles';
import { type Tick } from '@switchyard/platform/tick';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { matchingConfig, type MatchingConfig } from './matching.config.js';
import { matchingService } from './matching.service.js';
import { VenueHost } from './venue-host.js';

const VENUE = Symbol('venue');

class MatchingModule {}

/** The paper venue. */
export const matchingRole: Role = {
  name: 'matching-engine',
  noun: 'matching',
  serves: [MATCHING_SERVICE],
  calls: [INSTRUMENT_SERVICE, MARKET_DATA_SERVICE],
  reads: [],
  publishes: [MATCHING_TOPIC],
  config: matchingConfig,
  failpoints: ['matching.after-record', 'matching.after-commit'],
  lifecycle: [VENUE],
  module: () => ({
    module: MatchingModule,
    providers: [
      {
        provide: VENUE,
        inject: [CONFIG('matching-engine'), POOL('matching'), CALLS, CLOCK, LOG, BUS, TICK, PROCESS],
        useFactory: (
          config: MatchingConfig,
          pool: Pool,
          calls: Calls,
          clock: Clock,
          log: Logger,
          bus: EventBus,
          tick: Tick,
          process: ProcessInfo,
        ) => new VenueHost({ config, pool, calls, clock, log, bus, tick, process }),
      },
      { provide: MATCHING_SERVICE.token, inject: [VENUE], useFactory: (venue: VenueHost) => matchingService(venue) },
    ],
    exports: [VENUE, MATCHING_SERVICE.token],
  }),
};
