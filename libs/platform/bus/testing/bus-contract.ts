/** What every bus keeps, whatever carries its rows. A spec calls it with its own bus. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ORDERS_JOURNAL, type Topic } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { readerTablesSql } from '../../journal/rows.sql.js';
import { type Effect, type EventBus, noEffect, type Reader, type ReaderOptions } from '../types.js';
import { parkingRows } from './parking-rows.js';
import { TestStreams } from './test-streams.js';

const SCHEMA = 'bus_test';

const template = {
  key: `bus ${readerTablesSql(SCHEMA)}`,
  prepare: async (url: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      `${readerTablesSql(SCHEMA)} CREATE TABLE ${SCHEMA}.effects (id bigserial, reader text, stream text, seq bigint, key text, text text, UNIQUE (reader, stream, seq))`,
    );
    await client.end();
  },
};

export interface BusFactory {
  /** A started bus for the streams of a topic that nobody used before. */
  make(topic: Topic, streams: TestStreams): Promise<EventBus>;
}

/** One test's bus, streams and database. */
export class BusWorld {
  readonly #factory: BusFactory;
  readonly #buses: EventBus[] = [];
  readonly #readers: Reader[] = [];
  #database: TestDatabase | undefined;
  #topicsMade = 0;
  pool!: pg.Pool;
  topic!: Topic;
  streams!: TestStreams;
  bus!: EventBus;

  constructor(factory: BusFactory) {
    this.#factory = factory;
  }

  async open(): Promise<void> {
    this.#database = await testDatabase(template);
    this.pool = new pg.Pool({ connectionString: this.#database.url, max: 8 });
    this.pool.on('error', () => undefined);
  }

  get url(): string {
    return this.#database?.url ?? '';
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.#database?.drop();
  }

  /** A new topic with its streams and a bus. */
  async begin(kind: Topic['kind'] = 'stream'): Promise<void> {
    this.#topicsMade += 1;
    this.topic = { name: `contract-${this.#topicsMade}.v1`, publisher: 'order-gateway', message: 'test.v1.Event', kind };
    this.streams = new TestStreams(this.topic);
    await this.newBus();
  }

  /** Another bus of the same topic: another process, or the same one started anew. */
  async newBus(): Promise<EventBus> {
    this.bus = await this.#factory.make(this.topic, this.streams);
    this.#buses.push(this.bus);
    return this.bus;
  }

  async end(): Promise<void> {
    await Promise.all(this.#readers.splice(0).map((reader) => reader.stop()));
    await Promise.all(this.#buses.splice(0).map((bus) => bus.stop()));
    await this.pool.query(`TRUNCATE ${SCHEMA}.effects, ${SCHEMA}.cursors, ${SCHEMA}.parked`);
  }

  /** A started reader whose effect is a row in `effects`. */
  async reader(options: Partial<ReaderOptions> & { bus?: EventBus } = {}): Promise<Reader> {
    const { bus = this.bus, ...rest } = options;
    const group = rest.group ?? 'g1';
    const reader = bus.read({
      group,
      topic: this.topic,
      pool: this.pool,
      schema: SCHEMA,
      producer: ORDERS_JOURNAL,
      effect: (_from, rows) => this.effect(group, rows),
      ...rest,
    });
    this.#readers.push(reader);
    await reader.start();
    return reader;
  }

  /** A row in `effects` for each. */
  effect(group: string, rows: readonly JournalRow[]): Promise<Effect> {
    return Promise.resolve({
      name: 'told',
      ctes: (first) => `told AS (
  INSERT INTO ${SCHEMA}.effects (reader, stream, seq, key, text)
  SELECT $${first}, * FROM unnest($${first + 1}::text[], $${first + 2}::bigint[], $${first + 3}::text[], $${first + 4}::text[]))`,
      params: [
        group,
        rows.map((row) => row.stream),
        rows.map((row) => row.seq),
        rows.map((row) => row.key),
        rows.map((row) => row.payload.toString()),
      ],
    });
  }

  /** Appends rows to a stream and publishes them, as often as it takes, like the relay. */
  async publish(stream: string, texts: readonly string[], key = 'A'): Promise<readonly JournalRow[]> {
    const rows = texts.map((text) => this.streams.append(stream, text, key));
    const { bus, topic } = this;
    const isTaken = (): Promise<boolean> =>
      bus.publish(topic, rows).then(
        () => true,
        () => false,
      );
    await eventually(isTaken, { what: 'the bus takes the rows' });
    return rows;
  }

  /** The effects of a group in a stream, in the order in which they happened. */
  async effects(stream: string, group = 'g1'): Promise<string[]> {
    const { rows } = await this.pool.query<{ text: string }>(
      `SELECT text FROM ${SCHEMA}.effects WHERE reader = $1 AND stream = $2 ORDER BY id`,
      [group, stream],
    );
    return rows.map((row) => row.text);
  }

  async eventuallyEffects(stream: string, texts: readonly string[], group = 'g1'): Promise<void> {
    await eventually(async () => (await this.effects(stream, group)).length >= texts.length, {
      what: `${group} has ${texts.length} effects of ${stream}`,
      timeoutMs: 60_000,
    });
    expect(await this.effects(stream, group)).toEqual(texts);
  }
}

export const numbers = (count: number, from = 1): string[] => [...Array(count).keys()].map((n) => `${from + n}`);

/** Declares the tests. `describeMore` adds those of one kind of bus, in the same world. */
export function busContract(name: string, factory: BusFactory, describeMore?: (world: BusWorld) => void): void {
  const world = new BusWorld(factory);

  describe(`${name} keeps the contract of the bus:`, () => {
    beforeAll(() => world.open());
    afterEach(() => world.end());
    afterAll(() => world.close());
    delivery(world);
    failures(world);
    parkingRows(world);
    latest(world);
    describeMore?.(world);
  });
}

function delivery(world: BusWorld): void {
  it('every row has its effect once, in the order of its stream', async () => {
    await world.begin();
    await world.reader();
    const streams = ['s/00', 's/01', 's/7f', 's/ff'];
    for (let n = 0; n < 5; n++) await Promise.all(streams.map((stream) => world.publish(stream, numbers(40, n * 40 + 1))));
    for (const stream of streams) await world.eventuallyEffects(stream, numbers(200));
  });

  it('each group gets everything', async () => {
    await world.begin();
    await world.reader({ group: 'g1' });
    await world.reader({ group: 'g2' });
    await world.publish('s/01', numbers(20));
    await world.eventuallyEffects('s/01', numbers(20), 'g1');
    await world.eventuallyEffects('s/01', numbers(20), 'g2');
  });

  it('rows that come again have no second effect', async () => {
    await world.begin();
    await world.reader();
    const rows = await world.publish('s/01', numbers(10));
    await world.bus.publish(world.topic, rows);
    await world.bus.publish(world.topic, rows.slice(5));
    await world.publish('s/01', ['11']);
    await world.eventuallyEffects('s/01', numbers(11));
  });

  it('a reader finds what was published before it was there', async () => {
    await world.begin();
    await world.publish('s/01', numbers(10));
    await world.reader();
    await world.publish('s/01', ['11']);
    await world.eventuallyEffects('s/01', numbers(11));
  });

  it('a reader never works in the turn of the publisher', async () => {
    await world.begin();
    let isPublishing = false;
    let hasMet = false;
    await world.reader({ effect: (_from, rows) => ((hasMet ||= isPublishing), world.effect('g1', rows)) });
    for (let n = 1; n <= 20; n++) {
      isPublishing = true;
      const published = world.bus.publish(world.topic, [world.streams.append('s/01', `${n}`)]);
      isPublishing = false;
      await published;
    }
    await world.eventuallyEffects('s/01', numbers(20));
    expect(hasMet).toBe(false);
  });

  it('a gap is filled from the journal of the producer, also when that is away at first', async () => {
    await world.begin();
    await world.reader();
    await world.publish('s/01', numbers(2));
    await world.eventuallyEffects('s/01', numbers(2));
    for (const text of numbers(700, 3)) world.streams.append('s/01', text);
    world.streams.isAway = true;
    await world.publish('s/01', ['703']);
    await eventually(() => world.streams.callsCount > 0, { what: 'the reader asks the producer' });
    world.streams.isAway = false;
    await world.eventuallyEffects('s/01', numbers(703));
  });

  it('a reader that stops has finished its transaction, and the next one goes on', async () => {
    await world.begin();
    const reader = await world.reader({
      effect: async (_from, rows) => (await new Promise((resolve) => setTimeout(resolve, 20)), await world.effect('g1', rows)),
    });
    const published = (async (): Promise<void> => {
      for (let n = 0; n < 20; n++) await world.publish('s/01', numbers(10, n * 10 + 1));
    })();
    await eventually(async () => (await world.effects('s/01')).length > 10, { what: 'the reader works' });
    await reader.stop();
    const atStop = (await world.effects('s/01')).length;
    await published;
    expect(await world.effects('s/01')).toHaveLength(atStop);
    await world.newBus();
    await world.reader();
    await world.publish('s/01', ['201']);
    await world.eventuallyEffects('s/01', numbers(201));
  });
}

function failures(world: BusWorld): void {
  it('an error of a reader never reaches the publisher, and transient ones back off until it works', async () => {
    await world.begin();
    const attemptsMs: number[] = [];
    await world.reader({
      effect: async (_from, rows) => {
        attemptsMs.push(performance.now());
        if (attemptsMs.length <= 3) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        return world.effect('g1', rows);
      },
    });
    const rows = numbers(5).map((text) => world.streams.append('s/01', text));
    await expect(world.bus.publish(world.topic, rows)).resolves.toBeUndefined();
    await world.eventuallyEffects('s/01', numbers(5));
    const waitsMs = attemptsMs.slice(1, 4).map((atMs, n) => atMs - (attemptsMs[n] ?? 0));
    expect(waitsMs[0]).toBeGreaterThan(90);
    expect(waitsMs[1]).toBeGreaterThan(190);
    expect(waitsMs[2]).toBeGreaterThan(390);
  });

  it('the same number with another content stops the stream, not the others, and says so', async () => {
    await world.begin();
    const reader = await world.reader();
    await world.publish('s/01', numbers(3));
    await world.eventuallyEffects('s/01', numbers(3));
    const other = new TestStreams(world.topic);
    for (const text of ['1', '2', 'other']) other.append('s/01', text);
    await world.bus.publish(world.topic, [other.rowsOf('s/01')[2] as JournalRow]);
    await world.publish('s/01', ['4']);
    await world.publish('s/02', numbers(3));
    await world.eventuallyEffects('s/02', numbers(3));
    await eventually(() => reader.ready() !== true, { what: 'the reader is not ready' });
    expect(reader.ready()).toContain('stopped s/01 at 3');
    expect(await world.effects('s/01')).toEqual(numbers(3));
  });

  it('a next row that does not continue the chain stops the stream', async () => {
    await world.begin();
    const reader = await world.reader();
    const [row] = [world.streams.append('s/01', '1')];
    await world.bus.publish(world.topic, [{ ...row, payload: Buffer.from('forged') }]);
    await eventually(() => reader.ready() !== true && String(reader.ready()).includes('stopped s/01 at 1'), { what: 'the stream stops' });
    expect(await world.effects('s/01')).toEqual([]);
  });

  it('the watchdog finds a reader that stands still', async () => {
    await world.begin();
    let release: (() => void) | undefined;
    const reader = await world.reader({ effect: () => new Promise((resolve) => (release = () => resolve(noEffect))) });
    await world.publish('s/01', numbers(3));
    await eventually(() => release !== undefined, { what: 'the reader works' });
    expect(reader.healthy()).toBe(true);
    await eventually(() => reader.healthy() !== true, { what: 'the watchdog sees it' });
    expect(world.bus.healthy()).toContain('stands still');
    release?.();
    await eventually(() => reader.healthy() === true, { what: 'it goes on' });
  });
}

function latest(world: BusWorld): void {
  it('a subscription has the newest row of every key, then each newer one, and survives an error of its handler', async () => {
    await world.begin('latest');
    for (const text of ['1', '2']) await world.publish('quotes', [`A${text}`], 'A');
    await world.publish('quotes', ['B3'], 'B');
    const seen = new Map<string, string>();
    const subscription = world.bus.latest(world.topic, (row) => {
      const text = row.payload.toString();
      if (text === 'B4') throw new Error('no');
      seen.set(row.key, text);
    });
    await eventually(() => seen.get('A') === 'A2' && seen.get('B') === 'B3', { what: 'the newest are there' });
    await world.publish('quotes', ['B4'], 'B');
    await world.publish('quotes', ['A5'], 'A');
    await eventually(() => seen.get('A') === 'A5', { what: 'the newer one is there' });
    await subscription.stop();
  });
}
