// Permits: how many commands may leave in any second. Pure: the caller gives the time and waits as long as it is told.

/** `order` is a NEW or REPLACE; `cancel` also has the part of the budget that orders can't use. */
export type Lane = 'order' | 'cancel';

/** Part of a budget that only cancels may use, so that a way out is left when orders fill it (reliability.md D.2). */
const cancelReservePercent = 20;

/**
 * At most `commandsPerSecondMax` in any rolling second, by this process' monotonic clock. A calendar second is a rolling one, so both are kept.
 * It starts as if the budget had just been used up: the former holder of the session may have used it.
 */
export class RateWindow {
  readonly #times: Float64Array;
  readonly #orderTimes: Float64Array;
  #next = 0;
  #nextOrder = 0;

  constructor(
    readonly commandsPerSecondMax: number,
    nowMs: number,
  ) {
    const reserve = commandsPerSecondMax >= 5 ? Math.ceil((commandsPerSecondMax * cancelReservePercent) / 100) : 0;
    this.#times = new Float64Array(commandsPerSecondMax).fill(nowMs);
    this.#orderTimes = new Float64Array(commandsPerSecondMax - reserve).fill(nowMs);
  }

  /** Milliseconds until one more may leave; 0 for now. */
  waitMs(lane: Lane, nowMs: number): number {
    const all = (this.#times[this.#next] as number) + 1000 - nowMs;
    const orders = lane === 'order' ? (this.#orderTimes[this.#nextOrder] as number) + 1000 - nowMs : 0;
    return Math.max(0, all, orders);
  }

  take(lane: Lane, nowMs: number): void {
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#times.length;
    if (lane !== 'order') return;
    this.#orderTimes[this.#nextOrder] = nowMs;
    this.#nextOrder = (this.#nextOrder + 1) % this.#orderTimes.length;
  }
}

/** The budgets that a command needs at once: of its session, of its broker, of the whole process. */
export class Throttle {
  constructor(readonly windows: readonly RateWindow[]) {}

  /** Takes a permit in every window, or in none. @returns milliseconds to wait, 0 when it was taken. */
  tryTake(lane: Lane, nowMs: number): number {
    const waitMs = this.windows.reduce((longest, window) => Math.max(longest, window.waitMs(lane, nowMs)), 0);
    if (waitMs > 0) return waitMs;
    for (const window of this.windows) window.take(lane, nowMs);
    return 0;
  }
}

/** The budgets that sessions share: of each broker over its sessions in this process, and of the whole process. */
export class SharedWindows {
  readonly #whole: RateWindow;
  readonly #ofBroker = new Map<string, RateWindow>();

  /** @param nowMs monotonic; every budget begins used up. */
  constructor(commandsPerSecondMax: number, nowMs: number) {
    this.#whole = new RateWindow(commandsPerSecondMax, nowMs);
  }

  /** The windows of a session of this broker; the same ones for each of its sessions. */
  of(broker: string, commandsPerSecondMax: number, nowMs: number): readonly RateWindow[] {
    let window = this.#ofBroker.get(broker);
    if (window === undefined) this.#ofBroker.set(broker, (window = new RateWindow(commandsPerSecondMax, nowMs)));
    return [window, this.#whole];
  }
}
