export { type SpanLine } from './span-file.js';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.js';
export { activeTraceparent, inTrace, openSpan, tracePort, traceparentOf, withTraceparent, type OpenSpan } from './trace.js';
