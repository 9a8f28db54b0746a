import { describe, expect, it } from '@jest/globals';
import { OrdType, Product, Reason, SelfTradePrevention, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { capabilityRefusal, fitsTagRule, type BrokerCapabilities, type Fact } from './capabilities.js';

const fact = <T>(value: T): Fact<T> => ({ value, source: 'a test', date: '2026-11-21' });

const capabilities: BrokerCapabilities = {
  broker: 'strict',
  ordTypes: fact([OrdType.LIMIT]),
  timeInForces: fact([TimeInForce.DAY]),
  products: fact([Product.DELIVERY]),
  notTogether: fact([]),
  displayQty: fact(false),
  postOnly: fact(false),
  marketProtection: fact(false),
  selfTradePreventions: fact([]),
  nativeReplace: fact(false),
  tag: fact({ maxLength: 20, charset: '[a-z0-9]', lookUp: 'in-book' }),
  commandsPerSecondMax: fact(10),
  idempotency: fact('TAG_IN_BOOK'),
  latenessMsMax: fact(1_000),
};

const content: OrderContent = {
  instrument: 'infy',
  side: Side.BUY,
  ordType: OrdType.LIMIT,
  timeInForce: TimeInForce.DAY,
  product: Product.DELIVERY,
  orderQty: '1',
  price: '1',
  strategyId: '',
  algoId: '',
  sendBeforeMs: 0,
  selfTradePrevention: SelfTradePrevention.UNSPECIFIED,
  postOnly: false,
  expireAtMs: 0,
};

describe('what a broker offers', () => {
  it('an order of nothing but that is not refused', () => {
    expect(capabilityRefusal(capabilities, content)).toBeUndefined();
  });

  it.each([
    ['ordType', { ordType: OrdType.MARKET }, 'strict does not support ordType MARKET'],
    ['timeInForce', { timeInForce: TimeInForce.IOC }, 'strict does not support timeInForce IOC'],
    ['product', { product: Product.MARGIN }, 'strict does not support product MARGIN'],
    ['product', { product: 77 as Product }, 'strict does not support product 77'],
    ['displayQty', { displayQty: '1' }, 'strict does not support displayQty 1'],
    ['marketProtection', { marketProtection: '1' }, 'strict does not support marketProtection 1'],
    ['postOnly', { postOnly: true }, 'strict does not support postOnly'],
    [
      'selfTradePrevention',
      { selfTradePrevention: SelfTradePrevention.DECREMENT },
      'strict does not support selfTradePrevention DECREMENT',
    ],
    ['selfTradePrevention', { selfTradePrevention: 77 as SelfTradePrevention }, 'strict does not support selfTradePrevention 77'],
  ])('another %s is refused', (field, change, text) => {
    expect(capabilityRefusal(capabilities, { ...content, ...change })).toEqual({
      reason: Reason.VENUE_NOT_SUPPORTED,
      field: `content.${field}`,
      text,
    });
  });

  const able: BrokerCapabilities = {
    ...capabilities,
    broker: 'able',
    ordTypes: fact([OrdType.LIMIT, OrdType.STOP]),
    timeInForces: fact([TimeInForce.DAY, TimeInForce.IOC]),
    notTogether: fact([[OrdType.STOP, TimeInForce.IOC]]),
    displayQty: fact(true),
    postOnly: fact(true),
    marketProtection: fact(true),
    selfTradePreventions: fact([SelfTradePrevention.CANCEL_OLDEST]),
  };

  it.each<[string, Partial<OrderContent>]>([
    ['a limit order that waits for nothing', { timeInForce: TimeInForce.IOC }],
    ['an iceberg', { displayQty: '1' }],
    ['a post-only order', { postOnly: true }],
    ['a protected stop', { ordType: OrdType.STOP, marketProtection: '1' }],
    ['an order that cancels the oldest', { selfTradePrevention: SelfTradePrevention.CANCEL_OLDEST }],
  ])('%s is not refused where the broker has it', (_fact, change) => {
    expect(capabilityRefusal(able, { ...content, ...change })).toBeUndefined();
  });

  it('two things that a broker has are refused where it has them only apart', () => {
    expect(capabilityRefusal(able, { ...content, ordType: OrdType.STOP, timeInForce: TimeInForce.IOC })).toEqual({
      reason: Reason.VENUE_NOT_SUPPORTED,
      field: 'content.timeInForce',
      text: 'able does not support timeInForce IOC of a STOP order',
    });
  });

  it.each([
    ['abc', true],
    ['a'.repeat(20), true],
    ['a'.repeat(21), false],
    ['', false],
    ['a-b', false],
    ['ABC', false],
  ])('the tag "%s" fits: %s', (tag, fits) => {
    expect(fitsTagRule(capabilities.tag.value, tag)).toBe(fits);
  });
});
