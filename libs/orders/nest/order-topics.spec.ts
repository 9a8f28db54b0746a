import { describe, expect, it } from '@jest/globals';
import { EXECUTIONS_TOPIC, ORDERS_TOPIC } from '@switchyard/contracts';
import { OrderConfirmed, TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { AccountOpened } from '@switchyard/contracts/gen/orders/v1/account_events';
import { OrderAccepted } from '@switchyard/contracts/gen/orders/v1/request_events';
import { isAwaited, topicsOf } from './order-topics.js';

const base = { accountId: 'ACC-1', accountSeq: 7, atMs: 1, tradingDate: '2026-04-01', process: 'p' };

describe('the topics of an event', () => {
  it.each<readonly [OrderEvent['event'], string[]]>([
    [{ $case: 'orderAccepted', value: OrderAccepted.fromPartial({ orderId: 'o' }) }, [ORDERS_TOPIC.name]],
    [{ $case: 'orderConfirmed', value: OrderConfirmed.fromPartial({ orderId: 'o' }) }, [ORDERS_TOPIC.name]],
    [{ $case: 'tradeBooked', value: TradeBooked.fromPartial({ orderId: 'o' }) }, [ORDERS_TOPIC.name, EXECUTIONS_TOPIC.name]],
    [{ $case: 'tradeBooked', value: TradeBooked.fromPartial({}) }, [ORDERS_TOPIC.name, EXECUTIONS_TOPIC.name]],
    [undefined, [ORDERS_TOPIC.name]],
  ])('%j', (event, names) => {
    const payload = Buffer.from(OrderEvent.encode({ ...base, state: OrderState.fromPartial({ firstClOrdId: 'c' }), event }).finish());
    expect(topicsOf({ payload }).map(({ name }) => name)).toEqual(names);
  });
});

describe('whether a reader waits for an event', () => {
  const state = OrderState.fromPartial({ firstClOrdId: 'c' });
  it.each<readonly [OrderEvent['event'], OrderState | undefined, boolean]>([
    [{ $case: 'orderAccepted', value: OrderAccepted.fromPartial({ orderId: 'o' }) }, state, false],
    [{ $case: 'orderConfirmed', value: OrderConfirmed.fromPartial({ orderId: 'o' }) }, state, false],
    [{ $case: 'tradeBooked', value: TradeBooked.fromPartial({ orderId: 'o' }) }, state, true],
    [{ $case: 'accountOpened', value: AccountOpened.fromPartial({ name: 'a' }) }, undefined, true],
  ])('%j', (event, ofOrder, isIt) => {
    expect(isAwaited({ payload: Buffer.from(OrderEvent.encode({ ...base, state: ofOrder, event }).finish()) })).toBe(isIt);
  });
});
