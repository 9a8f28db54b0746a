// A request in doubt ends only with evidence: found at the broker by its tag, or proven absent — not found again and again after the quarantine, and the
// broker's position agreeing with our trades. A failed read proves nothing.
import { Reason, RequestKind } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerConnector, type Execution, type LookUp } from '@switchyard/connectors-port';
import { Quantity } from '@switchyard/kernel';
import { type SessionContext, SessionLostError } from './ports.js';
import { doubtResolved, notSent, refused, type ReportCase, reportOf } from './reports.js';
import { type BrokerRequest, moveRequest } from './request.js';
import { type RequestBook } from './request-book.js';

export interface DoubtSettings {
  /** A request can be called absent only this long after it may have left: pause + HTTP timeout + the broker's lateness. */
  readonly quarantineMs: number;
  /** Look-ups that must have found nothing, all after the quarantine. */
  readonly absentLookUpsMin: number;
  readonly lookUpIntervalMs: number;
  readonly lookUpTimeoutMs: number;
  /** Operators are paged when a doubt lasts longer. */
  readonly pageAfterMs: number;
}

export const doubtDefaults: DoubtSettings = {
  quarantineMs: 60_000,
  absentLookUpsMin: 3,
  lookUpIntervalMs: 2000,
  lookUpTimeoutMs: 5000,
  pageAfterMs: 30_000,
};

export interface DoubtSide extends SessionContext {
  readonly sessionId: string;
  readonly connector: BrokerConnector;
  readonly book: RequestBook;
  readonly settings: DoubtSettings;
  onAnswered(request: BrokerRequest): void;
  /** Every doubt has been looked up at least once with a clear answer. */
  onLookedUp(): void;
  onLost(error: SessionLostError): void;
}

interface Doubt {
  absentLookUps: number;
  /** A look-up got a clear answer. */
  lookedUp: boolean;
  paged: boolean;
  cancelTimer: () => void;
}

export class ResolveDoubt {
  readonly #doubts = new Map<string, Doubt>();
  #closed = false;

  constructor(private readonly side: DoubtSide) {}

  /** Requests in doubt that no look-up has answered yet: the session is not reconciled while there are any. */
  get unread(): number {
    let count = 0;
    for (const doubt of this.#doubts.values()) if (!doubt.lookedUp) count++;
    return count;
  }

  /** Starts looking for a request that is IN_DOUBT. */
  begin(request: BrokerRequest): void {
    if (this.#closed || this.#doubts.has(request.brokerRequestId)) return;
    const doubt: Doubt = { absentLookUps: 0, lookedUp: false, paged: false, cancelTimer: () => undefined };
    this.#doubts.set(request.brokerRequestId, doubt);
    doubt.cancelTimer = this.side.timers.after(0, () => void this.#look(request.brokerRequestId, doubt));
  }

  /** The broker's stream or an operator ended the doubt. */
  ended(brokerRequestId: string): void {
    this.#doubts.get(brokerRequestId)?.cancelTimer();
    if (this.#doubts.delete(brokerRequestId) && this.unread === 0) this.side.onLookedUp();
  }

  close(): void {
    this.#closed = true;
    for (const doubt of this.#doubts.values()) doubt.cancelTimer();
    this.#doubts.clear();
  }

  async #look(id: string, doubt: Doubt): Promise<void> {
    const { clock, connector, settings, book } = this.side;
    const request = book.get(id);
    if (this.#closed || request === undefined || request.state !== RequestState.IN_DOUBT) return this.ended(id);
    this.#pageIfOld(request, doubt);
    const lookUp = await connector.lookUp(request.command.tag, clock.nowMs() + settings.lookUpTimeoutMs);
    if (this.#closed || book.get(id)?.state !== RequestState.IN_DOUBT) return this.ended(id);
    try {
      const evidence = lookUp.kind === 'unknown' ? undefined : await this.#evidence(request, lookUp, doubt);
      if (lookUp.kind !== 'unknown' && !doubt.lookedUp) {
        doubt.lookedUp = true;
        if (this.unread === 0) this.side.onLookedUp();
      }
      if (evidence !== undefined && book.get(id)?.state === RequestState.IN_DOUBT) return await this.#end(id, evidence);
    } catch (cause) {
      return this.#lose(cause instanceof SessionLostError ? cause : new SessionLostError('a doubt could not be resolved', { cause }));
    }
    if (!this.#closed && this.#doubts.has(id))
      doubt.cancelTimer = this.side.timers.after(settings.lookUpIntervalMs, () => void this.#look(id, doubt));
  }

  /** What a clear look-up proves; undefined: nothing yet. */
  async #evidence(request: BrokerRequest, lookUp: Exclude<LookUp, { kind: 'unknown' }>, doubt: Doubt): Promise<Evidence | undefined> {
    if (lookUp.kind === 'found') {
      const refusal = lookUp.executions.find((execution) => execution.kind === 'rejected' && execution.tag === request.command.tag);
      if (refusal?.kind === 'rejected')
        return { state: RequestState.REFUSED, text: refusal.text, brokerOrderId: '', report: refused(refusal.reason, refusal.text) };
      const text = `found at the broker by its tag, as ${lookUp.brokerOrderId}`;
      return { state: RequestState.ACCEPTED, text, brokerOrderId: lookUp.brokerOrderId, report: doubtResolved(text) };
    }
    const ofTarget = await this.#evidenceOfTarget(request);
    if (ofTarget !== undefined) return ofTarget;
    if (this.side.clock.nowMs() < request.sendingAtMs + this.side.settings.quarantineMs) return undefined;
    doubt.absentLookUps++;
    if (doubt.absentLookUps < this.side.settings.absentLookUpsMin || !(await this.#positionAgrees(request))) return undefined;
    const text = `not found in ${doubt.absentLookUps} look-ups after ${this.side.settings.quarantineMs} ms, and the position agrees`;
    return { state: RequestState.NOT_SENT, text, brokerOrderId: '', report: notSent(Reason.PROVEN_ABSENT, text) };
  }

  /**
   * A cancel that is not found: what became of its order ends the doubt, for a cancel does no harm twice. Where the order is open another one may go at
   * once; where it is not, there is nothing to cancel. Should it arrive after all, the broker says that the order is canceled.
   */
  async #evidenceOfTarget({ command }: BrokerRequest): Promise<Evidence | undefined> {
    if (command.kind !== RequestKind.CANCEL) return undefined;
    const { connector, clock, settings } = this.side;
    const target = await connector.lookUp(command.targetTag, clock.nowMs() + settings.lookUpTimeoutMs);
    if (target.kind !== 'found' || target.brokerOrderId === '') return undefined;
    const isOpen = isOpenAtBroker(target.executions, command.targetTag, command.content?.orderQty ?? '');
    const reason = isOpen ? Reason.IN_DOUBT : Reason.ORDER_FINAL;
    const text = isOpen
      ? `the broker does not have the cancel, and the order is open there as ${target.brokerOrderId}: it may be canceled again`
      : `the broker does not have the cancel, and the order is not open there any more`;
    return { state: RequestState.REFUSED, text, brokerOrderId: target.brokerOrderId, report: refused(reason, text) };
  }

  async #positionAgrees(request: BrokerRequest): Promise<boolean> {
    const { brokerAccountId, content } = request.command;
    if (content === undefined) return false;
    const { connector, clock, settings, store } = this.side;
    const atBroker = await connector.position(brokerAccountId, content.instrument, clock.nowMs() + settings.lookUpTimeoutMs);
    if (atBroker.kind === 'unknown') return false;
    const parsed = Quantity.parse(atBroker.netQty);
    return parsed.ok && parsed.value === (await store.netQty(brokerAccountId, content.instrument));
  }

  async #end(id: string, evidence: Evidence): Promise<void> {
    const { book, clock, sessionId, process, store } = this.side;
    const request = book.get(id);
    if (request === undefined) return;
    const answeredAtMs = clock.nowMs();
    const moved = moveRequest(request, evidence.state, { answeredAtMs, text: evidence.text, brokerOrderId: evidence.brokerOrderId });
    book.put(moved);
    const reports = [reportOf(moved, evidence.report, { receivedAtMs: answeredAtMs, process })];
    await store.append({ sessionId, inserts: [], updates: [moved], trades: [], reports, cursor: undefined, judgedHaltVersion: undefined });
    this.ended(id);
    this.side.onAnswered(moved);
  }

  #pageIfOld(request: BrokerRequest, doubt: Doubt): void {
    const ageMs = this.side.clock.nowMs() - request.sendingAtMs;
    if (doubt.paged || ageMs < this.side.settings.pageAfterMs) return;
    doubt.paged = true;
    this.side.pager.page('a broker request is in doubt', {
      brokerRequestId: request.brokerRequestId,
      orderId: request.command.orderId,
      ageMs: String(ageMs),
    });
  }

  #lose(error: SessionLostError): void {
    if (this.#closed) return;
    this.close();
    this.side.onLost(error);
  }
}

interface Evidence {
  readonly state: RequestState.ACCEPTED | RequestState.REFUSED | RequestState.NOT_SENT;
  readonly text: string;
  readonly brokerOrderId: string;
  readonly report: ReportCase;
}

/** Whether an order lives at the broker, by everything that the broker has on it. @param orderQty its total quantity, where no execution says another. */
function isOpenAtBroker(executions: readonly Execution[], orderTag: string, orderQty: string): boolean {
  let total = orderQty;
  let filled = 0n;
  for (const execution of executions) {
    if (execution.orderTag !== orderTag) continue;
    if (execution.kind === 'canceled' || execution.kind === 'expired') return false;
    if (execution.kind === 'rejected' && execution.tag === orderTag) return false;
    if (execution.kind === 'replaced' || execution.kind === 'restated') total = execution.orderQty;
    if (execution.kind === 'trade') filled += Quantity(execution.lastQty);
  }
  return total === '' || filled < Quantity(total);
}
