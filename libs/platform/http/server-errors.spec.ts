import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { refuseWrongHost, tellServerErrors } from './index.js';

let server: Server;
/** Answers that have begun, by the path: `/begun` is never ended by the server. */
const begun: ServerResponse[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (request.url === '/late') return void setTimeout(() => response.end('done late'), 50);
    // As a handler that needs the whole body.
    if (request.url === '/body') return void request.on('end', () => response.end('done'));
    if (request.url !== '/begun') return response.end('done');
    begun.push(response);
    response.writeHead(200, { 'content-length': 100 }).write('begun');
  });
  tellServerErrors(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the server says on a connection until it closes it. */
async function said(...pieces: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  socket.on('error', () => undefined);
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await once(socket, 'data');
    socket.write(piece);
  }
  await once(socket, 'close');
  return text;
}

it.each([
  ['1.1', [], 'the header host is missing'],
  ['1.1', ['x'], undefined],
  ['1.0', [], undefined],
  ['1.1', ['x', 'x'], 'the header host must be given once'],
  ['1.0', ['x', 'y'], 'the header host must be given once'],
])('a request of HTTP/%s with the hosts %j is told: %s', (httpVersion, host, told) => {
  let error: unknown;
  refuseWrongHost({ httpVersion, headersDistinct: { host } } as never, {} as never, (given) => (error = given));
  expect((error as Error | undefined)?.message).toBe(told);
});

const head = 'GET / HTTP/1.1\r\nhost: x\r\n';

describe('what the HTTP server refuses by itself', () => {
  it.each([
    [
      'an address of 20 kB',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      431,
      'REQUEST_TOO_LARGE',
      'the address and the headers are larger than 16 KiB',
    ],
    [
      'a header of 20 kB',
      `${head}x-large: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'REQUEST_TOO_LARGE',
      'the address and the headers are larger than 16 KiB',
    ],
    ['what is no HTTP', 'hello\r\n\r\n', 400, 'FIELD_MALFORMED', 'the bytes are no HTTP request'],
    ['a method that there is not', 'BUY / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'FIELD_MALFORMED', 'the bytes are no HTTP request'],
    ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 400, 'FIELD_MALFORMED', 'the bytes are no HTTP request'],
    [
      'an expectation',
      `${head}expect: tea\r\nconnection: close\r\n\r\n`,
      417,
      'FIELD_MALFORMED',
      'the header expect is "100-continue" or left out, not "tea"',
    ],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n', 404, 'PATH_UNKNOWN', 'CONNECT is not served'],
  ])('is problem+json: %s', async (_what, request, status, reason, detail) => {
    const [headers = '', body = ''] = (await said(request)).split('\r\n\r\n');
    expect(headers).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(headers.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ type: `urn:switchyard:reason:${reason}`, status, reason, detail, violations: [] });
  });

  it('is told also behind an answer on the same connection', async () => {
    const text = await said(`${head}\r\n`, 'hello\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 [^]*"the bytes are no HTTP request"/);
  });

  const late = 'POST /late HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}';
  it.each([
    ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'the bytes are no HTTP request'],
    ['bytes that are no HTTP, behind two', `${late}hello\r\n\r\n`, 400, 'the bytes are no HTTP request'],
    [
      'a body that is none',
      'POST /body HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nno chunk',
      400,
      'the bytes are no HTTP request',
    ],
    [
      'an expectation',
      'POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: tea\r\n\r\n{}',
      417,
      'the header expect is \\"100-continue\\" or left out, not \\"tea\\"',
    ],
  ])('comes behind the answers to what was sent before: %s', async (_what, wrong, status, detail) => {
    const text = await said(`${late}${wrong}`);
    const answers = text.match(/HTTP\/1\.1 \d+/g) ?? [];
    expect([answers[0], answers.at(-1)]).toEqual(['HTTP/1.1 200', `HTTP/1.1 ${status}`]);
    expect(answers).toHaveLength(text.split('done late').length);
    expect(text).toContain(detail);
  });

  it('is no second answer to a request that closes its connection', async () => {
    const closing = late.replace('host: x', 'host: x\r\nconnection: close');
    expect((await said(`${closing}hello\r\n\r\n`)).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  it('is never told in the middle of another answer: the connection ends', async () => {
    const text = await said('GET /begun HTTP/1.1\r\nhost: x\r\n\r\n', 'hello\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toContain('problem+json');
    expect(begun).toHaveLength(1);
  });
});
