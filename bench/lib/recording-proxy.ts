/**
 * A TCP proxy that notes when which bytes came from the client, and copies them on. What they mean is read when the load is over: the gRPC messages in the
 * client's HTTP/2 frames, each with the moment at which its first byte was at the server's door.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { monotonicMs } from './clock.js';

interface Chunk {
  readonly atMs: number;
  readonly bytes: Buffer;
}

export interface RecordedMessage {
  /** By the monotonic clock. */
  readonly atMs: number;
  readonly payload: Buffer;
}

export class RecordingProxy {
  #connections: Chunk[][] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** Port of the server on 127.0.0.1; set it before a client comes. */
  targetPort = 0;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (client) => {
      const chunks: Chunk[] = [];
      this.#connections.push(chunks);
      const target = connect({ host: '127.0.0.1', port: this.targetPort, noDelay: true });
      client.on('data', (bytes) => chunks.push({ atMs: monotonicMs(), bytes }));
      client.pipe(target);
      target.pipe(client);
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          client.destroy();
          target.destroy();
          this.#sockets.delete(socket);
        });
      }
    });
  }

  /** Listens on any free port. */
  static async start(): Promise<RecordingProxy> {
    const proxy = new RecordingProxy();
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Every message that clients have sent on streams, in order of connection. */
  messages(): RecordedMessage[] {
    return this.#connections.flatMap(messagesOf);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const prefaceBytes = 24;
const frameHeadBytes = 9;
const messageHeadBytes = 5;

/** The gRPC messages in one connection's bytes. */
export function messagesOf(chunks: readonly Chunk[]): RecordedMessage[] {
  const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
  const timeAt = timesOf(chunks);
  const streams = new Map<number, { readonly parts: Buffer[]; readonly starts: number[]; length: number }>();
  for (let at = prefaceBytes; at + frameHeadBytes <= bytes.length;) {
    const length = bytes.readUIntBE(at, 3);
    const [type, flags, stream] = [bytes[at + 3], bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5) & 0x7fffffff];
    const end = at + frameHeadBytes + length;
    if (end > bytes.length) break;
    if (type === 0) {
      const padding = (flags & 8) === 0 ? 0 : (bytes[at + frameHeadBytes] ?? 0) + 1;
      const start = at + frameHeadBytes + (padding === 0 ? 0 : 1);
      const data = bytes.subarray(start, end - Math.max(0, padding - 1));
      const known = streams.get(stream) ?? { parts: [], starts: [], length: 0 };
      known.parts.push(data);
      known.starts.push(start);
      known.length += data.length;
      streams.set(stream, known);
    }
    at = end;
  }
  return [...streams.values()].flatMap(({ parts, starts }) => splitMessages(parts, starts, timeAt));
}

/** A stream's data is a row of messages: a byte (compressed or not), four bytes of length, the message. */
function splitMessages(parts: readonly Buffer[], starts: readonly number[], timeAt: (position: number) => number): RecordedMessage[] {
  const data = Buffer.concat(parts);
  const messages: RecordedMessage[] = [];
  let part = 0;
  let partAt = 0;
  for (let at = 0; at + messageHeadBytes <= data.length;) {
    const length = data.readUInt32BE(at + 1);
    const end = at + messageHeadBytes + length;
    if (end > data.length) break;
    while (at >= partAt + (parts[part]?.length ?? Infinity)) partAt += parts[part++]?.length ?? 0;
    messages.push({ atMs: timeAt((starts[part] ?? 0) + at - partAt), payload: data.subarray(at + messageHeadBytes, end) });
    at = end;
  }
  return messages;
}

/** When the byte at a position arrived; positions are asked in rising order or from the start again. */
function timesOf(chunks: readonly Chunk[]): (position: number) => number {
  const ends: number[] = [];
  let total = 0;
  for (const chunk of chunks) ends.push((total += chunk.bytes.length));
  return (position) => {
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return chunks[low]?.atMs ?? Number.NaN;
  };
}
