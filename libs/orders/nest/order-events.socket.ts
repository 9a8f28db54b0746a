// StreamOrderEvents over WebSocket: the first message of a client is the request, every message to it is a response, both as protobuf's JSON. A mirror: the
// call takes the way of every call, with the client's own token.
import { CallError, type Calls, fieldsRefused, type MessageStream, ORDER_SERVICE, Reason, StatusCode } from '@switchyard/contracts';
import { StreamOrderEventsRequest, StreamOrderEventsResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { callerOf, endWithProblem, hostProblem, unclearJson, upgradeRefused } from '@switchyard/platform/http';
import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { messageReader, type ReadBody } from './rest-body.js';
import { restAjv } from './rest.controller.js';

export const orderEventsPath = '/v1/order-events';
/** Of the requests of a client; one is all that it may send. */
const requestBytesMax = 64 * 1024;
/** What a client has not taken yet, in bytes, at most: one that is slower is sent away, and goes on from its cursors. */
const unsentBytesMax = 4 * 1024 * 1024;
const pingMs = 15_000;

/** Close codes are 4000 and the gRPC code of the error; the close reason is the error's reason and sentence. */
const closeCodeOf = (code: StatusCode): number => 4000 + code;

export class OrderEventsSocket {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: requestBytesMax });
  readonly #alive = new WeakSet<WebSocket>();
  #pings: NodeJS.Timeout | undefined;

  constructor(
    private readonly calls: Calls,
    private readonly server: () => Server,
  ) {}

  /** Nest: the HTTP server is there, and does not listen yet. */
  onApplicationBootstrap(): void {
    this.#sockets.on('wsClientError', (error, socket) => endWithProblem(socket, upgradeRefused(400, error.message)));
    const server = this.server() as Server & { shouldUpgradeCallback: (request: IncomingMessage) => boolean };
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    // An offer of another protocol, as `h2c`, is passed over (RFC 9110).
    server.shouldUpgradeCallback = ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket';
    this.#pings = setInterval(() => this.#ping(), pingMs).unref();
  }

  /** Nest: the HTTP server closes when every socket has. */
  beforeApplicationShutdown(): void {
    clearInterval(this.#pings);
    for (const socket of this.#sockets.clients) {
      socket.close(1001, 'the process stops');
      setTimeout(() => socket.terminate(), 500).unref();
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.url?.split('?')[0] !== orderEventsPath) {
      return endWithProblem(socket, upgradeRefused(404, `${orderEventsPath} is all that is served over WebSocket`));
    }
    const wrongHost = hostProblem(request);
    if (wrongHost !== undefined) return endWithProblem(socket, upgradeRefused(400, wrongHost));
    const caller = callerOf(request);
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#serve(opened, caller));
  }

  #serve(socket: WebSocket, options: { readonly token: string; readonly traceparent: string }): void {
    let stream: MessageStream<StreamOrderEventsResponse, never> | undefined;
    this.#alive.add(socket);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => stream?.cancel());
    socket.on('message', (data) => {
      if (stream !== undefined) return close(socket, malformed('the request is the only message of a client'));
      const request = requestOf(data);
      if (request instanceof CallError) return close(socket, request);
      const opened = this.calls.any(ORDER_SERVICE).streamOrderEvents(request, options);
      stream = opened;
      opened.onMessage((message) => {
        if (socket.bufferedAmount > unsentBytesMax) return close(socket, tooSlow());
        socket.send(JSON.stringify(StreamOrderEventsResponse.toJSON(message)));
      });
      opened.onClose((error) => {
        if (error === undefined) socket.close(1000);
        else close(socket, error);
      });
    });
  }

  /** A client that does not answer is gone, and nobody has told us. */
  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (!this.#alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }
}

let read: ReadBody | undefined;

/** As strict as a body of REST. */
function requestOf(data: RawData): StreamOrderEventsRequest | CallError {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    const unclear = unclearJson(bytes);
    if (unclear !== undefined) return fieldsRefused([unclear]);
    // Made when first used: most processes never serve a socket.
    read ??= messageReader('orders.v1.StreamOrderEventsRequest', 'StreamOrderEvents', restAjv());
    return StreamOrderEventsRequest.fromJSON(read(json));
  } catch (error) {
    return error instanceof CallError ? error : malformed('the first message is a StreamOrderEventsRequest as JSON');
  }
}

function close(socket: WebSocket, { code, reason, message }: CallError): void {
  // The protocol has 123 bytes for it.
  const text = `${Reason[reason] ?? String(reason)}: ${message}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 123);
  socket.close(closeCodeOf(code), text);
}

function malformed(text: string): CallError {
  return new CallError(text, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_MALFORMED });
}

function tooSlow(): CallError {
  return new CallError('events came faster than they were taken: go on from your cursors', {
    code: StatusCode.RESOURCE_EXHAUSTED,
    reason: Reason.OVERLOADED,
  });
}
