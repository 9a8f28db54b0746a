// The parts of the role, made once and wired to each other.
import { BROKERS_TOPIC, type Calls, type ServiceHandlers } from '@switchyard/contracts';
import { SessionEvent } from '@switchyard/contracts/gen/brokers/v1/events';
import { type BrokerServiceDefinition, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type SessionChange } from '@switchyard/brokers-core';
import { type Clock, genesisHash } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { Journal } from '@switchyard/platform/journal';
import { type Lifecycle, type ProcessInfo } from '@switchyard/platform/run-roles';
import { tracePort } from '@switchyard/platform/telemetry';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type BrokersConfig } from './brokers.config.js';
import { brokerService } from './brokers.service.js';
import { sessionSql } from './brokers.sql.js';
import { type KnownBroker } from './connectors.js';
import { DispatchServer } from './dispatch-server.js';
import { HaltGate } from './halt-gate.js';
import { SessionHost } from './session-host.js';
import { JournalSessionStore } from './session-store.js';
import { SessionWatch } from './session-watch.js';

const haltFetchIntervalMs = 500;

export interface BrokersOptions {
  readonly config: BrokersConfig;
  readonly pool: Pool;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly process: ProcessInfo;
  readonly brokers: Readonly<Record<string, KnownBroker>>;
}

export class Brokers implements Lifecycle {
  readonly handlers: ServiceHandlers<typeof BrokerServiceDefinition>;
  readonly #options: BrokersOptions;
  readonly #journal: Journal<SessionChange>;
  readonly #host: SessionHost;
  readonly #gate: HaltGate;
  readonly #dispatch: DispatchServer;
  readonly #watch: SessionWatch;
  #haltTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: BrokersOptions) {
    const { config, pool, calls, clock, log, process, brokers } = options;
    this.#options = options;
    this.#host = new SessionHost({
      pool,
      calls,
      clock,
      log,
      process: process.name,
      config,
      brokers,
      gate: () => this.#gate,
      store: () => new JournalSessionStore(this.#journal, pool, (rows) => this.#dispatch.committed(rows)),
      journal: () => this.#journal,
      changed: (sessionId) => this.#sessionChanged(sessionId),
    });
    this.#journal = new Journal<SessionChange>({
      schema: 'brokers',
      pool,
      process,
      units: () => this.#host.units(),
      hooks: this.#host,
      sql: sessionSql,
      clock,
      log,
      trace: tracePort,
      settings: { heartbeatMs: config.heartbeatMs, holderTimeoutMs: config.holderTimeoutMs },
    });
    this.#gate = new HaltGate(
      pool,
      calls,
      () => this.#journal.holderId,
      () => this.#host.haltsChanged(),
    );
    this.#dispatch = new DispatchServer(this.#host, this.#journal, config.creditWindowMs, log);
    this.#watch = new SessionWatch(pool, this.#host, this.#journal, brokers, log);
    this.handlers = brokerService({
      pool,
      journal: this.#journal,
      host: this.#host,
      gate: this.#gate,
      dispatch: this.#dispatch,
      watch: this.#watch,
      brokers,
      process: process.name,
    });
  }

  async start(): Promise<void> {
    const { log } = this.#options;
    this.#journal.onOwnershipChanged((unit) => {
      this.#host.begin(unit).catch((error: unknown) => log.error({ err: error, unit }, 'a session could not be started'));
      this.#watch.poke();
    });
    await this.#journal.start();
    void this.#fetchHalts();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#haltTimer);
    this.#watch.stop();
    await this.#journal.stop();
  }

  ready(): true | string {
    return this.#journal.ready();
  }

  /** Every process asks for itself, until risk has told the halts. */
  async #fetchHalts(): Promise<void> {
    try {
      await this.#gate.fetch();
    } catch (error) {
      this.#options.log.info({ err: error }, 'risk does not answer yet: orders wait for the halts');
      if (!this.#stopped) this.#haltTimer = setTimeout(() => void this.#fetchHalts(), haltFetchIntervalMs);
    }
  }

  #sessionChanged(sessionId: string): void {
    this.#dispatch.sessionChanged(sessionId);
    this.#watch.poke();
    void this.#publish(sessionId);
  }

  /** Tells the world how a session is. The newest counts, so one that could not be published is made good by the next. */
  async #publish(sessionId: string): Promise<void> {
    const { bus, clock, log } = this.#options;
    const held = this.#host.held().find(({ row }) => row.session_id === sessionId);
    // Only its holder speaks of a session: what a former one says could come after the new one's word.
    if (held === undefined) return;
    const { status } = held.session;
    const atMs = clock.nowMs();
    const event = { sessionId, broker: held.row.broker, atMs, text: `${SessionState[status.state]}: ${status.text}` };
    const payload = Buffer.from(SessionEvent.encode(event).finish());
    try {
      await bus.publish(BROKERS_TOPIC, [
        { stream: `session/${sessionId}`, seq: atMs, hash: Buffer.from(genesisHash), key: sessionId, payload, traceparent: '', atMs },
      ]);
    } catch (error) {
      log.warn({ err: error, sessionId }, 'the state of a session could not be published');
    }
  }
}
