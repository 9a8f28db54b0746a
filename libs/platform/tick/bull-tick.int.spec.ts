import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { eventually, tcpProxy, type TcpProxy } from '@switchyard/testkit';
import { testRedis } from '@switchyard/testkit/services';
import { Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
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

describe('BullMQ without Redis', () => {
  let url: string;
  let environment: string;
  let proxy: TcpProxy;
  let tick: ReturnType<typeof openTick>;
  let lines: Record<string, unknown>[];
  let calls: number;
  const count = async (): Promise<void> => void calls++;
  const goAway = (): void => {
    proxy.refuseConnections();
    proxy.resetConnections();
  };
  const comesBack = async (): Promise<void> => {
    const before = calls;
    await proxy.acceptConnections();
    await eventually(() => calls > before + 2, { what: 'ticks', timeoutMs: 50_000 });
  };
  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  const away = 'Redis can not be reached: ticks wait until it can. Start it, or correct SWITCHYARD_REDIS_URL';

  beforeEach(async () => {
    ({ url, keyPrefix: environment } = await testRedis());
    const { log, lines: logged } = testLog();
    proxy = await tcpProxy({ target: { port: Number(new URL(url).port) } });
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    tick = openTick({ redisUrl: through.href, environment, log });
    lines = logged;
    calls = 0;
  });
  afterEach(() => proxy.close());

  it('at the start is not waited for: said once, and ticks come with it', async () => {
    goAway();
    await tick.every('sweep', 20, count);
    await eventually(() => warnings().length > 0, { what: 'it is said' });
    await sleep(2_500); // Several tries of each connection.
    expect([warnings(), calls]).toEqual([[away], 0]);
    await comesBack();
    await tick.stop();
  });

  it('at the start, and at the end, is not waited for', async () => {
    goAway();
    await tick.every('sweep', 20, count);
    await tick.stop();
    expect(calls).toBe(0);
  });

  it('later: it is said each time, and ticks come again, also from a Redis that has lost its memory', async () => {
    await tick.every('sweep', 20, count);
    await eventually(() => calls > 2, { what: 'ticks' });
    for (let times = 0; times < 2; times++) {
      const before = warnings().length;
      goAway();
      await eventually(() => warnings().length > before, { what: 'it is said' });
      const memory = new Queue('sweep', { connection: { url }, prefix: `{switchyard-${environment}}` });
      await memory.obliterate({ force: true });
      await memory.close();
      await comesBack();
    }
    await tick.stop();
  });

  it('stands still: neither a start nor an end waits for it', async () => {
    proxy.set('downstream', { blackHole: true });
    await tick.every('sweep', 20, count);
    await tick.stop();
    expect(calls).toBe(0);
  });

  it('falls silent later: an end does not wait for it', async () => {
    await tick.every('sweep', 20, count);
    await eventually(() => calls > 2, { what: 'ticks' });
    proxy.set('downstream', { blackHole: true });
    const stopping = tick.stop();
    expect(await Promise.race([stopping, sleep(5_000, 'it waits')])).toBeUndefined();
  });

  it('an end waits for the handler that runs, and for nothing else', async () => {
    const [begun, mayEnd] = [new Deferred<void>(), new Deferred<void>()];
    await tick.every('sweep', 20, async () => {
      begun.resolve();
      await mayEnd.promise;
      calls++;
    });
    await begun.promise;
    goAway();
    const stopping = tick.stop();
    expect(await Promise.race([stopping, sleep(2_000, 'it waits')])).toBe('it waits');
    mayEnd.resolve();
    await stopping;
    expect(calls).toBe(1);
  });
});
