// A broker request: one thing asked of a broker, as it is stored. Its id is the owner's and unique for ever; the first insert under it wins.
import { type Command, RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { asFreeText, assert } from '@switchyard/kernel';

export interface BrokerRequest {
  readonly brokerRequestId: string;
  readonly sessionId: string;
  readonly shard: number;
  /** What the owner asked for; kept whole, so that a look-up after a crash knows everything. */
  readonly command: Command;
  readonly state: RequestState;
  /** When the last write-ahead was issued, epoch milliseconds; for NOT_SENT: when that was decided. */
  readonly sendingAtMs: number;
  /** How often it was written ahead: 1, and one more each time that it was too old at the socket and had not left; 0 where it never was. */
  readonly writeAheads: number;
  /** When the bytes left; 0 where unknown. */
  readonly sentAtMs: number;
  /** When it was answered or resolved; 0 while it is not. */
  readonly answeredAtMs: number;
  readonly brokerOrderId: string;
  /** What the broker said, or why it was not sent: one line that a database takes. */
  readonly text: string;
  /** Process that sent it. */
  readonly process: string;
}

/** What may follow on what. An empty row is final: nothing is ever sent a second time. */
const transitions: Readonly<Record<RequestState, readonly RequestState[]>> = {
  [RequestState.UNSPECIFIED]: [],
  [RequestState.UNRECOGNIZED]: [],
  [RequestState.SENDING]: [RequestState.ACCEPTED, RequestState.REFUSED, RequestState.NOT_SENT, RequestState.IN_DOUBT],
  [RequestState.IN_DOUBT]: [RequestState.ACCEPTED, RequestState.REFUSED, RequestState.NOT_SENT],
  [RequestState.ACCEPTED]: [],
  [RequestState.REFUSED]: [],
  [RequestState.NOT_SENT]: [],
};

/** The request in its next state. Asserts that the step is allowed. */
export function moveRequest(
  request: BrokerRequest,
  state: RequestState,
  facts: { readonly answeredAtMs: number; readonly text?: string; readonly brokerOrderId?: string; readonly sentAtMs?: number },
): BrokerRequest {
  assert(
    transitions[request.state].includes(state),
    `broker request ${request.brokerRequestId} goes from ${RequestState[request.state]} only to what its state allows, not to ${RequestState[state]}`,
  );
  return {
    ...request,
    state,
    answeredAtMs: facts.answeredAtMs,
    text: facts.text === undefined ? request.text : asFreeText(facts.text),
    brokerOrderId: facts.brokerOrderId ?? request.brokerOrderId,
    sentAtMs: facts.sentAtMs ?? request.sentAtMs,
  };
}

/** A request that was written ahead and provably has not left, as it is written ahead again. */
export function writeAgain(request: BrokerRequest, sendingAtMs: number): BrokerRequest {
  assert(
    request.state === RequestState.SENDING && request.sentAtMs === 0,
    `broker request ${request.brokerRequestId} is written ahead again only when nothing of it has left`,
  );
  return { ...request, sendingAtMs, writeAheads: request.writeAheads + 1 };
}

/** True while we don't know, or have not heard, what became of it. */
export function isUnanswered(request: BrokerRequest): boolean {
  return request.state === RequestState.SENDING || request.state === RequestState.IN_DOUBT;
}
