// Trading phases by the clock: from a time of day on a phase holds, until the next one's time.
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { assert, err, ok, type Result } from '@switchyard/kernel';

interface Entry {
  /** After midnight, UTC. */
  readonly fromMs: number;
  readonly phase: TradingPhase;
}

const dayMs = 86_400_000;
const form = /^([01]\d|2[0-3]):([0-5]\d) ([A-Z_]+)$/;
const phases = new Map<string, TradingPhase>(
  [
    TradingPhase.CLOSED,
    TradingPhase.PRE_OPEN,
    TradingPhase.OPENING_AUCTION,
    TradingPhase.CONTINUOUS,
    TradingPhase.CLOSING_AUCTION,
    TradingPhase.HALT,
  ].map((phase) => [TradingPhase[phase], phase]),
);

export class PhaseSchedule {
  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** Reads items such as "03:45 CONTINUOUS", times rising; the error is the rule that is broken. Without items there is no schedule. */
  static parse(items: readonly string[]): Result<PhaseSchedule | undefined, string> {
    const entries: Entry[] = [];
    for (const item of items) {
      const [, hours, minutes, name = ''] = form.exec(item) ?? [];
      const phase = phases.get(name);
      if (hours === undefined || minutes === undefined || phase === undefined)
        return err(
          `"${item}" is not a time of day (UTC) and a phase, for example "03:45 CONTINUOUS"; phases: ${[...phases.keys()].join(', ')}`,
        );
      const fromMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
      const last = entries.at(-1);
      if (last !== undefined && last.fromMs >= fromMs) return err(`"${item}" is not later than the one before it`);
      entries.push({ fromMs, phase });
    }
    return ok(entries.length === 0 ? undefined : new PhaseSchedule(entries));
  }

  /** What holds at an instant, and since when; before the first time of a day, what the day before ended with. */
  at(nowMs: number): { readonly phase: TradingPhase; readonly sinceMs: number } {
    const midnightMs = Math.floor(nowMs / dayMs) * dayMs;
    const today = this.#entries.findLast(({ fromMs }) => midnightMs + fromMs <= nowMs);
    if (today !== undefined) return { phase: today.phase, sinceMs: midnightMs + today.fromMs };
    const last = this.#entries.at(-1);
    assert(last !== undefined, 'a schedule has a time');
    return { phase: last.phase, sinceMs: midnightMs - dayMs + last.fromMs };
  }
}
