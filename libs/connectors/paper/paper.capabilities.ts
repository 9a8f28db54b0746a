import { type BrokerCapabilities, type Fact } from '@switchyard/connectors-port';
import { OrdType, Product, TimeInForce } from '@switchyard/contracts';

function fact<T>(value: T, source: string): Fact<T> {
  return { value, source, date: '2026-11-21' };
}

/** What the paper venue can do; its sources are our own. */
export const paperCapabilities: BrokerCapabilities = {
  broker: 'paper',
  ordTypes: fact([OrdType.LIMIT, OrdType.MARKET], 'libs/matching/core/venue-checks.ts'),
  timeInForces: fact([TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK], 'libs/matching/core/venue-checks.ts'),
  notTogether: fact([], 'libs/matching/core/venue-checks.ts'),
  displayQty: fact(false, 'libs/matching/core/venue-checks.ts'),
  postOnly: fact(false, 'libs/matching/core/venue-checks.ts'),
  marketProtection: fact(false, 'libs/matching/core/venue-checks.ts'),
  selfTradePreventions: fact([], 'libs/matching/core/venue-checks.ts'),
  products: fact([Product.INTRADAY, Product.DELIVERY, Product.CARRY, Product.MARGIN], 'the venue keeps no products: all are one to it'),
  nativeReplace: fact(true, 'proto/matching/v1/service.proto, ReplaceOrder'),
  tag: fact({ maxLength: 64, charset: '[!-~]', lookUp: 'by-tag' }, 'libs/matching/core/venue-checks.ts; GetOrderByTag'),
  commandsPerSecondMax: fact(20_000, 'measured: the venue takes a command in less than 20 µs, and commits many at a time'),
  idempotency: fact('IDEMPOTENT_KEY', 'libs/matching/core/venue.ts: a tag that was seen is refused'),
  latenessMsMax: fact(5_000, 'a command waits in the venue at most for the commit of the batch before it, whose timeout this is'),
};
