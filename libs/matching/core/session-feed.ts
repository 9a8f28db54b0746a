// What a stream of a session's executions is told: first the log from where the reader wants it, then what becomes durable, without a gap between the two.
// A reader that is slower than the session is told from the log until it has caught up: nothing is kept for it.
import { CallError, Reason, StatusCode, type MessageStream } from '@switchyard/contracts';
import { type Execution } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { executionFrames } from './frames.js';
import { executionsOf } from './turn.js';
import { type LoggedEvent } from './venue-log.js';

export interface SessionFeedOptions<Message> {
  readonly stream: Pick<MessageStream<never, Message>, 'send' | 'onDrain' | 'cancel'>;
  /** The stream's message with these executions. */
  readonly messageOf: (executions: Execution[]) => Message;
  readonly sessionId: string;
  /** First execution wanted. */
  readonly fromSeq: number;
  /** The session's last durable execution. */
  readonly lastSeq: number;
  /** The log from an event at or before the one that holds this execution. */
  readonly read: (executionSeq: number) => AsyncIterable<readonly LoggedEvent[]>;
  /** Told when the log can't be read; the stream is told too. */
  readonly onUnreadable?: (error: unknown, executionSeq: number) => void;
}

export class SessionFeed<Message> {
  readonly #options: SessionFeedOptions<Message>;
  #nextSeq: number;
  #durableSeq: number;
  /** True: everything durable was sent, and what follows is sent at once. False: the log is being read, or the stream is full. */
  #isLive = false;
  #isOver = false;
  #drained: (() => void) | undefined;

  constructor(options: SessionFeedOptions<Message>) {
    this.#options = options;
    this.#nextSeq = options.fromSeq;
    this.#durableSeq = options.lastSeq;
  }

  start(): void {
    this.#options.stream.onDrain(() => {
      this.#drained?.();
      this.#drained = undefined;
    });
    void this.#catchUp();
  }

  /** Executions that are durable now, the next ones of the session. */
  add(executions: readonly Execution[]): void {
    const last = executions.at(-1);
    if (last === undefined || this.#isOver) return;
    this.#durableSeq = last.seq;
    if (!this.#isLive) return; // The log has them.
    // What was just read from the log may come here again: it was durable before this was called.
    const untold = executions.filter(({ seq }) => seq >= this.#nextSeq);
    if (untold.length === 0) return;
    assert(untold[0]?.seq === this.#nextSeq, "a session's executions are told without a gap");
    for (const frame of executionFrames(untold)) {
      if (this.#send(frame)) continue;
      this.#isLive = false; // The log has the rest.
      void this.#drain().then(() => this.#catchUp());
      return;
    }
  }

  cancel(error: CallError): void {
    this.#options.stream.cancel(error);
    this.closed();
  }

  closed(): void {
    this.#isOver = true;
    this.#drained?.();
    this.#drained = undefined;
  }

  /** Sends a frame; false when the stream is full. */
  #send(frame: Execution[]): boolean {
    const { stream, messageOf } = this.#options;
    this.#nextSeq = (frame.at(-1)?.seq ?? 0) + 1;
    return stream.send(messageOf(frame));
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.#nextSeq <= this.#durableSeq && !this.#isOver) await this.#readOn();
      this.#isLive = true;
    } catch (error) {
      if (this.#isOver) return;
      const { onUnreadable, sessionId } = this.#options;
      onUnreadable?.(error, this.#nextSeq);
      this.cancel(unreadable(`execution ${this.#nextSeq} of the session ${sessionId}`, error));
    }
  }

  async #readOn(): Promise<void> {
    for await (const events of this.#options.read(this.#nextSeq)) {
      const executions = events.flatMap(({ event }) => executionsOf(event, this.#options.sessionId, this.#nextSeq));
      for (const frame of executionFrames(executions)) {
        if (this.#isOver) return;
        if (!this.#send(frame)) await this.#drain();
      }
      if (this.#isOver) return;
      if (this.#nextSeq > this.#durableSeq) return;
    }
  }

  #drain(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }
}

/** What is wanted of the log can't be read. The words name the damage; another try may find it mended. */
function unreadable(what: string, error: unknown): CallError {
  const why = error instanceof Error ? error.message : String(error);
  return new CallError(`the venue's log can't be read for ${what}: ${why}`, {
    code: StatusCode.INTERNAL,
    reason: Reason.INTERNAL,
    cause: error,
  });
}
