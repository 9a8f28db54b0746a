/** What a noun's providers inject. `useFactory: (calls: Calls, log: Logger) => …, inject: [CALLS, LOG]`. */

/** `Calls` of contracts: the way to other nouns. */
export const CALLS = Symbol('CALLS');
/** `Clock` of kernel. */
export const CLOCK = Symbol('CLOCK');
/** `Logger` of platform/log. */
export const LOG = Symbol('LOG');
/** `ProcessInfo`. */
export const PROCESS = Symbol('PROCESS');
/** `EventBus` of platform/bus. */
export const BUS = Symbol('BUS');
/** `Tick` of platform/tick. */
export const TICK = Symbol('TICK');
/** `Meter` of @opentelemetry/api. */
export const METRICS = Symbol('METRICS');
/** `Auth` of platform/auth. */
export const AUTH = Symbol('AUTH');
/** `Health` of platform/health. */
export const HEALTH = Symbol('HEALTH');

/** The parsed configuration of a role: `ConfigOf<typeof ordersConfig>`. */
export function CONFIG(role: string): symbol {
  return Symbol.for(`switchyard.config.${role}`);
}

/** `pg.Pool` that is logged in as the noun's Postgres role. */
export function POOL(noun: string): symbol {
  return Symbol.for(`switchyard.pool.${noun}`);
}
