import { describe, expect, it } from '@jest/globals';
import { OrdType, Product, Reason, Side, TimeInForce, type OrderContent } from '@switchyard/contracts';
import { capabilityRefusal, fitsTagRule, type BrokerCapabilities, type Fact } from './capabilities.js';

const fact = <T>(value: T): Fact<T> => ({ value, source: 'a test', date: '2026-11-21' });

const capabilities: BrokerCapabilities = {
  broker: 'strict',
  ordTypes: fact([OrdType.LIMIT]),
  timeInForces: fact([TimeInForce.DAY]),
  products: fact([Product.DELIVERY]),
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
  ])('another %s is refused', (field, change, text) => {
    expect(capabilityRefusal(capabilities, { ...content, ...change })).toEqual({ reason: Reason.VENUE_NOT_SUPPORTED, field, text });
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
