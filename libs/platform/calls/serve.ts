/** How a handler is run, whoever calls it: in process or over gRPC. */
import { type Call, type CallError, type CallOptions, type MessageStream, type ServiceContract } from '@switchyard/contracts';
import { type Logger } from '../log/index.js';
import { inTrace, openSpan } from '../telemetry/index.js';
import { cancelled, deadlineExceeded, deadlineRequired, toCallError } from './errors.js';
import { maxUnaryMs } from './limits.js';
import { ServedCall } from './served-call.js';

export type UnaryHandler = (request: unknown, call: Call) => Promise<unknown>;
export type ServerStreamHandler = (request: unknown, stream: MessageStream<never, unknown>, call: Call) => void;
export type BidiHandler = (stream: MessageStream<unknown, unknown>, call: Call) => void;
export type Handler = UnaryHandler | ServerStreamHandler | BidiHandler;

/** What is known of a call before it is served: everything but its span. */
export type CallFacts = Omit<Call, 'signal' | 'traceparent'> & { readonly parent: string };

/** "orders.v1.OrderService/PlaceOrder". */
export function methodName(contract: ServiceContract, method: string): string {
  return `${contract.definition.fullName}/${contract.definition.methods[method]?.name ?? method}`;
}

/** When a unary call must be over, epoch milliseconds. Throws DEADLINE_REQUIRED where the caller set no limit. */
export function unaryDeadline(options: CallOptions, nowMs: number): number {
  const given = streamDeadline(options, nowMs);
  if (given === Infinity) throw deadlineRequired();
  return Math.min(given, nowMs + maxUnaryMs);
}

/** When a stream must be over; Infinity where the caller set no limit. */
export function streamDeadline(options: CallOptions, nowMs: number): number {
  return Math.min(options.deadlineMs ?? Infinity, options.timeoutMs === undefined ? Infinity : nowMs + options.timeoutMs);
}

/** Serves a unary call. `answer` is called once: with the response or an error, at the latest at the deadline. Returns what ends it unanswered: as cancelled, or why else. */
export function serveUnary(
  method: string,
  handler: UnaryHandler,
  request: unknown,
  facts: CallFacts,
  log: Logger,
  answer: (error: CallError | undefined, response: unknown) => void,
): (why?: () => CallError) => void {
  const span = openSpan(facts.parent, method, undefined, 'server');
  const call = new ServedCall({ ...facts, traceparent: span.traceparent });
  let answered = false;

  function finish(error: CallError | undefined, response: unknown): void {
    if (answered) return;
    answered = true;
    clearTimeout(timer);
    span.end(error);
    answer(error, response);
  }
  /** Does nothing after the answer: grpc-js says "cancelled" at the end of every call. */
  function abort(why: () => CallError): void {
    if (answered) return;
    const error = why();
    finish(error, undefined);
    call.abort(error);
  }

  const timer = setTimeout(() => abort(deadlineExceeded), Math.max(0, facts.deadlineMs - Date.now()));
  const fail = (error: unknown) => {
    // After the answer nobody reads the error, but a defect must still reach the log.
    const shown = toCallError(error, method, log);
    finish(shown, undefined);
  };
  try {
    inTrace(span.traceparent, () => handler(request, call)).then((response) => finish(undefined, response), fail);
  } catch (error) {
    fail(error);
  }
  return (why = cancelled) => abort(why);
}

/** Serves a stream: hands it to the handler, and ends it where the handler throws. Long streams have no span: what goes through them carries its own trace. */
export function serveStream(
  method: string,
  stream: MessageStream<unknown, unknown>,
  facts: CallFacts,
  log: Logger,
  handle: (call: Call) => void,
): ServedCall {
  const call = new ServedCall({ ...facts, traceparent: facts.parent });
  try {
    handle(call);
  } catch (error) {
    stream.cancel(toCallError(error, method, log));
  }
  return call;
}
