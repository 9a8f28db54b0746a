// Environment of the role order-gateway.
import { type ConfigOf, defineConfig, durationMs, integer } from '@switchyard/platform/config';
import { holderRule } from '@switchyard/platform/journal';

export const ordersConfig = defineConfig(
  'ORDERS',
  {
    heartbeatMs: durationMs().default(500).describe('time between two heartbeats of the process that owns shards'),
    holderTimeoutMs: durationMs().default(3000).describe('a process without a heartbeat for this long loses its shards'),
    riskDeadlineMs: durationMs(1, 10_000)
      .default(250)
      .describe('time that risk has for one order; without its decision the order is not accepted'),
    flushMs: durationMs().default(1000).describe('time between two writings of changed orders to their rows'),
    sendBeforeMs: durationMs(1, 3_600_000)
      .default(30_000)
      .describe('an order without sendBefore is not sent to a broker later than this after it was accepted'),
    callsPerSecondMax: integer(1, 1_000_000).default(20_000).describe('calls a second of one caller; beyond, RESOURCE_EXHAUSTED'),
    finalOrdersMax: integer(0, 10_000_000).default(1_000).describe('final orders kept in memory by one shard'),
  },
  holderRule('ORDERS'),
);

export type OrdersConfig = ConfigOf<typeof ordersConfig>;
