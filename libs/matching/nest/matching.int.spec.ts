// The venue over a real journal: what was told is durable, every start ends in the same state, and another process takes over.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  OrdType,
  Product,
  Side,
  TimeInForce,
  type Calls,
  type MessageStream,
  type Topic,
} from '@switchyard/contracts';
import { VenueEvent } from '@switchyard/contracts/gen/matching/v1/events';
import { InstrumentStatus, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import {
  ExecutionKind,
  NewOrder,
  type Execution,
  type TradeRequest,
  type TradeResponse,
} from '@switchyard/contracts/gen/matching/v1/service';
import { systemClock } from '@switchyard/kernel';
import { linkedStreams } from '@switchyard/matching-core/testing';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type EventBus } from '@switchyard/platform/bus';
import { readConfig } from '@switchyard/platform/config';
import { type JournalRow } from '@switchyard/platform/journal';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { matchingConfig } from './matching.config.js';
import { VenueHost } from './venue-host.js';

jest.setTimeout(60_000);

const INFY = 'infy';
let database: TestDatabase;
let pool: Pool;
let hosts: VenueHost[];
let published: JournalRow[];
/** What is due every now and then; only a test that says so runs it. */
let ticks: (() => Promise<void>)[];

beforeEach(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'matching', { max: 10 });
  hosts = [];
  published = [];
  ticks = [];
});

afterEach(async () => {
  for (const host of hosts) await host.stop();
  await pool.end();
  await database.drop();
});

/** The neighbours of the venue: one instrument and its quote, then silence. */
const neighbours: Calls = (() => {
  const snapshot =
    <Message>(message: Message) =>
    (): MessageStream<Message, never> => {
      const { caller, server } = linkedStreams<never, Message>();
      server.send(message);
      return caller;
    };
  const instrument = {
    instrumentId: INFY,
    exchange: 'NSE',
    mic: 'XNSE',
    symbol: 'INFY',
    name: 'Infosys',
    isin: '',
    series: 'EQ',
    tickSize: '0.05',
    lotSize: '1',
    freezeQty: '',
    currency: 'INR',
    status: InstrumentStatus.ACTIVE,
    previousClose: '1500',
    masterDate: '2026-04-01',
  };
  const quote = {
    instrumentId: INFY,
    seq: 1,
    atMs: 1,
    lastPx: '1500',
    bids: [{ price: '1499.95', qty: '1000' }],
    asks: [{ price: '1500.05', qty: '1000' }],
    previousClose: '1500',
    source: 'test',
  };
  const of = (contract: { readonly token: symbol }): unknown => {
    if (contract.token === INSTRUMENT_SERVICE.token)
      return { watchInstruments: snapshot<WatchInstrumentsResponse>({ instruments: [instrument], snapshotEnd: true }) };
    if (contract.token === MARKET_DATA_SERVICE.token)
      return { streamQuotes: snapshot<StreamQuotesResponse>({ quotes: [quote], snapshotEnd: true }) };
    throw new Error('the venue calls nobody else');
  };
  return { any: of as Calls['any'], at: of as Calls['at'], addressesOf: () => [] };
})();

const bus = {
  attach: () => undefined,
  publish: (_topic: Topic, rows: readonly JournalRow[]) => Promise.resolve(void published.push(...rows)),
} as unknown as EventBus;

/** The maker is not refreshed by time, unless a test says so: then nothing changes the venue but its orders. */
async function start(name: string, variables: Record<string, string> = {}): Promise<VenueHost> {
  const config = readConfig(matchingConfig, { MATCHING_HEARTBEAT_MS: '200', MATCHING_MAKER_REFRESH_MS: '60000', ...variables });
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
  await eventually(condition, { timeoutMs: 8_000, what });
}

function isOpen(host: VenueHost): boolean {
  try {
    host.desk();
    return true;
  } catch {
    return false;
  }
}

function stateOf(host: VenueHost): Promise<string> {
  return host.desk().whenDurable((venue) => venue.stateHash());
}

/** A session on its stream. */
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

  /** Sends orders, and waits until each was told. */
  async place(tags: readonly string[], order: Partial<NewOrder> = { price: '1400' }): Promise<void> {
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
    const told = order.price === undefined ? ExecutionKind.TRADE : ExecutionKind.NEW;
    await until(() => {
      const heard = new Set(this.executions.filter(({ kind }) => kind === told).map(({ tag }) => tag));
      return tags.every((tag) => heard.has(tag));
    }, `${tags.length} orders are told`);
  }
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
    const second = await running('venue-0');
    await until(() => session.isOver && !isOpen(first), 'the first is out');
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

  it('keeps snapshots, from which a start replays only the rest and comes to the same state; a snapshot of another history is passed over', async () => {
    const first = await running('venue-0', { MATCHING_SNAPSHOT_EVERY_EVENTS: '100', MATCHING_MAKER_REFRESH_MS: '20' });
    const session = new Session(first);
    for (let round = 0; round < 3; round++) await session.place(tags(`r${round}-`, 100));
    await until(async () => (await pool.query('SELECT FROM snapshots')).rowCount === 2, 'two snapshots are kept');
    await session.place(tags('z', 7));
    const state = await stateOf(first);
    const second = await running('venue-0');
    expect(await stateOf(second)).toBe(state);
    await second.stop();
    await pool.query(`UPDATE snapshots SET hash = '\\x00', content = '\\x00'`);
    const third = await running('venue-0');
    expect(await stateOf(third)).toBe(state);
  });

  it('stays closed when the journal holds what its commands did not cause', async () => {
    const first = await running('venue-0');
    const session = new Session(first);
    await session.place(['a']);
    await first.stop();
    await pool.query('DELETE FROM snapshots');
    const { rows } = await pool.query<{ seq: string; payload: Buffer }>('SELECT seq, payload FROM journal ORDER BY seq DESC LIMIT 1');
    const event = VenueEvent.decode(rows[0]?.payload ?? Buffer.alloc(0));
    const forged = { ...event, executions: [] };
    // As the superuser: the venue's own role may be denied this.
    await pool.query('UPDATE journal SET payload = $2 WHERE seq = $1', [rows[0]?.seq, VenueEvent.encode(forged).finish()]);
    const second = await start('venue-0');
    await until(() => second.ready() === 'The journal matching recovers 1 units.', 'it tries to recover');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isOpen(second)).toBe(false);
    expect(second.ready()).not.toBe(true);
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
    const perSecond = Math.round(10_000 / ((performance.now() - beganMs) / 1000));
    expect(session.executions.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
    process.stdout.write(`the venue took ${perSecond} orders a second, each durable before it was told\n`);
  });
});
