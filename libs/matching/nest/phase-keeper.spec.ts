import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { PhaseSchedule } from '@switchyard/matching-core';
import { INFY, InProcessVenue, TCS } from '@switchyard/matching-core/testing';
import { PhaseKeeper } from './phase-keeper.js';

const { PRE_OPEN, CONTINUOUS, CLOSED, HALT } = TradingPhase;

describe('phases by the clock', () => {
  let venue: InProcessVenue;
  let nowMs = 0;
  beforeEach(async () => {
    venue = new InProcessVenue();
    await venue.start();
  });
  afterEach(() => venue.kill());

  function keeper(): PhaseKeeper {
    const schedule = PhaseSchedule.parse(['03:30 PRE_OPEN', '03:45 CONTINUOUS', '10:20 CLOSED']);
    if (!schedule.ok || schedule.value === undefined) throw new Error('the schedule is right');
    const fail = (error: unknown): void => {
      throw error;
    };
    return new PhaseKeeper({
      desk: venue.desk,
      schedule: schedule.value,
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      onFailure: fail,
    });
  }

  async function phasesAt(phases: PhaseKeeper, time: string): Promise<(TradingPhase | undefined)[]> {
    nowMs = Date.parse(`2026-11-20T${time}Z`);
    phases.keep([INFY, TCS, 'ghost']);
    return venue.desk.whenDurable((it) => [it.phaseOf(INFY), it.phaseOf(TCS)]);
  }

  it('hold from their times on, for every instrument that is traded', async () => {
    const phases = keeper();
    expect(await phasesAt(phases, '03:00:00')).toEqual([CLOSED, CLOSED]);
    expect(await phasesAt(phases, '03:30:00')).toEqual([PRE_OPEN, PRE_OPEN]);
    expect(await phasesAt(phases, '03:45:00')).toEqual([CONTINUOUS, CONTINUOUS]);
    const before = venue.log.length;
    expect(await phasesAt(phases, '03:46:00')).toEqual([CONTINUOUS, CONTINUOUS]);
    expect(venue.log.length).toBe(before);
  });

  it('what an operator sets holds until the next time', async () => {
    const phases = keeper();
    await phasesAt(phases, '04:00:00');
    await venue.desk.setPhase({ instrumentId: INFY, phase: HALT });
    expect(await phasesAt(phases, '04:01:00')).toEqual([HALT, CONTINUOUS]);
    expect(await phasesAt(phases, '10:20:00')).toEqual([CLOSED, CLOSED]);
  });

  it('a venue that starts again keeps its halts, and no other phase that an operator set', async () => {
    await venue.desk.setPhase({ instrumentId: INFY, phase: HALT });
    await venue.desk.setPhase({ instrumentId: TCS, phase: CLOSED });
    expect(await phasesAt(keeper(), '03:31:00')).toEqual([HALT, PRE_OPEN]);
  });
});
