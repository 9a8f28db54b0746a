// @switchyard/client/development: for programs on the machine where a simulation runs: find it, sign tokens for it, fill it.
export { devToken, devTokens, everything, pageAddress, type DevClaims } from './dev-tokens.js';
export {
  findDataFolder,
  findRunning,
  isOurs,
  readRunState,
  removeRunState,
  runModes,
  writeRunState,
  type RunMode,
  type RunProcess,
  type RunState,
} from './run-state.js';
export { isSeeded, seedDemo } from './seed-demo.js';
