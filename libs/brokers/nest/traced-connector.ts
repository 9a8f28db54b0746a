// A connector whose requests are spans: what the broker is told carries on from there.
import {
  type BrokerConnector,
  type CancelRequest,
  type ReplaceRequest,
  type SubmitOutcome,
  type SubmitRequest,
} from '@switchyard/connectors-port';
import { withTraceparent } from '@switchyard/platform/telemetry';

const sampledEnd = '-01';

/** The connector, with a span around each request of a sampled trace; a request of another trace goes straight through. */
export function tracedConnector(connector: BrokerConnector): BrokerConnector {
  function traced<R extends SubmitRequest | ReplaceRequest | CancelRequest>(
    name: string,
    request: R,
    send: (request: R) => Promise<SubmitOutcome>,
  ): Promise<SubmitOutcome> {
    if (!request.traceparent.endsWith(sampledEnd)) return send(request);
    return withTraceparent(request.traceparent, name, { tag: request.tag }, async (span) => {
      const outcome = await send({ ...request, traceparent: span.traceparent });
      span.set({ outcome: outcome.kind });
      return outcome;
    });
  }

  return {
    capabilities: connector.capabilities,
    connect: (listener, options) => connector.connect(listener, options),
    confirm: (cursor) => connector.confirm(cursor),
    submit: (request, deadlineMs) => traced('broker submit', request, (sent) => connector.submit(sent, deadlineMs)),
    replace: (request, deadlineMs) => traced('broker replace', request, (sent) => connector.replace(sent, deadlineMs)),
    cancel: (request, deadlineMs) => traced('broker cancel', request, (sent) => connector.cancel(sent, deadlineMs)),
    lookUp: (tag, deadlineMs) => connector.lookUp(tag, deadlineMs),
    position: (...of) => connector.position(...of),
  };
}
