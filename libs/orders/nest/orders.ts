// The parts of the role, made once and wired to each other.
import { type Calls, type ServiceHandlers } from '@switchyard/contracts';
import {
  type AccountServiceDefinition,
  type OrderServiceDefinition,
  type OwnerServiceDefinition,
} from '@switchyard/contracts/gen/orders/v1/service';
import { type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type JournalServiceDefinition, type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Alarm, CreditBook, HaltTable, indianTradingDate } from '@switchyard/orders-core';
import { type Clock } from '@switchyard/kernel';
import { type EventBus } from '@switchyard/platform/bus';
import { Journal } from '@switchyard/platform/journal';
import { type Lifecycle, type ProcessInfo } from '@switchyard/platform/run-roles';
import { tracePort } from '@switchyard/platform/telemetry';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { accountService, ownerService } from './account.service.js';
import { CallerRates } from './caller-rates.js';
import { DispatchLink } from './dispatch-link.js';
import { EventFeed } from './event-feed.js';
import { Explainer } from './explain.js';
import { InstrumentWatch } from './instrument-watch.js';
import { PgOrderJournal } from './order-journal.js';
import { isAwaited, topicsOf } from './order-topics.js';
import { orderService } from './order.service.js';
import { type OrdersConfig } from './orders.config.js';
import { ownerSql, seqAfter, streamOfShard, type StoredRows } from './orders.sql.js';
import { OwnerRouter } from './owner-router.js';
import { parkedService } from './parked.service.js';
import { randomBlocks } from './random-blocks.js';
import { RiskLink } from './risk-link.js';
import { SessionWatch } from './session-watch.js';
import { ShardHost, shardUnits } from './shard-host.js';

export interface OrdersOptions {
  readonly config: OrdersConfig;
  readonly pool: Pool;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly process: ProcessInfo;
}

export class Orders implements Lifecycle {
  readonly orderHandlers: ServiceHandlers<typeof OrderServiceDefinition>;
  readonly accountHandlers: ServiceHandlers<typeof AccountServiceDefinition>;
  readonly ownerHandlers: ServiceHandlers<typeof OwnerServiceDefinition>;
  readonly journalHandlers: ServiceHandlers<typeof JournalServiceDefinition>;
  readonly readerHandlers: ServiceHandlers<typeof ReaderServiceDefinition>;
  readonly #journal: Journal<StoredRows>;
  readonly #host: ShardHost;
  readonly #risk: RiskLink;
  readonly #dispatch: DispatchLink;
  readonly #sessions: SessionWatch;
  readonly #instruments: InstrumentWatch;

  constructor(options: OrdersOptions) {
    const { config, pool, calls, clock, log, bus, process } = options;
    const halts = new HaltTable();
    const credits = new CreditBook();
    this.#instruments = new InstrumentWatch(calls, log);
    this.#sessions = new SessionWatch(calls, log, () => this.#dispatch.reconcile());
    this.#risk = new RiskLink(
      calls,
      {
        owned: () => this.#host.owned(),
        holderId: () => this.#journal.holderId,
        settled: async (shard) => this.#host.get(shard)?.settled(),
        lastSeq: async (shard) => (await this.#journal.last(streamOfShard(shard))).seq,
        read: (shard, fromSeq) => this.#journal.read(streamOfShard(shard), fromSeq),
      },
      clock,
      log,
      (version, inForce) => void halts.put(version, inForce),
    );
    this.#dispatch = new DispatchLink(calls, this.#sessions, credits, this.#dispatchShards(), log);
    this.#host = new ShardHost({
      pool,
      log,
      flushMs: config.flushMs,
      journal: () => this.#journal,
      owner: {
        process: process.name,
        // Made with the journal below; owners exist only once it owns their shards.
        journal: {
          append: (change) => journalPort.append(change),
          findRequest: (...key) => journalPort.findRequest(...key),
          findClaim: (...key) => journalPort.findClaim(...key),
          findOrder: (...key) => journalPort.findOrder(...key),
          findParked: (...key) => journalPort.findParked(...key),
        },
        risk: this.#risk,
        dispatcher: this.#dispatch,
        instruments: this.#instruments,
        sessions: this.#sessions,
        halts,
        credits,
        clock,
        random: randomBlocks(),
        tradingDateOf: indianTradingDate,
        alarm: (alarm) => raise(alarm, log),
        limits: { riskDeadlineMs: config.riskDeadlineMs, sendWithinMs: config.sendBeforeMs, finalOrdersMax: config.finalOrdersMax },
      },
      acquired: (shard) => {
        this.#risk.acquired(shard);
        this.#dispatch.reconcile();
      },
      dropped: (shard) => {
        this.#risk.dropped(shard);
        this.#dispatch.dropped(shard);
      },
      routed: (shard) => this.#dispatch.attach(shard),
      committed: (shard, events) => this.#risk.committed(shard, events),
    });
    this.#journal = new Journal<StoredRows>({
      schema: 'orders',
      pool,
      process,
      units: () => shardUnits,
      canServe: () => this.#instruments.ready(),
      hooks: this.#host,
      sql: ownerSql,
      publish: topicsOf,
      isAwaited,
      bus,
      clock,
      log,
      trace: tracePort,
      settings: { heartbeatMs: config.heartbeatMs, holderTimeoutMs: config.holderTimeoutMs },
    });
    const journalPort = new PgOrderJournal(this.#journal, pool);
    const router = new OwnerRouter(pool, this.#host, this.#journal, calls, clock, process.name);
    const feed = new EventFeed(
      router,
      this.#host,
      this.#journal,
      calls,
      clock,
      (stream, accountId, accountSeq) => seqAfter(pool, stream, accountId, accountSeq),
      log,
    );
    const explainer = new Explainer(pool, this.#journal, calls);
    const rates = new CallerRates(config.callsPerSecondMax, clock);
    this.orderHandlers = orderService({
      pool,
      clock,
      calls,
      router,
      host: this.#host,
      rates,
      instruments: this.#instruments,
      feed,
      explainer,
    });
    this.accountHandlers = accountService({ pool, clock, calls, router, host: this.#host });
    this.ownerHandlers = ownerService(halts, this.#journal);
    this.journalHandlers = this.#journal.handlers;
    this.readerHandlers = parkedService(pool, router);
  }

  async start(): Promise<void> {
    this.#instruments.start();
    this.#sessions.start();
    this.#journal.onOwnershipChanged((unit) => this.#host.ownershipChanged(unit));
    await this.#journal.start();
    this.#host.start();
    this.#risk.start();
    this.#dispatch.start();
  }

  async stop(): Promise<void> {
    await this.#journal.stop();
    await this.#host.stop();
    this.#dispatch.stop();
    this.#risk.stop();
    this.#sessions.stop();
    this.#instruments.stop();
  }

  ready(): true | string {
    for (const part of [this.#host, this.#journal, this.#instruments, this.#sessions, this.#risk]) {
      const ready = part.ready();
      if (ready !== true) return ready;
    }
    return true;
  }

  #dispatchShards() {
    return {
      owned: () => this.#host.owned(),
      holderId: () => this.#journal.holderId,
      sessionIds: (shard: number) => this.#host.get(shard)?.sessionIds() ?? [],
      cursorOf: (shard: number, sessionId: string) => this.#ownerOf(shard).cursorOf(sessionId),
      takeReports: (shard: number, sessionId: string, rows: readonly ReportRow[]) => this.#host.get(shard)?.takeReports(sessionId, rows),
      redispatch: (shard: number, sessionId: string) => this.#host.get(shard)?.redispatch(sessionId),
    };
  }

  #ownerOf(shard: number) {
    const owner = this.#host.get(shard);
    if (owner === undefined) throw new Error(`shard ${shard} is asked for only while it is owned`);
    return owner;
  }
}

/** Alarms are log lines of the level "error" with `page: true`; alert rules match them. */
function raise(alarm: Alarm, log: Logger): void {
  log.error({ page: true, ...alarm }, `alarm: ${alarm.kind}`);
}
