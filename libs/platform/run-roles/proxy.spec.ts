/** An edge that offers the services of another process at its own address. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Call, Reason, StatusCode } from '@switchyard/contracts';
import { systemClock } from '@switchyard/kernel';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signToken } from '../auth/index.js';

import { GrpcClients } from '../grpc-client/index.js';
import { answer, ask, ECHO_SERVICE, type EchoCalls, type EchoHandlers, row } from '../testing/echo-service.js';
import { asksRole, Journey } from '../testing/example-roles.js';
import { record } from '../testing/outcomes.js';
import { type Role, type RunningProcess, runRoles } from './index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-proxy-'));
const seen: Call[] = [];
const running: RunningProcess[] = [];
const clients = new GrpcClients({ auth: { serviceToken: () => '' }, clock: systemClock, log: { error: () => undefined } });
let throughEdge: EchoCalls;
let token: string;

const handlers: EchoHandlers = {
  ask: async (request, call) => (seen.push(call), answer(request.key.length)),
  list: (request, stream) => {
    for (let seq = 1; seq <= 3; seq++) stream.send(row(seq));
    if (request.key === 'end') stream.end();
  },
  exchange: (stream) => stream.end(),
};

class EchoModule {}

const echoRole: Role = {
  name: 'order-gateway',
  serves: [ECHO_SERVICE],
  calls: [],
  reads: [],
  publishes: [],
  lifecycle: [],
  module: () => ({ module: EchoModule, providers: [{ provide: ECHO_SERVICE.token, useValue: handlers }] }),
};
const edgeRole: Role = { ...asksRole(new Journey()), proxies: [{ contract: ECHO_SERVICE, methods: ['ask', 'list'] }] };

async function run(roles: readonly Role[], env: Record<string, string> = {}): Promise<RunningProcess> {
  const listen = { SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0', SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0' };
  const started = await runRoles(roles, { env: { ...listen, SWITCHYARD_KEYS_FOLDER: folder, SWITCHYARD_LOG_LEVEL: 'silent', ...env } });
  running.push(started);
  return started;
}

beforeAll(async () => {
  const echo = await run([echoRole]);
  const edge = await run([edgeRole], { SWITCHYARD_PEERS: `order-gateway=${echo.address}` });
  throughEdge = clients.calls(ECHO_SERVICE, [edge.address]) as unknown as EchoCalls;
  const key = JSON.parse(readFileSync(path.join(folder, 'dev-key.json'), 'utf8')) as never;
  token = signToken(key, { sub: 'an-app', environment: 'sim', roles: [], accounts: { DEMO: ['trader'] } }, Date.now(), 60_000);
});
afterAll(async () => {
  clients.close();
  for (const process of running.reverse()) await process.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('an edge', () => {
  it('passes a call on as the caller, with its deadline', async () => {
    // Far from the 5 s of a call that names none and from the 30 s of the longest: a slow machine moves it, by less.
    const deadlineMs = Date.now() + 18_000;
    expect(await throughEdge.ask(ask('four'), { deadlineMs, token })).toEqual(answer(4));
    expect(seen[0]?.principal).toMatchObject({ subject: 'an-app', roles: [], accounts: { DEMO: ['trader'] } });
    expect(Math.abs((seen[0]?.deadlineMs ?? 0) - deadlineMs)).toBeLessThan(10_000);
  });

  it('passes a stream of answers on, to its end', async () => {
    const told = record(throughEdge.list(ask('end'), { token }));
    expect(await told.closed).toBeUndefined();
    expect(told.events).toEqual(['1', '2', '3', 'end', 'close']);
  });

  it('refuses what it does not offer', async () => {
    expect(await record(throughEdge.exchange({ token }) as never).closed).toMatchObject({
      code: StatusCode.PERMISSION_DENIED,
      reason: Reason.PERMISSION_DENIED,
    });
  });

  it('gives the error of the other process', async () => {
    await running[0]?.stop();
    await expect(throughEdge.ask(ask('a'), { timeoutMs: 20_000, token })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE });
  });

  it('that runs with the other role serves it itself', async () => {
    const both = await run([echoRole, edgeRole]);
    const calls = clients.calls(ECHO_SERVICE, [both.address]) as unknown as EchoCalls;
    expect(await calls.ask(ask('abc'), { timeoutMs: 20_000, token })).toEqual(answer(3));
  });
});
