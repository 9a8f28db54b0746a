import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { ReplayParkedRequest } from '@switchyard/contracts/gen/platform/v1/journal';
import { systemClock } from '@switchyard/kernel';
import { type JWK } from 'jose';
import { readFileSync } from 'node:fs';
import { callsContract, type CallsWorld } from '../testing/calls.contract.js';
import { record } from '../testing/outcomes.js';
import { answer, ask, ECHO_SERVICE, type EchoCalls, type EchoHandlers } from '../testing/echo-service.js';
import { type Handler } from '../calls/serve.js';
import { signToken } from '../auth/index.js';
import { testAuth } from '../testing/test-auth.js';
import { testLog } from '../testing/test-log.js';
import { fromGrpcError, GrpcClients, GrpcTransport } from './index.js';

jest.setTimeout(60_000);

interface GrpcWorld extends CallsWorld {
  readonly address: string;
  readonly token: string;
  readonly traderToken: string;
  callsAt(addresses: readonly string[]): EchoCalls;
}

async function openGrpc(): Promise<GrpcWorld> {
  const { auth, keys, remove } = await testAuth();
  const key = JSON.parse(readFileSync(keys.keyFile, 'utf8')) as JWK;
  const { log } = testLog();
  let handlers: Partial<EchoHandlers> = {};
  let server: GrpcTransport;
  let listen = '127.0.0.1:0';
  async function startServer(): Promise<void> {
    server = new GrpcTransport([ECHO_SERVICE], {
      listen,
      auth,
      clock: systemClock,
      log,
      handlersOf: () => handlers as Readonly<Record<string, Handler>>,
    });
    await server.bind();
    listen = `127.0.0.1:${server.port}`;
  }
  await startServer();
  const clients = new GrpcClients({ auth, clock: systemClock, log });
  return {
    calls: clients.calls(ECHO_SERVICE, [listen]) as EchoCalls,
    handle: (next) => {
      handlers = next;
    },
    comeBack: startServer,
    address: listen,
    token: auth.serviceToken(),
    traderToken: signToken(key, { sub: 'trader', environment: 'sim', roles: ['trader'] }, Date.now(), 60_000),
    callsAt: (addresses) => clients.calls(ECHO_SERVICE, addresses) as EchoCalls,
    goAway: () => server.close(),
    close: async () => {
      clients.close();
      await server.close();
      remove();
    },
  };
}

/** Asks as a client that is not ours would; resolves to what it was refused with. */
function foreignAsk(address: string, metadata: Metadata, deadlineMs: number): Promise<CallError | undefined> {
  const foreign = new Client(address, credentials.createInsecure());
  const bytes = Buffer.from(ReplayParkedRequest.encode(ask('a')).finish());
  return new Promise<CallError | undefined>((resolve) => {
    const asIs = (message: Buffer): Buffer => message;
    const done = (error: ServiceError | null): void => resolve(error === null ? undefined : fromGrpcError(error));
    foreign.makeUnaryRequest('/test.v1.EchoService/Ask', asIs, asIs, bytes, metadata, { deadline: deadlineMs }, done);
  }).finally(() => foreign.close());
}

callsContract('a call over gRPC', openGrpc);

describe('a call over gRPC', () => {
  let world: GrpcWorld;
  beforeAll(async () => {
    world = await openGrpc();
  });
  afterAll(() => world.close());

  it('that is under way when its server ends is answered: nobody knows whether it was done', async () => {
    let isUnderWay = false;
    world.handle({
      ask: () => {
        isUnderWay = true;
        return new Promise(() => undefined);
      },
    });
    const asked = world.calls.ask(ask('a'), { timeoutMs: 20_000 }).catch((error: unknown) => error);
    while (!isUnderWay) await new Promise((resolve) => setTimeout(resolve, 5));
    await world.goAway();
    expect(await asked).toMatchObject({
      code: StatusCode.UNAVAILABLE,
      reason: Reason.UNAVAILABLE,
      message: 'the process ended before it had an answer',
    });
    await world.comeBack();
  });

  it('that was cut off with its connection is UNAVAILABLE, and may be repeated', () => {
    const details = 'Received RST_STREAM with code 0 (Call ended without gRPC status)';
    const error = Object.assign(new Error(details), {
      code: StatusCode.INTERNAL as number,
      details,
      metadata: new Metadata(),
    }) as ServiceError;
    expect(fromGrpcError(error, 'the call')).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE });
  });

  it('answers a unary request above 64 KiB with REQUEST_TOO_LARGE', async () => {
    world.handle({ ask: async () => answer(1) });
    const error = await world.calls.ask(ask('x'.repeat(65 * 1024)), { timeoutMs: 20_000 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.REQUEST_TOO_LARGE, metadata: { maximum: '65536' } });
  });

  it('refuses a unary call of a foreign client that sets no deadline, and one without a token', async () => {
    world.handle({ ask: async () => answer(1) });
    const send = (metadata: Metadata, deadlineMs: number) => foreignAsk(world.address, metadata, deadlineMs);
    const token = new Metadata();
    token.set('authorization', `Bearer ${world.token}`);
    expect(await send(token, Infinity)).toMatchObject({ code: StatusCode.INVALID_ARGUMENT, reason: Reason.DEADLINE_REQUIRED });
    expect(await send(new Metadata(), Date.now() + 20_000)).toMatchObject({
      code: StatusCode.UNAUTHENTICATED,
      reason: Reason.UNAUTHENTICATED,
    });
    // Who calls comes before what is wrong with the call.
    expect(await send(new Metadata(), Infinity)).toMatchObject({ reason: Reason.UNAUTHENTICATED });
    expect(await send(token, Date.now() + 20_000)).toBeUndefined();
  });

  it.each<[string, () => string, { reason: Reason | undefined; forwarded: boolean | undefined }]>([
    ['nobody', (): string => '', { reason: undefined, forwarded: false }],
    ['a process of the platform', (): string => world.token, { reason: undefined, forwarded: true }],
    ['its caller', (): string => world.traderToken, { reason: Reason.PERMISSION_DENIED, forwarded: undefined }],
    ['somebody without a token', (): string => '1', { reason: Reason.UNAUTHENTICATED, forwarded: undefined }],
  ])('believes that it was forwarded by a process of the platform alone: by %s', async (_, by, expected) => {
    let forwarded: boolean | undefined;
    world.handle({ ask: async (_request, call) => ((forwarded = call.forwarded), answer(1)) });
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${world.traderToken}`);
    if (by() !== '') metadata.set('x-switchyard-forwarded', by());
    const error = await foreignAsk(world.address, metadata, Date.now() + 20_000);
    expect({ reason: error?.reason, forwarded }).toEqual(expected);
  });

  it('passes over an address whose connection is broken', async () => {
    world.handle({ ask: async () => answer(1) });
    const calls = world.callsAt(['127.0.0.1:1', world.address]);
    // The first call to the dead address finds out that it is dead.
    await Promise.allSettled([1, 2].map(() => calls.ask(ask('a'), { timeoutMs: 20_000 })));
    for (let i = 0; i < 6; i++) await expect(calls.ask(ask('a'), { timeoutMs: 20_000 })).resolves.toEqual(answer(1));
  });

  it('says whom it can not reach, and what the server said to its streams at its end', async () => {
    world.handle({ exchange: (stream) => stream.onMessage((message) => stream.send(message)) });
    const seen = record(world.calls.exchange({}) as never);
    await expect(world.calls.ask(ask('a'), { timeoutMs: 20_000 })).rejects.toBeInstanceOf(CallError);
    await world.goAway();
    expect(await seen.closed).toMatchObject({ code: StatusCode.UNAVAILABLE, reason: Reason.NOT_READY });
    await expect(world.calls.ask(ask('a'), { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      reason: Reason.UNAVAILABLE,
      message: 'test.v1.EchoService/Ask can not be reached',
    });
  });
});
