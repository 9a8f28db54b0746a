// Storage of sessions in memory, with the promises of the real one: order of commits, first insert wins, unique trades, the halt gate that sends back what
// queued behind too, and failure on request.
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
  /** While set, commits wait: what was appended is decided when it is released. */
  #held: (() => void)[] | undefined;
  #appended = 0;
  /** What was appended up to here and was judged goes back, as one before it did. */
  #backUpTo = 0;

  async append(change: SessionChange): Promise<ChangeOutcome> {
    const place = ++this.#appended;
    if (this.#held !== undefined) await new Promise<void>((resolve) => this.#held?.push(resolve));
    else await Promise.resolve();
    if (this.#failing) throw new SessionLostError('the store fails, as the test asked');
    if (change.judgedHaltVersion !== undefined && (place <= this.#backUpTo || change.judgedHaltVersion !== this.haltVersion)) {
      this.refusedByHalts++;
      if (place > this.#backUpTo) this.#backUpTo = this.#appended;
      return 'halts-changed';
    }
    const tags = new Set([...this.requests.values()].map((request) => request.command.tag));
    if (change.inserts.some((request) => this.requests.has(request.brokerRequestId) || tags.has(request.command.tag))) return 'exists';
    if (change.trades.some((trade) => this.trades.has(keyOf(trade)))) return 'exists';
    for (const request of [...change.inserts, ...change.updates]) this.requests.set(request.brokerRequestId, request);
    for (const trade of change.trades) this.trades.set(keyOf(trade), trade);
    if (change.cursor !== undefined && change.cursor !== '') this.cursor = change.cursor;
    this.committed.push(change);
    return 'committed';
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

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const resolve of held) resolve();
  }
}

const keyOf = (trade: SessionTrade): string => `${trade.brokerAccountId} ${trade.tradeId}`;
