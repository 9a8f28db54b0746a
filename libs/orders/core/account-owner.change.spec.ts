import { beforeEach, describe, expect, it } from '@jest/globals';
import { CallError, HaltScope, OrdStatus, OrdType, Reason, RequestKind, StatusCode, TradingState } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { aCaller, aDecision, aPlace, demoAccountId, errorOf, OwnerDriver, OwnerHarness, startMs } from './testing/index.js';

const accountId = demoAccountId;
const caller = aCaller();
const halt = { haltId: 'H-1', scope: HaltScope.ALL, key: '', text: 'drill', actor: 'ops', atMs: 0 };
let h: OwnerHarness;
const { place, cancel, replace, setState, stored, sent, report, trade, placed, working, statusOf } = new OwnerDriver(() => h);

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('cancel', () => {
  it('of an order that no connector has yet goes to the connector, whose NOT_SENT ends the order', async () => {
    const orderId = await placed();
    expect(await cancel(orderId)).toMatchObject({
      order: { ordStatus: OrdStatus.PENDING_CANCEL, cancelPending: true },
      reason: Reason.UNSPECIFIED,
    });
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
    await h.restart();
    expect(await byOrig('C-2', 'A-1')).toMatchObject({ order: { orderId }, reason: Reason.CANCEL_PENDING });
  });

  it('waits for the order that is being written', async () => {
    const placing = place();
    const answer = await h.owner.cancel({ accountId, clOrdId: 'C-1', orderId: '', origClOrdId: 'A-1' }, caller);
    expect(answer.order?.orderId).toBe((await placing).order?.orderId);
    expect(sent()).toEqual(['NEW .1', 'CANCEL .2']);
  });

  it('of an unknown order stores nothing', async () => {
    expect(await errorOf(cancel('0'.repeat(24)))).toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.ORDER_UNKNOWN,
      violations: [{ field: 'orderId' }],
    });
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
    h.halts.put(1, [halt]);
    expect((await cancel(orderId)).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
  });

  it('that the broker refuses leaves the order as it was', async () => {
    const orderId = await working();
    await trade(orderId, '4');
    await cancel(orderId);
    await report(
      orderId,
      { $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: 'busy' } },
      { kind: RequestKind.CANCEL, brokerRequestId: `${orderId}.2` },
    );
    expect(statusOf(orderId)).toBe('PARTIALLY_FILLED');
    expect((await cancel(orderId, 'C-2')).order?.ordStatus).toBe(OrdStatus.PENDING_CANCEL);
    expect(sent().at(-1)).toBe('CANCEL .3');
  });
});

describe('replace', () => {
  it('is judged at its new quantity and price, and pending until the broker did it', async () => {
    const orderId = await working();
    expect(await replace(orderId, 'R-1', { orderQty: '20.0', price: '1501' })).toMatchObject({
      order: { ordStatus: OrdStatus.PENDING_REPLACE, replaceQty: '20', replacePrice: '1501' },
    });
    expect(h.risk.checks[1]).toMatchObject({ kind: RequestKind.REPLACE, orderId, content: { orderQty: '20', price: '1501' } });
    expect(h.dispatcher.sent[1]?.command).toMatchObject({
      kind: RequestKind.REPLACE,
      content: { orderQty: '20', price: '1501' },
      brokerOrderId: expect.stringMatching(/^B-/),
      sendBeforeMs: startMs + 60_000,
    });
    await report(
      orderId,
      { $case: 'replaced', value: { orderQty: '20', price: '1501', stopPx: undefined } },
      { kind: RequestKind.REPLACE, brokerRequestId: `${orderId}.2` },
    );
    expect(h.owner.order(orderId)).toMatchObject({ clOrdId: 'R-1', content: { orderQty: '20', price: '1501' } });
  });

  const refused: readonly [string, () => Promise<string>, Reason][] = [
    ['not confirmed', () => placed(), Reason.ORDER_NOT_CONFIRMED],
    [
      'final',
      async () => {
        const id = await working();
        await trade(id, '10');
        return id;
      },
      Reason.ORDER_FINAL,
    ],
    [
      'being replaced',
      async () => {
        const id = await working();
        await replace(id, 'R-0');
        return id;
      },
      Reason.REPLACE_PENDING,
    ],
    [
      'being canceled',
      async () => {
        const id = await working();
        await cancel(id);
        return id;
      },
      Reason.CANCEL_PENDING,
    ],
    [
      'of a halted account',
      async () => {
        const id = await working();
        await setState(TradingState.HALTED);
        return id;
      },
      Reason.TRADING_STATE,
    ],
    [
      'too large for risk',
      async () => {
        const id = await working();
        h.risk.refusal = aDecision({ approved: false, reason: Reason.QUANTITY_EXCEEDS_MAXIMUM });
        return id;
      },
      Reason.QUANTITY_EXCEEDS_MAXIMUM,
    ],
  ];
  it.each(refused)('of an order that is %s is denied and stored', async (_what, given, reason) => {
    const orderId = await given();
    const before = sent().length;
    expect(await replace(orderId)).toMatchObject({ reason, replayed: false });
    expect([stored().at(-1), sent().length]).toEqual(['requestDenied', before]);
  });

  it.each([
    ['content.orderQty', 'orderQty'],
    ['content.price', 'price'],
    ['content.stopPx', 'stopPx'],
    ['content.instrument', ''],
    ['accountId', 'accountId'],
  ])('that is refused for %s names it by its own path', async (judged, named) => {
    const orderId = await working();
    h.risk.refusal = aDecision({ approved: false, reason: Reason.PRICE_OFF_TICK, text: 'off', field: judged });
    expect(await replace(orderId)).toMatchObject({ reason: Reason.PRICE_OFF_TICK, field: named });
  });

  it('with a price that the order does not have is a mistake of form', async () => {
    const orderId = await working('A-1', { ordType: OrdType.MARKET, price: undefined });
    expect(await errorOf(replace(orderId, 'R-1', { price: '1' }))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      reason: Reason.FIELD_NOT_ALLOWED,
      violations: [{ field: 'price' }],
    });
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
    h.risk.detach();
    expect(await errorOf(replace(orderId))).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    h.risk.attach();
    h.sessions.clear();
    expect(await errorOf(replace(orderId))).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    expect(stored().at(-1)).toBe('orderConfirmed');
  });

  it('of an unknown order stores nothing', async () => {
    expect(await errorOf(replace('0'.repeat(24)))).toMatchObject({ reason: Reason.ORDER_UNKNOWN });
  });
});

describe('until when a command may leave', () => {
  it.each([
    ['that names no instant', 0, startMs + 60_000],
    ['that names one', startMs + 5_000, startMs + 5_000],
    ['that names a later one', startMs + 120_000, startMs + 60_000],
  ])('an order %s', async (_, sendBeforeMs, expected) => {
    await placed('A-1', { sendBeforeMs });
    expect(h.dispatcher.sent.at(-1)?.command).toMatchObject({ kind: RequestKind.NEW, sendBeforeMs: expected });
  });

  it('a replace so long after it was asked for, also when the instant of its order has passed', async () => {
    const orderId = await working('A-1', { sendBeforeMs: startMs + 5_000 });
    h.nowMs += 3_600_000;
    await replace(orderId);
    expect(h.dispatcher.sent.at(-1)?.command).toMatchObject({ kind: RequestKind.REPLACE, sendBeforeMs: h.nowMs + 60_000 });
  });

  it('a cancel at any time', async () => {
    const orderId = await working('A-1', { sendBeforeMs: startMs + 5_000 });
    await cancel(orderId);
    expect(h.dispatcher.sent.at(-1)?.command).toMatchObject({ kind: RequestKind.CANCEL, sendBeforeMs: 0 });
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
    const again = { cancels: answer.cancels.map((each) => ({ ...each, replayed: true })), replayed: true };
    expect(await cancelAll()).toEqual(again);
    h.flush();
    await h.restart();
    expect(await cancelAll()).toEqual(again);
  });

  it('finds nothing where nothing is open, and says so again when there is something: the same id never cancels what came later', async () => {
    expect(await cancelAll()).toEqual({ cancels: [], replayed: false });
    await working('A-1');
    expect(await cancelAll()).toEqual({ cancels: [], replayed: true });
    h.flush();
    await h.restart();
    expect(await cancelAll()).toEqual({ cancels: [], replayed: true });
    expect(sent().filter((each) => each.startsWith('CANCEL'))).toEqual([]);
    expect((await cancelAll('LATER')).cancels.length).toBe(1);
  });

  it.each([
    ['an order', () => place('ALL')],
    ['a cancel', async () => cancel(await placed('A-1'), 'ALL')],
  ])('has its id for itself: %s with it is refused', async (_, request) => {
    await cancelAll();
    expect(await errorOf(request())).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it('with the id of an order, or of one cancel of another cancel-all, is refused', async () => {
    await placed('A-1');
    expect(await errorOf(cancelAll('A-1'))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
    await cancelAll();
    expect(await errorOf(cancelAll('ALL-1'))).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });

  it('does not take a later request that used the next number for its own', async () => {
    await placed('A-1');
    await place('ALL-2');
    expect((await cancelAll('OTHER')).cancels.length).toBe(2);
    await placed('A-9');
    expect(await errorOf(cancelAll())).toMatchObject({ reason: Reason.CL_ORD_ID_REUSED });
  });
});

describe('accounts', () => {
  const account = {
    accountId,
    name: 'Demo',
    baseCurrency: 'INR',
    riskGroupId: 'DEMO',
    routes: [{ brokerAccountId: 'PAPER-1', sessionId: 'paper-1' }],
  };

  it('are put as often as one likes, and change only by name and routes', async () => {
    expect((await h.owner.putAccount(account, caller)).account).toMatchObject({
      accountId,
      accountSeq: 1,
      tradingState: TradingState.ACTIVE,
      shard: expect.stringMatching(/^[0-9a-f]{2}$/),
    });
    expect((await h.owner.putAccount({ ...account, name: 'New' }, caller)).account).toMatchObject({ name: 'New', accountSeq: 2 });
    for (const other of [{ riskGroupId: 'OTHER' }, { baseCurrency: 'USD' }])
      expect(await errorOf(h.owner.putAccount({ ...account, ...other }, caller))).toMatchObject({ code: StatusCode.FAILED_PRECONDITION });
    expect(await errorOf(h.owner.putAccount({ ...account, accountId: 'X', riskGroupId: 'OTHER' }, caller))).toMatchObject({
      code: StatusCode.FAILED_PRECONDITION,
    });
  });

  it('that are opened twice at once are opened once', async () => {
    const put = () => h.owner.putAccount({ ...account, accountId: 'DEMO-B' }, caller);
    await Promise.all([put(), put()]);
    expect(stored()).toEqual(['accountOpened', 'accountOpened']);
  });

  it('have their cash adjusted once per id', async () => {
    const adjust = (amount = '100.0') =>
      h.owner.adjustCash({ accountId, adjustmentId: 'J-1', currency: 'INR', amount, text: 'opening' }, caller);
    expect([await adjust(), await adjust('100')]).toEqual([{ replayed: false }, { replayed: true }]);
    h.flush();
    await h.restart();
    expect(await adjust()).toEqual({ replayed: true });
    expect(await errorOf(adjust('101'))).toMatchObject({ code: StatusCode.ALREADY_EXISTS });
    expect(stored().filter((each) => each === 'cashAdjusted').length).toBe(1);
  });

  it('must exist and be well formed', async () => {
    const nobody = { accountId: 'NOBODY', text: 'a test' };
    expect(await errorOf(h.owner.setTradingState({ ...nobody, tradingState: TradingState.HALTED }, caller))).toMatchObject({
      reason: Reason.ACCOUNT_UNKNOWN,
    });
    expect(await errorOf(h.owner.adjustCash({ ...nobody, adjustmentId: 'J', currency: 'INR', amount: '1' }, caller))).toMatchObject({
      reason: Reason.ACCOUNT_UNKNOWN,
    });
    expect(await errorOf(h.owner.adjustCash({ accountId, adjustmentId: '', currency: 'x', amount: '', text: '' }, caller))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
    });
    expect(await errorOf(h.owner.setTradingState({ accountId, tradingState: TradingState.UNSPECIFIED, text: '' }, caller))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
    });
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
    expect(preview).toMatchObject({
      content: { instrument: 'i-infy' },
      broker: 'paper',
      route: { sessionId: 'paper-1' },
      refusal: undefined,
    });
    h.halts.put(1, [halt]);
    expect(h.owner.preparePreview({ accountId, content: aPlace('x').content }).refusal?.reason).toBe(Reason.KILL_SWITCH);
    expect(() => h.owner.preparePreview({ accountId, content: aPlace('x', { instrument: 'NSE:NOPE' }).content })).toThrow(CallError);
  });
});
