// The role risk-engine: what it serves, calls and publishes, and how its module is wired.
import { type Meter } from '@opentelemetry/api';
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  type Calls,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  OWNER_SERVICE,
  RISK_SERVICE,
  RISK_JOURNAL,
  RISK_TOPIC,
} from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { type Logger } from '@switchyard/platform/log';
import { BUS, CALLS, CLOCK, CONFIG, LOG, METRICS, POOL, PROCESS, type ProcessInfo, type Role } from '@switchyard/platform/run-roles';
import { type Pool } from 'pg';
import { Risk } from './risk.js';
import { type RiskConfig, riskConfig } from './risk.config.js';

const RISK = Symbol('risk');

class RiskModule {}

/** Limits, exposure, halts: judges orders before they are accepted. */
export const riskRole: Role = {
  name: 'risk-engine',
  noun: 'risk',
  serves: [RISK_SERVICE, RISK_JOURNAL],
  calls: [OWNER_SERVICE, ACCOUNT_SERVICE, BROKER_SERVICE, INSTRUMENT_SERVICE, MARKET_DATA_SERVICE],
  reads: [],
  publishes: [RISK_TOPIC],
  config: riskConfig,
  lifecycle: [RISK],
  module: () => ({
    module: RiskModule,
    providers: [
      {
        provide: RISK,
        inject: [CONFIG('risk-engine'), POOL('risk'), CALLS, CLOCK, LOG, BUS, PROCESS, METRICS],
        useFactory: (
          config: RiskConfig,
          pool: Pool,
          calls: Calls,
          clock: Clock,
          log: Logger,
          bus: EventBus,
          process: ProcessInfo,
          meter: Meter,
        ) => new Risk({ config, pool, calls, clock, log, bus, process, meter }),
      },
      { provide: RISK_SERVICE.token, inject: [RISK], useFactory: (risk: Risk) => risk.handlers },
      { provide: RISK_JOURNAL.token, inject: [RISK], useFactory: (risk: Risk) => risk.journalHandlers },
    ],
    exports: [RISK, RISK_SERVICE.token, RISK_JOURNAL.token],
  }),
};
