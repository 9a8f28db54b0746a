/** Kafka is away: traders don't notice, and readers catch up afterwards. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OrdStatus, Side } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { TopicTape } from './topic-tape.js';
import { Desk, type GetWorld, market } from './world.js';

/** The issue asks for 60 s, which a run by hand gives: E2E_KAFKA_DOWN_MS=60000. The run of every day has 10 s. */
const downMs = Number(process.env['E2E_KAFKA_DOWN_MS'] || 10_000);
const catchUpMs = 90_000;

export function describeKafkaOutage(world: GetWorld): void {
  describe(`Kafka stopped for ${downMs / 1000} s`, () => {
    let desk: Desk;
    beforeAll(async () => {
      desk = await Desk.open(world(), 'OUTAGE');
      await desk.placed(market('NSE:SBIN', Side.BUY, '1'), OrdStatus.FILLED);
      await desk.positions();
    });

    it(
      'market orders are accepted and filled all the while, and then readers catch up',
      async () => {
        const { kafka } = world().platform;
        if (kafka === undefined) throw new Error('this row is for platforms with Kafka');
        const { client } = world();
        await kafka.stop();
        const downUntilMs = performance.now() + downMs;
        let placedCount = 0;
        while (performance.now() < downUntilMs) {
          await desk.placed(market('NSE:SBIN', Side.BUY, '1'), OrdStatus.FILLED);
          placedCount++;
          await sleep(200);
        }
        expect(placedCount).toBeGreaterThan(downMs / 1000);
        const [{ account }, behind] = await Promise.all([
          client.accounts.get({ accountId: 'OUTAGE' }),
          client.positions.list({ accountId: 'OUTAGE' }),
        ]);
        expect(behind.accountSeq).toBeLessThan(account?.accountSeq ?? 0);
        await kafka.restart();
        const caughtUp = async () => (await client.positions.list({ accountId: 'OUTAGE' })).accountSeq === account?.accountSeq;
        await eventually(caughtUp, { what: 'position-tracker has caught up', timeoutMs: catchUpMs, intervalMs: 200 });
        expect((await desk.positions()).positions.map(({ netQty }) => netQty)).toEqual([String(placedCount + 1)]);
        const tape = await TopicTape.open(kafka.address, 'sim.orders.v1');
        const events = await desk.events();
        await eventually(() => tape.of('OUTAGE').length >= events.length, { what: 'orders.v1 has it all', timeoutMs: catchUpMs });
        await tape.close();
        expect(tape.of('OUTAGE').map(({ event }) => event)).toEqual(events);
      },
      downMs + 2 * catchUpMs,
    );
  });
}
