// The role instrument-loader: what it serves and publishes, and how its module is wired.
import { INSTRUMENT_SERVICE, INSTRUMENTS_TOPIC } from '@switchyard/contracts';
import { indianEquities } from '@switchyard/instruments-core';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CLOCK, CONFIG, LOG, POOL, type Role } from '@switchyard/platform/run-roles';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { InstrumentLoader } from './instrument-loader.js';
import { type InstrumentsConfig, instrumentsConfig } from './instruments.config.js';
import { instrumentService } from './instruments.service.js';

const LOADER = Symbol('instruments');

class InstrumentsModule {}

/** The instrument master: loaded, kept, looked up, watched, published. */
export const instrumentsRole: Role = {
  name: 'instrument-loader',
  noun: 'instruments',
  serves: [INSTRUMENT_SERVICE],
  calls: [],
  reads: [],
  publishes: [INSTRUMENTS_TOPIC],
  config: instrumentsConfig,
  lifecycle: [LOADER],
  module: () => ({
    module: InstrumentsModule,
    providers: [
      {
        provide: LOADER,
        inject: [CONFIG('instrument-loader'), POOL('instruments'), BUS, CLOCK, LOG],
        useFactory: (config: InstrumentsConfig, pool: Pool, bus: EventBus, clock: Clock, log: Logger) =>
          new InstrumentLoader({ table: indianEquities, config, pool, bus, clock, log }),
      },
      { provide: INSTRUMENT_SERVICE.token, inject: [LOADER], useFactory: (loader: InstrumentLoader) => instrumentService(loader) },
    ],
    exports: [LOADER, INSTRUMENT_SERVICE.token],
  }),
};
