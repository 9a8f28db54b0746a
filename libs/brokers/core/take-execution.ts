// What the broker tells unasked or as an answer: each execution becomes durable with its report and the broker's cursor, in the broker's order, once.
import { Reason, RequestKind } from '@switchyard/contracts';
import { RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerConnector, type Execution } from '@switchyard/connectors-port';
import { type SessionChange, type SessionContext, SessionLostError, type SessionTrade, type ShardReport } from './ports.js';
import { accepted, doubtResolved, executionCase, refused, reportOf, sessionTrade } from './reports.js';
import { type BrokerRequest, isUnanswered, moveRequest } from './request.js';
import { type RequestBook } from './request-book.js';

/** Executions remembered to recognise what a reconnect delivers again before it was confirmed: the last so many, and up to twice as many. */
const seenMin = 25_000;

export interface ExecutionSide extends SessionContext {
  readonly sessionId: string;
  readonly connector: BrokerConnector;
  readonly book: RequestBook;
  /** A request was answered by the stream. */
  onAnswered(request: BrokerRequest): void;
  onLost(error: SessionLostError): void;
}

interface Effect {
  readonly updates: BrokerRequest[];
  readonly reports: ShardReport[];
  readonly trades: SessionTrade[];
}

export class TakeExecution {
  /** Two generations: a set that lets its oldest go one by one is slower with each that has left. */
  #seen = new Set<string>();
  #seenBefore = new Set<string>();
  /** Cursor of the execution that was applied last. */
  #newestCursor = '';
  /** Set while an execution waits for a stored request: everything behind it waits too. */
  #behind: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly side: ExecutionSide) {}

  take(execution: Execution): void {
    if (this.#closed || this.#isRepetition(execution)) return;
    const { book } = this.side;
    const request = book.byTag(execution.tag);
    const order = book.byTag(execution.orderTag);
    if (this.#behind === undefined && request !== undefined && order !== undefined) {
      try {
        return this.#apply(execution, request, order);
      } catch (cause) {
        // Not passed over: the session starts anew, and the broker says it again, until somebody has looked at it.
        return this.#lose(new SessionLostError(`the broker's ${execution.kind} ${execution.executionId} can't be taken`, { cause }));
      }
    }
    const next: Promise<void> = (this.#behind ?? Promise.resolve()).then(async () => {
      const found = await book.findByTags(execution.tag, execution.orderTag);
      if (!this.#closed) this.#apply(execution, ...found);
      if (this.#behind === next) this.#behind = undefined;
    });
    this.#behind = next;
    next.catch((cause: unknown) =>
      this.#lose(new SessionLostError(`the broker's ${execution.kind} ${execution.executionId} can't be taken`, { cause })),
    );
  }

  close(): void {
    this.#closed = true;
  }

  #isRepetition({ executionId }: Execution): boolean {
    if (this.#seen.has(executionId) || this.#seenBefore.has(executionId)) return true;
    if (this.#seen.size >= seenMin) {
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
    }
    this.#seen.add(executionId);
    return false;
  }

  /** @param request what asked for it, and the request that placed its order; undefined where neither memory nor storage has one of that tag. */
  #apply(execution: Execution, request: BrokerRequest | undefined, order: BrokerRequest | undefined): void {
    this.#newestCursor = execution.cursor;
    const effect: Effect = { updates: [], reports: [], trades: [] };
    if (order === undefined || request === undefined) this.#foreign(execution);
    else this.#fold(execution, request, order, effect);
    for (const update of effect.updates) this.side.book.put(update);
    void this.#commit(execution, effect);
    for (const update of effect.updates) this.side.onAnswered(update);
  }

  #fold(execution: Execution, request: BrokerRequest, order: BrokerRequest, effect: Effect): void {
    if (execution.kind === 'rejected') {
      if (isUnanswered(request)) this.#answer(request, RequestState.REFUSED, execution, effect);
      return;
    }
    // Whatever the broker says about an order proves that it has the order.
    let placed = order;
    if (isUnanswered(order)) placed = this.#answer(order, RequestState.ACCEPTED, execution, effect);
    else if (order.state === RequestState.NOT_SENT || order.state === RequestState.REFUSED)
      this.side.pager.page('the broker has an order that was held to be absent', {
        tag: execution.orderTag,
        orderId: order.command.orderId,
        execution: execution.kind,
      });
    if (execution.kind === 'new') return;
    let about = request === order ? placed : request;
    if (about !== placed && isUnanswered(about)) about = this.#answer(about, RequestState.ACCEPTED, execution, effect);
    if (execution.kind === 'trade') effect.trades.push(sessionTrade(execution, order));
    effect.reports.push(this.#report(about, executionCase(execution), execution));
  }

  /** Moves a request that was not answered yet, with the report that says so. */
  #answer(
    request: BrokerRequest,
    state: RequestState.ACCEPTED | RequestState.REFUSED,
    execution: Execution,
    effect: Effect,
  ): BrokerRequest {
    const answeredAtMs = this.side.clock.nowMs();
    const text = execution.kind === 'rejected' ? execution.text : '';
    const moved = moveRequest(request, state, { answeredAtMs, text, brokerOrderId: execution.brokerOrderId });
    effect.updates.push(moved);
    if (execution.kind === 'rejected') effect.reports.push(this.#report(moved, refused(execution.reason, execution.text), execution));
    else if (request.state === RequestState.IN_DOUBT)
      effect.reports.push(this.#report(moved, doubtResolved(`the broker's stream says ${execution.kind} for its tag`), execution));
    // A cancel or replace that took effect says so itself; only a placement needs its acknowledgment.
    else if (request.command.kind === RequestKind.NEW) effect.reports.push(this.#report(moved, accepted, execution));
    return moved;
  }

  #report(request: BrokerRequest, report: Parameters<typeof reportOf>[1], execution: Execution): ShardReport {
    const { brokerOrderId } = execution;
    const row = brokerOrderId === '' || brokerOrderId === request.brokerOrderId ? request : { ...request, brokerOrderId };
    return reportOf(row, report, { receivedAtMs: this.side.clock.nowMs(), process: this.side.process });
  }

  /** An order that Switchyard did not place. It is not ours to report; people are told. */
  #foreign(execution: Execution): void {
    this.side.pager.page('the broker has an order that Switchyard did not place', {
      tag: execution.orderTag,
      brokerOrderId: execution.brokerOrderId,
      execution: execution.kind,
      reason: Reason[Reason.BROKER_ORDER_UNKNOWN] ?? '',
    });
  }

  async #commit(execution: Execution, effect: Effect): Promise<void> {
    const { sessionId, store, connector } = this.side;
    const change: SessionChange = { sessionId, inserts: [], ...effect, cursor: execution.cursor, judgedHaltVersion: undefined };
    try {
      let outcome = await store.append(change);
      // The trade is stored already: an earlier delivery reported it. Only the cursor is new, unless a later execution has moved it on.
      if (outcome === 'exists' && execution.cursor !== this.#newestCursor) return;
      if (outcome === 'exists') outcome = await store.append({ ...change, updates: [], reports: [], trades: [] });
      if (outcome !== 'committed') throw new SessionLostError(`an execution could not be written: ${outcome}`);
      connector.confirm(execution.cursor);
    } catch (cause) {
      this.#lose(cause instanceof SessionLostError ? cause : new SessionLostError('an execution could not be written', { cause }));
    }
  }

  #lose(error: SessionLostError): void {
    if (this.#closed) return;
    this.close();
    this.side.onLost(error);
  }
}
