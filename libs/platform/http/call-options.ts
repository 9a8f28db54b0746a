import { type CallOptions, fieldsRefused, Reason } from '@switchyard/contracts';
import { type IncomingMessage } from 'node:http';
import { maxUnaryMs } from '../calls/limits.js';
import { tokenOf } from '../calls/bearer.js';

const defaultTimeoutMs = 10_000;
const timeoutHeader = 'x-timeout-ms';

/** Who a request says that it is from, and its trace. Without a token it has an empty one, and never that of this process. */
export function callerOf(request: IncomingMessage): { readonly token: string; readonly traceparent: string } {
  const { authorization, traceparent } = request.headers;
  return {
    token: tokenOf(authorization ?? ''),
    traceparent: typeof traceparent === 'string' ? traceparent : '',
  };
}

/**
 * What a REST request says as a call: its token, its deadline (header `x-timeout-ms`, else 10 s; limits.ts says the longest) and its trace. A controller hands it to
 * `CALLS.any(contract)`, so that REST takes the way of gRPC. Throws CallError for a deadline that is none.
 */
export function callOptionsOf(request: IncomingMessage): CallOptions & { readonly token: string } {
  return { ...callerOf(request), timeoutMs: timeoutOf(request.headers[timeoutHeader]) };
}

function timeoutOf(header: string | readonly string[] | undefined): number {
  if (header === undefined) return defaultTimeoutMs;
  const isNumber = typeof header === 'string' && /^\d+$/.test(header);
  const timeoutMs = isNumber ? Math.min(Number(header), maxUnaryMs) : Number.NaN;
  if (timeoutMs >= 1) return timeoutMs;
  const description = 'the header must be whole milliseconds, 1 or more, or left out';
  const reason = isNumber ? Reason.OUT_OF_RANGE : Reason.FIELD_MALFORMED;
  throw fieldsRefused([{ field: timeoutHeader, description, reason }]);
}
