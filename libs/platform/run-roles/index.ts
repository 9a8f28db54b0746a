export { type Lifecycle, type ProcessInfo, type Role } from './role.js';
export { AUTH, BUS, CALLS, CLOCK, CONFIG, HEALTH, LOG, METRICS, POOL, PROCESS, TICK } from './tokens.js';
