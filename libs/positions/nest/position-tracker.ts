// The parts of the role, made once and wired to each other.
import {
  ACCOUNT_SERVICE,
  type Calls,
  ORDERS_JOURNAL,
  ORDERS_TOPIC,
  POSITIONS_TOPIC,
  type ServiceHandlers,
  TradingState,
} from '@switchyard/contracts';
import { type JournalServiceDefinition, type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type PositionServiceDefinition } from '@switchyard/contracts/gen/positions/v1/service';
import { type EventBus, type Reader } from '@switchyard/platform/bus';
import { journalOf } from '@switchyard/platform/journal';
import { type Lifecycle } from '@switchyard/platform/run-roles';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { FactFolder } from './fold-facts.js';
import { Marks } from './marks.js';
import { PositionFeeds } from './position-feeds.js';
import { PositionPublisher } from './position-publisher.js';
import { type PositionsConfig } from './positions.config.js';
import { positionService } from './positions.service.js';
import { readHeads, readJournal } from './positions.sql.js';

/** The group of the reader: its cursors, its parked accounts, its Kafka group. */
export const positionReader = 'position-tracker';

const parkCallTimeoutMs = 5_000;

export interface PositionTrackerOptions {
  readonly config: PositionsConfig;
  readonly pool: Pool;
  readonly calls: Calls;
  readonly bus: EventBus;
  readonly log: Logger;
}

export class PositionTracker implements Lifecycle {
  readonly handlers: ServiceHandlers<PositionServiceDefinition>;
  readonly readerHandlers: ServiceHandlers<ReaderServiceDefinition>;
  /** The journal of positions.v1, from which its readers fill their gaps. */
  readonly journalHandlers: ServiceHandlers<JournalServiceDefinition>;
  readonly #options: PositionTrackerOptions;
  readonly #reader: Reader;
  readonly #marks: Marks;
  readonly #publisher: PositionPublisher;
  readonly #feeds: PositionFeeds;
  /** Streams of positions.v1 with rows of a transaction that may not have committed yet. */
  readonly #journaled = new Set<string>();

  constructor(options: PositionTrackerOptions) {
    const { config, pool, calls, bus, log } = options;
    this.#options = options;
    this.#marks = new Marks(bus);
    this.#publisher = new PositionPublisher(pool, bus, config, log);
    this.#feeds = new PositionFeeds(pool, positionReader, this.#marks, config.streamIntervalMs, log);
    const folder = new FactFolder(pool);
    this.#reader = bus.read({
      group: positionReader,
      topic: ORDERS_TOPIC,
      pool,
      schema: 'positions',
      producer: ORDERS_JOURNAL,
      effect: async (from, rows) => {
        const { effect, streams } = await folder.effectOf(from, rows);
        for (const stream of streams) this.#journaled.add(stream);
        return effect;
      },
      parked: (stream, key, fromSeq, error) => this.#stopTrading(stream, key, fromSeq, error),
      afterCommit: (rows) => {
        folder.committed();
        this.#publisher.committed(this.#journaled);
        this.#journaled.clear();
        this.#feeds.changed(new Set(rows.map((row) => row.key)));
      },
    });
    this.readerHandlers = this.#reader.handlers;
    this.journalHandlers = journalOf(pool, 'positions');
    this.handlers = positionService({ pool, calls, marks: this.#marks, feeds: this.#feeds, reader: positionReader });
  }

  async start(): Promise<void> {
    const { bus, pool } = this.#options;
    bus.attach({
      heads: () => readHeads(pool),
      topicsOf: () => [POSITIONS_TOPIC],
      read: (stream, fromSeq, limit) => readJournal(pool, stream, fromSeq, limit),
    });
    this.#marks.start();
    this.#publisher.start();
    await this.#reader.start();
  }

  async stop(): Promise<void> {
    await this.#reader.stop();
    await this.#publisher.stop();
    await this.#feeds.stop();
    await this.#marks.stop();
  }

  ready(): true | string {
    return this.#reader.ready();
  }

  /** A parked account's positions are not known: nothing new may be built on them until somebody has replayed it. Its owner is told until it has taken it. */
  async #stopTrading(stream: string, accountId: string, fromSeq: number, error: string): Promise<void> {
    const { calls, log } = this.#options;
    log.fatal(
      { page: true, stream, accountId, fromSeq, reason: error },
      'a fact of an account can not be folded: its positions are stale, and it becomes CANCEL_ONLY. Repair, then ReplayParked',
    );
    const text = `positions are stale since ${stream}#${fromSeq}: ${error}`;
    await calls
      .any(ACCOUNT_SERVICE)
      .setTradingState({ accountId, tradingState: TradingState.CANCEL_ONLY, text }, { timeoutMs: parkCallTimeoutMs });
  }
}
