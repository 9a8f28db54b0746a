// The owner of one shard, the only writer of its accounts. A new order's way is `#place` and `#accept`, top to bottom: idempotency, door, credit, risk,
// journal, answer, dispatch (architecture.md 5). Reports come back through ReportIntake; what an order is, is order.ts.
import { RequestKind, type FieldViolation } from '@switchyard/contracts';
import { type ReportRow } from '@switchyard/contracts/gen/brokers/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { type OrderAccepted } from '@switchyard/contracts/gen/orders/v1/request_events';
import type * as service from '@switchyard/contracts/gen/orders/v1/service';
import { assert, BrokerRequestId, genesisHash, newOrderId, shardHex, tagOf } from '@switchyard/kernel';
import { AccountCommands } from './account-commands.js';
import { type Account } from './account.js';
import * as answers from './answers.js';
import { CancelAll } from './cancel-all.js';
import { ChangeOrder, refusalOfRisk } from './change-order.js';
import * as content from './content.js';
import { HeldCredits } from './credits.js';
import { placingCommand, unansweredCommands } from './dispatch.js';
import { Door, type RoutedOrder } from './door.js';
import { OrderAccess } from './order-access.js';
import { type Order } from './order.js';
import { ownerLimitsOf, type AccountOwnerOptions, type Caller, type DirtyState, type OwnerLimits } from './owner-options.js';
import { type PreparedPreview, type SessionCursor, type ShardSnapshot, type TailEvent } from './owner-options.js';
import { type Approval, type Refusal, type RequestScope } from './ports.js';
import { ReportIntake, type Replayed } from './report-intake.js';
import { RequestOnce, type Answered, type Attempt } from './request-once.js';
import { ShardState } from './shard-state.js';
import { ShardWriter, type CommittedEvent } from './shard-writer.js';

/** A new order on its way. */
interface Candidate extends RoutedOrder {
  readonly account: Account;
  readonly clOrdId: string;
  readonly orderId: string;
  readonly hash: Buffer;
  readonly caller: Caller;
}

/** The one writer of a shard's accounts. Commands reject with CallError only; a refusal that is stored is an answer, not an error. */
export class AccountOwner {
  readonly shard: number;
  readonly #ports: AccountOwnerOptions;
  readonly #limits: OwnerLimits;
  readonly #state: ShardState;
  readonly #writer: ShardWriter;
  readonly #once: RequestOnce;
  readonly #accounts: AccountCommands;
  readonly #door: Door;
  readonly #access: OrderAccess;
  readonly #change: ChangeOrder;
  readonly #cancelAll: CancelAll;
  readonly #credits: HeldCredits;
  readonly #intakes = new Map<string, ReportIntake>();
  readonly #cursors = new Map<string, SessionCursor>();
  readonly #running = new Set<Promise<unknown>>();
  #flushesUnderWay = 0;
  #takesCommands = true;
  #isOpen = true;

  private constructor(ports: AccountOwnerOptions) {
    this.shard = ports.shard;
    this.#ports = ports;
    this.#limits = ownerLimitsOf(ports.limits);
    this.#state = new ShardState(this.#limits);
    this.#writer = new ShardWriter(ports, ports.journal, this.#state);
    this.#once = new RequestOnce(this.#state, ports.journal);
    this.#accounts = new AccountCommands(ports.shard, this.#state, this.#writer, this.#once, ports.journal);
    this.#door = new Door(ports, this.#accounts, this.#limits);
    this.#access = new OrderAccess(ports, this.#state, this.#writer, this.#once);
    this.#change = new ChangeOrder(this.#access, this.#door, this.#limits.sendWithinMs);
    this.#cancelAll = new CancelAll(this.#state, this.#writer, this.#once, this.#access);
    this.#credits = new HeldCredits(ports.credits);
  }

  /** An owner of a shard that nothing was ever written to. */
  static ofEmptyShard(ports: AccountOwnerOptions): AccountOwner {
    return new AccountOwner(ports);
  }

  /**
   * Builds the owner from what was flushed and the journal's events after it, in order. Final orders that the tail names are read through the journal's
   * port. `redispatch` each session once it is attached. Rejects when a row can't be read.
   */
  static async recover(ports: AccountOwnerOptions, snapshot: ShardSnapshot, tail: readonly TailEvent[]): Promise<AccountOwner> {
    const owner = new AccountOwner(ports);
    owner.#state.load(snapshot.accounts, snapshot.orders);
    for (const { accountId, orderId } of owner.#state.strangersOf(tail)) {
      const order = await ports.journal.findOrder(accountId, orderId);
      assert(order !== undefined, 'an order has a row');
      owner.#state.adopt(order, ports.clock.nowMs());
    }
    for (const { event, seq } of tail) owner.#state.apply(event, seq);
    for (const cursor of snapshot.cursors) owner.#cursors.set(cursor.sessionId, cursor);
    for (const { order } of owner.#state.allOpenOrders())
      if (order.placement !== undefined && !order.placingAnswered) owner.#credits.hold(order.orderId, order.placement.sessionId);
    return owner;
  }

  // Commands

  /** Places an order: accepted (PENDING_NEW) or denied, durable when this resolves. */
  async place(request: service.PlaceOrderRequest, caller: Caller): Promise<service.PlaceOrderResponse> {
    const account = this.#enter(content.violationsOfPlace(request), request.accountId);
    const hash = content.hashOfPlace(request);
    const { event, replayed } = await this.#answerOnce(request, hash, () => this.#place(request, caller, hash, account));
    return answers.placeAnswer(event, replayed);
  }

  async #place({ clOrdId, content: asked }: service.PlaceOrderRequest, caller: Caller, hash: Buffer, account: Account): Promise<Attempt> {
    if (!this.#door.isOpen(account)) await this.#door.opened(account, caller);
    const routed = this.#door.route(account, asked);
    if (routed instanceof Error) return { kind: 'refused', error: routed };
    const orderId = newOrderId(this.shard, this.#ports.random(12), this.#ports.clock.nowMs());
    const candidate: Candidate = { ...routed, account, clOrdId, orderId, hash, caller };
    const refusal = this.#door.refusal(account, routed);
    if (refusal !== undefined) return this.#deny(candidate, refusal, undefined);

    const { sessionId } = routed.route;
    const retryAfterMs = this.#credits.take(orderId, sessionId);
    if (retryAfterMs !== undefined)
      return { kind: 'refused', error: answers.noCreditError(sessionId, this.#ports.credits.granted(sessionId), retryAfterMs) };
    let isAccepted = false;
    try {
      const verdict = await this.#door.judge(account, orderId, RequestKind.NEW, routed, caller);
      if (verdict.kind === 'unavailable') return { kind: 'refused', error: answers.riskUnavailableError(verdict.text) };
      if (verdict.kind === 'refused') return await this.#deny(candidate, refusalOfRisk(verdict.decision), verdict.decision);
      const attempt = await this.#accept(candidate, verdict.decision, verdict.approval);
      isAccepted = attempt.kind === 'stored' && attempt.event.event?.$case === 'orderAccepted';
      return attempt;
    } finally {
      if (!isAccepted) this.#credits.release(orderId); // An accepted order keeps it until its first report.
    }
  }

  async #accept(candidate: Candidate, risk: RiskDecision, approval: Approval): Promise<Attempt> {
    const { account, clOrdId, orderId, hash, route, caller } = candidate;
    const refusal = this.#door.refusal(account, candidate); // What came into force while risk judged.
    if (refusal !== undefined) {
      approval.abandon();
      return this.#deny(candidate, refusal, risk);
    }
    const brokerRequestId = `${orderId}.1`;
    const value: OrderAccepted = {
      clOrdId,
      orderId,
      content: candidate.content,
      contentSha256: hash,
      placement: { placementId: `${orderId}-1`, ...route, brokerRequestId, tag: tagOf(BrokerRequestId(brokerRequestId)) },
      risk,
      actor: caller.actor,
      receivedAtMs: caller.receivedAtMs,
      receivedBy: caller.receivedBy,
      currency: candidate.currency,
    };
    const attempt = await this.#access.append(account.accountId, { $case: 'orderAccepted', value }, caller, undefined, approval);
    const order = attempt.kind === 'stored' ? this.order(orderId) : undefined;
    if (order !== undefined) this.#access.send(order, placingCommand(order, this.#limits.sendWithinMs, caller.traceparent));
    return attempt;
  }

  #deny(candidate: Candidate, refusal: Refusal, risk: RiskDecision | undefined): Promise<Attempt> {
    const { account, clOrdId, orderId, hash, caller } = candidate;
    const { actor, receivedAtMs, receivedBy } = caller;
    const value = { clOrdId, orderId, content: candidate.content, contentSha256: hash, ...refusal, risk, actor, receivedAtMs, receivedBy };
    return this.#access.append(account.accountId, { $case: 'orderDenied', value }, caller);
  }

  /** Asks for the cancel of an order: pending, or denied, durable when this resolves. It goes to the connector even if the order did not yet. */
  async cancel(request: service.CancelOrderRequest, caller: Caller): Promise<service.CancelOrderResponse> {
    this.#enter(content.violationsOfCancel(request), request.accountId);
    const hash = content.hashOfCancel(request);
    const { event, replayed } = await this.#answerOnce(request, hash, () => this.#change.cancel(request, caller, hash));
    return answers.cancelAnswer(event, replayed);
  }

  /** Asks for other quantity or prices: pending, or denied, durable when this resolves. */
  async replace(request: service.ReplaceOrderRequest, caller: Caller): Promise<service.ReplaceOrderResponse> {
    const account = this.#enter(content.violationsOfReplace(request), request.accountId);
    const hash = content.hashOfReplace(request);
    const { event, replayed } = await this.#answerOnce(request, hash, () => this.#change.replace(request, caller, hash, account));
    return answers.replaceAnswer(event, replayed);
  }

  /** Asks for the cancel of every open order of the account, in one change. */
  async cancelAll(request: service.CancelAllRequest, caller: Caller): Promise<service.CancelAllResponse> {
    this.#enter(content.violationsOfCancelAll(request), request.accountId);
    return this.#track(this.#cancelAll.run(request, caller));
  }

  async putAccount(request: service.PutAccountRequest, caller: Caller): Promise<service.PutAccountResponse> {
    this.#mustTakeCommands();
    return this.#track(this.#accounts.putAccount(request, caller));
  }

  /** Changes what the account may do; a stricter state counts from the call on. */
  async setTradingState(request: service.SetTradingStateRequest, caller: Caller): Promise<service.SetTradingStateResponse> {
    this.#mustTakeCommands();
    return this.#track(this.#accounts.setTradingState(request, caller));
  }

  async adjustCash(request: service.AdjustCashRequest, caller: Caller): Promise<service.AdjustCashResponse> {
    this.#mustTakeCommands();
    return this.#track(this.#accounts.adjustCash(request, caller));
  }

  /** What risk's Preview is to be asked, or why the door would refuse. @throws CallError */
  preparePreview(request: service.PreviewOrderRequest): PreparedPreview {
    const account = this.#enter(content.violationsOfPreview(request), request.accountId);
    const routed = this.#door.route(account, request.content);
    if (routed instanceof Error) throw routed;
    return { account, content: routed.content, route: routed.route, broker: routed.broker, refusal: this.#door.refusal(account, routed) };
  }

  // Reports and dispatch

  /** Takes reports of `session/<sessionId>/<shard>` in their order; each is folded once, and acknowledged through the dispatcher when committed. */
  takeReports(sessionId: string, rows: readonly ReportRow[]): void {
    if (this.#isOpen) this.#intakeOf(sessionId).take(rows);
  }

  /** Folds the parked reports of an account and a session again. @throws CallError */
  async replayParked(sessionId: string, accountId: string, traceparent: string): Promise<Replayed> {
    this.#mustTakeCommands();
    return this.#track(this.#intakeOf(sessionId).replay(accountId, traceparent));
  }

  /** The last report of the session that is in the journal: what to attach with. */
  cursorOf(sessionId: string): SessionCursor {
    const { seq, hash } = this.#intakes.get(sessionId)?.cursor ?? this.#cursors.get(sessionId) ?? { seq: 0, hash: genesisHash };
    return { sessionId, seq, hash };
  }

  /** Sends everything of this session that has no report again, cancels first: after every (re)attach. The connector knows by its id what it has. */
  redispatch(sessionId: string): void {
    const orders = this.#state.allOpenOrders().map((slot) => slot.order);
    const ofSession = orders.filter(({ placement }) => placement?.sessionId === sessionId);
    if (!this.#isOpen) return;
    for (const command of unansweredCommands(ofSession, this.#limits.sendWithinMs))
      this.#ports.dispatcher.send(this.shard, sessionId, command);
  }

  /** The sessions that accounts of the shard route to, or that its orders are at: what to attach to. */
  sessionIds(): readonly string[] {
    const ids = this.#state.sessionIds();
    for (const id of this.#cursors.keys()) ids.add(id);
    for (const id of this.#intakes.keys()) ids.add(id);
    return [...ids];
  }

  // What is known

  account(accountId: string): Account | undefined {
    return this.#state.account(accountId);
  }

  accounts(): Iterable<Account> {
    return this.#state.accounts();
  }

  /** An order in memory: every open one, and the final ones of late. */
  order(orderId: string): Order | undefined {
    return this.#state.order(orderId)?.order;
  }

  /** Open orders of an account, in the order of their acceptance. */
  openOrders(accountId: string): readonly Order[] {
    return this.#state.openOrders(accountId).map((slot) => slot.order);
  }

  /** accountSeq by account: the keySeqs that the journal wants at acquisition. */
  keySeqs(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#state.accounts(), ({ accountId, accountSeq }) => [accountId, accountSeq]));
  }

  /** Tells of every commit, in journal order. @returns the function that ends it. */
  onCommitted(listener: (events: readonly CommittedEvent[]) => void): () => void {
    return this.#writer.onCommitted(listener);
  }

  /** Orders and answered requests in memory. */
  sizes(): { readonly orders: number; readonly requests: number } {
    return this.#state.sizes();
  }

  // Rows and life

  /** What must be written to rows, in one transaction; undefined when nothing changed. Then say `flushed` or `flushFailed`. */
  takeDirty(): DirtyState | undefined {
    const dirty = this.#state.takeDirty();
    if (dirty !== undefined) this.#flushesUnderWay += 1;
    else this.#evict();
    return dirty;
  }

  /** The rows are written: final orders may leave memory. */
  flushed(): void {
    this.#flushesUnderWay -= 1;
    this.#evict();
  }

  #evict(): void {
    if (this.#flushesUnderWay === 0) this.#state.evict(this.#ports.clock.nowMs());
  }

  /** The rows are not written: they will be in the next `takeDirty`. */
  flushFailed(dirty: DirtyState): void {
    this.#flushesUnderWay -= 1;
    this.#state.markDirty(dirty.accounts, dirty.orders);
  }

  /** Resolves when every append that is under way now has its outcome: a new attach to risk is caught up only after it. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** Planned move: takes nothing more, finishes what is under way, then closes. */
  async drain(): Promise<void> {
    this.#takesCommands = false;
    const intakes = [...this.#intakes.values()];
    for (const intake of intakes) intake.stop();
    await Promise.allSettled([...this.#running, ...intakes.map((intake) => intake.idle())]);
    await this.#writer.settled();
    this.close();
  }

  /** The shard is this process' no more: nothing is written, sent or taken from here on, and credits are given back. */
  close(): void {
    this.#takesCommands = false;
    this.#isOpen = false;
    this.#access.close();
    for (const intake of this.#intakes.values()) intake.stop();
    this.#credits.releaseAll();
  }

  #mustTakeCommands(): void {
    if (!this.#takesCommands) throw answers.notOwnerError(shardHex(this.shard));
  }

  #enter(violations: readonly FieldViolation[], accountId: string): Account {
    this.#mustTakeCommands();
    if (violations.length > 0) throw answers.invalidError(violations);
    const account = this.#state.account(accountId);
    if (account === undefined) throw answers.accountUnknownError(accountId); // No account, no clOrdIds: nothing to look up.
    return account;
  }

  #answerOnce(request: { accountId: string; clOrdId: string }, hash: Buffer, attempt: () => Promise<Attempt>): Promise<Answered> {
    const scope: RequestScope = 'clOrdId';
    return this.#track(this.#once.run({ accountId: request.accountId, scope, requestId: request.clOrdId, hash }, attempt));
  }

  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    const ended = (): void => void this.#running.delete(running);
    running.then(ended, ended);
    return running;
  }

  #intakeOf(sessionId: string): ReportIntake {
    let intake = this.#intakes.get(sessionId);
    if (intake === undefined) this.#intakes.set(sessionId, (intake = this.#newIntake(sessionId)));
    return intake;
  }

  #newIntake(sessionId: string): ReportIntake {
    const { reportsPerChangeMax, reportsQueuedMax } = this.#limits;
    return new ReportIntake(
      { shard: this.shard, sessionId, cursor: this.cursorOf(sessionId), reportsPerChangeMax, reportsQueuedMax },
      {
        journal: this.#ports.journal,
        state: this.#state,
        writer: this.#writer,
        dispatcher: this.#ports.dispatcher,
        alarm: this.#ports.alarm,
        loadOrder: (accountId, orderId) => this.#access.find(accountId, orderId),
        placingAnswered: ({ orderId }) => this.#credits.release(orderId),
      },
    );
  }
}
