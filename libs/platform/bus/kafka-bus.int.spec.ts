import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '@switchyard/kernel';
import { startKafka, type RunningService } from '@switchyard/infra';
import { eventually } from '@switchyard/testkit';
import { processEnvironment } from '../config/index.js';
import { journalTablesSql } from '../journal/rows.sql.js';
import { silent, testJournal, TEST_SCHEMA } from '../journal/testing/test-journal.js';
import { KafkaBus } from './kafka-bus.js';
import { busContract, numbers } from './testing/bus-contract.js';
import { type Reader, type ReaderOptions, type Subscription } from './types.js';

/** The issue asks for a minute, which a run by hand gives: BUS_KAFKA_DOWN_MS=60000. The run of every day has 5 s. */
const downMs = Number(processEnvironment()['BUS_KAFKA_DOWN_MS'] || 5_000);
const dataDir = mkdtempSync(path.join(tmpdir(), 'switchyard-kafka-bus-'));
const fatal: Error[] = [];
let kafka: RunningService;
let processes = 0;

beforeAll(async () => {
  kafka = await startKafka({ dataDir });
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  rmSync(dataDir, { recursive: true, force: true });
  expect(fatal).toEqual([]);
});

busContract(
  'The Kafka bus',
  {
    make: async (topic, streams) => {
      processes += 1;
      const bus = new KafkaBus({
        brokers: [kafka.address],
        prefix: `${topic.name}.`, // So that no test waits for a group member of another.
        environment: 'test',
        processName: `p${processes}`,
        create: { topics: [topic], partitions: 3 },
        calls: streams.calls,
        clock: systemClock,
        log: silent,
        onFatal: (error) => fatal.push(error),
        settings: { stalledAfterMs: 1_500, maxWaitMs: 100, heartbeatIntervalMs: 500, sessionTimeoutMs: 6_000, publishTimeoutMs: 3_000 },
      });
      await bus.start();
      return bus;
    },
  },
  (world) => {
    it('a rebalance in the middle of the work loses and doubles nothing', async () => {
      await world.begin();
      const busySince: number[] = [];
      const slow =
        (reader: number): ReaderOptions['effect'] =>
        async (_from, rows) => {
          busySince.push(reader);
          await new Promise((resolve) => setTimeout(resolve, 30));
          return world.effect('g1', rows);
        };
      await world.reader({ effect: slow(1) });
      const streams = [...Array(12).keys()].map((n) => `s/0${n.toString(16)}`);
      const publishing = (async (): Promise<void> => {
        // A request for each: what is published at once would be read at once.
        for (let n = 0; n < 40; n++) for (const stream of streams) await world.publish(stream, numbers(3, n * 3 + 1));
      })();
      await eventually(() => busySince.length > 3, { what: 'the first reader works' });
      const second = await world.reader({ bus: await world.newBus(), effect: slow(2) });
      await eventually(() => busySince.includes(2) || second.ready() === true, { what: 'the second joins' });
      await publishing;
      await second.stop();
      for (const stream of streams) await world.eventuallyEffects(stream, numbers(120));
    }, 150_000);

    it('Kafka restarts: publications and readers come back by themselves', async () => {
      await world.begin();
      const reader = await world.reader();
      await world.publish('s/01', numbers(10));
      await world.eventuallyEffects('s/01', numbers(10));
      await kafka.restart();
      const rows = numbers(10, 11).map((text) => world.streams.append('s/01', text));
      await eventually(
        () =>
          world.bus.publish(world.topic, rows).then(
            () => true,
            () => false,
          ),
        { what: 'Kafka takes rows again', timeoutMs: 60_000 },
      );
      await world.eventuallyEffects('s/01', numbers(20));
      await eventually(() => reader.ready() === true && reader.healthy() === true, { what: 'the reader is well' });
    }, 150_000);

    it(
      `Kafka is away for ${downMs / 1000} s, longer than the watchdog waits: nobody is called sick, and everything arrives afterwards`,
      async () => {
        await world.begin();
        const reader = await world.reader();
        await world.publish('s/01', numbers(5));
        await world.eventuallyEffects('s/01', numbers(5));
        await kafka.kill();
        const rows = numbers(5, 6).map((text) => world.streams.append('s/01', text));
        await expect(world.bus.publish(world.topic, rows)).rejects.toThrow();
        const sick: string[] = [];
        for (const endMs = performance.now() + downMs; performance.now() < endMs;) {
          const healthy = reader.healthy();
          if (healthy !== true) sick.push(healthy);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        expect(sick).toEqual([]);
        await kafka.restart();
        await eventually(
          () =>
            world.bus.publish(world.topic, rows).then(
              () => true,
              () => false,
            ),
          { what: 'Kafka takes rows again', timeoutMs: 60_000 },
        );
        await world.eventuallyEffects('s/01', numbers(10));
      },
      150_000 + downMs,
    );

    describe('Kafka stands still', () => {
      // Behind one request that has no answer the next would wait: kafkajs gives each up after 10 s.
      const quickMs = 8_000;
      const silence = 'Kafka did not answer a bus that stops';
      afterEach(() => kafka.resume());

      /** As a process stops: what reads, what it still publishes, the bus. */
      async function stop(reader: Reader, subscription: Subscription): Promise<number> {
        const rows = numbers(1, 100).map((text) => world.streams.append('s/02', text));
        const publishing = world.bus.publish(world.topic, rows).catch((error: Error) => error.message);
        const startedMs = performance.now();
        await reader.stop();
        expect(await publishing).toBe(silence);
        await subscription.stop();
        await world.bus.stop();
        return performance.now() - startedMs;
      }

      async function expectTheNextGoesOn(): Promise<void> {
        kafka.resume();
        await world.newBus();
        await world.reader();
        await world.publish('s/01', numbers(5, 6));
        await world.eventuallyEffects('s/01', numbers(10));
      }

      it('in the middle of the work: what stops waits for it once, and loses nothing', async () => {
        await world.begin();
        const reader = await world.reader();
        const subscription = world.bus.latest(world.topic, () => undefined);
        await eventually(() => subscription.ready() === true, { what: 'the subscription reads', timeoutMs: 60_000 });
        await world.publish('s/01', numbers(5));
        await world.eventuallyEffects('s/01', numbers(5));
        kafka.pause();
        expect(await stop(reader, subscription)).toBeLessThan(quickMs);
        await expectTheNextGoesOn();
      }, 150_000);

      it('from the start: what stops waits for it once', async () => {
        await world.begin();
        await world.reader();
        await world.publish('s/01', numbers(5));
        await world.eventuallyEffects('s/01', numbers(5));
        kafka.pause();
        await world.newBus();
        const reader = await world.reader();
        const subscription = world.bus.latest(world.topic, () => undefined);
        // Each has asked, and has no answer.
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        expect(await stop(reader, subscription)).toBeLessThan(quickMs);
        await expectTheNextGoesOn();
      }, 150_000);
    });

    it('a journal goes on appending while Kafka is away, and its readers have everything afterwards', async () => {
      await world.begin();
      await world.pool.query(`DROP SCHEMA IF EXISTS ${TEST_SCHEMA} CASCADE; ${journalTablesSql(TEST_SCHEMA)}`);
      const units = ['s/01', 's/02'];
      const settings = { relayMemoryRows: 50, relayBatchRows: 20 };
      const { journal, close } = testJournal({ url: world.url, unitNames: units, bus: world.bus, publish: () => [world.topic], settings });
      await journal.start();
      await eventually(() => units.every((unit) => journal.owns(unit)), { what: 'the units are owned' });
      const append = (n: number): Promise<unknown> =>
        Promise.all(
          units.map((unit) =>
            journal.append({ unit, entries: [{ stream: unit, key: 'A', traceparent: '', encode: () => Buffer.from(`${n}`) }] }),
          ),
        );
      await world.reader();
      for (let n = 1; n <= 10; n++) await append(n);
      await world.eventuallyEffects('s/01', numbers(10));
      await kafka.kill();
      // If one of them waited for Kafka, this would never end: it comes back only after them.
      for (let n = 11; n <= 200; n++) await append(n);
      expect(journal.ready()).toBe(true);
      expect(journal.relayLagRows).toBeGreaterThan(300);
      await kafka.restart();
      for (const unit of units) await world.eventuallyEffects(unit, numbers(200));
      await close();
    }, 150_000);

    it('a bus and its readers start without Kafka and work when it is there', async () => {
      await kafka.kill();
      await world.begin();
      const reader = await world.reader();
      expect(world.bus.ready()).toBe(true);
      expect(reader.ready()).toContain('has not joined');
      await kafka.restart();
      await world.publish('s/01', numbers(3));
      await world.eventuallyEffects('s/01', numbers(3));
    }, 150_000);
  },
);
