// @switchyard/connectors-port/testing: the conformance suite of connectors.
export { describeConnector, describeScriptedConnector } from './conformance.js';
export { Session, shortly, soon, type BenchWire, type ConformanceBench } from './conformance-bench.js';
