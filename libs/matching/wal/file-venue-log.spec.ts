import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Product } from '@switchyard/contracts';
import { type VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { Venue, type VenueInput } from '@switchyard/matching-core';
import { FastEngine } from '@switchyard/matching-core/engine';
import { command, INFY, TCS, venueLogFacts } from '@switchyard/matching-core/testing';
import { DamagedFolderError, ReplayMismatchError, VenueBrokenError, VenueFolderError } from './recover-venue.js';
import { VenueOnFolder } from './testing/venue-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As a venue with a defect does. */
class VenueThatBreaks extends Venue {
  override apply(input: VenueInput): VenueEvent {
    const order = input.command?.$case === 'orderCommand' ? input.command.value.command : undefined;
    if (order?.$case === 'newOrder' && order.value.tag === 'breaks') throw new Error('an invariant of the book is broken');
    return super.apply(input);
  }
}

/** As a version does that knows another tariff. */
class VenueOfAnotherTariff extends Venue {
  override apply(input: VenueInput): VenueEvent {
    const event = super.apply(input);
    for (const { execution } of event.executions) for (const fee of execution?.fees ?? []) fee.amount = '99';
    return event;
  }
}

const lists = [command.list(INFY), command.list(TCS)];

/** Orders that rest, and trade now and then. */
function orders(from: number, count: number): VenueInput[] {
  return Array.from({ length: count }, (_, at) =>
    command.newOrder(`s${(from + at) % 3}`, {
      tag: `t${from + at}`,
      price: String(1500 + ((from + at) % 5)),
      side: 1 + ((from + at) % 2),
      orderQty: String(1 + ((from + at) % 7)),
      product: Product.DELIVERY,
    }),
  );
}

/** Batches of ten, as many as asked for, on the folder. */
async function trade(batches: number, settings = {}): Promise<string> {
  const on = await VenueOnFolder.open(folder, settings);
  if (on.venue.seq === 0) await on.execute(...lists);
  for (let batch = 0; batch < batches; batch++) await on.execute(...orders(on.venue.seq, 10));
  const state = on.venue.stateHash();
  await on.close();
  return state;
}

async function stateNow(): Promise<{ state: string; seq: number; replayed: number; remade: number; warnings: number }> {
  const on = await VenueOnFolder.open(folder);
  const { venue, recovered, warnings } = on;
  const found = {
    state: venue.stateHash(),
    seq: venue.seq,
    replayed: recovered.replayedCount,
    remade: recovered.remadeCount,
    warnings: warnings.length,
  };
  await on.close();
  return found;
}

function files(of: 'commands' | 'events' | 'snapshots'): string[] {
  return readdirSync(path.join(folder, of)).map((name) => path.join(folder, of, name));
}

function lastFile(of: 'commands' | 'events'): string {
  return files(of).at(-1) as string;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ 0x40;
  writeFileSync(file, bytes);
}

/** Every file and its content: nothing was changed where this is the same. */
function content(): Record<string, string> {
  return Object.fromEntries(
    (['commands', 'events', 'snapshots'] as const).flatMap(files).map((file) => [file, readFileSync(file).toString('base64')]),
  );
}

describe('the log in files', () => {
  it.each(venueLogFacts)('$fact', async ({ holds }) => {
    const { log } = await VenueOnFolder.open(folder, { sync: 'batch', fileBytesMax: 20_000 });
    await holds(log);
    await log.close();
    expect(files('events').length).toBeGreaterThanOrEqual(1);
  });

  it('waits for the disk once a batch, or never, as it is set', async () => {
    for (const [sync, syncsCount] of [
      ['batch', 3],
      ['none', 0],
    ] as const) {
      rmSync(folder, { recursive: true });
      const on = await VenueOnFolder.open(folder, { sync });
      await on.execute(...lists);
      await on.execute(...orders(0, 100));
      await on.execute(...orders(100, 100));
      expect(on.log.syncsCount).toBe(syncsCount);
      await on.close();
    }
  });

  it('finds any event by its number, in a log of many files, before and after a new start', async () => {
    await trade(100, { fileBytesMax: 30_000 });
    expect(files('events').length).toBeGreaterThan(5);
    for (const warm of [false, true]) {
      const on = await VenueOnFolder.open(folder, { fileBytesMax: 30_000 });
      if (warm) await on.execute(...orders(on.venue.seq, 10));
      for (let seq = on.venue.seq; seq > 0; seq -= 7) {
        const found: number[] = [];
        for await (const events of on.log.read(seq, 2)) found.push(...events.map((event) => event.seq));
        expect(found).toEqual([seq, seq + 1].slice(0, Math.min(2, on.venue.seq - seq + 1)));
      }
      await on.close();
    }
  });

  it('hands out events from before the last two snapshots', async () => {
    const on = await VenueOnFolder.open(folder, { fileBytesMax: 30_000 });
    const first = [...(await on.execute(...lists)), ...(await on.execute(...orders(2, 10)))];
    for (let snapshot = 0; snapshot < 3; snapshot++) {
      for (let batch = 0; batch < 20; batch++) await on.execute(...orders(on.venue.seq, 10));
      await on.keepSnapshot();
    }
    await on.close();
    expect(files('snapshots')).toHaveLength(2);
    const again = await VenueOnFolder.open(folder);
    const read = [];
    for await (const events of again.log.read(1, 12)) read.push(...events.map(({ event }) => event));
    expect(read).toEqual(first);
    await again.close();
  });
});

describe('a folder that is opened again', () => {
  it('gives the venue that it was, from the newest snapshot and the commands after it', async () => {
    await trade(5);
    const on = await VenueOnFolder.open(folder);
    await on.keepSnapshot();
    await on.close();
    const state = await trade(3);
    expect(await stateNow()).toEqual({ state, seq: 82, replayed: 30, remade: 0, warnings: 0 });
    flip(files('snapshots')[0] as string, 100);
    expect(await stateNow()).toEqual({ state, seq: 82, replayed: 82, remade: 0, warnings: 1 });
  });

  it('makes events again that are torn, or missing, and then has them as they were', async () => {
    const state = await trade(20);
    const whole = readFileSync(lastFile('events'));
    for (let size = 0; size < whole.length; size += 5_003) {
      truncateSync(lastFile('events'), size);
      const { remade, ...found } = await stateNow();
      expect(found).toMatchObject({ state, seq: 202, replayed: 202 });
      expect(remade).toBeGreaterThan(0);
      const on = await VenueOnFolder.open(folder);
      const read: number[] = [];
      for await (const events of on.log.read(1)) read.push(...events.map(({ seq }) => seq));
      expect(read).toHaveLength(202);
      await on.close();
      writeFileSync(lastFile('events'), whole);
    }
    rmSync(path.join(folder, 'events'), { recursive: true });
    expect(await stateNow()).toMatchObject({ state, remade: 202, warnings: 0 });
  });

  it('does not begin from a snapshot of which the events are missing', async () => {
    await trade(5);
    const on = await VenueOnFolder.open(folder);
    await on.keepSnapshot();
    const state = on.venue.stateHash();
    await on.close();
    rmSync(path.join(folder, 'events'), { recursive: true });
    expect(await stateNow()).toEqual({ state, seq: 52, replayed: 52, remade: 52, warnings: 1 });
  });

  it('cut at any byte of its commands ends in the state of the last whole one, and goes on', async () => {
    const on = await VenueOnFolder.open(folder);
    await on.execute(...lists);
    const states = [on.venue.stateHash()];
    const sizes = [statSync(lastFile('commands')).size];
    for (const order of orders(2, 6)) {
      await on.execute(order);
      states.push(on.venue.stateHash());
      sizes.push(statSync(lastFile('commands')).size);
    }
    await on.close();
    // The events of what is cut off were not written yet, or they are of the one batch under way.
    const whole = readFileSync(lastFile('commands'));
    const events = readFileSync(lastFile('events'));
    for (let size = (sizes.at(-2) as number) + 1; size < whole.length; size++) {
      writeFileSync(lastFile('commands'), whole.subarray(0, size));
      expect(await stateNow()).toMatchObject({ state: states.at(-2), seq: 7, warnings: 2 });
      if (size % 10 === 0) {
        await trade(1);
        expect((await stateNow()).seq).toBe(17);
      }
      writeFileSync(lastFile('commands'), whole);
      writeFileSync(lastFile('events'), events);
    }
  });

  it('stays closed, and is not changed, when commands are missing of which events were told', async () => {
    await trade(5);
    const size = statSync(lastFile('commands')).size;
    truncateSync(lastFile('commands'), size - 3_000);
    const before = content();
    await expect(VenueOnFolder.open(folder)).rejects.toThrow(/the events go up to 52, and the commands up to \d+: commands are missing/);
    expect(content()).toEqual(before);
  });

  it('stays closed, and is not changed, when a snapshot is of commands that are missing', async () => {
    await trade(2);
    const copy = path.join(folder, 'copy');
    for (const one of ['commands', 'events']) cpSync(path.join(folder, one), path.join(copy, one), { recursive: true });
    await trade(2);
    const on = await VenueOnFolder.open(folder);
    await on.keepSnapshot();
    await on.close();
    for (const one of ['commands', 'events']) {
      rmSync(path.join(folder, one), { recursive: true });
      renameSync(path.join(copy, one), path.join(folder, one));
    }
    const before = content();
    await expect(VenueOnFolder.open(folder)).rejects.toThrow('a snapshot holds command 42, and the commands go up to 22');
    expect(content()).toEqual(before);
  });

  it.each(['commands', 'events'] as const)(
    'damage in the middle of the %s stops it, names file and byte, and changes nothing',
    async (of) => {
      await trade(20);
      const middle = Math.floor(statSync(lastFile(of)).size / 2);
      flip(lastFile(of), middle);
      const before = content();
      const error = await VenueOnFolder.open(folder).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DamagedFolderError);
      const { message } = error as Error;
      expect(message).toContain(lastFile(of));
      expect(Number(/byte (\d+)/.exec(message)?.[1])).toBeLessThanOrEqual(middle);
      expect(message.includes('mends it')).toBe(of === 'events');
      expect(content()).toEqual(before);
    },
  );

  it('damage in an older file, which a start needs, stops it too', async () => {
    await trade(40, { fileBytesMax: 10_000 });
    for (const kind of ['commands', 'events'] as const) {
      const [oldest = ''] = files(kind);
      flip(oldest, 700);
      await expect(VenueOnFolder.open(folder)).rejects.toThrow(DamagedFolderError);
      flip(oldest, 700);
    }
    expect((await stateNow()).seq).toBe(402);
  });

  it('stays closed when an event is not what its command causes', async () => {
    await trade(2);
    const events = path.join(folder, 'events');
    renameSync(events, path.join(folder, 'kept'));
    // The events of other commands.
    const [other = ''] = [mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'))];
    const on = await VenueOnFolder.open(other);
    await on.execute(...lists, ...orders(3, 20));
    await on.close();
    renameSync(path.join(other, 'events'), events);
    rmSync(other, { recursive: true });
    const error = await VenueOnFolder.open(folder).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ReplayMismatchError);
    expect(error).toMatchObject({ seq: 3, message: expect.stringContaining(folder) });
    // Without the database, an empty folder would stay closed too.
    expect(error).toMatchObject({ message: expect.stringContaining('an empty folder and an empty database') });
  });

  it('goes on after trades that another version charged otherwise, and leaves them as they were told', async () => {
    const before = await VenueOnFolder.open(folder, {}, () => new VenueOfAnotherTariff(new FastEngine()));
    await before.execute(command.list(INFY, '0.05', '1', { segment: 'EQUITY' }));
    const told = await before.execute(...orders(2, 40));
    await before.close();
    const amounts = told.flatMap(({ executions }) =>
      executions.flatMap(({ execution }) => execution?.fees.map(({ amount }) => amount) ?? []),
    );
    expect(new Set(amounts)).toEqual(new Set(['99']));
    const on = await VenueOnFolder.open(folder);
    const stored: VenueEvent[] = [];
    for await (const events of on.log.read(2)) stored.push(...events.map(({ event }) => event));
    await on.close();
    expect([on.recovered.replayedCount, on.recovered.remadeCount, on.warnings]).toEqual([41, 0, []]);
    expect(stored).toEqual(told);
  });

  it('stays closed when a command breaks the venue, and says which', async () => {
    await trade(1);
    const makeBreaking = (): Venue => new VenueThatBreaks(new FastEngine());
    const on = await VenueOnFolder.open(folder, {}, makeBreaking);
    await expect(on.execute(...orders(12, 3), command.newOrder('s0', { tag: 'breaks' }))).rejects.toThrow('an invariant');
    await on.close();
    const error = await VenueOnFolder.open(folder, {}, makeBreaking).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(VenueBrokenError);
    expect(error).toMatchObject({ seq: 16, message: expect.stringContaining(`Command 16 in ${folder} breaks the venue`) });
    expect(error).toBeInstanceOf(VenueFolderError);
    // A version that is mended goes on from there: what was recorded was taken.
    expect((await stateNow()).seq).toBe(16);
  });

  it('goes on in a file that a crash left empty', async () => {
    const state = await trade(2);
    appendFileSync(path.join(folder, 'commands', '0000000000000023.log'), '');
    appendFileSync(path.join(folder, 'events', '0000000000000023.log'), 'SWYL');
    expect(await stateNow()).toMatchObject({ state, seq: 22 });
    await trade(1);
    expect((await stateNow()).seq).toBe(32);
  });
});
