// Environment of the role matching-engine.
import { assert } from '@switchyard/kernel';
import { makerDefaults, PhaseSchedule, type VenueDeskOptions } from '@switchyard/matching-core';
import { defineConfig, durationMs, integer, list, oneOf, text, type ConfigOf } from '@switchyard/platform/config';
import { holderRule } from '@switchyard/platform/journal';

export const matchingConfig = defineConfig(
  'MATCHING',
  {
    folder: text()
      .default('.switchyard/venue')
      .describe("where the venue's log and snapshots are; one process at a time holds it, so a process that stands by has the same volume"),
    sync: oneOf(['batch', 'none'])
      .default('batch')
      .describe(
        'batch: commands are on the disk before anybody learns what they caused, by one fdatasync for all that arrived meanwhile; none: the loss of power may lose some, the death of the process none',
      ),
    heartbeatMs: durationMs().default(500).describe('time between two heartbeats of the process that runs the venue'),
    holderTimeoutMs: durationMs()
      .default(3_000)
      .describe('a process without a heartbeat for this long loses the venue to one that stands by'),
    makerSeed: text().default(String(makerDefaults.seed)).describe('decides the depth that the simulated maker shows beyond the quote'),
    makerLevels: integer(5, 50).default(makerDefaults.levels).describe('price levels a side that the simulated maker shows at least'),
    makerSpreadTicks: integer(0, 1_000)
      .default(makerDefaults.spreadTicks)
      .describe('ticks that each side of the simulated maker stands further from the middle than the quote'),
    makerDepthPercent: integer(1, 10_000)
      .default(makerDefaults.depthPercent)
      .describe("percent of the quote's quantities that the simulated maker shows"),
    takersPerMinute: integer(0, 240)
      .default(0)
      .describe(
        'how many simulated takers a minute come to an instrument in which an order of a session rests, on average; each trades at most what the best level of one side shows',
      ),
    latencyMs: durationMs(0, 1_000).default(0).describe("time that a session's command takes to the venue"),
    latencyJitterMs: durationMs(0, 1_000)
      .default(0)
      .describe('at most so much more, drawn for each command; commands of a session never overtake one another'),
    bandPercent: integer(0, 99)
      .default(0)
      .describe('how far from the previous close the price of an order may lie, in percent of it; 0: any'),
    phasesUtc: list()
      .refine(
        (items) => PhaseSchedule.parse(items).ok,
        'is not a list of rising times (UTC) with phases, "03:30 PRE_OPEN, 03:45 CONTINUOUS"',
      )
      .default([])
      .describe(
        'trading phases of all instruments by the clock, "HH:MM PHASE" separated by commas (docs/paper-venue.md); empty: every instrument is always in continuous trading',
      ),
    makerRefreshMs: durationMs().default(250).describe('time between two looks at the quotes of instruments in which orders rest'),
    snapshotEveryEvents: integer(100)
      .default(50_000)
      .describe('events after which the venue keeps a snapshot, so that a start replays no more than these'),
    dayEndUtc: text()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day, HH:MM')
      .default('18:30')
      .describe("time of day (UTC) at which the venue's trading day ends and DAY orders expire; 18:30 is midnight in India"),
  },
  holderRule('MATCHING'),
);

export type MatchingConfig = ConfigOf<typeof matchingConfig>;

/** What the simulation of the market is set to. */
export function simulationOf(config: MatchingConfig): Required<Pick<VenueDeskOptions, 'maker' | 'takers' | 'latency'>> {
  const seed = config.makerSeed;
  return {
    maker: { seed, levels: config.makerLevels, spreadTicks: config.makerSpreadTicks, depthPercent: config.makerDepthPercent },
    takers: { seed, perMinute: config.takersPerMinute },
    latency: { seed, latencyMs: config.latencyMs, jitterMs: config.latencyJitterMs },
  };
}

/** Undefined where phases do not go by the clock. */
export function phaseScheduleOf({ phasesUtc }: MatchingConfig): PhaseSchedule | undefined {
  const parsed = PhaseSchedule.parse(phasesUtc);
  assert(parsed.ok, 'the configuration was checked');
  return parsed.value;
}
