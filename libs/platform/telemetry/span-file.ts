import { type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { appendFile } from 'node:fs/promises';

/** One span in the file. */
export interface SpanLine {
  readonly process: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Empty where it did not fail. */
  readonly error: string;
}

/** Appends spans to a file, one JSON object a line; several processes may share it. */
export class SpanFile implements SpanExporter {
  readonly #file: string;
  readonly #process: string;

  constructor(file: string, process: string) {
    this.#file = file;
    this.#process = process;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    const lines = spans.map((span) => `${JSON.stringify(this.#line(span))}\n`).join('');
    appendFile(this.#file, lines).then(
      () => done({ code: 0 }),
      (error: Error) => done({ code: 1, error }),
    );
  }

  async shutdown(): Promise<void> {}

  #line(span: ReadableSpan): SpanLine {
    const context = span.spanContext();
    return {
      process: this.#process,
      name: span.name,
      traceId: context.traceId,
      spanId: context.spanId,
      parentSpanId: span.parentSpanContext?.spanId ?? '',
      startMs: toMs(span.startTime),
      endMs: toMs(span.endTime),
      attributes: span.attributes,
      error: span.status.message ?? '',
    };
  }
}

function toMs([seconds, nanos]: ReadableSpan['startTime']): number {
  return seconds * 1000 + nanos / 1e6;
}
