import { afterEach, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { eventually, SimClock } from '@switchyard/testkit';
import { ProcessHealth } from './index.js';

describe('the health of a process', () => {
  const clock = new SimClock();
  const health = new ProcessHealth(clock, metrics.getMeter('test'));
  afterEach(() => health.stop());

  it('is bad while its event loop stands still for longer than five seconds, and says for how long', async () => {
    expect(health.live()).toEqual({ ok: true, problems: {} });
    clock.advance(7_000);
    await eventually(() => !health.live().ok, { what: 'the next look at the clock' });
    expect(health.live().problems['event loop']).toMatch(/^a timer came 67\d\d ms late$/);
  });
});
