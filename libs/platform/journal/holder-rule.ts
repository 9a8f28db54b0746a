import { type ConfigRule } from '../config/index.js';
import { journalDefaults } from './types.js';

/** The variables `heartbeatMs` and `holderTimeoutMs` of a noun, together: a holder notices that it is late, and gives up, before others may take over. */
export function holderRule(prefix: string): ConfigRule<'heartbeatMs' | 'holderTimeoutMs'> {
  const { holderMarginMs } = journalDefaults;
  return {
    of: ['heartbeatMs', 'holderTimeoutMs'],
    problem: ({ heartbeatMs, holderTimeoutMs }) =>
      holderMarginMs + Number(heartbeatMs) < Number(holderTimeoutMs)
        ? undefined
        : `${prefix}_HOLDER_TIMEOUT_MS must be more than ${holderMarginMs} above ${prefix}_HEARTBEAT_MS: a holder that is late gives up before others take over`,
  };
}
