// Reports of one session for one shard: taken in their order, folded into events and appended together with the cursor, then acknowledged. One change of
// a session is under way at a time; whatever came meanwhile goes into the next.
import { TradingState } from '@switchyard/contracts';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { assertNever, genesisHash, hashChain, InvariantError, RingQueue, shardHex } from '@switchyard/kernel';
import { notOwnerError, outcomeUnknownError, refusedByJournalError } from './answers.js';
import { eventsOfReport, reportRefOf, type ReportOutcome } from './from-report.js';
import { foldOrder, type Order } from './order.js';
import { type Alarm, type AppendOutcome, type Dispatcher, type OrderJournal, type ParkedRow } from './ports.js';
import { type OrderSlot, type ShardState } from './shard-state.js';
import { type Draft, type ShardWriter } from './shard-writer.js';
import { type OrderEventBody } from './transitions.js';

/** The reader's name in the cursor table. */
const reader = 'orders';

export interface IntakeOptions {
  readonly shard: number;
  readonly sessionId: string;
  /** The last report that is in the journal. */
  readonly cursor: { readonly seq: number; readonly hash: Uint8Array };
  readonly reportsPerChangeMax: number;
  readonly reportsQueuedMax: number;
}

export interface IntakePorts {
  readonly journal: Pick<OrderJournal, 'findParked'>;
  readonly state: ShardState;
  readonly writer: ShardWriter;
  readonly dispatcher: Dispatcher;
  readonly alarm: (alarm: Alarm) => void;
  /** The order in memory or from its row; undefined when there is none. Rejects when the row can't be read. */
  readonly loadOrder: (accountId: string, orderId: string) => OrderSlot | undefined | Promise<OrderSlot | undefined>;
  /** Called after the commit for an order whose placing request was answered by it. */
  readonly placingAnswered: (order: Order) => void;
}

/** What became of a replay. */
export interface Replayed {
  /** Reports that are parked no more. */
  readonly applied: number;
  /** Nothing is parked any more. */
  readonly ended: boolean;
  /** Why the first of the others is parked still; empty where there is none. */
  readonly error: string;
}

/** A change being gathered, and the lanes that it holds. */
interface Batch {
  readonly draft: Draft;
  readonly held: Map<OrderSlot, { order: Order; wasAnswered: boolean }>;
  readonly alarms: Alarm[];
  readonly parkedAccounts: Set<string>;
  count: number;
}

export class ReportIntake {
  readonly #options: IntakeOptions;
  readonly #ports: IntakePorts;
  readonly #stream: string;
  #queue: RingQueue<ReportRow>;
  /** The last report that is in the journal. */
  #cursor: { readonly seq: number; readonly hash: Uint8Array };
  /** The last report that was taken into the change under way. */
  #taken: { readonly seq: number; readonly hash: Uint8Array };
  #replaying: Promise<unknown> = Promise.resolve();
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();
  /** Nothing more is taken: the stream conflicts, or the shard is lost. */
  #stopped = false;

  constructor(options: IntakeOptions, ports: IntakePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#stream = `session/${options.sessionId}/${shardHex(options.shard)}`;
    this.#queue = new RingQueue(options.reportsQueuedMax);
    this.#cursor = options.cursor;
    this.#taken = options.cursor;
  }

  get cursor(): { readonly seq: number; readonly hash: Uint8Array } {
    return this.#cursor;
  }

  /** Takes rows as they come; what does not fit is left to a new attach. */
  take(rows: readonly ReportRow[]): void {
    if (this.#stopped) return;
    for (const row of rows) {
      if (this.#queue.push(row)) continue;
      this.#attachAgain('more reports than fit into memory');
      break;
    }
    if (!this.#isRunning) this.#running = this.#run();
  }

  /** Resolves when everything taken so far has its outcome. */
  idle(): Promise<void> {
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * Folds the parked reports of an account again, in their order, each in one change with the end of its row. What contradicts still stays parked. One
   * replay at a time. Rejects when rows can't be read, or the journal did not take a change.
   */
  replay(accountId: string, traceparent: string): Promise<Replayed> {
    const replayed = this.#replaying.then(() => this.#replay(accountId, traceparent));
    this.#replaying = replayed.catch(() => undefined);
    return replayed;
  }

  async #replay(accountId: string, traceparent: string): Promise<Replayed> {
    let [applied, error, left] = [0, '', 0];
    for (const parked of await this.#ports.journal.findParked(this.#stream, accountId)) {
      const text = await this.#replayOne(parked, traceparent);
      if (text === undefined) applied += 1;
      else if (left++ === 0) error = `${this.#stream}#${parked.fromSeq}: ${text}`;
    }
    return { applied, ended: left === 0, error: left > 1 ? `${error} (and ${left - 1} more)` : error };
  }

  /** @returns why the report is parked still; undefined when it is not. */
  async #replayOne(parked: ParkedRow, traceparent: string): Promise<string | undefined> {
    if (parked.payload.length === 0) return 'an older version parked it without its content';
    const report = Report.decode(parked.payload);
    const batch = this.#newBatch();
    try {
      const slot = await this.#ports.loadOrder(report.accountId, report.orderId);
      await slot?.lane.acquire();
      if (slot !== undefined) batch.held.set(slot, { order: slot.order, wasAnswered: slot.order.placingAnswered });
      const text = this.#fold(batch, { seq: parked.fromSeq, traceparent }, report, slot);
      if (text === undefined) batch.draft.unparked.push(parked);
      else if (text === parked.error) return text;
      else batch.draft.parked.push({ ...parked, error: text });
      const outcome = await this.#ports.writer.append(batch.draft);
      if (outcome.kind !== 'committed') throw notReplayedError(outcome, shardHex(this.#options.shard));
      this.#tell(batch);
      return text;
    } finally {
      this.#release(batch);
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (!this.#stopped && this.#queue.length > 0) {
        const batch = await this.#gather();
        if (batch.count > 0) await this.#commit(batch);
      }
    } catch (error) {
      // A row of ours can't be read now: nothing was acknowledged, so a new attach brings the reports again.
      this.#taken = this.#cursor;
      this.#attachAgain(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isRunning = false;
    }
  }

  #newBatch(): Batch {
    return { draft: this.#ports.writer.draft(), held: new Map(), alarms: [], parkedAccounts: new Set(), count: 0 };
  }

  /** Takes reports until one concerns an order whose lane another change holds, or the change is full. */
  async #gather(): Promise<Batch> {
    const batch = this.#newBatch();
    try {
      while (batch.count < this.#options.reportsPerChangeMax) {
        const row = this.#next();
        if (row === undefined) break;
        const report = this.#decoded(row);
        if (report === undefined) break;
        let slot = this.#ports.loadOrder(report.accountId, report.orderId);
        if (slot instanceof Promise) slot = await slot;
        if (slot !== undefined && !batch.held.has(slot)) {
          if (slot.lane.held && batch.count > 0) break; // Waiting only while holding nothing: no two can wait for each other.
          const turn = slot.lane.acquire();
          if (turn !== undefined) await turn;
          batch.held.set(slot, { order: slot.order, wasAnswered: slot.order.placingAnswered });
        }
        if (this.#queue.peek() === row) this.#queue.shift(); // Unless the queue was emptied for a new attach while this waited.
        this.#taken = { seq: row.seq, hash: row.hash };
        batch.count += 1;
        this.#add(batch, row, report, slot);
      }
      return batch;
    } catch (error) {
      this.#release(batch);
      throw error;
    }
  }

  /** The next new report at the head of the queue; duplicates are dropped, a gap asks for a new attach, a conflict stops the stream. */
  #next(): ReportRow | undefined {
    for (;;) {
      const row = this.#stopped ? undefined : this.#queue.peek();
      if (row === undefined) return undefined;
      if (row.seq <= this.#taken.seq) {
        if (row.seq === this.#taken.seq && !isEqual(row.hash, this.#taken.hash))
          return this.#conflict(row.seq, 'the same report has another hash');
        this.#queue.shift();
        continue;
      }
      if (row.seq !== this.#taken.seq + 1) {
        this.#attachAgain(`report ${this.#taken.seq + 1} is missing before ${row.seq}`);
        return undefined;
      }
      if (!isEqual(row.hash, hashChain(this.#taken.seq === 0 ? genesisHash : this.#taken.hash, row.payload)))
        return this.#conflict(row.seq, 'the hash does not continue the chain');
      return row;
    }
  }

  #decoded(row: ReportRow): Report | undefined {
    try {
      return Report.decode(row.payload);
    } catch (error) {
      return this.#conflict(row.seq, `the report can't be decoded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #conflict(seq: number, text: string): undefined {
    this.#stopped = true;
    this.#ports.alarm({ kind: 'stream-conflict', stream: this.#stream, seq, text });
    return undefined;
  }

  #attachAgain(text: string): void {
    this.#queue = new RingQueue(this.#options.reportsQueuedMax);
    if (!this.#stopped) this.#ports.dispatcher.reattach(this.#options.shard, this.#options.sessionId, text);
  }

  #add(batch: Batch, row: ReportRow, report: Report, slot: OrderSlot | undefined): void {
    const text = this.#fold(batch, row, report, slot);
    if (text !== undefined) this.#park(batch, row, report, text);
  }

  /** Adds to the change what the report means. @returns what it contradicts; undefined where it does not. */
  #fold(batch: Batch, row: Pick<ReportRow, 'seq' | 'traceparent'>, report: Report, slot: OrderSlot | undefined): string | undefined {
    const held = slot === undefined ? undefined : batch.held.get(slot);
    if (slot === undefined || held === undefined) return `there is no order ${report.orderId}`;
    const outcome = understood(held.order, report, row.seq);
    switch (outcome.kind) {
      case 'known':
        return undefined;
      case 'contradiction':
        return outcome.text;
      case 'events': {
        held.order = outcome.after;
        for (const body of outcome.events) {
          batch.draft.add({ accountId: report.accountId, body, traceparent: row.traceparent }, slot);
          if (body.$case === 'tradeBooked' && body.value.late)
            batch.alarms.push({ kind: 'late-trade', accountId: report.accountId, orderId: report.orderId, tradeId: body.value.tradeId });
        }
        return undefined;
      }
      default:
        return assertNever(outcome, 'outcome');
    }
  }

  /** The report is kept for a replay; the account may only cancel until an operator has looked at it. */
  #park(batch: Batch, row: ReportRow, report: Report, text: string): void {
    const { accountId, orderId } = report;
    batch.draft.parked.push({ reader, stream: this.#stream, key: accountId, fromSeq: row.seq, error: text, payload: row.payload });
    batch.alarms.push({ kind: 'contradiction', accountId, orderId, stream: this.#stream, seq: row.seq, text });
    const account = this.#ports.state.account(accountId);
    if (account === undefined || batch.parkedAccounts.has(accountId)) return;
    batch.parkedAccounts.add(accountId);
    if (account.tradingState === TradingState.CANCEL_ONLY || account.tradingState === TradingState.HALTED) return;
    const value = {
      tradingState: TradingState.CANCEL_ONLY,
      text: `Report ${this.#stream}#${row.seq} contradicts: ${text}`,
      actor: 'order-gateway',
    };
    batch.draft.add({ accountId, body: { $case: 'tradingStateChanged', value }, traceparent: row.traceparent });
  }

  async #commit(batch: Batch): Promise<void> {
    const taken = this.#taken;
    try {
      const outcome = await this.#ports.writer.append(batch.draft, [{ reader, stream: this.#stream, ...taken }]);
      switch (outcome.kind) {
        case 'committed':
          this.#committed(batch, taken);
          return;
        case 'lost':
          this.#stopped = true;
          return;
        case 'conflict':
        case 'lapsed':
          this.#conflict(taken.seq, `the journal did not take reports: ${outcome.kind}`);
          return;
        case 'refused':
          this.#conflict(taken.seq, `the journal did not take reports: ${outcome.text}`);
          return;
        default:
          assertNever(outcome, 'outcome');
      }
    } finally {
      this.#release(batch);
    }
  }

  #committed(batch: Batch, taken: { readonly seq: number; readonly hash: Uint8Array }): void {
    this.#cursor = taken;
    const { shard, sessionId } = this.#options;
    this.#ports.dispatcher.ack(shard, sessionId, taken.seq);
    this.#tell(batch);
  }

  /** Tells what was committed. */
  #tell(batch: Batch): void {
    for (const [slot, { wasAnswered }] of batch.held)
      if (!wasAnswered && slot.order.placingAnswered) this.#ports.placingAnswered(slot.order);
    for (const alarm of batch.alarms) this.#ports.alarm(alarm);
  }

  #release({ held }: Batch): void {
    for (const slot of held.keys()) slot.lane.release();
    held.clear();
  }
}

/** The replay may be asked for again: what it did is done once. */
function notReplayedError(outcome: Exclude<AppendOutcome, { kind: 'committed' }>, shard: string): Error {
  switch (outcome.kind) {
    case 'lost':
      return outcome.maybeWritten ? outcomeUnknownError() : notOwnerError(shard);
    case 'refused':
      return refusedByJournalError(outcome.text);
    case 'conflict':
    case 'lapsed':
      return refusedByJournalError(outcome.kind);
    default:
      return assertNever(outcome, 'outcome');
  }
}

type Understood =
  | Exclude<ReportOutcome, { kind: 'events' }>
  | { readonly kind: 'events'; readonly events: readonly OrderEventBody[]; readonly after: Order };

/** What the report means, tried on the order: an event that the fold would not take is a contradiction, found before anything is written. */
function understood(order: Order, report: Report, seq: number): Understood {
  try {
    const outcome = eventsOfReport(order, report, reportRefOf(report, seq));
    if (outcome.kind !== 'events') return outcome;
    let after = order;
    for (const body of outcome.events) after = foldOrder(after, provisional(after, body));
    return { kind: 'events', events: outcome.events, after };
  } catch (error) {
    if (error instanceof InvariantError) return { kind: 'contradiction', text: error.message };
    throw error;
  }
}

/** The event before its numbers are known: decisions depend on none of them. */
function provisional(order: Order, event: OrderEventBody): OrderEvent {
  return {
    accountId: order.accountId,
    accountSeq: order.accountSeq + 1,
    atMs: order.updatedAtMs,
    tradingDate: '',
    process: '',
    state: undefined,
    event,
  };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
