// The role broker-connector: what it serves, calls and publishes, and how its module is wired.
import { BROKER_SERVICE, BROKERS_TOPIC, type Calls, MATCHING_SERVICE, RISK_SERVICE } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { BUS, CALLS, CLOCK, CONFIG, LOG, POOL, PROCESS, type ProcessInfo, type Role } from '@switchyard/platform/run-roles';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type BrokersConfig, brokersConfig } from './brokers.config.js';
import { Brokers } from './brokers.js';
import { type KnownBroker, knownBrokers } from './connectors.js';

const BROKERS = Symbol('brokers');

class BrokersModule {}

/** Broker sessions, broker requests, sending, reports, doubt. */
export const brokersRole: Role = brokersRoleOf(knownBrokers);

/** The role with these brokers, by code. */
export function brokersRoleOf(brokers: Readonly<Record<string, KnownBroker>>): Role {
  return {
    name: 'broker-connector',
    noun: 'brokers',
    serves: [BROKER_SERVICE],
    calls: [MATCHING_SERVICE, RISK_SERVICE],
    reads: [],
    publishes: [BROKERS_TOPIC],
    config: brokersConfig,
    failpoints: ['brokers.after-write-ahead', 'brokers.before-report'],
    lifecycle: [BROKERS],
    module: () => ({
      module: BrokersModule,
      providers: [
        {
          provide: BROKERS,
          inject: [CONFIG('broker-connector'), POOL('brokers'), CALLS, CLOCK, LOG, BUS, PROCESS],
          useFactory: (config: BrokersConfig, pool: Pool, calls: Calls, clock: Clock, log: Logger, bus: EventBus, process: ProcessInfo) =>
            new Brokers({ config, pool, calls, clock, log, bus, process, brokers }),
        },
        { provide: BROKER_SERVICE.token, inject: [BROKERS], useFactory: (brokers: Brokers) => brokers.handlers },
      ],
      exports: [BROKERS, BROKER_SERVICE.token],
    }),
  };
}
