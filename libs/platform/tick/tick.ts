/** Scheduled work. The tick only says "now": the handler looks for due rows itself, and is idempotent, so that a lost or doubled tick changes nothing. */

/** Stops the ticks; resolves when the running handler, if any, has ended. */
export type StopTick = () => Promise<void>;

export interface Tick {
  /**
   * Calls the handler about every `intervalMs`: in one of the processes that registered the name where Redis is shared, else in this one. In one process
   * it never overlaps itself. What it throws is logged, and the next tick comes all the same.
   */
  every(name: string, intervalMs: number, handler: () => Promise<void>): Promise<StopTick>;
}
