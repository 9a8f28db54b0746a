import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  type MessageStream,
  type Principal,
  Reason,
  type ServiceHandlers,
  StatusCode,
  type Topic,
} from '@switchyard/contracts';
import {
  type Instrument,
  type InstrumentServiceDefinition,
  type WatchInstrumentsResponse,
} from '@switchyard/contracts/gen/instruments/v1/service';
import { Quote, type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { anInstrument } from '@switchyard/marketdata-core/testing';
import { createCalls } from '@switchyard/platform/calls';
import { eventually, SimClock } from '@switchyard/testkit';
import { pino } from 'pino';
import { Market } from './market.js';
import { marketDataService } from './marketdata.service.js';

// Longer than every wait for a condition, so that the wait says what was missing.
jest.setTimeout(60_000);

const log = pino({ level: 'silent' });
const config = { seed: '1', quoteIntervalMs: 20, tickMs: 10, publishIntervalMs: 10 };
const running: Market[] = [];
afterEach(async () => {
  for (const market of running.splice(0)) await market.stop();
});

/** A market beside an instrument master that the test writes. */
function aMarket(instruments: Instrument[]) {
  const clock = new SimClock();
  const watchers = new Set<MessageStream<never, WatchInstrumentsResponse>>();
  let masterUp = true;
  const master: Pick<ServiceHandlers<InstrumentServiceDefinition>, 'watchInstruments'> = {
    watchInstruments: (_request, stream) => {
      if (!masterUp) throw new Error('the master is down');
      watchers.add(stream);
      stream.onClose(() => watchers.delete(stream));
      stream.send({ instruments, snapshotEnd: true });
    },
  };
  const published: JournalRow[] = [];
  let busUp = true;
  const bus = {
    publish: async (_topic: Topic, rows: readonly JournalRow[]) => {
      if (!busUp) throw new Error('the broker is down');
      published.push(...rows);
    },
  };
  const servicePrincipal: Principal = { subject: 'test', roles: ['service'], accounts: {}, expiresAtMs: Infinity };
  const calls = createCalls({
    auth: { verify: async () => servicePrincipal, serviceToken: () => '', servicePrincipal },
    clock,
    log,
    freeze: 'deep',
    handlersOf: (contract) => (contract === INSTRUMENT_SERVICE ? master : marketDataService(market)) as never,
    serves: [INSTRUMENT_SERVICE, MARKET_DATA_SERVICE],
    peers: new Map(),
    ownAddress: () => 'here:1',
    remote: { calls: () => ({}) },
  });
  const market = new Market({ config, calls, bus, clock, log });
  running.push(market);
  return {
    market,
    clock,
    published,
    service: calls.any(MARKET_DATA_SERVICE),
    watchers,
    masterIsUp: (up: boolean) => void (masterUp = up),
    busIsUp: (up: boolean) => void (busUp = up),
    change: (...changed: Instrument[]) => watchers.forEach((stream) => stream.send({ instruments: changed, snapshotEnd: false })),
  };
}

const three = ['I1', 'I2', 'I3'].map((instrumentId) => anInstrument({ instrumentId }));
const options = { timeoutMs: 20_000 };
const started = async (made: ReturnType<typeof aMarket>) => {
  await made.market.start();
  await eventually(() => made.market.ready() === true, { what: 'the instruments' });
  return made;
};

describe('the market', () => {
  it('quotes every instrument as soon as it knows it', async () => {
    const { service } = await started(aMarket(three));
    const { quotes } = await service.getQuotes({ instrumentIds: ['I1', 'I2', 'I3'] }, options);
    expect(quotes.map((quote) => quote.instrumentId)).toEqual(['I1', 'I2', 'I3']);
    expect(quotes.every((quote) => Math.abs(Number(quote.lastPx) - 1505) < 5)).toBe(true);
  });

  it('refuses what is no id of an instrument, and leaves out one that can not be quoted', async () => {
    const { service } = await started(aMarket([...three, anInstrument({ instrumentId: 'I4', previousClose: '' })]));
    await expect(service.getQuotes({ instrumentIds: ['I1', 'NSE:INFY', ''] }, options)).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      reason: Reason.INSTRUMENT_UNKNOWN,
      violations: [{ field: 'instrumentIds[1]' }, { field: 'instrumentIds[2]' }],
    });
    expect((await service.getQuotes({ instrumentIds: ['I4', 'I1'] }, options)).quotes.map((quote) => quote.instrumentId)).toEqual(['I1']);
  });

  it('says that it is not ready before it knows the instruments', async () => {
    const { market, service, masterIsUp } = aMarket(three);
    masterIsUp(false);
    await market.start();
    expect(market.ready()).toBe('the instruments are not known yet');
    await expect(service.getQuotes({ instrumentIds: ['I1'] }, options)).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      reason: Reason.NOT_READY,
    });
    masterIsUp(true);
    await eventually(() => market.ready() === true, { what: 'the instruments' });
    expect((await service.getQuotes({ instrumentIds: ['I1'] }, options)).quotes).toHaveLength(1);
  });

  it('opens the stream of instruments again, and goes on quoting meanwhile', async () => {
    const { market, watchers } = await started(aMarket(three));
    for (const stream of watchers) stream.cancel();
    const before = market.quoteOf('I1')!.seq;
    await eventually(() => market.quoteOf('I1')!.seq > before && watchers.size === 1, { what: 'quotes and a new stream' });
  });

  it('quotes an instrument that is new, and drops one that can not be quoted', async () => {
    const { market, change } = await started(aMarket(three));
    change(anInstrument({ instrumentId: 'I4', previousClose: '200' }), anInstrument({ instrumentId: 'I1', previousClose: '' }));
    await eventually(() => market.quoteOf('I4'), { what: 'the new one' });
    expect(market.quoteOf('I1')).toBeUndefined();
  });

  it('publishes the newest quote of each instrument, also after the bus was down', async () => {
    const { published, busIsUp } = aMarketWithBusDown();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(published).toEqual([]);
    busIsUp(true);
    await eventually(() => new Set(published.map((row) => row.key)).size === 3, { what: 'a quote of each' });
    const first = published.find((row) => row.key === 'I1')!;
    const quote = Quote.decode(first.payload);
    expect(first).toMatchObject({ stream: 'quotes/I1', seq: quote.seq, atMs: quote.atMs });
    await eventually(() => published.filter((row) => row.key === 'I1').length > 3, { what: 'more quotes' });
    const seqs = published.filter((row) => row.key === 'I1').map((row) => row.seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  function aMarketWithBusDown() {
    const made = aMarket(three);
    made.busIsUp(false);
    void made.market.start();
    return made;
  }

  it('gives sequences that rise over a restart', async () => {
    const { market, clock } = await started(aMarket(three));
    expect(market.quoteOf('I1')!.seq).toBeGreaterThanOrEqual(clock.nowMs());
  });
});

describe('a stream of quotes', () => {
  it('begins with a snapshot of those wanted, then gives what changes', async () => {
    const { service } = await started(aMarket(three));
    const messages: StreamQuotesResponse[] = [];
    const stream = service.streamQuotes({ instrumentIds: ['I1', 'I3'] }, {});
    stream.onMessage((message) => messages.push(message));
    await eventually(() => messages.length > 3, { what: 'a few messages' });
    expect(messages[0]).toMatchObject({ snapshotEnd: true, quotes: [{ instrumentId: 'I1' }, { instrumentId: 'I3' }] });
    expect(messages.slice(1).some((message) => message.snapshotEnd)).toBe(false);
    expect(messages.flatMap((message) => message.quotes).some((quote) => quote.instrumentId === 'I2')).toBe(false);
    stream.cancel();
  });

  it('gives all where none is named', async () => {
    const { service } = await started(aMarket(three));
    const messages: StreamQuotesResponse[] = [];
    const stream = service.streamQuotes({ instrumentIds: [] }, {});
    stream.onMessage((message) => messages.push(message));
    await eventually(() => messages.length > 0, { what: 'the snapshot' });
    expect(messages[0]!.quotes.map((quote) => quote.instrumentId)).toEqual(['I1', 'I2', 'I3']);
    stream.cancel();
  });

  it.each([
    ['no instrument', { instrumentIds: [] }, Reason.FIELD_REQUIRED],
    ['too many instruments', { instrumentIds: Array.from({ length: 1_001 }, (_, at) => `I${at}`) }, Reason.OUT_OF_RANGE],
  ])('is not what GetQuotes with %s gets', async (_what, request, reason) => {
    const { service } = await started(aMarket(three));
    await expect(service.getQuotes(request, options)).rejects.toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      reason,
      violations: [{ field: 'instrumentIds' }],
    });
  });
});
