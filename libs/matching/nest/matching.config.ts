// Environment of the role matching-engine.
import { makerDefaults } from '@switchyard/matching-core';
import { defineConfig, durationMs, integer, text, type ConfigOf } from '@switchyard/platform/config';

export const matchingConfig = defineConfig('MATCHING', {
  heartbeatMs: durationMs().default(500).describe('time between two heartbeats of the process that runs the venue'),
  holderTimeoutMs: durationMs()
    .default(3_000)
    .describe('a process without a heartbeat for this long loses the venue to one that stands by'),
  makerSeed: text().default(String(makerDefaults.seed)).describe('decides the depth that the simulated maker shows beyond the quote'),
  makerLevels: integer(5, 50).default(makerDefaults.levels).describe('price levels a side that the simulated maker shows at least'),
  makerRefreshMs: durationMs().default(250).describe('time between two looks at the quotes of instruments in which orders rest'),
  snapshotEveryEvents: integer(100)
    .default(50_000)
    .describe('events after which the venue keeps a snapshot, so that a start replays no more than these'),
  dayEndUtc: text()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day, HH:MM')
    .default('18:30')
    .describe("time of day (UTC) at which the venue's trading day ends and DAY orders expire; 18:30 is midnight in India"),
});

export type MatchingConfig = ConfigOf<typeof matchingConfig>;
