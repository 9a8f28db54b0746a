/** REST errors as problem+json (RFC 9457), with the code, reason and wrong fields that gRPC gives. */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import { CallError, Reason, StatusCode } from '@switchyard/contracts';
import { assertNever } from '@switchyard/kernel';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { toCallError } from '../calls/errors.js';
import { type Logger } from '../log/index.js';

/** The body of a refusal over REST. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly reason: string;
  readonly violations: readonly { readonly field: string; readonly description: string; readonly reason: string }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs?: number;
}

export function problemOf(error: CallError): Problem {
  const reason = Reason[error.reason] ?? 'UNRECOGNIZED';
  return {
    type: `urn:switchyard:reason:${reason}`,
    title: reason.toLowerCase().replaceAll('_', ' '),
    status: httpStatusOf(error),
    detail: error.message,
    code: StatusCode[error.code] ?? 'UNKNOWN',
    reason,
    violations: error.violations.map(({ field, description, reason: violated }) => ({
      field,
      description,
      reason: Reason[violated] ?? 'UNRECOGNIZED',
    })),
    metadata: error.metadata,
    retryAfterMs: error.retryAfterMs,
  };
}

/** Writes the problem; anything that is not a refusal becomes INTERNAL with an id that the log has. */
export function sendProblem(response: ServerResponse, error: unknown, log: Logger): void {
  writeProblem(response, problemOf(toRefusal(error, log)));
}

/** Writes it, unless an answer has begun. */
export function writeProblem(response: ServerResponse, problem: Problem): void {
  // An answer that has begun can only be broken off.
  if (response.headersSent) return void response.destroy();
  response.statusCode = problem.status;
  response.setHeader('content-type', 'application/problem+json');
  if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (problem.retryAfterMs !== undefined) response.setHeader('retry-after', String(Math.ceil(problem.retryAfterMs / 1000)));
  response.end(JSON.stringify(problem));
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<RoutedRequest>(), http.getResponse<ServerResponse>()];
    // Nobody but Nest throws it, for what no route takes.
    const allowed = error instanceof NotFoundException ? methodsOf(request) : [];
    if (allowed.length === 0) return sendProblem(response, error, this.#log);
    const methods = allowed.join(', ');
    const refusal = pathUnknown(`this path takes ${methods}, not ${request.method ?? ''}`);
    response.setHeader('allow', methods);
    writeProblem(response, { ...problemOf(refusal), status: 405 });
  }
}

/** A request as Express has it, with the routes that it was held against. */
interface RoutedRequest extends IncomingMessage {
  readonly path: string;
  readonly app: { readonly router: { readonly stack: readonly Layer[] } };
}

interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

/** What the path of a request takes; nothing where there is no such path. */
function methodsOf({ app, path }: RoutedRequest): string[] {
  const methods = app.router.stack.flatMap((layer) =>
    layer.route !== undefined && layer.match(path) !== false ? Object.keys(layer.route.methods) : [],
  );
  return [...new Set(methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])))].sort();
}

const pathUnknown = (message: string): CallError => new CallError(message, { code: StatusCode.UNIMPLEMENTED, reason: Reason.PATH_UNKNOWN });

function toRefusal(error: unknown, log: Logger): CallError {
  if (error instanceof CallError) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : '';
  // What the HTTP server itself refuses.
  if (status === 413)
    return new CallError('the body is larger than 64 KiB', { code: StatusCode.RESOURCE_EXHAUSTED, reason: Reason.REQUEST_TOO_LARGE });
  if (status === 404) return pathUnknown(message);
  if (status !== undefined && status < 500)
    return new CallError(message, { code: StatusCode.INVALID_ARGUMENT, reason: Reason.FIELD_MALFORMED });
  return toCallError(error, 'http', log);
}

/** Nest's and body-parser's errors say their status. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number') return error.status;
  return undefined;
}

function httpStatusOf(error: CallError): number {
  switch (error.code) {
    case StatusCode.INVALID_ARGUMENT:
    case StatusCode.FAILED_PRECONDITION:
    case StatusCode.OUT_OF_RANGE:
      return 400;
    case StatusCode.UNAUTHENTICATED:
      return 401;
    case StatusCode.PERMISSION_DENIED:
      return 403;
    case StatusCode.NOT_FOUND:
      return 404;
    case StatusCode.ALREADY_EXISTS:
    case StatusCode.ABORTED:
      return 409;
    case StatusCode.RESOURCE_EXHAUSTED:
      return error.reason === Reason.REQUEST_TOO_LARGE ? 413 : 429;
    case StatusCode.CANCELLED:
      return 499;
    case StatusCode.UNKNOWN:
    case StatusCode.INTERNAL:
    case StatusCode.DATA_LOSS:
      return 500;
    case StatusCode.UNIMPLEMENTED:
      return error.reason === Reason.PATH_UNKNOWN ? 404 : 501;
    case StatusCode.UNAVAILABLE:
      return 503;
    case StatusCode.DEADLINE_EXCEEDED:
      return 504;
    default:
      return assertNever(error.code, 'a status code');
  }
}
