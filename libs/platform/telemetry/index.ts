export { activeTraceparent, inTrace, openSpan, tracePort, traceparentOf, withTraceparent, type OpenSpan } from './trace.js';
