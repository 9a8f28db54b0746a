// Environment of the role market-data.
import { type ConfigOf, defineConfig, durationMs, text } from '@switchyard/platform/config';

export const marketdataConfig = defineConfig('MARKETDATA', {
  seed: text().default('switchyard').describe('seed of the simulated market: the same seed walks the same way'),
  quoteIntervalMs: durationMs(10).default(1_000).describe('every instrument gets a new quote about this often'),
  tickMs: durationMs(10, 60_000)
    .default(100)
    .describe('time between two ticks of the simulated market; each quotes a part of the instruments'),
  publishIntervalMs: durationMs(10)
    .default(1_000)
    .describe('quotes that changed are published at most this often, the newest of each instrument'),
});

export type MarketdataConfig = ConfigOf<typeof marketdataConfig>;
