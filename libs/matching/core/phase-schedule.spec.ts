import { describe, expect, it } from '@jest/globals';
import { TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { PhaseSchedule } from './phase-schedule.js';

const nse = ['03:30 PRE_OPEN', '03:38 OPENING_AUCTION', '03:45 CONTINUOUS', '10:00 CLOSING_AUCTION', '10:20 CLOSED'];

describe('trading phases by the clock', () => {
  it.each([
    ['2026-11-20T03:29:59.999Z', TradingPhase.CLOSED, '2026-11-19T10:20:00.000Z'],
    ['2026-11-20T03:30:00.000Z', TradingPhase.PRE_OPEN, '2026-11-20T03:30:00.000Z'],
    ['2026-11-20T03:44:59.999Z', TradingPhase.OPENING_AUCTION, '2026-11-20T03:38:00.000Z'],
    ['2026-11-20T03:45:00.000Z', TradingPhase.CONTINUOUS, '2026-11-20T03:45:00.000Z'],
    ['2026-11-20T10:19:59.999Z', TradingPhase.CLOSING_AUCTION, '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T23:59:59.999Z', TradingPhase.CLOSED, '2026-11-20T10:20:00.000Z'],
  ])('at %s: %s since %s', (at, phase, since) => {
    const schedule = PhaseSchedule.parse(nse);
    expect(schedule.ok && schedule.value?.at(Date.parse(at))).toEqual({ phase, sinceMs: Date.parse(since) });
  });

  it('without times there is no schedule', () => {
    expect(PhaseSchedule.parse([])).toEqual({ ok: true, value: undefined });
  });

  it.each([
    ['3:30 PRE_OPEN', 'is not a time of day'],
    ['24:00 CLOSED', 'is not a time of day'],
    ['03:30 LUNCH', 'phases: CLOSED, PRE_OPEN'],
    ['03:30 UNSPECIFIED', 'is not a time of day'],
    ['03:30', 'is not a time of day'],
  ])('%s is refused: %s', (item, rule) => {
    expect(PhaseSchedule.parse([item])).toMatchObject({ ok: false, error: expect.stringContaining(rule) });
  });

  it('times that do not rise are refused', () => {
    expect(PhaseSchedule.parse(['03:30 PRE_OPEN', '03:30 CLOSED'])).toMatchObject({
      ok: false,
      error: expect.stringContaining('not later'),
    });
  });
});
