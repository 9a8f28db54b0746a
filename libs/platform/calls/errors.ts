import { randomUUID } from 'node:crypto';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type Logger } from '../log/index.js';

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

/** What a handler threw, as the caller may see it: a CallError as it is, anything else as INTERNAL with an id under which the log has the rest. */
export function toCallError(error: unknown, method: string, log: Pick<Logger, 'error'>): CallError {
  if (error instanceof CallError) return error;
  const id = randomUUID();
  log.error({ err: error, errorId: id, method }, 'a handler failed');
  return new CallError(`internal error ${id}`, { code: StatusCode.INTERNAL, reason: Reason.INTERNAL, metadata: { errorId: id } });
}
