/** OpenTelemetry, set up by hand: no hooks into other libraries, which would cost start-up time and memory. Spans are made by calls, journal and bus. */
import { type Attributes, type Meter } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { type SpanProcessor, type TracerProvider } from '@opentelemetry/sdk-trace';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { useTracer } from './trace.js';

export interface TelemetryOptions {
  readonly process: string;
  readonly environment: string;
  /** Collector to which spans are sent. */
  readonly otlpUrl?: string;
  /** File to which spans are appended, one JSON object a line. */
  readonly traceFile?: string;
  /** Part of the traces that begin in this process and are recorded, 0 to 1. */
  readonly sampledFraction: number;
}

export interface Telemetry {
  readonly meter: Meter;
  /** Answers a scrape with all metrics as Prometheus text. */
  scrape(request: IncomingMessage, response: ServerResponse): void;
  /** Sends what is not sent yet. */
  stop(): Promise<void>;
}

/** Starts metrics; and tracing, where spans have somewhere to go. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const facts: Attributes = { 'service.name': options.process, 'deployment.environment.name': options.environment };
  const prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true });
  const metrics = new MeterProvider({ resource: resourceFromAttributes(facts), readers: [prometheus] });
  const traces = await startTracing(options, facts);
  if (traces !== undefined) useTracer(traces.getTracer('switchyard'), options.sampledFraction);
  return {
    meter: metrics.getMeter('switchyard'),
    scrape: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    async stop() {
      if (traces !== undefined) {
        useTracer(undefined, 0);
        await traces.shutdown();
      }
      await metrics.shutdown();
    },
  };
}

async function startTracing(options: TelemetryOptions, facts: Attributes): Promise<TracerProvider | undefined> {
  if (options.otlpUrl === undefined && options.traceFile === undefined) return undefined;
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace');
  const spanProcessors: SpanProcessor[] = [];
  if (options.otlpUrl !== undefined) {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    spanProcessors.push(new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: options.otlpUrl }) }));
  }
  if (options.traceFile !== undefined) {
    const { SpanFile } = await import('./span-file.js');
    spanProcessors.push(new BatchSpanProcessor({ exporter: new SpanFile(options.traceFile, options.process), scheduledDelayMillis: 200 }));
  }
  // Whether a trace is sampled is decided in trace.ts, before a span is made.
  return new TracerProvider({ resource: resourceFromAttributes(facts), spanProcessors });
}
