/** A position tracker on a real database, beside an order journal that the test writes. */
import {
  ACCOUNT_SERVICE,
  CallError,
  ORDERS_JOURNAL,
  ORDERS_TOPIC,
  POSITIONS_JOURNAL,
  POSITION_READERS,
  POSITION_SERVICE,
  type Principal,
  QUOTES_TOPIC,
  Reason,
  type ServiceContract,
  StatusCode,
  type Topic,
} from '@switchyard/contracts';
import { Quote } from '@switchyard/contracts/gen/marketdata/v1/service';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type SetTradingStateRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { type JournalRow, type ReadJournalRequest } from '@switchyard/contracts/gen/platform/v1/journal';
import { genesisHash, hashChain, systemClock } from '@switchyard/kernel';
import { DirectBus, type EventBus } from '@switchyard/platform/bus';
import { createCalls } from '@switchyard/platform/calls';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { PositionTracker } from '../position-tracker.js';

const log = pino({ level: 'silent' });

const principals: Readonly<Record<string, Principal>> = {
  demo: { subject: 'demo', roles: [], accounts: { DEMO: ['viewer'] }, expiresAtMs: Infinity },
  other: { subject: 'other', roles: [], accounts: { OTHER: ['trader'] }, expiresAtMs: Infinity },
  ops: { subject: 'ops', roles: ['ops'], accounts: {}, expiresAtMs: Infinity },
};

/** The journal of orders, as its owner would keep it. */
export class OrderJournal {
  readonly #rows = new Map<string, JournalRow[]>();

  /** Appends a fact and returns its row; publish it or not. */
  append(stream: string, event: OrderEvent, payload: Uint8Array = OrderEvent.encode(event).finish()): JournalRow {
    const rows = this.#rows.get(stream) ?? [];
    this.#rows.set(stream, rows);
    const bytes = Buffer.from(payload);
    const hash = Buffer.from(hashChain(rows.at(-1)?.hash ?? genesisHash, bytes));
    const row = { stream, seq: rows.length + 1, hash, key: event.accountId, payload: bytes, traceparent: '', atMs: event.atMs };
    rows.push(row);
    return row;
  }

  heads(): Promise<{ stream: string; seq: number }[]> {
    return Promise.resolve([...this.#rows].map(([stream, rows]) => ({ stream, seq: rows.length })));
  }

  rows({ stream, fromSeq, key, limit }: ReadJournalRequest): JournalRow[] {
    const rows = (this.#rows.get(stream) ?? []).filter((row) => row.seq >= fromSeq && (key === '' || row.key === key));
    return limit === 0 ? rows : rows.slice(0, limit);
  }
}

/** One process: a bus, a tracker, and everything that it calls. */
export class TrackerWorld {
  readonly bus: DirectBus;
  readonly tracker: PositionTracker;
  /** What owners were asked to do. */
  readonly tradingStates: SetTradingStateRequest[] = [];
  /** Rows of positions.v1 that the bus took. */
  readonly published: JournalRow[] = [];
  /** While set, the bus takes no positions. */
  isBusDown = false;
  /** Publications wait for it. */
  publishGate: Promise<void> = Promise.resolve();
  /** While set, owners can't be reached. */
  areOwnersDown = false;
  readonly #calls: ReturnType<typeof createCalls>;

  constructor(
    pool: Pool,
    readonly journal: OrderJournal,
  ) {
    const servicePrincipal: Principal = { subject: 'position-tracker', roles: ['service'], accounts: {}, expiresAtMs: Infinity };
    const handlers = new Map<ServiceContract, unknown>();
    this.#calls = createCalls({
      auth: { verify: async (token) => principals[token ?? ''] ?? servicePrincipal, serviceToken: () => '', servicePrincipal },
      clock: systemClock,
      log,
      freeze: 'deep',
      handlersOf: (contract) => handlers.get(contract) as never,
      serves: [ORDERS_JOURNAL, ACCOUNT_SERVICE, POSITION_SERVICE, POSITION_READERS, POSITIONS_JOURNAL],
      peers: new Map(),
      ownAddress: () => 'here:1',
      remote: { calls: () => ({}) },
    });
    this.bus = new DirectBus({ calls: this.#calls, clock: systemClock, log });
    this.bus.attach({
      heads: () => journal.heads(),
      topicsOf: () => [ORDERS_TOPIC],
      read: async (stream, fromSeq, limit) => journal.rows({ stream, fromSeq, key: '', limit }),
    });
    const bus: EventBus = Object.assign(Object.create(this.bus) as EventBus, {
      read: this.bus.read.bind(this.bus),
      latest: this.bus.latest.bind(this.bus),
      attach: this.bus.attach.bind(this.bus),
      publish: async (topic: Topic, rows: readonly JournalRow[]) => {
        if (this.isBusDown) throw new Error('the broker is down');
        await this.publishGate;
        this.published.push(...rows);
        await this.bus.publish(topic, rows);
      },
    });
    this.tracker = new PositionTracker({
      config: { streamIntervalMs: 20, publishLingerMs: 5, publishRetryMs: 30 },
      pool,
      calls: this.#calls,
      bus,
      log,
    });
    handlers.set(POSITION_SERVICE, this.tracker.handlers);
    handlers.set(POSITION_READERS, this.tracker.readerHandlers);
    handlers.set(POSITIONS_JOURNAL, this.tracker.journalHandlers);
    handlers.set(ORDERS_JOURNAL, {
      readJournal: (request: ReadJournalRequest, stream: { send(message: unknown): boolean; end(): void }) => {
        stream.send({ rows: journal.rows(request) });
        stream.end();
      },
    });
    handlers.set(ACCOUNT_SERVICE, {
      setTradingState: async (request: SetTradingStateRequest) => {
        if (this.areOwnersDown) throw new CallError('no owner', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
        this.tradingStates.push(request);
        return { account: undefined };
      },
    });
  }

  get calls() {
    return this.#calls;
  }

  get positions() {
    return this.#calls.any(POSITION_SERVICE);
  }

  get readers() {
    return this.#calls.any(POSITION_READERS);
  }

  /** Appends facts to the journal and publishes them. */
  async tell(stream: string, ...events: readonly OrderEvent[]): Promise<readonly JournalRow[]> {
    const rows = events.map((event) => this.journal.append(stream, event));
    await this.bus.publish(ORDERS_TOPIC, rows);
    return rows;
  }

  async quote(instrumentId: string, lastPx: string, seq: number): Promise<void> {
    const quote = { instrumentId, seq, atMs: seq, lastPx, bids: [], asks: [], previousClose: lastPx, source: 'test' };
    const payload = Buffer.from(Quote.encode(quote).finish());
    await this.bus.publish(QUOTES_TOPIC, [
      { stream: `quotes/${instrumentId}`, seq, hash: Buffer.from(genesisHash), key: instrumentId, payload, traceparent: '', atMs: seq },
    ]);
  }

  async start(): Promise<this> {
    await this.tracker.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.tracker.stop();
    await this.bus.stop();
  }
}
