// The journal of one shard in memory: numbers, hashes, unique requests and cursors as the real one has them, and faults on demand.
import { type OrderEvent as OrderEventType } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { assert, Deferred, genesisHash, hashChain } from '@switchyard/kernel';
import { type Account } from '../account.js';
import { isFinal, type Order } from '../order.js';
import {
  ApprovalLapsedError,
  type AppendOutcome,
  type ClaimKind,
  type OrderJournal,
  type OwnerChange,
  type ParkedRow,
  type RequestScope,
} from '../ports.js';
import { type DirtyState, type SessionCursor, type ShardSnapshot, type TailEvent } from '../owner-options.js';

/** What the next statement does instead of committing. */
export type Fault = 'not-written' | 'unknown-written' | 'unknown-not-written' | 'refused';

interface Pending {
  readonly change: OwnerChange;
  readonly outcome: Deferred<AppendOutcome>;
}

/** Durable tables, shared by the journals (owners) that follow each other on one shard. */
export class InMemoryTables {
  readonly rows: JournalRow[] = [];
  /** The last accountSeq of each account. */
  readonly keySeqs = new Map<string, number>();
  readonly requests = new Map<string, number>();
  /** `kind/id` → the risk group. */
  readonly claims = new Map<string, string>();
  readonly orders = new Map<string, Order>();
  readonly accounts = new Map<string, Account>();
  readonly cursors = new Map<string, { readonly seq: number; readonly hash: Uint8Array }>();
  readonly parked: ParkedRow[] = [];
  flushedSeq = 0;

  unpark({ stream, key, fromSeq }: ParkedRow): void {
    const at = this.parked.findIndex((row) => row.stream === stream && row.key === key && row.fromSeq === fromSeq);
    if (at >= 0) this.parked.splice(at, 1);
  }

  events(): OrderEventType[] {
    return this.rows.map((row) => OrderEvent.decode(row.payload));
  }

  /** What the nest side does with `takeDirty`, in one transaction. */
  flush(dirty: DirtyState): void {
    for (const order of dirty.orders) this.orders.set(order.orderId, order);
    for (const account of dirty.accounts) this.accounts.set(account.accountId, account);
    this.flushedSeq = dirty.seq;
  }

  /** What the nest side loads at acquisition. */
  recovery(shardText: string): { readonly snapshot: ShardSnapshot; readonly tail: readonly TailEvent[] } {
    const cursors: SessionCursor[] = [];
    for (const [stream, { seq, hash }] of this.cursors) {
      const [, sessionId, shard] = stream.split('/');
      if (shard === shardText && sessionId !== undefined) cursors.push({ sessionId, seq, hash });
    }
    const tail = this.rows
      .filter((row) => row.seq > this.flushedSeq)
      .map((row) => ({ seq: row.seq, event: OrderEvent.decode(row.payload) }));
    const orders = [...this.orders.values()].filter((order) => !isFinal(order));
    return { snapshot: { accounts: [...this.accounts.values()], orders, cursors }, tail };
  }
}

/** One holder's journal over the tables. Statements run one at a time: automatically in a later turn, or by `runStatement` when `manual`. */
export class InMemoryOrderJournal implements OrderJournal {
  readonly #tables: InMemoryTables;
  readonly #now: () => number;
  #queue: Pending[] = [];
  #isScheduled = false;
  #isLost = false;
  /** Faults of the next statements, in order. */
  readonly faults: Fault[] = [];
  /** True: statements run only when told to. */
  manual = false;
  /** Every look-up fails while true. */
  readsFail = false;
  /** Look-ups of requests so far. */
  findsCount = 0;

  constructor(tables: InMemoryTables, now: () => number) {
    this.#tables = tables;
    this.#now = now;
  }

  append(change: OwnerChange): Promise<AppendOutcome> {
    const outcome = new Deferred<AppendOutcome>();
    if (this.#isLost) outcome.resolve({ kind: 'lost', maybeWritten: false });
    else {
      this.#queue.push({ change, outcome });
      this.#schedule();
    }
    return outcome.promise;
  }

  #schedule(): void {
    if (this.#isScheduled || this.manual) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.runStatement();
    });
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Another holder has the shard: whatever is queued is lost. */
  lose(maybeWritten = false): void {
    this.#isLost = true;
    for (const { outcome } of this.#queue.splice(0)) outcome.resolve({ kind: 'lost', maybeWritten });
  }

  /** Builds and commits one statement of everything queued. */
  runStatement(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (this.#isLost || batch.length === 0) return;
    const fault = this.faults.shift();
    if (fault === 'unknown-not-written' || fault === 'not-written') return this.#fail(batch, fault !== 'not-written');
    for (const each of batch) {
      if (fault === 'refused') each.outcome.resolve({ kind: 'refused', text: 'a fault of the test' });
      else if (fault === 'unknown-written') this.#write(each);
      else each.outcome.resolve(this.#write(each));
    }
    if (fault === 'unknown-written') this.#fail(batch, true);
  }

  #fail(batch: readonly Pending[], maybeWritten: boolean): void {
    this.#isLost = true;
    for (const { outcome } of [...batch, ...this.#queue.splice(0)]) outcome.resolve({ kind: 'lost', maybeWritten });
  }

  #write({ change }: Pending): AppendOutcome {
    if (change.stillValid?.() === false) return { kind: 'lapsed' };
    const tables = this.#tables;
    const rows: JournalRow[] = [];
    const keySeqs = new Map<string, number>();
    let previous = tables.rows.at(-1);
    try {
      for (const entry of change.entries) {
        const keySeq = (keySeqs.get(entry.key) ?? tables.keySeqs.get(entry.key) ?? 0) + 1;
        keySeqs.set(entry.key, keySeq);
        const seq = (previous?.seq ?? 0) + 1;
        const atMs = this.#now();
        const payload = Buffer.from(entry.encode({ seq, keySeq, atMs }));
        const hash = Buffer.from(hashChain(previous?.hash ?? genesisHash, payload));
        previous = { stream: entry.stream, seq, hash, key: entry.key, payload, traceparent: entry.traceparent, atMs };
        rows.push(previous);
      }
    } catch (error) {
      if (error instanceof ApprovalLapsedError) return { kind: 'lapsed' };
      return { kind: 'refused', text: String(error) };
    }
    const requests = change.extra?.requests ?? [];
    if (requests.some((request) => tables.requests.has(keyOf(request.accountId, request.scope, request.requestId))))
      return { kind: 'conflict' };
    const claims = change.extra?.claims ?? [];
    if (claims.some(({ kind, id, riskGroupId }) => (tables.claims.get(`${kind}/${id}`) ?? riskGroupId) !== riskGroupId))
      return { kind: 'conflict' };
    for (const { kind, id, riskGroupId } of claims) tables.claims.set(`${kind}/${id}`, riskGroupId);
    for (const { accountId, scope, requestId, seq } of requests) tables.requests.set(keyOf(accountId, scope, requestId), seq);
    for (const row of change.extra?.unparked ?? []) tables.unpark(row);
    for (const row of change.extra?.parked ?? []) {
      tables.unpark(row);
      tables.parked.push(row);
    }
    for (const { stream, seq, hash } of change.cursors ?? []) {
      assert(seq > (tables.cursors.get(stream)?.seq ?? 0), 'a cursor moves forward');
      tables.cursors.set(stream, { seq, hash });
    }
    tables.rows.push(...rows);
    for (const [key, keySeq] of keySeqs) tables.keySeqs.set(key, keySeq);
    return { kind: 'committed', rows };
  }

  async findRequest(accountId: string, scope: RequestScope, requestId: string): Promise<OrderEventType | undefined> {
    this.findsCount += 1;
    if (this.readsFail) throw new ReadFailedError('a fault of the test');
    const seq = this.#tables.requests.get(keyOf(accountId, scope, requestId));
    const row = seq === undefined ? undefined : this.#tables.rows[seq - 1];
    return row === undefined ? undefined : OrderEvent.decode(row.payload);
  }

  async findClaim(kind: ClaimKind, id: string): Promise<string | undefined> {
    if (this.readsFail) throw new ReadFailedError('a fault of the test');
    return this.#tables.claims.get(`${kind}/${id}`);
  }

  async findParked(stream: string, key: string): Promise<readonly ParkedRow[]> {
    if (this.readsFail) throw new ReadFailedError('a fault of the test');
    return this.#tables.parked.filter((row) => row.stream === stream && row.key === key).sort((a, b) => a.fromSeq - b.fromSeq);
  }

  async findOrder(accountId: string, orderId: string): Promise<Order | undefined> {
    if (this.readsFail) throw new ReadFailedError('a fault of the test');
    const order = this.#tables.orders.get(orderId);
    return order?.accountId === accountId ? order : undefined;
  }
}

/** What a look-up rejects with when the test says so. */
export class ReadFailedError extends Error {
  override readonly name = 'ReadFailedError';
}

function keyOf(accountId: string, scope: RequestScope, requestId: string): string {
  return `${accountId}/${scope}/${requestId}`;
}
