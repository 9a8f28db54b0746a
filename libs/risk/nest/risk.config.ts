// Environment of the role risk-engine.
import { profiles } from '@switchyard/risk-core';
import { type ConfigOf, defineConfig, durationMs, integer, list, oneOf } from '@switchyard/platform/config';
import { holderRule } from '@switchyard/platform/journal';

export const riskConfig = defineConfig(
  'RISK',
  {
    profile: oneOf(Object.keys(profiles) as [keyof typeof profiles, ...(keyof typeof profiles)[]])
      .default('sim-default')
      .describe('limits of accounts for which nobody has set any'),
    commandsPerSecondMax: integer(1, 1_000_000)
      .optional()
      .describe("commands of an account in a second (check 17) instead of the profile's"),
    brokers: list()
      .default(['paper'])
      .describe('codes of the brokers whose endpoints belong to this environment (check 2); paper is never one of live'),
    snapshotFacts: integer(1, 10_000_000).default(100_000).describe("a shard's exposure is stored after this many facts"),
    snapshotIntervalMs: durationMs().default(60_000).describe("a shard's exposure that has changed is stored at least this often"),
    haltRetryMs: durationMs().default(500).describe('time between two attempts to tell halts to the processes that lack them'),
    haltCallMs: durationMs().default(2_000).describe('how long a process may take to put halts in force before it counts as missing'),
    rulesPollMs: durationMs().default(250).describe('a process that does not write limits and halts looks for changes this often'),
    heartbeatMs: durationMs().default(500).describe('time between two heartbeats of the process that writes limits and halts'),
    holderTimeoutMs: durationMs()
      .default(3_000)
      .describe('a process without a heartbeat for this long loses the writing of limits and halts'),
  },
  holderRule('RISK'),
);

export type RiskConfig = ConfigOf<typeof riskConfig>;
