// A peer that is stopped, or behind a black hole, keeps its connection open: pings find out, and streams on it end.
import { afterAll, expect, it, jest } from '@jest/globals';
import { StatusCode } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { eventually, TcpProxy } from '@switchyard/testkit';
import { type Handler } from '../calls/serve.js';
import { ECHO_SERVICE, type EchoCalls, row } from '../testing/echo-service.js';
import { record } from '../testing/outcomes.js';
import { testAuth } from '../testing/test-auth.js';
import { testLog } from '../testing/test-log.js';
import { GrpcClients, GrpcTransport } from './index.js';

jest.setTimeout(90_000);

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

it('a stream without traffic ends when nothing comes back, and the next one works when something does', async () => {
  const { auth, remove } = await testAuth();
  const { log } = testLog();
  const exchange = (stream: { onMessage(take: (message: unknown) => void): void; send(message: unknown): void }) =>
    stream.onMessage((message) => stream.send(message));
  const server = new GrpcTransport([ECHO_SERVICE], {
    listen: '127.0.0.1:0',
    auth,
    clock: systemClock,
    log,
    handlersOf: () => ({ exchange }) as unknown as Record<string, Handler>,
  });
  await server.bind();
  const wire = new TcpProxy({ port: server.port }, 1);
  await wire.acceptConnections();
  const clients = new GrpcClients({ auth, clock: systemClock, log });
  closing.push(
    remove,
    () => server.close(),
    () => wire.close(),
    () => clients.close(),
  );
  const open = () => {
    const stream = (clients.calls(ECHO_SERVICE, [`127.0.0.1:${wire.port}`]) as unknown as EchoCalls).exchange({});
    return { stream, seen: record(stream as never) };
  };

  const { stream, seen } = open();
  stream.send(row(1));
  await eventually(() => seen.events.length === 1, { what: 'the echo' });
  for (const direction of ['upstream', 'downstream'] as const) wire.set(direction, { blackHole: true });
  // After 10 s on a machine that is not busy. Nothing but the pings can end it: the streams have no deadline, and the kernel gives up after minutes.
  expect(await seen.closed).toMatchObject({ code: StatusCode.UNAVAILABLE });

  await wire.heal();
  const next = open();
  next.stream.send(row(2));
  await eventually(() => next.seen.events.length === 1, { what: 'the echo of the next stream', timeoutMs: 30_000 });
  next.stream.cancel();
});
