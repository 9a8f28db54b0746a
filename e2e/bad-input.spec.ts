/** What is wrong with a request is said with code, reason, field and sentence, the same over gRPC and REST; and nothing of it is stored but a denial. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ACCOUNT_SERVICE, ORDER_SERVICE, type OrderContent, OrdStatus, Reason, Side, StatusCode } from '@switchyard/contracts';
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { PlaceOrderRequest, PlaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { formatDecimal } from '@switchyard/kernel';
import { migratedTemplate } from '@switchyard/persistence';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { askedRows, unreasonedRows } from './asked.rows.js';
import { numberRows } from './numbers.rows.js';
import { Platform } from './platform.js';
import { RawGrpc } from './raw-grpc.js';
import { inJson, type Json, lostRows, refusedRows, type Told, withContent } from './refused.rows.js';
import { type RunningProcess } from './running-process.js';
import { storedEverywhere } from './stored.js';
import { signedToken, tokenRows } from './token.rows.js';
import { Desk, limit, type Market, marketOf, priceAwayFromBid } from './world.js';

jest.setTimeout(120_000);

let database: TestDatabase;
let pool: pg.Pool;
let platform: Platform;
let gateway: RunningProcess;
let grpc: RawGrpc;
let desk: Desk;
let now: Market;
let token: string;
let idsMade = 0;

beforeAll(async () => {
  database = await testDatabase(migratedTemplate());
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
  platform = await Platform.standalone({ env: { SWITCHYARD_POSTGRES_URL: database.url } });
  [gateway] = platform.running('order-gateway') as [RunningProcess];
  grpc = new RawGrpc(gateway.address);
  const world = { client: platform.client() };
  desk = await Desk.open(world, 'BAD');
  await Desk.open(world, 'FOREIGN');
  await eventually(async () => (await world.client.sessions.list({})).sessions.every(({ state }) => state === SessionState.READY), {
    what: 'sessions that are ready',
    timeoutMs: 30_000,
  });
  now = await marketOf(world.client, 'NSE:INFY');
  token = platform.token({ subject: 'app', accounts: { BAD: ['trader'] } });
});
afterAll(async () => {
  grpc?.close();
  await platform?.stop();
  await pool?.end();
  await database?.drop();
});

/** A good order with a clOrdId of its own; what a row changes makes it bad. */
function goodOrder(content: Partial<OrderContent> = {}): PlaceOrderRequest {
  const clOrdId = `bad-${++idsMade}`;
  return PlaceOrderRequest.fromPartial({
    accountId: 'BAD',
    clOrdId,
    content: { ...limit('NSE:INFY', Side.BUY, '10', priceAwayFromBid(now, -2)), ...content },
  });
}

/** Answers of both transports in one form. */
interface Answer {
  readonly told?: Told;
  readonly placed?: PlaceOrderResponse;
}

async function overGrpc(request: Uint8Array, given: { token?: string; deadlineMs?: number }): Promise<Answer> {
  const answer = await grpc.unary(ORDER_SERVICE, 'PlaceOrder', request, given);
  if ('bytes' in answer) return { placed: PlaceOrderResponse.decode(answer.bytes) };
  const { code, reason, sentence, violations } = answer;
  return { told: { code, reason, field: violations[0]?.field ?? '', sentence } };
}

async function overRest(body: unknown, given: { token?: string; accountId?: string }): Promise<Answer & { status: number }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://${gateway.httpAddress}/v1/accounts/${given.accountId ?? 'BAD'}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(given.token !== undefined && { authorization: `Bearer ${given.token}` }) },
    body: text,
  });
  const answer = (await response.json()) as Json;
  if (response.ok) return { status: response.status, placed: PlaceOrderResponse.fromJSON(answer) };
  expect(response.headers.get('content-type')).toMatch('application/problem+json');
  const problem = answer as { code: string; reason: string; detail: string; status: number; violations: { field: string }[] };
  expect(problem.status).toBe(response.status);
  return {
    status: response.status,
    told: { code: problem.code, reason: problem.reason, field: problem.violations[0]?.field ?? '', sentence: problem.detail },
  };
}

/** The body of REST: the request without what stands in the path. */
function bodyOf(request: PlaceOrderRequest): Json {
  const { accountId: _inPath, ...body } = PlaceOrderRequest.toJSON(request) as Json;
  return body;
}

/** What the account has, and what is written anywhere, to be compared with what is after. */
async function stored() {
  return { events: await desk.events(), orders: await desk.orders(), everywhere: await storedEverywhere(pool) };
}

const statusOf: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 413,
};

describe('a request that is refused', () => {
  it.each(refusedRows)('$name', async ({ spoil, bytes, json, restSentence, code, reason, field, sentence }) => {
    const before = await stored();
    const told = { code, reason, field, sentence };
    const spoilt = bytes?.(goodOrder()) ?? PlaceOrderRequest.encode(spoil(goodOrder())).finish();
    expect(await overGrpc(spoilt, { token, deadlineMs: 5_000 })).toEqual({ told });
    const body = bodyOf(spoil(goodOrder()));
    expect(await overRest(json?.(body) ?? body, { token })).toEqual({
      status: statusOf[code],
      told: { ...told, sentence: restSentence ?? sentence },
    });
    expect(await stored()).toEqual(before);
  });
});

interface DeniedRow {
  readonly name: string;
  readonly content: () => Partial<OrderContent>;
  readonly reason: Reason;
  readonly field: string;
  readonly sentence: () => string;
}

const offTick = () => formatDecimal(now.bid + now.tick / 2n);

/** Only what has been read and understood is judged, and a judgement is stored. */
const deniedRows: readonly DeniedRow[] = [
  {
    name: 'a price off the tick',
    content: () => ({ price: offTick() }),
    reason: Reason.PRICE_OFF_TICK,
    field: 'content.price',
    sentence: () => `price ${offTick()} is not a multiple of the tick ${formatDecimal(now.tick)}`,
  },
  {
    name: 'a quantity off the lot',
    content: () => ({ orderQty: '10.5' }),
    reason: Reason.QUANTITY_OFF_LOT,
    field: 'content.orderQty',
    sentence: () => 'order quantity 10.5 is not a multiple of the lot 1',
  },
  {
    name: 'a quantity that is too large',
    content: () => ({ orderQty: '100001' }),
    reason: Reason.QUANTITY_EXCEEDS_MAXIMUM,
    field: 'content.orderQty',
    sentence: () => "order quantity 100001 is above the account's limit of 100000 for one order",
  },
  {
    name: 'a value that is too large',
    content: () => ({ orderQty: '50000', price: '1500' }),
    reason: Reason.VALUE_EXCEEDS_MAXIMUM,
    field: 'content.orderQty',
    sentence: () => "order value 75000000 is above the account's limit of 10000000 for one order",
  },
];

describe('an order that is denied', () => {
  it.each(deniedRows)('$name', async ({ content, reason, field, sentence }) => {
    const before = await stored();
    const [first, second] = [goodOrder(content()), goodOrder(content())];
    const answers = [
      await overGrpc(PlaceOrderRequest.encode(first).finish(), { token, deadlineMs: 5_000 }),
      await overRest(bodyOf(second), { token }),
    ];
    for (const { placed } of answers) {
      expect(placed).toMatchObject({
        field,
        replayed: false,
        order: { ordStatus: OrdStatus.DENIED, reason, text: sentence(), cumQty: '0', brokerOrderId: '' },
      });
    }
    const after = await stored();
    const added = after.events.slice(before.events.length);
    expect(added.map(({ event }) => event?.$case)).toEqual(['orderDenied', 'orderDenied']);
    expect(added.map(({ event }) => event?.value)).toMatchObject([
      { clOrdId: first.clOrdId, reason, field, text: sentence() },
      { clOrdId: second.clOrdId, reason, field, text: sentence() },
    ]);
    expect(after.orders.slice(0, 2).map(({ clOrdId, ordStatus }) => [clOrdId, ordStatus])).toEqual([
      [second.clOrdId, OrdStatus.DENIED],
      [first.clOrdId, OrdStatus.DENIED],
    ]);
    expect(after.orders.slice(2)).toEqual(before.orders);
  });
});

describe('who calls', () => {
  it('is accepted with a good token', async () => {
    const { status, placed } = await overRest(bodyOf(goodOrder()), { token: signedToken(platform.keysFolder) });
    expect(status).toBe(200);
    await desk.until(placed?.order?.orderId ?? '', OrdStatus.NEW);
  });

  it.each(tokenRows)('$name is refused', async ({ reason, sentence, make }) => {
    const before = await stored();
    const told = { code: 'UNAUTHENTICATED', reason, field: '', sentence };
    const wrong = make(platform.keysFolder);
    expect(await overGrpc(PlaceOrderRequest.encode(goodOrder()).finish(), { token: wrong, deadlineMs: 5_000 })).toEqual({ told });
    expect(await overRest(bodyOf(goodOrder()), { token: wrong })).toEqual({ status: 401, told });
    expect(await stored()).toEqual(before);
  });

  it.each([
    { name: 'a foreign account', accountId: 'FOREIGN', sentence: 'There is no account FOREIGN.' },
    { name: 'an account that does not exist', accountId: 'NOBODY', sentence: 'There is no account NOBODY.' },
  ])('$name is not there', async ({ accountId, sentence }) => {
    const before = await stored();
    const told = { code: 'NOT_FOUND', reason: 'ACCOUNT_UNKNOWN', field: 'accountId', sentence };
    expect(await overGrpc(PlaceOrderRequest.encode({ ...goodOrder(), accountId }).finish(), { token, deadlineMs: 5_000 })).toEqual({
      told,
    });
    expect(await overRest(bodyOf(goodOrder()), { token, accountId })).toEqual({ status: 404, told });
    expect(await stored()).toEqual(before);
  });

  it('who may only look may not trade', async () => {
    const before = await stored();
    const viewer = platform.token({ subject: 'viewer', accounts: { BAD: ['viewer'] } });
    const told = {
      code: 'PERMISSION_DENIED',
      reason: 'PERMISSION_DENIED',
      field: '',
      sentence: 'this token does not let you trade on account BAD',
    };
    expect(await overGrpc(PlaceOrderRequest.encode(goodOrder()).finish(), { token: viewer, deadlineMs: 5_000 })).toEqual({ told });
    expect(await overRest(bodyOf(goodOrder()), { token: viewer })).toEqual({ status: 403, told });
    expect(await stored()).toEqual(before);
  });
});

describe('the form of a call', () => {
  it('over gRPC it has a deadline', async () => {
    const before = await stored();
    const told = {
      code: 'INVALID_ARGUMENT',
      reason: 'DEADLINE_REQUIRED',
      field: '',
      sentence: 'the call has no deadline: give one of at most 30 s',
    };
    expect(await overGrpc(PlaceOrderRequest.encode(goodOrder()).finish(), { token })).toEqual({ told });
    expect(await stored()).toEqual(before);
  });

  it('it names an account', async () => {
    const told = { code: 'INVALID_ARGUMENT', reason: 'FIELD_REQUIRED', field: 'accountId', sentence: 'accountId is required.' };
    expect(await overGrpc(PlaceOrderRequest.encode({ ...goodOrder(), accountId: '' }).finish(), { token, deadlineMs: 5_000 })).toEqual({
      told,
    });
  });

  it('it is not larger than 64 KiB', async () => {
    const before = await stored();
    const large = withContent({ algoId: 'x'.repeat(70_000) })(goodOrder());
    const bytes = PlaceOrderRequest.encode(large).finish();
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'REQUEST_TOO_LARGE', field: '' };
    const sentence = `the request has ${bytes.length} bytes, at most 65536 are taken`;
    expect(await overGrpc(bytes, { token, deadlineMs: 5_000 })).toEqual({ told: { ...refused, sentence } });
    expect(await overRest(bodyOf(large), { token })).toEqual({
      status: 413,
      told: { ...refused, sentence: 'the body is larger than 64 KiB' },
    });
    expect(await stored()).toEqual(before);
  });

  it('it can be read', async () => {
    const before = await stored();
    const grpcTold = {
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_MALFORMED',
      field: '',
      sentence: 'the request can not be decoded: the message ends inside of a number',
    };
    expect(await overGrpc(Buffer.from([0x0a, 0xff]), { token, deadlineMs: 5_000 })).toEqual({ told: grpcTold });
    expect(await overRest('{"content":', { token })).toMatchObject({
      status: 400,
      told: { code: 'INVALID_ARGUMENT', reason: 'FIELD_MALFORMED', field: 'body' },
    });
    const told = {
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_NOT_ALLOWED',
      field: 'content.colour',
      sentence: 'content.colour: this version knows no such field',
    };
    expect(await overRest(inJson({ colour: 'red' })(bodyOf(goodOrder())), { token })).toEqual({ status: 400, told });
    expect(await stored()).toEqual(before);
  });
});

describe('an order of which a part would be lost', () => {
  const bytesOf = (request: PlaceOrderRequest) => Buffer.from(PlaceOrderRequest.encode(request).finish());
  const undecoded = (why: string) => ({
    told: { code: 'INVALID_ARGUMENT', reason: 'FIELD_MALFORMED', field: '', sentence: `the request can not be decoded: ${why}` },
  });
  const accountOf = (request: PlaceOrderRequest) => PlaceOrderRequest.encode({ ...request, clOrdId: '', content: undefined }).finish();
  it.each(lostRows)('over gRPC, with %s, is refused', async (_what, bytes, why) => {
    const before = await stored();
    const request = goodOrder();
    const spoilt = Buffer.concat([accountOf(request), Buffer.from(bytes), bytesOf(request)]);
    expect(await overGrpc(spoilt, { token, deadlineMs: 5_000 })).toEqual(undecoded(why));
    expect(await stored()).toEqual(before);
  });

  it('over REST, with a field twice, is refused', async () => {
    const before = await stored();
    const body = JSON.stringify(bodyOf(goodOrder())).replace('"orderQty":"10"', '"orderQty":"10","orderQty":"1000"');
    const told = { code: 'INVALID_ARGUMENT', reason: 'FIELD_MALFORMED', field: 'content.orderQty' };
    expect(await overRest(body, { token })).toEqual({ status: 400, told: { ...told, sentence: 'content.orderQty: must be given once' } });
    expect(await stored()).toEqual(before);
  });
});

describe('what is asked for beside orders', () => {
  it.each(askedRows)('$name is refused', async ({ method = 'GET', path: asked, body, isAnonymous, told }) => {
    const before = await stored();
    const admin = platform.token({ subject: 'admin', roles: ['admin', 'risk-officer'], accounts: { '*': ['trader'] } });
    const response = await fetch(`http://${gateway.httpAddress}${asked}`, {
      method,
      headers: { 'content-type': 'application/json', ...(isAnonymous !== true && { authorization: `Bearer ${admin}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status, reason, violations } = (await response.json()) as { status: number; reason: string; violations: { field: string }[] };
    expect([status, reason, violations[0]?.field ?? ''].join(' ').trim()).toBe(told);
    expect(await stored()).toEqual(before);
  });

  it.each(numberRows)('$name is refused over gRPC too', async ({ contract, method, bytes, told }) => {
    const before = await stored();
    const admin = platform.token({ subject: 'admin', roles: ['admin', 'risk-officer', 'service'], accounts: { '*': ['trader'] } });
    const answer = await grpc.unary(contract, method, bytes, { token: admin, deadlineMs: 5_000 });
    expect(answer).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'OUT_OF_RANGE', ...told });
    expect(await stored()).toEqual(before);
  });

  it.each(unreasonedRows)('%s without a reason is refused over gRPC too', async (method, request) => {
    const before = await stored();
    const admin = platform.token({ subject: 'admin', roles: ['admin', 'risk-officer'], accounts: { '*': ['trader'] } });
    expect(await grpc.unary(ACCOUNT_SERVICE, method, request, { token: admin, deadlineMs: 5_000 })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_REQUIRED',
      violations: [{ field: 'text', description: 'text is required: why, in words.' }],
    });
    expect(await stored()).toEqual(before);
  });

  it('who calls is looked at before the deadline of the call', async () => {
    const told = { code: 'UNAUTHENTICATED', reason: 'UNAUTHENTICATED', field: '', sentence: 'the call carries no token' };
    expect(await overGrpc(PlaceOrderRequest.encode(goodOrder()).finish(), {})).toEqual({ told });
  });
});

describe('a clOrdId that was used', () => {
  it('with the same content is the same answer over both ways, and with other content a refusal', async () => {
    const request = goodOrder();
    const first = await overGrpc(PlaceOrderRequest.encode(request).finish(), { token, deadlineMs: 5_000 });
    expect(first.placed?.order?.ordStatus).toBe(OrdStatus.PENDING_NEW);
    const { orderId = '' } = first.placed?.order ?? {};
    await desk.until(orderId, OrdStatus.NEW);
    const before = await stored();
    const again = await overRest(bodyOf(request), { token });
    expect(again).toEqual({ status: 200, placed: { ...first.placed, replayed: true } });
    const other = withContent({ orderQty: '11' })(request);
    const told = {
      code: StatusCode[StatusCode.ALREADY_EXISTS],
      reason: 'CL_ORD_ID_REUSED',
      field: 'clOrdId',
      sentence: 'This clOrdId was used for another request.',
    };
    expect(await overGrpc(PlaceOrderRequest.encode(other).finish(), { token, deadlineMs: 5_000 })).toEqual({ told });
    expect(await overRest(bodyOf(other), { token })).toEqual({ status: 409, told });
    expect(await stored()).toEqual(before);
  });
});
