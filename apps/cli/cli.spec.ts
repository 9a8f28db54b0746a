/** The command line against a gateway that answers as the platform does, over real gRPC. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ACCOUNT_SERVICE,
  BROKER_SERVICE,
  CallError,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  MATCHING_SERVICE,
  ORDER_READERS,
  ORDER_SERVICE,
  OrdStatus,
  POSITION_SERVICE,
  Reason,
  RISK_SERVICE,
  StatusCode,
} from '@switchyard/contracts';
import { GetInstrumentResponse, SearchInstrumentsResponse } from '@switchyard/contracts/gen/instruments/v1/service';
import {
  ExplainOrderResponse,
  ListOrdersResponse,
  PlaceOrderResponse,
  type PlaceOrderRequest,
} from '@switchyard/contracts/gen/orders/v1/service';
import { GetDepthResponse } from '@switchyard/contracts/gen/matching/v1/depth';
import { SetPhaseResponse, TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { ListPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { systemClock } from '@switchyard/kernel';
import { ensureDevKeys, openAuth } from '@switchyard/platform/auth';
import { GrpcTransport } from '@switchyard/platform/grpc';
import { openLog } from '@switchyard/platform/log';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from './program.js';

const dataFolder = mkdtempSync(path.join(tmpdir(), 'switchyard-cli-'));
const contracts = [
  MATCHING_SERVICE,
  ORDER_READERS,
  ORDER_SERVICE,
  ACCOUNT_SERVICE,
  POSITION_SERVICE,
  INSTRUMENT_SERVICE,
  MARKET_DATA_SERVICE,
  RISK_SERVICE,
  BROKER_SERVICE,
];
const infosys = { instrumentId: 'I5', exchange: 'NSE', symbol: 'INFY', name: 'Infosys', tickSize: '0.1', lotSize: '1' };
const orderId = '4f01m7z41q6bjndnjcryn6fe';
let placed: PlaceOrderRequest | undefined;
let askedOfVenue: object[];
/** What becomes of an order after the answer to its call. */
let later: object;
let answer: () => object;
let transport: GrpcTransport;

const stateOf = (fields: object) => ({
  orderId,
  accountId: 'DEMO',
  clOrdId: 'c1',
  content: { instrument: 'I5', side: 1, ordType: 2, timeInForce: 1, orderQty: '10', price: '1500' },
  cumQty: '0',
  leavesQty: '10',
  ...fields,
});
const handlers: Record<string, Record<string, unknown>> = {
  OrderService: {
    placeOrder: async (request: PlaceOrderRequest) => ((placed = request), PlaceOrderResponse.fromPartial(answer())),
    getOrder: async ({ clOrdId }: { clOrdId: string }) => {
      if (clOrdId === 'nope') throw new CallError('no such order', { code: StatusCode.NOT_FOUND, reason: Reason.ORDER_UNKNOWN });
      return PlaceOrderResponse.fromPartial({ order: stateOf(later) });
    },
    listOrders: async () => ListOrdersResponse.fromPartial(answer()),
    explainOrder: async (asked: object) => (expect(asked).toMatchObject({ orderId }), ExplainOrderResponse.fromPartial(answer())),
  },
  MatchingService: {
    getDepth: async (request: object) => (askedOfVenue.push(request), GetDepthResponse.fromPartial(answer())),
    setPhase: async (request: object) => (askedOfVenue.push(request), SetPhaseResponse.fromPartial(answer())),
    massCancel: async (request: object) => (askedOfVenue.push(request), { canceledCount: 3 }),
  },
  ReaderService: { listParked: async () => answer(), replayParked: async (request: object) => (askedOfVenue.push(request), answer()) },
  PositionService: { listPositions: async () => ListPositionsResponse.fromPartial(answer()) },
  InstrumentService: {
    getInstrument: async () => GetInstrumentResponse.fromPartial({ instrument: infosys }),
    searchInstruments: async () => SearchInstrumentsResponse.fromPartial({ instruments: [infosys] }),
  },
};

/** Runs `switchyard …` and gives what it printed and how it ended. */
async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  let [out, err] = ['', ''];
  const terminal = {
    env: {},
    write: (text: string) => void (out += text),
    writeError: (text: string) => void (err += text),
    signal: new AbortController().signal,
    exitCode: 0,
  };
  const code = await runProgram(['--address', `127.0.0.1:${transport.port}`, '--data-folder', dataFolder, ...args], terminal);
  return { out, err, code };
}

beforeAll(async () => {
  const keys = await ensureDevKeys(path.join(dataFolder, 'keys'));
  const auth = openAuth({
    environment: 'sim',
    processName: 'fake',
    clock: systemClock,
    jwks: { file: keys.jwksFile },
    serviceKeyFile: keys.keyFile,
  });
  const log = openLog({ process: 'fake', level: 'silent', format: 'json' });
  transport = new GrpcTransport(contracts, {
    listen: '127.0.0.1:0',
    auth,
    clock: systemClock,
    log,
    handlersOf: (contract) => handlers[contract.definition.name] as never,
  });
  await transport.bind();
});
beforeEach(() => {
  placed = undefined;
  askedOfVenue = [];
  later = { ordStatus: OrdStatus.FILLED, cumQty: '10', leavesQty: '0', avgPx: '1499.5' };
  answer = () => ({});
});
afterAll(async () => {
  await transport.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

it('switchyard parked lists what is parked at both readers, and replays it', async () => {
  answer = () => ({ parked: [{ reader: 'orders', stream: 's/7f', key: 'A', fromSeq: 4, error: 'so', parkedAtMs: 0 }] });
  expect((await run('parked')).out).toMatch(/(orders +s\/7f +A +4 +1970-01-01T00:00:00.000Z +so\s+){2}/);
  answer = () => ({ applied: 2, ended: true, error: '' });
  expect((await run('parked', 'replay', 'orders', 's/7f', 'A')).out).toBe('applied: 2\nnothing is parked any more\n');
  expect(askedOfVenue).toEqual([{ reader: 'orders', stream: 's/7f', key: 'A' }]);
});

describe('switchyard order', () => {
  it.each([
    [
      'a market order',
      ['order', 'buy', '10', 'NSE:INFY'],
      { side: 1, ordType: 1, timeInForce: 1, product: 1, orderQty: '10', instrument: 'NSE:INFY', price: undefined },
    ],
    ['a limit order', ['order', 'sell', '5', 'NSE:INFY', '--limit', '1500.5'], { side: 2, ordType: 2, price: '1500.5', orderQty: '5' }],
    ['a stop order', ['order', 'buy', '5', 'I5', '--stop', '1600'], { ordType: 3, stopPx: '1600', price: undefined }],
    ['a stop limit order', ['order', 'buy', '5', 'I5', '--stop', '1600', '--limit', '1605'], { ordType: 4, stopPx: '1600', price: '1605' }],
    ['a market-to-limit order', ['order', 'buy', '5', 'I5', '--type', 'market-to-limit'], { ordType: 5, price: undefined }],
    [
      'an order until a second',
      ['order', 'buy', '5', 'I5', '--limit', '1500', '--tif', 'gtd', '--expire', '2026-11-27T15:30:00+05:30'],
      { ordType: 2, timeInForce: 5, expireAtMs: Date.UTC(2026, 10, 27, 10) },
    ],
    ['an order for the opening', ['order', 'buy', '5', 'I5', '--limit', '1500', '--tif', 'at-open'], { timeInForce: 6 }],
    ['an iceberg', ['order', 'buy', '50', 'I5', '--limit', '1500', '--display', '5'], { displayQty: '5', postOnly: false }],
    ['a post-only order', ['order', 'buy', '5', 'I5', '--limit', '1500', '--post-only'], { postOnly: true }],
    ['a protected order', ['order', 'buy', '5', 'I5', '--protection', '2'], { ordType: 1, marketProtection: '2' }],
    [
      'an order that prevents self-trades',
      ['order', 'buy', '5', 'I5', '--limit', '1500', '--stp', 'cancel-newest'],
      { selfTradePrevention: 1 },
    ],
    ['time in force and product', ['order', 'buy', '5', 'I5', '--tif', 'ioc', '--product', 'delivery'], { timeInForce: 3, product: 2 }],
  ])('places %s', async (_, args, content) => {
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW }) });
    expect(await run(...args)).toMatchObject({ code: 0, err: '' });
    expect(placed?.content).toMatchObject(content);
    expect(placed?.accountId).toBe('DEMO');
  });

  it('shows the order, with the name of the instrument', async () => {
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW }) });
    const { out } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500');
    expect(out.split('\n')).toEqual(
      expect.arrayContaining([`order    ${orderId}`, 'what     BUY 10 NSE:INFY LIMIT 1500 DAY', 'status   NEW', 'open     10']),
    );
  });

  it('shows all that is said of it', async () => {
    const content = { ...stateOf({}).content, timeInForce: 5, expireAtMs: Date.UTC(2026, 10, 27, 10), displayQty: '2', postOnly: true };
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW, content: { ...content, selfTradePrevention: 4 } }) });
    const { out } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500');
    expect(out).toContain('what     BUY 10 NSE:INFY LIMIT 1500 GTD until 2026-11-27T10:00:00Z showing 2 post-only self-trade DECREMENT\n');
    const stop = { instrument: 'I5', side: 1, ordType: 3, timeInForce: 1, orderQty: '10', stopPx: '1600', marketProtection: '2' };
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW, content: stop }) });
    expect((await run('order', 'buy', '10', 'NSE:INFY', '--stop', '1600')).out).toContain('STOP stop 1600 DAY protected by 2 %\n');
  });

  it('waits for the fill of a market order', async () => {
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW, content: { ordType: 1 } }) });
    expect((await run('order', 'buy', '10', 'NSE:INFY', '--wait')).out).toContain('filled   10 at 1499.5');
  });

  it('says field, rule, reason and what to do next when it is denied, and ends with 3', async () => {
    answer = () => ({
      order: stateOf({
        ordStatus: OrdStatus.DENIED,
        reason: Reason.PRICE_OFF_TICK,
        text: 'price 1500.03 is not a multiple of the tick 0.1',
      }),
      field: 'content.price',
    });
    const { err, code } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500.03');
    expect(code).toBe(3);
    expect(err).toBe(
      'refused: content.price: price 1500.03 is not a multiple of the tick 0.1 (PRICE_OFF_TICK)\nnext: "switchyard instruments <symbol>" shows the tick\n',
    );
  });

  it('says so and ends with 3 when the broker rejects what was waited for', async () => {
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.PENDING_NEW }) });
    later = { ordStatus: OrdStatus.REJECTED, reason: Reason.VENUE_POST_ONLY, text: 'it would trade at once' };
    const { err, code } = await run('order', 'buy', '10', 'NSE:INFY', '--limit', '1500', '--post-only', '--wait');
    expect(code).toBe(3);
    expect(err).toMatch(/^refused: it would trade at once \(VENUE_POST_ONLY\)\nnext: choose a price/);
  });

  it('prints the answer as JSON for programs', async () => {
    answer = () => ({ order: stateOf({ ordStatus: OrdStatus.NEW }) });
    expect(JSON.parse((await run('--json', 'order', 'buy', '10', 'NSE:INFY')).out)).toMatchObject({ order: { orderId, cumQty: '0' } });
  });

  it.each<[string, StatusCode, Reason, number]>([
    ['a wrong field', StatusCode.INVALID_ARGUMENT, Reason.FIELD_MALFORMED, 3],
    ['an unknown account', StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN, 4],
    ['no room', StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT, 3],
    ['a token that does not grant it', StatusCode.PERMISSION_DENIED, Reason.PERMISSION_DENIED, 6],
    ['a defect', StatusCode.INTERNAL, Reason.INTERNAL, 1],
  ])('ends for %s with its own exit code', async (_, code, reason, exitCode) => {
    answer = () => {
      throw new CallError('a sentence', { code, reason });
    };
    const ended = await run('order', 'buy', '10', 'NSE:INFY');
    expect(ended).toMatchObject({ code: exitCode, out: '' });
    expect(ended.err).toContain(`a sentence (${Reason[reason]})`);
  });

  it.each(['must be greater than zero', 'content.orderQty must be greater than zero', 'content.orderQty: must be greater than zero'])(
    'names every wrong field once: %s',
    async (description) => {
      const violations = [{ field: 'content.orderQty', description, reason: Reason.NOT_POSITIVE }];
      answer = () => {
        throw new CallError('wrong', { code: StatusCode.INVALID_ARGUMENT, reason: Reason.NOT_POSITIVE, violations });
      };
      expect((await run('order', 'buy', '0', 'NSE:INFY')).err).toMatch(
        /^content\.orderQty:? must be greater than zero \(NOT_POSITIVE\)\n$/,
      );
    },
  );
});

describe('switchyard', () => {
  it.each([
    ['without a needed argument', ['order', 'buy'], "missing required argument 'quantity'"],
    ['with a word that is no choice', ['order', 'hold', '1', 'NSE:INFY'], 'choose one of buy, sell'],
    ['with an unknown command', ['nonsense'], "unknown command 'nonsense'"],
    ['with a type that is no choice', ['order', 'buy', '1', 'I5', '--type', 'best'], 'stop-limit, market-to-limit'],
    ['with a time without its offset', ['order', 'buy', '1', 'I5', '--expire', '2026-11-27T15:30:00'], 'with its offset'],
    ['with a timeout beyond the limit', ['--timeout', '60000', 'orders'], 'a whole number from 1 to 30000'],
    ['with a count that is none', ['orders', '--limit', 'abc'], 'a whole number from 1 to 200'],
    ['with a count that is not whole', ['instruments', 'x', '--limit', '1.5'], 'a whole number from 1 to'],
    ['with a cursor that is none', ['follow', '--from', 'abc'], 'a whole number from -1 to'],
    ['with hours that are none', ['token', '--hours', 'abc'], 'a whole number from 1 to 8760'],
    ['with more hours than a year', ['token', '--hours', '1000000000'], 'a whole number from 1 to 8760'],
    ['with hours that are over', ['token', '--hours', '-1'], 'a whole number from 1 to 8760'],
    ['with a role that there is not', ['token', '--role', 'foo'], 'Allowed choices are admin, ops, risk-officer, service'],
    ['without saying what to cancel', ['cancel'], 'name an order, or give --all'],
    ['without saying what to replace', ['replace', orderId], 'nothing is to be changed'],
  ])('%s ends with 2 and says what is wrong', async (_, args, sentence) => {
    const { err, code } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });

  const commands =
    'order cancel replace orders positions instruments quotes explain follow token halt release status accounts preview parked';
  it.each(['', ...commands.split(' ')])('has help for "%s"', async (command) => {
    const { out, code } = await run(...(command === '' ? [] : [command]), '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: switchyard/);
  });

  it('says how to start the platform where none runs', async () => {
    let err = '';
    const terminal = {
      env: {},
      write: () => undefined,
      writeError: (text: string) => void (err += text),
      signal: new AbortController().signal,
      exitCode: 0,
    };
    expect(await runProgram(['--data-folder', dataFolder, 'orders'], terminal)).toBe(5);
    expect(err).toContain('"npm start" starts it');
  });

  it.each(['cancel nope', 'replace nope --limit 1500', 'explain nope'])(
    'names what was given where there is no order: %s',
    async (command) => {
      const { err, code } = await run(...command.split(' '));
      expect(err.split('\n')[0]).toBe('order: account DEMO has no order with the order id or clOrdId "nope" (ORDER_UNKNOWN)');
      expect(code).toBe(4);
    },
  );

  it('lists orders in columns, figures to the right', async () => {
    answer = () => ({ orders: [stateOf({ ordStatus: OrdStatus.FILLED, cumQty: '10', avgPx: '1499.5', createdAtMs: 1 })] });
    const [heading, row] = (await run('orders')).out.split('\n');
    expect(heading).toMatch(/^time +order +side +instrument +type +status +quantity +price +filled +average +reason$/);
    expect(row).toMatch(/^00:00:00\.001 +\w{24} +BUY +NSE:INFY +LIMIT +FILLED +10 +1500 +10 +1499\.5$/);
  });

  it('gives an empty list to programs', async () => {
    expect(JSON.parse((await run('orders', '--json')).out)).toEqual({ orders: [] });
  });

  it('shows an unknown profit as unknown, never as zero', async () => {
    const position = { instrumentId: 'I5', product: 'INTRADAY', brokerAccountId: 'PAPER-1', netQty: '10', avgPx: '1500' };
    answer = () => ({ positions: [{ ...position, realisedPnl: '0', fees: '6.03', netRealisedPnl: '-6.03' }], stale: true });
    const { out } = await run('positions');
    expect(out).toMatch(/quantity +average +market +realised +fees +net +unrealised/);
    expect(out).toMatch(/NSE:INFY +INTRADAY +PAPER-1 +10 +1500 +unknown +0 +6\.03 +-6\.03 +unknown/);
    expect(out).toContain('may be behind');
  });

  it("tells an order's life on one timeline", async () => {
    const entry = (atMs: number, sinceFormerMs: number, title: string, reason = '') => ({
      atMs,
      sinceFormerMs,
      process: 'order-gateway-0',
      source: `orders/4f#${atMs}`,
      title,
      reason,
      facts: { leavesQty: '10' },
    });
    answer = () => ({
      order: stateOf({ ordStatus: OrdStatus.REJECTED }),
      entries: [entry(100, 0, 'order accepted'), entry(112, 12, 'order rejected', 'BROKER_REJECTED: no')],
    });
    const { out } = await run('explain', 'C-1');
    expect(out).toMatch(/^BUY 10 NSE:INFY LIMIT 1500 DAY: REJECTED$/m);
    expect(out).toMatch(/^ *12 ms +\+12 +order-gateway-0 +order rejected +orders\/4f#112$/m);
    expect(out).toMatch(/^ +BROKER_REJECTED: no {2}leavesQty=10$/m);
  });

  it('signs a token that grants what was asked for', async () => {
    const { out } = await run('token', '--subject', 'me', '--account', 'DEMO', 'DEMO2=viewer', '--role', 'ops');
    const claims = JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ sub: 'me', aud: 'switchyard-sim', roles: ['ops'], accounts: { DEMO: ['trader'], DEMO2: ['viewer'] } });
  });

  it('signs a token of a service, for what only processes of the platform ask', async () => {
    const { out } = await run('token', '--role', 'service');
    expect(JSON.parse(Buffer.from(out.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ roles: ['service'] });
  });
});

describe('switchyard venue', () => {
  const venue = (...args: string[]): ReturnType<typeof run> => run('venue', '--venue', `127.0.0.1:${transport.port}`, ...args);

  it('shows a book, bids to the left', async () => {
    answer = () => ({ bids: [{ price: '99', qty: '10', orders: 2 }], asks: [{ price: '101', qty: '5', orders: 1 }] });
    expect((await venue('depth', 'NSE:INFY', '--levels', '3')).out.split('\n')).toEqual([
      'orders  bid qty  bid  ask  ask qty  orders',
      '     2       10   99  101        5       1',
      '',
    ]);
    expect(askedOfVenue).toEqual([{ instrumentId: 'I5', levels: 3 }]);
    answer = () => ({});
    expect((await venue('depth', 'NSE:INFY')).out).toBe('The book is empty.\n');
    expect(JSON.parse((await venue('depth', 'NSE:INFY', '--json')).out)).toEqual({});
  });

  it('sets a phase, and says what an auction came to', async () => {
    answer = () => ({ equilibriumPrice: '100.5', tradesCount: 4 });
    expect((await venue('phase', 'NSE:INFY', 'opening-auction')).out).toBe('NSE:INFY is in OPENING_AUCTION  4 trades at 100.5\n');
    expect(askedOfVenue).toEqual([{ instrumentId: 'I5', phase: TradingPhase.OPENING_AUCTION }]);
    answer = () => ({ equilibriumPrice: '100.5', tradesCount: 1 });
    expect((await venue('phase', 'NSE:INFY', 'opening-auction')).out).toBe('NSE:INFY is in OPENING_AUCTION  1 trade at 100.5\n');
    expect(await venue('phase', 'NSE:INFY', 'lunch')).toMatchObject({ code: 2, err: expect.stringContaining('pre-open, opening-auction') });
  });

  it('cancels what is named, and everything only where that is said', async () => {
    expect((await venue('mass-cancel', '--instrument', 'NSE:INFY', '--side', 'sell')).out).toBe('canceled: 3\n');
    await venue('mass-cancel', '--broker-account', 'PAPER-1');
    await venue('mass-cancel', '--all');
    expect(askedOfVenue).toEqual([
      { brokerAccountId: '', instrumentId: 'I5', side: 2 },
      { brokerAccountId: 'PAPER-1', instrumentId: '', side: 0 },
      { brokerAccountId: '', instrumentId: '', side: 0 },
    ]);
    expect(await venue('mass-cancel')).toMatchObject({ code: 2, err: expect.stringContaining('--all') });
  });
});
