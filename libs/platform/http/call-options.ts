import { type CallOptions } from '@switchyard/contracts';
import { type IncomingMessage } from 'node:http';

const defaultTimeoutMs = 10_000;

/**
 * What a REST request says as a call: its token, its deadline (header `x-timeout-ms`, else 10 s) and its trace. A controller hands it to
 * `CALLS.any(contract)`, so that REST takes the way of gRPC. Without a token it has an empty one, and never that of this process.
 */
export function callOptionsOf(request: IncomingMessage): CallOptions & { readonly token: string } {
  const { authorization, traceparent } = request.headers;
  const timeout = request.headers['x-timeout-ms'];
  return {
    token: authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : '',
    timeoutMs: typeof timeout === 'string' && /^\d{1,6}$/.test(timeout) ? Number(timeout) : defaultTimeoutMs,
    traceparent: typeof traceparent === 'string' ? traceparent : '',
  };
}
