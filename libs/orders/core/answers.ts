// Answers and errors of calls. An answer is computed from the event that was stored, so a repeated call gets the same words as the first one.
import { CallError, Reason, StatusCode, type FieldViolation } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type CancelOrderResponse, type PlaceOrderResponse, type ReplaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { InvariantError } from '@switchyard/kernel';
import { hashOfAdjustCash } from './content.js';
import { type Refusal } from './ports.js';

/** What an event says about the request that it answers. */
export interface AnsweredRequest {
  readonly scope: 'clOrdId' | 'adjustmentId';
  readonly requestId: string;
  readonly hash: Uint8Array;
  readonly orderId: string;
}

/** The request that the event answers; undefined for an event that answers none. */
export function requestOf({ event }: OrderEvent): AnsweredRequest | undefined {
  switch (event?.$case) {
    case 'orderAccepted':
    case 'orderDenied':
    case 'cancelRequested':
    case 'replaceRequested':
    case 'requestDenied':
      return { scope: 'clOrdId', requestId: event.value.clOrdId, hash: event.value.contentSha256, orderId: event.value.orderId };
    case 'cancelAllRequested':
      return { scope: 'clOrdId', requestId: event.value.clOrdId, hash: event.value.contentSha256, orderId: '' };
    case 'cashAdjusted':
      return { scope: 'adjustmentId', requestId: event.value.adjustmentId, hash: hashOfAdjustCash(event.value), orderId: '' };
    default:
      return undefined;
  }
}

export function placeAnswer({ state, event }: OrderEvent, replayed: boolean): PlaceOrderResponse {
  return { order: state, field: event?.$case === 'orderDenied' ? event.value.field : '', replayed };
}

export function cancelAnswer(event: OrderEvent, replayed: boolean): CancelOrderResponse {
  const { reason, text } = denialOf(event);
  return { order: event.state, reason, text, replayed };
}

export function replaceAnswer(event: OrderEvent, replayed: boolean): ReplaceOrderResponse {
  return { order: event.state, ...denialOf(event), replayed };
}

function denialOf({ event }: OrderEvent): Refusal {
  if (event?.$case === 'cancelRequested' || event?.$case === 'replaceRequested') return { reason: Reason.UNSPECIFIED, text: '', field: '' };
  if (event?.$case === 'requestDenied') return { reason: event.value.reason, text: event.value.text, field: event.value.field };
  throw new InvariantError('a cancel or replace is answered by its own event');
}

/** The request's form is wrong: all violations, the first one in the message. */
export function invalidError(violations: readonly FieldViolation[]): CallError {
  const first = violations[0];
  return new CallError(first?.description ?? 'The request is not valid.', {
    code: StatusCode.INVALID_ARGUMENT,
    reason: first?.reason ?? Reason.FIELD_MALFORMED,
    violations,
  });
}

/** One field is wrong in a way that its form does not show. */
export function fieldError(code: StatusCode, { reason, text, field }: Refusal): CallError {
  return new CallError(text, { code, reason, violations: field === '' ? [] : [{ field, reason, description: text }] });
}

export function accountUnknownError(accountId: string): CallError {
  const text = `There is no account ${accountId}.`;
  return fieldError(StatusCode.NOT_FOUND, { reason: Reason.ACCOUNT_UNKNOWN, text, field: 'accountId' });
}

export function instrumentsNotReadyError(): CallError {
  return new CallError('The instruments are not known yet.', { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY, retryAfterMs: 500 });
}

export function orderUnknownError(field: 'orderId' | 'origClOrdId'): CallError {
  return fieldError(StatusCode.NOT_FOUND, { reason: Reason.ORDER_UNKNOWN, text: `The account has no order with this ${field}.`, field });
}

export function reusedError(field: string): CallError {
  return fieldError(StatusCode.ALREADY_EXISTS, {
    reason: Reason.CL_ORD_ID_REUSED,
    text: `This ${field} was used for another request.`,
    field,
  });
}

/** @param granted what the session's holder lets be under way: 0 while there is no holder, or while it looks up what is in doubt. */
export function noCreditError(sessionId: string, granted: number, retryAfterMs: number): CallError {
  const why =
    granted === 0
      ? 'takes no orders yet: it is being opened, is moving to another process, or looks up what is in doubt'
      : `has no room: ${granted} orders, as many as it may have, are without an answer`;
  return new CallError(`Session ${sessionId} ${why}. Nothing was stored; try again with the same clOrdId in ${retryAfterMs} ms.`, {
    code: StatusCode.RESOURCE_EXHAUSTED,
    reason: Reason.NO_CREDIT,
    retryAfterMs,
  });
}

export function riskUnavailableError(text: string): CallError {
  return new CallError(`No risk decision could be had: ${text}. Nothing was stored; try again with the same clOrdId.`, {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.RISK_UNAVAILABLE,
  });
}

/** The journal may or may not hold the request. */
export function outcomeUnknownError(): CallError {
  return new CallError('The outcome is unknown: repeat the call with the same clOrdId to learn it.', {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.UNKNOWN_RETRY_SAME_ID,
  });
}

export function unavailableError(text: string, cause: unknown): CallError {
  return new CallError(text, { code: StatusCode.UNAVAILABLE, reason: Reason.UNKNOWN_RETRY_SAME_ID, cause });
}

export function refusedByJournalError(text: string): CallError {
  return new CallError(`The journal refused the rows: ${text}`, { code: StatusCode.INTERNAL, reason: Reason.INTERNAL });
}

/** This process does not own the shard (any more): nothing of the call was done. */
export function notOwnerError(shard: string): CallError {
  return new CallError(`This process does not own shard ${shard}.`, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_OWNER });
}
