// The role position-tracker: what it serves, calls, reads and publishes, and how its module is wired.
import {
  ACCOUNT_SERVICE,
  type Calls,
  ORDERS_JOURNAL,
  ORDERS_TOPIC,
  POSITION_READERS,
  POSITION_SERVICE,
  POSITIONS_JOURNAL,
  POSITIONS_TOPIC,
  QUOTES_TOPIC,
} from '@switchyard/contracts';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CALLS, CONFIG, LOG, POOL, type Role } from '@switchyard/platform/run-roles';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { PositionTracker } from './position-tracker.js';
import { type PositionsConfig, positionsConfig } from './positions.config.js';

const TRACKER = Symbol('positions');

class PositionsModule {}

/** Positions, P&L and ledger of every account. */
export const positionsRole: Role = {
  name: 'position-tracker',
  noun: 'positions',
  serves: [POSITION_SERVICE, POSITION_READERS, POSITIONS_JOURNAL],
  calls: [ORDERS_JOURNAL, ACCOUNT_SERVICE],
  reads: [ORDERS_TOPIC, QUOTES_TOPIC],
  publishes: [POSITIONS_TOPIC],
  config: positionsConfig,
  lifecycle: [TRACKER],
  module: () => ({
    module: PositionsModule,
    providers: [
      {
        provide: TRACKER,
        inject: [CONFIG('position-tracker'), POOL('positions'), CALLS, BUS, LOG],
        useFactory: (config: PositionsConfig, pool: Pool, calls: Calls, bus: EventBus, log: Logger) =>
          new PositionTracker({ config, pool, calls, bus, log }),
      },
      { provide: POSITION_SERVICE.token, inject: [TRACKER], useFactory: (tracker: PositionTracker) => tracker.handlers },
      { provide: POSITION_READERS.token, inject: [TRACKER], useFactory: (tracker: PositionTracker) => tracker.readerHandlers },
      { provide: POSITIONS_JOURNAL.token, inject: [TRACKER], useFactory: (tracker: PositionTracker) => tracker.journalHandlers },
    ],
    exports: [TRACKER, POSITION_SERVICE.token, POSITION_READERS.token, POSITIONS_JOURNAL.token],
  }),
};
