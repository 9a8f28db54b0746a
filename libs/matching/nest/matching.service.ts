// MatchingService: thin; everything is done by the venue's desk.
import { CallError, Reason, StatusCode, type ServiceHandlers } from '@switchyard/contracts';
import { type MatchingServiceDefinition } from '@switchyard/contracts/gen/matching/v1/service';
import { type VenueDesk } from '@switchyard/matching-core';
import { requireRole } from '@switchyard/platform/auth';

const depthLevelsDefault = 5;
const depthLevelsMax = 50;

/** @param desk The desk of the venue; throws where another process has it. */
export function matchingService(desk: () => VenueDesk): ServiceHandlers<MatchingServiceDefinition> {
  return {
    trade(stream, call) {
      requireRole(call.principal, 'service');
      desk().trade(stream);
    },

    async getOrderByTag({ sessionId, tag }, call) {
      requireRole(call.principal, 'service');
      return desk().orderByTag(sessionId, tag);
    },

    async getPosition({ brokerAccountId, instrumentId }, call) {
      requireRole(call.principal, 'service');
      return { netQty: await desk().position(brokerAccountId, instrumentId) };
    },

    async getDepth({ instrumentId, levels }, call) {
      requireRole(call.principal, 'service');
      if (levels < 0 || levels > depthLevelsMax) {
        const violation = {
          field: 'levels',
          description: `levels must be from 1 to ${depthLevelsMax}, or 0 for ${depthLevelsDefault}`,
          reason: Reason.OUT_OF_RANGE,
        };
        throw new CallError(violation.description, {
          code: StatusCode.INVALID_ARGUMENT,
          reason: Reason.OUT_OF_RANGE,
          violations: [violation],
        });
      }
      const depth = await desk().depth(instrumentId, levels === 0 ? depthLevelsDefault : levels);
      if (depth === undefined) {
        throw new CallError(`the venue does not trade ${instrumentId}`, {
          code: StatusCode.NOT_FOUND,
          reason: Reason.VENUE_INSTRUMENT_UNKNOWN,
        });
      }
      return depth;
    },
  };
}
