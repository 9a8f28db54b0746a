// Storage of sessions in memory, with the promises of the real one: order of commits, first insert wins, unique trades, the halt gate that sends back what
// queued behind too, and failure on request.
import { Deferred } from '@switchyard/kernel';
import { type ChangeOutcome, type SessionChange, SessionLostError, type SessionStore, type SessionTrade } from '../ports.js';
import { type BrokerRequest } from '../request.js';

export class InMemoryStore implements SessionStore {
  readonly requests = new Map<string, BrokerRequest>();
  readonly trades = new Map<string, SessionTrade>();
  /** Every committed change, in order. */
  readonly committed: SessionChange[] = [];
  /** The halt version in force where the statements run. */
  haltVersion = 0;
  /** How often a statement was refused, since it was judged by another version. */
  refusedByHalts = 0;
  cursor = '';
  #failing = false;
  #isHolding = false;
  /** What was appended and is not decided, in order. */
  #queue: Pending[] = [];

  append(change: SessionChange): Promise<ChangeOutcome> {
    const pending = { change, done: new Deferred<ChangeOutcome>(), isHeld: this.#isHolding };
    this.#queue.push(pending);
    queueMicrotask(() => this.#decideFirst());
    return pending.done.promise;
  }

  async requestById(id: string): Promise<BrokerRequest | undefined> {
    return this.requests.get(id);
  }

  async requestByTag(tag: string): Promise<BrokerRequest | undefined> {
    return [...this.requests.values()].find((request) => request.command.tag === tag);
  }

  async netQty(brokerAccountId: string, instrumentId: string): Promise<bigint> {
    let net = 0n;
    for (const trade of this.trades.values())
      if (trade.brokerAccountId === brokerAccountId && trade.instrumentId === instrumentId) net += trade.signedQty;
    return net;
  }

  /** The names of all reports so far with the request each is about: "1 accepted". */
  get reports(): string[] {
    return this.committed.flatMap((change) =>
      change.reports.map(({ report }) => `${report.brokerRequestId} ${report.report?.$case ?? ''}`),
    );
  }

  fail(): void {
    this.#failing = true;
  }

  /** From here on commits wait: what is appended is decided when it is released. */
  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
    for (const pending of this.#queue) {
      if (!pending.isHeld) continue;
      pending.isHeld = false;
      queueMicrotask(() => this.#decideFirst());
    }
  }

  #decideFirst(): void {
    const [first] = this.#queue;
    if (first === undefined || first.isHeld) return;
    if (!this.#failing && isJudged(first) && first.change.judgedHaltVersion !== this.haltVersion) return this.#sendBack();
    this.#queue.shift();
    if (this.#failing) first.done.reject(new SessionLostError('the store fails, as the test asked'));
    else first.done.resolve(this.#write(first.change));
  }

  /** The gate is closed for the first: every judged one goes back with it, what is held too, since none of them may pass it. */
  #sendBack(): void {
    const back = this.#queue.filter(isJudged);
    this.#queue = this.#queue.filter((pending) => !isJudged(pending));
    this.refusedByHalts += back.length;
    for (const { done } of back) done.resolve('halts-changed');
  }

  #write(change: SessionChange): ChangeOutcome {
    const tags = new Set([...this.requests.values()].map((request) => request.command.tag));
    if (change.inserts.some((request) => this.requests.has(request.brokerRequestId) || tags.has(request.command.tag))) return 'exists';
    if (change.trades.some((trade) => this.trades.has(keyOf(trade)))) return 'exists';
    for (const request of [...change.inserts, ...change.updates]) this.requests.set(request.brokerRequestId, request);
    for (const trade of change.trades) this.trades.set(keyOf(trade), trade);
    if (change.cursor !== undefined && change.cursor !== '') this.cursor = change.cursor;
    this.committed.push(change);
    return 'committed';
  }
}

interface Pending {
  readonly change: SessionChange;
  readonly done: Deferred<ChangeOutcome>;
  isHeld: boolean;
}

const isJudged = ({ change }: Pending): boolean => change.judgedHaltVersion !== undefined;
const keyOf = (trade: SessionTrade): string => `${trade.brokerAccountId} ${trade.tradeId}`;
