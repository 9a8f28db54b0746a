export { processEnvironment } from './environment.js';
export {
  ConfigError,
  defineConfig,
  printConfigs,
  readConfig,
  readConfigs,
  type ConfigOf,
  type ConfigSchema,
  type Variable,
} from './define-config.js';
export { decimal, durationMs, flag, fraction, hostAndPort, integer, list, oneOf, secret, secretUrl, text, url } from './fields.js';
