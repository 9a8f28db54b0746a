import { beforeEach, describe, expect, it } from '@jest/globals';
import { CallError, HaltScope, OrdStatus, OrdType, Reason, RequestKind, StatusCode, TradingState } from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type PlaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { Deferred } from '@switchyard/kernel';
import { aCaller, aDecision, aPlace, aReplace, aReport, demoAccountId, OwnerHarness, startMs } from './testing/index.js';

const accountId = demoAccountId;
const caller = aCaller();
const halt = { haltId: 'H-1', scope: HaltScope.ALL, key: '', text: 'drill', actor: 'ops', atMs: 0 };
let h: OwnerHarness;

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

/** What a call rejects with. */
async function errorOf(call: Promise<unknown>): Promise<CallError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
}

const place = (clOrdId = 'A-1', partial = {}): Promise<PlaceOrderResponse> => h.owner.place(aPlace(clOrdId, partial), caller);
const cancel = (orderId: string, clOrdId = 'C-1') => h.owner.cancel({ accountId, clOrdId, orderId, origClOrdId: '' }, caller);
const replace = (orderId: string, clOrdId = 'R-1', partial = {}) => h.owner.replace(aReplace(clOrdId, orderId, partial), caller);
const setState = (tradingState: TradingState) => h.owner.setTradingState({ accountId, tradingState, text: 'test' }, caller);
const stored = (): string[] => h.tables.events().map(({ event }) => event?.$case ?? '');
const sent = (): string[] => h.dispatcher.sent.map(({ command }) => `${RequestKind[command.kind]} ${command.brokerRequestId.slice(24)}`);

async function report(orderId: string, body: NonNullable<Report['report']>, partial: Partial<Report> = {}): Promise<void> {
  h.owner.takeReports('paper-1', [h.connector.add(aReport({ orderId, accountId }, body, partial))]);
  await h.rest();
}
const confirm = (orderId: string) => report(orderId, { $case: 'accepted', value: {} }, { brokerOrderId: `B-${orderId.slice(-4)}` });
const trade = (orderId: string, lastQty: string, tradeId = `T-${h.connector.rows.length}`) =>
  report(orderId, { $case: 'trade', value: { tradeId, lastQty, lastPx: '1500', tradedAtMs: startMs, brokerAccountId: 'PAPER-1' } });

async function placed(clOrdId = 'A-1', partial = {}): Promise<string> {
  const { order } = await place(clOrdId, partial);
  return order?.orderId ?? '';
}
async function working(clOrdId = 'A-1', partial = {}): Promise<string> {
  const orderId = await placed(clOrdId, partial);
  await confirm(orderId);
  return orderId;
}
const statusOf = (orderId: string): string | undefined => {
  const state = h.tables.events().findLast((event) => event.state?.orderId === orderId)?.state;
  return state && OrdStatus[state.ordStatus];
};

describe('place', () => {
  it('answers PENDING_NEW once it is durable, then dispatches', async () => {
    h.journal.manual = true;
    const answer = place();
    await h.rest();
    expect([h.journal.queued, sent()]).toEqual([1, []]);
    h.journal.runStatement();
    expect(await answer).toMatchObject({ order: { ordStatus: OrdStatus.PENDING_NEW, clOrdId: 'A-1', leavesQty: '10', content: { instrument: 'i-infy' } }, replayed: false });
    expect(sent()).toEqual(['NEW .1']);
    expect(h.dispatcher.sent[0]?.command).toMatchObject({ tag: expect.stringMatching(/^[a-z2-7]{20}$/), sendBeforeMs: startMs + 60_000, brokerAccountId: 'PAPER-1' });
  });

  it('tells risk the order as it would be, with a deadline of 50 ms or the caller’s', async () => {
    await place();
    await h.owner.place(aPlace('A-2'), aCaller({ deadlineMs: startMs + 7 }));
    expect(h.risk.checks).toMatchObject([
      { kind: RequestKind.NEW, content: { instrument: 'i-infy' }, broker: 'paper', brokerAccountId: 'PAPER-1', deadlineMs: startMs + 50 },
      { deadlineMs: startMs + 7 },
    ]);
  });

  it('does not let an order be sent later than its own sendBefore', async () => {
    await place('A-1', { sendBeforeMs: startMs + 5 });
    expect(h.dispatcher.sent[0]?.command.sendBeforeMs).toBe(startMs + 5);
  });

  it.each([
    ['what is not well formed', { orderQty: '0' }, StatusCode.INVALID_ARGUMENT, Reason.NOT_POSITIVE, 'content.orderQty'],
    ['an unknown instrument', { instrument: 'NSE:NOPE' }, StatusCode.INVALID_ARGUMENT, Reason.INSTRUMENT_UNKNOWN, 'content.instrument'],
    ['an ambiguous symbol', { instrument: 'NSE:TWICE' }, StatusCode.INVALID_ARGUMENT, Reason.INSTRUMENT_AMBIGUOUS, 'content.instrument'],
  ])('refuses %s and stores nothing', async (_what, partial, code, reason, field) => {
    expect(await errorOf(place('A-1', partial))).toMatchObject({ code, reason, violations: [{ field, reason }] });
    expect([stored(), sent()]).toEqual([['accountOpened'], []]);
  });

  it('refuses an unknown account', async () => {
    const request = { ...aPlace('A-1'), accountId: 'NOBODY' };
    expect(await errorOf(h.owner.place(request, caller))).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ACCOUNT_UNKNOWN });
  });

  const denials: readonly [string, () => unknown, Partial<PlaceOrderResponse>, Reason][] = [
    ['risk refuses', () => (h.risk.refusal = aDecision({ approved: false, reason: Reason.PRICE_COLLAR, text: 'too far', field: 'content.price' })), { field: 'content.price' }, Reason.PRICE_COLLAR],
    ['a halt covers it', () => (h.halts.halt = halt), { field: '' }, Reason.KILL_SWITCH],
    ['the account is CANCEL_ONLY', () => setState(TradingState.CANCEL_ONLY), {}, Reason.TRADING_STATE],
    ['the account is HALTED', () => setState(TradingState.HALTED), {}, Reason.TRADING_STATE],
    ['the broker can’t do it', () => (h.sessions.refusal = { reason: Reason.VENUE_NOT_SUPPORTED, text: 'no', field: 'content.ordType' }), { field: 'content.ordType' }, Reason.VENUE_NOT_SUPPORTED],
  ];
  it.each(denials)('stores DENIED when %s, and never sends it', async (_when, given, answer, reason) => {
    await given();
    expect(await place()).toMatchObject({ ...answer, order: { ordStatus: OrdStatus.DENIED, reason, leavesQty: '0' }, replayed: false });
    expect([stored().at(-1), sent(), h.credits.held('paper-1')]).toEqual(['orderDenied', [], 0]);
    expect(await place()).toMatchObject({ ...answer, order: { ordStatus: OrdStatus.DENIED, reason }, replayed: true });
  });

  const unavailable: readonly [string, () => unknown, StatusCode, Reason][] = [
    ['risk can’t be had', () => (h.risk.isUnavailable = true), StatusCode.UNAVAILABLE, Reason.RISK_UNAVAILABLE],
    ['the session has no room', () => h.credits.revoke('paper-1'), StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT],
    ['the session is down', () => h.sessions.set('paper-1', SessionState.DOWN), StatusCode.UNAVAILABLE, Reason.SESSION_DOWN],
  ];
  it.each(unavailable)('stores nothing when %s, and the same clOrdId may be tried again', async (_when, given, code, reason) => {
    given();
    expect(await errorOf(place())).toMatchObject({ code, reason });
    expect(h.journal.findsCount).toBe(1); // No refusal that is not stored leaves before the look-up.
    expect([stored(), h.credits.held('paper-1')]).toEqual([['accountOpened'], 0]);
    h.risk.isUnavailable = false;
    h.credits.grant('paper-1', 10, 0);
    h.sessions.set('paper-1', SessionState.READY);
    expect(await place()).toMatchObject({ order: { ordStatus: OrdStatus.PENDING_NEW }, replayed: false });
  });

  it('accepts while the session looks up what is in doubt, and prefers one that is ready', async () => {
    h.sessions.set('paper-1', SessionState.RECONCILING);
    expect((await place('A-1')).order?.brokerAccountId).toBe('PAPER-1');
    const routes = [
      { brokerAccountId: 'PAPER-1', sessionId: 'paper-1' },
      { brokerAccountId: 'PAPER-2', sessionId: 'paper-2' },
    ];
    await h.owner.putAccount({ accountId, name: 'Demo', baseCurrency: 'INR', riskGroupId: 'DEMO', routes }, caller);
    expect((await place('A-2')).order?.brokerAccountId).toBe('PAPER-2');
  });

  it('refuses an account without a route', async () => {
    await h.owner.putAccount({ accountId, name: 'Demo', baseCurrency: 'INR', riskGroupId: 'DEMO', routes: [] }, caller);
    expect(await errorOf(place())).toMatchObject({ code: StatusCode.FAILED_PRECONDITION, reason: Reason.NO_ROUTE });
  });

  it('holds a credit until the first report', async () => {
    const orderId = await placed();
    expect(h.credits.held('paper-1')).toBe(1);
    await confirm(orderId);
    expect(h.credits.held('paper-1')).toBe(0);
  });

  it('takes no more than it has credits for', async () => {
    h.credits.grant('paper-1', 2, 40);
    const outcomes = await Promise.allSettled([place('A-1'), place('A-2'), place('A-3')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { reason: Reason.NO_CREDIT, retryAfterMs: 40 } });
  });

  it('denies what a halt or trading state forbids that came while risk judged, and gives the approval back', async () => {
    h.risk.hold = new Deferred();
    const answer = place();
    await h.rest();
    h.journal.manual = true; // The new state is asked for, not yet durable: it counts already.
    const changing = setState(TradingState.HALTED);
    h.risk.hold.resolve();
    await h.rest();
    h.journal.runStatement();
    await changing;
    expect(await answer).toMatchObject({ order: { ordStatus: OrdStatus.DENIED, reason: Reason.TRADING_STATE } });
    expect(h.risk.approvals[0]?.isAbandoned).toBe(true);
    expect(stored()).toEqual(['accountOpened', 'tradingStateChanged', 'orderDenied']);
  });
});

describe('an approval', () => {
  it('that lapsed before the statement was built is never written', async () => {
    h.journal.manual = true;
    const answer = errorOf(place());
    await h.rest();
    h.risk.break();
    h.journal.runStatement();
    expect(await answer).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.RISK_UNAVAILABLE });
    expect([stored(), sent(), h.credits.held('paper-1')]).toEqual([['accountOpened'], [], 0]);
  });

  it('that lapsed can’t be written even by a journal that does not ask', async () => {
    const append = h.journal.append.bind(h.journal);
    h.journal.append = (change) => append({ ...change, stillValid: undefined });
    h.journal.manual = true;
    const answer = errorOf(place());
    await h.rest();
    h.risk.break();
    h.journal.runStatement();
    expect(await answer).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    expect(stored()).toEqual(['accountOpened']);
  });

  it('is given back when the order never reaches the journal, and kept when it may have', async () => {
    h.journal.faults.push('refused');
    expect(await errorOf(place('A-1'))).toMatchObject({ code: StatusCode.INTERNAL });
    expect(h.risk.approvals[0]?.isAbandoned).toBe(true);
    h.journal.faults.push('unknown-written');
    expect(await errorOf(place('A-2'))).toMatchObject({ reason: Reason.UNKNOWN_RETRY_SAME_ID });
    expect(h.risk.approvals[1]?.isAbandoned).toBe(false);
  });
});

describe('the same clOrdId', () => {
  it('with the same content gets the first answer, whatever happened since', async () => {
    const first = await place();
    await confirm(first.order?.orderId ?? '');
    await trade(first.order?.orderId ?? '', '10');
    expect(await place('A-1', { orderQty: '10.0' })).toEqual({ ...first, replayed: true });
    expect([h.risk.checks.length, sent()]).toEqual([1, ['NEW .1']]);
  });

  it('at the same time is one order', async () => {
    const [first, second] = await Promise.all([place(), place()]);
    expect(second).toEqual({ ...first, replayed: true });
    expect(stored()).toEqual(['accountOpened', 'orderAccepted']);
  });

  it('with other content, or for another kind of request, is ALREADY_EXISTS', async () => {
    const orderId = await placed();
    for (const call of [place('A-1', { orderQty: '11' }), cancel(orderId, 'A-1'), replace(orderId, 'A-1')])
      expect(await errorOf(call)).toMatchObject({ code: StatusCode.ALREADY_EXISTS, reason: Reason.CL_ORD_ID_REUSED });
  });

  it('whose first try failed is tried again by whoever waited for it', async () => {
    const check = h.risk.check.bind(h.risk);
    h.risk.check = async () => {
      h.risk.check = check;
      return { kind: 'unavailable', text: 'not attached' };
    };
    const first = errorOf(place());
    const second = place();
    expect((await first).reason).toBe(Reason.RISK_UNAVAILABLE);
    expect(await second).toMatchObject({ replayed: false, order: { ordStatus: OrdStatus.PENDING_NEW } });
  });

  it('that memory forgot is found by the unique constraint', async () => {
    const first = await place();
    h.flush();
    h.restart();
    expect(await place()).toEqual({ ...first, replayed: true });
    expect(h.risk.approvals.at(-1)?.isAbandoned).toBe(true);
    expect(await errorOf(place('A-1', { orderQty: '11' }))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it.each<[string, () => unknown]>([
    ['no risk', () => (h.risk.isUnavailable = true)],
    ['no credit', () => h.credits.revoke('paper-1')],
    ['no session', () => h.sessions.set('paper-1', SessionState.DOWN)],
  ])('that memory forgot gets its first answer even with %s', async (_what, given) => {
    const first = await place();
    h.flush();
    h.restart();
    given();
    expect(await place()).toEqual({ ...first, replayed: true });
  });

  it('works for cancel and replace too', async () => {
    const orderId = await working();
    const replaced = await replace(orderId);
    const canceled = await cancel(orderId);
    const denied = await cancel(orderId, 'C-2');
    expect(denied.reason).toBe(Reason.CANCEL_PENDING);
    const again = async (): Promise<unknown> => [await replace(orderId), await cancel(orderId), await cancel(orderId, 'C-2')];
    const expected = [replaced, canceled, denied].map((answer) => ({ ...answer, replayed: true }));
    expect(await again()).toEqual(expected);
    h.flush();
    h.restart();
    expect(await again()).toEqual(expected);
    expect(await errorOf(replace(orderId, 'R-1', { orderQty: '21' }))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it('is not judged while the table can’t be read', async () => {
    h.risk.isUnavailable = true;
    h.journal.readsFail = true;
    expect(await errorOf(place())).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.UNKNOWN_RETRY_SAME_ID });
  });
});

describe('an unknown commit', () => {
  it.each([
    ['that was written', 'unknown-written', true],
    ['that was not', 'unknown-not-written', false],
    ['of a holder that was fenced', 'not-written', false],
  ] as const)('%s is told as unknown, never dispatched, and the same clOrdId learns the outcome', async (_what, fault, wasWritten) => {
    h.journal.faults.push(fault);
    expect(await errorOf(place())).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.UNKNOWN_RETRY_SAME_ID });
    expect([sent(), h.credits.held('paper-1')]).toEqual([[], 0]);
    h.restart();
    h.owner.redispatch('paper-1');
    expect(sent()).toEqual(wasWritten ? ['NEW .1'] : []);
    expect(h.credits.held('paper-1')).toBe(wasWritten ? 1 : 0);
    expect((await place()).replayed).toBe(wasWritten);
    expect(sent()).toEqual(['NEW .1']);
  });
});

describe('cancel', () => {
  it('of an order that no connector has yet goes to the connector, whose NOT_SENT ends the order', async () => {
    const orderId = await placed();
    expect(await cancel(orderId)).toMatchObject({ order: { ordStatus: OrdStatus.PENDING_CANCEL, cancelPending: true }, reason: Reason.UNSPECIFIED });
    expect(sent()).toEqual(['NEW .1', 'CANCEL .2']);
    expect(h.dispatcher.sent[1]?.command).toMatchObject({ targetRequestId: `${orderId}.1`, sendBeforeMs: 0 });
    await report(orderId, { $case: 'notSent', value: { reason: Reason.CANCELED_BEFORE_SEND, text: 'a cancel came first' } });
    expect(h.owner.order(orderId)).toMatchObject({ working: 'REJECTED', reason: Reason.CANCELED_BEFORE_SEND });
    expect(h.credits.held('paper-1')).toBe(0);
  });

  it('names the order by any clOrdId of it', async () => {
    const orderId = await working();
    await replace(orderId);
    const byOrig = (clOrdId: string, origClOrdId: string) => h.owner.cancel({ accountId, clOrdId, orderId: '', origClOrdId }, caller);
    expect((await byOrig('C-1', 'R-1')).order?.orderId).toBe(orderId);
    h.flush();
    h.restart();
    expect(await byOrig('C-2', 'A-1')).toMatchObject({ order: { orderId }, reason: Reason.CANCEL_PENDING });
  });

  it('waits for the order that is being written', async () => {
    const placing = place();
    const answer = await h.owner.cancel({ accountId, clOrdId: 'C-1', orderId: '', origClOrdId: 'A-1' }, caller);
    expect(answer.order?.orderId).toBe((await placing).order?.orderId);
    expect(sent()).toEqual(['NEW .1', 'CANCEL .2']);
  });

  it('of an unknown order stores nothing', async () => {
    expect(await errorOf(cancel('0'.repeat(24)))).toMatchObject({ code: StatusCode.NOT_FOUND, reason: Reason.ORDER_UNKNOWN, violations: [{ field: 'orderId' }] });
    const byOrig = h.owner.cancel({ accountId, clOrdId: 'C-1', orderId: '', origClOrdId: 'X' }, caller);
    expect(await errorOf(byOrig)).toMatchObject({ reason: Reason.ORDER_UNKNOWN, violations: [{ field: 'origClOrdId' }] });
    expect(stored()).toEqual(['accountOpened']);
  });

  it('of a final order is denied and stored, also when memory has forgotten the order', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    await trade(orderId, '10');
    h.flush();
    expect(h.owner.order(orderId)).toBeUndefined();
    expect(await cancel(orderId)).toMatchObject({ order: { ordStatus: OrdStatus.FILLED }, reason: Reason.ORDER_FINAL });
    expect(stored().at(-1)).toBe('requestDenied');
  });

  it('passes when the account or everything is halted', async () => {
    const orderId = await working();
    await setState(TradingState.HALTED);
    h.halts.halt = halt;
    expect((await cancel(orderId)).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
  });

  it('that the broker refuses leaves the order as it was', async () => {
    const orderId = await working();
    await trade(orderId, '4');
    await cancel(orderId);
    await report(orderId, { $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: 'busy' } }, { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` });
    expect(statusOf(orderId)).toBe('PARTIALLY_FILLED');
    expect((await cancel(orderId, 'C-2')).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    expect(sent().at(-1)).toBe('CANCEL .3');
  });
});

describe('replace', () => {
  it('is judged at its new quantity and price, and pending until the broker did it', async () => {
    const orderId = await working();
    expect(await replace(orderId, 'R-1', { orderQty: '20.0', price: '1501' })).toMatchObject({ order: { ordStatus: OrdStatus.PENDING_REPLACE, replaceQty: '20', replacePrice: '1501' } });
    expect(h.risk.checks[1]).toMatchObject({ kind: RequestKind.REPLACE, orderId, content: { orderQty: '20', price: '1501' } });
    expect(h.dispatcher.sent[1]?.command).toMatchObject({ kind: RequestKind.REPLACE, content: { orderQty: '20', price: '1501' }, brokerOrderId: expect.stringMatching(/^B-/), sendBeforeMs: startMs + 60_000 });
    await report(orderId, { $case: 'replaced', value: { orderQty: '20', price: '1501', stopPx: undefined } }, { kind: RequestKind.REPLACE, brokerRequestId: `${orderId}.2` });
    expect(h.owner.order(orderId)).toMatchObject({ clOrdId: 'R-1', content: { orderQty: '20', price: '1501' } });
  });

  const refused: readonly [string, () => Promise<string>, Reason][] = [
    ['not confirmed', () => placed(), Reason.ORDER_NOT_CONFIRMED],
    ['final', async () => { const id = await working(); await trade(id, '10'); return id; }, Reason.ORDER_FINAL],
    ['being replaced', async () => { const id = await working(); await replace(id, 'R-0'); return id; }, Reason.REPLACE_PENDING],
    ['being canceled', async () => { const id = await working(); await cancel(id); return id; }, Reason.CANCEL_PENDING],
    ['of a halted account', async () => { const id = await working(); await setState(TradingState.HALTED); return id; }, Reason.TRADING_STATE],
    ['too large for risk', async () => { const id = await working(); h.risk.refusal = aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM }); return id; }, Reason.QUANTITY_EXCEEDS_MAXIMUM],
  ];
  it.each(refused)('of an order that is %s is denied and stored', async (_what, given, reason) => {
    const orderId = await given();
    const before = sent().length;
    expect(await replace(orderId)).toMatchObject({ reason, replayed: false });
    expect([stored().at(-1), sent().length]).toEqual(['requestDenied', before]);
  });

  it('with a price that the order does not have is a mistake of form', async () => {
    const orderId = await working('A-1', { ordType: OrdType.MARKET, price: undefined });
    expect(await errorOf(replace(orderId, 'R-1', { price: '1' }))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_NOT_ALLOWED, violations: [{ field: 'price' }] });
    expect(await errorOf(replace(orderId, 'R-1', { stopPx: '1' }))).toMatchObject({ violations: [{ field: 'stopPx' }] });
  });

  it('whose order was filled while risk judged is denied, and the approval given back', async () => {
    const orderId = await working();
    h.risk.hold = new Deferred();
    const answer = replace(orderId);
    await h.rest();
    await trade(orderId, '10'); // Reports don't wait for risk.
    expect(statusOf(orderId)).toBe('FILLED');
    h.risk.hold.resolve();
    expect(await answer).toMatchObject({ reason: Reason.ORDER_FINAL });
    expect(h.risk.approvals[1]?.isAbandoned).toBe(true);
  });

  it('without a decision of risk stores nothing', async () => {
    const orderId = await working();
    h.risk.isUnavailable = true;
    expect(await errorOf(replace(orderId))).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    h.risk.isUnavailable = false;
    h.sessions.sessions.clear();
    expect(await errorOf(replace(orderId))).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    expect(stored().at(-1)).toBe('orderConfirmed');
  });

  it('of an unknown order stores nothing', async () => {
    expect(await errorOf(replace('0'.repeat(24)))).toMatchObject({ reason: Reason.ORDER_UNKNOWN });
  });
});

describe('cancel-all', () => {
  const cancelAll = (clOrdId = 'ALL') => h.owner.cancelAll({ accountId, clOrdId }, caller);

  it('cancels every open order in one change, each with a number', async () => {
    const [first, second, third] = [await working('A-1'), await placed('A-2'), await working('A-3')];
    await cancel(second);
    const answer = await cancelAll();
    expect(answer.cancels.map(({ order, reason }) => [order?.orderId, reason])).toEqual([
      [first, Reason.UNSPECIFIED],
      [second, Reason.CANCEL_PENDING],
      [third, Reason.UNSPECIFIED],
    ]);
    expect(sent().filter((each) => each.startsWith('CANCEL')).length).toBe(3);
    await place('A-4');
    const again = { cancels: answer.cancels.map((each) => ({ ...each, replayed: true })) };
    expect(await cancelAll()).toEqual(again);
    h.flush();
    h.restart();
    expect(await cancelAll()).toEqual(again);
  });

  it('finds nothing where nothing is open', async () => {
    expect(await cancelAll()).toEqual({ cancels: [] });
  });

  it('does not take a later request that used the next number for its own', async () => {
    await placed('A-1');
    await place('ALL-2');
    expect((await cancelAll('OTHER')).cancels.length).toBe(2);
    await placed('A-9');
    expect(await errorOf(cancelAll())).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });
});

describe('reports', () => {
  it('are folded once and acknowledged after the commit', async () => {
    const orderId = await placed();
    h.journal.manual = true;
    await confirm(orderId);
    expect(h.dispatcher.acks).toEqual([]);
    h.journal.runStatement();
    await h.rest();
    expect(h.dispatcher.acks).toEqual([{ sessionId: 'paper-1', seq: 1 }]);
    h.journal.manual = false;
    h.owner.takeReports('paper-1', h.connector.rows);
    await h.rest();
    expect(stored().filter((each) => each === 'orderConfirmed').length).toBe(1);
    expect(h.owner.cursorOf('paper-1')).toMatchObject({ seq: 1, hash: h.connector.rows[0]?.hash });
  });

  it('that queued go into one change, several of one order too', async () => {
    const orderId = await placed();
    const trades = [1, 2, 3].map((n) => h.connector.add(aReport({ orderId, accountId }, { $case: 'trade', value: { tradeId: `T-${n}`, lastQty: '2', lastPx: '1500', tradedAtMs: 0, brokerAccountId: 'PAPER-1' } })));
    h.owner.takeReports('paper-1', trades);
    await h.rest();
    expect(h.dispatcher.acks).toEqual([{ sessionId: 'paper-1', seq: 3 }]);
    expect(h.owner.order(orderId)).toMatchObject({ tradeIds: ['T-1', 'T-2', 'T-3'] });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ cumQty: '6', leavesQty: '4', avgPx: '1500' });
  });

  it('wait for a request of the same order that is being written', async () => {
    const orderId = await working();
    h.journal.manual = true;
    const canceling = cancel(orderId);
    await h.rest();
    await trade(orderId, '10');
    expect(h.journal.queued).toBe(1);
    h.journal.runStatement();
    await canceling;
    await h.rest();
    h.journal.runStatement();
    await h.rest();
    expect(stored().slice(-2)).toEqual(['cancelRequested', 'tradeBooked']);
  });

  it('that only acknowledge move the cursor alone', async () => {
    const orderId = await working();
    await cancel(orderId);
    const before = stored().length;
    await report(orderId, { $case: 'accepted', value: {} }, { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` });
    expect([stored().length, h.dispatcher.acks.at(-1)]).toEqual([before, { sessionId: 'paper-1', seq: 2 }]);
  });

  it('with a gap ask for a new attach', async () => {
    const orderId = await placed();
    const [first, second] = [h.connector.add(aReport({ orderId, accountId }, { $case: 'accepted', value: {} })), h.connector.add(aReport({ orderId, accountId }, { $case: 'expired', value: { text: '' } }))];
    h.owner.takeReports('paper-1', [second]);
    await h.rest();
    expect(h.dispatcher.reattached).toMatchObject([{ sessionId: 'paper-1', text: 'report 1 is missing before 2' }]);
    h.owner.takeReports('paper-1', [first, second]);
    await h.rest();
    expect(statusOf(orderId)).toBe('EXPIRED');
  });

  it('of another content under the same number stop the stream and page', async () => {
    const orderId = await working();
    const forged = { ...h.connector.rows[0]!, hash: Buffer.alloc(16, 7) };
    h.owner.takeReports('paper-1', [forged]);
    await h.rest();
    expect(h.alarms).toMatchObject([{ kind: 'stream-conflict', seq: 1 }]);
    await trade(orderId, '1');
    expect(statusOf(orderId)).toBe('NEW');
  });

  it.each([
    ['whose hash does not continue the chain', (row: { payload: Buffer }) => ({ ...row, hash: Buffer.alloc(16, 9) }), /chain/],
  ])('%s stop the stream', async (_what, forge, text) => {
    const orderId = await placed();
    h.owner.takeReports('paper-1', [{ ...h.connector.add(aReport({ orderId, accountId }, { $case: 'accepted', value: {} })), ...forge(h.connector.rows[0]!) }]);
    await h.rest();
    expect(h.alarms).toMatchObject([{ kind: 'stream-conflict', text: expect.stringMatching(text) }]);
  });

  it('that contradict are parked and paged, the account may only cancel, and the rest goes on', async () => {
    const orderId = await working();
    const other = await working('A-2');
    await trade(orderId, '10');
    await report(orderId, { $case: 'expired', value: { text: 'day end' } });
    expect(h.tables.parked).toMatchObject([{ reader: 'orders', key: accountId, fromSeq: 4, error: 'expired, but the order is FILLED' }]);
    expect(h.alarms).toMatchObject([{ kind: 'contradiction', orderId, seq: 4 }]);
    expect(h.owner.account(accountId)?.tradingState).toBe(TradingState.CANCEL_ONLY);
    await trade(other, '10');
    expect(statusOf(other)).toBe('FILLED');
    await report(orderId, { $case: 'expired', value: { text: 'again' } });
    expect([h.tables.parked.length, stored().filter((each) => each === 'tradingStateChanged').length]).toEqual([2, 1]);
  });

  it('of an order that does not exist are parked, whoever’s it may be', async () => {
    await report('7f'.padEnd(24, '0'), { $case: 'accepted', value: {} });
    await report('7f'.padEnd(24, '0'), { $case: 'accepted', value: {} }, { accountId: 'NOBODY' });
    expect(h.tables.parked.map(({ key }) => key)).toEqual([accountId, 'NOBODY']);
    expect(h.dispatcher.acks.at(-1)?.seq).toBe(2);
  });

  it('of a late fill change the quantity of a final order, and operators are told', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    await report(orderId, { $case: 'canceled', value: { reason: Reason.UNSPECIFIED, text: '' } });
    h.flush();
    expect(h.owner.order(orderId)).toBeUndefined();
    await trade(orderId, '4', 'T-late');
    expect(h.tables.events().at(-1)?.state).toMatchObject({ ordStatus: OrdStatus.CANCELED, cumQty: '4', leavesQty: '0' });
    expect(h.alarms).toEqual([{ kind: 'late-trade', accountId, orderId, tradeId: 'T-late' }]);
  });

  it('of doubt mark the order until evidence comes', async () => {
    const orderId = await placed();
    await report(orderId, { $case: 'inDoubt', value: { text: 'timeout' } });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ inDoubt: true, ordStatus: OrdStatus.PENDING_NEW });
    await report(orderId, { $case: 'notSent', value: { reason: Reason.PROVEN_ABSENT, text: 'nowhere' } });
    expect(h.tables.events().at(-1)?.state).toMatchObject({ inDoubt: false, ordStatus: OrdStatus.REJECTED, reason: Reason.PROVEN_ABSENT });
  });

  it('wait until rows can be read again', async () => {
    h = await new OwnerHarness({ limits: { finalOrdersMax: 0 } }).openDemo();
    const orderId = await working();
    await trade(orderId, '10');
    h.flush();
    h.journal.readsFail = true;
    await trade(orderId, '1', 'T-over');
    expect([h.dispatcher.reattached.length, h.owner.cursorOf('paper-1').seq]).toEqual([1, 2]);
    h.journal.readsFail = false;
    h.owner.takeReports('paper-1', h.connector.rows);
    await h.rest();
    expect(h.tables.events().at(-1)?.state).toMatchObject({ ordStatus: OrdStatus.FILLED, cumQty: '11' });
  });

  it('that don’t fit into memory are left to a new attach', async () => {
    h = await new OwnerHarness({ limits: { reportsQueuedMax: 2, reportsPerChangeMax: 2 } }).openDemo();
    const orderId = await placed();
    const rows = [1, 2, 3].map((n) => h.connector.add(aReport({ orderId, accountId }, { $case: 'trade', value: { tradeId: `T-${n}`, lastQty: '1', lastPx: '1', tradedAtMs: 0, brokerAccountId: 'PAPER-1' } })));
    h.owner.takeReports('paper-1', rows);
    await h.rest();
    expect(h.dispatcher.reattached.length).toBe(1);
    for (const row of rows) {
      h.owner.takeReports('paper-1', [row]);
      await h.rest();
    }
    expect(h.owner.order(orderId)?.tradeIds).toEqual(['T-1', 'T-2', 'T-3']);
  });

  it('that the journal refuses stop the stream and page', async () => {
    const orderId = await placed();
    h.journal.faults.push('refused');
    await confirm(orderId);
    expect(h.alarms).toMatchObject([{ kind: 'stream-conflict' }]);
  });
});

describe('redispatch', () => {
  it('sends all that has no report again, with the same ids, cancels first', async () => {
    const [, second, third] = [await placed('A-1'), await placed('A-2'), await working('A-3')];
    await working('A-4');
    await cancel(second);
    await replace(third);
    const before = h.dispatcher.sent.map(({ command }) => command);
    h.dispatcher.sent.length = 0;
    h.owner.redispatch('paper-1');
    expect(sent()).toEqual(['CANCEL .2', 'NEW .1', 'NEW .1', 'REPLACE .2']);
    for (const { command } of h.dispatcher.sent) expect(before).toContainEqual(command);
    h.dispatcher.sent.length = 0;
    h.restart();
    h.owner.redispatch('paper-1');
    h.owner.redispatch('paper-2');
    expect(sent()).toEqual(['CANCEL .2', 'NEW .1', 'NEW .1', 'REPLACE .2']);
  });
});

describe('accounts', () => {
  const account = { accountId, name: 'Demo', baseCurrency: 'INR', riskGroupId: 'DEMO', routes: [{ brokerAccountId: 'PAPER-1', sessionId: 'paper-1' }] };

  it('are put as often as one likes, and change only by name and routes', async () => {
    expect((await h.owner.putAccount(account, caller)).account).toMatchObject({ accountId, accountSeq: 1, tradingState: TradingState.ACTIVE, shard: expect.stringMatching(/^[0-9a-f]{2}$/) });
    expect((await h.owner.putAccount({ ...account, name: 'New' }, caller)).account).toMatchObject({ name: 'New', accountSeq: 2 });
    for (const other of [{ riskGroupId: 'OTHER' }, { baseCurrency: 'USD' }])
      expect(await errorOf(h.owner.putAccount({ ...account, ...other }, caller))).toMatchObject({ code: StatusCode.FAILED_PRECONDITION });
    expect(await errorOf(h.owner.putAccount({ ...account, accountId: 'X', riskGroupId: 'OTHER' }, caller))).toMatchObject({ code: StatusCode.FAILED_PRECONDITION });
  });

  it('that are opened twice at once are opened once', async () => {
    const put = () => h.owner.putAccount({ ...account, accountId: 'DEMO-B' }, caller);
    await Promise.all([put(), put()]);
    expect(stored()).toEqual(['accountOpened', 'accountOpened']);
  });

  it('have their cash adjusted once per id', async () => {
    const adjust = (amount = '100.0') => h.owner.adjustCash({ accountId, adjustmentId: 'J-1', currency: 'INR', amount, text: 'opening' }, caller);
    expect([await adjust(), await adjust('100')]).toEqual([{ replayed: false }, { replayed: true }]);
    h.flush();
    h.restart();
    expect(await adjust()).toEqual({ replayed: true });
    expect(await errorOf(adjust('101'))).toMatchObject({ code: StatusCode.ALREADY_EXISTS });
    expect(stored().filter((each) => each === 'cashAdjusted').length).toBe(1);
  });

  it('must exist and be well formed', async () => {
    const nobody = { accountId: 'NOBODY', text: '' };
    expect(await errorOf(h.owner.setTradingState({ ...nobody, tradingState: TradingState.HALTED }, caller))).toMatchObject({ reason: Reason.ACCOUNT_UNKNOWN });
    expect(await errorOf(h.owner.adjustCash({ ...nobody, adjustmentId: 'J', currency: 'INR', amount: '1' }, caller))).toMatchObject({ reason: Reason.ACCOUNT_UNKNOWN });
    expect(await errorOf(h.owner.adjustCash({ accountId, adjustmentId: '', currency: 'x', amount: '', text: '' }, caller))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT });
    expect(await errorOf(h.owner.setTradingState({ accountId, tradingState: TradingState.UNSPECIFIED, text: '' }, caller))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT });
    expect(await errorOf(h.owner.putAccount({ ...account, accountId: '' }, caller))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT });
  });

  it('trade again when they are ACTIVE again; the same state twice is one event', async () => {
    await setState(TradingState.HALTED);
    await setState(TradingState.HALTED);
    await setState(TradingState.ACTIVE);
    expect((await place()).order?.ordStatus).toBe(OrdStatus.PENDING_NEW);
    expect(stored()).toEqual(['accountOpened', 'tradingStateChanged', 'tradingStateChanged', 'orderAccepted']);
  });

  it('are asked by a preview, which stores nothing', () => {
    const preview = h.owner.preparePreview({ accountId, content: aPlace('x').content });
    expect(preview).toMatchObject({ content: { instrument: 'i-infy' }, broker: 'paper', route: { sessionId: 'paper-1' }, refusal: undefined });
    h.halts.halt = halt;
    expect(h.owner.preparePreview({ accountId, content: aPlace('x').content }).refusal?.reason).toBe(Reason.KILL_SWITCH);
    expect(() => h.owner.preparePreview({ accountId, content: aPlace('x', { instrument: 'NSE:NOPE' }).content })).toThrow(CallError);
  });
});

describe('the life of an owner', () => {
  it('tells listeners of every commit in order', async () => {
    const seen: number[] = [];
    const end = h.owner.onCommitted((events) => seen.push(...events.map(({ seq }) => seq)));
    await Promise.all([place('A-1'), place('A-2')]);
    end();
    await place('A-3');
    expect(seen).toEqual([2, 3]);
    expect([...h.owner.keySeqs()]).toEqual([[accountId, 4]]);
    expect(h.owner.sessionIds()).toEqual(['paper-1']);
    expect([...h.owner.accounts()].length).toBe(1);
  });

  it('lets final orders and their clOrdIds leave memory, but only once they are in their rows', async () => {
    h = await new OwnerHarness({ limits: { finalOrderRetentionMs: 1_000 } }).openDemo();
    const orderId = await working();
    await trade(orderId, '10');
    await place('A-2');
    h.nowMs += 5_000;
    const dirty = h.owner.takeDirty();
    h.owner.flushFailed(dirty!);
    expect(h.owner.sizes()).toEqual({ orders: 2, requests: 2 });
    h.flush();
    expect(h.owner.sizes()).toEqual({ orders: 1, requests: 1 });
    expect(h.owner.takeDirty()).toBeUndefined();
    expect((await place('A-1')).replayed).toBe(true);
  });

  it('drains: finishes what is under way, takes no more, and gives its credits back', async () => {
    h.risk.hold = new Deferred();
    const underWay = place();
    await h.rest();
    const drained = h.owner.drain();
    expect(await errorOf(place('A-2'))).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_OWNER });
    h.risk.hold.resolve();
    expect((await underWay).order?.ordStatus).toBe(OrdStatus.PENDING_NEW);
    await drained;
    await h.owner.settled();
    expect(h.credits.held('paper-1')).toBe(0);
    const count = h.dispatcher.sent.length;
    h.owner.redispatch('paper-1');
    h.owner.takeReports('paper-1', []);
    expect(h.dispatcher.sent.length).toBe(count);
  });

  it('that is closed while risk judges stores nothing and says that the outcome is unknown', async () => {
    h.risk.hold = new Deferred();
    const answer = errorOf(place());
    await h.rest();
    h.owner.close();
    h.risk.hold.resolve();
    expect(await answer).toMatchObject({ reason: Reason.UNKNOWN_RETRY_SAME_ID });
    expect([stored(), h.risk.approvals[0]?.isAbandoned]).toEqual([['accountOpened'], true]);
  });
});
