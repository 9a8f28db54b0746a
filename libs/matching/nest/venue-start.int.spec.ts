// The first moments of a venue's life: no order comes before the clock, the phase and the quotes of now.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OrdType, Product, Reason, Side, TimeInForce, type Call, type MessageStream } from '@switchyard/contracts';
import { type StreamQuotesResponse } from '@switchyard/contracts/gen/marketdata/v1/service';
import {
  ExecutionKind,
  NewOrder,
  ReplaceOrder,
  type StreamExecutionsResponse,
  type TradeRequest,
  type TradeResponse,
} from '@switchyard/contracts/gen/matching/v1/service';
import { systemClock } from '@switchyard/kernel';
import { linkedStreams } from '@switchyard/matching-core/testing';
import { migratedTemplate, nounPool } from '@switchyard/persistence';
import { type EventBus } from '@switchyard/platform/bus';
import { readConfig } from '@switchyard/platform/config';
import { openTick, type Tick } from '@switchyard/platform/tick';
import { eventually, tcpProxy } from '@switchyard/testkit';
import { testDatabase, testRedis, type TestDatabase } from '@switchyard/testkit/services';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { matchingConfig } from './matching.config.js';
import { matchingService } from './matching.service.js';
import { INFY, neighboursWith, quoteAround } from './testing/venue-neighbours.js';
import { VenueHost } from './venue-host.js';

jest.setTimeout(60_000);

let database: TestDatabase;
let pool: Pool;
let folder: string;
let hosts: VenueHost[];
/** How far the wall clock of the venue is ahead. */
let aheadMs: number;
/** What the stream of quotes begins with; undefined: nothing, not even that this is all. */
let firstQuotes: StreamQuotesResponse | undefined;
let sendQuotes: (message: StreamQuotesResponse) => unknown;
let tick: Tick;

beforeEach(async () => {
  database = await testDatabase(migratedTemplate());
  pool = nounPool(database.url, 'matching', { max: 10 });
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchyard-venue-'));
  hosts = [];
  aheadMs = 0;
  firstQuotes = { quotes: [quoteAround(1500)], snapshotEnd: true };
  tick = { every: () => Promise.resolve(() => Promise.resolve()) };
});

afterEach(async () => {
  for (const host of hosts) await host.stop();
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function streamQuotes(): MessageStream<StreamQuotesResponse, never> {
  const { caller, server } = linkedStreams<never, StreamQuotesResponse>();
  sendQuotes = (message) => server.send(message);
  if (firstQuotes !== undefined) sendQuotes(firstQuotes);
  return caller;
}

async function start(variables: Record<string, string> = {}): Promise<VenueHost> {
  const host = new VenueHost({
    config: readConfig(matchingConfig, { MATCHING_FOLDER: folder, MATCHING_HEARTBEAT_MS: '200', ...variables }),
    pool,
    calls: neighboursWith(streamQuotes),
    clock: { nowMs: () => systemClock.nowMs() + aheadMs, monotonicMs: () => systemClock.monotonicMs() },
    log: pino({ level: 'silent' }),
    bus: { attach: () => undefined, publish: () => Promise.resolve() } as unknown as EventBus,
    tick,
    process: { name: 'venue-0', address: 'venue-0:1', environment: 'sim' },
  });
  hosts.push(host);
  await host.start();
  return host;
}

/** At its first moment: when it gives its desk away. */
async function opened(variables: Record<string, string> = {}): Promise<VenueHost> {
  const host = await start(variables);
  await eventually(() => host.desk() !== undefined, { timeoutMs: 20_000, intervalMs: 1, what: 'the venue is open' });
  return host;
}

/** What an order is answered with, one word an execution. */
async function place(host: VenueHost, tag: string, order: Partial<NewOrder> = {}): Promise<string[]> {
  const base = { brokerAccountId: 'PAPER-1', instrumentId: INFY, side: Side.BUY, orderQty: '10', timeInForce: TimeInForce.DAY };
  const ordType = order.price === undefined ? OrdType.MARKET : OrdType.LIMIT;
  const value = NewOrder.fromPartial({ ...base, product: Product.INTRADAY, ordType, ...order, tag });
  const { executions } = await host.desk().request('paper-1', { traceparent: '', command: { $case: 'newOrder', value } });
  return executions.map(
    ({ kind, lastPx, reason }) => (lastPx !== '' ? lastPx : kind === ExecutionKind.REJECTED ? Reason[reason] : ExecutionKind[kind]) ?? '',
  );
}

async function toldOf(host: VenueHost, tag: string): Promise<(string | undefined)[]> {
  const { executions } = await host.deskWithoutQuotes().orderByTag('paper-1', tag);
  return executions.map(({ kind }) => ExecutionKind[kind]);
}

/** As the service answers a process of the platform. */
function asked(host: VenueHost): { service: ReturnType<typeof matchingService>; call: Call } {
  const principal = { subject: 'test', roles: ['service'], accounts: {}, expiresAtMs: Infinity };
  const { signal } = new AbortController();
  return {
    service: matchingService(host),
    call: { principal, token: '', deadlineMs: Infinity, traceparent: '', forwarded: false, signal },
  };
}

describe('a venue that starts', () => {
  it('without quotes answers for the orders of its log and takes them away, and refuses what would meet the market', async () => {
    const first = await opened();
    expect(await place(first, 'a')).toEqual(['NEW', '1500.05']);
    for (const tag of ['b', 'c', 'd']) expect(await place(first, tag, { price: '1400' })).toEqual(['NEW']);
    await first.stop();
    firstQuotes = undefined;
    const second = await start();
    await eventually(() => second.ready() === 'The venue waits for the quotes.', { timeoutMs: 20_000, what: 'it waits' });
    const { service, call } = asked(second);
    const sessionId = 'paper-1';

    expect(await toldOf(second, 'b')).toEqual(['NEW']);
    expect(await service.getPosition({ brokerAccountId: 'PAPER-1', instrumentId: INFY }, call)).toEqual({ netQty: '10' });
    const canceled = await service.cancelOrder({ sessionId, cancel: { tag: 'x', targetTag: 'b' } }, call);
    expect(canceled.executions.map(({ kind }) => kind)).toEqual([ExecutionKind.CANCELED]);
    expect(await service.massCancel({ brokerAccountId: 'PAPER-1', instrumentId: '', side: Side.UNSPECIFIED }, call)).toEqual({
      canceledCount: 2,
    });
    const { caller, server } = linkedStreams<never, StreamExecutionsResponse>();
    const told: string[] = [];
    caller.onMessage(({ executions }) => void told.push(...executions.map(({ kind, orderTag }) => `${orderTag} ${ExecutionKind[kind]}`)));
    service.streamExecutions({ sessionId, fromSeq: 5 }, server, call);
    await eventually(() => told.length === 4, { what: 'its executions' });
    expect(told).toEqual(['d NEW', 'b CANCELED', 'c CANCELED', 'd CANCELED']);

    const notReady = expect.objectContaining({ reason: Reason.NOT_READY, message: 'The venue waits for the quotes.' });
    await expect(service.placeOrder({ sessionId, order: NewOrder.fromPartial({ tag: 'e' }) }, call)).rejects.toEqual(notReady);
    await expect(service.replaceOrder({ sessionId, replace: ReplaceOrder.fromPartial({ tag: 'f' }) }, call)).rejects.toEqual(notReady);
    await expect(service.getDepth({ instrumentId: INFY, levels: 5 }, call)).rejects.toEqual(notReady);
    const session = linkedStreams<TradeRequest, TradeResponse>();
    const answers: boolean[] = [];
    session.caller.onMessage(({ loggedOn, cancelsOnly }) => void (loggedOn && answers.push(cancelsOnly)));
    service.trade(session.server, call);
    const logon = { $case: 'logon' as const, value: { sessionId, fromSeq: 1 } };
    session.caller.send({ commands: [{ command: logon, traceparent: '' }] });
    await eventually(() => answers.length === 1, { what: 'the logon' });
    expect(second.ready()).toBe('The venue waits for the quotes.');
    sendQuotes({ quotes: [quoteAround(1500)], snapshotEnd: true });
    await eventually(() => answers.length === 2, { what: 'that orders are taken' });
    expect(answers).toEqual([true, false]);
  });

  it('ends an order whose time came while it was down, before anything can meet it', async () => {
    const first = await opened();
    const expireAtMs = Math.floor(Date.now() / 1_000) * 1_000 + 600_000;
    expect(await place(first, 'gtd', { price: '1500', timeInForce: TimeInForce.GTD, expireAtMs })).toEqual(['NEW']);
    await first.stop();
    aheadMs = 600_000;
    const second = await opened();
    expect(await place(second, 'sell', { price: '1500', side: Side.SELL })).toEqual(['NEW']);
    expect(await toldOf(second, 'gtd')).toEqual(['NEW', 'EXPIRED']);
  });

  it('is in the phase of its clock before the first order, with instruments that are new and with those that it had', async () => {
    const closed = { MATCHING_PHASES_UTC: '00:00 CLOSED' };
    for (const [tag, variables, answer] of [
      ['new', closed, ['VENUE_WRONG_PHASE']],
      ['open', { MATCHING_PHASES_UTC: '00:00 CONTINUOUS' }, ['NEW', '1500.05']],
      ['known', closed, ['VENUE_WRONG_PHASE']],
    ] as const) {
      const host = await opened(variables);
      expect(await place(host, tag)).toEqual(answer);
      await host.stop();
    }
  });

  it('takes nothing until there are quotes, and then no order meets those of before', async () => {
    const first = await opened();
    expect(await place(first, 'a')).toEqual(['NEW', '1500.05']);
    expect(await place(first, 'rests', { price: '1400' })).toEqual(['NEW']);
    await first.stop();
    firstQuotes = undefined;
    const second = await start();
    await eventually(() => second.ready() === 'The venue waits for the quotes.', { timeoutMs: 20_000, what: 'it waits' });
    expect(() => second.desk()).toThrow(expect.objectContaining({ reason: Reason.NOT_READY }));
    sendQuotes({ quotes: [quoteAround(99, 1, 'another')], snapshotEnd: true });
    await eventually(() => second.ready() === true, { timeoutMs: 20_000, what: 'it is ready' });
    expect(await place(second, 'b')).toEqual(['NEW', 'CANCELED']);
    expect(await second.desk().depth(INFY, 5)).toMatchObject({ bids: [{ price: '1400', qty: '10' }], asks: [] });
    sendQuotes({ quotes: [quoteAround(1800)], snapshotEnd: true });
    expect(await place(second, 'c')).toEqual(['NEW', '1800.05']);
  });

  it.each(['at the start', 'later'])('works and ends in order while Redis is away %s: only ticks wait', async (since) => {
    const { url, keyPrefix } = await testRedis();
    const proxy = await tcpProxy({ target: { port: Number(new URL(url).port) } });
    const goAway = (): void => {
      proxy.refuseConnections();
      proxy.resetConnections();
    };
    const redis = openTick({ redisUrl: `redis://127.0.0.1:${proxy.port}`, environment: keyPrefix, log: pino({ level: 'silent' }) });
    tick = { every: (name, _intervalMs, handler) => redis.every(name, 20, handler) };
    if (since === 'at the start') goAway();
    const first = await opened();
    goAway();
    expect(await place(first, 'a', { price: '1400' })).toEqual(['NEW']);
    await first.stop();
    const second = await opened();
    expect(await toldOf(second, 'a')).toEqual(['NEW']);
    await second.stop();
    await proxy.close();
  });
});
