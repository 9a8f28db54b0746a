// MatchingService: thin; everything is done by the venue's desk.
import { numberRules, Reason, type Call, type ServiceHandlers } from '@switchyard/contracts';
import { type MatchingServiceDefinition, type PlaceOrderResponse, type VenueCommand } from '@switchyard/contracts/gen/matching/v1/service';
import { badField, depthLevelsOf, notTraded, type VenueDesk } from '@switchyard/matching-core';
import { requireRole } from '@switchyard/platform/auth';

/** The desk of the venue. Either throws where another process has the venue, or none yet. */
export interface VenueDesks {
  /** For what meets the market: throws NOT_READY also while no quotes were heard of. */
  desk(): VenueDesk;
  /** For what the venue knows from its log, and for taking orders away. */
  deskWithoutQuotes(): VenueDesk;
}

export function matchingService(venue: VenueDesks): ServiceHandlers<MatchingServiceDefinition> {
  /** A single request of a session. */
  const request = (
    desk: VenueDesk,
    sessionId: string,
    command: VenueCommand['command'],
    { traceparent }: Call,
  ): Promise<PlaceOrderResponse> => desk.request(sessionId, { command, traceparent });

  return {
    // Without quotes it takes cancels only.
    trade(stream, call) {
      requireRole(call.principal, 'service');
      venue.deskWithoutQuotes().trade(stream);
    },

    async placeOrder({ sessionId, order: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('order');
      return request(venue.desk(), sessionId, { $case: 'newOrder', value }, call);
    },

    async cancelOrder({ sessionId, cancel: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('cancel');
      return request(venue.deskWithoutQuotes(), sessionId, { $case: 'cancel', value }, call);
    },

    async replaceOrder({ sessionId, replace: value }, call) {
      requireRole(call.principal, 'service');
      if (value === undefined) throw missing('replace');
      return request(venue.desk(), sessionId, { $case: 'replace', value }, call);
    },

    async massCancel(request, call) {
      requireRole(call.principal, 'service', 'admin');
      return { canceledCount: await venue.deskWithoutQuotes().massCancel(request) };
    },

    async setPhase(request, call) {
      requireRole(call.principal, 'service', 'admin');
      return venue.deskWithoutQuotes().setPhase(request);
    },

    async getOrderByTag({ sessionId, tag, fromSeq }, call) {
      requireRole(call.principal, 'service');
      if (fromSeq < 0) throw badField('fromSeq', numberRules.fromSeq, Reason.OUT_OF_RANGE);
      return venue.deskWithoutQuotes().orderByTag(sessionId, tag, fromSeq);
    },

    async getPosition({ brokerAccountId, instrumentId }, call) {
      requireRole(call.principal, 'service');
      return { netQty: await venue.deskWithoutQuotes().position(brokerAccountId, instrumentId) };
    },

    async getDepth({ instrumentId, levels }, call) {
      requireRole(call.principal, 'service', 'admin');
      const depth = await venue.desk().depth(instrumentId, depthLevelsOf(levels));
      if (depth === undefined) throw notTraded(instrumentId);
      return depth;
    },

    streamDepth(request, stream, call) {
      requireRole(call.principal, 'service', 'admin');
      venue.desk().streamDepth(request, stream);
    },

    streamExecutions(request, stream, call) {
      requireRole(call.principal, 'service');
      venue.deskWithoutQuotes().streamExecutions(request, stream);
    },
  };
}

function missing(field: string): Error {
  return badField(field, 'must be given', Reason.FIELD_REQUIRED);
}
