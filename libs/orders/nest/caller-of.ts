// Who calls, as an owner takes it: from the call, and from the process that forwarded it.
import { type Call } from '@switchyard/contracts';
import { type Caller } from '@switchyard/orders-core';

/** A forwarded call that says that it came in longer ago than a call may last, or is yet to come, is not believed. */
const believedMs = 60_000;

/** @param nowMs when the handler began. */
export function callerOf({ principal, deadlineMs, traceparent, entered }: Call, nowMs: number): Caller {
  const isBelieved = entered !== undefined && entered.atMs <= nowMs && entered.atMs > nowMs - believedMs;
  return {
    actor: principal.subject,
    receivedAtMs: isBelieved ? entered.atMs : nowMs,
    receivedBy: entered?.process ?? '',
    deadlineMs,
    traceparent,
  };
}
