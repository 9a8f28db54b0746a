import { describe, expect, it } from '@jest/globals';
import { OrdStatus, OrdType, Reason, RequestKind } from '@switchyard/contracts';
import { formatDecimal, InvariantError, Quantity } from '@switchyard/kernel';
import fc from 'fast-check';
import { isFinal, isInDoubt, leavesQtyOf, toOrderState, type Order, foldOrder } from './order.js';
import { orderFromSnapshot, orderToSnapshot } from './order-snapshot.js';
import { accepted, anEvent, anOrder, foldAll } from './testing/index.js';
import {
  cancelRequested,
  canceled,
  confirmed,
  denied,
  expired,
  inDoubt,
  rejected,
  replaceRequested,
  replaced,
  requestDenied,
  requestRejected,
  resolved,
  restated,
  trade,
  triggered,
} from './testing/order-facts.js';
import { isLegal, transitions, type OrderEventBody, type OrderEventCase, type WorkingState } from './transitions.js';

describe('the transition table', () => {
  const cases: readonly OrderEventCase[] = [
    'orderAccepted',
    'orderDenied',
    'cancelRequested',
    'replaceRequested',
    'requestDenied',
    'orderConfirmed',
    'orderRejected',
    'orderReplaced',
    'orderCanceled',
    'orderExpired',
    'requestRejected',
    'requestInDoubt',
    'doubtResolved',
    'tradeBooked',
    'orderTriggered',
    'orderRestated',
  ];

  it('is this matrix', () => {
    const states = Object.keys(transitions) as WorkingState[];
    const cell = (state: WorkingState, event: OrderEventCase): string =>
      (transitions[state] as Partial<Record<OrderEventCase, string>>)[event] ?? '.';
    const lines = cases.map((event) => [event.padEnd(16), ...states.map((state) => cell(state, event).padEnd(11))].join(' ').trimEnd());
    expect([['                '.padEnd(16), ...states.map((state) => state.padEnd(11))].join(' ').trimEnd(), ...lines].join('\n')).toBe(
      `
                 PENDING_NEW WORKING     FILLED      CANCELED    REJECTED    EXPIRED     DENIED
orderAccepted    .           .           .           .           .           .           .
orderDenied      .           .           .           .           .           .           .
cancelRequested  PENDING_NEW WORKING     .           .           .           .           .
replaceRequested .           WORKING     .           .           .           .           .
requestDenied    PENDING_NEW WORKING     FILLED      CANCELED    REJECTED    EXPIRED     DENIED
orderConfirmed   WORKING     WORKING     FILLED      CANCELED    .           EXPIRED     .
orderRejected    REJECTED    REJECTED    .           .           .           .           .
orderReplaced    byQuantity  byQuantity  .           .           .           .           .
orderCanceled    CANCELED    CANCELED    .           .           .           .           .
orderExpired     EXPIRED     EXPIRED     .           .           .           .           .
requestRejected  PENDING_NEW byQuantity  FILLED      CANCELED    REJECTED    EXPIRED     .
requestInDoubt   PENDING_NEW WORKING     FILLED      CANCELED    REJECTED    EXPIRED     .
doubtResolved    PENDING_NEW WORKING     FILLED      CANCELED    REJECTED    EXPIRED     .
tradeBooked      byQuantity  byQuantity  FILLED      late        late        late        .
orderTriggered   WORKING     WORKING     .           .           .           .           .
orderRestated    byQuantity  byQuantity  .           .           .           .           .`.slice(1),
    );
  });

  const reached: Readonly<Record<WorkingState, Order>> = {
    PENDING_NEW: anOrder(),
    WORKING: anOrder(confirmed),
    FILLED: anOrder(confirmed, trade('10')),
    CANCELED: anOrder(confirmed, canceled()),
    REJECTED: anOrder(rejected),
    EXPIRED: anOrder(confirmed, expired),
    DENIED: foldAll([denied]),
  };
  const samples: Readonly<Record<OrderEventCase, () => OrderEventBody>> = {
    orderAccepted: () => accepted(),
    orderDenied: () => denied,
    cancelRequested: () => cancelRequested(),
    replaceRequested: () => replaceRequested('20'),
    requestDenied: () => requestDenied,
    orderConfirmed: () => confirmed,
    orderRejected: () => rejected,
    orderReplaced: () => replaced('20'),
    orderCanceled: () => canceled(),
    orderExpired: () => expired,
    requestRejected: () => requestRejected(RequestKind.CANCEL),
    requestInDoubt: () => inDoubt(RequestKind.CANCEL),
    doubtResolved: () => resolved(RequestKind.CANCEL),
    tradeBooked: () => trade('1'),
    orderTriggered: () => triggered(),
    orderRestated: () => restated('8'),
  };

  for (const [state, order] of Object.entries(reached) as [WorkingState, Order][])
    it(`rules what happens to an order that is ${state}: a missing cell throws`, () => {
      expect(order.working).toBe(state);
      for (const event of cases) {
        const folding = () => foldOrder(order, anEvent(samples[event](), 99));
        if (!isLegal(state, event)) expect(folding).toThrow(InvariantError);
        else expect(isFinal(order) ? folding().working : state).toBe(state);
      }
    });
});

describe('OrdStatus', () => {
  const rows: readonly [string, readonly OrderEventBody[], OrdStatus, string][] = [
    ['accepted', [], OrdStatus.PENDING_NEW, '10'],
    ['confirmed', [confirmed], OrdStatus.NEW, '10'],
    ['a trade before the confirmation', [trade('4')], OrdStatus.PARTIALLY_FILLED, '6'],
    ['the confirmation after a trade', [trade('4'), confirmed], OrdStatus.PARTIALLY_FILLED, '6'],
    ['the confirmation after the last trade', [trade('10'), confirmed], OrdStatus.FILLED, '0'],
    ['a cancel before the confirmation', [cancelRequested()], OrdStatus.PENDING_CANCEL, '10'],
    ['that cancel refused', [cancelRequested(), requestRejected(RequestKind.CANCEL)], OrdStatus.PENDING_NEW, '10'],
    ['a cancel refused after a confirmation', [cancelRequested(), confirmed, requestRejected(RequestKind.CANCEL)], OrdStatus.NEW, '10'],
    [
      'a cancel refused after a trade',
      [confirmed, cancelRequested(), trade('3'), requestRejected(RequestKind.CANCEL)],
      OrdStatus.PARTIALLY_FILLED,
      '7',
    ],
    ['a fill while PendingCancel', [confirmed, cancelRequested(), trade('3')], OrdStatus.PENDING_CANCEL, '7'],
    ['the last fill while PendingCancel', [confirmed, cancelRequested(), trade('10')], OrdStatus.FILLED, '0'],
    ['a replace', [confirmed, replaceRequested('20')], OrdStatus.PENDING_REPLACE, '10'],
    ['a replace refused', [confirmed, replaceRequested('20'), requestRejected(RequestKind.REPLACE)], OrdStatus.NEW, '10'],
    ['a cancel that overtakes a replace', [confirmed, replaceRequested('20'), cancelRequested('C-1', 3)], OrdStatus.PENDING_CANCEL, '10'],
    [
      'that cancel refused: the replace is still pending',
      [confirmed, replaceRequested('20'), cancelRequested('C-1', 3), requestRejected(RequestKind.CANCEL)],
      OrdStatus.PENDING_REPLACE,
      '10',
    ],
    ['a replace to more', [confirmed, trade('4'), replaceRequested('20'), replaced('20')], OrdStatus.PARTIALLY_FILLED, '16'],
    ['a replace to what is filled', [confirmed, trade('4'), replaceRequested('4'), replaced('4')], OrdStatus.FILLED, '0'],
    ['a replace to less than what is filled', [confirmed, trade('4'), replaceRequested('2'), replaced('2')], OrdStatus.FILLED, '0'],
    ['filled while a larger quantity is pending', [confirmed, replaceRequested('20'), trade('10')], OrdStatus.PENDING_REPLACE, '0'],
    [
      'and that replace refused',
      [confirmed, replaceRequested('20'), trade('10'), requestRejected(RequestKind.REPLACE)],
      OrdStatus.FILLED,
      '0',
    ],
    ['and that replace done', [confirmed, replaceRequested('20'), trade('10'), replaced('20')], OrdStatus.PARTIALLY_FILLED, '10'],
    ['canceled', [confirmed, trade('4'), cancelRequested(), canceled('C-1')], OrdStatus.CANCELED, '0'],
    ['expired', [confirmed, expired], OrdStatus.EXPIRED, '0'],
    ['rejected', [rejected], OrdStatus.REJECTED, '0'],
    ['a fill after Canceled', [confirmed, canceled(), trade('4')], OrdStatus.CANCELED, '0'],
    ['fills after Canceled that fill it all', [confirmed, trade('4'), canceled(), trade('5'), trade('1')], OrdStatus.FILLED, '0'],
    ['a fill of it all after Expired', [confirmed, expired, trade('10')], OrdStatus.FILLED, '0'],
    ['a fill of it all after Rejected', [rejected, trade('10')], OrdStatus.FILLED, '0'],
    ['a fill of a part after Rejected', [rejected, trade('9')], OrdStatus.REJECTED, '0'],
    ['a fill beyond the quantity', [confirmed, trade('10'), trade('5')], OrdStatus.FILLED, '0'],
    ['a doubt about the order that evidence ends', [inDoubt(RequestKind.NEW), resolved(RequestKind.NEW)], OrdStatus.NEW, '10'],
    ['a replace by the broker unasked', [confirmed, replaced('12', '1501', '')], OrdStatus.NEW, '12'],
    ['a stop that was triggered', [confirmed, triggered()], OrdStatus.NEW, '10'],
    ['a stop that was triggered before its confirmation', [triggered()], OrdStatus.NEW, '10'],
    ['a trade of a triggered stop', [confirmed, triggered(), trade('4')], OrdStatus.PARTIALLY_FILLED, '6'],
    ['a prevented self-trade', [confirmed, trade('4'), restated('7')], OrdStatus.PARTIALLY_FILLED, '3'],
    ['a prevented self-trade that left what was filled', [confirmed, trade('4'), restated('4')], OrdStatus.FILLED, '0'],
    ['a prevented self-trade while a cancel is pending', [confirmed, cancelRequested(), restated('7')], OrdStatus.PENDING_CANCEL, '7'],
    ['a market-to-limit that rests', [trade('4'), restated('10', '1501')], OrdStatus.PARTIALLY_FILLED, '6'],
    ['the day’s end of what a trigger left', [confirmed, triggered(OrdType.LIMIT), trade('4'), expired], OrdStatus.EXPIRED, '0'],
  ];

  it.each(rows)('after %s', (_name, events, ordStatus, leavesQty) => {
    const state = toOrderState(anOrder(...events));
    expect([OrdStatus[state.ordStatus], state.leavesQty]).toEqual([OrdStatus[ordStatus], leavesQty]);
  });

  it('is Denied for a refusal of ours', () => {
    expect(toOrderState(foldAll([denied]))).toMatchObject({
      ordStatus: OrdStatus.DENIED,
      leavesQty: '0',
      reason: Reason.KILL_SWITCH,
      text: 'halt',
    });
  });
});

describe('an order', () => {
  it('names the clOrdId of the last request that changed it', () => {
    expect(toOrderState(anOrder(confirmed, replaceRequested('20', '1501'))).clOrdId).toBe('A-1');
    const order = anOrder(confirmed, replaceRequested('20', '1501'), replaced('20', '1501'));
    expect(toOrderState(order)).toMatchObject({
      clOrdId: 'R-1',
      firstClOrdId: 'A-1',
      brokerOrderId: 'B-2',
      content: { orderQty: '20', price: '1501' },
    });
    expect(toOrderState(foldAll([cancelRequested('C-1', 3), canceled('C-1')], order)).clOrdId).toBe('C-1');
  });

  it('is what a trigger made of it, and keeps its stop price', () => {
    const stop = accepted({ ordType: OrdType.STOP_LIMIT, stopPx: '1490' });
    expect(toOrderState(foldAll([stop, confirmed, triggered(OrdType.LIMIT)]))).toMatchObject({
      content: { ordType: OrdType.LIMIT, price: '1500', stopPx: '1490' },
      reason: Reason.UNSPECIFIED,
    });
  });

  it('has the price at which it rests, and the quantity that a prevented self-trade left', () => {
    const toMarket = accepted({ ordType: OrdType.MARKET_TO_LIMIT, price: undefined });
    const order = foldAll([toMarket, confirmed, trade('4'), restated('10', '1501')]);
    expect(toOrderState(order).content).toMatchObject({ ordType: OrdType.LIMIT, price: '1501', orderQty: '10' });
    expect(toOrderState(foldAll([restated('7')], order)).content).toMatchObject({ price: '1501', orderQty: '7' });
  });

  it('that expired says why', () => {
    expect(toOrderState(anOrder(confirmed, expired))).toMatchObject({ reason: Reason.VENUE_DAY_END, text: 'day end' });
  });

  it('shows what a pending replace asks for', () => {
    expect(toOrderState(anOrder(confirmed, replaceRequested('20', '1501')))).toMatchObject({
      replaceQty: '20',
      replacePrice: '1501',
      replaceStopPx: '',
    });
    const ofStop = anOrder(confirmed, replaceRequested('20', '1501', '1490'));
    expect(toOrderState(ofStop)).toMatchObject({ replacePrice: '1501', replaceStopPx: '1490' });
    expect(toOrderState(foldAll([canceled()], ofStop))).toMatchObject({ replaceQty: '', replacePrice: '', replaceStopPx: '' });
  });

  it('has the exact average of its fills, half-even', () => {
    expect(toOrderState(anOrder(trade('1', '1'), trade('2', '2'))).avgPx).toBe('1.666666667');
  });

  it.each([
    ['the order', RequestKind.NEW, [inDoubt(RequestKind.NEW)]],
    ['a replace', RequestKind.REPLACE, [confirmed, replaceRequested('20'), inDoubt(RequestKind.REPLACE)]],
    ['a cancel', RequestKind.CANCEL, [confirmed, cancelRequested(), inDoubt(RequestKind.CANCEL)]],
  ] as const)('is in doubt about %s until there is evidence', (_what, kind, events) => {
    const order = anOrder(...events);
    expect(toOrderState(order)).toMatchObject({ inDoubt: true, reason: Reason.IN_DOUBT, text: 'no answer' });
    expect(toOrderState(foldAll([resolved(kind)], order))).toMatchObject({ inDoubt: false, reason: Reason.UNSPECIFIED, text: '' });
  });

  it('is not in doubt any more once a trade shows that the broker has it', () => {
    expect(isInDoubt(anOrder(inDoubt(RequestKind.NEW), trade('1')))).toBe(false);
  });

  it.each([
    ['a trade twice', [trade('1', '1', 'same'), trade('1', '1', 'same')]],
    ['a trade of nothing', [trade('0')]],
    ['a second pending cancel', [cancelRequested(), cancelRequested()]],
    ['a second pending replace', [confirmed, replaceRequested('20'), replaceRequested('21')]],
    ['a doubt about no request', [inDoubt(RequestKind.UNSPECIFIED)]],
  ] as const)('never takes %s', (_what, events) => {
    expect(() => anOrder(...events)).toThrow(InvariantError);
  });

  it('begins by being accepted or denied, and takes its own events in order only', () => {
    expect(() => foldAll([confirmed])).toThrow(InvariantError);
    expect(() => foldOrder(anOrder(), anEvent(confirmed, 1))).toThrow(InvariantError);
    expect(() => foldOrder(anOrder(), { ...anEvent(confirmed, 9), accountId: 'OTHER' })).toThrow(InvariantError);
    expect(() => foldOrder(anOrder(), { ...anEvent(confirmed, 9), event: undefined })).toThrow(InvariantError);
  });
});

/** Any legal life of an order of 10. */
const lives = fc.array(
  fc.oneof(
    fc.constantFrom<OrderEventBody>(
      confirmed,
      rejected,
      canceled(),
      canceled('C-1'),
      expired,
      cancelRequested(),
      replaceRequested('5'),
      replaceRequested('20'),
    ),
    fc.constantFrom<OrderEventBody>(replaced('5'), replaced('20'), replaced('7', '1499', ''), requestDenied),
    fc.constantFrom<OrderEventBody>(triggered(OrdType.LIMIT), restated('6'), restated('3', '1501')),
    fc
      .constantFrom(RequestKind.NEW, RequestKind.CANCEL, RequestKind.REPLACE)
      .chain((kind) =>
        fc.constantFrom<OrderEventBody>(
          inDoubt(kind),
          resolved(kind),
          requestRejected(kind === RequestKind.NEW ? RequestKind.CANCEL : kind),
        ),
      ),
    fc.integer({ min: 1, max: 9_000_000_000 }).map((scaled) => trade(formatDecimal(BigInt(scaled)), '1500.05')),
  ),
  { maxLength: 25 },
);

describe('any life of an order', () => {
  it('keeps its quantities, and its final state, which only late trades that fill it all change', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let order = anOrder();
        let filled = 0n;
        for (const body of life) {
          const possible =
            isLegal(order.working, body.$case) &&
            !(body.$case === 'cancelRequested' && order.pendingCancel) &&
            !(body.$case === 'replaceRequested' && order.pendingReplace) &&
            !(body.$case === 'tradeBooked' && order.tradeIds.includes(body.value.tradeId));
          if (!possible) continue;
          const before = order;
          order = foldAll([body], order);
          if (body.$case === 'tradeBooked') filled += Quantity(body.value.lastQty);
          expect(order.cumQty).toBe(filled);
          expect(order.cumQty >= 0n).toBe(true);
          if (isFinal(before)) {
            const isCompleted = body.$case === 'tradeBooked' && order.cumQty >= order.orderQty && before.working !== 'DENIED';
            expect(order.working).toBe(isCompleted ? 'FILLED' : before.working);
          }
          if (isFinal(order)) expect(leavesQtyOf(order)).toBe(0n);
          else expect(leavesQtyOf(order)).toBe(order.orderQty > order.cumQty ? order.orderQty - order.cumQty : 0n);
          if (!isFinal(order) && order.cumQty >= order.orderQty) expect(order.pendingReplace).toBeDefined();
        }
        expect(orderFromSnapshot(orderToSnapshot(order))).toEqual(order);
      }),
      { numRuns: 500 },
    );
  });
});
