/** The one end-to-end suite, the same rows for every mode. What a mode has more than another is asked of the world, not of the mode's name. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { describeHalts } from './halts.rows.js';
import { describeIdempotency } from './idempotency.rows.js';
import { describeLife } from './life.rows.js';
import { describeShutdown } from './moves.rows.js';
import { type Platform } from './platform.js';
import { describeReading } from './reading.rows.js';
import { describeTerms } from './terms.rows.js';
import { type World } from './world.js';

const rowTimeoutMs = 180_000;

/** @param more rows that only this mode can have. */
export function describePlatform(
  mode: World['mode'],
  start: () => Promise<Platform>,
  more: (world: () => World) => void = () => undefined,
): void {
  jest.setTimeout(rowTimeoutMs);

  describe(mode, () => {
    let world: World | undefined;
    const getWorld = (): World => {
      if (world === undefined) throw new Error('the platform has not started');
      return world;
    };
    beforeAll(async () => {
      const platform = await start();
      const gateways = platform.running('order-gateway');
      world = { mode, platform, client: platform.client(), atGateway: gateways.map((gateway) => platform.client([gateway])) };
    });
    afterAll(() => world?.platform.stop());

    describeLife(getWorld);
    describeIdempotency(getWorld);
    describeHalts(getWorld);
    describeReading(getWorld);
    describeTerms(getWorld);
    more(getWorld);
    describeShutdown(getWorld);

    it('no process called an operator', () => {
      expect(getWorld().platform.processes.flatMap((process) => process.pages())).toEqual([]);
    });
  });
}
