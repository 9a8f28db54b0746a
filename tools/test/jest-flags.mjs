/** Flags for Node 24 under Jest: ES modules in its sandbox are still behind a flag, with a warning we know. */
export const JEST_NODE_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** What a run that measures coverage loads first. */
export const COVERAGE_NODE_FLAGS = [`--import=${new URL('coverage-without-debugger.mjs', import.meta.url)}`];
