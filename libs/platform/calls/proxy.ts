/** Serves a contract by passing its calls on, as the caller, to the processes that really serve it: how an edge offers the services of others. */
import { type Call, CallError, type Calls, type MessageStream, Reason, type ServiceContract, StatusCode } from '@switchyard/contracts';
import { assert } from '@switchyard/kernel';
import { type Handler, methodName, type ServerStreamHandler, type UnaryHandler } from './serve.js';

/** Methods of a contract that a role offers at its own address, besides what it serves. No streams of requests. */
export interface Proxied {
  readonly contract: ServiceContract;
  readonly methods: readonly string[];
}

/** The handlers of the contract: the named methods are passed on with the caller's token, deadline and trace; the others are refused. */
export function proxyHandlers({ contract, methods }: Proxied, calls: Calls): Readonly<Record<string, Handler>> {
  const target = calls.any(contract) as Readonly<Record<string, (request: unknown, options: object) => unknown>>;
  const handlers: Record<string, Handler> = {};
  for (const [key, definition] of Object.entries(contract.definition.methods)) {
    const call = target[key];
    if (!methods.includes(key) || call === undefined) handlers[key] = refuse(methodName(contract, key));
    else if (definition.responseStream) handlers[key] = passStream(call as never);
    else handlers[key] = ((request, of) => call(request, optionsOf(of))) as UnaryHandler;
    assert(!methods.includes(key) || !definition.requestStream, 'a stream of requests is not passed on');
  }
  return handlers;
}

function passStream(open: (request: unknown, options: object) => MessageStream<unknown, never>): ServerStreamHandler {
  return (request, stream, call) => {
    const upstream = open(request, optionsOf(call));
    // A reader that does not keep up is cut by its own stream, and comes back; what waits here would only be older.
    upstream.onMessage((message) => void stream.send(message));
    upstream.onClose((error) => (error === undefined ? stream.end() : stream.cancel(error)));
    stream.onClose(() => upstream.cancel());
  };
}

function refuse(method: string): Handler {
  return () => {
    throw new CallError(`${method} is for services: it is not offered here`, {
      code: StatusCode.PERMISSION_DENIED,
      reason: Reason.PERMISSION_DENIED,
      metadata: { method },
    });
  };
}

function optionsOf({ token, deadlineMs, traceparent, signal }: Call) {
  return { token, traceparent, signal, ...(deadlineMs !== Infinity && { deadlineMs }) };
}
