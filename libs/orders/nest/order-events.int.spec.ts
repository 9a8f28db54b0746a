// StreamOrderEvents over WebSocket: the same facts, cursors and refusals as over gRPC.
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { StatusCode } from '@switchyard/contracts';
import { StreamOrderEventsResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { aDecision } from '@switchyard/orders-core/testing';
import { type RunningProcess } from '@switchyard/platform/run-roles';
import { eventually } from '@switchyard/testkit';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import WebSocket from 'ws';
import { World } from './testing/world.js';

const world = World.forSpec();
const opened: WebSocket[] = [];
let gateway: RunningProcess;

beforeAll(async () => {
  gateway = await world.start();
  world.risk.decide = () => aDecision();
}, 60_000);
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

/** A client, what it was told, and how it ended. */
function follow(first: unknown, token = world.token(['ops']), path = '/v1/order-events') {
  const socket = new WebSocket(`ws://${gateway.httpAddress}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const told: StreamOrderEventsResponse[] = [];
  let end = '';
  opened.push(socket);
  socket.on('open', () => socket.send(typeof first === 'string' ? first : JSON.stringify(first)));
  socket.on('message', (data) => told.push(StreamOrderEventsResponse.fromJSON(JSON.parse((data as Buffer).toString('utf8')))));
  socket.on('close', (code, reason) => (end ||= `${code} ${reason.toString()}`));
  socket.on('error', (error) => (end ||= error.message));
  const kinds = (): string[] => told.flatMap(({ events }) => events.map(({ accountSeq, event }) => `${accountSeq} ${event?.$case ?? ''}`));
  return {
    socket,
    kinds,
    isLive: () => told.some(({ live }) => live),
    ended: () => eventually(() => end !== '' && end, { what: 'the end of the socket' }),
  };
}

describe('order events over WebSocket', () => {
  it('are those after the cursor, then what comes', async () => {
    const accountId = await world.anAccount(gateway);
    await world.place(gateway, accountId, 'A-1');
    const all = follow({ cursors: [{ accountId, accountSeq: 0 }] });
    await eventually(() => all.isLive() && all.kinds().length === 2, { what: 'the catch-up' });
    await world.place(gateway, accountId, 'A-2');
    await eventually(() => all.kinds().length === 3, { what: 'what comes' });
    expect(all.kinds()).toEqual(['1 accountOpened', '2 orderAccepted', '3 orderAccepted']);
    const later = follow({ cursors: [{ accountId, accountSeq: 2 }] });
    await eventually(() => later.isLive() && later.kinds().length === 1, { what: 'the rest' });
    expect(later.kinds()).toEqual(['3 orderAccepted']);
  });

  it.each([
    ['no valid token', () => follow({ cursors: [] }, 'x'), `${4000 + StatusCode.UNAUTHENTICATED} UNAUTHENTICATED: `],
    ['no JSON', () => follow('cursors'), `${4000 + StatusCode.INVALID_ARGUMENT} FIELD_MALFORMED: the first message`],
    ['a cursor of an account that the token does not grant', () => strangers(), `${4000 + StatusCode.NOT_FOUND} ACCOUNT_UNKNOWN: `],
    ['another path', () => follow({}, undefined, '/v1/others'), 'Unexpected server response: 404'],
  ])('with %s end with the reason', async (_name, open, end) => {
    expect((await open().ended()).slice(0, end.length)).toBe(end);
  });

  it.each([
    ['a field that is not known', '{"cursors":[{"accountId":"A","acountSeq":3}]}', 'FIELD_NOT_ALLOWED: cursors[0].acountSeq: '],
    ['a name twice', '{"cursors":[{"accountId":"A","accountId":"B"}]}', 'FIELD_MALFORMED: cursors[0].accountId: must be given once'],
    ['a flag for a number', '{"cursors":[{"accountId":"A","accountSeq":true}]}', 'FIELD_MALFORMED: cursors[0].accountSeq: '],
    ['a list for a number', '{"cursors":[{"accountId":"A","accountSeq":[7]}]}', 'FIELD_MALFORMED: cursors[0].accountSeq: '],
    ['no object', '[]', 'FIELD_MALFORMED: body: must be an object'],
  ])('refuse a request as a body of REST is refused: %s', async (_name, request, end) => {
    expect(await follow(request).ended()).toContain(`${4000 + StatusCode.INVALID_ARGUMENT} ${end}`);
  });

  it('take what ProtoJSON takes', async () => {
    const accountId = await world.anAccount(gateway);
    const { isLive, kinds } = follow({ cursors: [{ accountId, accountSeq: '0' }] });
    await eventually(isLive, { what: 'the catch-up' });
    expect(kinds()).toEqual(['1 accountOpened']);
    await eventually(follow({ cursors: [{ accountId, accountSeq: -1 }] }).isLive, { what: 'from now on' });
  });

  const strangers = () => follow({ cursors: [{ accountId: 'SOMEBODY', accountSeq: 0 }] }, world.token([], { OTHER: ['viewer'] }));

  it.each(['GET', 'POST'])('leave alone a %s that offers h2c: it is answered as without the offer', async (method) => {
    const accountId = await world.anAccount(gateway);
    const ask = (offer: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${world.token([], { [accountId]: ['trader'] })}`,
          'content-type': 'application/json',
          ...offer,
        };
        const asked = request(`http://${gateway.httpAddress}/v1/accounts/${accountId}/orders`, { method, headers }, (response) => {
          let body = '';
          response.on('data', (data: Buffer) => (body += data.toString()));
          response.on('end', () => resolve(`${response.statusCode} ${body}`));
        });
        asked.on('error', reject);
        asked.end(method === 'POST' ? '{}' : undefined);
      });
    const plain = await ask({});
    expect(plain).toMatch(method === 'POST' ? /^400 .*FIELD_REQUIRED/ : /^200 /);
    expect(await ask({ connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQ' })).toBe(plain);
  });

  it('are refused with two headers host', async () => {
    const [host, port] = gateway.httpAddress.split(':');
    const socket = connect(Number(port), host);
    const head = ['GET /v1/order-events HTTP/1.1', 'host: a', 'host: b', 'connection: Upgrade', 'upgrade: websocket'];
    socket.write([...head, 'sec-websocket-version: 13', `sec-websocket-key: ${'A'.repeat(22)}==`, '', ''].join('\r\n'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [^]*the header host must be given once/);
    socket.destroy();
  });

  it('take one message of a client', async () => {
    const accountId = await world.anAccount(gateway);
    const { socket, isLive, ended } = follow({ cursors: [{ accountId, accountSeq: 0 }] });
    await eventually(isLive, { what: 'the catch-up' });
    socket.send('{}');
    expect(await ended()).toBe('4003 FIELD_MALFORMED: the request is the only message of a client');
  });

  it('end when the process stops', async () => {
    const accountId = await world.anAccount(gateway);
    const { isLive, ended } = follow({ cursors: [{ accountId, accountSeq: 0 }] });
    await eventually(isLive, { what: 'the catch-up' });
    await world.stop(gateway);
    expect(await ended()).toMatch(/^1001 /);
  });
});
