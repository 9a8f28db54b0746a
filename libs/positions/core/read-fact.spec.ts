import { describe, expect, it } from '@jest/globals';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { readFact } from './index.js';
import { aFact, aTradeFact } from './testing/index.js';

type Kind = NonNullable<OrderEvent['event']>['$case'];

/** Complete: the compiler refuses a kind that is missing. */
const movesMoney: Readonly<Record<Kind, boolean>> = {
  accountOpened: false,
  accountChanged: false,
  tradingStateChanged: false,
  cashAdjusted: true,
  cancelAllRequested: false,
  orderAccepted: false,
  orderDenied: false,
  cancelRequested: false,
  replaceRequested: false,
  requestDenied: false,
  orderConfirmed: false,
  orderRejected: false,
  orderReplaced: false,
  orderCanceled: false,
  orderExpired: false,
  requestRejected: false,
  requestInDoubt: false,
  doubtResolved: false,
  tradeBooked: true,
  orderTriggered: false,
  orderRestated: false,
};

const encoded = (event: OrderEvent): Buffer => Buffer.from(OrderEvent.encode(event).finish());

describe('a fact', () => {
  it.each(Object.entries(movesMoney))('%s may move money: %s', (kind, moves) => {
    const event = OrderEvent.fromJSON({ accountId: 'DEMO', accountSeq: 7, state: { orderId: 'X' }, [kind]: {} });
    expect(event.event?.$case).toBe(kind);
    expect(readFact(encoded(event))).toEqual({ accountId: 'DEMO', accountSeq: 7, event: moves ? event : undefined });
  });

  it('with money is read whole', () => {
    const event = aTradeFact(3, { fees: [{ name: 'STT', amount: '1.25' }] });
    expect(readFact(encoded(event)).event).toEqual(event);
  });

  it('of a kind that this version does not know may move money', () => {
    const fieldOfTomorrow = Buffer.from([0xc2, 0x02, 0]); // 40, of no bytes
    const event = aFact(4, undefined);
    expect(readFact(Buffer.concat([encoded(event), fieldOfTomorrow]))).toEqual({ accountId: 'DEMO', accountSeq: 4, event });
  });

  it('that ends too early is refused', () => expect(() => readFact(encoded(aTradeFact(1)).subarray(0, -1))).toThrow());
});
