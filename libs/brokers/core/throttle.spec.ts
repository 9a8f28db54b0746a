import { describe, expect, it } from '@jest/globals';
import { Prng } from '@switchyard/kernel';
import fc from 'fast-check';
import { RateWindow, SharedWindows, Throttle } from './throttle.js';

describe('a rate window', () => {
  it('never lets more than its budget leave in any rolling second, whatever comes when', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (max, seed) => {
        const prng = new Prng(seed);
        const window = new RateWindow(max, 0);
        const taken: number[] = [];
        for (let nowMs = 0, at = 0; at < 500; at++, nowMs += prng.below(60)) {
          const lane = prng.chance(1, 4) ? 'cancel' : 'order';
          if (window.waitMs(lane, nowMs) > 0) continue;
          window.take(lane, nowMs);
          taken.push(nowMs);
        }
        for (const from of taken) expect(taken.filter((ms) => ms >= from && ms < from + 1000).length).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('says exactly how long to wait', () => {
    const window = new RateWindow(1, 0);
    expect(window.waitMs('order', 400)).toBe(600);
    expect(window.waitMs('order', 1000)).toBe(0);
  });
});

describe('a throttle', () => {
  it('takes a permit in every window or in none', () => {
    const narrow = new RateWindow(1, -1000);
    const wide = new RateWindow(10, -1000);
    const throttle = new Throttle([wide, narrow]);
    expect(throttle.tryTake('order', 0)).toBe(0);
    expect(throttle.tryTake('order', 10)).toBe(990);
    for (let at = 0; at < 7; at++) {
      expect(wide.waitMs('order', 10)).toBe(0);
      wide.take('order', 10);
    }
    expect(wide.waitMs('order', 10)).toBe(990);
  });
});

describe('shared budgets', () => {
  const sessionOf = (shared: SharedWindows, broker: string) => new Throttle([new RateWindow(100, 0), ...shared.of(broker, 3, 0)]);
  const leave = (sessions: readonly Throttle[], times: number): number =>
    sessions.flatMap((session) => Array.from({ length: times }, () => session.tryTake('order', 1_000))).filter((waitMs) => waitMs === 0)
      .length;

  it("of a broker are its sessions' together, and another broker's are its own", () => {
    const shared = new SharedWindows(100, 0);
    expect(leave([sessionOf(shared, 'a'), sessionOf(shared, 'a')], 5)).toBe(3);
    expect(leave([sessionOf(shared, 'b')], 5)).toBe(3);
  });

  it('of the whole process are all brokers together', () => {
    const shared = new SharedWindows(4, 0);
    expect(leave([sessionOf(shared, 'a'), sessionOf(shared, 'b')], 5)).toBe(4);
  });
});
