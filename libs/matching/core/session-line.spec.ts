import { describe, expect, it } from '@jest/globals';
import { SessionLine, type LatencySettings } from './session-line.js';

/** A clock with timers, moved by hand; of two that are due at once the one that was set last goes first, as may happen. */
class Time {
  nowMs = 1_000;
  #timers: { readonly dueMs: number; readonly run: () => void }[] = [];

  readonly later = (delayMs: number, run: () => void): void => void this.#timers.push({ dueMs: this.nowMs + delayMs, run });

  line(latency: Partial<LatencySettings>, sessionId = 's1'): SessionLine {
    const clock = { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs };
    return new SessionLine({ sessionId, latency: { latencyMs: 0, jitterMs: 0, seed: 1, ...latency }, clock, later: this.later });
  }

  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs++;
      const due = this.#timers.filter(({ dueMs }) => dueMs <= this.nowMs).reverse();
      this.#timers = this.#timers.filter(({ dueMs }) => dueMs > this.nowMs);
      for (const { run } of due) run();
    }
  }
}

describe('the line of a session', () => {
  it('without latency a command is there at once', () => {
    const arrived: string[] = [];
    new Time().line({}).send(() => arrived.push('a'));
    expect(arrived).toEqual(['a']);
  });

  it('with latency it is there after that time, and not before', () => {
    const time = new Time();
    const arrived: number[] = [];
    time.line({ latencyMs: 20 }).send(() => arrived.push(time.nowMs));
    time.pass(19);
    expect(arrived).toEqual([]);
    time.pass(1);
    expect(arrived).toEqual([1_020]);
  });

  it('whatever the jitter draws, none overtakes another, and each takes what it may', () => {
    const time = new Time();
    const line = time.line({ latencyMs: 5, jitterMs: 10 });
    const arrived: { command: number; tookMs: number }[] = [];
    for (let command = 0; command < 200; command++) {
      const sentMs = time.nowMs;
      line.send(() => arrived.push({ command, tookMs: time.nowMs - sentMs }));
      time.pass(1);
    }
    time.pass(20);
    expect(arrived.map(({ command }) => command)).toEqual(Array.from({ length: 200 }, (_, at) => at));
    const took = arrived.map(({ tookMs }) => tookMs);
    expect([Math.min(...took) >= 5, Math.max(...took) <= 15, new Set(took).size > 3]).toEqual([true, true, true]);
    expect(line.length).toBe(0);
  });

  it('draws the same for the same seed and session, and something else for another', () => {
    const draws = (seed: number, sessionId: string): number[] => {
      const time = new Time();
      const line = time.line({ jitterMs: 1_000, seed }, sessionId);
      const arrived: number[] = [];
      for (let at = 0; at < 5; at++) {
        line.send(() => arrived.push(time.nowMs));
        time.pass(1_001);
      }
      return arrived;
    };
    expect(draws(1, 's1')).toEqual(draws(1, 's1'));
    expect(draws(1, 's1')).not.toEqual(draws(2, 's1'));
    expect(draws(1, 's1')).not.toEqual(draws(1, 's2'));
  });

  it('is settled when what was sent before has arrived', async () => {
    const time = new Time();
    const line = time.line({ latencyMs: 10 });
    await line.settled();
    const arrived: string[] = [];
    line.send(() => arrived.push('a'));
    void line.settled().then(() => arrived.push('settled'));
    line.send(() => arrived.push('b'));
    time.pass(9);
    await Promise.resolve();
    expect(arrived).toEqual([]);
    time.pass(1);
    await Promise.resolve();
    expect(arrived).toEqual(['a', 'b', 'settled']);
  });
});
