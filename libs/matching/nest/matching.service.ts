// MatchingService: thin; everything is done by the venue's desk.
import { Reason, type Call, type ServiceHandlers } from '@switchyard/contracts';
import { type MatchingServiceDefinition, type PlaceOrderResponse, type VenueCommand } from '@switchyard/contracts/gen/matching/v1/service';
import { badField, depthLevelsOf, notTraded, type VenueDesk } from '@switchyard/matching-core';
import { requireRole } from '@switchyard/platform/auth';

/** @param desk The desk of the venue; throws where another process has it. */
export function matchingService(desk: () => VenueDesk): ServiceHandlers<MatchingServiceDefinition> {
  /** A single request of a session. */
  const request = (sessionId: string, command: VenueCommand['command'], { traceparent }: Call): Promise<PlaceOrderResponse> =>
    desk().request(sessionId, { command, traceparent });

  return {
    trade(stream, call) {
      requireRole(call.principal, 'service');
      desk().trade(stream);
    },

    async placeOrder({ sessionId, order: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('order');
      return request(sessionId, { $case: 'newOrder', value }, call);
    },

    async cancelOrder({ sessionId, cancel: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('cancel');
      return request(sessionId, { $case: 'cancel', value }, call);
    },

    async replaceOrder({ sessionId, replace: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('replace');
      return request(sessionId, { $case: 'replace', value }, call);
    },

    async massCancel(request, call) {
      requireRole(call.principal, 'service', 'admin');
      return { canceledCount: await desk().massCancel(request) };
    },

    async setPhase(request, call) {
      requireRole(call.principal, 'service', 'admin');
      return desk().setPhase(request);
    },

    async getOrderByTag({ sessionId, tag, fromSeq }, call) {
      requireRole(call.principal, 'service');
      if (fromSeq < 0) throw badField('fromSeq', 'must be 0 or more', Reason.OUT_OF_RANGE);
      return desk().orderByTag(sessionId, tag, fromSeq);
    },

    async getPosition({ brokerAccountId, instrumentId }, call) {
      requireRole(call.principal, 'service');
      return { netQty: await desk().position(brokerAccountId, instrumentId) };
    },

    async getDepth({ instrumentId, levels }, call) {
      requireRole(call.principal, 'service', 'admin');
      const depth = await desk().depth(instrumentId, depthLevelsOf(levels));
      if (depth === undefined) throw notTraded(instrumentId);
      return depth;
    },

    streamDepth(request, stream, call) {
      requireRole(call.principal, 'service', 'admin');
      desk().streamDepth(request, stream);
    },

    streamExecutions(request, stream, call) {
      requireRole(call.principal, 'service');
      desk().streamExecutions(request, stream);
    },
  };
}

function missing(field: string): Error {
  return badField(field, 'must be given', Reason.FIELD_REQUIRED);
}
