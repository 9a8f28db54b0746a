// What one session's stream is told: first the log from where the session wants it, then what becomes durable, without a gap between the two.
import { type CallError, type MessageStream } from '@switchyard/contracts';
import { type Execution, type TradeRequest, type TradeResponse } from '@switchyard/contracts/gen/matching/v1/service';
import { assert } from '@switchyard/kernel';
import { executionsOf } from './turn.js';
import { type LoggedEvent } from './venue-log.js';

export interface SessionFeedOptions {
  readonly stream: MessageStream<TradeRequest, TradeResponse>;
  readonly sessionId: string;
  /** First execution wanted. */
  readonly fromSeq: number;
  /** The session's last durable execution. */
  readonly lastSeq: number;
  /** The log from an event at or before the one that holds this execution. */
  readonly read: (executionSeq: number) => AsyncIterable<readonly LoggedEvent[]>;
}

export class SessionFeed {
  readonly #options: SessionFeedOptions;
  #nextSeq: number;
  #durableSeq: number;
  /** True: everything durable was sent, and what follows is sent at once. False: the log is being read, or the stream is full. */
  #isLive = false;
  #isOver = false;
  #drained: (() => void) | undefined;
  #refusesCommands = false;

  constructor(options: SessionFeedOptions) {
    this.#options = options;
    this.#nextSeq = options.fromSeq;
    this.#durableSeq = options.lastSeq;
  }

  get refusesCommands(): boolean {
    return this.#refusesCommands;
  }

  /** From here on the session's commands are not taken. */
  refuseCommands(): void {
    this.#refusesCommands = true;
  }

  /** Answers the logon and begins. */
  start(): void {
    const { stream, lastSeq } = this.#options;
    stream.onDrain(() => {
      this.#drained?.();
      this.#drained = undefined;
    });
    stream.send({ executions: [], loggedOn: true, loggedOnLastSeq: lastSeq });
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
    this.#nextSeq = last.seq + 1;
    if (this.#send(untold)) return;
    this.#isLive = false;
    void this.#drain().then(() => this.#catchUp());
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

  #send(executions: readonly Execution[]): boolean {
    return this.#options.stream.send({ executions: [...executions], loggedOn: false, loggedOnLastSeq: 0 });
  }

  async #catchUp(): Promise<void> {
    try {
      while (this.#nextSeq <= this.#durableSeq && !this.#isOver) await this.#readOn();
      this.#isLive = true;
    } catch {
      // The log can't be read: the session comes again.
      if (!this.#isOver) this.#options.stream.cancel();
    }
  }

  async #readOn(): Promise<void> {
    for await (const events of this.#options.read(this.#nextSeq)) {
      const executions = events.flatMap(({ event }) => executionsOf(event, this.#options.sessionId, this.#nextSeq));
      const last = executions.at(-1);
      if (this.#isOver) return;
      if (last === undefined) continue;
      this.#nextSeq = last.seq + 1;
      if (!this.#send(executions)) await this.#drain();
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
