// Requests between the caller and the stream: each waits for its turn, for its answer, or for its deadline, and ends exactly once.
import { type SubmitOutcome } from '@switchyard/connectors-port';
import { Reason } from '@switchyard/contracts';
import { type VenueCommand } from '@switchyard/contracts/gen/matching/v1/service';
import { type Clock } from '@switchyard/kernel';

interface Pending {
  readonly tag: string;
  readonly command: VenueCommand;
  readonly beforeSocketWrite: () => boolean;
  readonly resolve: (outcome: SubmitOutcome) => void;
  readonly timer: NodeJS.Timeout;
  isSent: boolean;
}

/** Said of what may not leave any more. */
const tooLate =
  'it was not sent: its turn at the socket came too long after its write-ahead, since the database or this machine is slow, or its session ended. ' +
  'Nothing reached the broker: place it again with a new clOrdId';
/** Most commands of one frame. */
const frameMax = 256;

export class PaperRequests {
  readonly #clock: Clock;
  readonly #byTag = new Map<string, Pending>();
  #queue: Pending[] = [];

  /** @param onUnanswered told when a request that had left got no answer before its deadline. */
  constructor(
    clock: Clock,
    private readonly onUnanswered: () => void,
  ) {
    this.#clock = clock;
  }

  add(tag: string, command: VenueCommand, beforeSocketWrite: () => boolean, deadlineMs: number): Promise<SubmitOutcome> {
    if (this.#byTag.has(tag))
      return Promise.resolve({ kind: 'not-sent', reason: Reason.VENUE_DUPLICATE_TAG, text: 'a request of this tag is under way' });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#expire(pending), Math.max(0, deadlineMs - this.#clock.nowMs()));
      const pending: Pending = { tag, command, beforeSocketWrite, resolve, timer, isSent: false };
      this.#byTag.set(tag, pending);
      this.#queue.push(pending);
    });
  }

  /** The next frame, each of its requests allowed to leave right now; empty when none waits. */
  nextFrame(): VenueCommand[] {
    const frame: VenueCommand[] = [];
    while (frame.length < frameMax) {
      const pending = this.#queue.shift();
      if (pending === undefined) break;
      if (this.#byTag.get(pending.tag) !== pending) continue; // It ended while it waited.
      if (!pending.beforeSocketWrite()) {
        this.#end(pending, { kind: 'not-sent', reason: Reason.WRITE_AHEAD_STALE, text: tooLate });
        continue;
      }
      pending.isSent = true;
      frame.push(pending.command);
    }
    return frame;
  }

  get hasWaiting(): boolean {
    return this.#queue.length > 0;
  }

  /** The venue answered the request of this tag. */
  answer(tag: string, outcome: SubmitOutcome): void {
    const pending = this.#byTag.get(tag);
    if (pending !== undefined) this.#end(pending, outcome);
  }

  /** The stream is gone: what has left is in doubt, the rest was never sent. */
  breakOff(why: string): void {
    this.#queue = [];
    for (const pending of [...this.#byTag.values()]) {
      if (pending.isSent) this.#end(pending, { kind: 'in-doubt', text: `no answer before the end of the stream: ${why}` });
      else this.#end(pending, { kind: 'not-sent', reason: Reason.SESSION_DOWN, text: why });
    }
  }

  #expire(pending: Pending): void {
    if (pending.isSent) {
      this.#end(pending, { kind: 'in-doubt', text: 'no answer before the deadline' });
      this.onUnanswered();
    } else this.#end(pending, { kind: 'not-sent', reason: Reason.DEADLINE_EXCEEDED, text: 'its turn did not come before the deadline' });
  }

  #end(pending: Pending, outcome: SubmitOutcome): void {
    clearTimeout(pending.timer);
    this.#byTag.delete(pending.tag);
    pending.resolve(outcome);
  }
}
