import { beforeEach, describe, expect, it } from '@jest/globals';
import { HaltScope, OrdStatus, Reason, RequestKind, StatusCode, TradingState } from '@switchyard/contracts';
import { Session, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type PlaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { Deferred } from '@switchyard/kernel';
import { aCaller, aDecision, aPlace, demoAccountId, errorOf, OwnerDriver, OwnerHarness, startMs } from './testing/index.js';

const accountId = demoAccountId;
const caller = aCaller();
const halt = { haltId: 'H-1', scope: HaltScope.ALL, key: '', text: 'drill', actor: 'ops', atMs: 0 };
let h: OwnerHarness;
const { place, cancel, replace, setState, stored, sent, confirm, trade, placed, working } = new OwnerDriver(() => h);

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('place', () => {
  it('answers PENDING_NEW once it is durable, then dispatches', async () => {
    h.journal.manual = true;
    const answer = place();
    await h.rest();
    expect([h.journal.queued, sent()]).toEqual([1, []]);
    h.journal.runStatement();
    expect(await answer).toMatchObject({
      order: { ordStatus: OrdStatus.PENDING_NEW, clOrdId: 'A-1', leavesQty: '10', content: { instrument: 'i-infy' } },
      replayed: false,
    });
    expect(sent()).toEqual(['NEW .1']);
    expect(h.dispatcher.sent[0]?.command).toMatchObject({
      tag: expect.stringMatching(/^[a-z2-7]{20}$/),
      sendBeforeMs: startMs + 60_000,
      brokerAccountId: 'PAPER-1',
    });
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
    [
      'risk refuses',
      () => (h.risk.refusal = aDecision({ approved: false, reason: Reason.PRICE_COLLAR, text: 'too far', field: 'content.price' })),
      { field: 'content.price' },
      Reason.PRICE_COLLAR,
    ],
    ['a halt covers it', () => h.halts.put(1, [halt]), { field: '' }, Reason.KILL_SWITCH],
    ['the account is CANCEL_ONLY', () => setState(TradingState.CANCEL_ONLY), {}, Reason.TRADING_STATE],
    ['the account is HALTED', () => setState(TradingState.HALTED), {}, Reason.TRADING_STATE],
    [
      'the broker can’t do it',
      () => h.sessions.put(Session.fromPartial({ sessionId: 'paper-1', broker: 'paper', state: SessionState.READY, offer: {} })),
      { field: 'content.ordType' },
      Reason.VENUE_NOT_SUPPORTED,
    ],
  ];
  it.each(denials)('stores DENIED when %s, and never sends it', async (_when, given, answer, reason) => {
    await given();
    expect(await place()).toMatchObject({ ...answer, order: { ordStatus: OrdStatus.DENIED, reason, leavesQty: '0' }, replayed: false });
    expect([stored().at(-1), sent(), h.credits.held('paper-1')]).toEqual(['orderDenied', [], 0]);
    expect(await place()).toMatchObject({ ...answer, order: { ordStatus: OrdStatus.DENIED, reason }, replayed: true });
  });

  const unavailable: readonly [string, () => unknown, StatusCode, Reason][] = [
    ['risk can’t be had', () => h.risk.detach(), StatusCode.UNAVAILABLE, Reason.RISK_UNAVAILABLE],
    ['the session has no room', () => h.credits.revoke('paper-1'), StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT],
    ['the session is down', () => h.sessions.set('paper-1', SessionState.DOWN), StatusCode.UNAVAILABLE, Reason.SESSION_DOWN],
  ];
  it.each(unavailable)('stores nothing when %s, and the same clOrdId may be tried again', async (_when, given, code, reason) => {
    given();
    expect(await errorOf(place())).toMatchObject({ code, reason });
    expect(h.journal.findsCount).toBe(1); // No refusal that is not stored leaves before the look-up.
    expect([stored(), h.credits.held('paper-1')]).toEqual([['accountOpened'], 0]);
    h.risk.attach();
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
    await h.restart();
    expect(await place()).toEqual({ ...first, replayed: true });
    expect(h.risk.approvals.at(-1)?.isAbandoned).toBe(true);
    expect(await errorOf(place('A-1', { orderQty: '11' }))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it.each<[string, () => unknown]>([
    ['no risk', () => h.risk.detach()],
    ['no credit', () => h.credits.revoke('paper-1')],
    ['no session', () => h.sessions.set('paper-1', SessionState.DOWN)],
  ])('that memory forgot gets its first answer even with %s', async (_what, given) => {
    const first = await place();
    h.flush();
    await h.restart();
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
    await h.restart();
    expect(await again()).toEqual(expected);
    expect(await errorOf(replace(orderId, 'R-1', { orderQty: '21' }))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it('is not judged while the table can’t be read', async () => {
    h.risk.detach();
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
    await h.restart();
    h.owner.redispatch('paper-1');
    expect(sent()).toEqual(wasWritten ? ['NEW .1'] : []);
    expect(h.credits.held('paper-1')).toBe(wasWritten ? 1 : 0);
    expect((await place()).replayed).toBe(wasWritten);
    expect(sent()).toEqual(['NEW .1']);
  });
});
