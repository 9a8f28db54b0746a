/** The client against servers that misbehave on purpose, over real gRPC. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCOUNT_SERVICE, CallError, ORDER_SERVICE, Reason, RISK_SERVICE, StatusCode, type Call } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { PlaceOrderResponse, type PlaceOrderRequest, type StreamOrderEventsRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { systemClock } from '@switchyard/kernel';
import { type Auth, ensureDevKeys, openAuth } from '@switchyard/platform/auth';
import { GrpcTransport } from '@switchyard/platform/grpc';
import { openLog } from '@switchyard/platform/log';
import { eventually } from '@switchyard/testkit';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, newClOrdId, type SwitchyardClient } from './index.js';

type Handlers = Record<string, Record<string, unknown>>;

const contracts = [ORDER_SERVICE, ACCOUNT_SERVICE, RISK_SERVICE];
const log = openLog({ process: 'fake', level: 'silent', format: 'json' });
const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-client-'));
let auth: Auth;
const closers: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  const keys = await ensureDevKeys(folder);
  auth = openAuth({
    environment: 'sim',
    processName: 'fake',
    clock: systemClock,
    jwks: { file: keys.jwksFile },
    serviceKeyFile: keys.keyFile,
  });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A gateway with these handlers, by the service's name. */
async function serve(handlers: Handlers, listen = '127.0.0.1:0'): Promise<{ address: string; close(): Promise<void> }> {
  const transport = new GrpcTransport(contracts, {
    listen,
    auth,
    clock: systemClock,
    log,
    handlersOf: (contract) => handlers[contract.definition.name] as never,
  });
  await transport.bind();
  const close = () => transport.close();
  closers.push(close);
  return { address: `127.0.0.1:${transport.port}`, close };
}

function clientOf(...address: string[]): SwitchyardClient {
  const client = connect({ address, token: () => auth.serviceToken(), timeoutMs: 20_000 });
  closers.push(() => client.close());
  return client;
}

function unavailable(reason = Reason.UNAVAILABLE, retryAfterMs?: number): CallError {
  return new CallError('try again', { code: StatusCode.UNAVAILABLE, reason, retryAfterMs });
}

async function failure(promise: Promise<unknown>): Promise<CallError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw new Error(`expected a CallError, got ${String(error)}`);
  return error;
}

describe('a new clOrdId', () => {
  it('is never the same, fits CancelAll, and sorts by when it was made', () => {
    const ids = Array.from({ length: 1_000 }, () => newClOrdId());
    expect(new Set(ids).size).toBe(1_000);
    expect(ids.every((id) => /^[0-9a-z]{22}$/.test(id))).toBe(true);
    expect(newClOrdId(1_000) < newClOrdId(2_000)).toBe(true);
  });
});

describe('a call', () => {
  it('has a deadline of five seconds where none is named', async () => {
    let call: Call | undefined;
    const { address } = await serve({
      OrderService: { getOrder: async (_: unknown, seen: Call) => ((call = seen), { order: undefined }) },
    });
    const client = connect({ address, token: auth.serviceToken() });
    closers.push(() => client.close());
    const [asked] = [Date.now(), await client.orders.get({ accountId: 'DEMO', orderId: 'x' })];
    // The time of the way is in between.
    expect(call?.deadlineMs).toBeGreaterThan(asked + 4_900);
    expect(call?.deadlineMs).toBeLessThanOrEqual(Date.now() + 5_000);
  });

  it.each([
    {
      fact: 'a read goes again while the service is away',
      service: 'OrderService',
      method: 'getOrder',
      run: (c: SwitchyardClient) => c.orders.get({ accountId: 'DEMO' }),
      error: unavailable(),
      calls: 3,
    },
    {
      fact: 'an order goes again while the service is away',
      service: 'OrderService',
      method: 'placeOrder',
      run: (c: SwitchyardClient) => c.orders.place({ accountId: 'DEMO' }),
      error: unavailable(),
      calls: 3,
    },
    {
      fact: 'an order goes again when its outcome is unknown',
      service: 'OrderService',
      method: 'placeOrder',
      run: (c: SwitchyardClient) => c.orders.place({ accountId: 'DEMO' }),
      error: unavailable(Reason.UNKNOWN_RETRY_SAME_ID),
      calls: 3,
    },
    {
      fact: 'cash goes again under its id',
      service: 'AccountService',
      method: 'adjustCash',
      run: (c: SwitchyardClient) => c.accounts.adjustCash({ accountId: 'DEMO' }),
      error: unavailable(),
      calls: 3,
    },
    {
      fact: 'a halt has no id of the caller and goes once',
      service: 'RiskService',
      method: 'halt',
      run: (c: SwitchyardClient) => c.risk.halt({}),
      error: unavailable(),
      calls: 1,
    },
    {
      fact: 'an account is put once',
      service: 'AccountService',
      method: 'putAccount',
      run: (c: SwitchyardClient) => c.accounts.put({}),
      error: unavailable(),
      calls: 1,
    },
    {
      fact: 'a refusal is final',
      service: 'OrderService',
      method: 'placeOrder',
      run: (c: SwitchyardClient) => c.orders.place({}),
      error: new CallError('no', { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_REQUIRED }),
      calls: 1,
    },
    {
      fact: 'a full queue is final: the caller waits as it is told',
      service: 'OrderService',
      method: 'placeOrder',
      run: (c: SwitchyardClient) => c.orders.place({}),
      error: new CallError('full', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.NO_CREDIT, retryAfterMs: 5 }),
      calls: 1,
    },
    {
      fact: 'a used clOrdId is final',
      service: 'OrderService',
      method: 'placeOrder',
      run: (c: SwitchyardClient) => c.orders.place({}),
      error: new CallError('used', { code: StatusCode.ALREADY_EXISTS, reason: Reason.CL_ORD_ID_REUSED }),
      calls: 1,
    },
  ])('$fact', async ({ service, method, run, error, calls }) => {
    const requests: unknown[] = [];
    const handler = async (request: unknown) => {
      requests.push(request);
      if (requests.length < 3) throw error;
      return { order: undefined, field: '', replayed: false };
    };
    const { address } = await serve({ [service]: { [method]: handler } });
    const outcome = run(clientOf(address));
    if (calls === 1) expect(await failure(outcome)).toMatchObject({ reason: error.reason });
    else await outcome;
    expect(requests).toHaveLength(calls);
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
  });

  it('makes the clOrdId where none is given, and keeps one that is', async () => {
    const placed: PlaceOrderRequest[] = [];
    const placeOrder = async (request: PlaceOrderRequest) => (
      placed.push(request),
      PlaceOrderResponse.fromPartial({ order: { clOrdId: request.clOrdId } })
    );
    const client = clientOf((await serve({ OrderService: { placeOrder } })).address);
    const { order } = await client.orders.place({ accountId: 'DEMO' });
    await client.orders.place({ accountId: 'DEMO', clOrdId: 'mine' });
    expect(order?.clOrdId).toMatch(/^[0-9a-z]{22}$/);
    expect(placed.map(({ clOrdId }) => clOrdId)).toEqual([order?.clOrdId, 'mine']);
  });

  it.each([
    ['the service stays away', () => Promise.reject(unavailable())],
    ['no answer comes', () => new Promise(() => undefined)],
  ])('says UNKNOWN_RETRY_SAME_ID and the clOrdId when %s until the deadline', async (_, placeOrder) => {
    const client = clientOf((await serve({ OrderService: { placeOrder } })).address);
    const error = await failure(client.orders.place({ accountId: 'DEMO', clOrdId: 'mine' }, { timeoutMs: 150 }));
    expect(error).toMatchObject({ reason: Reason.UNKNOWN_RETRY_SAME_ID, metadata: { clOrdId: 'mine' } });
  });

  it('says what is certain: without a risk decision nothing was stored', async () => {
    // The time to wait is past the deadline, so that the first answer is the last.
    const placeOrder = () => Promise.reject(unavailable(Reason.RISK_UNAVAILABLE, 60_000));
    const client = clientOf((await serve({ OrderService: { placeOrder } })).address);
    expect(await failure(client.orders.place({}))).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
  });

  it.each([
    ['the caller is past its rate', StatusCode.RESOURCE_EXHAUSTED, Reason.CALLER_RATE, 'UNKNOWN_RETRY_SAME_ID'],
    ['the token has expired', StatusCode.UNAUTHENTICATED, Reason.TOKEN_EXPIRED, 'UNKNOWN_RETRY_SAME_ID'],
    ['the process has too much to do', StatusCode.RESOURCE_EXHAUSTED, Reason.OVERLOADED, 'UNKNOWN_RETRY_SAME_ID'],
    ['something is broken', StatusCode.INTERNAL, Reason.INTERNAL, 'UNKNOWN_RETRY_SAME_ID'],
    ['the form is refused by another version', StatusCode.INVALID_ARGUMENT, Reason.FIELD_MALFORMED, 'UNKNOWN_RETRY_SAME_ID'],
    ['the session has no room, said after the look-up', StatusCode.RESOURCE_EXHAUSTED, Reason.NO_CREDIT, 'NO_CREDIT'],
    ['the id was used, said after the look-up', StatusCode.ALREADY_EXISTS, Reason.CL_ORD_ID_REUSED, 'CL_ORD_ID_REUSED'],
  ])('whose first try had no answer: %s', async (_, code, reason, expected) => {
    let tries = 0;
    const placeOrder = async () => {
      throw tries++ === 0 ? unavailable() : new CallError('no', { code, reason });
    };
    const client = clientOf((await serve({ OrderService: { placeOrder } })).address);
    const error = await failure(client.orders.place({ accountId: 'DEMO', clOrdId: 'mine' }));
    expect([tries, Reason[error.reason]]).toEqual([2, expected]);
  });

  it('whose first try had no answer says that the outcome is unknown when no token can be had for the second one', async () => {
    const { address } = await serve({ OrderService: { placeOrder: () => Promise.reject(unavailable()) } });
    const tokens = [auth.serviceToken()];
    const token = () => tokens.pop() ?? Promise.reject(new Error('the provider of tokens is away'));
    const client = connect({ address, token, timeoutMs: 20_000 });
    closers.push(() => client.close());
    const error = await failure(client.orders.place({ accountId: 'DEMO', clOrdId: 'mine' }));
    expect(error).toMatchObject({ reason: Reason.UNKNOWN_RETRY_SAME_ID, metadata: { clOrdId: 'mine' } });
  });

  it('goes to another gateway when one is gone', async () => {
    const getOrder = async () => ({ order: undefined });
    const [first, second] = [await serve({ OrderService: { getOrder } }), await serve({ OrderService: { getOrder } })];
    const client = clientOf(first.address, second.address);
    await client.orders.get({});
    await first.close();
    for (let i = 0; i < 10; i++) await client.orders.get({});
  });
});

describe('following orders', () => {
  const event = (accountSeq: number) => OrderEvent.fromPartial({ accountId: 'DEMO', accountSeq });
  type Script = (cursor: number, send: (...seqs: number[]) => void, stream: { end(): void; cancel(error?: CallError): void }) => void;

  /** A gateway whose n-th stream follows the n-th script; it keeps the cursors that it was asked for. */
  async function scripted(...scripts: Script[]) {
    const cursors: number[] = [];
    let closedCount = 0;
    const streamOrderEvents = (
      request: StreamOrderEventsRequest,
      stream: { send(message: unknown): void; end(): void; cancel(error?: CallError): void; onClose(handler: () => void): void },
    ) => {
      const cursor = request.cursors[0]?.accountSeq ?? NaN;
      stream.onClose(() => void closedCount++);
      cursors.push(cursor);
      scripts[cursors.length - 1]?.(cursor, (...seqs) => stream.send({ events: seqs.map(event), live: false }), stream);
    };
    const getAccount = async () => ({
      account: {
        accountId: 'DEMO',
        accountSeq: 7,
        routes: [],
        name: '',
        baseCurrency: '',
        riskGroupId: '',
        tradingState: 1,
        tradingStateText: '',
        shard: '',
      },
    });
    const { address } = await serve({ OrderService: { streamOrderEvents }, AccountService: { getAccount } });
    return { client: clientOf(address), address, cursors, closedCount: () => closedCount };
  }

  async function read(client: SwitchyardClient, accountSeq: number, count: number): Promise<number[]> {
    const seqs: number[] = [];
    for await (const { accountSeq: seq } of client.orders.follow([{ accountId: 'DEMO', accountSeq }])) {
      seqs.push(seq);
      if (seqs.length === count) break;
    }
    return seqs;
  }

  it.each<[string, (stream: { end(): void; cancel(error?: CallError): void }) => void]>([
    ['ends', (stream) => stream.end()],
    ['breaks', (stream) => stream.cancel(unavailable())],
    [
      'moves to another owner',
      (stream) => stream.cancel(new CallError('moved', { code: StatusCode.FAILED_PRECONDITION, reason: Reason.NOT_OWNER })),
    ],
    [
      'says that the token has expired',
      (stream) => stream.cancel(new CallError('expired', { code: StatusCode.UNAUTHENTICATED, reason: Reason.TOKEN_EXPIRED })),
    ],
    [
      'says that the reader is too slow',
      (stream) => stream.cancel(new CallError('slow', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.OVERLOADED })),
    ],
  ])('goes on from its cursor, without gap or duplicate, when the stream %s', async (_, end) => {
    const { client, cursors } = await scripted(
      (_cursor, send, stream) => {
        send(1, 2, 3);
        end(stream);
      },
      (_cursor, send) => send(2, 3, 4, 5), // As after a change of owner: from a little before.
    );
    expect(await read(client, 0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(cursors).toEqual([0, 3]);
  });

  it('of only what comes starts where the account stands', async () => {
    const { client, cursors } = await scripted((_cursor, send) => send(8));
    expect(await read(client, -1, 1)).toEqual([8]);
    expect(cursors).toEqual([7]);
  });

  it('is loud about a fact that the platform left out', async () => {
    const { client } = await scripted((_cursor, send) => send(1, 3));
    await expect(read(client, 0, 2)).rejects.toMatchObject({ code: StatusCode.DATA_LOSS });
  });

  it.each([
    ['an account that it may not see', StatusCode.NOT_FOUND, Reason.ACCOUNT_UNKNOWN],
    ['a token that stays expired', StatusCode.UNAUTHENTICATED, Reason.TOKEN_EXPIRED],
  ])('ends with the error for %s', async (_, code, reason) => {
    const refuse: Script = (_cursor, _send, stream) => stream.cancel(new CallError('no', { code, reason }));
    const { client } = await scripted(refuse, refuse);
    await expect(read(client, 0, 1)).rejects.toMatchObject({ reason });
  });

  it('asks its source of tokens again when a token expired while the platform was away', async () => {
    const expired = new CallError('expired', { code: StatusCode.UNAUTHENTICATED, reason: Reason.TOKEN_EXPIRED });
    const { address, cursors } = await scripted(
      (_cursor, send, stream) => {
        send(1);
        stream.cancel(unavailable());
      },
      (_cursor, _send, stream) => stream.cancel(unavailable()),
      (_cursor, _send, stream) => stream.cancel(expired),
      (_cursor, send) => send(2),
    );
    let asked = 0;
    const client = connect({ address, token: () => (asked++, auth.serviceToken()) });
    closers.push(() => client.close());
    expect(await read(client, 0, 2)).toEqual([1, 2]);
    expect([cursors, asked]).toEqual([[0, 1, 1, 1], 4]);
  });

  it('ends when its signal does', async () => {
    const { client } = await scripted((_cursor, send) => send(1));
    const controller = new AbortController();
    const seqs: number[] = [];
    for await (const { accountSeq } of client.orders.follow([{ accountId: 'DEMO', accountSeq: 0 }], { signal: controller.signal })) {
      seqs.push(accountSeq);
      controller.abort();
    }
    expect(seqs).toEqual([1]);
  });

  it('of a reader that is far too slow loses nothing', async () => {
    const all = Array.from({ length: 3_000 }, (_, i) => i + 1);
    const script: Script = (cursor, send) => all.filter((seq) => seq > cursor).forEach((seq) => send(seq));
    const { client, cursors, closedCount } = await scripted(...Array.from({ length: 10 }, () => script));
    const seqs: number[] = [];
    for await (const { accountSeq } of client.orders.follow([{ accountId: 'DEMO', accountSeq: 0 }])) {
      seqs.push(accountSeq);
      if (seqs.length === 1) await eventually(() => closedCount() === 1, { what: 'the stream to be cut' });
      if (seqs.length === 2_500) break;
    }
    expect(seqs).toEqual(all.slice(0, 2_500));
    expect(cursors.length).toBeGreaterThan(1);
  });
});
