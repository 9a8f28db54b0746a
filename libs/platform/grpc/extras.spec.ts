import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { ORDER_SERVICE, POSITION_READERS } from '@switchyard/contracts';
import { serveHealth, serveReflection } from './extras.js';

const asIs = (bytes: Buffer): Buffer => bytes;

describe('the standard services', () => {
  const server = new Server();
  let client: Client;
  let serving = true;
  let stopHealth: () => void;
  beforeAll(async () => {
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    stopHealth = await serveHealth(server, [ORDER_SERVICE], () => serving);
    await serveReflection(server, [ORDER_SERVICE, POSITION_READERS]);
  });
  afterAll(() => {
    stopHealth();
    client.close();
    server.forceShutdown();
  });

  /** Asks the health of a service: 1 SERVING, 2 NOT_SERVING, or the code of the error. */
  function health(service: string): Promise<number | string> {
    const request = Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
    return new Promise((resolve) =>
      client.makeUnaryRequest('/grpc.health.v1.Health/Check', asIs, asIs, request, { deadline: Date.now() + 20_000 }, (error, bytes) =>
        resolve(error === null ? (bytes?.[1] ?? -1) : `error ${error.code}`),
      ),
    );
  }

  it('tell the health of the process and of each of its services', async () => {
    expect(await health('')).toBe(1);
    expect(await health('orders.v1.OrderService')).toBe(1);
    expect(await health('risk.v1.RiskService')).toBe('error 5');
    serving = false;
    const giveUpAtMs = Date.now() + 20_000;
    while ((await health('orders.v1.OrderService')) !== 2) expect(Date.now()).toBeLessThan(giveUpAtMs);
  });

  it('list what is served, from the .proto files', async () => {
    const listServices = Buffer.from([0x3a, 0x01, 0x2a]);
    const listed = await new Promise<string>((resolve, reject) => {
      const call = client.makeBidiStreamRequest('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', asIs, asIs, {
        deadline: Date.now() + 20_000,
      });
      call.on('data', (bytes: Buffer) => {
        resolve(bytes.toString('latin1'));
        call.end();
      });
      call.on('error', reject);
      call.write(listServices);
    });
    expect(listed).toContain('orders.v1.OrderService');
    expect(listed).toContain('platform.v1.ReaderService');
    expect(listed).not.toContain('risk.v1.RiskService');
  });
});
