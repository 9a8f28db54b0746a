import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, credentials } from '@grpc/grpc-js';
import { type DynamicModule } from '@nestjs/common';
import { ORDERS_TOPIC } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signToken } from '../auth/index.js';
import { record } from '../testing/outcomes.js';
import { answer, ask, ECHO_SERVICE, row } from '../testing/echo-service.js';
import { answersRole, asksRole, Journey } from '../testing/example-roles.js';
import { type Health } from '../health/index.js';
import { HEALTH, type Role, type RunningProcess, runRoles } from './index.js';

jest.setTimeout(60_000);

let folder: string;
let journey: Journey;
const running: RunningProcess[] = [];

async function run(roles: readonly Role[], env: Record<string, string> = {}): Promise<RunningProcess> {
  const started = await runRoles(roles, {
    env: {
      SWITCHYARD_GRPC_LISTEN: '127.0.0.1:0',
      SWITCHYARD_HTTP_LISTEN: '127.0.0.1:0',
      SWITCHYARD_KEYS_FOLDER: folder,
      SWITCHYARD_LOG_LEVEL: 'silent',
      SWITCHYARD_FREEZE_MESSAGES: 'deep',
      ...env,
    },
  });
  running.push(started);
  return started;
}

async function get(
  of: RunningProcess,
  where: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://${of.httpAddress}${where}`, { headers });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

function bearer(environment = 'sim'): Record<string, string> {
  const key = JSON.parse(readFileSync(path.join(folder, 'dev-key.json'), 'utf8')) as never;
  return { authorization: `Bearer ${signToken(key, { sub: 'app', environment, roles: [] }, Date.now(), 60_000)}` };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-run-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('two roles', () => {
  const inOne = async () => {
    const process = await run([answersRole(journey), asksRole(journey)], { ANSWERS_FACTOR: '10' });
    return { asks: process, answers: process };
  };
  const inTwo = async () => {
    const answers = await run([answersRole(journey)], { ANSWERS_FACTOR: '10', SWITCHYARD_PROCESS_NAME: 'order-gateway-0' });
    const asks = await run([asksRole(journey)], { SWITCHYARD_PEERS: `order-gateway=${answers.address}` });
    return { asks, answers };
  };

  describe.each([
    ['in one process', inOne, 'standalone'],
    ['in two processes', inTwo, 'risk-engine'],
  ])('%s', (_, start, name) => {
    it("call each other, over REST with the caller's token", async () => {
      journey = new Journey();
      const { asks } = await start();
      await asks.whenReady();
      expect(await get(asks, '/ask/four', bearer())).toEqual({
        status: 200,
        type: 'application/json; charset=utf-8',
        body: JSON.stringify({ process: name, applied: 40 }),
      });
      expect(await asks.calls.any(ECHO_SERVICE).ask(ask('ab'), { timeoutMs: 20_000 })).toEqual(answer(20));
    });

    it('refuse over REST as over gRPC, as problem+json', async () => {
      journey = new Journey();
      const { asks } = await start();
      const refusals = await Promise.all([
        get(asks, '/ask/a'),
        get(asks, '/ask/a', bearer('live')),
        get(asks, '/ask/defect', bearer()),
        get(asks, '/ask/database', bearer()),
        get(asks, '/nothing'),
      ]);
      expect(refusals.map(({ type }) => type)).toEqual(Array(5).fill('application/problem+json'));
      expect(refusals.map(({ status, body }) => [status, (JSON.parse(body) as { reason: string }).reason])).toEqual([
        [401, 'UNAUTHENTICATED'],
        [401, 'WRONG_ENVIRONMENT'],
        [500, 'INTERNAL'],
        [503, 'UNAVAILABLE'],
        [404, 'PATH_UNKNOWN'],
      ]);
      expect(refusals.map(({ body }) => body).join('')).not.toContain('a defect');
    });

    it.each([
      ['DELETE', '/ask', 405, 'POST', 'this path takes POST, not DELETE'],
      ['POST', '/ask/a', 405, 'GET, HEAD', 'this path takes GET, HEAD, not POST'],
      ['OPTIONS', '/ask/a', 405, 'GET, HEAD', 'this path takes GET, HEAD, not OPTIONS'],
      ['PUT', '/healthz', 405, 'GET, HEAD', 'this path takes GET, HEAD, not PUT'],
      ['PUT', '/nothing', 404, null, 'Cannot PUT /nothing'],
    ])('tell a method that a path does not take: %s %s', async (method, path, status, allow, detail) => {
      journey = new Journey();
      const { asks } = await start();
      const response = await fetch(`http://${asks.httpAddress}${path}`, { method });
      expect([response.status, response.headers.get('allow'), response.headers.get('content-type')]).toEqual([
        status,
        allow,
        'application/problem+json',
      ]);
      expect(await response.json()).toMatchObject({ status, reason: 'PATH_UNKNOWN', detail });
    });

    it('take a body of at most 64 KiB of JSON over REST', async () => {
      journey = new Journey();
      const { asks } = await start();
      const post = async (body: string) => {
        const headers = { ...bearer(), 'content-type': 'application/json' };
        const response = await fetch(`http://${asks.httpAddress}/ask`, { method: 'POST', headers, body });
        const { applied, reason } = (await response.json()) as { applied?: number; reason?: string };
        return [response.status, applied ?? reason];
      };
      expect(await post(JSON.stringify({ key: 'four' }))).toEqual([201, 40]);
      expect(await post(JSON.stringify({ key: 'x'.repeat(64 * 1024) }))).toEqual([413, 'REQUEST_TOO_LARGE']);
      expect(await post('{"key":')).toEqual([400, 'FIELD_MALFORMED']);
    });

    it('stream to each other', async () => {
      journey = new Journey();
      const { asks } = await start();
      const stream = asks.calls.any(ECHO_SERVICE).exchange({});
      const seen = record(stream as never);
      for (const seq of [1, 2, 3]) stream.send(row(seq));
      await eventually(() => seen.events.length === 3, { what: 'three answers' });
      stream.cancel();
      await seen.closed;
    });

    it('know the addresses of a service, and its process by address', async () => {
      journey = new Journey();
      const { asks, answers } = await start();
      expect(asks.calls.addressesOf(ECHO_SERVICE)).toEqual([answers.address]);
      expect(await asks.calls.at(ECHO_SERVICE, answers.address).ask(ask('ab'), { timeoutMs: 20_000 })).toEqual(answer(20));
    });
  });
});

describe('a process', () => {
  it('starts its parts in order and stops them in reverse', async () => {
    journey = new Journey();
    const process = await run([answersRole(journey), asksRole(journey)]);
    await process.stop();
    expect(journey.steps).toEqual(['start answers', 'start asks', 'stop asks', 'stop answers']);
  });

  it('stops what it has started when a part can not start', async () => {
    journey = new Journey();
    await expect(run([asksRole(journey), answersRole(journey, 'start')])).rejects.toThrow('answers can not start');
    expect(journey.steps).toEqual(['start asks', 'start answers', 'stop answers', 'stop asks']);
  });

  it('stops the rest when a part can not stop', async () => {
    journey = new Journey();
    const process = await run([asksRole(journey), answersRole(journey, 'stop')]);
    await process.stop();
    expect(journey.steps.slice(2)).toEqual(['stop answers', 'stop asks']);
    await expect(fetch(`http://${process.httpAddress}/healthz`)).rejects.toThrow();
  });

  it('says over HTTP that it lives, what it waits for, and its metrics', async () => {
    journey = new Journey();
    const process = await run([answersRole(journey)]);
    journey.ready = 'recovering shard 7f';
    expect(await get(process, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(process, '/readyz')).toMatchObject({
      status: 503,
      body: JSON.stringify({ ok: false, problems: { 'order-gateway answers': 'recovering shard 7f' } }),
    });
    journey.ready = true;
    expect(await get(process, '/readyz')).toMatchObject({ status: 200, body: JSON.stringify({ ok: true, problems: {} }) });
    expect((await get(process, '/metrics')).body).toMatch(/^event_loop_lag_seconds \d/m);
  });

  it('says over HTTP that it does not live when a watchdog barks', async () => {
    journey = new Journey();
    let health: Health | undefined;
    const role = answersRole(journey);
    const found = { provide: Symbol('found'), inject: [HEALTH], useFactory: (of: Health) => (health = of) };
    const withHealth = (): DynamicModule => {
      const module = role.module();
      return { ...module, providers: [...(module.providers ?? []), found] };
    };
    const process = await run([{ ...role, module: withHealth }]);
    expect(await get(process, '/healthz')).toMatchObject({ status: 200 });
    const calm = health?.watchdog('reader of orders.v1', () => 'it has not read for 60 s');
    expect(await get(process, '/healthz')).toMatchObject({
      status: 503,
      body: JSON.stringify({ ok: false, problems: { 'reader of orders.v1': 'it has not read for 60 s' } }),
    });
    calm?.();
    expect(await get(process, '/healthz')).toMatchObject({ status: 200 });
  });

  /** Asks a method that takes and gives a message as bytes; the answer, or the status code. */
  function askBytes(address: string, method: string, message: Buffer): Promise<Buffer | number> {
    const client = new Client(address, credentials.createInsecure());
    const asIs = (bytes: Buffer) => bytes;
    return new Promise((resolve) => {
      client.makeUnaryRequest(method, asIs, asIs, message, { deadline: Date.now() + 20_000 }, (error, bytes) => {
        client.close();
        resolve(error === null ? (bytes as Buffer) : error.code);
      });
    });
  }

  it('serves gRPC health from its start on, by its readiness', async () => {
    journey = new Journey();
    journey.ready = 'recovering';
    const process = await run([answersRole(journey)], { SWITCHYARD_GRPC_REFLECTION: 'false' });
    const check = async () => {
      const answer = await askBytes(process.address, '/grpc.health.v1.Health/Check', Buffer.alloc(0));
      return typeof answer === 'number' ? `status ${answer}` : answer[1];
    };
    expect(await check()).toBe(2); // NOT_SERVING
    journey.ready = true;
    await eventually(async () => (await check()) === 1, { what: 'SERVING' });
    journey.ready = 'recovering';
    await eventually(async () => (await check()) === 2, { what: 'NOT_SERVING' });
  });

  it.each([
    ['true', true],
    ['false', false],
  ])('with SWITCHYARD_GRPC_REFLECTION=%s: reflection is served %s', async (setting, isServed) => {
    journey = new Journey();
    const process = await run([answersRole(journey)], { SWITCHYARD_GRPC_REFLECTION: setting });
    const unimplemented = 12;
    // A stream asked as a unary call: what matters is whether the method is known.
    const ask = () => askBytes(process.address, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', Buffer.from([0x3a, 0]));
    if (isServed) await eventually(async () => (await ask()) !== unimplemented, { what: 'reflection' });
    else {
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect(await ask()).toBe(unimplemented);
    }
  });
});

describe('a start is refused', () => {
  it.each<[string, (of: Journey) => Role[], Record<string, string>, string]>([
    [
      'when a called service is nowhere',
      (of) => [asksRole(of)],
      {},
      'risk-engine calls test.v1.EchoService, but no address of order-gateway is known: add order-gateway=host:port to SWITCHYARD_PEERS, or run order-gateway in this process',
    ],
    [
      'when a producer is missing and there is no Kafka',
      (of) => [asksRole(of, [ORDERS_TOPIC])],
      { SWITCHYARD_PEERS: 'order-gateway=a:1' },
      'risk-engine reads orders.v1, but order-gateway, which publishes it, does not run in this process: set SWITCHYARD_KAFKA_BROKERS, or run order-gateway here too',
    ],
    [
      'when a role keeps data and there is no database',
      (of) => [{ ...answersRole(of), noun: 'orders' }],
      {},
      'order-gateway keeps its data in Postgres: set SWITCHYARD_POSTGRES_URL',
    ],
    ['when a role is given twice', (of) => [answersRole(of), answersRole(of)], {}, 'a role is given twice: name each once'],
    ['when a variable of a role is wrong', (of) => [answersRole(of)], { ANSWERS_FACTOR: '0' }, 'ANSWERS_FACTOR must be from 1 to 100'],
    [
      'when the addresses can not be read',
      (of) => [answersRole(of)],
      { SWITCHYARD_PEERS: 'risk=a:1' },
      'SWITCHYARD_PEERS: "risk" is not a role that serves',
    ],
    [
      'when live has no key set',
      (of) => [answersRole(of)],
      { SWITCHYARD_ENVIRONMENT: 'live' },
      'SWITCHYARD_JWKS_FILE or SWITCHYARD_JWKS_URL is missing',
    ],
    ['when live has no certificate', (of) => [answersRole(of)], { SWITCHYARD_ENVIRONMENT: 'live' }, 'live processes speak mTLS'],
    [
      'when live has failpoints',
      (of) => [answersRole(of)],
      { SWITCHYARD_ENVIRONMENT: 'live', SWITCHYARD_FAILPOINTS: 'orders.after-commit=kill' },
      'SWITCHYARD_FAILPOINTS is for simulation',
    ],
  ])('%s', async (_, roles, env, sentence) => {
    journey = new Journey();
    await expect(run(roles(journey), env)).rejects.toThrow(sentence);
    expect(journey.steps).toEqual([]);
  });
});
