/** Calls whose server is in this process. */
import { type CallOptions, type MessageStream, type Principal, type ServiceContract } from '@switchyard/contracts';
import { type Clock } from '@switchyard/kernel';
import { type Auth } from '../auth/index.js';
import { type Logger } from '../log/index.js';
import { activeTraceparent } from '../telemetry/index.js';
import { cancelled, deadlineExceeded, notReady, toCallError } from './errors.js';
import { type FreezeDepth, freezeMessage } from './freeze.js';
import { type LocalStream, localStream } from './local-stream.js';
import { nextTurn } from './next-turn.js';
import {
  type BidiHandler,
  type CallFacts,
  type Handler,
  methodName,
  serveStream,
  type ServerStreamHandler,
  serveUnary,
  streamDeadline,
  unaryDeadline,
  type UnaryHandler,
} from './serve.js';

export interface LocalCallsOptions {
  readonly auth: Auth;
  readonly clock: Clock;
  readonly log: Logger;
  readonly freeze: FreezeDepth;
  /** The handlers of the contract; undefined until the process has built them. */
  handlersOf(contract: ServiceContract): Readonly<Record<string, Handler>> | undefined;
}

/** The methods of a contract, as its caller has them. */
export function localCalls(contract: ServiceContract, options: LocalCallsOptions): Record<string, unknown> {
  const calls: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(contract.definition.methods)) {
    const method = { contract, key, name: methodName(contract, key) };
    if (definition.requestStream) calls[key] = (call: CallOptions) => openStream(method, undefined, call, options);
    else if (definition.responseStream)
      calls[key] = (request: unknown, call: CallOptions) => openStream(method, { request }, call, options);
    else calls[key] = (request: unknown, call: CallOptions) => callUnary(method, request, call, options);
  }
  return calls;
}

interface Method {
  readonly contract: ServiceContract;
  readonly key: string;
  readonly name: string;
}

async function callUnary(method: Method, request: unknown, call: CallOptions, options: LocalCallsOptions): Promise<unknown> {
  const deadlineMs = unaryDeadline(call, options.clock.nowMs());
  freezeMessage(request, options.freeze);
  const facts = await factsOf(call, deadlineMs, options);
  return new Promise((resolve, reject) => {
    nextTurn(() => {
      if (call.signal?.aborted === true) return reject(cancelled());
      const handler = options.handlersOf(method.contract)?.[method.key];
      if (handler === undefined) return reject(notReady(`${method.name} is not served yet`));
      // The answer may come before serveUnary returns, when the handler throws at once.
      const running: { cancel?: () => void } = {};
      const onAbort = () => running.cancel?.();
      call.signal?.addEventListener('abort', onAbort, { once: true });
      running.cancel = serveUnary(method.name, handler as UnaryHandler, request, facts, options.log, (error, response) => {
        call.signal?.removeEventListener('abort', onAbort);
        if (error === undefined) resolve(freezeMessage(response, options.freeze));
        else reject(error);
      });
    });
  });
}

function openStream(
  method: Method,
  only: { request: unknown } | undefined,
  call: CallOptions,
  options: LocalCallsOptions,
): MessageStream<unknown, unknown> {
  const { caller, server } = localStream<unknown, unknown>({ method: method.name, freeze: options.freeze, log: options.log });
  const deadlineMs = streamDeadline(call, options.clock.nowMs());
  const parent = call.traceparent ?? activeTraceparent();
  if (only !== undefined) freezeMessage(only.request, options.freeze);
  limitLifetime(caller, call.signal, deadlineMs - options.clock.nowMs());
  factsOf({ ...call, traceparent: parent }, deadlineMs, options).then(
    (facts) =>
      nextTurn(() => {
        if (server.isOver) return;
        const handler = options.handlersOf(method.contract)?.[method.key];
        if (handler === undefined) return server.cancel(notReady(`${method.name} is not served yet`));
        const served = serveStream(method.name, server, facts, options.log, (of) => {
          if (only === undefined) (handler as BidiHandler)(server, of);
          else (handler as ServerStreamHandler)(only.request, server as unknown as MessageStream<never, unknown>, of);
        });
        server.whenOver((error) => {
          if (error !== undefined) served.abort(error);
        });
        if (only !== undefined) caller.end();
      }),
    (error: unknown) => server.cancel(toCallError(error, method.name, options.log)),
  );
  return caller;
}

/** The longest time that a timer takes; a later deadline is none. */
const maxTimerMs = 2 ** 31 - 1;

/** Ends a stream at its deadline or when the caller aborts; forgets both when the stream is over. */
function limitLifetime(stream: LocalStream<unknown, unknown>, signal: AbortSignal | undefined, leftMs: number): void {
  const abort = () => stream.cancel(cancelled());
  const timer = leftMs <= maxTimerMs ? setTimeout(() => stream.cancel(deadlineExceeded()), Math.max(0, leftMs)) : undefined;
  signal?.addEventListener('abort', abort, { once: true });
  stream.whenOver(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
  if (signal?.aborted === true) abort();
}

async function factsOf(call: CallOptions, deadlineMs: number, options: LocalCallsOptions): Promise<CallFacts> {
  // The trace context is taken before the first await, while the caller's is the active one.
  const parent = call.traceparent ?? activeTraceparent();
  let principal: Principal = options.auth.servicePrincipal;
  let token = call.token;
  if (token === undefined) token = options.auth.serviceToken();
  else principal = await options.auth.verify(token);
  return { principal, token, deadlineMs, parent, forwarded: call.forwarded ?? false, entered: call.entered };
}
