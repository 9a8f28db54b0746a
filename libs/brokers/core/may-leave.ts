// Whether a command may leave now; asked when its turn comes, and again right before it is written ahead.
import { Reason, RequestKind } from '@switchyard/contracts';
import { assert } from '@switchyard/kernel';
import { laneOf, type Waiting } from './gone-back.js';
import { coveringHalt } from './halts.js';
import { type SendSide } from './send-side.js';

export interface Refusal {
  readonly reason: Reason;
  readonly text: string;
}

/** Why a command may not be sent now, judged by the halts in force. Cancels pass halts. @param isCanceled whether a cancel of it waits. */
export function refusalOf({ command, queuedAtMs, stored }: Waiting, side: SendSide, isCanceled: () => boolean): Refusal | undefined {
  const { clock, settings } = side;
  if (command.sendBeforeMs > 0 && clock.nowMs() >= command.sendBeforeMs)
    return { reason: Reason.SEND_BEFORE_PASSED, text: 'sendBefore had passed' };
  if (command.kind !== RequestKind.CANCEL) {
    const content = command.content;
    assert(content !== undefined, 'a NEW or REPLACE carries the order');
    const halt = coveringHalt(side.halts(), {
      broker: side.broker,
      accountId: command.accountId,
      strategyId: content.strategyId,
      instrumentId: content.instrument,
    });
    if (halt !== undefined) return { reason: Reason.HALTED_BEFORE_SEND, text: `halt ${halt.haltId} covers it: ${halt.text}` };
  }
  const waitedMs = clock.monotonicMs() - queuedAtMs;
  if (waitedMs >= settings.sendWaitMsMax && !side.isReady(laneOf(command.kind)))
    return { reason: Reason.SESSION_DOWN, text: `the session was not ready for ${settings.sendWaitMsMax} ms` };
  if (stored === undefined) return undefined;
  if (isCanceled()) return { reason: Reason.CANCELED_BEFORE_SEND, text: 'canceled before it was sent' };
  if (waitedMs < settings.sendWaitMsMax) return undefined;
  const text =
    `it was not sent: in ${settings.sendWaitMsMax} ms it was written ahead ${stored.writeAheads} times, each time more than ${settings.writeAheadAgeMsMax} ms ` +
    'before its turn at the socket, since the database or this machine is slow. Nothing reached the broker: place it again with a new clOrdId';
  return { reason: Reason.WRITE_AHEAD_STALE, text };
}

/** The halts in force are not those that are known here, for too long: a gate fails closed. */
export function haltsUnknown({ queuedAtMs }: Waiting, { clock, settings }: SendSide): Refusal | undefined {
  if (clock.monotonicMs() - queuedAtMs < settings.sendWaitMsMax) return undefined;
  return { reason: Reason.SESSION_DOWN, text: `the halts in force were not known for ${settings.sendWaitMsMax} ms` };
}
