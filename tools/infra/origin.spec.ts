import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dockerAnswers } from './docker.js';
import { originOf } from './origin.js';

const address = { SWITCHYARD_REDIS_URL: 'redis://r.example' };

describe('where a service comes from', () => {
  it.each([
    // environment, shared by tests, an engine answers → origin
    [{}, true, true, 'container'],
    [{}, true, false, 'embedded'],
    [{}, false, true, 'embedded'],
    [{ SWITCHYARD_CONTAINERS: '' }, true, true, 'container'],
    [{ SWITCHYARD_CONTAINERS: '0' }, true, true, 'embedded'],
    [{ SWITCHYARD_CONTAINERS: '1' }, false, false, 'container'],
    [address, true, true, 'external'],
    [{ ...address, SWITCHYARD_CONTAINERS: '1' }, true, true, 'external'],
    [{ ...address, SWITCHYARD_CONTAINERS: '0' }, false, false, 'external'],
  ])('%j, shared: %s, engine: %s → %s', async (env, shared, answers, origin) => {
    expect((await originOf('redis', { env, shared }, async () => answers)).origin).toBe(origin);
  });

  it('no engine is asked where an address or a setting decides', async () => {
    const never = () => Promise.reject(new Error('an engine was asked'));
    for (const env of [address, { SWITCHYARD_CONTAINERS: '0' }, { SWITCHYARD_CONTAINERS: '1' }])
      await expect(originOf('redis', { env, shared: true }, never)).resolves.toMatchObject({ isAskedFor: true });
  });

  it('another value is refused', async () => {
    const env = { SWITCHYARD_CONTAINERS: 'yes' };
    await expect(originOf('redis', { env, shared: true }, async () => true)).rejects.toThrow(/must be 0 .*, 1 .* or unset/);
  });
});

describe('a Docker engine', () => {
  const open: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  /** Something that answers every request so, at a port or a socket. */
  async function anEngine(status: number, socketPath?: string): Promise<string> {
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(asked.at(-1) === '/_ping' ? status : 404).end('OK');
    });
    await new Promise<void>((resolve) =>
      socketPath === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(socketPath, resolve),
    );
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    return socketPath === undefined ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix://${socketPath}`;
  }

  it('that answers at a port, or at a socket, is found', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-docker-'));
    open.push(() => rmSync(folder, { recursive: true, force: true }));
    expect(await dockerAnswers({ DOCKER_HOST: await anEngine(200) })).toBe(true);
    expect(await dockerAnswers({ DOCKER_HOST: await anEngine(200, path.join(folder, 'engine.sock')) })).toBe(true);
  });

  it.each([
    ['something else that answers', () => anEngine(404)],
    ['a socket that nobody has', async () => 'unix:///nowhere/docker.sock'],
    ['a port that nobody listens at', async () => 'tcp://127.0.0.1:1'],
    ['a kind of address that is not asked', async () => 'ssh://nobody@host.example'],
    ['no address', async () => 'nonsense'],
  ])('is not %s', async (_what, host) => {
    expect(await dockerAnswers({ DOCKER_HOST: await host() })).toBe(false);
  });

  it('that does not answer is not waited for', async () => {
    const server = http.createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))));
    const host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await dockerAnswers({ DOCKER_HOST: host })).toBe(false);
  });
});
