// From facts to committed events: a draft gathers what goes into one change, computes each order after each fact when the numbers are known, and is
// applied to memory, told to listeners and dispatched once the journal has it.
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { assert, shardHex } from '@switchyard/kernel';
import { foldOrder, toOrderState, type Order } from './order.js';
import { ApprovalLapsedError } from './ports.js';
import {
  type AppendOutcome,
  type Approval,
  type ClaimRow,
  type EntryNumbers,
  type OrderJournal,
  type OwnerEntry,
  type ParkedRow,
} from './ports.js';
import { type RequestRow, type StreamCursor } from './ports.js';
import { type OrderSlot, type ShardState } from './shard-state.js';
import { isOpening, isOrderEvent, type EventBody } from './transitions.js';

/** An event that is in the journal. */
export interface CommittedEvent {
  /** Sequence in `orders/<shard>`. */
  readonly seq: number;
  readonly event: OrderEvent;
  /** The event as encoded. */
  readonly payload: Uint8Array;
}

export interface WriterOptions {
  readonly shard: number;
  readonly process: string;
  readonly tradingDateOf: (atMs: number) => string;
}

/** One fact of a draft. What it computes is there once it was encoded. */
class DraftEntry implements OwnerEntry, RequestRow {
  readonly stream: string;
  readonly key: string;
  readonly traceparent: string;
  readonly #body: EventBody;
  readonly #options: WriterOptions;
  readonly approval: Approval | undefined;
  /** Where the order comes from that this fact changes: the draft's former entry of the same order, or the committed one. */
  readonly #before: { readonly order: Order } | undefined;
  #encoded:
    { readonly seq: number; readonly event: OrderEvent; readonly order: Order | undefined; readonly payload: Uint8Array } | undefined;

  constructor(options: WriterOptions, stream: string, fact: Fact, before: { readonly order: Order } | undefined) {
    this.stream = stream;
    this.key = fact.accountId;
    this.traceparent = fact.traceparent;
    this.#body = fact.body;
    this.approval = fact.approval;
    this.#options = options;
    this.#before = before;
  }

  encode({ seq, keySeq, atMs }: EntryNumbers): Uint8Array {
    // The journal asks `stillValid` first; a journal that doesn't can't write a lapsed approval either.
    if (this.approval !== undefined && !this.approval.valid()) throw new ApprovalLapsedError('the attach that gave the approval broke');
    const { process, tradingDateOf } = this.#options;
    const event: OrderEvent = {
      accountId: this.key,
      accountSeq: keySeq,
      atMs,
      tradingDate: tradingDateOf(atMs),
      process,
      state: undefined,
      event: this.#body,
    };
    const order = isOrderEvent(this.#body) ? foldOrder(this.#before?.order, event) : undefined;
    if (order !== undefined) event.state = toOrderState(order) satisfies OrderState;
    const payload = OrderEvent.encode(event).finish();
    this.#encoded = { seq, event, order, payload };
    return payload;
  }

  get committed(): CommittedEvent & { readonly order: Order | undefined } {
    assert(this.#encoded !== undefined, 'an entry is read once it was encoded');
    return this.#encoded;
  }

  get seq(): number {
    return this.committed.seq;
  }

  get order(): Order {
    const { order } = this.committed;
    assert(order !== undefined, 'the entry is of an order');
    return order;
  }

  get accountId(): string {
    return this.key;
  }

  get scope(): 'clOrdId' | 'adjustmentId' {
    return this.#body.$case === 'cashAdjusted' ? 'adjustmentId' : 'clOrdId';
  }

  get requestId(): string {
    if (this.#body.$case === 'cashAdjusted') return this.#body.value.adjustmentId;
    assert('clOrdId' in this.#body.value, 'a request has an id');
    return this.#body.value.clOrdId;
  }

  get orderId(): string {
    return isOrderEvent(this.#body) ? this.#body.value.orderId : '';
  }
}

/** A fact to be written. */
export interface Fact {
  readonly accountId: string;
  readonly body: EventBody;
  readonly traceparent: string;
  /** What allows it: checked whenever the statement is built. */
  readonly approval?: Approval;
}

/** What will be one change. Who adds a fact about an order holds that order's lane. */
export class Draft {
  readonly entries: DraftEntry[] = [];
  readonly requests: RequestRow[] = [];
  readonly claims: ClaimRow[] = [];
  readonly parked: ParkedRow[] = [];
  readonly unparked: ParkedRow[] = [];
  readonly #options: WriterOptions;
  readonly #stream: string;
  /** By order, once there are several entries. */
  #last: Map<string, DraftEntry> | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#stream = `orders/${shardHex(options.shard)}`;
  }

  /** @param slot the order that the fact changes; undefined for a new order, and for a fact of the account. */
  add(fact: Fact, slot?: OrderSlot): void {
    const { body } = fact;
    const orderId = isOrderEvent(body) ? body.value.orderId : undefined;
    const former = orderId === undefined ? undefined : this.#formerOf(orderId);
    assert(slot === undefined || slot.lane.held, "who changes an order holds the order's lane");
    const entry = new DraftEntry(this.#options, this.#stream, fact, former ?? slot);
    this.entries.push(entry);
    this.#last?.set(entry.orderId, entry);
    if (isOpening(body) || isRequest(body)) this.requests.push(entry);
  }

  /** False once an approval behind it has lapsed; undefined where it needs none. */
  get stillValid(): (() => boolean) | undefined {
    if (!this.entries.some(({ approval }) => approval !== undefined)) return undefined;
    return () => this.entries.every(({ approval }) => approval?.valid() !== false);
  }

  #formerOf(orderId: string): DraftEntry | undefined {
    if (this.entries.length === 0) return undefined;
    this.#last ??= new Map(this.entries.map((entry) => [entry.orderId, entry]));
    return this.#last.get(orderId);
  }
}

const requests: ReadonlySet<EventBody['$case']> = new Set([
  'cancelRequested',
  'replaceRequested',
  'requestDenied',
  'cancelAllRequested',
  'cashAdjusted',
]);

function isRequest({ $case }: EventBody): boolean {
  return requests.has($case);
}

/** Appends drafts, one journal order for all, and brings what was committed into memory. */
export class ShardWriter {
  readonly #options: WriterOptions;
  readonly #journal: OrderJournal;
  readonly #state: ShardState;
  readonly #unit: string;
  readonly #listeners = new Set<(events: readonly CommittedEvent[]) => void>();
  readonly #underWay = new Set<Promise<AppendOutcome>>();

  constructor(options: WriterOptions, journal: OrderJournal, state: ShardState) {
    this.#options = options;
    this.#journal = journal;
    this.#state = state;
    this.#unit = `orders/${shardHex(options.shard)}`;
  }

  draft(): Draft {
    return new Draft(this.#options);
  }

  /** Appends the draft. When it is committed, memory shows it and listeners have been told before this resolves. Never rejects. */
  async append(draft: Draft, cursors?: readonly StreamCursor[]): Promise<AppendOutcome> {
    const { entries, requests, claims, parked, unparked } = draft;
    const underWay = this.#journal.append({
      unit: this.#unit,
      entries,
      cursors,
      extra: { requests, claims, parked, unparked },
      stillValid: draft.stillValid,
    });
    this.#underWay.add(underWay);
    try {
      const outcome = await underWay;
      if (outcome.kind === 'committed') this.#applyCommitted(draft);
      return outcome;
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  #applyCommitted({ entries }: Draft): void {
    if (entries.length === 0) return;
    const events = entries.map((entry) => entry.committed);
    for (const { event, seq, order } of events) this.#state.apply(event, seq, order);
    for (const listener of this.#listeners) listener(events);
  }

  onCommitted(listener: (events: readonly CommittedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every append that is under way now has its outcome. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}
