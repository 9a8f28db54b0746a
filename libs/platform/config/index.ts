export { processEnvironment } from './environment.js';
export {
  checkConfigs,
  ConfigError,
  defineConfig,
  printConfigs,
  readConfig,
  readConfigs,
  type ConfigOf,
  type ConfigRule,
  type ConfigSchema,
  type Variable,
} from './define-config.js';
export {
  addresses,
  decimal,
  durationMs,
  flag,
  fraction,
  hostAndPort,
  integer,
  isHostAndPort,
  list,
  oneOf,
  secret,
  secretUrl,
  text,
  url,
} from './fields.js';
