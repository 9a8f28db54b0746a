// The venue on its folder and a real database: what was told is durable, every start ends in the same state, another process takes over, and the tape follows.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OrdType, Product, Side, TimeInForce, type MessageStream, type Topic } from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import {
  ExecutionKind,
  NewOrder,
  type Execution,
  type StreamExecutionsResponse,
  type TradeRequest,
  type TradeResponse,
} from '@switchyard/contracts/gen/matching/v1/service';
import { systemClock } from '@switchyard/kernel';
import { linkedStreams } from '@switchyard/matching-core/testing';
import { FolderLock } from '@switchyard/matching-wal/venue';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type EventBus } from '@switchyard/platform/bus';
import { readConfig } from '@switchyard/platform/config';
import { armFailpoints } from '@switchyard/platform/failpoint';
import { type JournalRow } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { Client, type Pool } from 'pg';
import { pino } from 'pino';
import { matchingConfig } from './matching.config.js';
import { matchingRole } from './matching.role.js';
import { INFY, neighbours } from './testing/venue-neighbours.js';
import { VenueHost } from './venue-host.js';
jest.setTimeout(120_000);

let database: TestDatabase;
let pool: Pool;
let folder: string;
let hosts: VenueHost[];
let published: JournalRow[];
/** What is due every now and then; only a test that says so runs it. */
let ticks: (() => Promise<void>)[];

beforeEach(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'matching', { max: 10 });
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
  hosts = [];
  published = [];
  ticks = [];
});

afterEach(async () => {
  armFailpoints('');
  for (const host of hosts) await host.stop();
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const bus = {
  attach: () => undefined,
  publish: (_topic: Topic, rows: readonly JournalRow[]) => Promise.resolve(void published.push(...rows)),
} as unknown as EventBus;

/** The maker is not refreshed by time, unless a test says so: then nothing changes the venue but its orders. */
async function start(name: string, variables: Record<string, string> = {}): Promise<VenueHost> {
  const config = readConfig(matchingConfig, {
    MATCHING_FOLDER: folder,
    MATCHING_HEARTBEAT_MS: '200',
    MATCHING_MAKER_REFRESH_MS: '60000',
    ...variables,
  });
  const process = { name, address: `${name}:1`, environment: 'sim' as const };
  const tick = {
    every: (_name: string, _intervalMs: number, handler: () => Promise<void>) => {
      ticks.push(handler);
      return Promise.resolve(() => Promise.resolve());
    },
  };
  const host = new VenueHost({ config, pool, calls: neighbours, clock: systemClock, log: pino({ level: 'silent' }), bus, tick, process });
  hosts.push(host);
  await host.start();
  return host;
}

async function running(name: string, variables: Record<string, string> = {}): Promise<VenueHost> {
  const host = await start(name, variables);
  await until(() => host.ready() === true && isOpen(host), `${name} runs the venue`);
  return host;
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await eventually(condition, { what });
}

function isOpen(host: VenueHost): boolean {
  try {
    host.desk();
    return true;
  } catch {
    return false;
  }
}

/** What sessions have: the maker's levels are of one life. */
function stateOf(host: VenueHost): Promise<string> {
  return host.desk().whenDurable((venue) => JSON.stringify(venue.snapshot(), ['live', 'positions', 'sessions', 'histories']));
}

class Session {
  readonly executions: Execution[] = [];
  isOver = false;
  readonly #stream: MessageStream<TradeResponse, TradeRequest>;

  constructor(host: VenueHost, fromSeq = 1) {
    const { caller, server } = linkedStreams<TradeRequest, TradeResponse>();
    this.#stream = caller;
    caller.onMessage(({ executions }) => this.executions.push(...executions));
    caller.onClose(() => {
      this.isOver = true;
    });
    host.desk().trade(server);
    caller.send({ commands: [{ traceparent: '', command: { $case: 'logon', value: { sessionId: 'paper-1', fromSeq } } }] });
  }

  send(tags: readonly string[], order: Partial<NewOrder> = { price: '1400' }): void {
    const base = {
      brokerAccountId: 'PAPER-1',
      instrumentId: INFY,
      side: Side.BUY,
      orderQty: '10',
      timeInForce: TimeInForce.DAY,
      ordType: order.price === undefined ? OrdType.MARKET : OrdType.LIMIT,
      product: Product.INTRADAY,
    };
    for (let at = 0; at < tags.length; at += 200) {
      const commands = tags.slice(at, at + 200).map((tag) => ({
        traceparent: '',
        command: { $case: 'newOrder' as const, value: NewOrder.fromPartial({ ...base, ...order, tag }) },
      }));
      this.#stream.send({ commands });
    }
  }

  /** Sends orders, and waits until each was told. */
  async place(tags: readonly string[], order: Partial<NewOrder> = { price: '1400' }): Promise<void> {
    this.send(tags, order);
    const told = order.price === undefined ? ExecutionKind.TRADE : ExecutionKind.NEW;
    await until(() => {
      const heard = new Set(this.executions.filter(({ kind }) => kind === told).map(({ tag }) => tag));
      return tags.every((tag) => heard.has(tag));
    }, `${tags.length} orders are told`);
  }
}

function filesOf(name: 'commands' | 'events' | 'snapshots'): string[] {
  return readdirSync(path.join(folder, name)).map((file) => path.join(folder, name, file));
}

const databaseName = (): string => new URL(database.url).pathname.slice(1);

/** A statement of the superuser's, from outside the venue's database unless one is named. */
async function admin(statement: string, inDatabase = 'postgres'): Promise<void> {
  const url = new URL(database.url);
  url.pathname = `/${inDatabase}`;
  const client = new Client(url.href);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Nothing is on the tape any more; as a reset makes it, the database is migrated at another time, too. */
async function emptyTape({ isReset }: { isReset: boolean }): Promise<void> {
  const again = isReset ? "; UPDATE platform.environment SET stamped_at = stamped_at + interval '1 day'" : '';
  await admin(`TRUNCATE matching.journal, matching.watermarks${again}`, databaseName());
}

function tags(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

describe('the venue in its process', () => {
  it('fills a market order at the quote, and its position and its order are found after a restart', async () => {
    const first = await running('venue-0');
    const session = new Session(first);
    await session.place(['a'], {});
    expect(session.executions.map(({ lastPx, cumQty }) => [lastPx, cumQty])).toEqual([
      ['', '0'],
      ['1500.05', '10'],
    ]);
    await first.stop();
    const second = await running('venue-0');
    expect(await second.desk().position('PAPER-1', INFY)).toBe('10');
    expect((await second.desk().orderByTag('paper-1', 'a')).executions).toEqual(session.executions);
  });

  it('a day that ended before the venue opened takes no order of today along', async () => {
    const session = new Session(await running('venue-0'));
    await session.place(['a']);
    for (const tick of ticks) await tick();
    expect(session.executions.map(({ kind }) => kind)).toEqual([ExecutionKind.NEW]);
  });

  it('a process of the same name takes over at once, in the same state, and the session goes on from its cursor', async () => {
    const first = await running('venue-0');
    const session = new Session(first);
    await session.place(tags('a', 30));
    await session.place(['m'], {});
    const state = await stateOf(first);
    const second = await start('venue-0');
    await until(() => session.isOver && !isOpen(first), 'the first is out');
    // A former life of a process is gone; this one would come back under the same name.
    await first.stop();
    await until(() => second.ready() === true && isOpen(second), 'the second runs the venue');
    expect(await stateOf(second)).toBe(state);
    const again = new Session(second, 31);
    await again.place(['b']);
    expect(again.executions.map(({ seq, tag }) => [seq, tag])).toEqual([
      [31, 'm'],
      [32, 'm'],
      [33, 'b'],
    ]);
  });

  it('another process stands by, names the owner, and takes over when the owner leaves', async () => {
    const first = await running('venue-0');
    const standby = await start('venue-1');
    await until(() => standby.ready() === true, 'the standby is ready');
    const owner = [first, standby].find(isOpen) ?? first;
    const other = owner === first ? standby : first;
    expect(() => other.desk()).toThrow(expect.objectContaining({ metadata: { address: `${owner === first ? 'venue-0' : 'venue-1'}:1` } }));
    const session = new Session(owner);
    await session.place(tags('a', 5));
    const state = await stateOf(owner);
    await owner.stop();
    await until(() => isOpen(other), 'the standby runs the venue');
    expect(session.isOver).toBe(true);
    expect(await stateOf(other)).toBe(state);
  });

  it('keeps snapshots, from which a start replays only the rest and comes to the same state; one that is damaged is passed over', async () => {
    const first = await running('venue-0', { MATCHING_SNAPSHOT_EVERY_EVENTS: '100', MATCHING_MAKER_REFRESH_MS: '20' });
    const session = new Session(first);
    for (let round = 0; round < 3; round++) await session.place(tags(`r${round}-`, 100));
    const snapshots = (): string[] => filesOf('snapshots').filter((file) => file.endsWith('.snap'));
    await until(() => snapshots().length === 2, 'two snapshots are kept');
    await session.place(tags('z', 7));
    const state = await stateOf(first);
    await first.stop();
    const second = await running('venue-0');
    expect(await stateOf(second)).toBe(state);
    // Executions are read from the log, however old: also those from before both snapshots.
    const { caller, server } = linkedStreams<never, StreamExecutionsResponse>();
    const told: number[] = [];
    caller.onMessage(({ executions }) => told.push(...executions.map(({ seq }) => seq)));
    second.desk().streamExecutions({ sessionId: 'paper-1', fromSeq: 1 }, server);
    await until(() => told.length >= 307, 'all executions are told');
    expect(told).toEqual(Array.from({ length: 307 }, (_, at) => at + 1));
    await second.stop();
    for (const file of snapshots()) writeFileSync(file, 'damaged');
    const third = await running('venue-0');
    expect(await stateOf(third)).toBe(state);
  });

  it('stays closed when its folder is damaged, says so, and is not changed', async () => {
    const first = await running('venue-0');
    await new Session(first).place(tags('a', 50));
    await first.stop();
    rmSync(path.join(folder, 'snapshots'), { recursive: true });
    const [file = ''] = filesOf('commands');
    const bytes = readFileSync(file);
    bytes[2_000] = (bytes[2_000] as number) ^ 1;
    writeFileSync(file, bytes);
    const second = await start('venue-0');
    await until(() => String(second.ready()).startsWith('The venue stays closed.'), 'it says that it stays closed');
    expect(second.ready()).toContain(file);
    expect(() => second.desk()).toThrow('stays closed');
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('stays closed on a folder that does not have what its tape has', async () => {
    const first = await running('venue-0');
    await new Session(first).place(['a']);
    await until(() => published.length === 1, 'it is on the tape');
    await first.stop();
    rmSync(folder, { recursive: true });
    const second = await start('venue-0');
    await until(() => String(second.ready()).startsWith('The venue stays closed.'), 'it says that it stays closed');
    expect(second.ready()).toMatch(/The tape in the database ends with event \d+, which is not so in .*MATCHING_FOLDER/);
  });

  it('goes with its folder to an empty database while there are no orders in it, and stays closed on one afterwards', async () => {
    await (await running('venue-0')).stop();
    await emptyTape({ isReset: true });
    const first = await running('venue-0');
    await new Session(first).place(['a']);
    await first.stop();
    await emptyTape({ isReset: true });
    const second = await start('venue-0');
    await until(() => String(second.ready()).startsWith('The venue stays closed.'), 'it says that it stays closed');
    expect(second.ready()).toMatch(
      /There are orders in .*, and the tape in the database is empty: .*MATCHING_FOLDER.*empty folder and an empty database/,
    );
  });

  it('is recovered where it died before its tape had anything', async () => {
    const session = new Session(await running('venue-0'));
    await session.place(['a']);
    await hosts[0]?.stop();
    await emptyTape({ isReset: false });
    const second = await running('venue-0');
    expect((await second.desk().orderByTag('paper-1', 'a')).executions).toEqual(session.executions);
    await until(async () => (await pool.query('SELECT 1 FROM journal')).rowCount === 1, 'the tape follows');
  });

  it('waits for its folder while another process holds it, and says which', async () => {
    const lock = FolderLock.tryTake(folder, 'somebody');
    const host = await start('venue-0');
    await until(() => String(host.ready()).includes('which somebody (process'), 'it waits');
    expect(isOpen(host)).toBe(false);
    lock?.release();
    await until(() => host.ready() === true && isOpen(host), 'it runs');
  });

  it('goes on without its database, and the tape follows when it is back', async () => {
    const host = await running('venue-0');
    const session = new Session(host);
    await session.place(['a']);
    await until(() => published.length === 1, 'the first is on the tape');
    await admin(`ALTER DATABASE "${databaseName()}" WITH ALLOW_CONNECTIONS false`);
    await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseName()}'`);
    // Longer than a holder without a heartbeat may go on.
    for (let round = 0; round < 8; round++) {
      await session.place(tags(`r${round}-`, 50));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(host.ready()).toBe(true);
    expect(session.isOver).toBe(false);
    expect(new Set(published.map(({ seq }) => seq)).size).toBe(1);
    await admin(`ALTER DATABASE "${databaseName()}" WITH ALLOW_CONNECTIONS true`);
    // A relay that was cut off publishes its last rows once more; readers know them by their numbers.
    const rows = (): JournalRow[] => [...new Map(published.map((row) => [row.seq, row])).values()];
    await until(() => rows().length === 401, 'the tape has caught up');
    expect(rows().map(({ payload }) => VenueEvent.decode(payload).executions[0]?.execution?.seq)).toEqual(
      Array.from({ length: 401 }, (_, at) => at + 1),
    );
  });

  it.each(matchingRole.failpoints ?? [])(
    'a venue that fails at %s is recovered in its process: what it took has happened, once',
    async (failpoint) => {
      const host = await running('venue-0');
      const first = new Session(host);
      await first.place(tags('a', 10));
      armFailpoints(`${failpoint}=error@1`, matchingRole.failpoints);
      first.send(['b']);
      await until(() => first.isOver, 'the streams have ended');
      await until(() => host.ready() === true && isOpen(host), 'the venue is open again');
      const again = new Session(host, first.executions.length + 1);
      await again.place(['c']);
      expect(again.executions.map(({ seq, tag }) => [seq, tag])).toEqual([
        [11, 'b'],
        [12, 'c'],
      ]);
      await until(() => new Set(published.map(({ seq }) => seq)).size === 12, 'the tape has all of it');
    },
  );

  it('the tape goes on after the last event that it has, however often it begins again', async () => {
    for (let round = 0; round < 3; round++) {
      const host = await running('venue-0');
      await new Session(host).place(tags(`r${round}-`, 30));
      await host.stop();
    }
    const { rows } = await pool.query<{ payload: Buffer }>('SELECT payload FROM journal ORDER BY seq');
    const seqs = rows.flatMap(({ payload }) => VenueEvent.decode(payload).executions.map(({ execution }) => execution?.seq));
    expect(seqs).toEqual(Array.from({ length: 90 }, (_, at) => at + 1));
  });

  it('publishes what sessions learned, in order, and not the listings and quotes between', async () => {
    const host = await running('venue-0');
    const session = new Session(host);
    await session.place(['a'], {});
    await session.place(['b']);
    await until(() => published.length === 2, 'both events are on the tape');
    const events = published.map(({ payload }) => VenueEvent.decode(payload));
    expect(events.map(({ command }) => command?.$case)).toEqual(['orderCommand', 'orderCommand']);
    expect(events.map(({ executions }) => executions.length)).toEqual([2, 1]);
    expect(published.every(({ stream, key }) => stream === 'venue' && key === 'venue')).toBe(true);
  });

  it('takes ten thousand orders, many to a commit', async () => {
    const host = await running('venue-0');
    const session = new Session(host);
    const beganMs = performance.now();
    for (let round = 0; round < 5; round++) await session.place(tags(`r${round}-`, 2_000));
    expect(session.executions.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
    const perSecond = Math.round(10_000_000 / (performance.now() - beganMs));
    process.stdout.write(`the venue took ${perSecond} orders a second, each durable before it was told\n`);
  });
});
