// The witness: a gRPC proxy between broker-connector and the venue. Every frame is on disk before it goes on, as it came, so that what the venue was asked
// is known whatever happens to the platform. It shares no code with the platform and knows messages only by proto/, read at run time.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import {
  Client,
  credentials,
  Metadata,
  type requestCallback,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { decode, type Message } from './wire.js';

const service = '/matching.v1.MatchingService/';
const unaryMethods = ['GetOrderByTag', 'GetPosition', 'GetDepth'];
const same = (bytes: Buffer): Buffer => bytes;

/** One line of the witness' log. */
export interface WitnessedFrame {
  readonly atMs: number;
  /** Which stream, from 1. */
  readonly stream: number;
  readonly direction: 'to-venue' | 'from-venue' | 'dropped';
  /** The message, base64. */
  readonly frame: string;
}

/** How the wire is disturbed. */
export interface Disturbance {
  /** The next frames to the venue are passed on, and the stream is cut before anything comes back. */
  cutAfterRequest: number;
  /** The next frames to the venue are lost, and the stream is cut: the venue never sees them. */
  cutBeforeRequest: number;
  /** Milliseconds by which frames from the venue are delayed. */
  delayAnswersMs: number;
}

export class VenueProxy {
  readonly #server = new Server({ 'grpc.max_receive_message_length': 16 << 20 });
  readonly #file: number;
  readonly #open = new Set<ServerDuplexStream<Buffer, Buffer>>();
  readonly disturbance: Disturbance = { cutAfterRequest: 0, cutBeforeRequest: 0, delayAnswersMs: 0 };
  readonly #upstream: Client;
  #isStopped = false;
  #streams = 0;
  address = '';

  private constructor(
    venueAddress: string,
    readonly logFile: string,
  ) {
    this.#file = openSync(logFile, 'a');
    this.#upstream = this.#connect(venueAddress);
  }

  static async start(venueAddress: string, logFile: string): Promise<VenueProxy> {
    const proxy = new VenueProxy(venueAddress, logFile);
    proxy.#server.register(`${service}Trade`, (call: ServerDuplexStream<Buffer, Buffer>) => proxy.#trade(call), same, same, 'bidi');
    for (const method of unaryMethods)
      proxy.#server.register(
        `${service}${method}`,
        (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => proxy.#unary(method, call, answer),
        same,
        same,
        'unary',
      );
    const port = await new Promise<number>((resolve, reject) =>
      proxy.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    proxy.address = `127.0.0.1:${port}`;
    return proxy;
  }

  /** Cuts every stream as a broken network would. */
  reset(): void {
    for (const call of this.#open) call.emit('error', Object.assign(new Error('the wire was reset'), { code: status.UNAVAILABLE }));
  }

  stop(): void {
    this.#isStopped = true;
    this.#server.forceShutdown();
    this.#upstream.close();
    closeSync(this.#file);
  }

  #connect(address: string): Client {
    return new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': 16 << 20,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 500,
    });
  }

  #trade(call: ServerDuplexStream<Buffer, Buffer>): void {
    const stream = ++this.#streams;
    const upstream = this.#upstream.makeBidiStreamRequest(`${service}Trade`, same, same, callerOf(call.metadata));
    let over = false;
    let deaf = false;
    const end = (error?: Error): void => {
      if (over) return;
      over = true;
      this.#open.delete(call);
      upstream.cancel();
      if (error) call.emit('error', Object.assign(error, { code: (error as { code?: number }).code ?? status.UNAVAILABLE }));
      else call.end();
    };
    this.#open.add(call);
    call.on('data', (frame: Buffer) => {
      if (over) return;
      // Not the logon: a session that can't log on sends nothing that could be in doubt.
      const cuts = !isLogon(frame);
      if (cuts && this.disturbance.cutBeforeRequest > 0) {
        this.disturbance.cutBeforeRequest--;
        this.#witness(stream, 'dropped', frame);
        return end(new Error('the wire broke before the request'));
      }
      this.#witness(stream, 'to-venue', frame);
      upstream.write(frame);
      if (cuts && this.disturbance.cutAfterRequest > 0) {
        this.disturbance.cutAfterRequest--;
        deaf = true; // What the venue answers is not passed on any more.
        setTimeout(() => end(new Error('the wire broke after the request')), 5);
      }
    });
    call.on('end', () => upstream.end());
    call.on('cancelled', () => end());
    call.on('error', () => end());
    upstream.on('data', (frame: Buffer) => {
      this.#witness(stream, 'from-venue', frame);
      const pass = (): void => void (over || deaf || call.write(frame));
      if (this.disturbance.delayAnswersMs > 0) setTimeout(pass, this.disturbance.delayAnswersMs);
      else pass();
    });
    upstream.on('end', () => end());
    upstream.on('error', (error: Error) => end(error));
  }

  #unary(method: string, call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
    const callback: requestCallback<Buffer> = (error, value) => answer(error ?? null, value);
    this.#upstream.makeUnaryRequest(
      `${service}${method}`,
      same,
      same,
      call.request,
      callerOf(call.metadata),
      { deadline: call.getDeadline() },
      callback,
    );
  }

  /** On disk before it goes on. */
  #witness(stream: number, direction: WitnessedFrame['direction'], frame: Buffer): void {
    if (this.#isStopped) return;
    const line: WitnessedFrame = { atMs: Date.now(), stream, direction, frame: frame.toString('base64') };
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    fdatasyncSync(this.#file);
  }
}

function isLogon(frame: Buffer): boolean {
  const commands = (decode('matching.v1.TradeRequest', frame)['commands'] ?? []) as readonly Message[];
  return commands.some((entry) => entry['command'] === 'logon');
}

/** The caller's metadata without what belongs to its own connection. */
function callerOf(metadata: Metadata): Metadata {
  const passed = new Metadata();
  for (const [key, value] of Object.entries(metadata.getMap()))
    if (!key.startsWith('grpc-') && key !== 'user-agent' && key !== 'te' && key !== 'content-type') passed.set(key, value);
  return passed;
}
