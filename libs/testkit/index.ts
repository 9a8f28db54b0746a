// @switchyard/testkit: generic tools for tests; it knows no noun of trading. A noun's builders and fakes live in its own `testing/`.
export { SimClock } from './sim-clock.js';
export { parseTable } from './table.js';
export { eventually, NotInTimeError } from './eventually.js';
export { freePort } from '@switchyard/infra';
export { FakeHttpServer, type RecordedRequest, type ScriptedAnswer } from './fake-http-server.js';
export { TcpProxy, tcpProxy, type Direction } from './tcp-proxy.js';
export { turns } from './turns.js';
export { type Toxic } from './tcp-pipe.js';
