export { createCalls, parsePeers, type CallsOptions, type Peers } from './calls.js';
export { toCallError, toRefusal } from './errors.js';
export { isDatabaseAway } from './database-away.js';
export { proxyHandlers, type Proxied } from './proxy.js';
export { framer, type Framer } from './framer.js';
export { StreamFollower, type StreamFollowerOptions } from './stream-follower.js';
