/** When a call may be made again, and what the caller is told in the end. */
import { CallError, isAfterLookUp, Reason, StatusCode } from '@switchyard/contracts';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `read`: changes nothing. `same-id`: carries an id of the caller's, under which the platform does it once. `never`: made once, whatever comes.
 */
export type Repeat = 'read' | 'same-id' | 'never';

const firstPauseMs = 25;
const lastPauseMs = 400;

/**
 * Makes the call, and again while it is UNAVAILABLE, if that is safe, until the deadline. Throws CallError. A call with the caller's id whose outcome can't be
 * known ends with UNKNOWN_RETRY_SAME_ID and the id in `metadata`: repeat it with that id to learn what became of it. Once a try had no answer, every other error
 * ends so too, unless it was given after a look-up of the id: a refusal at the door says nothing about the try before it.
 */
export async function callSafely<T>(
  repeat: Repeat,
  id: string | undefined,
  deadlineMs: number,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  let isUncertain = false;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, lastPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (repeat === 'never') throw error;
      const refusal = error instanceof CallError ? error : undefined;
      if (refusal !== undefined && isAfterLookUp(refusal.reason)) isUncertain = false;
      else isUncertain ||= refusal !== undefined && isNoAnswer(refusal) && refusal.reason !== Reason.NOT_READY;
      const waitMs = Math.max(pauseMs, refusal?.retryAfterMs ?? 0);
      const again = refusal?.code === StatusCode.UNAVAILABLE && Date.now() + waitMs < deadlineMs && signal?.aborted !== true;
      if (!again) throw repeat === 'same-id' && isUncertain ? outcomeUnknown(id, error) : error;
      await sleep(waitMs);
    }
  }
}

function isNoAnswer(error: CallError): boolean {
  return error.code === StatusCode.UNAVAILABLE || error.code === StatusCode.DEADLINE_EXCEEDED || error.code === StatusCode.CANCELLED;
}

function outcomeUnknown(id: string | undefined, cause: unknown): CallError {
  const refusal = cause instanceof CallError ? cause : undefined;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CallError(`the outcome is unknown: repeat the call with the same id (${id ?? ''}) to learn it. ${why}`, {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.UNKNOWN_RETRY_SAME_ID,
    metadata: { ...refusal?.metadata, ...(id !== undefined && { clOrdId: id }) },
    retryAfterMs: refusal?.retryAfterMs,
    cause,
  });
}
