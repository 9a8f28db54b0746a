/** Market orders that go on whatever happens to the platform: each has its own clOrdId, is tried again by the client until it has an answer, and is written down. */
import { CallError, OrdStatus, Reason, Side } from '@switchyard/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Desk, market } from './world.js';

/** Nothing is stored (while a session moves there is none, or it has given no credit yet), or nobody knows: the same clOrdId goes again. */
const again: ReadonlySet<Reason> = new Set([
  Reason.UNKNOWN_RETRY_SAME_ID,
  Reason.UNAVAILABLE,
  Reason.NOT_READY,
  Reason.NOT_OWNER,
  Reason.RISK_UNAVAILABLE,
  Reason.SESSION_DOWN,
  Reason.NO_CREDIT,
  Reason.DEADLINE_EXCEEDED,
  Reason.CALL_CANCELLED,
]);

export class Load {
  /** clOrdId → orderId of everything that was answered. */
  readonly answered = new Map<string, string>();
  /** Calls that came without an answer and were repeated. */
  repeated = 0;
  readonly #lanes: Promise<void>[];
  #isOver = false;
  #isAbandoned = false;

  /** @param lanes orders in flight at a time. */
  constructor(
    private readonly desks: readonly Desk[],
    private readonly prefix: string,
    lanes: number,
    private readonly pauseMs: number,
  ) {
    this.#lanes = Array.from({ length: lanes }, (_, lane) => this.#run(lane));
    // A lane that fails is told by `stop`; until then it must not end the test run.
    for (const lane of this.#lanes) lane.catch(() => this.abandon());
  }

  /** Begins and repeats nothing more: for the end of a row that failed, so that its load does not go on. */
  abandon(): void {
    this.#isOver = true;
    this.#isAbandoned = true;
  }

  /** Finishes what was begun. Throws what no repetition can heal. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #run(lane: number): Promise<void> {
    for (let number = 0; !this.#isOver; number++) {
      const desk = this.desks[(lane + number) % this.desks.length];
      if (desk !== undefined) await this.#order(desk, `${this.prefix}-${lane}-${number}`, number % 2 === 0 ? Side.BUY : Side.SELL);
      await sleep(this.pauseMs);
    }
  }

  async #order(desk: Desk, clOrdId: string, side: Side): Promise<void> {
    for (;;) {
      try {
        const { order } = await desk.place(market('NSE:ITC', side, '1'), clOrdId);
        if (order?.ordStatus === OrdStatus.DENIED) throw new Error(`${clOrdId} was denied: ${order.text}`);
        this.answered.set(clOrdId, order?.orderId ?? '');
        return;
      } catch (error) {
        if (!(error instanceof CallError) || !again.has(error.reason)) throw error;
        if (this.#isAbandoned) return;
        this.repeated++;
        await sleep(50);
      }
    }
  }
}
