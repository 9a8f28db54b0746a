/** What becomes of an event that can't be applied, on every bus: a part of the contract. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { CannotApplyError } from '../errors.js';
import { type ReaderOptions } from '../types.js';
import { type BusWorld } from './bus-contract.js';

export function parkingRows(world: BusWorld): void {
  it('an event that can not be applied parks its key; the rest goes on; replay applies it from there', async () => {
    await world.begin();
    let isFixed = false;
    const parked: string[] = [];
    const reader = await world.reader({
      effect: async (_from, rows) => {
        const bad = rows.find((row) => row.payload.toString() === 'bad');
        if (bad && !isFixed) throw new CannotApplyError(bad, 'no such instrument');
        return world.effect('g1', rows);
      },
      parked: (stream, key, fromSeq, error) => Promise.resolve(void parked.push(`${stream} ${key} ${fromSeq} ${error}`)),
    });
    await world.publish('s/01', ['a1', 'bad', 'a3'], 'A');
    await world.publish('s/01', ['b4', 'b5'], 'B');
    await world.publish('s/01', ['a6'], 'A');
    await world.publish('s/01', ['b7'], 'B');
    await world.eventuallyEffects('s/01', ['a1', 'b4', 'b5', 'b7']);
    await eventually(() => parked.length > 0, { what: 'the parked key is made known' });
    expect(parked).toEqual(['s/01 A 2 CannotApplyError: no such instrument']);
    expect(await reader.parkedKeys()).toMatchObject([{ reader: 'g1', stream: 's/01', key: 'A', fromSeq: 2 }]);
    expect(await reader.replayParked('s/01', 'A')).toEqual({ applied: 0, ended: false, error: 'CannotApplyError: no such instrument' });
    isFixed = true;
    expect(await reader.replayParked('s/01', 'A')).toEqual({ applied: 3, ended: true, error: '' });
    await world.publish('s/01', ['a8'], 'A');
    await world.eventuallyEffects('s/01', ['a1', 'b4', 'b5', 'b7', 'bad', 'a3', 'a6', 'a8']);
    expect(await reader.parkedKeys()).toEqual([]);
    expect(await reader.replayParked('s/01', 'A')).toEqual({ applied: 0, ended: true, error: '' });
  });

  it('a key stays parked for the process that reads next, which makes it known again', async () => {
    await world.begin();
    const refuse: ReaderOptions['effect'] = (_from, rows) => {
      const bad = rows.find((row) => row.payload.toString() === 'bad');
      return bad ? Promise.reject(new CannotApplyError(bad, 'no')) : world.effect('g1', rows);
    };
    const first = await world.reader({ effect: refuse });
    await world.publish('s/01', ['bad']);
    await eventually(async () => (await first.parkedKeys()).length === 1, { what: 'the key is parked' });
    await first.stop();
    await world.newBus();
    const parked: string[] = [];
    await world.reader({ parked: (stream, key) => Promise.resolve(void parked.push(`${stream} ${key}`)) });
    await world.publish('s/01', ['a2'], 'A');
    await world.publish('s/01', ['b3'], 'B');
    await world.eventuallyEffects('s/01', ['b3']);
    await eventually(() => parked.includes('s/01 A'), { what: 'the parked key is made known' });
  });

  it('a key that a replay has mended is made known no more', async () => {
    await world.begin();
    let isFixed = false;
    let tries = 0;
    const mended = new Deferred<void>();
    const reader = await world.reader({
      effect: (_from, rows) => {
        const bad = rows.find((row) => row.payload.toString() === 'bad');
        return bad && !isFixed ? Promise.reject(new CannotApplyError(bad, 'no')) : world.effect('g1', rows);
      },
      parked: async () => {
        tries += 1;
        await mended.promise;
        throw new Error('nobody took it');
      },
    });
    await world.publish('s/01', ['bad']);
    await eventually(() => tries === 1, { what: 'the first try' });
    isFixed = true;
    expect(await reader.replayParked('s/01', 'A')).toEqual({ applied: 1, ended: true, error: '' });
    mended.resolve();
    await sleep(500); // The second try is due 100 ms after the first has failed.
    expect(tries).toBe(1);
  });

  it('poison bytes park their key too', async () => {
    await world.begin();
    const reader = await world.reader({
      effect: async (_from, rows) => {
        for (const row of rows) JSON.parse(row.payload.toString());
        return world.effect('g1', rows);
      },
    });
    await world.publish('s/01', ['1', '{', '3'], 'A');
    await world.publish('s/01', ['4'], 'B');
    await world.eventuallyEffects('s/01', ['1', '4']);
    expect((await reader.parkedKeys())[0]).toMatchObject({ key: 'A', fromSeq: 2 });
  });
}
