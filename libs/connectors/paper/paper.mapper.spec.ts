// What the venue is told and what it tells, in its words and in ours.
import { describe, expect, it } from '@jest/globals';
import { Liquidity, OrdType, Product, Reason, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { Execution as VenueExecution, ExecutionKind } from '@switchyard/contracts/gen/matching/v1/service';
import { type ReplaceRequest, type SubmitRequest } from '@switchyard/connectors-port';
import { toExecution, toNewOrder, toReplace } from './paper.mapper.js';

const plain: OrderContent = {
  instrument: 'infy',
  side: Side.SELL,
  ordType: OrdType.MARKET,
  timeInForce: TimeInForce.DAY,
  product: Product.DELIVERY,
  orderQty: '10',
  strategyId: 's',
  algoId: 'a',
  sendBeforeMs: 7,
  selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
  postOnly: false,
  expireAtMs: 0,
};
const base = { tag: 't', brokerAccountId: 'PAPER-1', instrumentId: 'infy', traceparent: 'trace', beforeSocketWrite: () => true };
const submit = (content: Partial<OrderContent>): SubmitRequest => ({ ...base, content: { ...plain, ...content } });
const replace = (content: Partial<OrderContent>): ReplaceRequest => ({ ...submit(content), targetTag: 'o', brokerOrderId: 'V1' });

describe('an order for the venue', () => {
  const bare = {
    tag: 't',
    brokerAccountId: 'PAPER-1',
    instrumentId: 'infy',
    side: Side.SELL,
    timeInForce: TimeInForce.DAY,
    orderQty: '10',
  };
  const unsaid = {
    price: '',
    stopPx: '',
    displayQty: '',
    marketProtection: '',
    selfTradePrevention: 0,
    postOnly: false,
    expireAtMs: 0,
    product: Product.DELIVERY,
  };
  it.each<[string, Partial<OrderContent>]>([
    ['a market order', { ordType: OrdType.MARKET, marketProtection: '3' }],
    ['a protected market order', { ordType: OrdType.MARKET, marketProtection: '1.5' }],
    ['a market-to-limit order', { ordType: OrdType.MARKET_TO_LIMIT, timeInForce: TimeInForce.IOC }],
    ['a stop', { ordType: OrdType.STOP, stopPx: '95', marketProtection: '2' }],
    ['a stop-limit', { ordType: OrdType.STOP_LIMIT, stopPx: '95', price: '94', timeInForce: TimeInForce.GTC }],
    ['an iceberg', { ordType: OrdType.LIMIT, price: '100', displayQty: '2' }],
    ['a post-only order', { ordType: OrdType.LIMIT, price: '100', postOnly: true }],
    ['an order until a second', { ordType: OrdType.LIMIT, price: '100', timeInForce: TimeInForce.GTD, expireAtMs: 1000 }],
    ['an order for the opening', { ordType: OrdType.LIMIT, price: '100', timeInForce: TimeInForce.AT_OPEN }],
    ['an order that prevents self-trades', { ordType: OrdType.LIMIT, price: '100', selfTradePrevention: SelfTradePrevention.DECREMENT }],
  ])('%s says all that its content says, and nothing else', (_fact, content) => {
    expect(toNewOrder(submit(content))).toEqual({
      traceparent: 'trace',
      command: { $case: 'newOrder', value: { ...bare, ...unsaid, ...content } },
    });
  });

  it.each([
    ['a market order', { ordType: OrdType.MARKET }, '3'],
    ['a stop', { ordType: OrdType.STOP, stopPx: '95' }, '3'],
    ['a stop-limit', { ordType: OrdType.STOP_LIMIT, stopPx: '95', price: '94' }, ''],
    ['a market-to-limit order', { ordType: OrdType.MARKET_TO_LIMIT }, ''],
    ['a limit', { ordType: OrdType.LIMIT, price: '94' }, ''],
  ])('%s without a protection is kept to the one that risk valued it with, if its type has one', (_fact, content, marketProtection) => {
    expect(toNewOrder(submit(content)).command?.value).toMatchObject({ marketProtection });
  });

  it.each([
    ['a limit', { ordType: OrdType.LIMIT, price: '99' }, { price: '99', stopPx: '' }],
    ['a stop', { ordType: OrdType.STOP, stopPx: '95' }, { price: '', stopPx: '95' }],
    ['a stop-limit', { ordType: OrdType.STOP_LIMIT, price: '94', stopPx: '95' }, { price: '94', stopPx: '95' }],
  ])('a replace of %s carries its prices', (_fact, content, prices) => {
    expect(toReplace(replace(content))).toEqual({
      traceparent: 'trace',
      command: { $case: 'replace', value: { tag: 't', targetTag: 'o', orderQty: '10', ...prices } },
    });
  });
});

describe('an execution of the venue', () => {
  const said = (of: Partial<VenueExecution>): unknown => toExecution(VenueExecution.fromPartial({ seq: 3, orderQty: '8', ...of }), '3');
  const fees = [{ name: 'STT', amount: '0.4' }];
  it.each<[string, Partial<VenueExecution>, object]>([
    [
      'a trade',
      { kind: ExecutionKind.TRADE, tradeId: '1B', lastQty: '4', lastPx: '100', cumQty: '4', liquidity: Liquidity.AUCTION, fees },
      { kind: 'trade', tradeId: '1B', lastQty: '4', lastPx: '100', cumQty: '4', liquidity: Liquidity.AUCTION, fees },
    ],
    ['a stop triggered', { kind: ExecutionKind.TRIGGERED, ordType: OrdType.MARKET }, { kind: 'triggered', ordType: OrdType.MARKET }],
    [
      'a market-to-limit that rests',
      { kind: ExecutionKind.RESTATED, ordType: OrdType.LIMIT, price: '100' },
      { kind: 'restated', ordType: OrdType.LIMIT, orderQty: '8', price: '100', reason: Reason.UNSPECIFIED },
    ],
    [
      'a market order whose quantity a prevented self-trade took',
      { kind: ExecutionKind.RESTATED, ordType: OrdType.MARKET, reason: Reason.VENUE_SELF_TRADE, text: 'own' },
      { kind: 'restated', ordType: OrdType.MARKET, price: undefined, reason: Reason.VENUE_SELF_TRADE, text: 'own' },
    ],
    [
      'a replaced stop-limit',
      { kind: ExecutionKind.REPLACED, price: '94', stopPx: '95' },
      { kind: 'replaced', orderQty: '8', price: '94', stopPx: '95' },
    ],
    [
      'an order whose auction is over',
      { kind: ExecutionKind.EXPIRED, reason: Reason.VENUE_AUCTION_ENDED, text: 'over' },
      { kind: 'expired', reason: Reason.VENUE_AUCTION_ENDED, text: 'over' },
    ],
  ])('%s says the same to us', (_fact, of, expected) => {
    expect(said(of)).toMatchObject(expected);
  });
});
