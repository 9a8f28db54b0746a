/** Trace context, carried by hand: W3C traceparent strings in calls, journal rows and messages. A span is made only where the trace is sampled. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { newSpanId, newTraceId } from './trace-ids.js';

/** A piece of work in a trace. Where the trace is not sampled it costs nothing and records nothing. */
export interface OpenSpan {
  /** What the work hands on, to calls, journal rows and messages. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** Ends it; with an error it is marked as failed. */
  end(error?: unknown): void;
}

const active = new AsyncLocalStorage<string>();
let tracer: Tracer | undefined;
let sampledFraction = 0;

export type Kind = 'internal' | 'client' | 'server' | 'producer' | 'consumer';

const kinds: Record<Kind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Called by startTelemetry: spans are made by this tracer, for this part of the traces that begin here. */
export function useTracer(next: Tracer | undefined, fraction: number): void {
  tracer = next;
  sampledFraction = next === undefined ? 0 : fraction;
}

/** The trace context that the running code is in; empty outside of any. */
export function activeTraceparent(): string {
  return active.getStore() ?? '';
}

/** The trace context of a span. */
export function traceparentOf(span: Span): string {
  const context = span.spanContext();
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 1) === 1 ? '01' : '00'}`;
}

/** Opens a span as a child of the trace context, or as the root of a new trace where it is empty. End it in every path. */
export function openSpan(traceparent: string, name: string, attributes?: Attributes, kind: Kind = 'internal'): OpenSpan {
  if (traceparent === '') return openRoot(name, attributes, kind);
  if (tracer === undefined || !traceparent.endsWith('-01')) return new UnsampledSpan(traceparent);
  const parent = parse(traceparent);
  return parent === undefined ? openRoot(name, attributes, kind) : record(tracer, parent, name, attributes, kind);
}

/** Runs the function in a span that continues the trace context; what it throws marks the span as failed. */
export async function withTraceparent<T>(
  traceparent: string,
  name: string,
  attributes: Attributes | undefined,
  run: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  const span = openSpan(traceparent, name, attributes);
  try {
    const result = await active.run(span.traceparent, () => run(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** Runs the function inside the trace context, without a span of its own: log lines and calls made by it carry the trace. */
export function inTrace<T>(traceparent: string, run: () => T): T {
  return active.run(traceparent, run);
}

/** Tracing as the journal and the bus take it. */
export const tracePort = {
  continue: <T>(traceparent: string, name: string, run: () => Promise<T>): Promise<T> => withTraceparent(traceparent, name, undefined, run),
};

function openRoot(name: string, attributes: Attributes | undefined, kind: Kind): OpenSpan {
  if (tracer === undefined || Math.random() >= sampledFraction) return new UnsampledSpan(`00-${newTraceId()}-${newSpanId()}-00`);
  return record(tracer, undefined, name, attributes, kind);
}

function record(by: Tracer, parent: SpanContext | undefined, name: string, attributes: Attributes | undefined, kind: Kind): OpenSpan {
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return new SampledSpan(by.startSpan(name, { attributes, kind: kinds[kind] }, context));
}

const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function parse(traceparent: string): SpanContext | undefined {
  const match = form.exec(traceparent);
  if (match === null) return undefined;
  return { traceId: match[1] ?? '', spanId: match[2] ?? '', traceFlags: Number.parseInt(match[3] ?? '0', 16), isRemote: true };
}

class UnsampledSpan implements OpenSpan {
  readonly traceparent: string;

  constructor(traceparent: string) {
    this.traceparent = traceparent;
  }

  set(): void {}

  end(): void {}
}

class SampledSpan implements OpenSpan {
  readonly traceparent: string;
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
    this.traceparent = traceparentOf(span);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(error?: unknown): void {
    if (error !== undefined)
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    this.#span.end();
  }
}
