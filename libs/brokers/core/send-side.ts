// What the sender of a session is made from: its bounds, and the session as it sees it.
import { type BrokerConnector } from '@switchyard/connectors-port';
import { Reason } from '@switchyard/contracts';
import { type Command, RequestState } from '@switchyard/contracts/gen/brokers/v1/service';
import { type Halts } from './halts.js';
import { type SessionContext, type SessionLostError } from './ports.js';
import { type BrokerRequest } from './request.js';
import { type RequestBook } from './request-book.js';
import { type Lane, type Throttle } from './throttle.js';

export interface SendSettings {
  /** The socket write is refused when more than this has passed since the write-ahead was issued (architecture.md 5). */
  readonly writeAheadAgeMsMax: number;
  /** How long the broker's answer is waited for; then the request is in doubt. */
  readonly answerTimeoutMs: number;
  /** A command that waits longer for its session to be ready is not sent. */
  readonly sendWaitMsMax: number;
  /** Commands that wait at most. */
  readonly queueLengthMax: number;
}

export const sendDefaults: SendSettings = {
  writeAheadAgeMsMax: 250,
  answerTimeoutMs: 5000,
  sendWaitMsMax: 10_000,
  queueLengthMax: 100_000,
};

/** What the sender needs of its session. */
export interface SendSide extends SessionContext {
  readonly sessionId: string;
  readonly broker: string;
  readonly connector: BrokerConnector;
  readonly book: RequestBook;
  readonly throttle: Throttle;
  readonly settings: SendSettings;
  halts(): Halts;
  /** Whether a command of the lane may leave now: cancels need only the connection, orders also that every doubt has been looked up. */
  isReady(lane: Lane): boolean;
  /** A request became in doubt: it must be looked up. */
  onInDoubt(request: BrokerRequest): void;
  /** The process lost the session. */
  onLost(error: SessionLostError): void;
}

/** How often SENDING is written for one request before it is given up. */
export const writeAheadsMax = 5;

/** Why a request is given up whose write-ahead was too old each time. */
export function tooSlow({ writeAheadAgeMsMax }: SendSettings) {
  const text =
    `it was not sent: ${writeAheadsMax} times in a row, more than ${writeAheadAgeMsMax} ms passed between the write-ahead and the turn at the socket; ` +
    'the database or this machine is too slow. Nothing reached the broker: it may be placed again with a new clOrdId';
  return { reason: Reason.WRITE_AHEAD_STALE, text };
}

/** The request of a command that its owner dispatched, as it is stored first. */
export function newRequest(
  { clock, sessionId, process }: SendSide,
  { command, shard }: { readonly command: Command; readonly shard: number },
  state: RequestState,
  text: string,
): BrokerRequest {
  const nowMs = clock.nowMs();
  return {
    brokerRequestId: command.brokerRequestId,
    sessionId,
    shard,
    command,
    state,
    sendingAtMs: nowMs,
    sentAtMs: 0,
    answeredAtMs: state === RequestState.SENDING ? 0 : nowMs,
    brokerOrderId: '',
    text,
    process,
  };
}

/** How long a permit is waited for before it is looked at again whether the session is still ours. */
const permitSweepMs = 100;

/** Resolves when a permit was taken, or the sender is closed. */
export async function permitOf({ throttle, clock, timers }: SendSide, lane: Lane, isClosed: () => boolean): Promise<void> {
  while (!isClosed()) {
    const waitMs = throttle.tryTake(lane, clock.monotonicMs());
    if (waitMs === 0) return;
    await new Promise<void>((resolve) => void timers.after(Math.min(waitMs, permitSweepMs), resolve));
  }
}
