import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateWindow } from './rate-window.js';

const t0 = 1_770_000_000_000;

describe('RateWindow', () => {
  it('counts an event for exactly one second', () => {
    const window = new RateWindow();
    window.record(t0);
    expect([window.countAt(t0), window.countAt(t0 + 999), window.countAt(t0 + 1000)]).toEqual([1, 1, 0]);
  });

  it('counts nothing before the first event', () => {
    expect(new RateWindow().countAt(t0)).toBe(0);
    expect(new RateWindow().instants(t0)).toEqual([]);
  });

  it('takes an event that arrives late, and leaves out one that is older than the window', () => {
    const window = new RateWindow();
    window.record(t0);
    window.record(t0 - 400);
    window.record(t0 - 1000);
    expect(window.instants(t0)).toEqual([t0 - 400, t0]);
    expect(window.instants(t0 + 600)).toEqual([t0]);
  });

  it('starts anew when the machine clock is set back by more than the window, and goes on counting when by less', () => {
    const window = new RateWindow();
    for (let at = 0; at < 5; at++) window.record(t0);
    expect(window.countAt(t0 - 300)).toBe(5);
    expect(window.countAt(t0 - 3_600_000)).toBe(0);
    window.record(t0 - 3_600_000);
    expect(window.countAt(t0 - 3_600_000)).toBe(1);
  });

  it('refuses what is not an instant', () => {
    expect(() => new RateWindow().record(1.5)).toThrow('whole number');
  });

  it('counts as a list of all instants does, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ stepMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 2500 })), record: fc.boolean() })),
        (steps) => {
          const window = new RateWindow();
          const all: number[] = [];
          let nowMs = t0;
          for (const { stepMs, record } of steps) {
            nowMs += stepMs;
            if (record) {
              window.record(nowMs);
              all.push(nowMs);
            }
            const recent = all.filter((atMs) => atMs > nowMs - 1000);
            expect(window.countAt(nowMs)).toBe(recent.length);
            expect(window.instants(nowMs)).toEqual(recent);
          }
        },
      ),
    );
  });

  it('keeps every rolling and every calendar second within the limit that is asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 200 }), (limit, stepsMs) => {
        const window = new RateWindow();
        const sent: number[] = [];
        let nowMs = t0 + 731;
        for (const stepMs of stepsMs) {
          nowMs += stepMs;
          if (window.countAt(nowMs) + 1 > limit) continue;
          window.record(nowMs);
          sent.push(nowMs);
        }
        for (const fromMs of sent) expect(sent.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1000).length).toBeLessThanOrEqual(limit);
        const perSecond = new Map<number, number>();
        for (const atMs of sent) perSecond.set(Math.floor(atMs / 1000), (perSecond.get(Math.floor(atMs / 1000)) ?? 0) + 1);
        for (const count of perSecond.values()) expect(count).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
