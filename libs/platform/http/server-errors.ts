/** What Node's HTTP server refuses by itself, before any handler, as problem+json too. */
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { type IncomingMessage, maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { type Problem, problemOf, writeProblem } from './problem-filter.js';

/** Of what has no counterpart in gRPC: the problem of the error, with the HTTP status that is meant for it. */
const withStatus = (status: number, error: CallError): Problem => ({ ...problemOf(error), status });

const malformed = (detail: string): CallError =>
  new CallError(detail, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_MALFORMED });
const tooLarge = (detail: string): CallError =>
  new CallError(detail, { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.REQUEST_TOO_LARGE });

/** By the code of the error that the server's parser gives. */
function problemOfParser(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return withStatus(431, tooLarge(`the address and the headers are larger than ${maxHeaderSize / 1024} KiB`));
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problemOf(tooLarge('the extensions of a chunk are larger than 16 KiB'));
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return withStatus(
        408,
        new CallError('the request did not come to its end in time', {
          code: StatusCode.DEADLINE_EXCEEDED,
          reason: Reason.DEADLINE_EXCEEDED,
        }),
      );
    default:
      return problemOf(malformed('the bytes are no HTTP request'));
  }
}

/** For the caller to read the answer and to close. */
const lingerMs = 1_000;

/** Answers on a connection on which there is no response to answer with, and closes it. */
export function endWithProblem(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  // The server has let go of a connection that asked for an upgrade.
  socket.on('error', () => undefined);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // A caller that sends on and never closes does not keep the connection.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** Has the server tell its own refusals in the form of all others. */
export function tellServerErrors(server: Server): void {
  /** By connection: the newest response, and the one before it, if any. */
  const responses = new WeakMap<Duplex, readonly ServerResponse[]>();
  const remember = ({ socket }: IncomingMessage, response: ServerResponse) =>
    responses.set(socket, [response, ...(responses.get(socket) ?? []).slice(0, 1)]);
  server.prependListener('request', remember);
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    const tell = () => {
      // Where it is ended, it has been told.
      if (!socket.writableEnded) endWithProblem(socket, problemOfParser(code));
    };
    if (socket.writableEnded) return;
    const [newest, former] = responses.get(socket) ?? [];
    const isBehind = newest?.req.complete === true;
    // The answers to what came before what is wrong come first.
    const before = isBehind ? newest : former;
    if (!socket.writable || isBegun(before) || (!isBehind && isOpen(newest) && newest.headersSent)) socket.destroy();
    else if (isOpen(before)) before.once('finish', tell);
    else tell();
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const { expect } = request.headers;
    remember(request, response);
    response.setHeader('connection', 'close');
    writeProblem(response, withStatus(417, malformed(`the header expect is "100-continue" or left out, not "${expect}"`)));
  });
  server.on('connect', (_: IncomingMessage, socket: Duplex) => endWithProblem(socket, upgradeRefused(404, 'CONNECT is not served')));
}

const isOpen = (response: ServerResponse | undefined): response is ServerResponse => response?.writableFinished === false;
/** Its end is yet to come: nothing can be told in the middle of it. */
const isBegun = (response: ServerResponse | undefined): boolean => response?.headersSent === true && !response.writableEnded;

/**
 * What RFC 9112 (3.2) has a request refused for: two headers host, of which Node takes the first, and none in HTTP/1.1, which Node refuses without a body.
 * Needs `requireHostHeader` of the server to be false.
 */
export function hostProblem({ headersDistinct: { host = [] }, httpVersion }: IncomingMessage): string | undefined {
  if (host.length > 1) return 'the header host must be given once';
  return host.length === 0 && httpVersion === '1.1' ? 'the header host is missing' : undefined;
}

/** The same for every request that is no upgrade. */
export function refuseWrongHost(request: IncomingMessage, _: ServerResponse, next: (error?: unknown) => void): void {
  const problem = hostProblem(request);
  next(problem === undefined ? undefined : malformed(problem));
}

/** The refusal of a request to upgrade, or to CONNECT, that nobody serves. */
export function upgradeRefused(status: 400 | 404, detail: string): Problem {
  if (status === 400) return problemOf(malformed(detail));
  return problemOf(new CallError(detail, { code: StatusCode.UNIMPLEMENTED, reason: Reason.PATH_UNKNOWN }));
}
