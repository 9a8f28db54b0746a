import { describe, expect, it } from '@jest/globals';
import { EXECUTIONS_TOPIC, ORDERS_TOPIC } from '@switchyard/contracts';
import { OrderConfirmed, TradeBooked } from '@switchyard/contracts/gen/orders/v1/broker_events';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { OrderState } from '@switchyard/contracts/gen/orders/v1/order';
import { OrderAccepted } from '@switchyard/contracts/gen/orders/v1/request_events';
import { topicsOf } from './order-topics.js';

describe('the topics of an event', () => {
  const base = { accountId: 'ACC-1', accountSeq: 7, atMs: 1, tradingDate: '2026-04-01', process: 'p' };
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
