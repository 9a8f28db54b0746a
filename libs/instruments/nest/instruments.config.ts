// Environment of the role instrument-loader.
import { type ConfigOf, defineConfig, durationMs } from '@switchyard/platform/config';

export const instrumentsConfig = defineConfig('INSTRUMENTS', {
  masterCheckMs: durationMs().default(60_000).describe('time between two looks whether a new day in India needs a new master'),
  publishRetryMs: durationMs().default(1_000).describe('wait before instruments that could not be published are published again'),
});

export type InstrumentsConfig = ConfigOf<typeof instrumentsConfig>;
