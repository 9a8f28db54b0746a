import { describe, expect, it } from '@jest/globals';
import { Liquidity, OrdType, Reason, RequestKind, type OrderContent } from '@switchyard/contracts';
import { type Report } from '@switchyard/contracts/gen/brokers/v1/events';
import { eventsOfReport, reportRefOf } from './from-report.js';
import { type Order } from './order.js';
import { accepted, anExpiry, anOrder, aReport, aTrade, foldAll } from './testing/index.js';
import { type OrderEventBody } from './transitions.js';

type Body = NonNullable<Report['report']>;
const { NEW, REPLACE, CANCEL } = RequestKind;
const acceptedReport: Body = { $case: 'accepted', value: {} };
const refused: Body = { $case: 'refused', value: { reason: Reason.BROKER_REJECTED, text: 'no' } };
const notSent: Body = { $case: 'notSent', value: { reason: Reason.CANCELED_BEFORE_SEND, text: 'a cancel came first' } };
const inDoubt: Body = { $case: 'inDoubt', value: { text: 'timeout' } };
const doubtResolved: Body = { $case: 'doubtResolved', value: { text: 'found by tag' } };
const canceled: Body = { $case: 'canceled', value: { reason: Reason.UNSPECIFIED, text: '' } };
const expired = anExpiry();
const trade = (lastQty: string, tradeId = 'T-1', brokerAccountId = 'PAPER-1', lastPx = '1500'): Body =>
  aTrade({ tradeId, lastQty, lastPx, brokerAccountId });
const triggered = (ordType: OrdType): Body => ({ $case: 'triggered', value: { ordType } });
const restated = (ordType: OrdType, orderQty: string, price?: string, reason = Reason.UNSPECIFIED): Body => ({
  $case: 'restated',
  value: { ordType, orderQty, price, reason, text: '' },
});
const replaced = (orderQty: string, price?: string): Body => ({ $case: 'replaced', value: { orderQty, price, stopPx: undefined } });

/** Takes reports one after another as the owner does; ends with the outcome of the last. */
function take(
  order: Order,
  ...reports: readonly (readonly [Body, Partial<Report>?])[]
): { outcome: ReturnType<typeof eventsOfReport>; order: Order } {
  let outcome: ReturnType<typeof eventsOfReport> = { kind: 'known' };
  let now = order;
  for (const [body, partial] of reports) {
    const report = aReport(now, body, partial);
    outcome = eventsOfReport(now, report, reportRefOf(report, 1));
    if (outcome.kind === 'events') now = foldAll(outcome.events, now);
  }
  return { outcome, order: now };
}

const withCancel = (order: Order): Order =>
  foldAll(
    [
      {
        $case: 'cancelRequested',
        value: {
          clOrdId: 'C-1',
          orderId: order.orderId,
          brokerRequestId: `${order.orderId}.${order.requestsCount + 1}`,
          tag: 't',
          contentSha256: Buffer.alloc(32),
          actor: 'a',
          receivedAtMs: 0,
          receivedBy: '',
        },
      },
    ],
    order,
  );
const withReplace = (order: Order, orderQty = '20'): Order =>
  foldAll(
    [
      {
        $case: 'replaceRequested',
        value: {
          clOrdId: 'R-1',
          orderId: order.orderId,
          orderQty,
          price: undefined,
          stopPx: undefined,
          brokerRequestId: `${order.orderId}.${order.requestsCount + 1}`,
          tag: 't',
          risk: undefined,
          contentSha256: Buffer.alloc(32),
          actor: 'a',
          receivedAtMs: 0,
          receivedBy: '',
        },
      },
    ],
    order,
  );

const pendingNew = anOrder();
const id = pendingNew.orderId;
const working = take(pendingNew, [acceptedReport, { brokerOrderId: 'B-1' }]).order;
const rejectedOrder = take(pendingNew, [refused]).order;
const filled = take(working, [trade('10', 'T-0')]).order;
const canceledOrder = take(working, [canceled]).order;
const deniedOrder: Order = { ...pendingNew, working: 'DENIED', placement: undefined };
const workingAs = (content: Partial<OrderContent>): Order => take(foldAll([accepted(content)]), [acceptedReport]).order;
const stop = workingAs({ ordType: OrdType.STOP, price: undefined, stopPx: '1490' });
const stopLimit = workingAs({ ordType: OrdType.STOP_LIMIT, stopPx: '1490' });
const market = workingAs({ ordType: OrdType.MARKET, price: undefined });
const marketToLimit = workingAs({ ordType: OrdType.MARKET_TO_LIMIT, price: undefined });
const ofCancel: Partial<Report> = { kind: CANCEL, brokerRequestId: `${id}.2` };
const ofReplace: Partial<Report> = { kind: REPLACE, brokerRequestId: `${id}.2` };

/** Every row: the order, the report, and the one event that it is; or `known`; or a contradiction by its text. */
const rows: readonly [string, Order, Body, Partial<Report>, 'known' | RegExp | { $case: OrderEventBody['$case']; value?: object }][] = [
  ['accepted', pendingNew, acceptedReport, { brokerOrderId: 'B-1' }, { $case: 'orderConfirmed', value: { brokerOrderId: 'B-1' } }],
  ['accepted again', working, acceptedReport, { brokerOrderId: 'B-1' }, 'known'],
  [
    'accepted again, with the id of the order at last',
    take(pendingNew, [acceptedReport]).order,
    acceptedReport,
    { brokerOrderId: 'B-9' },
    { $case: 'orderConfirmed' },
  ],
  ['accepted after the last trade', take(pendingNew, [trade('10')]).order, acceptedReport, {}, { $case: 'orderConfirmed' }],
  ['accepted although refused', rejectedOrder, acceptedReport, {}, /accepted by the broker, but the order is REJECTED/],
  ['a cancel acknowledged', withCancel(working), acceptedReport, ofCancel, 'known'],
  ['a replace acknowledged', withReplace(working), acceptedReport, ofReplace, 'known'],
  [
    'a cancel in doubt acknowledged',
    take(withCancel(working), [inDoubt, ofCancel]).order,
    acceptedReport,
    ofCancel,
    { $case: 'doubtResolved', value: { kind: CANCEL } },
  ],
  ['refused', pendingNew, refused, {}, { $case: 'orderRejected', value: { notSent: false, reason: Reason.BROKER_REJECTED } }],
  ['refused after being accepted', working, refused, {}, { $case: 'orderRejected' }],
  ['refused again', rejectedOrder, refused, {}, 'known'],
  ['refused although filled in part', take(working, [trade('1')]).order, refused, {}, /has trades/],
  ['canceled again, after late trades filled it', take(canceledOrder, [trade('10', 'T-9')]).order, canceled, {}, 'known'],
  ['refused again, after late trades filled it', take(rejectedOrder, [trade('10', 'T-9')]).order, refused, {}, 'known'],
  ['canceled although filled', filled, canceled, {}, /canceled, but the order is FILLED/],
  ['refused although canceled', canceledOrder, refused, {}, /refused by the broker, but the order is CANCELED/],
  ['not sent', pendingNew, notSent, {}, { $case: 'orderRejected', value: { notSent: true, reason: Reason.CANCELED_BEFORE_SEND } }],
  ['not sent although confirmed', working, notSent, {}, /never sent, but the broker confirmed/],
  [
    'proven absent',
    take(pendingNew, [inDoubt]).order,
    { $case: 'notSent', value: { reason: Reason.PROVEN_ABSENT, text: '' } },
    {},
    { $case: 'orderRejected', value: { notSent: true } },
  ],
  [
    'a cancel refused',
    withCancel(working),
    refused,
    ofCancel,
    { $case: 'requestRejected', value: { clOrdId: 'C-1', kind: CANCEL, notSent: false } },
  ],
  [
    'a cancel refused since the order is filled',
    take(withCancel(working), [trade('10')]).order,
    refused,
    ofCancel,
    { $case: 'requestRejected', value: { clOrdId: 'C-1' } },
  ],
  ['a cancel not sent', withCancel(working), notSent, ofCancel, { $case: 'requestRejected', value: { notSent: true } }],
  ['a cancel refused again', take(withCancel(working), [refused, ofCancel]).order, refused, ofCancel, 'known'],
  ['a replace refused', withReplace(working), refused, ofReplace, { $case: 'requestRejected', value: { clOrdId: 'R-1', kind: REPLACE } }],
  ['in doubt', pendingNew, inDoubt, {}, { $case: 'requestInDoubt', value: { kind: NEW } }],
  ['in doubt again', take(pendingNew, [inDoubt]).order, inDoubt, {}, 'known'],
  ['in doubt although confirmed', working, inDoubt, {}, 'known'],
  ['in doubt although refused', rejectedOrder, inDoubt, {}, /in doubt, but the order is REJECTED/],
  ['a cancel in doubt', withCancel(working), inDoubt, ofCancel, { $case: 'requestInDoubt', value: { kind: CANCEL } }],
  ['a replace in doubt', withReplace(working), inDoubt, ofReplace, { $case: 'requestInDoubt', value: { kind: REPLACE } }],
  ['a cancel in doubt of an order that is filled', take(withCancel(working), [trade('10')]).order, inDoubt, ofCancel, 'known'],
  [
    'found',
    take(pendingNew, [inDoubt]).order,
    doubtResolved,
    { brokerOrderId: 'B-3' },
    { $case: 'doubtResolved', value: { kind: NEW, brokerOrderId: 'B-3' } },
  ],
  ['found although refused', rejectedOrder, doubtResolved, {}, /found at the broker, but the order is REJECTED/],
  ['found although nobody doubted', working, doubtResolved, {}, 'known'],
  [
    'a trade',
    working,
    trade('4'),
    {},
    { $case: 'tradeBooked', value: { lastQty: '4', late: false, instrumentId: 'i-infy', currency: 'INR', brokerAccountId: 'PAPER-1' } },
  ],
  ['a trade before the confirmation', pendingNew, trade('4'), {}, { $case: 'tradeBooked', value: { late: false } }],
  ['a trade again', take(working, [trade('4')]).order, trade('4'), {}, 'known'],
  ['a trade after Canceled', canceledOrder, trade('4'), {}, { $case: 'tradeBooked', value: { late: true } }],
  ['a trade of an order that was refused', rejectedOrder, trade('4'), {}, { $case: 'tradeBooked', value: { late: true } }],
  ['a trade beyond the quantity', working, trade('11'), {}, { $case: 'tradeBooked', value: { late: true } }],
  ['a trade of a larger quantity that is pending', withReplace(working), trade('15'), {}, { $case: 'tradeBooked', value: { late: false } }],
  ['a trade of another broker account', working, trade('1', 'T', 'PAPER-2'), {}, /broker account PAPER-2/],
  ['a trade of nothing', working, trade('0'), {}, /positive quantity/],
  ['a trade without a price', working, trade('1', 'T', 'PAPER-1', 'x'), {}, /positive quantity and a price/],
  ['a trade of a denied order', deniedOrder, trade('1'), {}, /denied/],
  ['canceled as asked', withCancel(working), canceled, ofCancel, { $case: 'orderCanceled', value: { clOrdId: 'C-1' } }],
  ['canceled unasked', working, canceled, {}, { $case: 'orderCanceled', value: { clOrdId: '' } }],
  ['canceled again', canceledOrder, canceled, {}, 'known'],
  ['canceled although filled', filled, canceled, {}, /canceled, but the order is FILLED/],
  ['expired', working, expired, {}, { $case: 'orderExpired', value: { reason: Reason.VENUE_DAY_END, text: 'day end' } }],
  [
    'a trade that added liquidity, with what it cost',
    working,
    aTrade({ liquidity: Liquidity.ADDED, fees: [{ name: 'STT', amount: '1.5' }] }),
    {},
    { $case: 'tradeBooked', value: { liquidity: Liquidity.ADDED, fees: [{ name: 'STT', amount: '1.5' }] } },
  ],
  ['a stop triggered', stop, triggered(OrdType.MARKET), {}, { $case: 'orderTriggered', value: { ordType: OrdType.MARKET } }],
  ['a stop-limit triggered', stopLimit, triggered(OrdType.LIMIT), {}, { $case: 'orderTriggered', value: { ordType: OrdType.LIMIT } }],
  [
    'a stop triggered before the confirmation',
    foldAll([accepted({ ordType: OrdType.STOP, price: undefined, stopPx: '1490' })]),
    triggered(OrdType.MARKET),
    {},
    { $case: 'orderTriggered' },
  ],
  ['a stop triggered again', take(stop, [triggered(OrdType.MARKET)]).order, triggered(OrdType.MARKET), {}, 'known'],
  ['a stop triggered into a limit', stop, triggered(OrdType.LIMIT), {}, /a triggered STOP order does not become LIMIT/],
  ['a stop triggered into what nobody knows', stop, triggered(OrdType.UNRECOGNIZED), {}, /does not become/],
  ['a limit triggered', working, triggered(OrdType.LIMIT), {}, /triggered, but the order is a LIMIT order/],
  ['a stop triggered although canceled', take(stop, [canceled]).order, triggered(OrdType.MARKET), {}, 'known'],
  ['a stop triggered although refused', rejectedOrder, triggered(OrdType.MARKET), {}, /triggered, but the order is REJECTED/],
  [
    'a market-to-limit that rests',
    marketToLimit,
    restated(OrdType.LIMIT, '10', '1501'),
    {},
    { $case: 'orderRestated', value: { ordType: OrdType.LIMIT, orderQty: '10', price: '1501' } },
  ],
  ['a market order that an auction gave a price', market, restated(OrdType.LIMIT, '10', '1501'), {}, { $case: 'orderRestated' }],
  [
    'a quantity that a prevented self-trade took',
    working,
    restated(OrdType.LIMIT, '7', '1500', Reason.VENUE_SELF_TRADE),
    {},
    { $case: 'orderRestated', value: { orderQty: '7', reason: Reason.VENUE_SELF_TRADE } },
  ],
  ['a market order’s quantity that a prevented self-trade took', market, restated(OrdType.MARKET, '7'), {}, { $case: 'orderRestated' }],
  ['restated as it is', working, restated(OrdType.LIMIT, '10.0', '1500.00'), {}, 'known'],
  ['restated although filled', filled, restated(OrdType.LIMIT, '7', '1500'), {}, 'known'],
  ['restated although refused', rejectedOrder, restated(OrdType.LIMIT, '7', '1500'), {}, /restated, but the order is REJECTED/],
  ['restated into a market order', working, restated(OrdType.MARKET, '10'), {}, /a LIMIT order does not become MARKET by itself/],
  ['a stop restated into a limit', stop, restated(OrdType.LIMIT, '10', '1'), {}, /a STOP order does not become LIMIT by itself/],
  ['restated into what nobody knows', working, restated(OrdType.UNRECOGNIZED, '10'), {}, /by itself/],
  ['restated to nothing', working, restated(OrdType.LIMIT, '0', '1500'), {}, /positive quantity/],
  ['restated into a limit without a price', marketToLimit, restated(OrdType.LIMIT, '10'), {}, /decimal price/],
  ['expired again', take(working, [expired]).order, expired, {}, 'known'],
  ['expired although filled', filled, expired, {}, /expired, but the order is FILLED/],
  [
    'replaced as asked',
    withReplace(working),
    replaced('20'),
    ofReplace,
    { $case: 'orderReplaced', value: { clOrdId: 'R-1', orderQty: '20' } },
  ],
  ['replaced again', take(withReplace(working), [replaced('20'), ofReplace]).order, replaced('20'), ofReplace, 'known'],
  ['replaced unasked', working, replaced('12'), {}, { $case: 'orderReplaced', value: { clOrdId: '' } }],
  ['replaced although filled', filled, replaced('20'), {}, /replaced, but the order is FILLED/],
  ['replaced by nothing', withReplace(working), replaced('0'), ofReplace, /positive quantity/],
  ['replaced at no price', withReplace(working), replaced('20', 'x'), ofReplace, /decimal prices/],
  ['a request that the order never had', working, acceptedReport, { kind: CANCEL, brokerRequestId: `${id}.7` }, /has no request/],
  ['a request of another order', working, acceptedReport, { brokerRequestId: 'x.1' }, /has no request/],
  ['a placing request that is called a cancel', working, acceptedReport, { kind: CANCEL }, /not of the kind/],
  ['a kind that nobody knows', working, acceptedReport, { kind: RequestKind.UNRECOGNIZED }, /no kind of request/],
  ['another order', working, acceptedReport, { orderId: 'other' }, /of order other/],
  ['another account', working, acceptedReport, { accountId: 'OTHER' }, /of account DEMO/],
];

describe('a report', () => {
  it.each(rows)('%s', (_name, order, body, partial, expected) => {
    const { outcome } = take(order, [body, partial]);
    if (expected === 'known') expect(outcome).toEqual({ kind: 'known' });
    else if (expected instanceof RegExp) expect(outcome).toMatchObject({ kind: 'contradiction', text: expect.stringMatching(expected) });
    else expect(outcome).toMatchObject({ kind: 'events', events: [{ ...expected, value: { orderId: id, ...expected.value } }] });
  });

  it('that says nothing is a contradiction', () => {
    const report = { ...aReport(working, acceptedReport), report: undefined };
    expect(eventsOfReport(working, report, reportRefOf(report, 1))).toMatchObject({ kind: 'contradiction' });
  });

  it('is named by the event that it became', () => {
    const report = aReport(pendingNew, acceptedReport, { sentAtMs: 5, receivedAtMs: 7 });
    expect(reportRefOf(report, 31)).toEqual({
      sessionId: 'paper-1',
      seq: 31,
      brokerRequestId: `${id}.1`,
      sentAtMs: 5,
      receivedAtMs: 7,
      process: 'broker-connector',
      placementId: `${id}-1`,
    });
  });
});
