// The role market-data: what it serves, calls and publishes, and how its module is wired. It keeps nothing in Postgres.
import { type Calls, INSTRUMENT_SERVICE, MARKET_DATA_SERVICE, QUOTES_TOPIC } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CALLS, CLOCK, CONFIG, LOG, type Role } from '@switchyard/platform/run-roles';
import { type Logger } from 'pino';
import { Market } from './market.js';
import { type MarketdataConfig, marketdataConfig } from './marketdata.config.js';
import { marketDataService } from './marketdata.service.js';

const MARKET = Symbol('marketdata');

class MarketdataModule {}

/** Quotes of every instrument: simulated, served, published. */
export const marketdataRole: Role = {
  name: 'market-data',
  serves: [MARKET_DATA_SERVICE],
  calls: [INSTRUMENT_SERVICE],
  reads: [],
  publishes: [QUOTES_TOPIC],
  config: marketdataConfig,
  lifecycle: [MARKET],
  module: () => ({
    module: MarketdataModule,
    providers: [
      {
        provide: MARKET,
        inject: [CONFIG('market-data'), CALLS, BUS, CLOCK, LOG],
        useFactory: (config: MarketdataConfig, calls: Calls, bus: EventBus, clock: Clock, log: Logger) =>
          new Market({ config, calls, bus, clock, log }),
      },
      { provide: MARKET_DATA_SERVICE.token, inject: [MARKET], useFactory: (market: Market) => marketDataService(market) },
    ],
    exports: [MARKET, MARKET_DATA_SERVICE.token],
  }),
};
