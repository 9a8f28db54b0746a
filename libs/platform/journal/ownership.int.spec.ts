// Which process has which units: claims, planned moves, and who joins when.
import { describe, expect, it } from '@jest/globals';
import { Deferred } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { HolderLostError } from './errors.js';
import { owns, SpecJournals } from './testing/spec-journals.js';
import { change, checkedTexts, shortPatience, TEST_SCHEMA, type TestJournal } from './testing/test-journal.js';

const journals = SpecJournals.forSpec();

describe('ownership', () => {
  it('claims every unit of a fresh database', async () => {
    const { journal, told } = await journals.owner({ unitNames: ['u1', 'u2', 'u3'] });
    expect(told.acquired.sort()).toEqual(['u1', 'u2', 'u3']);
    expect(journal.ownerOf('u2')).toEqual({ process: 'p1', address: 'p1:1', holderId: journal.holderId });
  });

  it('hands a share of the units to a second process, which goes on with the numbers, and takes it back when that one stops', async () => {
    const unitNames = [...Array(24).keys()].map((n) => `u${n}`);
    const first = await journals.owner({ unitNames });
    await Promise.all(unitNames.map((unit) => first.journal.append(change(unit, 'by p1'))));
    const second = await journals.started({ unitNames, name: 'p2' });
    const moved = await eventually(
      () => {
        const theirs = unitNames.filter((unit) => second.journal.owns(unit));
        return (
          theirs.length + unitNames.filter((unit) => first.journal.owns(unit)).length === 24 &&
          theirs.length > 3 &&
          first.told.released.length === theirs.length &&
          theirs
        );
      },
      { what: 'the units are balanced' },
    );
    await eventually(() => first.journal.ownerOf(moved[0] ?? '')?.process === 'p2', { what: 'the first knows the new owner' });
    await Promise.all(moved.map((unit) => second.journal.append(change(unit, 'by p2'))));
    await expect(first.journal.append(change(moved[0] ?? '', 'stale'))).rejects.toThrow(HolderLostError);
    await second.journal.stop();
    await owns(first.journal, ...unitNames);
    await Promise.all(moved.map((unit) => first.journal.append(change(unit, 'by p1 again'))));
    for (const unit of moved) expect(await checkedTexts(journals.admin, unit)).toEqual(['by p1', 'by p2', 'by p1 again']);
    expect([first.told.lost, second.told.lost]).toEqual([[], []]);
  });

  it('takes nothing back that it gave away while it asked which units there are', async () => {
    const unitNames = [...Array(24).keys()].map((n) => `u${n}`);
    const asked = new Deferred<void>();
    const acquired: string[] = [];
    let [looks, isGiving, isLooking] = [0, false, false];
    const { journal } = await journals.owner({
      unitNames,
      units: async () => {
        looks++;
        isLooking = isGiving;
        if (isGiving) await asked.promise;
        return unitNames;
      },
      hooks: {
        acquired: (unit) => (acquired.push(unit), Promise.resolve({})),
        // The move goes on when a view of before it is being looked at.
        released: async () => {
          isGiving = true;
          await eventually(() => isLooking, { what: 'a look during the move' });
        },
        lost: () => undefined,
      },
    });
    const second = await journals.started({ unitNames, name: 'p2' });
    const moved = await eventually(
      () => {
        const theirs = unitNames.filter((unit) => second.journal.owns(unit));
        return theirs.length > 3 && theirs;
      },
      { what: 'units to move' },
    );
    const before = looks;
    asked.resolve();
    await eventually(() => looks > before + 1, { what: 'the look to end, and another to begin' });
    expect(moved.filter((unit) => journal.owns(unit))).toEqual([]);
    expect(acquired.toSorted()).toEqual(unitNames.toSorted());
    await second.journal.append(change(moved[0] ?? '', 'by p2'));
  });

  it('leaves the units where they are while this process could not serve them, and takes them when nobody else is there', async () => {
    const first = await journals.owner();
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => 'the instruments are not read yet' });
    await second.journal.start();
    await eventually(() => String(second.journal.ready()).includes('leaves its units to others: the instruments are not read yet'), {
      what: 'the second waits',
    });
    await first.journal.append(change('u1', 'first'));
    await first.journal.stop();
    await owns(second.journal, 'u1');
    await second.journal.append(change('u1', 'second'));
    expect(await checkedTexts(journals.admin, 'u1')).toEqual(['first', 'second']);
  });

  const livesOfSecond = async (): Promise<number> =>
    (await journals.admin.query(`SELECT FROM ${TEST_SCHEMA}.holders WHERE process = 'p2'`)).rowCount ?? 0;

  it('joins the others once it can serve', async () => {
    let can: true | string = 'not yet';
    await journals.owner();
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => can });
    await second.journal.start();
    expect(String(second.journal.ready())).toMatch(/not yet$/);
    expect(second.journal.ownerOf('u1')?.process).toBe('p1');
    expect(await livesOfSecond()).toBe(0);
    can = true;
    await eventually(async () => (await livesOfSecond()) === 1, { what: 'the second to join' });
  });

  it('does not take what it could not read for nobody', async () => {
    await journals.owner();
    await journals.admin.query(`ALTER TABLE ${TEST_SCHEMA}.ownership RENAME TO away`);
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => 'not yet' });
    const starting = second.journal.start();
    await eventually(() => String(second.journal.ready()).includes("can't reach the database"), { what: 'a look that failed' });
    expect(await livesOfSecond()).toBe(0);
    await journals.admin.query(`ALTER TABLE ${TEST_SCHEMA}.away RENAME TO ownership`);
    await starting;
    expect(String(second.journal.ready())).toMatch(/leaves its units to others: not yet$/);
    expect(await livesOfSecond()).toBe(0);
  });

  /** As after a time without the database: nobody could beat, the living neither. */
  const beatLongAgo = (): Promise<unknown> =>
    journals.admin.query(`
WITH held AS (INSERT INTO ${TEST_SCHEMA}.holders (id, process, address, alive) VALUES (gen_random_uuid(), 'p1', 'p1:1', true) RETURNING id)
INSERT INTO ${TEST_SCHEMA}.heartbeats (holder_id, beat_at) SELECT id, clock_timestamp() - interval '1 hour' FROM held`);

  it('does not take for dead at the first look who has not beaten', async () => {
    await beatLongAgo();
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => 'not yet' });
    await second.journal.start();
    expect(String(second.journal.ready())).toMatch(/leaves its units to others: not yet$/);
    expect(await livesOfSecond()).toBe(0);
  });

  it('takes the units of who has not beaten while it looked, though it can not serve them', async () => {
    await beatLongAgo();
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => 'not yet', settings: shortPatience });
    await second.journal.start();
    await eventually(() => second.journal.owns('u1'), { what: 'the second to take over', timeoutMs: 55_000 });
  });

  it('stops while it waits for others', async () => {
    await journals.owner();
    const second = journals.make({ name: 'p2', unitNames: ['u1'], canServe: () => 'never' });
    await second.journal.start();
    expect(String(second.journal.ready())).toMatch(/never$/);
    await second.journal.stop();
  });

  it('lets what is in flight finish before a unit moves', async () => {
    const first = journals.make();
    const late: Promise<unknown>[] = [];
    const slow: TestJournal<never> = journals.make({
      hooks: {
        acquired: () => Promise.resolve({}),
        released: () => (late.push(slow.journal.append(change('u1', 'last word'))), Promise.resolve()),
        lost: () => undefined,
      },
    });
    await slow.journal.start();
    await owns(slow.journal, 'u1');
    await slow.journal.stop();
    await expect(Promise.all(late)).resolves.toHaveLength(1);
    await first.journal.start();
    await owns(first.journal, 'u1');
    await first.journal.append(change('u1', 'next'));
    expect(await checkedTexts(journals.admin, 'u1')).toEqual(['last word', 'next']);
  });
});
