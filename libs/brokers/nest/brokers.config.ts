// Environment of the role broker-connector.
import { sendDefaults, doubtDefaults } from '@switchyard/brokers-core';
import { type ConfigOf, defineConfig, durationMs, integer } from '@switchyard/platform/config';
import { holderRule } from '@switchyard/platform/journal';

export const brokersConfig = defineConfig(
  'BROKERS',
  {
    heartbeatMs: durationMs().default(500).describe('time between two heartbeats of the process that holds sessions'),
    holderTimeoutMs: durationMs().default(3000).describe('a process without a heartbeat for this long loses its sessions'),
    writeAheadAgeMsMax: durationMs()
      .default(sendDefaults.writeAheadAgeMsMax)
      .describe('a write-ahead that is older at the socket is written again first'),
    answerTimeoutMs: durationMs()
      .default(sendDefaults.answerTimeoutMs)
      .describe("wait for a broker's answer; then the request is in doubt"),
    sendWaitMsMax: durationMs()
      .default(sendDefaults.sendWaitMsMax)
      .describe('a command that waits longer for its session, or is too old at the socket again and again, is not sent'),
    quarantineMs: durationMs().default(doubtDefaults.quarantineMs).describe('a request in doubt can be called absent only after this'),
    lookUpIntervalMs: durationMs().default(doubtDefaults.lookUpIntervalMs).describe('time between two look-ups of a request in doubt'),
    absentLookUpsMin: integer(1, 100)
      .default(doubtDefaults.absentLookUpsMin)
      .describe('look-ups after the quarantine that must find nothing'),
    commandsPerSecondMax: integer(1, 100_000).default(50_000).describe('commands a second of this process over all its sessions'),
    creditWindowMs: durationMs().default(2000).describe('credits of a session: its commands a second times this'),
  },
  holderRule('BROKERS'),
);

export type BrokersConfig = ConfigOf<typeof brokersConfig>;
