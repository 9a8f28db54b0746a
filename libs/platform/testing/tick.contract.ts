/** What ticks keep, by timer or by BullMQ. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { type Tick } from '../tick/index.js';

export interface TickWorld {
  /** A tick as another process would open it. */
  open(): Tick & { stop(): Promise<void> };
  /** What was logged as failed. */
  readonly failures: unknown[];
  close(): Promise<void>;
}

let names = 0;
const newName = () => `sweep-${process.pid}-${++names}`;

export function tickContract(name: string, openWorld: () => Promise<TickWorld>): void {
  describe(`${name} keeps the contract of ticks`, () => {
    let world: TickWorld;
    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world.close());

    it('calls the handler again and again until it is stopped', async () => {
      const tick = world.open();
      let calls = 0;
      const stop = await tick.every(newName(), 20, async () => void calls++);
      await eventually(() => calls >= 3, { what: 'three calls' });
      await stop();
      const stoppedAt = calls;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(calls).toBe(stoppedAt);
      await tick.stop();
    });

    it('never runs a handler beside itself, and waits for it when it is stopped', async () => {
      const tick = world.open();
      let running = 0;
      let most = 0;
      let ended = 0;
      const stop = await tick.every(newName(), 10, async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 40));
        running--;
        ended++;
      });
      await eventually(() => ended >= 2, { what: 'two ended handlers' });
      await eventually(() => running === 1, { what: 'a running handler', intervalMs: 1 });
      await stop();
      expect(running).toBe(0);
      expect(most).toBe(1);
      await tick.stop();
    });

    it('goes on after a handler failed, and logs it', async () => {
      const tick = world.open();
      let calls = 0;
      await tick.every(newName(), 20, async () => {
        calls++;
        throw new Error('the sweep failed');
      });
      await eventually(() => calls >= 2, { what: 'two calls' });
      await tick.stop();
      expect(world.failures).toContainEqual(expect.objectContaining({ message: 'the sweep failed' }));
    });

    it('keeps two names apart', async () => {
      const tick = world.open();
      const calls = { a: 0, b: 0 };
      await tick.every(newName(), 20, async () => void calls.a++);
      await tick.every(newName(), 20, async () => void calls.b++);
      await eventually(() => calls.a >= 1 && calls.b >= 1, { what: 'a call of each' });
      await tick.stop();
    });
  });
}
