import { type BrokerCapabilities, type Fact } from '@switchyard/connectors-port';
import { OrdType, Product, SelfTradePrevention, TimeInForce } from '@switchyard/contracts';

const { LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT } = OrdType;
const { DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE } = TimeInForce;
const { CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT } = SelfTradePrevention;
const rules = 'docs/matching-rules.md';

function fact<T>(value: T, source: string): Fact<T> {
  return { value, source, date: '2026-11-21' };
}

/** What the paper venue can do; its sources are our own. */
export const paperCapabilities: BrokerCapabilities = {
  broker: 'paper',
  ordTypes: fact([LIMIT, MARKET, STOP, STOP_LIMIT, MARKET_TO_LIMIT], rules),
  timeInForces: fact([DAY, GTC, GTD, IOC, FOK, AT_OPEN, AT_CLOSE], rules),
  notTogether: fact(
    [
      [MARKET, GTC],
      [MARKET, GTD],
      ...[STOP, STOP_LIMIT].flatMap((stop) => [IOC, FOK, AT_OPEN, AT_CLOSE].map((timeInForce) => [stop, timeInForce] as const)),
      [MARKET_TO_LIMIT, AT_OPEN],
      [MARKET_TO_LIMIT, AT_CLOSE],
    ],
    `${rules}, INVALID_TIME_IN_FORCE`,
  ),
  displayQty: fact(true, `${rules}, Iceberg`),
  postOnly: fact(true, `${rules}, INVALID_POST_ONLY`),
  marketProtection: fact(true, `${rules}, Protection`),
  selfTradePreventions: fact([CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT], `${rules}, Self-trade prevention`),
  products: fact(
    [Product.INTRADAY, Product.DELIVERY, Product.CARRY, Product.MARGIN],
    'libs/matching/core/fees.ts: a product decides what a trade costs, and nothing else',
  ),
  nativeReplace: fact(true, 'proto/matching/v1/service.proto, ReplaceOrder'),
  tag: fact({ maxLength: 64, charset: '[!-~]', lookUp: 'by-tag' }, 'libs/matching/core/venue-checks.ts; GetOrderByTag'),
  commandsPerSecondMax: fact(20_000, 'measured: the venue takes a command in less than 20 µs, and commits many at a time'),
  idempotency: fact('IDEMPOTENT_KEY', 'libs/matching/core/venue.ts: a tag that was seen is refused'),
  latenessMsMax: fact(
    5_000,
    'docs/paper-venue.md: simulated latency is at most 2 s; a command waits for that, and for the fdatasync of the batch before it',
  ),
};
