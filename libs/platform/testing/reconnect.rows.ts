/** A part of the contract of calls: what a caller sees of a server that ends and begins anew. */
import { describe, expect, it } from '@jest/globals';
import { StatusCode } from '@switchyard/contracts';
import { type CallsWorld } from './calls.contract.js';
import { answer, ask, type EchoHandlers, row } from './echo-service.js';
import { failure, record } from './outcomes.js';

const timeoutMs = 10_000;

export function reconnectRows(world: () => CallsWorld): void {
  describe('a server that goes away and comes back', () => {
    const handlers: Partial<EchoHandlers> = {
      ask: async () => answer(1),
      exchange: (stream) => stream.onMessage((message) => stream.send(message)),
    };

    it('tells its streams, is UNAVAILABLE meanwhile, and serves the same callers again', async () => {
      world().handle(handlers);
      const before = world().calls.exchange({});
      const seen = record(before as never);
      before.send(row(1));
      await until(async () => seen.events.length > 0);
      await world().goAway();
      expect(await seen.closed).toMatchObject({ code: StatusCode.UNAVAILABLE });
      expect(seen.events).toEqual(['1', 'close']);
      expect(before.send(row(2))).toBe(false);
      expect(await failure(world().calls.ask(ask('a'), { timeoutMs }))).toMatchObject({ code: StatusCode.UNAVAILABLE });
      expect(await record(world().calls.exchange({}) as never).closed).toMatchObject({ code: StatusCode.UNAVAILABLE });
      await world().comeBack();
      world().handle(handlers);
      await until(() => succeeds(world().calls.ask(ask('a'), { timeoutMs })));
      const after = world().calls.exchange({});
      const seenAfter = record(after as never);
      after.send(row(3));
      await until(async () => seenAfter.events.length > 0);
      expect(seenAfter.events).toEqual(['3']);
      after.cancel();
      await seenAfter.closed;
    });
  });
}

const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );

/** A channel that was refused dials again after a pause of its own. */
async function until(is: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + timeoutMs;
  while (!(await is())) {
    expect(Date.now()).toBeLessThan(giveUpAtMs);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
