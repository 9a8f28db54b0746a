import { randomUUID } from 'node:crypto';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type Logger } from '../log/index.js';
import { isDatabaseAway } from './database-away.js';

export function cancelled(cause?: unknown): CallError {
  return new CallError('the call was cancelled', { code: StatusCode.CANCELLED, reason: Reason.CALL_CANCELLED, cause });
}

export function deadlineExceeded(cause?: unknown): CallError {
  return new CallError('the deadline passed before the answer', {
    code: StatusCode.DEADLINE_EXCEEDED,
    reason: Reason.DEADLINE_EXCEEDED,
    cause,
  });
}

export function deadlineRequired(): CallError {
  return new CallError('the call has no deadline: give one of at most 30 s', {
    code: StatusCode.INVALID_ARGUMENT,
    reason: Reason.DEADLINE_REQUIRED,
  });
}

export function overloaded(): CallError {
  return new CallError('the receiver of the stream does not keep up', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.OVERLOADED });
}

export function notReady(sentence: string): CallError {
  return new CallError(sentence, { code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
}

/** The process ends with the call under way: whether it was done is not known. */
export function unanswered(): CallError {
  return new CallError('the process ended before it had an answer', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
}

/** The database did not answer: whether the statement was carried out is not known, so a change is repeated with its id. */
function databaseAway(cause: unknown): CallError {
  return new CallError('the database can not be reached now: repeat the call in a moment, one that changes something with the same id', {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.UNAVAILABLE,
    retryAfterMs: 500,
    cause,
  });
}

/** What a handler threw, where that is an answer: a CallError as it is, a database that is away as UNAVAILABLE. Undefined for a defect. */
export function toRefusal(error: unknown): CallError | undefined {
  if (error instanceof CallError) return error;
  return isDatabaseAway(error) ? databaseAway(error) : undefined;
}

/** What a handler threw, as the caller may see it: a refusal, or INTERNAL with an id under which the log has the rest. */
export function toCallError(error: unknown, method: string, log: Pick<Logger, 'error'>): CallError {
  const refusal = toRefusal(error);
  if (refusal !== undefined) return refusal;
  const id = randomUUID();
  log.error({ err: error, errorId: id, method }, 'a handler failed');
  return new CallError(`internal error ${id}`, { code: StatusCode.INTERNAL, reason: Reason.INTERNAL, metadata: { errorId: id } });
}
