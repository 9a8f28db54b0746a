// The parts of the role, made once and wired to each other.
import { type Meter } from '@opentelemetry/api';
import { type Calls, Reason, type ServiceHandlers } from '@switchyard/contracts';
import { type JournalServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type RiskServiceDefinition } from '@switchyard/contracts/gen/risk/v1/service';
import { assert, type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { type Logger } from '@switchyard/platform/log';
import { type Lifecycle, type ProcessInfo } from '@switchyard/platform/run-roles';
import { type Profile, profiles, type Rules } from '@switchyard/risk-core';
import { type Pool } from 'pg';
import { AttachServer } from './attach-server.js';
import { HaltSpread } from './halt-spread.js';
import { MarketWatch } from './market-watch.js';
import { type RiskConfig } from './risk.config.js';
import { riskService } from './risk.service.js';
import { readSnapshot, writeSnapshot } from './risk.sql.js';
import { RuleKeeper } from './rule-keeper.js';
import { RuleSubjects } from './rule-subjects.js';
import { SnapshotWriter } from './snapshot-writer.js';

export interface RiskOptions {
  readonly config: RiskConfig;
  readonly pool: Pool;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly process: ProcessInfo;
  readonly meter: Meter;
}

export class Risk implements Lifecycle {
  readonly handlers: ServiceHandlers<typeof RiskServiceDefinition>;
  readonly journalHandlers: ServiceHandlers<JournalServiceDefinition>;
  readonly #keeper: RuleKeeper;
  readonly #market: MarketWatch;
  readonly #spread: HaltSpread;
  readonly #snapshots: SnapshotWriter;

  constructor(options: RiskOptions) {
    const { config, pool, calls, clock, log, process } = options;
    assert(
      process.environment !== 'live' || !config.brokers.includes('paper'),
      'the paper broker does not belong to live: set RISK_BROKERS',
    );
    this.#keeper = new RuleKeeper({ ...options, profile: profileOf(config) });
    this.#market = new MarketWatch(calls, clock, log);
    this.#spread = new HaltSpread(this.#keeper, calls, log, config);
    const rules: Rules = {
      book: this.#keeper.book,
      market: this.#market,
      environment: process.environment,
      brokersOfEnvironment: new Set(config.brokers),
    };
    const attach = new AttachServer({
      rules,
      keeper: this.#keeper,
      market: this.#market,
      clock,
      log,
      readSnapshot: (shard) => readSnapshot(pool, shard),
      folded: (shard) => this.#snapshots.folded(shard),
      process: process.name,
      decided: decisionMetrics(options.meter),
    });
    this.#snapshots = new SnapshotWriter(
      () => attach.shards(),
      (shard, seq, payload) => writeSnapshot(pool, shard, seq, payload),
      config,
      log,
    );
    this.journalHandlers = this.#keeper.journalHandlers;
    this.handlers = riskService({
      keeper: this.#keeper,
      subjects: new RuleSubjects(calls, this.#market, rules.brokersOfEnvironment, log),
      spread: this.#spread,
      market: this.#market,
      attach,
      rules,
      calls,
      clock,
      ownAddress: () => process.address,
    });
  }

  async start(): Promise<void> {
    this.#market.start();
    await this.#keeper.start();
    this.#spread.start();
    this.#snapshots.start();
  }

  async stop(): Promise<void> {
    this.#spread.stop();
    this.#market.stop();
    await this.#snapshots.stop();
    await this.#keeper.stop();
  }

  ready(): true | string {
    const keeper = this.#keeper.ready();
    return keeper === true ? this.#market.ready() : keeper;
  }
}

function profileOf(config: RiskConfig): Profile {
  const profile: Profile = profiles[config.profile];
  if (config.commandsPerSecondMax === undefined) return profile;
  return { ...profile, limits: { ...profile.limits, commandsPerSecondMax: config.commandsPerSecondMax } };
}

/** Decisions by the check that failed, and how long they took. */
function decisionMetrics(meter: Meter): (reason: number, tookUs: number) => void {
  const decisions = meter.createCounter('risk_decisions', {
    description: 'decisions by the reason of the first check that failed; none for approvals',
  });
  const seconds = meter.createHistogram('risk_decision_seconds', {
    description: 'time to judge an order',
    advice: { explicitBucketBoundaries: [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2] },
  });
  return (reason, tookUs) => {
    decisions.add(1, { reason: reason === 0 ? 'none' : (Reason[reason] ?? String(reason)) });
    seconds.record(tookUs / 1e6);
  };
}
