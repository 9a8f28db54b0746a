import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually, tcpProxy, type TcpProxy } from './index.js';

/** A client that remembers what it got and how it ended. */
class Client {
  text = '';
  end: 'open' | 'closed' | string = 'open';
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('data', (chunk) => (this.text += chunk.toString()));
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.end = error.code ?? error.message));
    this.socket.on('close', () => (this.end = this.end === 'open' ? 'closed' : this.end));
  }

  async gets(text: string): Promise<void> {
    await eventually(() => this.text === text, { what: `the client gets ${text}`, intervalMs: 2 });
  }

  async ends(how: string): Promise<void> {
    await eventually(() => this.end === how, { what: `the client's end is ${how}`, intervalMs: 2 });
  }
}

describe('tcpProxy', () => {
  let echo: Server;
  let received: string;
  let proxy: TcpProxy;
  let clients: Client[];

  beforeEach(async () => {
    received = '';
    clients = [];
    echo = createServer((socket) => {
      socket.on('data', (chunk) => {
        received += chunk.toString();
        socket.write(chunk);
      });
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await tcpProxy({ target: { port: (echo.address() as AddressInfo).port }, seed: 7 });
  });

  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.close();
    echo.close();
    await once(echo, 'close');
  });

  const client = (): Client => {
    const made = new Client(proxy.port);
    clients.push(made);
    return made;
  };

  it('forwards both ways, and the end of a stream', async () => {
    const one = client();
    one.socket.end('hello');
    await one.gets('hello');
    await one.ends('closed');
    await eventually(() => proxy.connectionsCount === 0, { what: 'the proxy lets go of the connection' });
    expect(proxy.connectionsMade).toBe(1);
  });

  it('forwards megabytes whole', async () => {
    const one = client();
    const size = 8 * 1024 * 1024;
    one.socket.end(Buffer.alloc(size, 'x'));
    await one.ends('closed');
    expect(one.text.length).toBe(size);
  });

  it('latency delays, jitter adds, order stays', async () => {
    proxy.set('downstream', { latencyMs: 30, jitterMs: 20 });
    const one = client();
    const startMs = performance.now();
    for (const part of ['a', 'b', 'c', 'd']) {
      one.socket.write(part);
      await eventually(() => received.endsWith(part), { what: `the target gets ${part}`, intervalMs: 1 });
    }
    await one.gets('abcd');
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(29);
  });

  it('what is late still arrives after both sides have said their last', async () => {
    proxy.set('downstream', { latencyMs: 50 });
    const one = client();
    one.socket.end('last words');
    await one.ends('closed');
    expect(one.text).toBe('last words');
  });

  it('a black hole holds back one direction, and lets it pass when it is gone', async () => {
    const one = client();
    one.socket.write('a');
    await one.gets('a');
    proxy.set('downstream', { blackHole: true });
    one.socket.write('b');
    await eventually(() => received === 'ab', { what: 'upstream still passes' });
    expect([one.text, one.end]).toEqual(['a', 'open']);
    proxy.set('upstream', { blackHole: true });
    const two = client();
    two.socket.write('c');
    await eventually(() => proxy.connectionsMade === 2, { what: 'the second connection is made' });
    expect(received).toBe('ab');
    await proxy.heal();
    await one.gets('ab');
    await two.gets('c');
  });

  it('cuts a connection after so many bytes, counted from when it was told', async () => {
    const one = client();
    one.socket.write('12345');
    await one.gets('12345');
    proxy.set('downstream', { cutAfterBytes: 3 });
    one.socket.write('6789');
    await one.ends('closed');
    expect([one.text, received]).toEqual(['12345678', '123456789']);
    const two = client();
    two.socket.write('abcd');
    await two.ends('closed');
    expect(two.text).toBe('abc');
  });

  it('loses a request upstream when told so: the target gets the first bytes only', async () => {
    proxy.set('upstream', { cutAfterBytes: 2 });
    const one = client();
    one.socket.write('order');
    await one.ends('closed');
    await eventually(() => received === 'or', { what: 'the target gets two bytes' });
  });

  it('resets connections and welcomes new ones', async () => {
    const one = client();
    one.socket.write('a');
    await one.gets('a');
    proxy.resetConnections();
    await one.ends('ECONNRESET');
    const two = client();
    two.socket.write('b');
    await two.gets('b');
  });

  it('refuses new connections, keeps open ones, and accepts again on the same port', async () => {
    const one = client();
    one.socket.write('a');
    await one.gets('a');
    const { port } = proxy;
    proxy.refuseConnections();
    await client().ends('ECONNREFUSED');
    one.socket.write('b');
    await one.gets('ab');
    await proxy.heal();
    expect(proxy.port).toBe(port);
    const two = client();
    two.socket.write('c');
    await two.gets('c');
  });

  it('a target that is down is a reset', async () => {
    const down = await tcpProxy({ target: { port: 1 } });
    const one = new Client(down.port);
    clients.push(one);
    await one.ends('ECONNRESET');
    await down.close();
  });
});
