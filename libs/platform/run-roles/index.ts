export { type Lifecycle, type ProcessInfo, type Role } from './role.js';
export { runRoles, type RunningProcess, type RunOptions } from './run-roles.js';
export { readSettings, type Settings } from './settings.js';
export { processConfig, type ProcessConfig } from './process.config.js';
export { AUTH, BUS, CALLS, CLOCK, CONFIG, HEALTH, LOG, METRICS, POOL, PROCESS, TICK } from './tokens.js';
export { endWithStarter } from './starter.js';
