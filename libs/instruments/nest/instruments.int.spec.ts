import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { INSTRUMENT_SERVICE, type Principal, Reason, StatusCode, type Topic } from '@switchyard/contracts';
import { Instrument, InstrumentStatus, type WatchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { indianEquities, MasterRefusedError } from '@switchyard/instruments-core';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { createCalls } from '@switchyard/platform/calls';
import { eventually, SimClock } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg, { type Pool, type PoolClient } from 'pg';
import { pino } from 'pino';
import { InstrumentLoader } from './instrument-loader.js';
import { instrumentService } from './instruments.service.js';

// Longer than every wait for a condition, so that the wait says what was missing.
jest.setTimeout(60_000);

const log = pino({ level: 'silent' });
const config = { masterCheckMs: 20, publishRetryMs: 20 };
const twoLines = `
I000001 NSE INFY EQ INE009A01021 0.10 1505.00 Infosys
I000002 NSE RELIANCE EQ INE002A01018 0.10 1380.00 Reliance Industries
`;
const oneLine = `
I000001 NSE INFY EQ INE009A01021 0.10 1490.00 Infosys
`;

let database: TestDatabase;
let pool: Pool;
let admin: Pool;
const applicationName = 'switchyard_instruments';
const loaders: InstrumentLoader[] = [];

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'instruments', { max: 4 });
  admin = new pg.Pool({ connectionString: database.url, max: 1 });
}, 120_000);
afterAll(async () => {
  for (const loader of loaders) await loader.stop();
  await pool.end();
  await admin.end();
  await database.drop();
});

/** A loader of a process that has just started. */
function aLoader(table: string, clock = new SimClock(), from = pool) {
  const published: JournalRow[] = [];
  let refuse = false;
  const bus = {
    publish: async (_topic: Topic, rows: readonly JournalRow[]) => {
      if (refuse) throw new Error('the broker is down');
      published.push(...rows);
    },
  };
  const loader = new InstrumentLoader({ table, config, pool: from, bus, clock, log });
  loaders.push(loader);
  const call = callsOf(loader, clock);
  return { loader, call, clock, published, refusePublications: (on: boolean) => void (refuse = on) };
}

function callsOf(loader: InstrumentLoader, clock: SimClock) {
  const servicePrincipal: Principal = { subject: 'test', roles: ['service'], accounts: {}, expiresAtMs: Infinity };
  const calls = createCalls({
    auth: { verify: async () => servicePrincipal, serviceToken: () => '', servicePrincipal },
    clock,
    log,
    freeze: 'deep',
    handlersOf: () => instrumentService(loader) as never,
    serves: [INSTRUMENT_SERVICE],
    peers: new Map(),
    ownAddress: () => 'here:1',
    remote: { calls: () => ({}) },
  });
  return calls.any(INSTRUMENT_SERVICE);
}

const options = { timeoutMs: 20_000 };
const refusal = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: { code: number; reason: number; violations: { field: string }[] }) => ({
      code: error.code,
      reason: error.reason,
      field: error.violations[0]?.field,
    }),
  );

describe('the instrument loader', () => {
  it('stores the whole table, and serves it', async () => {
    const { loader, call } = aLoader(indianEquities);
    expect(loader.ready()).not.toBe(true);
    expect(await refusal(call.getInstrument({ instrument: 'NSE:INFY' }, options))).toMatchObject({
      code: StatusCode.UNAVAILABLE,
      reason: Reason.NOT_READY,
    });
    await loader.start();
    expect(loader.ready()).toBe(true);
    expect((await pool.query('SELECT FROM instruments.instruments')).rowCount).toBe(206);
    const { instrument } = await call.getInstrument({ instrument: 'NSE:INFY' }, options);
    expect(instrument).toEqual({
      instrumentId: 'I000005',
      exchange: 'NSE',
      mic: 'XNSE',
      symbol: 'INFY',
      name: 'Infosys',
      isin: 'INE009A01021',
      series: 'EQ',
      tickSize: '0.1',
      lotSize: '1',
      freezeQty: '',
      currency: 'INR',
      status: InstrumentStatus.ACTIVE,
      previousClose: '1505',
      masterDate: '2026-01-05',
    });
    await pool.query('DELETE FROM instruments.instruments');
  });

  it('finds nothing new when it starts again, and publishes all once for a topic that may be new', async () => {
    const first = aLoader(twoLines);
    await first.loader.start();
    const again = aLoader(twoLines);
    await again.loader.start();
    const { rows } = await pool.query('SELECT instrument_id, version::int FROM instruments.instruments ORDER BY 1');
    expect(rows).toEqual([
      { instrument_id: 'I000001', version: 1 },
      { instrument_id: 'I000002', version: 1 },
    ]);
    await eventually(() => again.published.length === 2, { what: 'the publication' });
    expect(again.published.map((row) => [row.key, row.stream, row.seq, Instrument.decode(row.payload).symbol])).toEqual([
      ['I000001', 'instruments/I000001', 1, 'INFY'],
      ['I000002', 'instruments/I000002', 1, 'RELIANCE'],
    ]);
  });

  it('keeps an instrument that the table no longer has, as EXPIRED, and counts each change', async () => {
    const { loader, call, published } = aLoader(oneLine);
    await loader.start();
    expect((await call.getInstrument({ instrument: 'I000002' }, options)).instrument?.status).toBe(InstrumentStatus.EXPIRED);
    expect(await refusal(call.getInstrument({ instrument: 'NSE:RELIANCE' }, options))).toEqual({
      code: StatusCode.NOT_FOUND,
      reason: Reason.INSTRUMENT_UNKNOWN,
      field: 'instrument',
    });
    await eventually(() => published.length === 2, { what: 'the publication' });
    expect(published.map((row) => row.seq)).toEqual([2, 2]);
  });

  it('waits for a database that goes away while it starts, says so, and loads when it is back', async () => {
    const { loader } = aLoader(twoLines);
    let away = 2;
    const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
    const broken = jest.spyOn(pool, 'connect').mockImplementation((async () => {
      const client = await connect();
      // The server ends the connection in the middle of the transaction, as it does when it stops.
      if (away-- > 0)
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
          [applicationName],
        );
      return client;
    }) as never);
    const started = loader.start();
    await eventually(() => String(loader.ready()).includes('not loaded yet: '), { what: 'the word for what it waits for' });
    await started;
    expect(loader.ready()).toBe(true);
    expect(broken.mock.calls.length).toBeGreaterThan(2);
    broken.mockRestore();
  });

  it('ends a start that waits when it is stopped', async () => {
    const nowhere = nounPool('postgres://nobody@127.0.0.1:1/none', 'instruments', { max: 1 });
    const { loader } = aLoader(twoLines, new SimClock(), nowhere);
    const started = loader.start();
    await eventually(() => String(loader.ready()).includes('ECONNREFUSED'), { what: 'the word for what it waits for' });
    await loader.stop();
    await started;
    expect(loader.ready()).not.toBe(true);
    await nowhere.end();
  });

  it('refuses a table that gives an id to another instrument, and leaves what is stored', async () => {
    const { loader } = aLoader('I000001 NSE TCS EQ INE467B01029 0.10 3020.00 TCS');
    await expect(loader.start()).rejects.toThrow(MasterRefusedError);
    expect((await pool.query(`SELECT symbol FROM instruments.instruments WHERE instrument_id = 'I000001'`)).rows).toEqual([
      { symbol: 'INFY' },
    ]);
  });

  it('loads a new master when a new day begins in India, tells who watches, and publishes it', async () => {
    const { loader, call, clock, published } = aLoader(twoLines, new SimClock(Date.parse('2026-01-05T18:29:00Z')));
    await loader.start();
    await eventually(() => published.length === 2, { what: 'the first publication' });
    const messages: WatchInstrumentsResponse[] = [];
    const stream = call.watchInstruments({}, {});
    stream.onMessage((message) => messages.push(message));
    await eventually(() => messages.length === 1, { what: 'the snapshot' });
    expect(messages[0]).toMatchObject({
      snapshotEnd: true,
      instruments: [{ symbol: 'INFY', masterDate: '2026-01-05' }, { symbol: 'RELIANCE' }],
    });
    clock.advance(60_000);
    await eventually(() => messages.length === 2, { what: 'the new day' });
    expect(messages[1]).toMatchObject({ snapshotEnd: false, instruments: [{ masterDate: '2026-01-06' }, { masterDate: '2026-01-06' }] });
    await eventually(() => published.length === 4, { what: 'the second publication' });
    stream.cancel();
  });

  it('publishes again what could not be published', async () => {
    const { loader, published, refusePublications } = aLoader(twoLines);
    refusePublications(true);
    await loader.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(published).toEqual([]);
    refusePublications(false);
    await eventually(() => published.length === 2, { what: 'the publication' });
  });

  it('loads once when two processes start together', async () => {
    await pool.query('DELETE FROM instruments.instruments');
    const both = [aLoader(twoLines), aLoader(twoLines)];
    await Promise.all(both.map(({ loader }) => loader.start()));
    expect((await pool.query('SELECT DISTINCT version::int FROM instruments.instruments')).rows).toEqual([{ version: 1 }]);
  });
});

describe('the instrument service', () => {
  let running: ReturnType<typeof aLoader>;
  beforeAll(async () => {
    running = aLoader(indianEquities);
    await pool.query('DELETE FROM instruments.instruments');
    await running.loader.start();
  });

  it.each([
    ['an empty name', { instrument: '' }, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_REQUIRED, field: 'instrument' }],
    [
      'an unknown listing',
      { instrument: 'NSE:NONE' },
      { code: StatusCode.NOT_FOUND, reason: Reason.INSTRUMENT_UNKNOWN, field: 'instrument' },
    ],
    [
      'a symbol that two exchanges list',
      { instrument: 'INFY' },
      { code: StatusCode.INVALID_ARGUMENT, reason: Reason.INSTRUMENT_AMBIGUOUS, field: 'instrument' },
    ],
  ])('refuses %s', async (_what, request, expected) =>
    expect(await refusal(running.call.getInstrument(request, options))).toEqual(expected),
  );

  it.each([
    ['an empty query', { query: ' ', limit: 0 }, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_REQUIRED, field: 'query' }],
    ['a negative limit', { query: 'x', limit: -1 }, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.OUT_OF_RANGE, field: 'limit' }],
    ['a limit above 100', { query: 'x', limit: 101 }, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.OUT_OF_RANGE, field: 'limit' }],
  ])('refuses a search with %s', async (_what, request, expected) =>
    expect(await refusal(running.call.searchInstruments(request, options))).toEqual(expected),
  );

  it('searches, 20 unless told', async () => {
    expect(
      (await running.call.searchInstruments({ query: 'infosys', limit: 1 }, options)).instruments.map((found) => found.symbol),
    ).toEqual(['INFY']);
    expect((await running.call.searchInstruments({ query: 'b', limit: 0 }, options)).instruments).toHaveLength(20);
  });

  it('gives the snapshot in pieces, with its end marked once', async () => {
    const messages: WatchInstrumentsResponse[] = [];
    const stream = running.call.watchInstruments({}, {});
    stream.onMessage((message) => messages.push(message));
    await eventually(() => messages.at(-1)?.snapshotEnd, { what: 'the end of the snapshot' });
    expect(messages.map(({ instruments, snapshotEnd }) => [instruments.length, snapshotEnd])).toEqual([
      [100, false],
      [100, false],
      [6, true],
    ]);
    stream.cancel();
  });
});
