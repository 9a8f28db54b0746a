// The one loop of the venue: what was taken becomes a batch of commands, is executed, made durable, and only then told. Nobody learns of an execution, and
// no question is answered from one, before it is durable.
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { type VenueInput } from './turn.js';
import { type VenueLog } from './venue-log.js';
import { type Venue } from './venue.js';

/** Executes a command as the venue's next event, after it was written down. Orders that end at a time, up to the command's, have ended before. */
export type Apply = (input: VenueInput) => VenueEvent;

/** Tells the venue the time. */
export function timeAt(nowMs: number): VenueInput {
  return { atMs: nowMs, sessionId: '', command: { $case: 'timePassed', value: { nowMs } } };
}

/** Something that was taken, and is done when its turn comes. */
export interface Taken {
  /** With as many commands as it takes, or none. */
  run(apply: Apply): void;
  /** It is durable and told. */
  done?(): void;
}

export interface VenueLoopOptions {
  /** As far as the log is. */
  readonly venue: Venue;
  readonly log: VenueLog;
  /** Runs in the next turn of the event loop: what arrives until then is one batch. */
  readonly nextTurn: (run: () => void) => void;
  /** Tells what has just become durable, before any question is answered from it. */
  readonly tell: (events: readonly VenueEvent[]) => void;
  /** Told once when it ends. */
  readonly onClose: (error: CallError) => void;
  /** Told once when the log fails, or the venue breaks. */
  readonly onFailure: (error: unknown) => void;
}

/** Most that is taken into one batch. */
const batchMax = 256;
/** A batch that has caused so many executions is full: it is kept in memory, and written in one piece. */
const batchExecutionsMax = 4_096;

interface WaitingRead {
  /** Everything that was taken before the question is in the answer. */
  readonly afterTaken: number;
  readonly run: () => void;
}

export class VenueLoop {
  readonly #options: VenueLoopOptions;
  #inbox: Taken[] = [];
  #reads: WaitingRead[] = [];
  /** What was taken, and what of it is durable. */
  #takenCount = 0;
  #durableCount = 0;
  #isScheduled = false;
  #isWorking = false;
  #closedWith: CallError | undefined;

  constructor(options: VenueLoopOptions) {
    this.#options = options;
  }

  /** Taken, and not yet in a batch. */
  get waitingCount(): number {
    return this.#inbox.length;
  }

  get closedWith(): CallError | undefined {
    return this.#closedWith;
  }

  take(taken: Taken): void {
    if (this.#closedWith !== undefined) return;
    this.#inbox.push(taken);
    this.#takenCount++;
    this.#schedule();
  }

  /** Asks the venue between two batches, when all it knows is durable, and not before everything taken so far is in it. */
  whenDurable<T>(ask: (venue: Venue) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (this.#closedWith !== undefined) return reject(this.#closedWith);
        try {
          resolve(ask(this.#options.venue));
        } catch (error) {
          reject(error as Error);
        }
      };
      if (this.#closedWith !== undefined || (!this.#isWorking && this.#takenCount === this.#durableCount)) run();
      else this.#reads.push({ afterTaken: this.#takenCount, run });
    });
  }

  /** Ends everything at once. What is not durable by now may never be. */
  close(error: CallError): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = error;
    this.#inbox = [];
    this.#options.onClose(error);
    const reads = this.#reads;
    this.#reads = [];
    for (const { run } of reads) run();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWorking) return;
    this.#isScheduled = true;
    this.#options.nextTurn(() => {
      this.#isScheduled = false;
      void this.#work();
    });
  }

  /** While it waits for the log, what arrives gathers for the next batch. */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    const { venue, log, tell, onFailure } = this.#options;
    try {
      while (this.#inbox.length > 0 && this.#closedWith === undefined) {
        const inbox = this.#inbox;
        let executionsCount = 0;
        const firstSeq = venue.seq + 1;
        const events: VenueEvent[] = [];
        const execute = (input: VenueInput): VenueEvent => {
          log.record(input, venue.seq + 1);
          const event = venue.apply(input);
          events.push(event);
          executionsCount += event.executions.length;
          return event;
        };
        const apply = (input: VenueInput): VenueEvent => {
          // An order whose time has come meets nothing that came later, however long ago somebody looked at the clock.
          if (input.command?.$case !== 'timePassed' && venue.isExpiryDue(input.atMs)) execute(timeAt(input.atMs));
          return execute(input);
        };
        const most = Math.min(batchMax, inbox.length);
        let count = 0;
        while (count < most && executionsCount < batchExecutionsMax) inbox[count++]?.run(apply);
        const batch = inbox.splice(0, count);
        if (events.length > 0) await log.append(events, firstSeq);
        if (this.#closedWith !== undefined) return;
        this.#durableCount += batch.length;
        tell(events);
        for (const taken of batch) taken.done?.();
        this.#answerReads();
      }
    } catch (error) {
      this.close(
        new CallError('the venue stopped: it broke, or its log failed', {
          code: StatusCode.UNAVAILABLE,
          reason: Reason.NOT_READY,
          cause: error,
        }),
      );
      onFailure(error);
    } finally {
      this.#isWorking = false;
    }
  }

  #answerReads(): void {
    while (this.#reads[0] !== undefined && this.#reads[0].afterTaken <= this.#durableCount) this.#reads.shift()?.run();
  }
}
