import { expect, it } from '@jest/globals';
import { systemClock } from '@switchyard/kernel';
import { silent } from '../journal/testing/test-journal.js';
import { DirectBus } from './direct-bus.js';
import { busContract, numbers } from './testing/bus-contract.js';

busContract(
  'The direct bus',
  {
    make: async (_, streams) => {
      const bus = new DirectBus({
        calls: streams.calls,
        clock: systemClock,
        log: silent,
        settings: { queueRows: 100, batchRows: 30, stalledAfterMs: 800 },
      });
      bus.attach(streams);
      await bus.start();
      return bus;
    },
  },
  (world) => {
    it('is bounded: a slow reader reads from the journal what its queue could not hold', async () => {
      await world.begin();
      let release: (() => void) | undefined;
      const isReleased = new Promise<void>((resolve) => (release = resolve));
      await world.reader({ effect: async (_from, rows) => (await isReleased, await world.effect('g1', rows)) });
      for (let n = 0; n < 50; n++) await world.publish('s/01', numbers(20, n * 20 + 1));
      release?.();
      await world.eventuallyEffects('s/01', numbers(1_000));
    });

    it('two processes that both hold the same rows, as after a rebalance, apply each once', async () => {
      await world.begin();
      const [first, second] = [world.bus, await world.newBus()];
      const readers = await Promise.all([world.reader({ bus: first }), world.reader({ bus: second })]);
      for (let n = 0; n < 30; n++) {
        const rows = numbers(7, n * 7 + 1).map((text) => world.streams.append('s/01', text));
        await Promise.all([first.publish(world.topic, rows), second.publish(world.topic, rows)]);
      }
      await world.eventuallyEffects('s/01', numbers(210));
      expect(await readers[0]?.parkedKeys()).toEqual([]);
    });

    it('where one of several cursors has been moved by another process, none moves, and nothing is written', async () => {
      await world.begin();
      const [first, second] = [world.bus, await world.newBus()];
      await Promise.all([world.reader({ bus: first }), world.reader({ bus: second })]);
      for (let n = 0; n < 30; n++) {
        const [ones, twos] = ['s/01', 's/02'].map((stream) => numbers(3, n * 3 + 1).map((text) => world.streams.append(stream, text)));
        // Each has a stream that the other has not heard of yet, and one that the other moves meanwhile.
        await Promise.all([first.publish(world.topic, ones ?? []), second.publish(world.topic, [...(twos ?? []), ...(ones ?? [])])]);
      }
      await world.eventuallyEffects('s/01', numbers(90));
      await world.eventuallyEffects('s/02', numbers(90));
    });

    it('gives a reader rows of its own', async () => {
      await world.begin();
      await world.reader({
        effect: (_from, rows) =>
          world.effect(
            'g1',
            rows.map((row) => Object.assign(row, { key: 'changed' })),
          ),
      });
      const rows = await world.publish('s/01', numbers(3));
      await world.eventuallyEffects('s/01', numbers(3));
      expect(rows.map((row) => row.key)).toEqual(['A', 'A', 'A']);
    });
  },
);
