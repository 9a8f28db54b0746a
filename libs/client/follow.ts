/** Streams that come back by themselves: after a break they are opened again, where they stood or with a new snapshot. */
import { CallError, type MessageStream, Reason, StatusCode } from '@switchyard/contracts';
import { type OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import {
  type AccountCursor,
  type StreamOrderEventsRequest,
  type StreamOrderEventsResponse,
} from '@switchyard/contracts/gen/orders/v1/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { StreamReader } from './stream-reader.js';

export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Called each time when the history has been told and the present begins. */
  readonly onLive?: () => void;
  /** Called when the stream broke and will be opened again. */
  readonly onBreak?: (error: CallError | undefined) => void;
}

const firstPauseMs = 25;
const lastPauseMs = 1_000;
const waitingMax = 1_000;

/** Ends of a stream after which it is opened again: the server or the way to it went away, the owner moved, or this reader was too slow. */
const comesBack: ReadonlySet<StatusCode> = new Set([
  StatusCode.UNAVAILABLE,
  StatusCode.CANCELLED,
  StatusCode.ABORTED,
  StatusCode.DEADLINE_EXCEEDED,
]);
const comesBackFor: ReadonlySet<Reason> = new Set([Reason.NOT_OWNER, Reason.OVERLOADED]);

/**
 * Every fact of the accounts after their cursors, each once and in order per account, over every break and every change of owner. Throws CallError where coming
 * back can't help (a wrong account, a token that does not verify), and DATA_LOSS if the platform left a fact out.
 */
export async function* followOrders(
  open: (request: StreamOrderEventsRequest) => Promise<MessageStream<StreamOrderEventsResponse, never>>,
  cursors: readonly AccountCursor[],
  options: FollowOptions = {},
): AsyncGenerator<OrderEvent> {
  const seen = new Map(cursors.map(({ accountId, accountSeq }) => [accountId, accountSeq]));
  const request = () => ({ cursors: [...seen].map(([accountId, accountSeq]) => ({ accountId, accountSeq })) });
  for await (const { events, live } of reopened(() => open(request()), options)) {
    for (const event of events) {
      const last = seen.get(event.accountId) ?? 0;
      if (event.accountSeq <= last) continue;
      if (event.accountSeq > last + 1) throw gap(event, last);
      seen.set(event.accountId, event.accountSeq);
      yield event;
    }
    if (live) options.onLive?.();
  }
}

/** The messages of a stream that begins with a snapshot; after a break a new snapshot comes. */
export function followSnapshots<Message>(
  open: () => Promise<MessageStream<Message, never>>,
  options: FollowOptions = {},
): AsyncGenerator<Message> {
  return reopened(open, options);
}

async function* reopened<Message>(
  open: () => Promise<MessageStream<Message, never>>,
  { signal, onBreak }: FollowOptions,
): AsyncGenerator<Message> {
  const isStopped = () => signal?.aborted === true;
  let pauseMs = firstPauseMs;
  let wasExpired = false;
  while (!isStopped()) {
    const reader = new StreamReader(await open(), waitingMax);
    const cancel = () => reader.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for (;;) {
        const next = await reader.next();
        if (isStopped()) return;
        if ('end' in next) {
          const { error } = next.end;
          // Opening it again asks the source of tokens again; what is expired even so stays expired.
          const isExpired = error?.reason === Reason.TOKEN_EXPIRED;
          if (error !== undefined && (isExpired ? wasExpired : !mayComeBack(error))) throw error;
          wasExpired = isExpired;
          onBreak?.(error);
          break;
        }
        pauseMs = firstPauseMs;
        wasExpired = false;
        yield next.message;
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      reader.cancel();
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, lastPauseMs);
  }
}

function mayComeBack(error: CallError): boolean {
  return comesBack.has(error.code) || comesBackFor.has(error.reason);
}

function gap(event: OrderEvent, last: number): CallError {
  return new CallError(`facts ${last + 1} to ${event.accountSeq - 1} of account ${event.accountId} are missing from the stream`, {
    code: StatusCode.DATA_LOSS,
    reason: Reason.CONFLICT,
    metadata: { accountId: event.accountId },
  });
}
