// Sets trading phases by the clock. What an operator sets holds until the clock's next time, or until the venue starts again; a halt outlives the start.
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { type Clock } from '@switchyard/kernel';
import { type PhaseSchedule, type VenueDesk } from '@switchyard/matching-core';

export interface PhaseKeeperOptions {
  readonly desk: Pick<VenueDesk, 'setPhase' | 'phaseOf'>;
  readonly schedule: PhaseSchedule;
  readonly clock: Clock;
  /** Told when a phase could not be set. */
  readonly onFailure: (error: unknown) => void;
}

export class PhaseKeeper {
  readonly #options: PhaseKeeperOptions;
  /** When the phase that holds now began. */
  #sinceMs: number | undefined;
  /** Instruments that were set to it. */
  readonly #done = new Set<string>();
  /** A venue that starts keeps its halts, for somebody set them. Another phase may be the clock's own of an earlier time: it is set anew. */
  #isStarting = true;

  constructor(options: PhaseKeeperOptions) {
    this.#options = options;
  }

  /** Brings the instruments to the phase of now. Call it every now and then. */
  keep(instrumentIds: Iterable<string>): void {
    const { desk, schedule, clock, onFailure } = this.#options;
    const { phase, sinceMs } = schedule.at(clock.nowMs());
    if (this.#sinceMs !== undefined && this.#sinceMs !== sinceMs) {
      this.#isStarting = false;
      this.#done.clear();
    }
    this.#sinceMs = sinceMs;
    for (const instrumentId of instrumentIds) {
      const current = desk.phaseOf(instrumentId);
      if (this.#done.has(instrumentId) || current === undefined) continue;
      this.#done.add(instrumentId);
      if (current !== phase && !(this.#isStarting && current === TradingPhase.HALT))
        desk.setPhase({ instrumentId, phase }).catch(onFailure);
    }
  }
}
