export { activeTraceparent, inTrace, openSpan, traceparentOf, withTraceparent, type OpenSpan } from './trace.js';
