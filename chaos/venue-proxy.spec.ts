import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, type ClientDuplexStream, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VenueProxy } from './venue-proxy.js';

const method = '/matching.v1.MatchingService/Trade';
const same = (bytes: Buffer): Buffer => bytes;
/** A TradeRequest with a cancel in it: anything but a logon. */
const cancel = Buffer.from([0x0a, 0x05, 0x1a, 0x03, 0x0a, 0x01, 0x61]);
const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-witness-'));
const venue = new Server();
let proxy: VenueProxy;
let client: Client;

beforeAll(async () => {
  const echo = (call: ServerDuplexStream<Buffer, Buffer>): void =>
    void call.on('data', (frame: Buffer) => call.write(frame)).on('end', () => call.end());
  venue.register(method, echo, same, same, 'bidi');
  const port = await new Promise<number>((resolve, reject) =>
    venue.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  proxy = await VenueProxy.start(`127.0.0.1:${port}`, path.join(folder, 'witness.log'));
  client = new Client(proxy.address, credentials.createInsecure());
});

afterAll(() => {
  client.close();
  proxy.stop();
  venue.forceShutdown();
  rmSync(folder, { recursive: true });
});

async function opened(): Promise<{ stream: ClientDuplexStream<Buffer, Buffer>; ended: Promise<string> }> {
  const stream = client.makeBidiStreamRequest(method, same, same);
  const ended = new Promise<string>((resolve) => stream.on('error', (error: Error) => resolve(error.message)));
  const echoed = new Promise((resolve) => stream.once('data', resolve));
  stream.write(Buffer.alloc(0));
  await echoed;
  return { stream, ended };
}

describe('the witness', () => {
  it('tells the caller when it resets the wire', async () => {
    const { ended } = await opened();
    proxy.reset();
    expect(await ended).toContain('the wire was reset');
  });

  it('passes a request on, and cuts the wire before the answer', async () => {
    const { stream, ended } = await opened();
    proxy.disturbance.cutAfterRequest = 1;
    stream.write(cancel);
    expect(await ended).toContain('after the request');
  });

  it('loses a request, and writes down that it did', async () => {
    const { stream, ended } = await opened();
    proxy.disturbance.cutBeforeRequest = 1;
    stream.write(cancel);
    expect(await ended).toContain('before the request');
    expect(readFileSync(proxy.logFile, 'utf8')).toContain('"dropped"');
  });
});
