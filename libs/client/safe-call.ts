/** When a call may be made again, and what the caller is told in the end. */
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `read`: changes nothing. `same-id`: carries an id of the caller's, under which the platform does it once. `never`: made once, whatever comes.
 */
export type Repeat = 'read' | 'same-id' | 'never';

const firstPauseMs = 25;
const lastPauseMs = 400;

/** Errors that say for certain that nothing was stored. */
const nothingStored: ReadonlySet<Reason> = new Set([Reason.NOT_READY, Reason.RISK_UNAVAILABLE]);

/**
 * Makes the call, and again while it is UNAVAILABLE, if that is safe, until the deadline. Throws CallError. A call with the caller's id whose outcome can't be
 * known ends with UNKNOWN_RETRY_SAME_ID and the id in `metadata`: repeat it with that id to learn what became of it.
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
      if (!(error instanceof CallError) || repeat === 'never') throw error;
      isUncertain ||= isOutcomeUnknown(error);
      const waitMs = Math.max(pauseMs, error.retryAfterMs ?? 0);
      const again = error.code === StatusCode.UNAVAILABLE && Date.now() + waitMs < deadlineMs && signal?.aborted !== true;
      if (!again) throw repeat === 'same-id' && isUncertain && isNoAnswer(error) ? outcomeUnknown(id, error) : error;
      await sleep(waitMs);
    }
  }
}

/** True where the call may have been done although it failed. */
function isOutcomeUnknown(error: CallError): boolean {
  return isNoAnswer(error) && !nothingStored.has(error.reason);
}

function isNoAnswer(error: CallError): boolean {
  return error.code === StatusCode.UNAVAILABLE || error.code === StatusCode.DEADLINE_EXCEEDED || error.code === StatusCode.CANCELLED;
}

function outcomeUnknown(id: string | undefined, cause: CallError): CallError {
  return new CallError(`the outcome is unknown: repeat the call with the same id (${id ?? ''}) to learn it. ${cause.message}`, {
    code: StatusCode.UNAVAILABLE,
    reason: Reason.UNKNOWN_RETRY_SAME_ID,
    metadata: { ...cause.metadata, ...(id !== undefined && { clOrdId: id }) },
    retryAfterMs: cause.retryAfterMs,
    cause,
  });
}
