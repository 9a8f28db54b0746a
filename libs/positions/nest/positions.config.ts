// Environment of the role position-tracker.
import { type ConfigOf, defineConfig, durationMs } from '@switchyard/platform/config';

export const positionsConfig = defineConfig('POSITIONS', {
  streamIntervalMs: durationMs(10)
    .default(250)
    .describe('time between two looks for what changed in accounts whose positions are streamed'),
  publishLingerMs: durationMs(1, 10_000).default(100).describe('how long changed positions are gathered before they are published'),
  publishRetryMs: durationMs(10)
    .default(1_000)
    .describe(
      'wait before positions that could not be published are tried again, and between two looks for what another process left unpublished',
    ),
});

export type PositionsConfig = ConfigOf<typeof positionsConfig>;
