import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { testRedis } from '@switchyard/testkit/services';
import { testLog } from '../testing/test-log.js';
import { openTick } from './index.js';
import { tickContract, type TickWorld } from '../testing/tick.contract.js';

jest.setTimeout(60_000);

async function openWorld(): Promise<TickWorld> {
  const { url, keyPrefix } = await testRedis();
  const { log, lines } = testLog();
  return {
    open: () => openTick({ redisUrl: url, environment: keyPrefix, log }),
    get failures() {
      return lines.map((line) => line['err']);
    },
    close: async () => undefined,
  };
}

tickContract('BullMQ', openWorld);

describe('BullMQ', () => {
  it('gives each tick to one of the processes that registered the name', async () => {
    const world = await openWorld();
    const processes = [world.open(), world.open()];
    const intervalMs = 100;
    let calls = 0;
    const startedMs = performance.now();
    for (const tick of processes) await tick.every('shared-sweep', intervalMs, async () => void calls++);
    await eventually(() => calls >= 11, { what: 'eleven ticks', intervalMs: 2 });
    // Twice as many would have come in half the time.
    expect(performance.now() - startedMs).toBeGreaterThan(intervalMs * 8);
    await Promise.all(processes.map((tick) => tick.stop()));
  });
});
