import { describe, expect, it } from '@jest/globals';
import { lastEndedDay } from './trading-day.js';

describe('the trading date that ended last', () => {
  it.each([
    ['2026-04-01T18:29:59.999Z', '18:30', '2026-03-31'],
    ['2026-04-01T18:30:00.000Z', '18:30', '2026-04-01'],
    ['2026-04-01T23:59:59.999Z', '18:30', '2026-04-01'],
    ['2026-04-02T00:00:00.000Z', '18:30', '2026-04-01'],
    ['2026-04-01T00:00:00.000Z', '00:00', '2026-03-31'],
    ['2026-01-01T05:00:00.000Z', '18:30', '2025-12-31'],
  ])('at %s, with the end at %s, is %s', (now, dayEndUtc, date) => {
    expect(lastEndedDay(Date.parse(now), dayEndUtc)).toBe(date);
  });
});
