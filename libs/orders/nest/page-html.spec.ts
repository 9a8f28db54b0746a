import { describe, expect, it } from '@jest/globals';
import { Liquidity, OrdType, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { ExplainOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { entriesOf } from './explain.js';
import { explainPage } from './page-html.js';

const plain: Partial<OrderContent> = {
  side: Side.BUY,
  orderQty: '10',
  ordType: OrdType.LIMIT,
  timeInForce: TimeInForce.DAY,
  price: '1500',
};

/** The page of an order as lines of text. */
function pageOf(content: Partial<OrderContent>): string {
  const answer = ExplainOrderResponse.fromPartial({ order: { orderId: 'O1', cumQty: '0', content: { ...plain, ...content } } });
  return explainPage(answer, [], () => 'INFY').replaceAll(/<[^>]+>/g, '|');
}

describe('the page of an order', () => {
  it.each<[string, Partial<OrderContent>, RegExp]>([
    ['its type', {}, /Type\|+LIMIT\|/],
    ['its time in force', { timeInForce: TimeInForce.AT_CLOSE }, /Time in force\|+AT_CLOSE\|/],
    ['its stop price', { ordType: OrdType.STOP_LIMIT, stopPx: '1490' }, /BUY 10 INFY at 1500 stop 1490/],
    ['a stop to the market', { ordType: OrdType.STOP, price: undefined, stopPx: '1490' }, /BUY 10 INFY at market stop 1490/],
    ['until when it is good', { timeInForce: TimeInForce.GTD, expireAtMs: 1_800_000_000_000 }, /Expires\|+2027-01-15T08:00:00.000Z\|/],
    ['what it shows', { displayQty: '2' }, /Shown\|+2\|/],
    ['its market protection', { marketProtection: '1.5' }, /Market protection\|+1\.5 %\|/],
    ['that it is post-only', { postOnly: true }, /Post-only\|+yes\|/],
    ['how it prevents self-trades', { selfTradePrevention: SelfTradePrevention.CANCEL_BOTH }, /Self-trade\|+CANCEL_BOTH\|/],
  ])('shows %s', (_what, content, text) => {
    expect(pageOf(content)).toMatch(text);
  });

  it('of a plain order has nothing else', () => {
    expect(pageOf({})).not.toMatch(/Expires|Shown|protection|Post-only|Self-trade|stop/);
  });
});

describe('the timeline of an order', () => {
  it.each<[NonNullable<OrderEvent['event']>['$case'], NonNullable<OrderEvent['event']>['value'], string, object]>([
    ['orderTriggered', { ordType: OrdType.MARKET } as never, 'order triggered', { ordType: 'MARKET' }],
    [
      'orderRestated',
      { ordType: OrdType.LIMIT, orderQty: '7', price: '1501' } as never,
      'order restated',
      { ordType: 'LIMIT', orderQty: '7', price: '1501' },
    ],
    [
      'tradeBooked',
      { lastQty: '4', lastPx: '1500', tradeId: 'T1', liquidity: Liquidity.ADDED, fees: [{ name: 'STT', amount: '0.4' }] } as never,
      'trade booked',
      { lastQty: '4', lastPx: '1500', tradeId: 'T1', liquidity: 'ADDED', 'fee STT': '0.4' },
    ],
  ])('tells %s with its facts', ($case, value, title, facts) => {
    const event = { ...OrderEvent.fromPartial({ accountId: 'DEMO', process: 'p' }), event: { $case, value } as never };
    expect(entriesOf(event, 'orders/4f#1')).toMatchObject([{ title, facts, source: 'orders/4f#1' }]);
  });
});
