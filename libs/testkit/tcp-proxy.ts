import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { assert, Prng } from '@switchyard/kernel';
import { TcpPipe, type Toxic } from './tcp-pipe.js';

/** `upstream` is from the client to the target, `downstream` back. */
export type Direction = 'upstream' | 'downstream';

interface Link {
  readonly client: Socket;
  readonly target: Socket;
  readonly upstream: TcpPipe;
  readonly downstream: TcpPipe;
}

/**
 * A TCP proxy that makes the network fail on purpose. It listens on a free port of 127.0.0.1 and forwards bytes until it is told
 * otherwise; what it is told holds for the connections of now and of later. The seed decides the jitter.
 */
export class TcpProxy {
  /** Where clients connect to; it stays the same for the proxy's life. */
  port = 0;
  /** Connections that were accepted so far. */
  connectionsMade = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #prng: Prng;
  readonly #toxics: Record<Direction, Toxic> = { upstream: {}, downstream: {} };
  readonly #links = new Set<Link>();
  #server: Server | undefined;

  constructor(target: { readonly host?: string; readonly port: number }, seed: number | string) {
    this.#target = { host: target.host ?? '127.0.0.1', port: target.port };
    this.#prng = new Prng(seed);
  }

  /** Connections that are open now. */
  get connectionsCount(): number {
    return this.#links.size;
  }

  /** Sets what one direction suffers, instead of what it suffered before; `{}` heals it. Byte counts begin anew. */
  set(direction: Direction, toxic: Toxic): void {
    this.#toxics[direction] = toxic;
    for (const link of this.#links) link[direction].set(toxic);
  }

  /** Cuts every open connection with a TCP reset on both sides; new ones are welcome. */
  resetConnections(): void {
    for (const { client, target } of this.#links) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
  }

  /** Refuses new connections (ECONNREFUSED); open ones stay. */
  refuseConnections(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Accepts connections, at first and after `refuseConnections`, on the same port. */
  async acceptConnections(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#link(client));
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  /** Ends every fault: no toxic in either direction, and connections are accepted. What a black hole held back passes now. */
  async heal(): Promise<void> {
    this.set('upstream', {});
    this.set('downstream', {});
    await this.acceptConnections();
  }

  /** Cuts everything and stops listening. */
  async close(): Promise<void> {
    this.refuseConnections();
    const closing = [...this.#links].flatMap(({ client, target }) => [client, target]).filter((socket) => !socket.closed);
    const closed = closing.map((socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve())));
    for (const socket of closing) socket.destroy();
    await Promise.all(closed);
  }

  #link(client: Socket): void {
    const number = this.connectionsMade++;
    const target = connect({ ...this.#target, allowHalfOpen: true });
    client.setNoDelay(true);
    target.setNoDelay(true);
    const cut = (): void => {
      client.destroy();
      target.destroy();
    };
    const pipe = (source: Socket, sink: Socket, direction: Direction): TcpPipe =>
      new TcpPipe(source, sink, this.#toxics[direction], this.#prng.fork(`${number}/${direction}`), cut);
    const link: Link = { client, target, upstream: pipe(client, target, 'upstream'), downstream: pipe(target, client, 'downstream') };
    this.#links.add(link);
    this.#closeTogether(link, client, target, link.downstream);
    this.#closeTogether(link, target, client, link.upstream);
  }

  /** How the end of one side (`socket`, which the pipe `into` writes to) reaches the other. */
  #closeTogether(link: Link, socket: Socket, other: Socket, into: TcpPipe): void {
    // An error of one side (a reset, a refused connect) is passed on as a reset; the socket itself is closed by Node.
    socket.on('error', () => other.resetAndDestroy());
    socket.on('close', () => {
      into.stop();
      // After an orderly end the other pipe still carries what it holds, and then the end itself.
      if (!socket.readableEnded) other.destroySoon();
      if (socket.closed && other.closed) this.#links.delete(link);
    });
  }
}

/** Starts a proxy in front of the target; the default seed is 1. Close it in afterAll. */
export async function tcpProxy({
  target,
  seed = 1,
}: {
  target: { host?: string; port: number };
  seed?: number | string;
}): Promise<TcpProxy> {
  assert(Number.isInteger(target.port) && target.port > 0, 'the target of a proxy has a port');
  const proxy = new TcpProxy(target, seed);
  await proxy.acceptConnections();
  return proxy;
}
